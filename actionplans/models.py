"""The individual plan of one young person: what is to be done, by whom, by when, and how it went.

Everything here hangs on the case and carries a part of its own, so that each reader gets the rows a right of theirs
covers and no others. The lead writes the plan; whoever is responsible for a measure writes how it goes.
"""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from actionplans.enums import OVER, Progress
from agencies.models import Agency, User
from audit import clock
from cases.models import Case, CaseContent, CaseContentQuerySet
from cases.models.access import Row

if TYPE_CHECKING:
    from agencies.actors import Actor


class PlanContentQuerySet(CaseContentQuerySet[Row]):
    def standing(self) -> Self:
        """What was not taken out of the plan again."""
        return self.filter(removed_at=None)

    def seen_by(self, actor: "Actor") -> Self:
        """What `actor` may know across all cases: in a case visible to them, covered by a line in force."""
        return self.filter(case__in=Case.objects.visible_to(actor)).readable_by(actor)


class MainGoal(CaseContent):
    """What the young person wants to reach, in their own words (SIG-65). One a lead; its part says who reads it."""

    text = models.TextField(_("hovedmål"), max_length=500)
    written_on = models.DateField(_("skrevet"))
    changed_at = models.DateTimeField()

    objects = PlanContentQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "author_agency"], name="plan_one_main_goal")]


class AreaGoal(CaseContent):
    """The goal in one area of the programme, in the area's part (SIG-66, SIG-67). An empty text is no goal."""

    area = models.CharField(max_length=40)
    text = models.CharField(_("mål"), max_length=300, blank=True)
    changed_at = models.DateTimeField()

    objects = PlanContentQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "author_agency", "area"], name="plan_one_goal_an_area")]


class MeasureQuerySet(PlanContentQuerySet["Measure"]):
    def with_progress_known_to(self, actor: "Actor") -> Self:
        """Each with `progress`: what the newest report `actor` may read says, "not begun" when there is none."""
        newest = MeasureProgress.objects.known_to(actor).filter(measure=OuterRef("pk")).newest_first()
        return self.annotate(
            progress=Coalesce(Subquery(newest.values("status")[:1]), Value(Progress.NOT_BEGUN.value)),
        )

    def unfinished(self) -> Self:
        """Those somebody still waits for; after `with_progress_known_to`."""
        return self.exclude(progress__in=OVER)

    def overdue(self, today: dt.date) -> Self:
        """Those whose last day is over in the municipality, where today is `today`."""
        return self.filter(due_on__lt=today)

    def for_worker(self, actor: "Actor") -> Self:
        """Those of the actor's agency that this very person carries: assigned to the case, or named in the measure."""
        return self.filter(
            Q(responsible=actor.user) | Q(case__assignments__user=actor.user, case__assignments__agency=actor.agency),
            responsible_agency=actor.agency,
        ).distinct()

    def in_order(self) -> Self:
        """SIG-44: the order the measures are to be taken in, within their area."""
        return self.order_by("position", "created_at", "pk")


