"""The request our views get: signed in, and acting for one agency; and the mark of what asks for a fresh sign-in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from agencies.actors import Actor
from agencies.models import User
from agencies.step_up import step_up_required

__all__ = ["MaybeActing", "Request", "step_up_required"]


class Request(HttpRequest):
    """An HttpRequest behind `agencies.middleware`: `user` is a User and `actor` says for whom."""

    user: User
    htmx: HtmxDetails
    actor: Actor


class MaybeActing(HttpRequest):
    """A signed-in request that may have no membership in force (choosing an agency, the open pages)."""

    user: User
    htmx: HtmxDetails
    actor: Actor | None
