"""The only place that touches django-guardian: giving and taking assignments, and the one object backend.

Guardian's own backend ORs user and group rows, knows no dates and always says yes to a superuser (access.md). This one
asks the whole sentence of design.md (a right in force, the assignment or a role that answers, no conflict, and the
clearance) for the agency on whose behalf the database is being asked. To work on the case both of guardian's keys are
needed besides, the agency's and the assignment: a break-glass of this very user is for seeing the case.
"""

import uuid
from typing import TYPE_CHECKING

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Permission
from guardian.core import ObjectPermissionChecker

from agencies.actors import Actor, actor_in
from agencies.models import Agency, User
from audit import context
from cases.models import Case, CaseUserObjectPermission

if TYPE_CHECKING:
    from django.db.models import QuerySet

VIEW, WORK = "view_case", "work_on_case"


def assign(case: Case, user: User, *, by: Actor) -> None:
    """Let `user` work on `case` for the actor's agency, if they do not already."""
    permission = Permission.objects.get_by_natural_key(WORK, "cases", "case")
    CaseUserObjectPermission.objects.get_or_create(
        permission=permission, user=user, content_object=case, agency=by.agency, defaults={"assigned_by": by.user}
    )


def unassign(case: Case, user: User, *, by: Actor) -> None:
    """Take the assignment back, if there is one."""
    assignments_of(case, by.agency).filter(user=user).delete()


def assignments_of(case: Case, agency: Agency) -> "QuerySet[CaseUserObjectPermission]":
    """The assignments to `case` in `agency`, those in force: a row is taken away when the assignment is."""
    return CaseUserObjectPermission.objects.filter(
        content_object=case, agency=agency, permission__codename=WORK
    ).select_related("user", "assigned_by")


def is_assigned(actor: Actor, case: Case) -> bool:
    """Whether the actor is assigned to `case` in the agency they act for."""
    return assignments_of(case, actor.agency).filter(user=actor.user).exists()


def has_agency_key(actor: Actor, case: Case) -> bool:
    """Whether guardian finds a key of the actor's agency to `case` among the lines in force. A key of one user is none."""
    return bool(ObjectPermissionChecker(actor.agency.group).has_perm(VIEW, case))


def assigned_case_ids(actor: Actor) -> set[uuid.UUID]:
    """The cases the actor is assigned to in the agency they act for. Being assigned is only half a right to see one."""
    return set(CaseUserObjectPermission.of(actor).values_list("content_object_id", flat=True))


class CaseBackend(BaseBackend):
    """Answers `user.has_perm("cases.view_case", case)` and `"cases.work_on_case"`; about anything else it says no."""

    def has_perm(self, user_obj: object, perm: str, obj: object | None = None) -> bool:
        if not isinstance(user_obj, User) or not isinstance(obj, Case):
            return False
        if perm not in {f"cases.{VIEW}", f"cases.{WORK}"}:
            return False
        actor = _speaking(user_obj)
        if actor is None or (perm == f"cases.{WORK}" and not (has_agency_key(actor, obj) and is_assigned(actor, obj))):
            return False
        return Case.objects.visible_to(actor).filter(pk=obj.pk).exists()


def _speaking(user: User) -> Actor | None:
    """The user for the agency the database is being asked for; None when it is asked for somebody else, or nobody."""
    behalf = context.current()
    if behalf is None or behalf.user_id != user.pk or behalf.agency_id is None:
        return None
    return actor_in(user, behalf.agency_id)
