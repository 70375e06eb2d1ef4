"""Asking a rule as one of the cast in each role alone: what an agency's people could be, whether or not anybody is."""

from collections.abc import Callable
from dataclasses import replace

from agencies.actors import Actor
from agencies.enums import ProtectionLevel, Role
from cases.models import Case
from cases.services import assignments
from tests import stories
from tests.cast import Cast, acting_as

CASEWORKER, MANAGER, COORDINATOR, ANALYST, INTAKE, PRIVACY_OFFICER, ADMINISTRATOR = Role
NOBODY: set[Role] = set()
EVERYBODY = set(Role)


def in_role(actor: Actor, *roles: Role, clearance: ProtectionLevel | None = None) -> Actor:
    """`actor` as if these were all the roles held."""
    return replace(actor, roles=frozenset(roles), clearance=clearance or actor.clearance)


def roles_that_may(actor: Actor, ask: Callable[[Actor], object]) -> set[Role]:
    """The roles in which, held alone, the rule says yes to `actor`."""
    with acting_as(actor):
        return {role for role in Role if ask(in_role(actor, role))}


def standings(cast: Cast) -> dict[str, Actor]:
    """One of each standing to the case of `shared`: in the lead and in NAV, with the case and without."""
    return {"our own": cast.ingrid, "ours": cast.oda, "their own": cast.nora, "theirs": cast.nils}


def shared(cast: Cast) -> Case:
    """A case of hvk-ost, Ingrid's own, in which NAV may know of the economy and Nora works on it there."""
    case = stories.consented(cast)
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)
    return case
