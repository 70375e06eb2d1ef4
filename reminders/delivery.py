"""From the ledger to the relay, one row at a time, so that a worker may die at any point and nothing is lost.

Each step commits alone: claim, check, hand over, mark. Between them no transaction is open.

- Killed before the claim is committed: the row is still due.
- Killed after it: when the claim runs out, the row is uncertain, and the backend is asked by Message-ID whether it has
  the mail. The demonstration's mailbox knows, and a second hand-over to it changes nothing: exactly one mail.
- SMTP cannot be asked. The mail is then sent again under the same Message-ID, so a worker killed between the relay's
  "yes" and our mark gives a second copy, unless the relay or the reader's mailbox drops it. That is the only way to
  two, at most one for each process killed.
"""

import datetime as dt
import logging

from django.db import transaction

from agencies.actors import Actor, actor_for
from audit import clock
from audit.clock import Now
from audit.context import acting
from reminders import notifications
from reminders.models import Reminder, ReminderState
from reminders.rules import Rule, rules_by_kind

log = logging.getLogger(__name__)

# Longer than any hand-over takes (EMAIL_TIMEOUT counts each answer of the relay), so a claim that ran out has no worker.
CLAIM = dt.timedelta(minutes=5)
LONGEST_PAUSE = dt.timedelta(hours=1)
# About a day with the pauses between; the row then stays uncertain, for a human, and on the recipient's list.
MAX_ATTEMPTS = 30
MAX_FAILURES_IN_A_RUN = 3


def deliver_due(*, limit: int) -> int:
    """Deliver what is due, the longest waiting first, until nothing is left or `limit` rows were taken.

    Returns how many mails were handed over. Any number of workers may run it at once. A run ends at the third
    hand-over that fails: then the relay is more likely gone than three addresses wrong.
    """
    _doubt_claims_that_ran_out()
    sent = failures = 0
    for _turn in range(limit):
        reminder = claim_next()
        if reminder is None:
            break
        try:
            sent += deliver(reminder)
        except Exception:
            # Mail libraries raise what they like, and one bad row must not keep the others waiting.
            log.exception("reminder %s could not be delivered", reminder.pk)
            put_off(reminder)
            failures += 1
            if failures == MAX_FAILURES_IN_A_RUN:
                break
    return sent


def claim_next() -> Reminder | None:
    """Take the row that has waited longest and that no other worker is at; None when nothing is due."""
    with transaction.atomic():
        reminder = (
            Reminder.objects.filter(
                state__in=[ReminderState.DUE, ReminderState.UNCERTAIN],
                deliver_after__lte=Now(),
                attempts__lt=MAX_ATTEMPTS,
            )
            .order_by("deliver_after", "pk")
            .select_for_update(skip_locked=True)
            .first()
        )
        if reminder is None:
            return None
        reminder.state = ReminderState.CLAIMED
        reminder.deliver_after = clock.now() + CLAIM
        reminder.attempts += 1
        reminder.save(update_fields=["state", "deliver_after", "attempts"])
    return Reminder.objects.select_related("recipient", "agency__municipality").get(pk=reminder.pk)


def deliver(reminder: Reminder) -> bool:
    """Check, hand over and mark a claimed row. True when it is with the relay, False when there was no right to it."""
    may_be_told, calendar = check(reminder)
    if not may_be_told:
        _finish(reminder, ReminderState.DROPPED)
        return False
    hand_over(reminder, calendar)
    mark_sent(reminder)
    return True


def check(reminder: Reminder) -> tuple[bool, bytes | None]:
    """Whether the recipient may still be told, as the recipient's own request would find it, and the calendar part."""
    rule: Rule | None = rules_by_kind().get(reminder.kind)
    with acting(user_id=reminder.recipient_id, agency_id=reminder.agency_id):
        actor: Actor | None = actor_for(reminder.recipient, reminder.agency)
        if rule is None or actor is None or reminder.subject_id not in rule.to_tell([reminder.subject_id], actor):
            return False, None
        return True, rule.calendar(reminder.subject_id, actor) if rule.calendar else None


def hand_over(reminder: Reminder, calendar: bytes | None) -> None:
    """Give the mail to the relay, unless an earlier try is known to have done so."""
    if reminder.attempts > 1 and notifications.is_known_to_be_sent(reminder.message_id):
        return
    notifications.send_mail(reminder.recipient, reminder.message_id, calendar)


def mark_sent(reminder: Reminder) -> None:
    """Write down that the relay has it."""
    _finish(reminder, ReminderState.SENT)


def put_off(reminder: Reminder) -> None:
    """Whether the relay has it is unknown: ask and try again after a pause that doubles, up to an hour."""
    pause = min(dt.timedelta(minutes=2 ** min(reminder.attempts - 1, 10)), LONGEST_PAUSE)
    _change_claimed(reminder, state=ReminderState.UNCERTAIN, deliver_after=clock.now() + pause)
    if reminder.attempts >= MAX_ATTEMPTS:
        log.error("reminder %s is given up after %s attempts", reminder.pk, reminder.attempts)


def _doubt_claims_that_ran_out() -> None:
    Reminder.objects.filter(state=ReminderState.CLAIMED, deliver_after__lte=Now()).update(state=ReminderState.UNCERTAIN)


def _finish(reminder: Reminder, state: ReminderState) -> None:
    _change_claimed(reminder, state=state, sent_at=clock.now() if state == ReminderState.SENT else None)


def _change_claimed(reminder: Reminder, **values: object) -> None:
    """Only the worker whose claim it still is may write the outcome: `attempts` counts the claims."""
    Reminder.objects.filter(pk=reminder.pk, state=ReminderState.CLAIMED, attempts=reminder.attempts).update(**values)
