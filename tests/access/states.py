"""The states of a right: what NAV has in Elias's case, each reached the way people reach it."""

from collections.abc import Callable

from agencies.actors import Actor
from agencies.enums import ProtectionLevel
from agencies.models import Membership, User
from audit import clock
from cases import grants
from cases.models import Case
from cases.services import assignments, conflicts
from consent import services as consent_services
from consent.models import Disclosure
from tests import stories
from tests.access.world import LEAD, NAV, World, with_terms, world
from tests.cast import MEMBERS, Cast, acting_as
from tests.consent import test_disclose as disclosing

Shift = Callable[..., None]
Reach = Callable[[Cast, Shift], World]

CLOCK_MOVED = 181  # days: past the end of the consent


def case_of(cast: Cast, known: World) -> Case:
    with acting_as(cast.ingrid):
        return Case.objects.select_related("lead_agency", "programme_version").get(pk=known.case_id)


def active(cast: Cast, shift: Shift) -> World:
    return world(cast)


def never_named(cast: Cast, shift: Shift) -> World:
    return world(cast, nav=())


def wrong_part(cast: Cast, shift: Shift) -> World:
    return world(cast, nav=("housing",))


def wrong_giver(cast: Cast, shift: Shift) -> World:
    return world(cast, givers=(LEAD,))


def expired(cast: Cast, shift: Shift) -> World:
    known = world(cast)
    shift(days=CLOCK_MOVED)
    return with_terms(known, consent={}, disclosed=())


def revoked(cast: Cast, shift: Shift) -> World:
    known = world(cast)
    revoke(cast, known)
    return with_terms(known, consent={})


def disclosed(cast: Cast, shift: Shift) -> World:
    known = world(cast, nav=())
    case = case_of(cast, known)
    disclosing.disclosed(cast, case, to=NAV, parts=("economy",))
    with acting_as(cast.nora):
        grants.assign(case, cast.nora.user, by=cast.nora)
    terms = known.terms
    return with_terms(
        known, disclosed=(*terms.disclosed, (LEAD, NAV, ("economy",))), assigned=terms.assigned | {"nora"}
    )


def disclosure_ended(cast: Cast, shift: Shift) -> World:
    known = disclosed(cast, shift)
    end_shared(cast, known)
    return with_terms(known, disclosed=known.terms.disclosed[:1])


def ex_member(cast: Cast, shift: Shift) -> World:
    known = world(cast)
    for key in ("nora", "nils"):
        end_membership(cast, key)
    return with_terms(known, gone=frozenset({"nora", "nils"}))


def conflicted(cast: Cast, shift: Shift) -> World:
    known = world(cast)
    declare(cast, known, "nora")
    return with_terms(known, conflicted=frozenset({"nora"}))


def unassigned(cast: Cast, shift: Shift) -> World:
    known = world(cast)
    take_from(cast, known)
    return with_terms(known, assigned=known.terms.assigned - {"nora"})


STATES: dict[str, Reach] = {
    "none": never_named,
    "active": active,
    "expired": expired,
    "revoked": revoked,
    "disclosure": disclosed,
    "disclosure ended": disclosure_ended,
    "wrong part": wrong_part,
    "wrong giver": wrong_giver,
    "ex-member": ex_member,
    "conflict": conflicted,
    "unassigned": unassigned,
}


# --- what ends a right ------------------------------------------------------------------------------------------------


def revoke(cast: Cast, known: World) -> None:
    """Elias takes the consent back."""
    stories.revoked(cast, case_of(cast, known))


def end_shared(cast: Cast, known: World) -> None:
    """The lead ends what it shared with NAV on a legal basis."""
    with acting_as(cast.ingrid):
        shared = Disclosure.objects.get(case_id=known.case_id, recipient=cast.agency(NAV))
        consent_services.end_disclosure(shared, by=cast.ingrid)


def end_membership(cast: Cast, key: str) -> None:
    """The person no longer works there, from now."""
    Membership.objects.filter(user=getattr(cast, key).user).update(valid_until=clock.now())


def declare(cast: Cast, known: World, key: str) -> None:
    """The person says that they are disqualified."""
    actor = getattr(cast, key)
    with acting_as(actor):
        conflicts.declare(Case.objects.get(pk=known.case_id), by=actor)


def take_from(cast: Cast, known: World) -> None:
    """NAV's manager takes the case from Nora."""
    with acting_as(cast.nils):
        assignments.unassign(Case.objects.get(pk=known.case_id), user=cast.nora.user, by=cast.nils)


def signed_in_once(cast: Cast, key: str) -> Actor:
    """One of the cast as their session remembers them, whether or not a membership is still in force."""
    member = MEMBERS[key]
    user = User.objects.get(email=member.email)
    return Actor(user, cast.agency(member.agencies[0]), frozenset({member.role}), ProtectionLevel.NONE, clock.now())
