"""The request's one transaction, and on whose behalf it asks (design.md, "One request, one transaction")."""

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from agencies import accounts
from agencies.actors import Actor, actor_for, agencies_of
from agencies.decisions import NotNow, Refused
from agencies.models import Agency
from audit import context
from audit.enums import Outcome
from audit.services import AuditUnavailableError, record

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SEEN_KEY = "seen"
AGENCY_KEY = "agency"


def private_answers(get_response: GetResponse) -> GetResponse:
    """No answer of ours is kept by a browser, a proxy or a search engine (security.md 5, "Headers")."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        return response

    return answer


class OneTransaction:
    """Open the transaction, find the actor, let the view answer and render, commit, and only then let bytes go."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None  # type: ignore[attr-defined]
        if request.user.is_authenticated and self._has_idled_too_long(request):
            logout(request)
            return redirect(f"{reverse(settings.LOGIN_URL)}?next={request.path}")
        try:
            with context.acting(user_id=None, agency_id=None):
                self._take_place(request)
                response = self.get_response(request)
                if response.streaming:
                    raise RuntimeError("A streamed body is sent after the transaction and would escape the log.")
                if response.status_code in {403, 404, 409} or response.status_code >= 500:
                    transaction.set_rollback(True)
        except (AuditUnavailableError, DatabaseError):
            # What cannot be logged is not answered (G7); a commit that fails has shown nobody anything.
            log.exception("request could not be committed")
            response = render(request, "503.html", status=503)
        self._record_refusal(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Send those without an agency to act for, or without a strong sign-in, to the page that helps them."""
        # A machine is no `request.user`: the API reads its token itself, inside the view.
        if not request.user.is_authenticated or getattr(view, "open_without_agency", False):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name.startswith(("account_", "mfa_", "api:")):
            return None
        if not accounts.is_strong(request):
            return redirect(accounts.strong_sign_in_url(request))
        if request.actor is None:  # type: ignore[attr-defined]
            return redirect("choose_agency")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, NotNow):
            return render(request, "409.html", {"reason": exception.reason}, status=409)
        if isinstance(exception, AuditUnavailableError):
            log.error("the log could not be written")
            return render(request, "503.html", status=503)
        return None

    @staticmethod
    def _has_idled_too_long(request: HttpRequest) -> bool:
        now = dt.datetime.now(tz=dt.UTC).timestamp()  # the session's own age, not a right: the server's clock will do
        seen = request.session.get(SEEN_KEY)
        if seen is not None and now - seen > settings.SESSION_IDLE_SECONDS:
            return True
        if seen is None or now - seen > 60:
            request.session[SEEN_KEY] = now
        return False

    @staticmethod
    def _take_place(request: HttpRequest) -> None:
        """Find for whom the signed-in user acts and tell the database. One agency needs no choice."""
        if not request.user.is_authenticated:
            return
        chosen = request.session.get(AGENCY_KEY)
        actor: Actor | None = None
        if chosen is not None:
            agency = Agency.objects.select_related("municipality").filter(pk=chosen).first()
            actor = actor_for(request.user, agency) if agency else None
        if actor is None:
            choices = agencies_of(request.user)
            if len(choices) == 1:
                actor = actor_for(request.user, choices[0])
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
            context.become(actor.user.pk, actor.agency.pk)

    @staticmethod
    def _record_refusal(request: HttpRequest, response: HttpResponseBase) -> None:
        """What was refused is recorded in a transaction of its own: that of the request is rolled back."""
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        if actor is None or response.status_code not in {403, 404}:
            return
        match = request.resolver_match
        if match is None:
            return
        with context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk):
            record(
                "access.refused" if response.status_code == 403 else "access.absent",
                user_id=actor.user.pk,
                agency_id=actor.agency.pk,
                role=actor.role_codes,
                object_type=match.view_name[:60],
                object_id=str(next(iter(match.kwargs.values()), ""))[:40],
                outcome=Outcome.REFUSED,
            )


one_transaction = OneTransaction


def refusal_reason(exception: Exception) -> str:
    """The sentence a 403 page shows: the policy's, when a policy refused."""
    return str(exception.decision.reason) if isinstance(exception, Refused) else ""
