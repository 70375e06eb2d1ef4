"""An agency's own system fetches the signed heads of its own log, and can prove with them alone what was signed."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.cache import cache
from django.test import Client

from agencies import demonstration
from agencies.actors import Actor
from agencies.models import MachineClient, Membership, User
from audit import clock, head_store, heads
from audit.models import Event
from audit.services import record
from cases.api import heads as api
from tests.access.conftest import police
from tests.cases import reporting
from tests.cast import Cast, acting_as

__all__ = ["police"]
pytestmark = pytest.mark.usefixtures("police", "own_database")

ADDRESS = "/api/v1/audit/heads/"
HEADS = demonstration.HEADS_SCOPE


@pytest.fixture(autouse=True)
def _store(settings: Any, tmp_path: Path) -> Iterator[None]:
    cache.clear()
    settings.AUDIT_HEAD_DIR = str(tmp_path / "heads")
    yield
    cache.clear()


@pytest.fixture
def signed(cast: Cast) -> Callable[..., None]:
    """Add an event of an actor's and sign, so many times."""

    def add(actor: Actor, times: int = 1) -> None:
        for _time in range(times):
            with acting_as(actor):
                record("test.read", user_id=actor.user.pk, agency_id=actor.agency.pk)
            assert heads.seal_all() == []

    return add


def get(client: Client, query: str = "", **claims: Any) -> Any:
    return reporting.get(client, ADDRESS + query, bearer=reporting.token(**({"scope": HEADS} | claims)))


def test_a_machine_gets_its_own_agencys_heads_and_no_others(
    cast: Cast, signed: Callable[..., None], client: Client
) -> None:
    signed(cast.aksel, 3)
    signed(cast.nora, 2)

    answer = get(client)

    assert answer.status_code == 200
    found = answer.json()
    assert {head["chain"] for head in found["heads"]} == {cast.aksel.agency.pk}
    assert [head["number"] for head in found["heads"]] == [1, 2, 3]
    assert (found["next_after"], found["has_more"]) == (3, False)
    assert found["heads"] == head_store.read(head_store.folder("police-analysis") / head_store.FILE)


def test_the_answer_alone_proves_the_signature(cast: Cast, signed: Callable[..., None], client: Client) -> None:
    signed(cast.aksel)
    found = get(client).json()
    (head,) = found["heads"]
    signature = base64.b64decode(head.pop("signature"))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(found["keys"][head["key"]]))

    said = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()

    key.verify(signature, b"samlos.audit.head.v1\n" + said)


def test_it_goes_on_where_it_was(
    cast: Cast, signed: Callable[..., None], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(cast.aksel, 3)
    monkeypatch.setattr(api, "PAGE", 2)

    first = get(client).json()
    then = get(client, f"?after={first['next_after']}").json()
    last = get(client, f"?after={then['next_after']}").json()

    assert [[head["number"] for head in page["heads"]] for page in (first, then, last)] == [[1, 2], [3], []]
    assert [page["has_more"] for page in (first, then, last)] == [True, False, False]
    assert last["next_after"] == 3


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "٣", "9" * 20, "", "1 OR 1=1", "%00"])
def test_a_place_that_is_none_is_refused(cast: Cast, client: Client, after: str) -> None:
    answer = get(client, f"?after={after}")

    assert answer.status_code == 400
    assert "nummeret på det siste punktet" in answer.json()["detail"]


def test_fetching_is_not_logged_else_the_log_would_grow_by_being_watched(
    cast: Cast, signed: Callable[..., None], client: Client
) -> None:
    signed(cast.aksel)
    get(client)

    with acting_as(cast.aksel):
        assert set(Event.objects.values_list("kind", flat=True)) == {"test.read"}


def test_another_scope_no_token_or_a_person_gets_nothing(
    cast: Cast, signed: Callable[..., None], client: Client
) -> None:
    signed(cast.aksel)

    assert reporting.get(client, ADDRESS, bearer=None).status_code == 401
    assert get(client, scope=demonstration.MACHINE_SCOPE).status_code == 403
    MachineClient.objects.update(scopes=[demonstration.MACHINE_SCOPE])
    assert get(client).status_code == 403, "the agency was never given the scope"
    MachineClient.objects.update(scopes=[HEADS], disabled_at=clock.now())
    assert get(client).status_code == 401


def test_an_account_that_is_a_persons_cannot_fetch(cast: Cast, client: Client) -> None:
    User.objects.filter(is_machine=True).update(is_machine=False)

    assert get(client).status_code in {401, 403}


def test_an_agency_that_reports_nothing_may_fetch_its_heads(
    cast: Cast, signed: Callable[..., None], client: Client
) -> None:
    nav = cast.agency("nav")
    machine = User.objects.create_user("nav-system@fjordvik.example", name="NAVs fagsystem", is_machine=True)
    Membership.objects.create(user=machine, agency=nav, role="caseworker", valid_from=clock.now())
    MachineClient.objects.create(agency=nav, user=machine, client_id="nav", scopes=[HEADS])
    signed(cast.nora)
    consumer = {"authority": "iso6523-actorid-upis", "ID": f"0192:{nav.organisation_number}"}

    answer = get(client, client_id="nav", consumer=consumer)

    assert [head["chain"] for head in answer.json()["heads"]] == [nav.pk]


def test_the_description_names_the_address_its_scope_and_its_fields(client: Client) -> None:
    document = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    operation = document["paths"]["/api/v1/audit/heads/"]["get"]
    assert {parameter["name"] for parameter in operation["parameters"]} >= {"after"}
    assert {"400", "401", "403", "503"} <= operation["responses"].keys()
    assert {"digest", "signature", "position"} <= document["components"]["schemas"]["Head"]["properties"].keys()
    assert "samlos:auditheads" in document["components"]["securitySchemes"]["machineToken"]["description"]
