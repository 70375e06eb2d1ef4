"""The agency's people as its own pages show them: constant queries, however many there are."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies import policies
from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Role
from agencies.models import GrantRequest, Membership, SecrecyDeclaration, User
from agencies.services import secrecy
from audit.models import Event

EVENT_WORDS: dict[str, str | Promise] = {
    "people.invited": _("lagt inn"),
    "people.begun": _("fikk rollen"),
    "people.ended": _("rollen avsluttet"),
    "people.grant_asked": _("bedt om godkjenning"),
    "people.grant_approved": _("godkjent"),
    "people.grant_declined": _("avslått"),
    "people.grant_withdrawn": _("forespørsel trukket"),
    "people.reset_asked": _("bedt om ny innlogging"),
    "people.sign_in_reset": _("innlogging nullstilt"),
    "people.account_closed": _("konto stengt"),
}
EVENTS_SHOWN = 50


@dataclass
class Colleague:
    """One person with the roles that are of this list."""

    user: User
    memberships: list[Membership] = field(default_factory=list)
    has_factor: bool = False
    has_declared: bool = False

    @property
    def has_password(self) -> bool:
        return self.user.has_usable_password()


@dataclass(frozen=True)
class HeldRole:
    """One membership, when it holds, and what may be done about it."""

    membership: Membership
    state: str
    may_end: Decision

    @property
    def is_over(self) -> bool:
        return self.state == "past"


@dataclass(frozen=True)
class PeopleEvent:
    """One change, in words: who did what about whom, and when."""

    at: dt.datetime
    words: str | Promise
    about: str
    by: str
    role: str


def of_agency(actor: Actor) -> dict[str, Any]:
    """`current`, `coming`, `past`: lists of Colleague by name, somebody in each list they have a role of; `pending`: the
    requests. Machines are not people and stand apart as `machines`.
    """
    memberships = list(
        Membership.objects.filter(agency=actor.agency).select_related("user").order_by("user__name", "valid_from", "pk")
    )
    lists: dict[str, dict[int, Colleague]] = {"current": {}, "coming": {}, "past": {}, "machines": {}}
    for membership in memberships:
        state = state_of(membership, actor.at)
        name = "machines" if membership.user.is_machine and state == "current" else state
        known = lists[name].setdefault(membership.user_id, Colleague(membership.user))
        known.memberships.append(membership)
    here = set(lists["current"]) | set(lists["coming"])
    for user_id in here:
        lists["past"].pop(user_id, None)
    factors = set(
        Authenticator.objects.filter(user__in=here, type=Authenticator.Type.TOTP).values_list("user_id", flat=True)
    )
    declared = set(
        SecrecyDeclaration.objects.filter(
            agency=actor.agency, user__in=here, text_version=secrecy.TEXT_VERSION
        ).values_list("user_id", flat=True)
    )
    for group in ("current", "coming"):
        for colleague in lists[group].values():
            colleague.has_factor = colleague.user.pk in factors
            colleague.has_declared = colleague.user.pk in declared
    return {
        **{name: list(group.values()) for name, group in lists.items()},
        "pending": pending(actor),
    }


def of_person(actor: Actor, colleague: User) -> dict[str, Any]:
    """Everything about one person in this agency: `roles` newest first, requests, and how the sign-in stands."""
    memberships = Membership.objects.filter(agency=actor.agency, user=colleague).select_related("granted_by", "grant")
    return {
        "roles": [
            HeldRole(one, state_of(one, actor.at), policies.may_end_membership(actor, one))
            for one in memberships.order_by("-valid_from", "-pk")
        ],
        "pending": [asked for asked in pending(actor) if asked.user_id == colleague.pk],
        "has_factor": Authenticator.objects.filter(user=colleague, type=Authenticator.Type.TOTP).exists(),
        "declaration": SecrecyDeclaration.objects.filter(
            user=colleague, agency=actor.agency, text_version=secrecy.TEXT_VERSION
        ).first(),
    }


def pending(actor: Actor) -> list[GrantRequest]:
    """What waits for a second person in the actor's agency, the oldest first."""
    waiting = GrantRequest.objects.pending().of_agency(actor.agency).select_related("user", "requested_by")
    return list(waiting.order_by("requested_at", "pk"))


def waiting_for(actor: Actor) -> list[GrantRequest]:
    """Of these, what this actor could decide."""
    return [asked for asked in pending(actor) if policies.may_decide_grant(actor, asked)]


def recent_events(actor: Actor) -> list[PeopleEvent]:
    """What was last done about the agency's people, from its own log."""
    events = list(
        Event.objects.filter(kind__in=EVENT_WORDS, agency_id=actor.agency.pk).order_by("-at", "-pk")[:EVENTS_SHOWN]
    )
    names = User.objects.in_bulk(
        {int(event.object_id) for event in events} | {event.user_id for event in events if event.user_id}
    )
    roles = dict(Role.choices)
    return [
        PeopleEvent(
            at=event.at,
            words=EVENT_WORDS[event.kind],
            about=names[int(event.object_id)].name,
            by=names[event.user_id].name if event.user_id in names else "",
            role=str(roles.get(event.purpose, "")),
        )
        for event in events
        if int(event.object_id) in names
    ]


def state_of(membership: Membership, at: dt.datetime) -> str:
    """ "current", "coming" or "past"."""
    if membership.valid_until is not None and membership.valid_until <= at:
        return "past"
    return "coming" if membership.valid_from > at else "current"
