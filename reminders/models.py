"""The ledger of everything that must be said in time: one row per kind, person, subject and occurrence.

A row is raised in the transaction of its cause and delivered later; losing the broker loses nothing. It holds ids and
codes only, nothing about a person (G11).
"""

import uuid

from django.db import models
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from audit import clock
from audit.clock import Now


class ReminderState(TextChoices):
    """How far a row has come. `uncertain`: a try ended without an answer, so it is asked about before the next one."""

    DUE = "due", _("Venter")
    CLAIMED = "claimed", _("Sendes")
    SENT = "sent", _("Sendt")
    UNCERTAIN = "uncertain", _("Usikker")
    DROPPED = "dropped", _("Bortfalt")


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def raised_for(self, user_id: int, agency_id: int) -> "ReminderQuerySet":
        """What is due by now for this person in this agency, newest first. Whether they may still know of it is the
        rule's to say (`services.reminders_for`), never this list's.
        """
        return (
            self.filter(recipient=user_id, agency=agency_id, due_at__lte=Now())
            .exclude(state=ReminderState.DROPPED)
            .order_by("-due_at", "pk")
        )

    def unseen(self) -> "ReminderQuerySet":
        return self.filter(seen_at=None)


class Reminder(models.Model):
    """Something one person must be told once. `occurrence` tells repetitions of one subject apart (30, 14, 3 days).

    Without row-level security: the worker reads it before it knows on whose behalf, and no column says anything about
    a young person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.ForeignKey(User, models.PROTECT, related_name="reminders")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    occurrence = models.CharField(max_length=40)
    raised_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.DUE)
    # When a worker may take it: the due time, then the end of the claim, then the time of the next try.
    deliver_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "recipient", "agency", "subject_id", "occurrence"], name="reminder_said_once"
            ),
            models.CheckConstraint(
                condition=Q(state=ReminderState.SENT, sent_at__isnull=False)
                | (~Q(state=ReminderState.SENT) & Q(sent_at=None)),
                name="reminder_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deliver_after"],
                name="reminder_to_deliver",
                condition=Q(state__in=["due", "claimed", "uncertain"]),
            ),
            models.Index(fields=["recipient", "agency", "-due_at"], name="reminder_by_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurrence}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a relay can drop a second hand-over."""
        return f"<{self.pk}@samlos>"
