"""The measures: given to somebody, put in order, reported on, taken out of the plan and put back."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from actionplans import policies
from actionplans.enums import Progress
from actionplans.models import Measure, MeasureProgress
from agencies.actors import Actor
from agencies.decisions import NotNow, denied
from agencies.enums import Part
from agencies.models import Agency, Membership, User
from audit import clock
from cases.enums import EntryKind
from cases.models import Case
from cases.services.lifecycle import demand, lock, record_change, write_entry


@dataclass(frozen=True)
class Terms:
    """What is agreed about a measure (SIG-44, SIG-66): what, how, who, by when or how often, how documented."""

    area: str
    title: str
    how: str
    documented: str
    agency: Agency
    person: User | None
    role: str
    due_on: dt.date | None
    recurrence: str
    target: int | None
    unit: str


@transaction.atomic
def add(case: Case, terms: Terms, *, by: Actor) -> Measure:
    """Put a measure last in its area. Refused when the agency may not itself know the area's part.

    Raises NotNow when the same measure stands there already: sent twice, it is one measure.
    """
    case = lock(case)
    demand(policies.may_edit(by, case))
    part = _agreed(case, terms)
    standing = Measure.objects.contributed_by(by.agency).standing().filter(case=case, area=terms.area)
    if standing.filter(title=terms.title, responsible_agency=terms.agency, due_on=terms.due_on).exists():
        raise NotNow(_("Dette tiltaket står i planen fra før."), "said_before")
    instant = clock.now()
    last = (
        Measure.objects.contributed_by(by.agency).filter(case=case, area=terms.area).aggregate(at=Max("position"))["at"]
    )
    measure = Measure(
        case=case, part=part, position=(last or 0) + 1, author=by.user, author_agency=by.agency,
        created_at=instant, changed_at=instant,
    )  # fmt: skip
    _write(measure, terms)
    measure.save(force_insert=True)
    write_entry(
        case, kind=EntryKind.PLAN, part=part, by=by, source_type="measure", source_id=measure.pk,
        text=_("Nytt tiltak: %(title)s") % {"title": terms.title},
    )  # fmt: skip
    record_change("plan.measure_added", case, by=by, parts=[part])
    return measure


@transaction.atomic
def change(measure: Measure, terms: Terms, *, by: Actor) -> Measure:
    """Change what is agreed. Moved to another area, it stands last there and is read by that area's part."""
    case = lock(measure.case)
    demand(policies.may_edit(by, case))
    measure = _standing(measure)
    part = _agreed(case, terms)
    before = measure.part
    if part != before and measure.reports.exists():
        # What was reported keeps the part it was written in; a new part would hide it or show it to others.
        raise NotNow(
            _("Det er meldt framdrift på tiltaket. Fjern det, og lag et nytt i det andre området."), "reported"
        )
    if terms.area != measure.area:
        last = (
            Measure.objects.contributed_by(by.agency).filter(case=case, area=terms.area).aggregate(at=Max("position"))
        )
        measure.position = (last["at"] or 0) + 1
    measure.part, measure.author, measure.changed_at = part, by.user, clock.now()
    _write(measure, terms)
    measure.save()
    record_change("plan.measure_changed", case, by=by, parts={before, part})
    return measure


@transaction.atomic
def move(measure: Measure, *, up: bool, by: Actor) -> None:
    """Let a measure change places with its neighbour in the area (SIG-44, "ordningen"). At the edge nothing happens."""
    case = lock(measure.case)
    demand(policies.may_edit(by, case))
    rows = list(Measure.objects.contributed_by(by.agency).standing().filter(case=case, area=measure.area).in_order())
    here = next((index for index, row in enumerate(rows) if row.pk == measure.pk), None)
    if here is None:
        raise NotNow(_("Tiltaket er ikke i planen lenger."), "removed")
    there = here - 1 if up else here + 1
    if not 0 <= there < len(rows):
        return
    rows[here], rows[there] = rows[there], rows[here]
    instant = clock.now()
    for position, row in enumerate(rows, start=1):
        if row.position != position:
            row.position, row.changed_at = position, instant
            row.save(update_fields=["position", "changed_at"])
    record_change("plan.measure_moved", case, by=by, parts=[measure.part])


