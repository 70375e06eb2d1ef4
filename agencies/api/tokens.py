"""Who knocks at the API: a machine with a short-lived token in Maskinporten's form, asked for anew at each request.

The token says who signed it for whom; the database says whether that client may still come in. Nothing of the answer
is kept, so a disabled client or an ended membership is refused at the next request (G15).
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

import jwt
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agencies.actors import Actor, actor_for
from agencies.api.keys import KeySet, UnknownKeyError
from agencies.decisions import Decision, denied
from agencies.models import MachineClient, User
from audit import context

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.views import APIView

LONGEST_LIFE = dt.timedelta(hours=24)
LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 10
#: Norwegian organisation numbers in the electronic address scheme ISO 6523.
AUTHORITY, NUMBER_PREFIX = "iso6523-actorid-upis", "0192:"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "jti", "scope", "client_id", "consumer"]

keys = KeySet()


class InvalidTokenError(exceptions.AuthenticationFailed):
    """The token is not one we believe. Why stays with us: the answer helps nobody to make a better forgery."""

    default_detail = _("Tilgangstokenet er ugyldig eller utløpt.")
    default_code = "invalid_token"


class MachineTokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer …`, finds the client and its agency, and tells the database for whom it asks."""

    def authenticate(self, request: Request) -> tuple[User, dict[str, Any]] | None:
        """The machine's user and the token's claims; None without a bearer token (then the answer is 401)."""
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        claims = _verified(token.strip())
        actor = _actor_of(claims)
        django_request = request._request  # noqa: SLF001 (Django's own request, which the middleware reads)
        django_request.actor = actor  # type: ignore[attr-defined]
        context.become(actor.user.pk, actor.agency.pk)
        return actor.user, claims

    def authenticate_header(self, request: Request) -> str:
        """RFC 6750: the challenge names the error only when a token was sent."""
        challenge = 'Bearer realm="samlos"'
        return f'{challenge}, error="invalid_token"' if get_authorization_header(request) else challenge


def _verified(token: bytes) -> dict[str, Any]:
    """The claims of a token with a good signature, issuer, audience and life. Raises InvalidTokenError otherwise."""
    if not token or len(token) > LONGEST_TOKEN:
        raise InvalidTokenError
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        claims: dict[str, Any] = jwt.decode(
            token,
            keys.find(key_id),
            algorithms=["RS256"],
            issuer=settings.MACHINE_TOKEN_ISSUER,
            audience=settings.MACHINE_TOKEN_AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED_CLAIMS},
        )
    except (jwt.PyJWTError, UnknownKeyError, ValueError, TypeError, RecursionError) as error:
        raise InvalidTokenError from error
    if int(claims["exp"]) - int(claims["iat"]) > LONGEST_LIFE.total_seconds():
        raise InvalidTokenError
    return claims


def _actor_of(claims: dict[str, Any]) -> Actor:
    """The client's account acting for its agency now. Raises InvalidTokenError for anything that is not in order."""
    client = (
        MachineClient.objects.select_related("user", "agency__municipality")
        .filter(client_id=_text(claims["client_id"]), disabled_at=None, user__is_machine=True)
        .first()
    )
    if client is None or claims["consumer"] != {
        "authority": AUTHORITY,
        "ID": f"{NUMBER_PREFIX}{client.agency.organisation_number}",
    }:
        raise InvalidTokenError
    actor = actor_for(client.user, client.agency)
    if actor is None:
        raise InvalidTokenError
    claims["granted_scopes"] = set(_text(claims["scope"]).split()) & set(client.scopes)
    return actor


def _text(claim: object) -> str:
    if not isinstance(claim, str) or "\x00" in claim:
        raise InvalidTokenError
    return claim


class DenyUnlessDeclared(BasePermission):
    """Lets nobody in unless the view says who may: `required_scope`, and `policy`, a rule about the actor.

    A view that forgets both is closed, not open. The policy's reason becomes the answer's detail.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the view's scope was granted and its policy allows. Raises Refused with the policy's reason."""
        actor: Actor | None = getattr(request._request, "actor", None)  # noqa: SLF001
        if request.auth is None or actor is None:
            return False
        scope: str | None = getattr(view, "required_scope", None)
        policy: Callable[[Actor], Decision] | None = getattr(view, "policy", None)
        if scope is None or policy is None:
            return False
        claims: Any = request.auth
        if scope not in claims["granted_scopes"]:
            denied(_("Tilgangstokenet gjelder ikke for dette."), "insufficient_scope").enforce()
        policy(actor).enforce()
        return True
