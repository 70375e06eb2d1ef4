"""The dated access table: one line per right and source, derived by the database and only read here (access.md)."""

import uuid
from typing import TYPE_CHECKING, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agencies.enums import Part
from agencies.models import Agency, User
from audit.clock import NowOnce
from cases.enums import RightReason
from cases.models.sentence import IsCovered, IsForReader

if TYPE_CHECKING:
    from agencies.actors import Actor


class CaseAccessQuerySet(models.QuerySet["CaseAccess"]):
    def in_force(self) -> "CaseAccessQuerySet":
        """Lines in force at this instant by the database's clock, `[valid_from, valid_until)`."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=NowOnce()), valid_from__lte=NowOnce())

    def in_force_for(self, actor: "Actor") -> "CaseAccessQuerySet":
        """The lines through which `actor` may know something now: break-glass of this very user, and the agency's.

        The agency's are for those who need to know: a role that answers for its cases, or an assignment to the line's
        case. So an unassigned colleague who broke the glass reads the parts it names, and nothing more of what the
        agency may know.
        """
        return self.in_force().filter(IsForReader("case_id", "agency_id", "user_id", actor=actor))

    def naming(self, actor: "Actor") -> "CaseAccessQuerySet":
        """The lines in force that name this very user: break-glass (F-39)."""
        return self.in_force().filter(user=actor.user, agency=actor.agency)


class CaseAccess(models.Model):
    """One right of one agency in one case, from one source. `givers` null: any author. `user` null: the agency.

    `received_only` lines cover only what was sent with a report (its tables), not what its sender writes later.
    """

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("cases.Case", models.DO_NOTHING, related_name="access_lines")
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    user = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")
    parts = ArrayField(models.CharField(max_length=30))
    givers = ArrayField(models.IntegerField(), null=True)
    received_only = models.BooleanField(default=False)
    reason = models.CharField(max_length=20, choices=RightReason)
    source_type = models.CharField(max_length=30)
    source_id = models.UUIDField()
    line = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    activity_at = models.DateTimeField()

    objects = CaseAccessQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reason", "source_type", "source_id", "line", "agency"], name="access_one_line_a_source"
            )
        ]
        indexes = [
            models.Index(
                F("agency"),
                F("activity_at").desc(),
                F("case").desc(),
                name="access_lists",
                include=["valid_from", "valid_until", "user"],
            ),
            models.Index(
                fields=["agency", "case"], name="access_object", include=["valid_from", "valid_until", "user"]
            ),
            models.Index(fields=["case"], name="access_case"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.agency_id}"


# What kind of content a queryset gives: each model's own rows, not the abstract ones.
Row = TypeVar("Row", bound="CaseContent")


class CaseContentQuerySet(models.QuerySet[Row]):
    """Content is read through its case's lines: `readable_by(actor)` is the definition for page, API, PDF and search."""

    received = False

    def readable_by(self, actor: "Actor") -> Self:
        """What of this content a line in force covers: its part, its author, and whether it came with the report.

        The case itself must be visible to `actor` (`Case.objects.visible_to`): ask that first.
        """
        return self.filter(IsCovered("case_id", "part", "author_agency_id", actor=actor, received=self.received))

    def contributed_by(self, agency: Agency) -> Self:
        """What `agency` wrote itself: it always finds that, and only that, under "Våre bidrag" (design.md)."""
        return self.filter(author_agency=agency)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class ReceivedContentQuerySet(CaseContentQuerySet[Row]):
    received = True


class CaseContent(models.Model):
    """Anything written about a person: it belongs to a case and carries its information part and its author agency."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="%(class)ss")
    part = models.CharField(max_length=30, choices=Part)
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    objects = CaseContentQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class ReceivedContent(CaseContent):
    """What was sent with a report: the lead reads it because it received it, others by consent or disclosure."""

    objects = ReceivedContentQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        abstract = True
