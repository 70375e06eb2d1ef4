"""Intake and the office's manager in the browser: the queue, the report, and what each may do with it."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event
from cases.enums import CaseState, ReportState
from cases.models import Case, ReportReceipt
from cases.services.reports import Address
from tests import stories
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db
INBOX = "/meldinger/"


def url(name: str, case: Case) -> str:
    return reverse(f"cases:{name}", args=[case.pk])


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_queue_shows_labels_deadlines_and_districts_but_no_names(client: Client, cast: Cast) -> None:
    stories.submitted(cast)
    stories.submitted(cast, about=stories.subject(address=Address("Testveien 1", "9999", "Fjordvik")))

    page = text(sign_in(client, cast.rune).get(INBOX))

    assert "Prøvedal" not in page and "Elias" not in page
    assert page.count("-0001") and page.count("-0002")
    assert "Kriminalitet, rus, gjentatt" in page
    assert "Øst" in page and "Ikke avklart" in page
    assert "<b>2</b> venter" in page


def test_the_queue_asks_as_many_questions_for_many_reports_as_for_few(client: Client, cast: Cast) -> None:
    sign_in(client, cast.rune)
    stories.submitted(cast)
    client.get(INBOX)
    with CaptureQueriesContext(connection) as few:
        client.get(INBOX)
    for _ in range(8):
        stories.submitted(cast)
    with CaptureQueriesContext(connection) as many:
        client.get(INBOX)

    assert len(many) == len(few)


def test_an_empty_queue_says_what_will_come(client: Client, cast: Cast) -> None:
    assert "Ingen meldinger venter" in text(sign_in(client, cast.rune).get(INBOX))
    assert "Alle sakene har saksbehandler" in text(sign_in(client, cast.mona).get(INBOX))


@pytest.mark.req("U23-09")
@pytest.mark.parametrize("key", ["aksel", "leif", "ingrid", "nils", "nora", "marte", "pia", "arne"])
def test_only_intake_and_the_offices_managers_have_a_queue(client: Client, cast: Cast, key: str) -> None:
    stories.submitted(cast)

    response = sign_in(client, getattr(cast, key)).get(INBOX)

    assert response.status_code == 403
    assert "Bare mottaket kan behandle nye meldinger." in text(response)


@pytest.mark.parametrize("key", ["aksel", "leif", "ingrid", "mona", "nils", "marte", "pia", "arne"])
@pytest.mark.parametrize("name", ["report", "receive", "route", "reject"])
def test_a_report_at_intake_is_not_there_for_anybody_else(client: Client, cast: Cast, key: str, name: str) -> None:
    case = stories.received(cast)
    sign_in(client, getattr(cast, key))

    response = client.get(url(name, case)) if name == "report" else client.post(url(name, case))

    assert response.status_code == 404


def test_opening_a_report_shows_the_person_and_is_logged(client: Client, cast: Cast) -> None:
    born = dt.date(2005, 5, 14)
    case = stories.submitted(
        cast, about=stories.subject(birth_date=born, national_id="14850550051"), legal_basis="NO-PREG-27-4"
    )

    page = text(sign_in(client, cast.rune).get(url("report", case)))

    assert "Elias Prøvedal" in page and "148505 *****" in page and "14850550051" not in page
    assert "Bydel Øst" in page
    assert "13. mai 2031" in page
    assert "Ingen annen sak" in page
    assert "Politiregisterloven § 27 fjerde ledd" in page
    assert "Verifisert" in page and "Ikke verifisert" in page
    assert "Prøvedal" not in page.split("<title>")[1].split("</title>")[0]
    with acting_as(cast.rune):
        assert Event.objects.filter(kind="case.read", case_id=case.pk).count() == 1


def test_intake_learns_that_the_same_human_has_another_case_and_nothing_more(client: Client, cast: Cast) -> None:
    born = dt.date(2005, 5, 14)
    about = stories.subject(birth_date=born, national_id="14850550051")
    earlier = stories.routed(cast, stories.received(cast, stories.submitted(cast, about=about)))
    again = stories.submitted(cast, about=about)

    page = text(sign_in(client, cast.rune).get(url("report", again)))

    assert f"Sak {earlier.number}" in page
    assert str(earlier.pk) not in page


@pytest.mark.req("U23-10")
def test_addresses_that_differ_are_asked_about_and_nothing_is_chosen(client: Client, cast: Cast) -> None:
    about = stories.subject(registered_address=Address("Prøveveien 2", stories.WEST, "Fjordvik"))
    case = stories.received(cast, stories.submitted(cast, about=about))

    page = text(sign_in(client, cast.rune).get(url("report", case)))

    assert "Bostedene er ikke like" in page and "Ikke likt" in page
    assert "Helse- og velferdskontor Øst (oppgitt bosted)" in page
    assert "Helse- og velferdskontor Vest (registrert bosted)" in page
    assert "checked" not in page


@pytest.mark.req("U23-10")
def test_the_office_of_the_district_is_suggested_and_the_choice_is_intakes(client: Client, cast: Cast) -> None:
    case = stories.received(cast)
    sign_in(client, cast.rune)

    page = text(client.get(url("report", case)))
    response = client.post(url("route", case), {"office": cast.agency("hvk-vest").pk}, follow=True)

    assert page.count("checked") == 1
    assert f'value="{cast.agency("hvk-ost").pk}"' in page.split("checked")[0].rsplit("<input", 1)[1]
    assert "Meldingen er fordelt til Helse- og velferdskontor Vest. Dere ser den ikke lenger." in text(response)
    assert client.get(url("report", case)).status_code == 404
    assert client.get(url("detail", case)).status_code == 404
    with acting_as(cast.vidar):
        assert Case.objects.visible_to(cast.vidar).get().number


def test_receiving_twice_says_so_and_has_no_second_effect(client: Client, cast: Cast) -> None:
    case = stories.submitted(cast)
    sign_in(client, cast.rune)

    first = client.post(url("receive", case), follow=True)
    second = client.post(url("receive", case), follow=True)

    assert "Meldingen er mottatt." in text(first)
    assert "Saken har kommet lenger enn dette." in text(second)
    with acting_as(cast.rune):
        assert Event.objects.filter(kind="case.state_changed", case_id=case.pk).count() == 1


def test_routing_needs_an_office_and_keeps_the_page(client: Client, cast: Cast) -> None:
    case = stories.received(cast)
    sign_in(client, cast.rune)

    for office in ("", "7", str(cast.agency("nav").pk), "x"):
        response = client.post(url("route", case), {"office": office})
        assert response.status_code == 422, office
    with acting_as(cast.rune):
        assert Case.objects.get().state == CaseState.RECEIVED


def test_sending_back_says_first_what_will_be_deleted(client: Client, cast: Cast) -> None:
    case = stories.received(cast)
    sign_in(client, cast.rune)

    page = text(client.get(url("reject", case)))
    without_reason = client.post(url("reject", case))
    response = client.post(url("reject", case), {"reason": "not_resident"}, follow=True)

    assert "blir slettet" in page
    assert without_reason.status_code == 422
    assert "Meldingen er sendt tilbake, og opplysningene er slettet." in text(response)
    assert client.get(url("report", case)).status_code == 404
    with acting_as(cast.aksel):
        assert ReportReceipt.objects.get().state == ReportState.REJECTED


def test_a_manager_gives_a_new_case_to_a_caseworker(client: Client, cast: Cast) -> None:
    case = stories.routed(cast)
    sign_in(client, cast.mona)

    queue = text(client.get(INBOX))
    page = text(client.get(url("assign", case)))
    response = client.post(url("assign", case), {"user": cast.ingrid.user.pk}, follow=True)

    assert case.number and case.number in queue and "Prøvedal" not in queue
    assert "Ingrid Testnes (0 åpne saker)" in page and "Oda Demolund" in page and "Hanne" not in page
    assert "Ingrid Testnes har fått saken." in text(response)
    assert "Alle sakene har saksbehandler" in text(client.get(INBOX))
    assert sign_in(client, cast.ingrid).get(url("report", case)).status_code == 200


def test_a_caseworker_sees_why_they_may_not_assign(client: Client, cast: Cast) -> None:
    case = stories.assigned(cast)
    sign_in(client, cast.ingrid)

    page = client.get(url("assign", case))
    response = client.post(url("assign", case), {"user": cast.oda.user.pk})

    assert "Bare en leder kan fordele saken til en saksbehandler." in text(page)
    assert response.status_code == 403


@pytest.mark.parametrize("user", ["", "x", "0"])
def test_only_the_agencys_own_caseworkers_can_be_chosen(client: Client, cast: Cast, user: str) -> None:
    case = stories.routed(cast)
    sign_in(client, cast.mona)

    assert client.post(url("assign", case), {"user": user}).status_code == 422
    assert client.post(url("assign", case), {"user": cast.hanne.user.pk}).status_code == 422


def test_taking_a_case_back_is_asked_about_first_and_works_at_once(client: Client, cast: Cast) -> None:
    case = stories.assigned(cast)
    sign_in(client, cast.mona)
    client.post(url("assign", case), {"user": cast.oda.user.pk})

    asked = client.post(url("unassign", case), {"user": cast.oda.user.pk})
    still = sign_in(Client(), cast.oda).get(url("detail", case))
    done = client.post(url("unassign", case), {"user": cast.oda.user.pk, "confirmed": "1"}, follow=True)
    last = client.post(url("unassign", case), {"user": cast.ingrid.user.pk, "confirmed": "1"}, follow=True)

    assert "Skal Oda Demolund ikke lenger ha saken?" in text(asked) and still.status_code == 200
    assert "Oda Demolund har ikke saken lenger." in text(done)
    assert sign_in(Client(), cast.oda).get(url("detail", case)).status_code == 404
    assert "Saken må ha en saksbehandler." in text(last)


def test_a_case_that_is_not_there_cannot_be_assigned(client: Client, cast: Cast) -> None:
    case = stories.routed(cast)
    sign_in(client, cast.vidar)

    assert client.get(url("assign", case)).status_code == 404
    assert client.post(url("unassign", case), {"user": 1}).status_code == 404
    assert client.get(reverse("cases:assign", args=[uuid.uuid4()])).status_code == 404
