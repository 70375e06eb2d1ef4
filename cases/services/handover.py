"""Moving cases from one caseworker to another, and finding those nobody has: leave, and the end of an employment."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.actors import Actor, actor_for
from agencies.decisions import NotNow
from agencies.enums import Role
from agencies.models import Agency, Membership, User
from cases import grants
from cases.enums import CaseState
from cases.models import Case, CaseUserObjectPermission, Conflict
from cases.policies import may_hand_over
from cases.services import assignments
from cases.workflow import BEFORE_ROUTING
from reminders.handing_over import moved

# As many as a list of cases shows (cases.views.case_list).
MOST = 1000


@dataclass(frozen=True)
class Worker:
    """Somebody with open cases in the agency, as the manager sees them; `has_left`: no longer a caseworker there."""

    user: User
    open_cases: int
    has_left: bool


@dataclass(frozen=True)
class Receiver:
    """A caseworker who can get cases, with how many open ones they have."""

    user: User
    open_cases: int

    @property
    def words(self) -> str:
        """The name and the load."""
        load = ngettext("%(count)d åpen sak", "%(count)d åpne saker", self.open_cases) % {"count": self.open_cases}
        return f"{self.user.name} ({load})"


@dataclass(frozen=True)
class Step:
    """What would happen to one case, or why it cannot be moved."""

    case: Case
    obstacle: str = ""


def workers(*, by: Actor) -> list[Worker]:
    """Everybody who has open cases the actor sees in the agency, those who have left first, then by name."""
    load = _load(by, _open_cases(by))
    staying = set(_caseworkers(by.agency).values_list("user", flat=True))
    users = User.objects.filter(pk__in=load).order_by("name")
    rows = [Worker(user, load[user.pk], user.pk not in staying) for user in users]
    return sorted(rows, key=lambda row: (not row.has_left, row.user.name))


def receivers(*, by: Actor, worker: User) -> list[Receiver]:
    """The agency's other caseworkers, by name."""
    load = _load(by, _open_cases(by))
    users = User.objects.filter(pk__in=_caseworkers(by.agency).values("user")).exclude(pk=worker.pk)
    return [Receiver(user, load.get(user.pk, 0)) for user in users.order_by("name")]


def cases_of(worker: User, *, by: Actor) -> list[Case]:
    """The open cases of `worker` in the agency that the actor sees, by number."""
    rows = _assignments(by.agency).filter(user=worker).values("content_object")
    cases = Case.objects.visible_to(by).exclude(state=CaseState.CLOSED).filter(pk__in=rows)
    return list(cases.select_related("person").order_by("number", "opened_at", "pk")[:MOST])


def without_worker(*, by: Actor) -> list[Case]:
    """The open cases the actor sees that nobody in the agency works on: no assignment, or only of people who have left,
    have a conflict or are not cleared. The longest waiting first. Four queries and one for each person assigned, however
    many cases.
    """
    cases = list(
        Case.objects.visible_to(by)
        .exclude(state=CaseState.CLOSED)
        .exclude(state__in=BEFORE_ROUTING)
        .select_related("person", "lead_agency")
        .order_by("state_since", "pk")[:MOST]
    )
    ids = [case.pk for case in cases]
    assigned: dict[uuid.UUID, set[int]] = defaultdict(set)
    for case_id, user_id in (
        _assignments(by.agency).filter(content_object__in=ids).values_list("content_object", "user")
    ):
        assigned[case_id].add(user_id)
    noted = set(Conflict.objects.in_force().filter(case__in=ids).values_list("case_id", "user_id"))
    people = {user.pk: user for user in User.objects.filter(pk__in=set().union(*assigned.values()))}
    actors = {pk: actor_for(user, by.agency) for pk, user in people.items()}

    def works_on(case: Case, user_id: int) -> bool:
        actor = actors[user_id]
        return (
            actor is not None
            and actor.works_on_cases
            and (case.pk, user_id) not in noted
            and actor.is_cleared_for(case.person.protection_level)
        )

    return [case for case in cases if not any(works_on(case, user_id) for user_id in assigned[case.pk])]


def preview(cases: Sequence[Case], *, to: User, by: Actor) -> list[Step]:
    """What moving each of these would do: read back before it is confirmed."""
    return [Step(case, _obstacle(case, to, by)) for case in cases]


@transaction.atomic
def hand_over(cases: Collection[Case], *, worker: User, to: User, by: Actor) -> int:
    """Give these of `worker`'s cases to `to`, all or none; what `worker` was reminded of, `to` is reminded of instead.

    Returns how many. Raises NotNow naming the first case that cannot be moved.
    """
    may_hand_over(by).enforce()
    mine = {case.pk for case in cases_of(worker, by=by)}
    with moved(from_user=worker, to_user=to, agency=by.agency):
        for case in sorted(cases, key=lambda case: case.pk):
            if case.pk not in mine:
                raise NotNow(_("Sak %(case)s er ikke lenger hos %(name)s.") % _words(case, worker), "moved_already")
            obstacle = _obstacle(case, to, by)
            if obstacle:
                raise NotNow(f"{_('Sak %(case)s') % _words(case, to)}: {obstacle}", "cannot_have_it")
            if not grants.assignments_of(case, by.agency).filter(user=to).exists():
                assignments.assign(case, user=to, by=by)
            assignments.unassign(case, user=worker, by=by)
    return len(cases)


def _obstacle(case: Case, to: User, by: Actor) -> str:
    if any(row.user == to for row in assignments.candidates(case, agency=by.agency)):
        return ""
    return _("%(name)s kan ikke få denne saken.") % {"name": to.name}


def _words(case: Case, user: User) -> dict[str, str]:
    return {"case": case.label, "name": user.name}


def _caseworkers(agency: Agency) -> QuerySet[Membership]:
    return Membership.objects.in_force().filter(agency=agency, role=Role.CASEWORKER, user__is_active=True)


def _assignments(agency: Agency) -> QuerySet[CaseUserObjectPermission]:
    return CaseUserObjectPermission.objects.filter(agency=agency, permission__codename=grants.WORK)


def _open_cases(by: Actor) -> list[uuid.UUID]:
    cases = Case.objects.visible_to(by).exclude(state=CaseState.CLOSED)
    return list(cases.order_by("-state_since", "pk").values_list("pk", flat=True)[:MOST])


def _load(by: Actor, case_ids: Collection[uuid.UUID]) -> Counter[int]:
    """How many of these cases each person has."""
    return Counter(_assignments(by.agency).filter(content_object__in=case_ids).values_list("user_id", flat=True))
