"""A consent that runs out: the clock ends sight, a sweep follows with the state, and the lead is told in good time."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from audit import clock, context
from cases.enums import CaseState, FactKind
from cases.models import Case
from consent.jobs import follow_expired, remind_of_ending
from reminders.models import Reminder
from reminders.services import unseen_for
from tests import stories
from tests.cast import Cast, acting_as
from tests.consent.reading import finds, give_case_to, raw_rows, wrote

OSLO = ZoneInfo("Europe/Oslo")
Shift = Callable[..., None]


@pytest.mark.parametrize(
    ("day", "utc_end"),
    [
        (dt.date(2027, 3, 27), dt.datetime(2027, 3, 27, 23, 0, tzinfo=dt.UTC)),  # the night before summer time
        (dt.date(2027, 3, 28), dt.datetime(2027, 3, 28, 22, 0, tzinfo=dt.UTC)),  # the day of 23 hours
        (dt.date(2027, 10, 31), dt.datetime(2027, 10, 31, 23, 0, tzinfo=dt.UTC)),  # the day of 25 hours
        (dt.date(2026, 12, 31), dt.datetime(2026, 12, 31, 23, 0, tzinfo=dt.UTC)),
    ],
)
def test_til_og_med_lasts_until_midnight_in_oslo_also_when_the_clocks_change(
    day: dt.date, utc_end: dt.datetime
) -> None:
    assert clock.end_of(day) == utc_end
    assert clock.last_day(utc_end) == day


@pytest.mark.req("SIG-59")
def test_sight_ends_with_the_last_day_and_needs_no_job(own_database: str, cast: Cast, shift_clock: Shift) -> None:
    until = clock.today() + dt.timedelta(days=20)
    case = stories.consented(cast, until=until)
    give_case_to(case, cast.nora, by=cast.nils)
    wrote(cast.ingrid, case, "economy", "gjeld")
    midnight = dt.datetime.combine(until + dt.timedelta(days=1), dt.time.min, tzinfo=OSLO)

    left = (midnight - clock.now()).total_seconds()
    shift_clock(seconds=left - 60)
    assert finds(cast.nora, case) == {"gjeld"}

    shift_clock(seconds=left + 1)
    assert finds(cast.nora, case) == set()
    assert raw_rows(cast.nora, case) == 0
    with acting_as(cast.nils):
        assert not Case.objects.visible_to(cast.nils).filter(pk=case.pk).exists()
    with acting_as(cast.ingrid):
        assert FactKind.CONSENT_GIVEN not in case.facts_in_force()
        assert stories.case_now(case).state == CaseState.MAPPING  # until the sweep has come by


def test_the_sweep_moves_the_case_once_and_tells_those_listed(
    own_database: str, cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast, until=clock.today() + dt.timedelta(days=5))
    running_on = stories.consented(cast)
    give_case_to(case, cast.nora, by=cast.nils)
    office = cast.agency("hvk-ost")

    shift_clock(days=7)
    with context.acting(user_id=None, agency_id=office.pk):
        assert follow_expired(agency=office) == 1
    with context.acting(user_id=None, agency_id=office.pk):
        assert follow_expired(agency=office) == 0

    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.CONSENT_PENDING
        assert stories.case_now(running_on).state == CaseState.MAPPING
    with acting_as(cast.nora):
        assert [one.words for one in unseen_for(cast.nora)] == [f"Samtykket i sak {case.label} er avsluttet"]
    assert stories.consented(cast, case).state == CaseState.MAPPING


def test_another_offices_sweep_leaves_the_case_alone(own_database: str, cast: Cast, shift_clock: Shift) -> None:
    stories.consented(cast, until=clock.today())
    west = cast.agency("hvk-vest")

    shift_clock(days=2)

    with context.acting(user_id=None, agency_id=west.pk):
        assert follow_expired(agency=west) == 0
        assert remind_of_ending(agency=west) == 0


def test_the_leads_caseworker_is_told_at_30_14_and_3_days_once_each(
    own_database: str, cast: Cast, shift_clock: Shift
) -> None:
    stories.consented(cast, until=clock.today() + dt.timedelta(days=60))
    office = cast.agency("hvk-ost")

    def sweep() -> int:
        with context.acting(user_id=None, agency_id=office.pk):
            return remind_of_ending(agency=office)

    raised = []
    for day in (0, 29, 30, 31, 46, 50, 57, 58, 60):
        shift_clock(days=day)
        raised.append(sweep() + sweep())

    assert raised == [0, 0, 1, 0, 1, 0, 1, 0, 0]
    rows = Reminder.objects.filter(kind="consent_ending")
    assert sorted(rows.values_list("occurrence", flat=True)) == ["14", "3", "30"]
    assert {row.recipient_id for row in rows} == {cast.ingrid.user.pk}


def test_a_renewed_consent_needs_no_reminder_of_the_old(own_database: str, cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast, until=clock.today() + dt.timedelta(days=10))
    office = cast.agency("hvk-ost")
    with context.acting(user_id=None, agency_id=office.pk):
        remind_of_ending(agency=office)
    with acting_as(cast.ingrid):
        assert [one.kind for one in unseen_for(cast.ingrid) if one.kind == "consent_ending"]

    stories.consented(cast, case)

    with acting_as(cast.ingrid):
        assert not [one for one in unseen_for(cast.ingrid) if one.kind == "consent_ending"]
