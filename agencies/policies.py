"""Who may do what with an agency's people: the only place a rule about them is written.

An administrator gives roles and ends them, and sees no case. What gives rights takes a second person
(`agencies/sql/people.sql` holds the same rule in the database).
"""

from django.utils.translation import gettext as _

from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.decisions import ALLOWED, Decision, denied
from agencies.enums import GrantOutcome, ProtectionLevel, Role
from agencies.models import GrantRequest, Membership, User


def may_see_people(actor: Actor) -> Decision:
    """Who works in the agency and as what is known to those who answer for it and for its log."""
    if actor.has_role(Role.AGENCY_ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.MANAGER):
        return ALLOWED
    return denied(_("Bare administratorer, ledere og personvernombud ser hvem som har hvilke roller."), "wrong_role")


def may_administer_people(actor: Actor) -> Decision:
    """Only the agency's administrators change memberships."""
    if actor.has_role(Role.AGENCY_ADMINISTRATOR):
        return ALLOWED
    return denied(_("Bare en administrator i tjenesten kan gjøre dette."), "not_administrator")


def may_end_membership(actor: Actor, membership: Membership) -> Decision:
    """An administrator ends what has not ended, but never leaves the agency without an administrator."""
    if membership.valid_until is not None and membership.valid_until <= actor.at:
        return denied(_("Ansettelsen er allerede avsluttet."), "ended")
    administers = may_administer_people(actor)
    if not administers or membership.role != Role.AGENCY_ADMINISTRATOR or membership.valid_from > actor.at:
        return administers
    if _administrators(actor, besides=(membership.user_id,)):
        return ALLOWED
    return denied(_("Tjenesten må ha en administrator. Gi rollen til noen andre først."), "last_administrator")


def may_ask_for_reset(actor: Actor, person: User) -> Decision:
    """Nobody resets their own sign-in: whoever sits at an open screen could."""
    if person.pk == actor.user.pk:
        return denied(_("Du kan ikke nullstille din egen innlogging. Be en annen administrator."), "own")
    return may_administer_people(actor)


def may_decide_grant(actor: Actor, request: GrantRequest) -> Decision:
    """A second administrator, or the privacy officer where there is none; never who asked or who gets it."""
    if request.outcome != GrantOutcome.PENDING:
        return denied(_("Forespørselen er allerede avgjort."), "decided")
    if actor.agency.pk != request.agency_id:
        return denied(_("Bare tjenesten selv avgjør dette."), "other_agency")
    if actor.user.pk == request.requested_by_id:
        return denied(_("Du ba om dette selv. En annen må godkjenne det."), "asked_oneself")
    if actor.user.pk == request.user_id:
        return denied(_("Dette gjelder deg selv. En annen må godkjenne det."), "about_oneself")
    if actor.has_role(Role.AGENCY_ADMINISTRATOR):
        return ALLOWED
    if not actor.has_role(Role.PRIVACY_OFFICER):
        return may_administer_people(actor)
    if _administrators(actor, besides=(request.requested_by_id, request.user_id)):
        return denied(_("Tjenesten har en annen administrator, som avgjør dette."), "administrator_decides")
    return ALLOWED


def may_withdraw_grant(actor: Actor, request: GrantRequest) -> Decision:
    """Who asked may think better of it."""
    if request.outcome != GrantOutcome.PENDING:
        return denied(_("Forespørselen er allerede avgjort."), "decided")
    if actor.user.pk != request.requested_by_id or actor.agency.pk != request.agency_id:
        return denied(_("Bare den som ba om det, kan trekke forespørselen."), "not_asked")
    return may_administer_people(actor)


def needs_second_person(role: str, clearance: str, *, instead_of: Membership | None = None) -> bool:
    """Whether giving this takes two people: a role that grants, or a clearance above what the person has or starts with."""
    start = CLEARANCE_ORDER.index(ProtectionLevel.MARKED)
    before = CLEARANCE_ORDER.index(ProtectionLevel(instead_of.clearance)) if instead_of else start
    return Role(role).grants or CLEARANCE_ORDER.index(ProtectionLevel(clearance)) > min(before, start)


def _administrators(actor: Actor, *, besides: tuple[int, ...]) -> bool:
    """Whether the agency has an administrator in force other than these."""
    in_force = Membership.objects.in_force().filter(agency=actor.agency, role=Role.AGENCY_ADMINISTRATOR)
    return in_force.filter(user__is_active=True, user__is_machine=False).exclude(user__in=besides).exists()
