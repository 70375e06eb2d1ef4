"""An agency's people: taken in, given roles, ended and taken in again. Each change is a dated row and an audit event.

What gives rights is only asked for here; `agencies.services.grants` gives it when a second person has agreed.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from agencies import policies
from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import GrantKind, ProtectionLevel, Role
from agencies.models import GrantRequest, MachineClient, Membership, User
from audit import clock
from audit.services import record


@dataclass(frozen=True)
class Terms:
    """What a membership is to be: from now when `valid_from` is None, without an end when `valid_until` is."""

    role: Role
    clearance: ProtectionLevel = ProtectionLevel.MARKED
    mandate_to_commit: bool = False
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None


@transaction.atomic
def invite(*, by: Actor, email: str, name: str, title: str, terms: Terms) -> tuple[User, Membership | GrantRequest]:
    """Take somebody in: the account they have, or a new one without a password, and the membership or what asks for it.

    Raises Refused for others than administrators, and NotNow when the person has the role already or the account is a
    machine's.
    """
    policies.may_administer_people(by).enforce()
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name, title=title)
        note("people.invited", by=by, user=user)
    if user.is_machine or not user.is_active:
        raise NotNow(_("Denne kontoen kan ikke få roller. Kontakt dem som drifter Samlos."), "account_closed")
    return user, employ(user, by=by, terms=terms)


@transaction.atomic
def employ(user: User, *, by: Actor, terms: Terms) -> Membership | GrantRequest:
    """Give `user` a role in the actor's agency, or ask a second person for it. Also how an ended membership is re-opened:
    with a new row, since the end was a fact.

    Raises NotNow when the person holds the role in the same time.
    """
    policies.may_administer_people(by).enforce()
    _refuse_twice(user, by, terms)
    if policies.needs_second_person(terms.role, terms.clearance):
        return _ask(user, by=by, terms=terms)
    return begin(user, by=by, terms=terms)


@transaction.atomic
def end(membership: Membership, *, by: Actor, at: dt.datetime | None = None) -> Membership:
    """End a membership at `at`, or now. From then on nothing of it gives sight; the agency's own log keeps that it was.

    A machine's client stops with its membership. Raises NotNow for a time that has passed or lies after the end it has.
    """
    membership = Membership.objects.select_for_update().select_related("user").get(pk=membership.pk, agency=by.agency)
    policies.may_end_membership(by, membership).enforce()
    now = clock.now()
    at = at or max(now, membership.valid_from + dt.timedelta(microseconds=1))
    if at < now or at <= membership.valid_from:
        raise NotNow(_("Sluttdatoen må være fram i tid og etter at rollen begynte."), "past")
    if membership.valid_until is not None and at > membership.valid_until:
        raise NotNow(_("Rollen slutter allerede tidligere. Skal den vare lenger, gi den på nytt."), "later")
    membership.valid_until = at
    membership.save(update_fields=["valid_until"])
    if membership.user.is_machine and at <= now:
        MachineClient.objects.filter(user=membership.user, agency=by.agency, disabled_at=None).update(disabled_at=now)
    note("people.ended", by=by, user=membership.user, role=membership.role)
    return membership


@transaction.atomic
def change(membership: Membership, *, by: Actor, terms: Terms) -> Membership | GrantRequest:
    """Another role or clearance instead of this one: it ends and the other begins, at the same instant.

    A raise, and a role that grants, waits for a second person with the old one standing meanwhile.
    """
    membership = Membership.objects.select_for_update().select_related("user").get(pk=membership.pk, agency=by.agency)
    policies.may_end_membership(by, membership).enforce()
    if (membership.role, membership.clearance) == (terms.role, terms.clearance):
        raise NotNow(_("Dette er det personen har fra før."), "same")
    if policies.needs_second_person(terms.role, terms.clearance, instead_of=membership):
        return _ask(membership.user, by=by, terms=terms, replaces=membership)
    stop(membership, by=by)
    return begin(membership.user, by=by, terms=terms)


def ask_for_reset(user: User, *, by: Actor) -> GrantRequest:
    """Ask that a person's second factor and password be made anew: it takes effect when a second person agrees."""
    policies.may_ask_for_reset(by, user).enforce()
    pending = GrantRequest.objects.pending().filter(user=user, agency=by.agency, kind=GrantKind.SIGN_IN_RESET)
    if pending.exists():
        raise NotNow(_("Det er alt bedt om ny innlogging for denne personen."), "asked")
    request = GrantRequest.objects.create(
        agency=by.agency, user=user, kind=GrantKind.SIGN_IN_RESET, requested_by=by.user, requested_at=clock.now()
    )
    note("people.reset_asked", by=by, user=user)
    return request


