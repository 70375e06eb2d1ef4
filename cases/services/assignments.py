"""Who in an agency works on a case: given and taken by its manager (T4, need to know)."""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, Membership, User
from cases import grants
from cases.enums import CaseState, EntryKind, FactKind
from cases.models import Case, CaseUserObjectPermission, ConcernReport, Conflict
from cases.policies import may_assign, may_view
from cases.services.lifecycle import change_state, fact_established, lock, record_change, write_entry


@dataclass(frozen=True)
class Candidate:
    """A caseworker one can assign, with how many open cases they already have in the agency."""

    user: User
    open_cases: int
    is_assigned: bool


def candidates(case: Case, *, agency: Agency) -> list[Candidate]:
    """The agency's caseworkers in force, by name. Without those with a conflict and those not cleared for the person's
    protection: the case is not there for them.
    """
    in_force = Membership.objects.in_force().filter(agency=agency, user__is_active=True)
    level = CLEARANCE_ORDER.index(ProtectionLevel(case.person.protection_level))
    cleared = in_force.filter(clearance__in=CLEARANCE_ORDER[level:]).values("user")
    members = in_force.filter(role=Role.CASEWORKER, user__in=cleared)
    conflicted = Conflict.objects.in_force().filter(case=case).values("user")
    users = User.objects.filter(pk__in=members.values("user")).exclude(pk__in=conflicted).order_by("name")
    rows = CaseUserObjectPermission.objects.filter(agency=agency, permission__codename=grants.WORK)
    load = Counter(rows.exclude(content_object__state=CaseState.CLOSED).values_list("user_id", flat=True))
    assigned = set(grants.assignments_of(case, agency).values_list("user_id", flat=True))
    return [Candidate(user, load[user.pk], user.pk in assigned) for user in users]


@transaction.atomic
def assign(case: Case, *, user: User, by: Actor) -> Case:
    """Let `user` work on the case for the actor's agency. The lead's first assignment starts the initial review (T4).

    A participating agency assigns its own without touching the case's state. Raises NotNow when `user` is no
    caseworker of the agency, has declared a conflict, or has the case already.
    """
    case = lock(case)
    may_view(by, case).enforce()
    may_assign(by, case).enforce()
    candidate = next((row for row in candidates(case, agency=by.agency) if row.user == user), None)
    if candidate is None:
        raise NotNow(_("%(name)s kan ikke få denne saken.") % {"name": user.name}, "not_a_candidate")
    if candidate.is_assigned:
        raise NotNow(_("%(name)s har allerede saken.") % {"name": user.name}, "already_assigned")
    grants.assign(case, user, by=by)
    record_change("case.assigned", case, by=by, purpose=str(user.pk))
    if case.is_led_by(by.agency):
        case = _take_over(case, by=by)
    return case


def _take_over(case: Case, *, by: Actor) -> Case:
    """The lead has somebody on the case: note it on the timeline, and begin the review if this was what it waited for."""
    if FactKind.CASEWORKER_ASSIGNED not in case.facts_in_force():
        fact_established(case, FactKind.CASEWORKER_ASSIGNED, by=by)
    starts = case.state == CaseState.ROUTED
    if starts:
        # Intake cannot write this line: what it wrote would be its own, and it loses sight of the case by routing it.
        for report in ConcernReport.objects.filter(case=case).order_by("created_at"):
            write_entry(
                case, kind=EntryKind.REPORT, part=Part.CRIME, by=by,
                source_type="report", source_id=report.pk, occurred_at=report.created_at,
            )  # fmt: skip
    write_entry(case, kind=EntryKind.ASSIGNED, part=Part.CORE, by=by)
    return change_state(case, CaseState.INITIAL_REVIEW, by=by) if starts else case


@transaction.atomic
def unassign(case: Case, *, user: User, by: Actor) -> Case:
    """Take the case from `user`: from the next request on it is not there for them.

    Raises NotNow when they do not have it, and when the lead would be left without a caseworker.
    """
    case = lock(case)
    may_view(by, case).enforce()
    may_assign(by, case).enforce()
    assigned = set(grants.assignments_of(case, by.agency).values_list("user_id", flat=True))
    if user.pk not in assigned:
        raise NotNow(_("%(name)s har ikke saken.") % {"name": user.name}, "not_assigned")
    if case.is_led_by(by.agency) and assigned == {user.pk}:
        raise NotNow(_("Saken må ha en saksbehandler. Tildel den til en annen først."), "last_caseworker")
    grants.unassign(case, user, by=by)
    record_change("case.unassigned", case, by=by, purpose=str(user.pk))
    return case
