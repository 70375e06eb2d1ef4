"""The second person's answer: what was asked for takes effect with it, or not at all."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from agencies import policies
from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import GrantKind, GrantOutcome, ProtectionLevel, Role
from agencies.models import GrantRequest, Membership, User
from agencies.services import people, sign_ins
from audit import clock


@transaction.atomic
def approve(request: GrantRequest, *, by: Actor) -> GrantRequest:
    """Say yes: the membership begins, in place of the one it replaces; or the sign-in is made anew.

    Raises Refused for who asked, who gets it, and everybody the rule does not name, and NotNow when what it was to
    replace has ended or its time has passed.
    """
    request = _locked(request, by)
    policies.may_decide_grant(by, request).enforce()
    now = clock.now()
    if request.valid_until is not None and request.valid_until <= now:
        raise NotNow(_("Tiden det gjaldt for, er ute. Avslå forespørselen."), "past")
    _decide(request, GrantOutcome.APPROVED, by=by)
    if request.kind == GrantKind.SIGN_IN_RESET:
        _make_sign_in_anew(request.user, by=by)
        return request
    if request.replaces is not None:
        replaced = Membership.objects.select_for_update().get(pk=request.replaces.pk)
        if replaced.valid_until is not None and replaced.valid_until <= now:
            raise NotNow(_("Rollen som skulle byttes, er avsluttet. Avslå forespørselen."), "ended")
        people.stop(replaced, by=by)
    terms = people.Terms(
        role=Role(request.role),
        clearance=ProtectionLevel(request.clearance),
        mandate_to_commit=request.mandate_to_commit,
        valid_from=request.valid_from,
        valid_until=request.valid_until,
    )
    people.begin(request.user, by=by, terms=terms, grant=request)
    return request


@transaction.atomic
def decline(request: GrantRequest, *, by: Actor) -> None:
    """Say no: nothing was given, and nothing is."""
    request = _locked(request, by)
    policies.may_decide_grant(by, request).enforce()
    _decide(request, GrantOutcome.DECLINED, by=by)


@transaction.atomic
def withdraw(request: GrantRequest, *, by: Actor) -> None:
    """Who asked thinks better of it."""
    request = _locked(request, by)
    policies.may_withdraw_grant(by, request).enforce()
    _decide(request, GrantOutcome.WITHDRAWN, by=by)


def _locked(request: GrantRequest, by: Actor) -> GrantRequest:
    return (
        GrantRequest.objects.select_for_update(of=("self",)).select_related("user").get(pk=request.pk, agency=by.agency)
    )


def _decide(request: GrantRequest, outcome: GrantOutcome, *, by: Actor) -> None:
    request.outcome, request.decided_by, request.decided_at = outcome, by.user, clock.now()
    request.save(update_fields=["outcome", "decided_by", "decided_at"])
    people.note(f"people.grant_{outcome.value}", by=by, user=request.user, role=request.role or request.kind)


def _make_sign_in_anew(user: User, *, by: Actor) -> None:
    """Phone lost or password known to others: the old ones are gone, and so is every session they opened (G15)."""
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    sign_ins.end_all(user)
    people.note("people.sign_in_reset", by=by, user=user)