@transaction.atomic
def close_account(user: User, *, by: Actor) -> None:
    """Close the account of somebody who works nowhere else: every session, link and code dies with it (G15).

    Raises NotNow when another agency has the person too: it ends its own.
    """
    policies.may_ask_for_reset(by, user).enforce()
    if Membership.objects.in_force().filter(user=user).exclude(agency=by.agency).exists():
        raise NotNow(_("Personen arbeider også i en annen tjeneste. Avslutt rollene her i stedet."), "works_elsewhere")
    for membership in Membership.objects.filter(user=user, agency=by.agency):
        if membership.valid_until is None or membership.valid_until > clock.now():
            end(membership, by=by)
    user.is_active = False
    user.save(update_fields=["is_active"])
    note("people.account_closed", by=by, user=user)


def begin(user: User, *, by: Actor, terms: Terms, grant: GrantRequest | None = None) -> Membership:
    """The new row itself. Asks no policy: its callers have, and the database asks again for what gives rights."""
    now = clock.now()
    membership = Membership.objects.create(
        user=user,
        agency=by.agency,
        role=terms.role,
        clearance=terms.clearance,
        mandate_to_commit=terms.mandate_to_commit,
        valid_from=max(terms.valid_from or now, now),
        valid_until=terms.valid_until,
        granted_by=by.user,
        grant=grant,
    )
    note("people.begun", by=by, user=user, role=terms.role)
    return membership


def stop(membership: Membership, *, by: Actor) -> None:
    """End what something else replaces, at this instant."""
    now = clock.now()
    membership.valid_until = max(now, membership.valid_from + dt.timedelta(microseconds=1))
    membership.save(update_fields=["valid_until"])
    note("people.ended", by=by, user=membership.user, role=membership.role)


def note(kind: str, *, by: Actor, user: User, role: str = "") -> None:
    """One event about a colleague, in the agency's own log: ids and codes."""
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        object_type="user",
        object_id=user.pk,
        purpose=role,
    )


def _ask(user: User, *, by: Actor, terms: Terms, replaces: Membership | None = None) -> GrantRequest:
    pending = GrantRequest.objects.pending().filter(user=user, agency=by.agency, role=terms.role)
    if pending.filter(clearance=terms.clearance).exists():
        raise NotNow(_("Det er alt bedt om dette. Det venter på godkjenning."), "asked")
    request = GrantRequest.objects.create(
        agency=by.agency,
        user=user,
        kind=GrantKind.MEMBERSHIP,
        role=terms.role,
        clearance=terms.clearance,
        mandate_to_commit=terms.mandate_to_commit,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        replaces=replaces,
        requested_by=by.user,
        requested_at=clock.now(),
    )
    note("people.grant_asked", by=by, user=user, role=terms.role)
    return request


def _refuse_twice(user: User, by: Actor, terms: Terms) -> None:
    """Two rows of one role at the same time say nothing more than one, and only one of them would be ended."""
    begins = terms.valid_from or clock.now()
    for held in Membership.objects.filter(user=user, agency=by.agency, role=terms.role):
        ends_before = held.valid_until is not None and held.valid_until <= begins
        begins_after = terms.valid_until is not None and held.valid_from >= terms.valid_until
        if not ends_before and not begins_after:
            raise NotNow(_("Personen har denne rollen i den tiden fra før."), "has_role")
