"""Delivery: exactly one mail, whatever dies when, and none to those who may no longer know."""

import datetime as dt
import smtplib
import threading

import pytest
from django.core import mail
from django.db import connections

from agencies.models import Membership, User
from audit import clock
from audit.clock import Now
from reminders import delivery, notifications, rules, tasks
from reminders.delivery import MAX_ATTEMPTS, deliver_due
from reminders.models import Reminder, ReminderState
from tests.reminders.conftest import KIND, raise_for

pytestmark = pytest.mark.usefixtures("subjects", "no_broker")


class KilledError(BaseException):
    """As a kill: nothing in the code catches it."""


def states() -> list[str]:
    return list(Reminder.objects.order_by("raised_at", "pk").values_list("state", flat=True))


@pytest.mark.django_db
def test_what_is_due_is_sent_once_and_what_is_not_waits(cast, mails):
    raise_for(cast.ingrid)
    raise_for(cast.ingrid, due_at=clock.now() + dt.timedelta(hours=1))

    assert deliver_due(limit=10) == 1
    assert deliver_due(limit=10) == 0

    assert len(mails()) == 1
    assert sorted(states()) == [ReminderState.DUE, ReminderState.SENT]


@pytest.mark.django_db
def test_a_run_ends_at_its_limit_and_the_next_goes_on(cast, mails):
    for _ in range(3):
        raise_for(cast.ingrid)

    assert [deliver_due(limit=2), deliver_due(limit=2)] == [2, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["claim_next", "check", "hand_over", "mark_sent"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_at_any_step_gives_exactly_one_mail(cast, mails, monkeypatch, shift_clock, step, when):
    raise_for(cast.ingrid)
    with monkeypatch.context() as patch:
        kill(patch, step, when)
        with pytest.raises(KilledError):
            deliver_due(limit=10)

    deliver_due(limit=10)
    shift_clock(minutes=6)  # the claim has run out
    deliver_due(limit=10)

    assert len(mails()) == 1
    assert states() == [ReminderState.SENT]


def kill(patch: pytest.MonkeyPatch, step: str, when: str) -> None:
    """Let the worker die just before or just after a step."""
    real = getattr(delivery, step)

    def dies(*arguments: object) -> None:
        if when == "after":
            real(*arguments)
        raise KilledError

    patch.setattr(delivery, step, dies)


@pytest.mark.django_db
def test_a_claim_in_a_living_workers_hands_is_left_alone(cast, mails):
    raise_for(cast.ingrid)
    assert delivery.claim_next() is not None

    assert deliver_due(limit=10) == 0
    assert states() == [ReminderState.CLAIMED]


@pytest.mark.django_db
def test_a_worker_that_comes_back_after_its_claim_ran_out_writes_nothing(cast, mails):
    raise_for(cast.ingrid)
    slow = delivery.claim_next()
    assert slow is not None
    Reminder.objects.update(deliver_after=Now())
    assert deliver_due(limit=10) == 1

    delivery.put_off(slow)

    assert states() == [ReminderState.SENT]


@pytest.mark.django_db
def test_what_may_no_longer_be_told_at_the_moment_of_sending_is_dropped(cast, mails, subjects):
    reminder = raise_for(cast.ingrid)
    subjects.withdrawn.add(reminder.subject_id)

    assert deliver_due(limit=10) == 0
    assert mails() == []
    assert states() == [ReminderState.DROPPED]


@pytest.mark.django_db
def test_who_left_the_agency_is_told_nothing(cast, mails):
    reminder = raise_for(cast.ingrid)
    Membership.objects.filter(user=reminder.recipient).update(valid_until=Now())

    assert deliver_due(limit=10) == 0
    assert mails() == []
    assert states() == [ReminderState.DROPPED]


@pytest.mark.django_db
def test_a_kind_no_app_knows_any_more_is_told_to_nobody(cast, mails, monkeypatch):
    raise_for(cast.ingrid)
    monkeypatch.delitem(rules._rules, KIND)

    assert deliver_due(limit=10) == 0
    assert states() == [ReminderState.DROPPED]


@pytest.mark.django_db
def test_a_relay_that_answers_no_is_asked_again_later_and_the_others_are_not_kept_waiting(cast, monkeypatch):
    refused = raise_for(cast.ingrid)
    raise_for(cast.oda)
    real = notifications.send_mail

    def refuse_one(recipient: User, message_id: str, calendar: bytes | None) -> None:
        if message_id == refused.message_id:
            raise smtplib.SMTPServerDisconnected
        real(recipient, message_id, calendar)

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "send_mail", refuse_one)
        assert deliver_due(limit=10) == 1

    refused.refresh_from_db()
    assert refused.state == ReminderState.UNCERTAIN
    assert refused.deliver_after > clock.now()
    Reminder.objects.filter(pk=refused.pk).update(deliver_after=Now())
    assert deliver_due(limit=10) == 1
    assert [message.extra_headers["Message-ID"] for message in mail.outbox][1:] == [refused.message_id]


@pytest.mark.django_db
def test_a_relay_that_is_gone_ends_the_run_and_pauses_double_up_to_an_hour(cast, monkeypatch):
    for _ in range(5):
        raise_for(cast.ingrid)

    def gone(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notifications, "send_mail", gone)

    assert deliver_due(limit=10) == 0
    assert sorted(states()) == [ReminderState.DUE] * 2 + [ReminderState.UNCERTAIN] * 3
    Reminder.objects.update(attempts=12, deliver_after=Now())
    deliver_due(limit=1)
    tired = Reminder.objects.get(attempts=13)
    assert dt.timedelta(minutes=59) < tired.deliver_after - clock.now() <= dt.timedelta(hours=1)


@pytest.mark.django_db
def test_after_a_days_tries_a_row_is_left_to_a_human_and_stays_on_the_list(cast, monkeypatch, mails):
    raise_for(cast.ingrid)
    Reminder.objects.update(attempts=MAX_ATTEMPTS, state=ReminderState.UNCERTAIN)

    assert deliver_due(limit=10) == 0
    assert Reminder.objects.raised_for(cast.ingrid.user.pk, cast.ingrid.agency.pk).count() == 1


def test_four_workers_at_once_send_each_mail_once(own_database, cast, mails, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # which would keep a second copy
    mail.outbox = []
    for actor in (cast.ingrid, cast.oda):
        for _ in range(10):
            raise_for(actor)

    def work() -> None:
        try:
            deliver_due(limit=100)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(ids) == len(set(ids)) == 20
    assert set(states()) == {ReminderState.SENT}


@pytest.mark.django_db
def test_one_failing_sweep_silences_neither_the_others_nor_the_other_agencies(cast, monkeypatch):
    looked: list[int] = []

    def fails(*, agency) -> int:
        raise LookupError

    def looks(*, agency) -> int:
        looked.append(agency.pk)
        return 0

    monkeypatch.setattr(rules, "_sweeps", [fails, looks])

    tasks.sweep()

    assert cast.ingrid.agency.pk in looked and cast.nora.agency.pk in looked
    assert len(looked) == len(set(looked))
