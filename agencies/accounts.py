"""Signing in: allauth does it, and this says what counts as strong and who may have an account."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from agencies.models import User

STRONG_METHODS = {"mfa"}
CAST_METHOD = "cast"  # picking one of the demonstration's people


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


def is_strong(request: HttpRequest) -> bool:
    """Whether this session was opened with more than a password (security.md 5, "MFA")."""
    methods = {record.get("method") for record in get_authentication_records(request, request.user)}
    accepted = STRONG_METHODS | ({CAST_METHOD} if settings.DEMONSTRATION else set())
    return not methods.isdisjoint(accepted)


def strong_sign_in_url(request: HttpRequest) -> str:
    """Where a person with only a password goes: to set up the second factor, or to use it."""
    if Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists():
        return reverse("mfa_reauthenticate")
    return reverse("mfa_activate_totp")


def record_cast_sign_in(request: HttpRequest) -> None:
    """Note that the demonstration's person was picked, which there counts as strong."""
    record_authentication(request, request.user, method=CAST_METHOD)
