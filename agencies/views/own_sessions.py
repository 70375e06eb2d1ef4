"""Where one is signed in: every session of one's own, each with a button that ends it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.accounts import SIGN_IN_KEY
from agencies.http import MaybeActing, reachable_early
from agencies.services import sign_ins
from audit.services import record


@reachable_early
@require_http_methods(["GET", "HEAD"])
def own_sessions(request: MaybeActing) -> HttpResponse:
    """The list: what machine it looks like, when it began and was last used, and which one this is."""
    this = str(request.session.get(SIGN_IN_KEY, ""))
    open_ones = sign_ins.open_of(request.user).order_by("-seen_at")
    rows = [{"sign_in": one, "is_this": str(one.pk) == this} for one in open_ones]
    return render(request, "agencies/own_sessions.html", {"rows": rows, "has_others": len(rows) > 1})


@reachable_early
@require_POST
def end_own_session(request: MaybeActing, sign_in_id: uuid.UUID) -> HttpResponse:
    """End one of them. Ending the one in use is signing out."""
    if str(sign_in_id) == str(request.session.get(SIGN_IN_KEY)):
        return redirect("account_logout")
    if not sign_ins.end(sign_in_id, request.user):
        raise Http404
    _log(request)
    messages.success(request, _("Økten er avsluttet. Den som sitter der, må logge inn på nytt."))
    return redirect("own_sessions")


@reachable_early
@require_POST
def end_other_sessions(request: MaybeActing) -> HttpResponse:
    """End all but this one: for when a machine was left somewhere."""
    if sign_ins.end_all(request.user, but=request.session[SIGN_IN_KEY]):
        _log(request)
    messages.success(request, _("Du er nå bare innlogget her."))
    return redirect("own_sessions")


def _log(request: MaybeActing) -> None:
    actor = request.actor
    record("session.ended", user_id=actor.user.pk if actor else None, agency_id=actor.agency.pk if actor else None)
