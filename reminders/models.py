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


class ReminderState(TextChoices):
    """How far a row has come. `uncertain`: handed over without an answer, asked of the relay before it is sent again."""

    DUE = "due", _("Venter")
    CLAIMED = "claimed", _("Sendes")
    SENT = "sent", _("Sendt")
    UNCERTAIN = "uncertain", _("Usikker")
    DROPPED = "dropped", _("Bortfalt")


class Reminder(models.Model):
    """Something one person must be told once. `occurrence` tells repetitions of one subject apart (30, 14, 3 days)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.ForeignKey(User, models.PROTECT, related_name="reminders")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    occurrence = models.CharField(max_length=40)
    raised_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.DUE)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "recipient", "agency", "subject_id", "occurrence"], name="reminder_said_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="reminder_to_deliver", condition=Q(state__in=["due", "claimed", "uncertain"])
            ),
            models.Index(fields=["recipient", "agency", "-due_at"], name="reminder_by_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurrence}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a relay can drop a second hand-over."""
        return f"<{self.id}@samlos>"
