"""Raising: once a person and occurrence, in the transaction of its cause, whoever is looking."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, connections, transaction

from agencies.actors import Actor
from audit import clock
from reminders import services
from reminders.delivery import deliver_due
from reminders.models import Reminder, ReminderState
from tests.cast import acting_as
from tests.reminders.conftest import KIND, raise_for

pytestmark = pytest.mark.usefixtures("subjects", "no_broker")


@pytest.mark.django_db
def test_saying_the_same_thing_again_changes_nothing(cast):
    first = raise_for(cast.ingrid, occurrence="30")
    raise_for(cast.ingrid, first.subject_id, occurrence="30")

    assert list(Reminder.objects.all()) == [first]


@pytest.mark.django_db
def test_each_occurrence_and_each_person_is_told_for_themselves(cast):
    first = raise_for(cast.ingrid, occurrence="30")
    raise_for(cast.ingrid, first.subject_id, occurrence="14")
    raise_for(cast.oda, first.subject_id, occurrence="30")

    assert Reminder.objects.count() == 3


@pytest.mark.django_db
def test_a_kind_without_a_rule_is_refused_at_once(cast):
    ingrid = cast.ingrid

    with pytest.raises(KeyError):
        services.raise_reminder(
            "unheard_of", recipient=ingrid.user, agency=ingrid.agency, subject_id=uuid.uuid4(), occurrence="1",
            due_at=ingrid.at,
        )  # fmt: skip


@pytest.mark.django_db
def test_what_is_withdrawn_is_dropped_and_can_be_needed_again(cast):
    reminder = raise_for(cast.ingrid)

    assert services.withdraw(KIND, subject_id=reminder.subject_id) == 1
    reminder.refresh_from_db()
    assert reminder.state == ReminderState.DROPPED

    later = clock.now() + dt.timedelta(days=2)
    raise_for(cast.ingrid, reminder.subject_id, due_at=later)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.due_at, reminder.deliver_after) == (ReminderState.DUE, later, later)


@pytest.mark.django_db
def test_what_was_sent_is_neither_withdrawn_nor_said_again(cast, mails):
    reminder = raise_for(cast.ingrid)
    assert deliver_due(limit=10) == 1

    assert services.withdraw(KIND, subject_id=reminder.subject_id) == 0
    raise_for(cast.ingrid, reminder.subject_id)

    assert deliver_due(limit=10) == 0
    assert len(mails()) == 1


@pytest.mark.django_db
def test_the_database_itself_refuses_to_unsay(cast, mails):
    reminder = raise_for(cast.ingrid)
    deliver_due(limit=10)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.filter(pk=reminder.pk).update(state=ReminderState.DUE, sent_at=None)


@pytest.mark.django_db
def test_a_cause_that_is_rolled_back_says_nothing(cast, no_broker, django_capture_on_commit_callbacks):
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ZeroDivisionError),
        acting_as(cast.ingrid),
    ):
        raise_and_fail(cast.ingrid)

    assert not Reminder.objects.exists()
    assert no_broker == []


def raise_and_fail(actor: Actor) -> None:
    raise_for(actor)
    _ = 1 / 0


def test_many_reminders_of_one_transaction_wake_the_worker_once_and_only_after_the_commit(
    own_database, cast, no_broker
):
    ingrid = cast.ingrid
    with acting_as(ingrid):
        for number in range(5):
            services.raise_reminder(
                KIND, recipient=ingrid.user, agency=ingrid.agency, subject_id=uuid.uuid4(), occurrence=str(number),
                due_at=ingrid.at,
            )  # fmt: skip
        assert no_broker == []

    assert no_broker == ["deliver"]


def test_eight_at_the_same_instant_say_it_once(own_database, cast):
    ingrid, subject_id = cast.ingrid, uuid.uuid4()
    start = threading.Barrier(8)
    said: list[bool] = []

    def raise_at_the_start() -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            with acting_as(ingrid):
                new = services.raise_reminder(
                    KIND, recipient=ingrid.user, agency=ingrid.agency, subject_id=subject_id, occurrence="30",
                    due_at=ingrid.at,
                )  # fmt: skip
            said.append(new)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=raise_at_the_start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == [False] * 7 + [True]
    assert Reminder.objects.count() == 1
