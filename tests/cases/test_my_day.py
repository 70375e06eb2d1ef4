"""Min dag: what waits for this very person, soonest first, each with one action."""

import datetime as dt
from collections.abc import Callable, Iterable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.actors import Actor
from agencies.enums import Part
from audit import clock
from audit.models import Event
from cases import registers
from cases.registers import DayRow
from cases.services import conflicts
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def day(client: Client, actor: Actor) -> tuple[dict[str, list[str]], str]:
    """The rows of each section as "title | which case", and the page."""
    response = sign_in(client, actor).get(reverse("home"))
    assert response.status_code == 200
    sections = {
        section.id: [f"{row['title']} | {row['meta']}" for row in section.rows]
        for section in response.context["sections"]
    }
    return sections, response.content.decode()


def test_a_new_case_is_new_until_it_is_opened_then_a_deadline(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)

    before, _html = day(client, cast.ingrid)
    client.get(reverse("cases:detail", args=[case.pk]))
    after, _html = day(client, cast.ingrid)

    assert [row for row in before["dag"] if f"Sak {case.number} · Elias P. · Fordelt i dag" in row]
    assert not after.get("dag") or not any("Fordelt" in row for row in after["dag"])
    row = f"Gjør ferdig den første vurderingen | Sak {case.number} · Elias P."
    assert any(row in rows for rows in after.values())


def test_what_is_past_its_day_stands_first_for_the_worker_and_for_the_manager(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    shift_clock(days=20)

    worker, html = day(client, cast.ingrid)
    manager, _html = day(client, cast.mona)

    assert any(f"Sak {case.number}" in row for row in worker["over"]) and "dager over" in html
    assert any(f"Sak {case.number}" in row and "Dere har neste steg." in row for row in manager["over"])


def test_every_case_the_page_shows_stands_in_the_log(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    shift_clock(days=20)

    day(client, cast.mona)  # late, and somebody else's

    with acting_as(cast.mona):
        event = Event.objects.filter(kind="case.listed", object_type="my_day").latest("at")
        assert event.case_ids == [case.pk]


def test_intake_is_told_of_waiting_reports_without_a_name(cast: Cast, client: Client) -> None:
    stories.submitted(cast)

    sections, html = day(client, cast.rune)

    (row,) = [row for rows in sections.values() for row in rows]
    assert row.startswith("Åpne meldingen | Melding M-")
    assert "Elias" not in html and "Prøvedal" not in html


def test_the_manager_is_told_of_a_case_to_assign_and_of_one_that_lost_its_worker(cast: Cast, client: Client) -> None:
    waiting, abandoned = stories.routed(cast), stories.assigned(cast)
    with acting_as(cast.ingrid):
        conflicts.declare(abandoned, by=cast.ingrid)

    sections, _html = day(client, cast.mona)

    rows = [row for rows in sections.values() for row in rows]
    assert any(f"Sak {waiting.number}" in row and row.startswith("Tildel saken") for row in rows)
    assert f"Saken har ingen saksbehandler | Sak {abandoned.number} · Elias P." in sections["dag"]


@pytest.mark.parametrize("other", ["oda", "hanne", "vidar", "marte", "aksel", "leif", "pia", "arne", "siv"])
def test_nobody_else_is_told_of_the_case(cast: Cast, client: Client, other: str) -> None:
    case = stories.assigned(cast)

    sections, html = day(client, getattr(cast, other))

    assert sections == {} and str(case.number) not in html and "Ingenting venter på deg" in html


def test_a_participant_is_told_that_it_was_given_the_case_and_not_of_the_leads_deadline(
    cast: Cast, client: Client
) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")

    sections, _html = day(client, cast.nora)

    (row,) = [row for rows in sections.values() for row in rows]
    assert row.startswith(f"Du er tildelt en sak | Sak {case.number} · Elias P. · Fordelt i dag")


def test_rows_of_upper_apps_fall_into_their_sections_and_a_past_meeting_is_not_late(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.today()
    sunday = today + dt.timedelta(days=6 - today.weekday())

    def row(title: str, when: dt.datetime | None, *, is_appointment: bool = False) -> DayRow:
        return DayRow(due_at=when, title=title, context="", action="Åpne", url="/", is_appointment=is_appointment)

    def source(actor: Actor) -> Iterable[DayRow]:
        yield row("i går", clock.deadline_on(today - dt.timedelta(days=1)))
        yield row("slutter i dag", clock.end_of(today))
        yield row("møte nettopp", clock.now() - dt.timedelta(seconds=1), is_appointment=True)
        yield row("møte i forgårs", clock.now() - dt.timedelta(days=2), is_appointment=True)
        yield row("neste uke", clock.deadline_on(sunday + dt.timedelta(days=1)))
        yield row("senere", clock.deadline_on(sunday + dt.timedelta(days=8)))

    monkeypatch.setattr(registers, "_day_sources", [source])

    sections, html = day(client, cast.siv)

    titles = {section: [row.partition(" | ")[0] for row in rows] for section, rows in sections.items()}
    assert titles["over"] == ["i går"]
    assert set(titles["dag"]) == {"slutter i dag", "møte nettopp"}
    assert titles["neste"] == ["neste uke"] and titles["senere"] == ["senere"]
    assert "møte i forgårs" not in html and "har begynt" in html


def test_ten_cases_take_as_many_questions_as_one(cast: Cast, client: Client) -> None:
    stories.assigned(cast)
    sign_in(client, cast.ingrid).get(reverse("home"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("home"))

    for _number in range(4):
        stories.assigned(cast)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("home"))

    assert len(many) == len(few)
