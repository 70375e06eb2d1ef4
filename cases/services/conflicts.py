"""A declared conflict of interest: from that instant the case is not there for the one it is about (fvl. §§ 6, 8)."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agencies.actors import ANSWERING_ROLES, Actor
from agencies.decisions import NotNow
from agencies.enums import Role
from agencies.models import Membership, User
from audit import clock
from cases.grants import assignments_of, unassign
from cases.models import Case, Conflict
from cases.policies import may_end_conflict, may_keep_conflicts, may_view, takes_part
from cases.services.lifecycle import lock, record_change


@transaction.atomic
def declare(case: Case, *, by: Actor) -> None:
    """Note that the actor is disqualified in the case: they lose sight of it at once, and the assignment.

    Only a manager who is somebody else can end a conflict. The audit row and the assignment come first: afterwards the
    case is gone for the actor. Declaring twice changes nothing.
    """
    if takes_part(by, case):  # who opened it in an emergency may change nothing in it, and so has nothing to lock
        case = lock(case)
    if not _in_force(case, by.user):
        may_view(by, case).enforce()
        _declare(case, by.user, by=by)


@transaction.atomic
def declare_for(case: Case, *, user: User, by: Actor) -> None:
    """A manager notes that one of the agency's people is disqualified: the same happens to them.

    Raises NotNow for somebody who has nothing to do with the agency's cases, or who is noted already.
    """
    case = lock(case)
    may_view(by, case).enforce()
    may_keep_conflicts(by, case).enforce()
    if user == by.user or not candidates(case, by=by).filter(pk=user.pk).exists():
        raise NotNow(_("%(name)s kan ikke meldes inhabil her.") % {"name": user.name}, "not_a_candidate")
    _declare(case, user, by=by)


@transaction.atomic
def end(conflict: Conflict, *, reason: str, by: Actor) -> None:
    """End it, with a reason: from now on the person may have the case again. The row stays as it was, with its end.

    Raises NotNow when it is ended already. The assignment does not come back by itself.
    """
    case = lock(conflict.case)
    may_view(by, case).enforce()
    may_end_conflict(by, case, conflict).enforce()
    conflict = Conflict.objects.select_for_update().get(pk=conflict.pk)
    if conflict.ended_at is not None:
        raise NotNow(_("Inhabiliteten er alt opphevet."), "already_ended")
    conflict.ended_at, conflict.ended_by, conflict.end_reason = clock.now(), by.user, reason
    conflict.save(update_fields=["ended_at", "ended_by", "end_reason"])
    record_change("conflict.ended", case, by=by, purpose=str(conflict.user_id))


def candidates(case: Case, *, by: Actor) -> QuerySet[User]:
    """The agency's people who have to do with cases, without the actor and those noted already, by name."""
    roles = (Role.CASEWORKER, *ANSWERING_ROLES)
    members = Membership.objects.in_force().filter(agency=by.agency, role__in=roles, user__is_machine=False)
    noted = Conflict.objects.in_force().filter(case=case).values("user")
    people = User.objects.filter(pk__in=members.values("user"), is_active=True).exclude(pk=by.user.pk)
    return people.exclude(pk__in=noted).order_by("name")


def conflicts_of(case: Case, *, by: Actor) -> QuerySet[Conflict]:
    """Those noted in the actor's agency, in force and ended, newest first."""
    rows = Conflict.objects.filter(case=case, agency=by.agency).select_related(
        "case", "user", "declared_by", "ended_by"
    )
    return rows.order_by("-declared_at", "-pk")


def _in_force(case: Case, user: User) -> bool:
    return Conflict.objects.in_force().filter(case=case, user=user).exists()


def _declare(case: Case, user: User, *, by: Actor) -> None:
    record_change("conflict.declared", case, by=by, purpose="" if user == by.user else str(user.pk))
    if assignments_of(case, by.agency).filter(user=user).exists():
        unassign(case, user, by=by)
    Conflict.objects.create(case=case, user=user, agency=by.agency, declared_by=by.user, declared_at=clock.now())
