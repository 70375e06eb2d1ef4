"""Giving somebody a role in a test, as it is given outside: what gives rights is asked for by one administrator and
approved by another. The application's role cannot insert such a membership alone (`agencies/sql/people.sql`).
"""

import datetime as dt

from agencies.actors import Actor, actor_for
from agencies.enums import ProtectionLevel, Role
from agencies.models import Agency, GrantRequest, Membership, User
from agencies.services import grants, people
from agencies.services.people import Terms
from tests.cast import acting_as


def employ(
    user: User,
    agency: Agency,
    role: str,
    *,
    clearance: str = ProtectionLevel.MARKED,
    valid_from: dt.datetime | None = None,
    valid_until: dt.datetime | None = None,
) -> Membership:
    """Give `user` the role in `agency`, from now unless a later instant is named."""
    terms = Terms(Role(role), ProtectionLevel(clearance), valid_from=valid_from, valid_until=valid_until)
    one, other = administrators(agency)
    with acting_as(one):
        given = people.employ(user, by=one, terms=terms)
    return _agreed(given, other)


def clear(user: User, agency: Agency, clearance: str) -> Membership:
    """Raise or lower what `user` may see in `agency` of people with protected addresses."""
    held = Membership.objects.in_force().filter(user=user, agency=agency).earliest("valid_from")
    one, other = administrators(agency)
    terms = Terms(Role(held.role), ProtectionLevel(clearance), held.mandate_to_commit, valid_until=held.valid_until)
    with acting_as(one):
        given = people.change(held, by=one, terms=terms)
    return _agreed(given, other)


def administrators(agency: Agency) -> tuple[Actor, Actor]:
    """Two of the agency's administrators, acting for it now."""
    held = Membership.objects.in_force().filter(agency=agency, role=Role.AGENCY_ADMINISTRATOR).order_by("user")
    one, other = (actor_for(membership.user, agency) for membership in held.select_related("user")[:2])
    assert one is not None and other is not None
    return one, other


def _agreed(given: Membership | GrantRequest, other: Actor) -> Membership:
    if isinstance(given, Membership):
        return given
    with acting_as(other):
        grants.approve(given, by=other)
        return Membership.objects.get(grant=given)
