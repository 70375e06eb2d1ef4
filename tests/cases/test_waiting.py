"""Somebody is reminded of a report left waiting: those who answer for it, once a deadline, as long as it waits."""

from typing import Any

import pytest

from audit import context
from cases import jobs
from reminders.models import Reminder
from tests import stories
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


def sweep(cast: Cast, slug: str) -> int:
    agency = cast.agency(slug)
    with context.acting(user_id=None, agency_id=agency.pk):
        return jobs.remind_of_waiting_reports(agency=agency)


def test_nobody_is_reminded_before_the_deadline(cast: Cast) -> None:
    stories.submitted(cast)

    assert sweep(cast, "intake") == 0


def test_intake_is_reminded_once_of_a_report_past_its_deadline(cast: Cast, shift_clock: Any) -> None:
    case = stories.submitted(cast)
    shift_clock(days=8)

    assert [sweep(cast, "intake"), sweep(cast, "intake")] == [1, 0]
    with acting_as(cast.rune):
        reminder = Reminder.objects.get()
        assert (reminder.recipient, reminder.kind, reminder.subject_id) == (
            cast.rune.user,
            jobs.REPORT_WAITING,
            case.pk,
        )
        assert next(iter(jobs.WAITING_RULE.to_tell([case.pk], cast.rune).values())).startswith("Melding M-")


def test_the_office_is_reminded_of_a_case_without_a_caseworker_and_intake_no_more(cast: Cast, shift_clock: Any) -> None:
    case = stories.routed(cast)
    shift_clock(days=8)

    assert [sweep(cast, "hvk-ost"), sweep(cast, "intake"), sweep(cast, "hvk-vest"), sweep(cast, "nav")] == [1, 0, 0, 0]
    with acting_as(cast.mona):
        assert list(jobs.WAITING_RULE.to_tell([case.pk], cast.mona).values()) == [f"Sak {case.number}"]
    with acting_as(cast.rune):
        assert not jobs.WAITING_RULE.to_tell([case.pk], cast.rune)


def test_what_is_taken_hold_of_needs_no_reminding(cast: Cast, shift_clock: Any) -> None:
    case = stories.routed(cast)
    shift_clock(days=8)
    sweep(cast, "hvk-ost")

    stories.assigned(cast, case)

    with acting_as(cast.mona):
        assert not jobs.WAITING_RULE.to_tell([case.pk], cast.mona)
