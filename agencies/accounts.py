"""Signing in: allauth does it, and this says what counts as strong, who may have an account, and what is logged."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from agencies import throttling
from agencies.models import User
from agencies.reset_links import ResetTokens
from agencies.services import sign_ins
from audit import context
from audit.services import record

STRONG_METHODS = {"mfa"}
CAST_METHOD = "cast"  # picking one of the demonstration's people
SIGN_IN_KEY = "sign_in"  # in the session: the id of its SignIn


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an agency's administrator; nobody signs up alone, and machines never sign in here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: object) -> object:
        if user.is_machine:
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def can_delete_email(self, email_address: object) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count before anything is hashed, first all attempts together: a flood of sign-ins must not take the
        processors from those who are at work (security.md 5, "Rate limits").
        """
        if not throttling.may_try_to_sign_in():
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Whether to ask again before what only the person themselves may do (security.md 5, "Step-up").

        Who signed in less than five minutes ago has just shown who they are: setting up the second factor right after
        the first sign-in would otherwise ask for the password twice.
        """
        if self.request is None or _signed_in_recently(self.request):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


def is_strong(request: HttpRequest) -> bool:
    """Whether this session was opened with more than a password (security.md 5, "MFA")."""
    methods = {record.get("method") for record in get_authentication_records(request, request.user)}
    accepted = STRONG_METHODS | ({CAST_METHOD} if settings.DEMONSTRATION else set())
    return not methods.isdisjoint(accepted)


def is_cast(request: HttpRequest) -> bool:
    """Whether this session is one of the demonstration's people's, who have neither password nor second factor."""
    return settings.DEMONSTRATION and CAST_METHOD in {
        record.get("method") for record in get_authentication_records(request, request.user)
    }


def stepped_up(request: HttpRequest) -> bool:
    """Whether the person showed who they are within the last five minutes, by the session's own record.

    Password and code must both be that fresh: a phone left on the desk is not the person.
    """
    now = time.time()
    fresh = {
        record.get("method")
        for record in get_authentication_records(request, request.user)
        if 0 <= now - record.get("at", 0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    }
    return {"password", "mfa"} <= fresh or (settings.DEMONSTRATION and CAST_METHOD in fresh)


def record_confirmation(request: HttpRequest) -> None:
    """Note that the password was given anew, and give the session a new key: it may more than before (security.md 5)."""
    record_authentication(request, request.user, method="password", reauthenticated=True)
    request.session.cycle_key()


def send_password_link(user: User, *, invitation: bool = False) -> None:
    """Mail the person a link to choose a password, once the running transaction is kept. It says nothing about anybody."""
    key = f"{user_pk_to_url_str(user)}-{ResetTokens().make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    template = "account/email/invitation" if invitation else "account/email/password_reset_key"
    words = {"password_reset_url": settings.PUBLIC_URL + path, "user": user}
    letter = get_adapter().render_mail(template, user.email, words)
    transaction.on_commit(letter.send, robust=True)


def strong_sign_in_url(request: HttpRequest) -> str:
    """Where a person with only a password goes: to set up the second factor, or to use it."""
    if Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists():
        return reverse("mfa_reauthenticate")
    return reverse("mfa_activate_totp")


def record_cast_sign_in(request: HttpRequest) -> None:
    """Note that the demonstration's person was picked, or pressed the button: there it counts as a strong sign-in."""
    record_authentication(request, request.user, method=CAST_METHOD)


def attempted_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Which account somebody tries to get into, so that five wrong passwords close that one and not its neighbours.

    Allauth calls the address `email`, its form `login`; axes looks for neither.
    """
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login") or ""
    return str(name).strip().lower()


def log_sign_in(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """One row and one event for each session that is opened."""
    with context.acting(user_id=user.pk, agency_id=None):
        begun = sign_ins.begin(user, user_agent=request.META.get("HTTP_USER_AGENT", ""))
        request.session[SIGN_IN_KEY] = str(begun.pk)
        record("session.opened", user_id=user.pk, agency_id=None)


def log_sign_out(sender: object, request: HttpRequest, user: User | None, **kwargs: object) -> None:
    """One event for each session that is closed by the person or by the clock."""
    if user is not None:
        sign_ins.end_if_open(request.session.get(SIGN_IN_KEY), user)
        with context.acting(user_id=user.pk, agency_id=None):
            record("session.closed", user_id=user.pk, agency_id=None)


def count_new_factor_as_used(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object
) -> None:
    """Whoever sets up the app has just shown a right code, and need not wait half a minute to show the next one."""
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)


def connect_signals() -> None:
    """Listen to sign-ins; called when the application starts."""
    user_logged_in.connect(log_sign_in, dispatch_uid="agencies.log_sign_in")
    user_logged_out.connect(log_sign_out, dispatch_uid="agencies.log_sign_out")
    authenticator_added.connect(count_new_factor_as_used, dispatch_uid="agencies.count_new_factor_as_used")


def _signed_in_recently(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