class Measure(CaseContent):
    """One measure: what, how, who, by when and how documented (SIG-44, SIG-66), in the part of its area."""

    area = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    title = models.CharField(_("tiltak"), max_length=160)
    how = models.TextField(_("gjennomføring"), max_length=1000, blank=True)
    documented = models.CharField(_("hvor det dokumenteres"), max_length=160)
    responsible_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    # SIG-66: a person and an authority. The person is one who works there, or somebody by role ("Mor").
    responsible = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    responsible_role = models.CharField(_("rolle"), max_length=80, blank=True)
    due_on = models.DateField(_("frist"), null=True, blank=True)
    recurrence = models.CharField(_("hvor ofte"), max_length=60, blank=True)
    # "3 av 6 ganger": how many of what make it whole. Reported by MeasureProgress.
    target = models.PositiveIntegerField(_("antall"), null=True, blank=True)
    unit = models.CharField(_("enhet"), max_length=30, blank=True)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = MeasureQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        indexes = [
            models.Index(fields=["case", "position"], name="measure_by_case"),
            models.Index(
                fields=["responsible_agency", "due_on"], name="measure_by_agency", condition=Q(removed_at=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(due_on__isnull=False) | ~Q(recurrence=""), name="measure_has_a_time"),
            models.CheckConstraint(
                condition=Q(target=None, unit="") | (Q(target__gt=0) & ~Q(unit="")), name="measure_counts_something"
            ),
            models.CheckConstraint(
                condition=Q(responsible=None) | Q(responsible_role=""), name="measure_one_responsible"
            ),
        ]

    @property
    def responsible_name(self) -> str:
        """The person, the role, or "" when the agency decides who."""
        return self.responsible.name if self.responsible else self.responsible_role

    @property
    def last_day(self) -> dt.date:
        """The day it is to be done by, of one that has such a day (`due_on`). ValueError for one that only recurs."""
        if self.due_on is None:
            raise ValueError("A measure that only recurs has no last day.")
        return self.due_on


class ProgressQuerySet(CaseContentQuerySet["MeasureProgress"]):
    def known_to(self, actor: "Actor") -> Self:
        """What a line in force covers, and what the actor's own agency reported: on a measure it may read, its own
        words are no news to it, also when the consent does not list it among those who tell.
        """
        return self.filter(Q(pk__in=self.readable_by(actor).values("pk")) | Q(author_agency=actor.agency))


class MeasureProgress(CaseContent):
    """What the responsible agency, or the lead, said of a measure on one day, in the measure's part. Never edited."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="reports")
    status = models.CharField(max_length=12, choices=Progress)
    count = models.PositiveIntegerField(_("hvor mange"), null=True, blank=True)
    happened_on = models.DateField(_("dato"))
    text = models.CharField(_("kort om hvordan det går"), max_length=300, blank=True)

    objects = ProgressQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        indexes = [models.Index(F("measure"), F("created_at").desc(), F("id").desc(), name="progress_newest")]


class Commitment(CaseContent):
    """What the young person has taken on themselves (SIG-44), in the part the caseworker agreed with them."""

    text = models.CharField(_("avtale"), max_length=200)
    status = models.CharField(max_length=12, choices=Progress, default=Progress.NOT_BEGUN)
    note = models.CharField(_("hvordan det går"), max_length=200, blank=True)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PlanContentQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        indexes = [models.Index(fields=["case", "created_at"], name="commitment_by_case")]


class FollowUpQuerySet(PlanContentQuerySet["FollowUp"]):
    def coming(self) -> Self:
        """Those that were not held yet, the next one first. One whose time has passed waits to be registered."""
        return self.standing().filter(held_on=None).order_by("starts_at", "pk")

    def of_interest_to(self, actor: "Actor") -> Self:
        """Those in cases the actor's agency leads or has a measure in, where this very person works on the case."""
        own_measures = Measure.objects.standing().filter(case=OuterRef("case"), responsible_agency=actor.agency)
        return self.filter(
            Q(case__lead_agency=actor.agency) | Q(Exists(own_measures)),
            case__assignments__user=actor.user,
            case__assignments__agency=actor.agency,
        ).distinct()


class FollowUp(CaseContent):
    """When and where the plan is gone through (SIG-68). What was said there is written in the timeline, in its own part.

    `is_urgent`: called before its time because something could not wait.
    """

    starts_at = models.DateTimeField(_("tidspunkt"))
    place = models.CharField(_("sted"), max_length=120)
    young_person_attends = models.BooleanField(_("ungdommen er med"), default=True)
    is_urgent = models.BooleanField(_("det haster"), default=False)
    held_on = models.DateField(_("holdt"), null=True, blank=True)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = FollowUpQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        indexes = [models.Index(fields=["case", "starts_at"], name="follow_up_by_case")]


class PlanApproval(CaseContent):
    """That the young person read the plan and said yes to it on a day: the plan's next version."""

    version = models.PositiveIntegerField()
    approved_on = models.DateField(_("godkjent"))

    objects = PlanContentQuerySet.as_manager()  # type: ignore[misc]  # django-stubs: a manager over an abstract one

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "author_agency", "version"], name="plan_version_once")]


class ApprovalAttendance(CaseContent):
    """Who took part when a version was approved (SIG-65). The lead's own note: the others are not told of each other."""

    approval = models.OneToOneField(PlanApproval, models.PROTECT, related_name="attendance")
    text = models.CharField(_("til stede"), max_length=200)


def local_day(instant: dt.datetime) -> dt.date:
    """The date in the municipality's zone at `instant`: a last day is over at midnight there."""
    return instant.astimezone(clock.local_zone()).date()
