"""How a row of a case's content is told of outside its own page: registered at start-up by the app that owns it.

A page that shows what somebody else will read (`consent.services.preview`) must know every kind of content, also those of
upper apps: a kind without words here fails a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from cases.models import CaseContent


@dataclass(frozen=True)
class Kind:
    """One kind of content: what it is called, and for a row its title and its words. `standing`: what still stands."""

    label: str | Promise
    title: Callable[[Any], str]
    text: Callable[[Any], str] = lambda row: ""
    standing: Mapping[str, Any] | None = None


_kinds: dict[type[CaseContent], Kind] = {}


def register(model: type[CaseContent], kind: Kind) -> None:
    """Say how rows of `model` are told of; called from AppConfig.ready()."""
    _kinds[model] = kind


def kinds() -> Mapping[type[CaseContent], Kind]:
    """Every kind of content, in the order it was registered."""
    return _kinds
