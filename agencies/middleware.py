"""The request's one transaction, and on whose behalf it asks (design.md, "One request, one transaction")."""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies import accounts
from agencies.actors import Actor, actor_for, actor_in, agencies_of
from agencies.decisions import NotNow, Refused
from agencies.models import Agency
from agencies.services import secrecy, sign_ins
from audit import context
from audit.enums import Outcome
from audit.services import AuditUnavailableError, record

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
OPENED_KEY = "opened"
SEEN_KEY = "seen"
AGENCY_KEY = "agency"
CAPACITY_KEY = "as"  # what the person was in the agency when it was chosen
DECLARED_KEY = "declared"
WHOLE_PAGES = (
    "account_login",
    "choose_agency",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "confirm_identity",
    "declare_secrecy",
)


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


def whole_pages(get_response: GetResponse) -> GetResponse:
    """Send htmx to the sign-in as a whole page: else it would follow the redirect and put the form into a fragment."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        address = response.headers.get("Location", "").partition("?")[0]
        if request.headers.get("HX-Request") and address in {reverse(name) for name in WHOLE_PAGES}:
            # Back to the page one was on, not to the fragment it asked for.
            page = _path_of(request.headers.get("HX-Current-URL", ""))
            whole = HttpResponse(status=204, headers={"HX-Redirect": f"{address}?{urlencode({'next': page})}"})
            whole.cookies = response.cookies
            return whole
        return response

    return answer


def _path_of(address: str) -> str:
    """The path of what the browser says is its address; the front door when it is no address at all."""
    try:
        return urlsplit(address).path or "/"
    except ValueError:
        return "/"


class OneTransaction:
    """Open the transaction, find the actor, let the view answer and render, commit, and only then let bytes go."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None  # type: ignore[attr-defined]
        if request.user.is_authenticated and self._is_over(request):
            return self._end_session(request)
        try:
            with context.acting(user_id=None, agency_id=None):
                self._take_place(request)
                response = self.get_response(request)
                if response.streaming:
                    raise RuntimeError("A streamed body is sent after the transaction and would escape the log.")
                if response.status_code in {403, 404, 409} or response.status_code >= 500:
                    transaction.set_rollback(True)
                elif transaction.get_rollback():
                    raise transaction.TransactionManagementError("what was answered would have no row")
            self._record_refusal(request, response)
        except (AuditUnavailableError, DatabaseError):
            # What cannot be logged is not answered (G7); a commit that fails has shown nobody anything.
            log.exception("request could not be committed")
            return self._unavailable(request)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Send those without a strong sign-in, or without an agency to act for, to the page that helps them."""
        # A machine is no `request.user`: the API reads its token itself, inside the view.
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name.startswith(("account_", "mfa_", "api:")):
            return None
        if not accounts.is_strong(request):
            return redirect(accounts.strong_sign_in_url(request))
        if request.actor is None and not getattr(view, "open_without_agency", False):  # type: ignore[attr-defined]
            return redirect(f"{reverse('choose_agency')}?{urlencode({'next': request.path})}")
        if not getattr(view, "open_without_declaration", False) and not self._has_declared(request):
            return redirect(f"{reverse('declare_secrecy')}?{urlencode({'next': request.path})}")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, NotNow):
            return render(request, "409.html", {"reason": exception.reason}, status=409)
        if isinstance(exception, AuditUnavailableError):
            log.error("the log could not be written")
            return self._unavailable(request)
        return None

    @staticmethod
    def _is_over(request: HttpRequest) -> bool:
        """Whether somebody has ended the session, it has idled for half an hour, or was opened this morning
        (security.md 5, "Sessions").

        The session's own age is no right, so the server's clock will do. Whether it was ended is asked each time (G15).
        """
        if not sign_ins.is_open(request.session.get(accounts.SIGN_IN_KEY), request.user):  # type: ignore[arg-type]
            return True
        now = time.time()
        opened = request.session.setdefault(OPENED_KEY, now)
        seen = request.session.get(SEEN_KEY, now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - opened > settings.SESSION_COOKIE_AGE:
            return True
        if SEEN_KEY not in request.session or now - seen > 60:
            request.session[SEEN_KEY] = now
            sign_ins.saw(request.session[accounts.SIGN_IN_KEY])
        return False

    @staticmethod
    def _end_session(request: HttpRequest) -> HttpResponse:
        """Sign out and ask for a new sign-in that comes back here. What the browser kept is cleared with it."""
        logout(request)
        messages.info(
            request, _("Du ble logget ut. Det er en stund siden du brukte Samlos, eller økten ble avsluttet.")
        )
        query = f"?{urlencode({'next': request.path})}" if request.method == "GET" else ""
        response = redirect(f"{reverse(settings.LOGIN_URL)}{query}")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'  # not the cookie that carries the message
        return response

    @staticmethod
    def _unavailable(request: HttpRequest) -> HttpResponse:
        """The page for when the log or the database fails. It asks the database for nothing: no menu, no bell."""
        request.actor = None  # type: ignore[attr-defined]
        return render(request, "503.html", status=503)

    @staticmethod
    def _take_place(request: HttpRequest) -> None:
        """Find for whom the signed-in user acts and tell the database. One agency needs no choice.

        Nobody is moved silently: when the chosen membership has ended, or the role in it changed, the person is told and
        chooses again.
        """
        if not request.user.is_authenticated or not accounts.is_strong(request):
            return
        chosen = request.session.get(AGENCY_KEY)
        actor: Actor | None = None
        if type(chosen) is int:
            actor = actor_in(request.user, chosen)
        elif chosen is None and len(choices := agencies_of(request.user)) == 1:
            actor = actor_for(request.user, choices[0])
        if actor is not None:
            capacity = capacity_of(actor)
            if chosen is None:
                request.session[AGENCY_KEY] = actor.agency.pk
            if request.session.setdefault(CAPACITY_KEY, capacity) != capacity:
                return
            request.actor = actor  # type: ignore[attr-defined]
            context.become(actor.user.pk, actor.agency.pk)

    @staticmethod
    def _has_declared(request: HttpRequest) -> bool:
        """Whether the person has made the declaration of secrecy here. It is never taken back, so the session may know."""
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        if actor is None:
            return True
        declared = f"{actor.agency.pk}:{secrecy.TEXT_VERSION}"
        if request.session.get(DECLARED_KEY) != declared:
            if not secrecy.has_declared(actor.user, actor.agency):
                return False
            request.session[DECLARED_KEY] = declared
        return True

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


def chosen_agency(request: HttpRequest) -> Agency | None:
    """The agency the session was opened for, whether or not the person still acts for it. None for what is no agency."""
    chosen = request.session.get(AGENCY_KEY)
    if type(chosen) is not int:
        return None
    return Agency.objects.select_related("municipality").filter(pk=chosen).first()


def capacity_of(actor: Actor) -> str:
    """What the actor is in the agency: when it changes, a session opened as something else is over for that agency."""
    return f"{actor.role_codes}/{actor.clearance}"


def refusal_reason(exception: Exception) -> str:
    """The sentence a 403 page shows: the policy's, when a policy refused."""
    return str(exception.decision.reason) if isinstance(exception, Refused) else ""
