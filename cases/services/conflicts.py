"""A declared conflict of interest: from that instant the case is not there for the one who declared it."""

from django.db import transaction

from agencies.actors import Actor
from audit import clock
from cases.grants import is_assigned, unassign
from cases.models import Case, Conflict
from cases.policies import may_view
from cases.services.lifecycle import lock, record_change


@transaction.atomic
def declare(case: Case, *, by: Actor) -> None:
    """Note that the actor is disqualified in the case (fvl. § 6): they lose sight of it at once, and the assignment.

    Only the lead can end a conflict. The audit row and the assignment come first: afterwards the case is gone for
    the actor. Declaring twice changes nothing.
    """
    case = lock(case)
    if Conflict.objects.in_force().filter(case=case, user=by.user).exists():
        return
    may_view(by, case).enforce()
    record_change("conflict.declared", case, by=by)
    if is_assigned(by, case):
        unassign(case, by.user, by=by)
    Conflict.objects.create(case=case, user=by.user, declared_at=clock.now())
