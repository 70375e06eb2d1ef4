"""The police's system hands in reports and follows them: what it is answered, and that nothing it sends breaks us."""

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agencies import demonstration
from agencies.models import MachineClient, Membership
from audit import clock
from audit import services as audit_services
from audit.models import Event
from cases.api.serializers import LONGEST_TEXT
from cases.enums import AddressKind, CaseState
from cases.models import Case, ConcernReport, PersonContact, PersonIdentity, ReportReceipt
from cases.services import national_ids, reports
from tests.cases import reporting
from tests.cases.reporting import ADDRESS, get, mistakes, post, report, token
from tests.cast import Cast, acting_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("police")]


@pytest.mark.req("U23-08")
def test_a_report_is_taken_in_and_waits_for_intake(client: Client, cast: Cast) -> None:
    response = post(client, report())

    assert response.status_code == 201
    assert response.headers["Location"] == f"{ADDRESS}{response.json()['id']}/"
    assert response.json().keys() == {"id", "state", "received_at"}
    assert response.json()["state"] == "submitted"
    assert dt.datetime.fromisoformat(response.json()["received_at"]) == clock.now()
    with acting_as(cast.rune):
        case = Case.objects.visible_to(cast.rune).get()
        assert case.state == CaseState.SUBMITTED and case.lead_agency == cast.rune.agency
        assert case.person.name == "Elias Prøvedal"
        assert case.concernreports.get().label == f"M-{clock.today():%y}-0001"
        assert case.due_at is not None and case.due_at > clock.now()


@pytest.mark.req("U23-09")
def test_a_report_goes_to_the_intake_function_and_never_to_a_person(client: Client, cast: Cast) -> None:
    rune = cast.rune
    Membership.objects.filter(user=rune.user).update(valid_until=clock.now())
    Membership.objects.create(user=cast.hanne.user, agency=rune.agency, role="intake", valid_from=clock.now())

    post(client, report())

    holder = cast.acting_for("hanne", "intake")
    with acting_as(holder):
        assert Case.objects.visible_to(holder).count() == 1


def test_the_report_in_full_is_kept_and_the_national_number_is_sealed(client: Client, cast: Cast) -> None:
    born = dt.date(2005, 5, 14)
    registered = {"street": "Prøveveien 2", "postal_code": "7021", "city": "Fjordvik"}

    response = post(
        client,
        report(
            person__birth_date=born.isoformat(),
            person__national_id="14850550051",
            person__registered_address=registered,
            information__0__occurred_on=clock.today().isoformat(),
        ),
    )

    assert response.status_code == 201
    with acting_as(cast.rune):
        identity = PersonIdentity.objects.get()
        assert b"14850550051" not in bytes(identity.number_encrypted)
        assert national_ids.unseal(bytes(identity.number_encrypted), row_id=identity.pk) == "14850550051"
        places = dict(PersonContact.objects.values_list("kind", "postal_code"))
        assert places == {AddressKind.STATED: "7030", AddressKind.REGISTERED: "7021"}
        sent = ConcernReport.objects.get()
        assert (sent.crime, sent.violence, sent.drugs, sent.repeated) == (True, False, True, True)
        assert sent.information.get().occurred_on == clock.today()


def test_handing_in_is_logged_with_its_basis_and_without_content(client: Client, cast: Cast) -> None:
    post(client, report())

    with acting_as(cast.aksel):
        event = Event.objects.get(kind="report.submitted")
    assert (event.basis, event.parts, event.object_type) == ("NO-PREG-27-4", ["crime"], "report")


# --- who may come in --------------------------------------------------------------------------------------------------


