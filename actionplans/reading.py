"""The plan of one case as one reader may see it at this instant: the same for the page and the paper.

Rows the reader's rights do not cover are not asked for, and an area without a readable row is not there: no gap, no
count. A constant number of queries, however large the plan.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actionplans.enums import Progress
from actionplans.models import (
    ApprovalAttendance,
    AreaGoal,
    Commitment,
    FollowUp,
    MainGoal,
    Measure,
    MeasureProgress,
    PlanApproval,
    local_day,
)
from agencies.actors import Actor
from agencies.enums import Part
from agencies.templatetags.samlos import month_day
from cases.models import Case


@dataclass(frozen=True)
class MeasureSeen:
    """A measure and how far it has come, as far as the reader may know."""

    id: uuid.UUID
    title: str
    how: str
    documented: str
    person: str
    agency: str
    agency_id: int
    due_on: dt.date | None
    recurrence: str
    is_overdue: bool
    progress: Progress
    words: str
    count: int | None
    target: int | None
    note: str

    @property
    def shows_bar(self) -> bool:
        """Whether there is something to measure: so many of so many."""
        return self.progress == Progress.IN_PROGRESS and self.count is not None and bool(self.target)


@dataclass(frozen=True)
class AreaSeen:
    """One area with its goal and measures, of which at least one is readable."""

    code: str
    label: str
    part: Part
    goal: str
    measures: tuple[MeasureSeen, ...]


@dataclass(frozen=True)
class CommitmentSeen:
    id: uuid.UUID
    text: str
    progress: Progress
    note: str
    part: Part


@dataclass(frozen=True)
class FollowUpSeen:
    id: uuid.UUID
    starts_at: dt.datetime
    place: str
    young_person_attends: bool
    is_urgent: bool
    contact: str


@dataclass(frozen=True)
class GoalSeen:
    text: str
    written_on: dt.date
    part: Part


@dataclass(frozen=True)
class ApprovalSeen:
    """The version in force. `attendance` is empty for everybody but the lead."""

    version: int
    approved_on: dt.date
    attendance: str
    changed_since: bool


@dataclass(frozen=True)
class PlanSeen:
    """The whole plan as this reader gets it."""

    goal: GoalSeen | None
    approval: ApprovalSeen | None
    areas: tuple[AreaSeen, ...]
    commitments: tuple[CommitmentSeen, ...]
    follow_up: FollowUpSeen | None
    last_held_on: dt.date | None

    @property
    def is_empty(self) -> bool:
        return not (self.goal or self.areas or self.commitments or self.follow_up)

    @property
    def measures(self) -> tuple[MeasureSeen, ...]:
        return tuple(measure for area in self.areas for measure in area.measures)

    @property
    def parts(self) -> frozenset[Part]:
        """The parts of what is shown: what the log says was read."""
        parts = {area.part for area in self.areas} | {commitment.part for commitment in self.commitments}
        return frozenset(parts | ({self.goal.part} if self.goal else set()) | {Part.CORE})

    @property
    def summary(self) -> str:
        """ "8 tiltak: 1 ferdig, 6 i gang, 1 over fristen": only of the measures shown."""
        measures = self.measures
        late = sum(measure.is_overdue for measure in measures)
        done = sum(measure.progress == Progress.DONE for measure in measures)
        going = sum(measure.progress == Progress.IN_PROGRESS and not measure.is_overdue for measure in measures)
        total = ngettext("%(count)d tiltak", "%(count)d tiltak", len(measures)) % {"count": len(measures)}
        counted = [
            words % {"count": count}
            for words, count in (
                (_("%(count)d ferdig"), done),
                (_("%(count)d i gang"), going),
                (_("%(count)d over fristen"), late),
            )
            if count
        ]
        return f"{total}: {', '.join(counted)}" if counted else total


def read_plan(case: Case, actor: Actor) -> PlanSeen:
    """The plan of a case that is visible to `actor`, row by row as their rights in force cover it.

    What was taken out is fetched too, and not shown: it tells whether the plan was changed since it was approved.
    """
    goal = MainGoal.objects.filter(case=case).readable_by(actor).newest_first().first()
    area_goals = list(AreaGoal.objects.filter(case=case).readable_by(actor).order_by("created_at"))
    measures = list(
        Measure.objects.filter(case=case)
        .readable_by(actor)
        .select_related("responsible_agency", "responsible")
        .in_order()
    )
    commitments = list(Commitment.objects.filter(case=case).readable_by(actor).order_by("created_at", "pk"))
    follow_ups = list(FollowUp.objects.filter(case=case).readable_by(actor).select_related("author"))
    written: list[MainGoal | AreaGoal | Measure | Commitment] = [*area_goals, *measures, *commitments]
    if goal:
        written.append(goal)
    return PlanSeen(
        goal=GoalSeen(goal.text, goal.written_on, Part(goal.part)) if goal else None,
        approval=_approval(case, actor, max((row.changed_at for row in written), default=None)),
        areas=_areas(case, actor, area_goals, [row for row in measures if row.removed_at is None]),
        commitments=tuple(
            CommitmentSeen(row.pk, row.text, Progress(row.status), row.note, Part(row.part))
            for row in commitments
            if row.removed_at is None
        ),
        follow_up=_follow_up(case, follow_ups),
        last_held_on=max((row.held_on for row in follow_ups if row.held_on), default=None),
    )


def _areas(case: Case, actor: Actor, area_goals: list[AreaGoal], rows: list[Measure]) -> tuple[AreaSeen, ...]:
    goals = {goal.area: goal.text for goal in area_goals if goal.text}
    reports = {
        report.measure_id: report
        for report in MeasureProgress.objects.known_to(actor)
        .filter(case=case)
        .order_by("measure_id", "-created_at", "-pk")
        .distinct("measure_id")
    }
    today = local_day(actor.at)
    measures: dict[str, list[MeasureSeen]] = {}
    for row in rows:
        measures.setdefault(row.area, []).append(_measure(row, reports.get(row.pk), actor, today))
    return tuple(
        AreaSeen(area.code, area.label, area.part, goals.get(area.code, ""), tuple(measures.get(area.code, ())))
        for area in case.programme_version.definition.plan_areas
        if area.code in measures or area.code in goals
    )


def _measure(row: Measure, report: MeasureProgress | None, actor: Actor, today: dt.date) -> MeasureSeen:
    progress = Progress(report.status) if report else Progress.NOT_BEGUN
    own = row.responsible_agency_id == actor.agency.pk
    return MeasureSeen(
        id=row.pk,
        title=row.title,
        how=row.how,
        documented=row.documented,
        person=row.responsible_name,
        agency=row.responsible_agency.name,
        agency_id=row.responsible_agency_id,
        due_on=row.due_on,
        recurrence=row.recurrence,
        is_overdue=row.due_on is not None and row.due_on < today and not progress.is_over,
        progress=progress,
        # Somebody else's silence is not "not begun": the reader may not be told what they do.
        words=_progress_words(row, report) if report or own else _("Ikke meldt"),
        count=report.count if report else None,
        target=row.target,
        note=report.text if report else "",
    )


def _progress_words(row: Measure, report: MeasureProgress | None) -> str:
    if report is None:
        return str(Progress.NOT_BEGUN.label)
    if report.status == Progress.DONE:
        return _("Ferdig %(day)s") % {"day": month_day(report.happened_on)}
    if report.status == Progress.IN_PROGRESS and report.count is not None and row.target:
        return _("%(count)d av %(target)d %(unit)s") % {"count": report.count, "target": row.target, "unit": row.unit}
    return str(Progress(report.status).label)


def _approval(case: Case, actor: Actor, changed_at: dt.datetime | None) -> ApprovalSeen | None:
    """The version in force; `changed_at` is when anything the reader may see of the plan was last changed."""
    approval = PlanApproval.objects.filter(case=case).readable_by(actor).newest_first().first()
    if approval is None:
        return None
    attendance = ""
    if case.is_led_by(actor.agency):
        attendance = ApprovalAttendance.objects.filter(approval=approval).values_list("text", flat=True).first() or ""
    changed_since = changed_at is not None and changed_at > approval.created_at
    return ApprovalSeen(approval.version, approval.approved_on, attendance, changed_since)


def _follow_up(case: Case, rows: list[FollowUp]) -> FollowUpSeen | None:
    """The next one that was not held yet. One whose time has passed waits to be registered."""
    coming = [row for row in rows if row.removed_at is None and row.held_on is None]
    if not coming:
        return None
    row = min(coming, key=lambda one: (one.starts_at, one.pk))
    lead = case.lead_agency
    contact = f"{row.author.name}, {lead.name}" if row.author else lead.name
    return FollowUpSeen(row.pk, row.starts_at, row.place, row.young_person_attends, row.is_urgent, contact)
