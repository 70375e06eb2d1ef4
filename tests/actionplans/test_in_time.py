"""Measures and follow-ups in time: on "Min dag" and in the ledger, for those who carry them, to the day."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actionplans import jobs
from actionplans.enums import Progress
from actionplans.models import FollowUp, Measure
from actionplans.reading import read_plan
from actionplans.services import follow_ups
from agencies.actors import Actor
from audit import clock, context
from cases.models import Case
from cases.registers import day_rows_for
from reminders.models import Reminder
from reminders.services import reminders_for
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db
Shift = Callable[..., None]


def waits_for(actor: Actor) -> list[str]:
    with acting_as(actor):
        return [str(row.title) for row in day_rows_for(actor)]


def sweep(actor: Actor) -> None:
    """What the worker does for the actor's agency every five minutes."""
    for look in (jobs.remind_of_overdue_measures, jobs.remind_of_follow_ups):
        with context.acting(user_id=None, agency_id=actor.agency.pk):
            look(agency=actor.agency)


def told(actor: Actor, kind: str) -> list[str]:
    with acting_as(actor):
        return [reminder.words for reminder in reminders_for(actor) if reminder.kind == kind]


def until_midnight(days: int) -> dt.timedelta:
    """From the real now to the start of the day after `days` more days in the municipality."""
    return clock.end_of(clock.today() + dt.timedelta(days=days)) - clock.now()


def test_a_measure_waits_for_those_who_carry_it_and_for_nobody_else(cast: Cast) -> None:
    planning.planned(cast)

    assert planning.MONEY in waits_for(cast.nora)
    assert planning.SCHOOL in waits_for(cast.stine)
    for other in (cast.nils, cast.siv, cast.ingrid, cast.oda, cast.hanne, cast.leif):
        assert planning.MONEY not in waits_for(other)


def test_a_measure_reported_done_waits_for_nobody(cast: Cast) -> None:
    planning.planned(cast)
    with acting_as(cast.nora):
        money = Measure.objects.get(title=planning.MONEY)

    planning.report(cast, cast.nora, money, Progress.DONE)

    assert planning.MONEY not in waits_for(cast.nora)


@pytest.mark.req("SIG-68")
def test_a_follow_up_is_on_the_day_of_the_lead_and_of_those_with_measures(cast: Cast) -> None:
    planning.planned(cast)

    for actor in (cast.ingrid, cast.nora, cast.stine, cast.siv):
        assert "Oppfølging av planen" in waits_for(actor)
    for actor in (cast.nils, cast.marte, cast.oda):
        assert "Oppfølging av planen" not in waits_for(actor)


def test_a_follow_up_whose_time_has_passed_waits_for_the_lead_to_register_it(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    planning.planned(cast)
    shift_clock(days=15)

    assert "Registrer oppfølgingen av planen" in waits_for(cast.ingrid)
    assert "Registrer oppfølgingen av planen" not in waits_for(cast.nora)
    assert "Registrer oppfølgingen" in sign_in(client, cast.ingrid).get(reverse("home")).content.decode()


def test_a_measure_is_late_when_its_last_day_is_over_in_the_municipality(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    midnight = until_midnight(10)

    def is_late() -> bool:
        with acting_as(cast.nora):
            opened = Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
            return next(row for row in read_plan(opened, cast.nora).measures if row.title == planning.MONEY).is_overdue

    shift_clock(seconds=(midnight - dt.timedelta(minutes=5)).total_seconds())
    assert not is_late()
    sweep(cast.nora)
    assert told(cast.nora, "measure_overdue") == []

    shift_clock(seconds=(midnight + dt.timedelta(minutes=1)).total_seconds())
    assert is_late()
    sweep(cast.nora)
    assert len(told(cast.nora, "measure_overdue")) == 1


@pytest.mark.req("SIG-68")
def test_each_person_is_told_once_of_each_occurrence(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    shift_clock(days=11)
    for _again in range(3):
        sweep(cast.nora)
        sweep(cast.ingrid)

    assert told(cast.nora, "measure_overdue") and told(cast.nora, "measure_overdue")[0].startswith(f"Sak {case.label}")
    assert Reminder.objects.filter(kind="measure_overdue", recipient=cast.nora.user).count() == 1
    assert Reminder.objects.filter(kind="follow_up_due", recipient=cast.nora.user).count() == 1
    assert Reminder.objects.filter(kind="follow_up_due", recipient=cast.ingrid.user).count() == 1
    assert told(cast.nils, "measure_overdue") == []


def test_a_manager_who_carries_a_measure_is_told_without_being_assigned(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    planning.measure(cast, case, person=cast.nils.user, title="Avklare ytelsen")
    shift_clock(days=40)

    sweep(cast.nils)

    assert len(told(cast.nils, "measure_overdue")) == 1


def test_a_moved_follow_up_is_told_of_anew(cast: Cast, shift_clock: Shift) -> None:
    planning.planned(cast)
    shift_clock(days=8)
    sweep(cast.ingrid)
    with acting_as(cast.ingrid):
        row = FollowUp.objects.get()
        moved = clock.now() + dt.timedelta(days=3)
        follow_ups.move(row, starts_at=moved, place="Rom 3", young_person_attends=True, by=cast.ingrid)
    sweep(cast.ingrid)

    assert Reminder.objects.filter(kind="follow_up_due", recipient=cast.ingrid.user).count() == 2


@pytest.mark.req("SIG-63")
def test_what_was_raised_before_the_consent_ended_is_told_to_nobody_after(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    shift_clock(days=11)
    sweep(cast.nora)
    assert told(cast.nora, "measure_overdue")

    stories.revoked(cast, case)

    assert told(cast.nora, "measure_overdue") == [] and told(cast.nora, "follow_up_due") == []
    assert planning.MONEY not in waits_for(cast.nora)


def test_a_reminder_leads_to_the_page_where_one_acts(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.nora):
        money, coming = Measure.objects.get(title=planning.MONEY), FollowUp.objects.get()
    sign_in(client, cast.nora)

    assert client.get(reverse("actionplans:of_measure", args=[money.pk]))["Location"] == reverse(
        "actionplans:progress", args=[case.pk, money.pk]
    )
    assert client.get(reverse("actionplans:of_follow_up", args=[coming.pk]))["Location"] == reverse(
        "actionplans:detail", args=[case.pk]
    )
    assert sign_in(client, cast.siv).get(reverse("actionplans:of_measure", args=[money.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "url_name"), [("ingrid", "detail"), ("ingrid", "edit"), ("nora", "detail"), ("nora", "home")]
)
def test_more_measures_take_no_more_queries(client: Client, cast: Cast, name: str, url_name: str) -> None:
    case = planning.planned(cast)
    address = reverse("home") if url_name == "home" else reverse(f"actionplans:{url_name}", args=[case.pk])
    sign_in(client, getattr(cast, name))
    client.get(address)
    counts = []
    for _size in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
        if not counts[1:]:
            planning.many(cast, case, 37)

    assert counts[0] == counts[1]
