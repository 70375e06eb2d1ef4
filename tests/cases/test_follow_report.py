"""The sender follows its own reports and nothing else; the API's description says all there is to know."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency
from audit import clock
from cases.models import Case, ReportReceipt
from tests import stories
from tests.cases.reporting import ADDRESS, get, post, report, token
from tests.cast import Cast, acting_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("police")]


def test_the_sender_follows_its_report_and_learns_only_its_state(client: Client, cast: Cast) -> None:
    address = post(client, report()).headers["Location"]
    case = only_case(cast)
    states = [get(client, address).json()["state"]]
    stories.received(cast, case)
    states.append(get(client, address).json()["state"])
    stories.routed(cast, case)

    receipt = get(client, address).json()

    assert [*states, receipt["state"]] == ["submitted", "received", "forwarded"]
    assert receipt.keys() == {"id", "sender_reference", "state", "submitted_at", "received_at", "decided_at"}
    assert receipt["sender_reference"] == "FJO-2026-00123"
    assert receipt["received_at"] and receipt["decided_at"]


def only_case(cast: Cast) -> Case:
    with acting_as(cast.rune):
        return Case.objects.get()


def test_a_report_of_another_agency_is_not_there(client: Client, cast: Cast) -> None:
    mine = post(client, report()).headers["Location"]
    other = ReportReceipt.objects.model(agency=cast.agency("nav"), sender_reference="NAV-1")
    with acting_as(cast.nils):
        other.save(force_insert=True)

    theirs = get(client, f"{ADDRESS}{other.pk}/")
    nobodys = get(client, f"{ADDRESS}{uuid.uuid4()}/")

    assert get(client, mine).status_code == 200
    assert theirs.status_code == nobodys.status_code == 404
    assert without_instance(theirs) == without_instance(nobodys)
    assert [row["id"] for row in get(client).json()["results"]] == [mine.split("/")[-2]]


def without_instance(response: Any) -> dict[str, Any]:
    return {name: value for name, value in response.json().items() if name != "instance"}


def make_receipts(cast: Cast, count: int) -> None:
    instant = clock.now()
    agency = Agency.objects.get(slug="police-analysis")
    with acting_as(cast.aksel):
        ReportReceipt.objects.bulk_create(
            ReportReceipt(agency=agency, sender_reference=str(n), submitted_at=instant + dt.timedelta(seconds=n // 3))
            for n in range(count)
        )


def test_the_list_is_newest_first_and_read_page_by_page_without_loss(client: Client, cast: Cast) -> None:
    make_receipts(cast, 120)
    found: list[dict[str, str]] = []
    path: str | None = ADDRESS
    while path:
        page = get(client, path).json()
        found += page["results"]
        path = page["next"]

    assert len({row["id"] for row in found}) == 120
    assert [row["submitted_at"] for row in found] == sorted((row["submitted_at"] for row in found), reverse=True)


def test_the_list_asks_as_many_questions_for_many_as_for_few(client: Client, cast: Cast) -> None:
    make_receipts(cast, 2)
    with CaptureQueriesContext(connection) as few:
        get(client)
    make_receipts(cast, 48)
    with CaptureQueriesContext(connection) as many:
        get(client)

    assert len(many) == len(few)


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0lMDA=", "bz0tMQ==", "cD0yMDI2LTk5LTk5", "ÆØÅ", "\x00"])
def test_a_cursor_we_did_not_make_breaks_nothing(client: Client, cast: Cast, cursor: str) -> None:
    make_receipts(cast, 3)

    response = client.get(ADDRESS, {"cursor": cursor}, headers={"Authorization": f"Bearer {token()}"})

    assert response.status_code in {200, 400}


# --- the description ----------------------------------------------------------------------------------------------------------


def description(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get("/api/v1/schema/?format=json").content)
    return found


def test_the_description_is_open_and_valid(client: Client) -> None:
    from drf_spectacular.validation import validate_schema

    found = description(client)

    assert found["openapi"].startswith("3.1")
    validate_schema(found)


def test_the_description_tells_of_every_answer_and_of_the_key(client: Client) -> None:
    found = description(client)["paths"][ADDRESS]["post"]

    assert set(found["responses"]) == {
        "201",
        "400",
        "401",
        "403",
        "406",
        "409",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
    }
    assert list(found["responses"]["422"]["content"]) == ["application/problem+json"]
    assert [row["required"] for row in found["parameters"] if row["name"] == "Idempotency-Key"] == [True]
    assert found["security"] == [{"machineToken": []}]


def test_the_example_of_the_description_is_accepted(client: Client) -> None:
    found = description(client)["paths"][ADDRESS]["post"]["requestBody"]["content"]["application/json"]["examples"]
    (example,) = found.values()

    assert post(client, example["value"]).status_code == 201
