"""What was said to one person about something another takes over is said to the other instead."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from agencies.actors import actor_for
from agencies.models import Agency, User
from audit import clock, context
from reminders.models import Reminder, ReminderState
from reminders.services import raise_reminder, still_told


@contextmanager
def moved(*, from_user: User, to_user: User, agency: Agency) -> Iterator[None]:
    """Move the unseen reminders of `from_user` about whatever the block lets `to_user` know of.

    Which those are, the rules answer: what `to_user` is to be told of after the block and was not before. Part of the
    caller's transaction. What `from_user` has opened already is done with.
    """
    rows = list(Reminder.objects.filter(recipient=from_user, agency=agency, seen_at=None).exclude(state="dropped"))
    before = _told(rows, to_user, agency)
    yield
    taken_over = _told(rows, to_user, agency) - before
    for row in rows:
        if row.pk in taken_over:
            raise_reminder(
                row.kind,
                recipient=to_user,
                agency=agency,
                subject_id=row.subject_id,
                occurrence=row.occurrence,
                due_at=row.due_at,
            )
    left = Reminder.objects.filter(pk__in=taken_over)
    left.filter(state__in=[ReminderState.DUE, ReminderState.UNCERTAIN]).update(state=ReminderState.DROPPED)
    left.filter(state=ReminderState.SENT).update(seen_at=clock.now())


def _told(rows: list[Reminder], user: User, agency: Agency) -> set[uuid.UUID]:
    actor = actor_for(user, agency)
    if actor is None:
        return set()
    with context.acting(user_id=user.pk, agency_id=agency.pk):
        return still_told(rows, actor)
