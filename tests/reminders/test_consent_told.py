"""The whole way with real rules: a consent comes near its end, is taken back before the mail goes, and nobody is told."""

import datetime as dt

import pytest

from audit import clock
from cases.models import Case
from reminders import services, tasks
from reminders.delivery import deliver_due
from reminders.models import Reminder, ReminderState
from tests import stories
from tests.cast import Cast

ENDING = "consent_ending"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]


def ending_soon(cast: Cast) -> Case:
    """A consent with eight days left."""
    return stories.consented(cast, until=clock.today() + dt.timedelta(days=8))


def told_to(user_id: int) -> list[Reminder]:
    return list(Reminder.objects.filter(kind=ENDING, recipient_id=user_id))


def test_a_consent_that_comes_near_its_end_is_said_once_however_often_the_sweep_runs(cast, mails):
    ending_soon(cast)

    for _ in range(3):
        tasks.sweep()
    deliver_due(limit=50)

    (reminder,) = told_to(cast.ingrid.user.pk)
    assert (reminder.state, reminder.occurrence) == (ReminderState.SENT, "14")
    assert [path for path in mails() if reminder.message_id in path.read_text()]


def test_a_consent_taken_back_between_raising_and_sending_is_told_to_nobody(cast, mails):
    case = ending_soon(cast)
    tasks.sweep()
    assert told_to(cast.ingrid.user.pk)

    stories.revoked(cast, case)
    Reminder.objects.filter(kind=ENDING, state=ReminderState.DROPPED).update(
        state=ReminderState.DUE
    )  # as if not withdrawn
    deliver_due(limit=50)

    (reminder,) = told_to(cast.ingrid.user.pk)
    assert reminder.state == ReminderState.DROPPED
    assert not [path for path in mails() if reminder.message_id in path.read_text()]
    assert ENDING not in {told.kind for told in services.reminders_for(cast.ingrid)}


def test_a_consent_that_runs_out_before_the_worker_comes_back_is_told_to_nobody(cast, mails, shift_clock):
    ending_soon(cast)
    tasks.sweep()

    shift_clock(days=10)
    deliver_due(limit=50)

    (reminder,) = told_to(cast.ingrid.user.pk)
    assert reminder.state == ReminderState.DROPPED
    assert mails() == []
