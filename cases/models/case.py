"""The case, the root of access: every protected thing belongs to one."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, ProgrammeVersion, User
from audit import clock
from audit.clock import Now
from cases.enums import CaseState, ClosingReason, FactKind
from cases.models.sentence import IsThere, IsWorkedOn

if TYPE_CHECKING:
    from agencies.actors import Actor


def label_of(number: str | None) -> str:
    """What people call a case with this number, or without one yet."""
    return number or str(_("uten nummer"))


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: "Actor | None", *, row_by_row: bool = False) -> "CaseQuerySet":
        """The cases `actor` may know of at this instant: the whole sentence of design.md ("Access").

        A right of the agency in force, and the user assigned, or in a role that answers for the agency's cases; or a
        break-glass of this very user, which names its user and so is the need to know itself. No declared conflict; the
        person's protection level within the user's clearance. Membership and sign-in are what made the actor. Nothing
        of this is ever kept. `row_by_row`: to look them up by key (`IsThere`).
        """
        if actor is None:
            return self.none()
        return self.filter(IsThere("pk", actor=actor, row_by_row=row_by_row))

    def worked_on_by(self, actor: "Actor") -> "CaseQuerySet":
        """Those of them the actor is in on the agency's behalf, and not on a break-glass alone, which is for reading."""
        return self.filter(IsWorkedOn("pk", actor=actor))

    def led_by(self, agency: Agency) -> "CaseQuerySet":
        return self.filter(lead_agency=agency)

    def in_states(self, *states: CaseState) -> "CaseQuerySet":
        return self.filter(state__in=states)

    def overdue(self) -> "CaseQuerySet":
        """Those whose next deadline has passed."""
        return self.filter(due_at__lte=Now())

    def soonest_first(self) -> "CaseQuerySet":
        return self.order_by(models.F("due_at").asc(nulls_last=True), "opened_at", "pk")


class Case(models.Model):
    """One young person in one programme, led by one agency at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A label, given at routing; never a key (design.md).
    number = models.CharField(max_length=12, unique=True, null=True, blank=True)
    programme_version = models.ForeignKey(ProgrammeVersion, models.PROTECT, related_name="+")
    lead_agency = models.ForeignKey(Agency, models.PROTECT, related_name="led_cases")
    opened_by_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    state = models.CharField(max_length=30, choices=CaseState, default=CaseState.SUBMITTED)
    state_since = models.DateTimeField(default=clock.now)
    # The next deadline; what it is for is the programme's word for leaving this state.
    due_at = models.DateTimeField(null=True, blank=True)
    priority = models.BooleanField(default=True)  # U23-22: shall be prioritised by the units concerned
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.CharField(max_length=20, choices=ClosingReason, blank=True)
    retain_until = models.DateField(null=True, blank=True)
    legal_hold = models.BooleanField(default=False)  # SIG-54, F-23: keeps the case past its date

    # For whom and with which parts a page opened it, as long as the request lasts (`cases.views.loading`).
    opened_with: "tuple[Actor, frozenset[str]] | None" = None
    # Whether it was opened there on a break-glass alone: its reader then works on it for nobody.
    opened_by_glass = False

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("sak")
        permissions = [("work_on_case", "Can work on the case for an agency")]
        indexes = [
            models.Index(fields=["lead_agency", "state", "due_at"], name="case_work_of_lead"),
            models.Index(
                fields=["lead_agency", "due_at", "id"], name="case_list_of_lead", condition=Q(due_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(state=CaseState.CLOSED, closed_at__isnull=False)
                | (~Q(state=CaseState.CLOSED) & Q(closed_at=None)),
                name="case_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(state__in=[CaseState.SUBMITTED, CaseState.RECEIVED]),
                name="case_numbered_at_routing",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call the case: its number, or that it has none yet."""
        return label_of(self.number)

    def facts_in_force(self) -> set[FactKind]:
        """The kinds of fact that hold now; guards in `workflow.py` ask nothing else."""
        return {FactKind(kind) for kind in self.facts.in_force().values_list("kind", flat=True)}

    def is_led_by(self, agency: Agency) -> bool:
        """Whether the agency leads the case. To somebody who opened it on a break-glass alone theirs never does."""
        return bool(self.lead_agency_id == agency.pk) and not self.opened_by_glass

    def is_late(self, at: dt.datetime) -> bool:
        return self.due_at is not None and self.due_at <= at


class CaseLead(models.Model):
    """Who led the case from when until when. Written by the database when `Case.lead_agency` changes: the truth the
    access lines of a lead are derived from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="leads")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(valid_until=None), name="case_one_lead_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.valid_from:%Y-%m-%d}"


class NumberSeries(models.Model):
    """The last number given in a year: `26-0417` for cases, `M-26-0091` for reports."""

    prefix = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="series_one_a_year")]

    def __str__(self) -> str:
        return f"{self.prefix}{self.year % 100:02d}-{self.last:04d}"


class FactQuerySet(models.QuerySet["Fact"]):
    def in_force(self) -> "FactQuerySet":
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=Now()), established_at__lte=Now())


class Fact(models.Model):
    """That something was established, from an instant until another; what guards read. Never what it held."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=40, choices=FactKind)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    established_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    established_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    source_type = models.CharField(max_length=40, blank=True)
    source_id = models.UUIDField(null=True, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "kind"], name="fact_by_case")]

    def __str__(self) -> str:
        return self.kind
