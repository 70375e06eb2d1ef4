"""The request our views get: signed in, and acting for one agency; and the mark of what asks for a fresh sign-in."""

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from agencies.actors import Actor
from agencies.models import User
from agencies.step_up import step_up_required

__all__ = ["MaybeActing", "Request", "reachable_early", "step_up_required"]

V = TypeVar("V", bound=Callable[..., HttpResponse])


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


def reachable_early(view: V) -> V:
    """Mark a view as open to who is strongly signed in and no more: without an agency to act for, and before the
    declaration of secrecy (agencies.middleware).
    """
    view.open_without_agency = True  # type: ignore[attr-defined]
    view.open_without_declaration = True  # type: ignore[attr-defined]
    return view
