"""The second person's page: what was asked, by whom, what would happen, and yes or no."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies import accounts, policies
from agencies.decisions import NotNow
from agencies.enums import GrantKind, Role
from agencies.forms.people import ROLE_WORDS
from agencies.http import Request, step_up_required
from agencies.models import GrantRequest
from agencies.services import grants


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def decide_grant(request: Request, request_id: uuid.UUID) -> HttpResponse:
    """Show one request of the agency; the button says yes, no, or takes it back."""
    policies.may_see_people(request.actor).enforce()
    asked = (
        GrantRequest.objects.of_agency(request.actor.agency)
        .select_related("user", "requested_by", "decided_by", "replaces")
        .filter(pk=request_id)
        .first()
    )
    if asked is None:
        raise Http404
    if request.method == "POST":
        try:
            _decide(request, asked)
        except NotNow as too_late:
            messages.error(request, str(too_late.reason))
            return redirect("decide_grant", request_id=asked.pk)
        return redirect("people")
    context = {
        "asked": asked,
        "is_reset": asked.kind == GrantKind.SIGN_IN_RESET,
        "role_words": ROLE_WORDS[Role(asked.role)] if asked.role else "",
        "may_decide": policies.may_decide_grant(request.actor, asked),
        "may_withdraw": policies.may_withdraw_grant(request.actor, asked),
    }
    return render(request, "agencies/decide_grant.html", context)


def _decide(request: Request, asked: GrantRequest) -> None:
    answer = request.POST.get("answer")
    if answer == "approve":
        grants.approve(asked, by=request.actor)
        asked.user.refresh_from_db()
        if not asked.user.has_usable_password() and asked.user.email:
            accounts.send_password_link(asked.user, invitation=asked.kind == GrantKind.MEMBERSHIP)
        messages.success(request, _("Godkjent. Det gjelder fra nå, eller fra datoen som står der."))
    elif answer == "decline":
        grants.decline(asked, by=request.actor)
        messages.success(request, _("Avslått. Ingenting er gitt."))
    elif answer == "withdraw":
        grants.withdraw(asked, by=request.actor)
        messages.success(request, _("Forespørselen er trukket."))
    else:
        raise NotNow(_("Velg godkjenn eller avslå."))
