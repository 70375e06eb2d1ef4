"""Who acts, for which agency, in which roles: built from the database for each request and never kept."""

import datetime as dt
from dataclasses import dataclass

from agencies.enums import ProtectionLevel, Role
from agencies.models import Agency, Membership, User
from audit import clock
from audit.asked import Asked

CLEARANCE_ORDER = [
    ProtectionLevel.NONE,
    ProtectionLevel.MARKED,
    ProtectionLevel.CONFIDENTIAL,
    ProtectionLevel.STRICTLY_CONFIDENTIAL,
    ProtectionLevel.FICTITIOUS_ID,
]

# Roles that answer for their agency's cases. A privacy officer reviews the log and an administrator people: neither
# sees a case, and an analyst follows reports through the receipts.
ANSWERING_ROLES = (Role.MANAGER, Role.INTAKE, Role.COORDINATOR)


# Asked with every request: the memberships a user holds in an agency now, and the agency.
_HELD = Asked(lambda user_id, agency_id: Membership.objects.in_force().filter(user=user_id, agency=agency_id), -1, -2)
_AGENCY = Asked(lambda agency_id: Agency.objects.filter(pk=agency_id), -1)


@dataclass(frozen=True)
class Actor:
    """A user acting for one agency at one instant. Policies take it; services take it as `by`.

    `roles` are those of the memberships in force at `at`; empty means that nothing is allowed.
    """

    user: User
    agency: Agency
    roles: frozenset[Role]
    clearance: ProtectionLevel
    at: dt.datetime

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def is_cleared_for(self, level: str) -> bool:
        """Whether a person at protection level `level` may be seen at all (F-19)."""
        return CLEARANCE_ORDER.index(ProtectionLevel(level)) <= CLEARANCE_ORDER.index(self.clearance)

    @property
    def levels_hidden(self) -> list[ProtectionLevel]:
        """The protection levels above the clearance: a person at one of them is not there."""
        return [level for level in ProtectionLevel if not self.is_cleared_for(level)]

    @property
    def answers_for_agency(self) -> bool:
        """Whether the role answers for all of the agency's cases, without being assigned to each (need to know)."""
        return self.has_role(*ANSWERING_ROLES)

    @property
    def works_on_cases(self) -> bool:
        """Whether the role has to do with cases at all. An assignment left over from another role gives no sight."""
        return self.answers_for_agency or self.has_role(Role.CASEWORKER)

    @property
    def role_codes(self) -> str:
        """The roles as the audit writes them."""
        return ",".join(sorted(self.roles))


def agencies_of(user: User) -> list[Agency]:
    """The agencies `user` has a membership in force in, by name: those to choose between."""
    in_force = Membership.objects.in_force().filter(user=user)
    return list(Agency.objects.filter(pk__in=in_force.values("agency")).select_related("municipality"))


def actor_for(user: User, agency: Agency) -> Actor | None:
    """`user` acting for `agency` now, or None when the account is closed or no membership is in force."""
    return _actor(user, agency, _HELD.answer(user.pk, agency.pk))


def actor_in(user: User, agency_id: int) -> Actor | None:
    """`actor_for` by the agency's id. The agency is a question of its own, and its municipality one where it is needed, which
    is seldom: joined into one, they cost more to put into words and to read than both to ask.
    """
    memberships = _HELD.answer(user.pk, agency_id)
    return _actor(user, _AGENCY.answer(agency_id)[0], memberships) if memberships else None


def _actor(user: User, agency: Agency, memberships: list[Membership]) -> Actor | None:
    if not memberships or not user.is_active:
        return None
    return Actor(
        user=user,
        agency=agency,
        roles=frozenset(Role(membership.role) for membership in memberships),
        clearance=max((ProtectionLevel(m.clearance) for m in memberships), key=CLEARANCE_ORDER.index),
        at=clock.now(),
    )


def agency_itself(agency: Agency) -> Actor:
    """The agency as a sweep acts for it, when only time has passed: no user and no role, so no policy lets it decide."""
    return Actor(user=User(), agency=agency, roles=frozenset(), clearance=ProtectionLevel.NONE, at=clock.now())