@transaction.atomic
def remove(measure: Measure, *, by: Actor) -> None:
    """Take a measure out of the plan. The row stays, and `restore` puts it back."""
    case = lock(measure.case)
    demand(policies.may_edit(by, case))
    measure = _standing(measure)
    measure.removed_at = measure.changed_at = clock.now()
    measure.save(update_fields=["removed_at", "changed_at"])
    record_change("plan.measure_removed", case, by=by, parts=[measure.part])


@transaction.atomic
def restore(measure: Measure, *, by: Actor) -> None:
    """Put a removed measure back where it stood, if its agency may still know of it."""
    case = lock(measure.case)
    demand(policies.may_edit(by, case))
    measure.refresh_from_db(fields=["removed_at"])
    if measure.removed_at is None:
        raise NotNow(_("Tiltaket står i planen."), "not_removed")
    demand(policies.may_be_responsible(case, measure.responsible_agency, measure.part, policies.reach_of(case)))
    measure.removed_at, measure.changed_at = None, clock.now()
    measure.save(update_fields=["removed_at", "changed_at"])
    record_change("plan.measure_restored", case, by=by, parts=[measure.part])


@transaction.atomic
def report_progress(
    measure: Measure, *, status: Progress, count: int | None, happened_on: dt.date, text: str, by: Actor
) -> MeasureProgress:
    """Say how a measure goes, on behalf of the agency that carries it. Each report is a row of its own.

    Raises NotNow when the very same was said last: sent twice, it is one report.
    """
    case = lock(measure.case)
    measure = _standing(measure)
    measure.case = case
    demand(policies.may_report_progress(by, measure))
    newest = MeasureProgress.objects.contributed_by(by.agency).filter(measure=measure).newest_first().first()
    said = (status, count, happened_on, text)
    if newest is not None and said == (newest.status, newest.count, newest.happened_on, newest.text):
        raise NotNow(_("Dette er meldt fra før."), "said_before")
    report = MeasureProgress.objects.create(
        case=case, measure=measure, part=measure.part, status=status, count=count, happened_on=happened_on, text=text,
        author=by.user, author_agency=by.agency, created_at=clock.now(),
    )  # fmt: skip
    record_change("plan.progress_reported", case, by=by, parts=[measure.part])
    return report


def _agreed(case: Case, terms: Terms) -> Part:
    """The part of the terms' area, when its agency may carry a measure there and the person works in it."""
    part = case.programme_version.definition.plan_area(terms.area).part
    demand(policies.may_be_responsible(case, terms.agency, part, policies.reach_of(case)))
    if terms.person is not None:
        works_there = Membership.objects.in_force().filter(user=terms.person, agency=terms.agency).exists()
        if not works_there:
            names = {"person": terms.person.name, "agency": terms.agency.name}
            demand(denied(_("%(person)s arbeider ikke i %(agency)s.") % names, "not_member"))
    return part


def _write(measure: Measure, terms: Terms) -> None:
    measure.area, measure.title, measure.how, measure.documented = terms.area, terms.title, terms.how, terms.documented
    measure.responsible_agency, measure.responsible = terms.agency, terms.person
    measure.responsible_role = "" if terms.person else terms.role
    measure.due_on, measure.recurrence = terms.due_on, terms.recurrence
    measure.target, measure.unit = terms.target, terms.unit


def _standing(measure: Measure) -> Measure:
    current = Measure.objects.standing().filter(pk=measure.pk).first()
    if current is None:
        raise NotNow(_("Tiltaket er ikke i planen lenger."), "removed")
    return current
