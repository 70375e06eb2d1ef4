"""Asking a rule as one of the cast in each role alone: what an agency's people could be, whether or not anybody is."""

from collections.abc import Callable
from dataclasses import replace

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import ProtectionLevel, Role
from cases.models import Case
from cases.services import assignments
from tests import stories
from tests.cast import Cast, acting_as

CASEWORKER, MANAGER, COORDINATOR, ANALYST, INTAKE, PRIVACY_OFFICER, ADMINISTRATOR = Role
NOBODY: set[Role] = set()
EVERYBODY = set(Role)

# What a rule says to each role, as `answers` finds it: the code of its refusal, or YES, and in which roles it is given.
Answers = dict[str, set[Role]]
YES = ""
WORKERS = {CASEWORKER, MANAGER}
# What a rule that only asks `cases.policies.may_work_on` says: to one of the lead with the case and without, to others.
WORKS: Answers = {YES: WORKERS, "wrong_role": EVERYBODY - WORKERS}
WITHOUT_THE_CASE: Answers = {YES: {MANAGER}, "not_assigned": {CASEWORKER}, "wrong_role": EVERYBODY - WORKERS}
ELSEWHERE: Answers = {"not_lead": WORKERS, "wrong_role": EVERYBODY - WORKERS}


def in_role(actor: Actor, *roles: Role, clearance: ProtectionLevel | None = None) -> Actor:
    """`actor` as if these were all the roles held."""
    return replace(actor, roles=frozenset(roles), clearance=clearance or actor.clearance)


def roles_that_may(actor: Actor, ask: Callable[[Actor], object]) -> set[Role]:
    """The roles in which, held alone, the rule says yes to `actor`."""
    with acting_as(actor):
        return {role for role in Role if ask(in_role(actor, role))}


def answers(actor: Actor, ask: Callable[[Actor], Decision]) -> Answers:
    """What the rule says to `actor` in each role held alone."""
    found: Answers = {}
    with acting_as(actor):
        for role in Role:
            found.setdefault(code_of(ask(in_role(actor, role))), set()).add(role)
    return found


def code_of(decision: Decision) -> str:
    """YES, or the code of the refusal. AssertionError for one without a code, or without a sentence to read."""
    if decision:
        return YES
    assert decision.code and str(decision.reason).endswith(".")
    return decision.code


def everybody(code: str) -> Answers:
    """The same to every role."""
    return {code: EVERYBODY}


def except_to(roles: set[Role], code: str) -> Answers:
    """Yes in these roles; in all others a refusal with this code."""
    return {YES: roles, code: EVERYBODY - roles}


def standings(cast: Cast) -> dict[str, Actor]:
    """One of each standing to the case of `shared`: in the lead and in NAV, with the case and without."""
    return {"our own": cast.ingrid, "ours": cast.oda, "their own": cast.nora, "theirs": cast.nils}


def shared(cast: Cast) -> Case:
    """A case of hvk-ost, Ingrid's own, in which NAV may know of the economy and Nora works on it there."""
    case = stories.consented(cast)
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)
    return case
