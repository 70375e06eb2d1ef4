"""How hidden a person's whereabouts are: each change of the level, and the one place where whereabouts stand (F-19)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import ProtectionLevel
from agencies.models import Agency, User
from cases.enums import ProtectionOutcome, WhereaboutsKind
from cases.models.case import Case


class ProtectionChangeQuerySet(models.QuerySet["ProtectionChange"]):
    def waiting(self) -> "ProtectionChangeQuerySet":
        """Requests to lower the level that nobody has answered."""
        return self.filter(outcome=ProtectionOutcome.REQUESTED)


class ProtectionChange(models.Model):
    """The level was raised by one person at once, or somebody asks to lower it and a second person answers.

    The lead's own paper: read by those of its people who are cleared for the level in force. The database refuses a
    lower level without an approved request of somebody else's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="protection_changes")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    from_level = models.CharField(max_length=30, choices=ProtectionLevel)
    to_level = models.CharField(max_length=30, choices=ProtectionLevel)
    reason = models.TextField(_("begrunnelse"))
    # Lowering: whether it also holds for the children noted in the network, who else keep the level they had.
    covers_children = models.BooleanField(default=False)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=ProtectionOutcome)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ProtectionChangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(outcome=ProtectionOutcome.REQUESTED), name="protection_one_request"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[ProtectionOutcome.RAISED, ProtectionOutcome.REQUESTED], decided_at=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="protection_answer_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_level} {self.to_level}"


class SealedWhereaboutsQuerySet(models.QuerySet["SealedWhereabouts"]):
    def standing(self) -> "SealedWhereaboutsQuerySet":
        return self.filter(removed_at=None)


class SealedWhereabouts(models.Model):
    """One piece of whereabouts of a person from fortrolig adresse up. It stands here and nowhere else.

    The database moves what ordinary tables hold here when the level rises, and back when it is lowered; what is written
    meanwhile never reaches them (samlos.seal_whereabouts). `source_*` says from where; empty when written here by hand.
    Only the lead's cleared people read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="sealed_whereabouts")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(_("hva"), max_length=16, choices=WhereaboutsKind)
    text = models.TextField(_("opplysning"))
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    source_table = models.CharField(max_length=60, blank=True)
    source_id = models.UUIDField(null=True, blank=True)
    source_field = models.CharField(max_length=60, blank=True)

    objects = SealedWhereaboutsQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        indexes = [models.Index(fields=["source_id", "source_field"], name="sealed_by_source")]
        constraints = [
            models.CheckConstraint(condition=Q(removed_at=None) | Q(text=""), name="sealed_removed_is_empty")
        ]

    def __str__(self) -> str:
        return self.kind
