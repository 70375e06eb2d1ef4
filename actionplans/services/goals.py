"""What the plan is for: the main goal, a goal in each area, what the young person takes on, and the yes to it all."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from actionplans import policies
from actionplans.enums import Progress
from actionplans.models import ApprovalAttendance, AreaGoal, Commitment, MainGoal, Measure, PlanApproval
from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from cases.enums import EntryKind
from cases.models import Case
from cases.services.lifecycle import demand, lock, record_change, write_entry


@transaction.atomic
def set_main_goal(case: Case, *, text: str, written_on: dt.date, part: Part, by: Actor) -> MainGoal:
    """Write the main goal in the young person's words, or replace it. `part` says who else may read it."""
    case = lock(case)
    demand(policies.may_edit(by, case))
    goal, _new = MainGoal.objects.update_or_create(
        case=case,
        author_agency=by.agency,
        defaults={"text": text, "written_on": written_on, "part": part, "author": by.user, "changed_at": clock.now()},
        create_defaults={
            "text": text, "written_on": written_on, "part": part, "author": by.user,
            "created_at": clock.now(), "changed_at": clock.now(),
        },
    )  # fmt: skip
    record_change("plan.main_goal_set", case, by=by, parts=[part])
    return goal


@transaction.atomic
def set_area_goals(case: Case, *, goals: Mapping[str, str], by: Actor) -> int:
    """Write the goals of these areas (area code → text; "" takes it away). Returns how many changed."""
    case = lock(case)
    demand(policies.may_edit(by, case))
    definition = case.programme_version.definition
    known = {goal.area: goal for goal in AreaGoal.objects.contributed_by(by.agency).filter(case=case)}
    instant = clock.now()
    changed = set()
    for area, text in goals.items():
        part = definition.plan_area(area).part
        goal = known.get(area)
        if goal is None and text:
            AreaGoal.objects.create(
                case=case, area=area, part=part, text=text, author=by.user, author_agency=by.agency,
                created_at=instant, changed_at=instant,
            )  # fmt: skip
        elif goal is not None and goal.text != text:
            goal.text, goal.author, goal.changed_at = text, by.user, instant
            goal.save(update_fields=["text", "author", "changed_at"])
        else:
            continue
        changed.add(part)
    if changed:
        record_change("plan.area_goals_set", case, by=by, parts=changed)
    return len(changed)


@transaction.atomic
def add_commitment(case: Case, *, text: str, part: Part, status: Progress, note: str, by: Actor) -> Commitment:
    """Write down what the young person has said yes to doing themselves (SIG-44). Said once, it stands once."""
    case = lock(case)
    demand(policies.may_edit(by, case))
    if Commitment.objects.contributed_by(by.agency).standing().filter(case=case, text=text).exists():
        raise NotNow(_("Denne avtalen står i planen fra før."), "said_before")
    instant = clock.now()
    commitment = Commitment.objects.create(
        case=case, text=text, part=part, status=status, note=note, author=by.user, author_agency=by.agency,
        created_at=instant, changed_at=instant,
    )  # fmt: skip
    record_change("plan.commitment_added", case, by=by, parts=[part])
    return commitment


@transaction.atomic
def change_commitment(
    commitment: Commitment, *, text: str, part: Part, status: Progress, note: str, by: Actor
) -> Commitment:
    """Change a commitment's words, how far it has come, or who reads it. NotNow when it was taken out meanwhile."""
    case = lock(commitment.case)
    demand(policies.may_edit(by, case))
    commitment = _standing(commitment)
    commitment.text, commitment.part, commitment.status, commitment.note = text, part, status, note
    commitment.author, commitment.changed_at = by.user, clock.now()
    commitment.save(update_fields=["text", "part", "status", "note", "author", "changed_at"])
    record_change("plan.commitment_changed", case, by=by, parts=[part])
    return commitment


@transaction.atomic
def remove_commitment(commitment: Commitment, *, by: Actor) -> None:
    """Take a commitment out of the plan. The row stays for the record. NotNow when it is out already."""
    case = lock(commitment.case)
    demand(policies.may_edit(by, case))
    commitment = _standing(commitment)
    commitment.removed_at = commitment.changed_at = clock.now()
    commitment.save(update_fields=["removed_at", "changed_at"])
    record_change("plan.commitment_removed", case, by=by, parts=[commitment.part])


@transaction.atomic
def approve(case: Case, *, approved_on: dt.date, attendance: str, by: Actor) -> PlanApproval:
    """Note that the young person read the plan and said yes: the next version, with who took part (SIG-65).

    Raises NotNow without a main goal, and when nothing changed since the version before.
    """
    case = lock(case)
    demand(policies.may_edit(by, case))
    changed_at = last_change(case, by.agency.pk)
    if not MainGoal.objects.contributed_by(by.agency).filter(case=case).exists():
        raise NotNow(_("Skriv hovedmålet før planen godkjennes."), "no_goal")
    previous = PlanApproval.objects.filter(case=case).order_by("-version").first()
    if previous is not None and (changed_at is None or changed_at <= previous.created_at):
        raise NotNow(_("Planen er ikke endret siden versjon %(number)s.") % {"number": previous.version}, "unchanged")
    instant = clock.now()
    written = {"case": case, "part": Part.CORE, "author": by.user, "author_agency": by.agency, "created_at": instant}
    version = previous.version + 1 if previous else 1
    approval = PlanApproval.objects.create(version=version, approved_on=approved_on, **written)
    ApprovalAttendance.objects.create(approval=approval, text=attendance, **written)
    write_entry(
        case, kind=EntryKind.PLAN, part=Part.CORE, by=by, source_type="plan_approval", source_id=approval.pk,
        text=_("Versjon %(number)s av planen er godkjent av ungdommen.") % {"number": version},
    )  # fmt: skip
    record_change("plan.approved", case, by=by, parts=[Part.CORE])
    return approval


def last_change(case: Case, agency_id: int) -> dt.datetime | None:
    """When the lead last changed anything the young person says yes to; None for an empty plan."""
    newest = [
        rows.filter(case=case, author_agency=agency_id).aggregate(at=Max("changed_at"))["at"]
        for rows in (MainGoal.objects.all(), AreaGoal.objects.all(), Measure.objects.all(), Commitment.objects.all())
    ]
    return max((at for at in newest if at is not None), default=None)


def _standing(commitment: Commitment) -> Commitment:
    """The commitment as it is now; ask under the case's lock."""
    current = Commitment.objects.standing().filter(pk=commitment.pk).first()
    if current is None:
        raise NotNow(_("Avtalen er ikke i planen lenger."), "removed")
    return current
