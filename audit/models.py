"""The log itself: what was done and read, by whom, on what basis. Rows are only ever added (G7, G8)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from audit.enums import Outcome


class Event(models.Model):
    """One thing somebody did or read. No foreign keys: the log outlives what it tells of. No content, ever.

    When the transaction commits the database gives it a place in its agency's chain (`Link`): an event that
    was changed, removed or slipped in breaks the chain after it.
    """

    # In the order of time: they lie side by side in their index, where random ones would touch a page of it each.
    id = models.UUIDField(
        primary_key=True, db_default=models.Func(function="uuidv7", output_field=models.UUIDField()), editable=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.ALLOWED)
    user_id = models.BigIntegerField(null=True)
    agency_id = models.IntegerField(null=True)
    role = models.CharField(max_length=60, blank=True)
    case_id = models.UUIDField(null=True)
    case_ids = ArrayField(models.UUIDField(), default=list)
    parts = ArrayField(models.CharField(max_length=30), default=list)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    basis = models.CharField(max_length=60, blank=True)
    purpose = models.CharField(max_length=60, blank=True)
    request_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case_id", "-at"], name="audit_by_case"),
            models.Index(fields=["agency_id", "-at"], name="audit_by_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Link(models.Model):
    """Which event stands at `position` of its agency's chain (0 = no agency), counted from 1, and the SHA-256 of that event
    and the digest before it. Written by the database when the event's transaction commits, by nobody else and never again.
    """

    pk = models.CompositePrimaryKey("chain", "position")
    chain = models.IntegerField()
    position = models.BigIntegerField()
    event_id = models.UUIDField()
    digest = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.chain}/{self.position}"


class Head(models.Model):
    """Where one chain stood at one instant, signed: whoever keeps a copy can tell later whether the log was bent (G8).

    `number` counts a chain's heads from 1. `position` and `digest` are those of the chain's last event, `count` is how
    many events it held. Rows are only ever added.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.IntegerField()
    number = models.BigIntegerField()
    position = models.BigIntegerField()
    count = models.BigIntegerField()
    digest = models.BinaryField()
    at = models.DateTimeField()
    key = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="audit_one_head_a_number")]

    def __str__(self) -> str:
        return f"{self.chain}/{self.number}"
