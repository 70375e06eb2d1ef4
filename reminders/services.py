"""Raising what must be said in time, and finding what was: for "Min dag", the bell and the list."""

import datetime as dt
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.urls import reverse
from django.utils.functional import Promise

from agencies.actors import Actor
from agencies.models import Agency, User
from audit import clock
from audit.asked import Asked
from reminders import tasks
from reminders.models import Reminder, ReminderState
from reminders.rules import Rule, rule_for, rules_by_kind

log = logging.getLogger(__name__)

_UNSEEN = Asked(lambda user_id, agency_id: Reminder.objects.raised_for(user_id, agency_id).unseen(), -1, -2)
# A row that was dropped unsaid may be needed after all (a deadline moved away and back): it is then due again.
_RAISE = """
    INSERT INTO reminders_reminder AS known
        (id, kind, recipient_id, agency_id, subject_id, occurrence, raised_at, due_at, state, deliver_after, attempts)
    VALUES (%(id)s, %(kind)s, %(recipient)s, %(agency)s, %(subject)s, %(occurrence)s, samlos.now(), %(due_at)s, 'due',
        %(due_at)s, 0)
    ON CONFLICT ON CONSTRAINT reminder_said_once DO UPDATE
        SET state = 'due', raised_at = excluded.raised_at, due_at = excluded.due_at,
            deliver_after = excluded.deliver_after, attempts = least(known.attempts, 1), seen_at = NULL
        WHERE known.state = 'dropped'
"""


def raise_reminder(
    kind: str, *, recipient: User, agency: Agency, subject_id: uuid.UUID, occurrence: str, due_at: dt.datetime
) -> bool:
    """Say this once to `recipient`, for `agency`, from `due_at` on; part of the caller's transaction.

    `occurrence` tells repetitions about one subject apart ("30", "14", "3"); it is a code, never words. Calling it
    again, also from another process at the same moment, changes nothing. True when there was something to say.
    Raises KeyError for a kind without a rule.
    """
    rule_for(kind)
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            {
                "id": uuid.uuid4(), "kind": kind, "recipient": recipient.pk, "agency": agency.pk,
                "subject": subject_id, "occurrence": occurrence, "due_at": due_at,
            },
        )  # fmt: skip
        raised: bool = cursor.rowcount == 1
    one_waits = any(entry[1] is _poke for entry in connection.run_on_commit)
    if raised and not one_waits:
        transaction.on_commit(_poke)
    return raised


def withdraw(kind: str, *, subject_id: uuid.UUID) -> int:
    """It no longer needs saying (moved, done): drop what is not delivered, to everybody. Returns how many.

    A row in a worker's hands is left to that worker, who asks the rule first.
    """
    return Reminder.objects.filter(
        kind=kind, subject_id=subject_id, state__in=[ReminderState.DUE, ReminderState.UNCERTAIN]
    ).update(state=ReminderState.DROPPED)


class _Broker:
    """Woken after a commit, in the time of somebody's request: one that does not answer is left alone for a while."""

    LEFT_ALONE_SECONDS = 60
    silent_until = 0.0


def _poke() -> None:
    """Wake a worker now instead of within ten seconds. A broker that is gone is no reason to fail a request."""
    if time.monotonic() < _Broker.silent_until:
        return
    try:
        tasks.deliver.apply_async(retry=False, expires=60)
    except Exception:
        _Broker.silent_until = time.monotonic() + _Broker.LEFT_ALONE_SECONDS
        log.warning("the broker did not answer; beat will wake the worker")


# --- the reader's side ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One reminder as its reader sees it: `title` says what, `words` which case. `url` opens it and marks it seen."""

    id: uuid.UUID
    kind: str
    due_at: dt.datetime
    title: str | Promise
    words: str
    action: str | Promise
    url: str
    seen: bool


def reminders_for(actor: Actor) -> list[Told]:
    """Everything said to this actor that still holds at this instant, newest first."""
    return _still_to_tell(Reminder.objects.raised_for(actor.user.pk, actor.agency.pk), actor)


def unseen_for(actor: Actor) -> list[Told]:
    """Of these, what the actor has not opened."""
    return _still_to_tell(_UNSEEN.answer(actor.user.pk, actor.agency.pk), actor)


def count_unseen(actor: Actor) -> int:
    """What the bell shows: a query for the rows and, when there are any, one rule for each kind."""
    return len(unseen_for(actor))


def open_reminder(reminder_id: uuid.UUID, *, by: Actor) -> str | None:
    """Mark one reminder as seen and return where to act ("" for nowhere); None when there is none for this actor."""
    mine = Reminder.objects.raised_for(by.user.pk, by.agency.pk).filter(pk=reminder_id)
    reminder = mine.first()
    if reminder is None or not _still_to_tell([reminder], by):
        return None
    mine.unseen().update(seen_at=clock.now())
    return rule_for(reminder.kind).url(reminder.subject_id)


def mark_all_seen(*, by: Actor) -> int:
    """Mark what the actor has on the list as seen; returns how many were new."""
    shown = [told.id for told in unseen_for(by)]
    return (
        Reminder.objects.raised_for(by.user.pk, by.agency.pk).unseen().filter(pk__in=shown).update(seen_at=clock.now())
    )


def still_told(reminders: Iterable[Reminder], actor: Actor) -> set[uuid.UUID]:
    """The ids of those of these rows that `actor` may be told of now, whoever they were raised for. Ask within the
    actor's own database context.
    """
    return {told.id for told in _still_to_tell(reminders, actor)}


def _still_to_tell(reminders: Iterable[Reminder], actor: Actor) -> list[Told]:
    rules = rules_by_kind()
    known = [reminder for reminder in reminders if reminder.kind in rules]
    subjects: dict[str, set[uuid.UUID]] = defaultdict(set)
    for reminder in known:
        subjects[reminder.kind].add(reminder.subject_id)
    words = {kind: rules[kind].to_tell(ids, actor) for kind, ids in subjects.items()}
    return [
        _told(reminder, rules[reminder.kind], words[reminder.kind][reminder.subject_id])
        for reminder in known
        if reminder.subject_id in words[reminder.kind]
    ]


def _told(reminder: Reminder, rule: Rule, words: str) -> Told:
    return Told(
        id=reminder.pk,
        kind=reminder.kind,
        due_at=reminder.due_at,
        title=rule.title,
        words=words,
        action=rule.action,
        url=reverse("open_reminder", args=[reminder.pk]),
        seen=reminder.seen_at is not None,
    )
