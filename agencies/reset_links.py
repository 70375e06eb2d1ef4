"""The key in the mail that lets somebody choose a password: it dies with what it was sent for (G15)."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from agencies.models import Membership, User
from audit.clock import Now


class ResetTokens(PasswordResetTokenGenerator):
    """Django's key, which a new password, address or sign-in uses up, and which here also dies when the account is closed,
    when a membership ends, and when the second factor is made anew. Nothing is stored: the key is made of these facts.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        ended = Membership.objects.filter(user=user, valid_until__lte=Now()).count()
        kept = Authenticator.objects.filter(user=user).order_by("pk").values_list("pk", flat=True)
        factors = ",".join(str(pk) for pk in kept)
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}{ended}:{factors}"