def refused_tokens() -> dict[str, dict[str, Any] | str]:
    hour = dt.timedelta(hours=1)
    now = dt.datetime.fromtimestamp(time.time(), tz=dt.UTC)
    return {
        "another issuer": {"iss": "https://elsewhere.example/"},
        "another audience": {"aud": "https://elsewhere.example/api"},
        "expired": {"iat": now - 2 * hour, "exp": now - hour},
        "not yet issued": {"iat": now + hour, "exp": now + 2 * hour},
        "lives too long": {"exp": now + 25 * hour},
        "never expires": {"exp": None},
        "no number": {"jti": None},
        "no scope": {"scope": None},
        "scope is a list": {"scope": [demonstration.MACHINE_SCOPE]},
        "unknown client": {"client_id": "somebody-else"},
        "a client with a zero byte": {"client_id": "\x00"},
        "another agency": {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:310006289"}},
        "consumer is text": {"consumer": "0192:310000124"},
        "an invented key": {"kid": "second"},
    }


@pytest.mark.parametrize("name", refused_tokens())
def test_a_token_that_is_not_in_order_is_refused(client: Client, name: str) -> None:
    response = post(client, report(), bearer=token(**refused_tokens()[name]))  # type: ignore[arg-type]

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="samlos", error="invalid_token"'
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("bearer", ["x", "a.b.c", "e30.e30.", "ÆØÅ", "A" * 9000, "bnVsbA.bnVsbA.bnVsbA"])
def test_what_is_no_token_is_refused(client: Client, bearer: str) -> None:
    assert get(client, bearer=bearer).status_code == 401


def test_a_token_without_signature_or_signed_by_others_is_refused(client: Client) -> None:
    assert get(client, bearer=reporting.unsigned_token()).status_code == 401
    assert get(client, bearer=token(key="second", kid="first")).status_code == 401


def test_without_a_token_one_is_asked_for_one(client: Client) -> None:
    response = get(client, bearer=None)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="samlos"'


def test_a_new_key_of_the_issuer_is_found_without_a_restart(client: Client, police: Path) -> None:
    assert get(client, bearer=token(key="second")).status_code == 401

    reporting.publish(police, "first", "second")

    assert get(client, bearer=token(key="second")).status_code == 200


def test_a_disabled_client_is_refused_at_the_next_request(client: Client) -> None:
    bearer = token()
    assert get(client, bearer=bearer).status_code == 200

    MachineClient.objects.update(disabled_at=clock.now())

    assert get(client, bearer=bearer).status_code == 401


def test_an_ended_membership_or_closed_account_is_refused_at_the_next_request(client: Client, cast: Cast) -> None:
    bearer, machine = token(), cast.machine().user
    machine.is_active = False
    machine.save()
    assert get(client, bearer=bearer).status_code == 401

    machine.is_active = True
    machine.save()
    Membership.objects.filter(user=machine).update(valid_until=clock.now())

    assert get(client, bearer=bearer).status_code == 401


def test_a_token_for_something_else_may_not_report(client: Client) -> None:
    response = post(client, report(), bearer=token(scope="samlos:statistics"))

    assert response.status_code == 403
    assert response.json()["type"] == "urn:samlos:problem:insufficient-scope"


@pytest.mark.req("U23-07")
def test_an_agency_that_may_not_report_is_refused_with_the_reason(client: Client, cast: Cast) -> None:
    machine = cast.machine().user
    nav = cast.agency("nav")
    Membership.objects.create(user=machine, agency=nav, role="analyst", valid_from=clock.now())
    MachineClient.objects.create(agency=nav, user=machine, client_id="nav", scopes=[demonstration.MACHINE_SCOPE])
    consumer = {"authority": "iso6523-actorid-upis", "ID": f"0192:{nav.organisation_number}"}

    response = post(client, report(), bearer=token(client_id="nav", consumer=consumer))

    assert response.status_code == 403
    assert response.json()["detail"] == "Bare politiets analysegruppe kan sende bekymringsmelding."
    assert not ReportReceipt.objects.exists()


@pytest.mark.req("U23-07")
def test_a_machine_of_the_police_without_the_analysts_role_may_not_report(client: Client, cast: Cast) -> None:
    Membership.objects.filter(user=cast.machine().user).update(role="caseworker")

    assert post(client, report()).status_code == 403


def test_a_person_signed_in_with_a_browser_is_nobody_here(client: Client, cast: Cast) -> None:
    client.force_login(cast.aksel.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert get(client, bearer=None).status_code == 401


# --- what is wrong with a report ----------------------------------------------------------------------------------------


def wrong_reports() -> list[tuple[dict[str, Any], str, str]]:
    future = (dt.datetime.fromtimestamp(time.time(), tz=dt.UTC).date() + dt.timedelta(days=2)).isoformat()
    none_met = {"crime": False, "violence": False, "drugs": False, "repeated": True}
    return [
        ({"programme": "u99"}, "#/programme", "unknown_programme"),
        ({"programme": "slt\x00"}, "#/programme", "null_characters_not_allowed"),
        ({"programme": 7}, "#/programme", "invalid"),
        ({"sender_reference": ""}, "#/sender_reference", "blank"),
        ({"sender_reference": "x" * 61}, "#/sender_reference", "max_length"),
        ({"person": None}, "#/person", "null"),
        ({"person": "Elias"}, "#/person", "invalid"),
        ({"person__given_name": 12}, "#/person/given_name", "invalid"),
        ({"person__given_name": "El\x00ias"}, "#/person/given_name", "null_characters_not_allowed"),
        ({"person__given_name": "El\ud800ias"}, "#/person/given_name", "surrogate_characters_not_allowed"),
        ({"person__family_name": "x" * 81}, "#/person/family_name", "max_length"),
        ({"person__birth_date": "14.05.2005"}, "#/person/birth_date", "invalid"),
        ({"person__birth_date": "2005-W20-6"}, "#/person/birth_date", "invalid"),
        ({"person__birth_date": "2005-02-30"}, "#/person/birth_date", "invalid"),
        ({"person__birth_date": "0000-01-01"}, "#/person/birth_date", "invalid"),
        ({"person__birth_date": 20050514}, "#/person/birth_date", "invalid"),
        ({"person__birth_date": future}, "#/person/birth_date", "future_date"),
        ({"person__birth_date": "1950-01-01"}, "#/person/birth_date", "outside_age"),
        ({"person__birth_date": "0001-01-01"}, "#/person/birth_date", "outside_age"),
        ({"person__national_id": "1485055005"}, "#/person/national_id", "invalid"),
        ({"person__national_id": "14850550052"}, "#/person/national_id", "impossible_national_id"),
        ({"person__national_id": "14850550051"}, "#/person/national_id", "birth_date_mismatch"),
        ({"person__national_id": None}, "#/person/national_id", "null"),
        ({"person__address__postal_code": "703"}, "#/person/address/postal_code", "invalid"),
        ({"person__address__postal_code": "70300"}, "#/person/address/postal_code", "invalid"),
        ({"person__address__postal_code": "٧٠٣٠"}, "#/person/address/postal_code", "invalid"),
        ({"person__phone": "ring meg"}, "#/person/phone", "invalid"),
        ({"person__nick~name/x": "E"}, "#/person/nick~0name~1x", "unknown_field"),
        ({"criteria__crime": "yes"}, "#/criteria/crime", "invalid"),
        ({"criteria__repeated": 1}, "#/criteria/repeated", "invalid"),
        ({"criteria": none_met}, "#/criteria", "no_criterion"),
        ({"legal_basis__code": "NO-FVL-13"}, "#/legal_basis/code", "unknown_basis"),
        ({"legal_basis__necessity": "x" * (LONGEST_TEXT + 1)}, "#/legal_basis/necessity", "max_length"),
        ({"information": []}, "#/information", "empty"),
        ({"information": {}}, "#/information", "not_a_list"),
        ({"information__0": 7}, "#/information/0", "invalid"),
        ({"information__0__part": "weather"}, "#/information/0/part", "invalid_choice"),
        ({"information__0__part": "core"}, "#/information/0/part", "invalid_choice"),
        ({"information__0__part": "child_welfare"}, "#/information/0/part", "unknown_part"),
        ({"information__0__part": ["crime"]}, "#/information/0/part", "invalid_choice"),
        ({"information__0__verified": None}, "#/information/0/verified", "null"),
        ({"information__0__occurred_on": future}, "#/information/0/occurred_on", "future_date"),
        ({"priority": True}, "#/priority", "unknown_field"),
    ]


@pytest.mark.req("U23-03", "U23-04")
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    wrong_reports(),
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_a_wrong_field_is_pointed_at(client: Client, change: dict[str, Any], pointer: str, code: str) -> None:
    response = post(client, report(**change))

    assert response.status_code == 422, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    assert mistakes(response) == {pointer: code}
    assert not ReportReceipt.objects.exists()


def test_every_mistake_is_told_at_once(client: Client) -> None:
    document = report(
        sender_reference=None,
        person__birth_date="1950-01-01",
        person__address__city="",
        criteria={"crime": False, "violence": False, "drugs": False, "repeated": False},
        legal_basis__code="NO-FVL-13",
        information__0__part="child_welfare",
        extra=1,
    )
    del document["legal_basis"]["decided_by"]

    response = post(client, document)

    assert mistakes(response) == {
        "#/sender_reference": "null",
        "#/person/birth_date": "outside_age",
        "#/person/address/city": "blank",
        "#/criteria": "no_criterion",
        "#/legal_basis/decided_by": "required",
        "#/legal_basis/code": "unknown_basis",
        "#/information/0/part": "unknown_part",
        "#/extra": "unknown_field",
    }


@pytest.mark.req("U23-03")
def test_the_age_band_holds_from_the_18th_birthday_until_the_day_before_the_26th(client: Client) -> None:
    today = clock.today()
    day = dt.timedelta(days=1)

    def birthday(years: int) -> dt.date:
        return dt.date(today.year - years, today.month, today.day)

    ages = {
        birthday(18): 201,  # turns 18 today
        birthday(18) + day: 422,  # tomorrow
        birthday(26) + day: 201,  # the last day as 25
        birthday(26): 422,  # turns 26 today
    }

    answers = {born: post(client, report(person__birth_date=born.isoformat())).status_code for born in ages}

    assert answers == ages


@pytest.mark.req("U23-03")
def test_the_age_is_counted_on_the_databases_date(client: Client, shift_clock: Any) -> None:
    born = clock.today().replace(year=clock.today().year - 26) + dt.timedelta(days=10)
    assert post(client, report(person__birth_date=born.isoformat())).status_code == 201

    shift_clock(days=30)

    assert post(client, report(person__birth_date=born.isoformat())).status_code == 422


def test_a_real_national_number_is_refused_where_only_synthetic_ones_may_be(client: Client, settings: Any) -> None:
    born = "2005-05-14"
    settings.ALLOW_SYNTHETIC_IDS = False

    response = post(client, report(person__birth_date=born, person__national_id="14850550051"))

    assert mistakes(response) == {"#/person/national_id": "impossible_national_id"}


# --- what is wrong with a request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000],
    ids=["empty", "cut off", "not utf-8", "NaN", "doubled name", "deep list", "deep object", "huge number"],
)
def test_what_is_not_json_is_answered_with_400(client: Client, body: bytes) -> None:
    response = post(client, body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("document", [None, 7, "x", [], True, [{}]], ids=str)
def test_json_that_is_no_object_is_answered_with_422(client: Client, document: Any) -> None:
    response = post(client, json.dumps(document))

    assert response.status_code == 422
    assert set(mistakes(response)) <= {"#"}


def test_a_name_that_cannot_be_sent_back_is_still_answered(client: Client) -> None:
    response = post(client, json.dumps({**report(), "\ud800" + "x" * 500: 1}))

    assert response.status_code == 422
    (pointer,) = mistakes(response)
    assert pointer.startswith("#/?x") and len(pointer) < 100


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"]
)
def test_another_format_is_answered_with_415(client: Client, kind: str) -> None:
    response = post(client, report(), **{"Content-Type": kind})

    assert response.status_code == 415
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_body_over_one_mebibyte_is_answered_with_413(client: Client) -> None:
    response = post(client, report(legal_basis__necessity="x" * (1024 * 1024)))

    assert response.status_code == 413


def test_a_body_of_one_mebibyte_is_read(client: Client) -> None:
    raw = json.dumps(report())

    response = post(client, raw + " " * (1024 * 1024 - len(raw.encode())))

    assert response.status_code == 201


@pytest.mark.parametrize("key", [None, " ", "æøå", "x" * 256, "a b"])
def test_a_report_without_a_usable_key_is_answered_with_400(client: Client, key: str | None) -> None:
    response = post(client, report(), key=key)

    assert response.status_code == 400
    assert response.json()["type"] == "urn:samlos:problem:idempotency-key-missing"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_answered_with_405(client: Client, method: str) -> None:
    response = client.generic(method, ADDRESS, headers={"Authorization": f"Bearer {token()}"})

    assert response.status_code == 405
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_format_we_do_not_speak_is_answered_with_406(client: Client) -> None:
    response = get(client, Accept="text/csv")

    assert response.status_code == 406
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/cases/", "/api/v1/concern-reports/7/"])
def test_an_unknown_address_is_a_problem_and_not_a_page(client: Client, path: str) -> None:
    response = get(client, path)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_too_many_requests_are_asked_to_wait(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agencies.api.throttling.ClientThrottle.THROTTLE_RATES", {"concern_reports": "2/min"})

    answers = [get(client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_counter_that_cannot_be_reached_stops_no_report(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("rest_framework.throttling.ScopedRateThrottle.allow_request", gone)

    assert post(client, report()).status_code == 201


def test_a_fault_of_ours_is_a_problem_that_tells_nothing_and_keeps_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: object, **kwargs: object) -> None:
        raise RuntimeError("Elias Prøvedal")

    monkeypatch.setattr(reports, "_write_report", break_down)

    response = post(client, report())

    assert response.status_code == 500
    assert "Elias" not in response.content.decode()
    assert response.json()["instance"].startswith("urn:uuid:")
    assert not ReportReceipt.objects.exists()


def test_a_report_that_cannot_be_logged_is_not_taken_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_services, "_ADD", audit_services._ADD.replace("audit_event", "audit_event_gone"))

    response = post(client, report())

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert not ReportReceipt.objects.exists()
