"""Choosing for whom one acts: a person in two agencies sees one agency's cases at a time."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.actors import actor_for, agencies_of
from agencies.http import MaybeActing, reachable_early
from agencies.middleware import AGENCY_KEY, CAPACITY_KEY, capacity_of, chosen_agency
from agencies.models import Agency, Membership
from audit import context
from audit.services import record


@dataclass(frozen=True)
class Choice:
    """One agency to act for, and as what."""

    agency: Agency
    memberships: list[Membership]
    current: bool


@reachable_early  # the middleware sends those without an agency here instead of away from here
@require_http_methods(["GET", "HEAD", "POST"])
def choose_agency(request: MaybeActing) -> HttpResponse:
    """Show the agencies with a membership in force; one click chooses. With none, say so and whom to ask."""
    asked_for = request.POST.get("next") or request.GET.get("next") or ""
    # A path of ours: anything else `redirect` would take for the name of a view.
    is_ours = asked_for.startswith("/") and url_has_allowed_host_and_scheme(asked_for, allowed_hosts=None)
    onward = asked_for if is_ours else ""
    if request.method == "POST":
        agency = next((a for a in agencies_of(request.user) if a.slug == request.POST.get("agency")), None)
        if agency is not None:
            _act_for(request, agency)
            return redirect(onward or "home")
        messages.error(request, _("Du kan ikke handle for den tjenesten nå. Velg en av dem som står her."))
    return render(
        request,
        "agencies/choose.html",
        {"choices": _choices(request), **_what_ended(request), "next": onward},
        status=422 if request.method == "POST" else 200,
    )


def _act_for(request: MaybeActing, agency: Agency) -> None:
    """Keep the choice in the session, under a new session key: what the session may has changed (security.md 5)."""
    actor = actor_for(request.user, agency)
    if actor is None:
        return
    request.session.cycle_key()
    request.session[AGENCY_KEY] = agency.pk
    request.session[CAPACITY_KEY] = capacity_of(actor)
    with context.acting(user_id=request.user.pk, agency_id=agency.pk):
        record("agency.chosen", user_id=request.user.pk, agency_id=agency.pk, role=actor.role_codes)


def _choices(request: MaybeActing) -> list[Choice]:
    in_force = list(Membership.objects.in_force().filter(user=request.user).order_by("role"))
    return [
        Choice(
            agency=agency,
            memberships=[membership for membership in in_force if membership.agency_id == agency.pk],
            current=request.actor is not None and request.actor.agency == agency,
        )
        for agency in agencies_of(request.user)
    ]


def _what_ended(request: MaybeActing) -> dict[str, Agency | None]:
    """The agency the session was opened for: `ended` when the membership there is over, `changed` when the role is another."""
    agency = chosen_agency(request) if request.actor is None else None
    still_there = agency is not None and actor_for(request.user, agency) is not None
    return {"ended": None if still_there else agency, "changed": agency if still_there else None}
