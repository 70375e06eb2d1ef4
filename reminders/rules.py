"""What each kind of reminder is about, registered at start-up by the app that knows: its words, who is still entitled.

rules.register(Rule(
    kind="consent_ending",
    title=_("Samtykket går snart ut"),
    action=_("Forny samtykket"),
    to_tell=consents_still_ending,                      # {consent.pk: "Sak 26-0417 · går ut 30. november"}
    url=lambda consent_id: reverse("consent:ending", args=[consent_id]),
))
rules.register_sweep(raise_consent_reminders)
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.utils.functional import Promise

from agencies.actors import Actor
from agencies.models import Agency


@dataclass(frozen=True)
class Rule:
    """One kind of reminder.

    `to_tell(subject_ids, actor)` answers which of these subjects the actor may know of at this instant AND still
    needs to be told, each with the words that say which case (a label, never content). It is asked when the mail is
    sent, when the bell is counted and when the list is shown, always in the actor's own database context and with all
    subjects at once: a constant number of queries. What it leaves out is as if it had never been raised.
    `url(subject_id)` is where to act; "" when there is nothing to open. `calendar(subject_id, actor)`, for meetings,
    gives the iCalendar part of the mail, which says "meeting" and when.
    """

    kind: str
    title: str | Promise
    action: str | Promise
    to_tell: Callable[[Collection[uuid.UUID], Actor], Mapping[uuid.UUID, str]]
    url: Callable[[uuid.UUID], str]
    calendar: Callable[[uuid.UUID, Actor], bytes | None] | None = None


class Sweep(Protocol):
    """Looks, on behalf of one agency and no user, for what time alone has made due; returns the rows it raised.

    May run twice at once and any number of times: `services.raise_reminder` says each thing once.
    """

    def __call__(self, *, agency: Agency) -> int: ...


_rules: dict[str, Rule] = {}
_sweeps: list[Sweep] = []


def register(rule: Rule) -> None:
    """Add a kind; called from AppConfig.ready(). Two rules of one kind would be two truths: RuntimeError."""
    if _rules.setdefault(rule.kind, rule) is not rule:
        raise RuntimeError(f"Two rules are registered for the reminder kind {rule.kind!r}.")


def register_sweep(sweep: Sweep) -> None:
    """Add a sweep, run for each agency every five minutes; called from AppConfig.ready()."""
    if sweep not in _sweeps:
        _sweeps.append(sweep)


def rule_for(kind: str) -> Rule:
    """The rule of a kind. KeyError for one that no app registered."""
    return _rules[kind]


def rules_by_kind() -> Mapping[str, Rule]:
    """Every rule; rows of a kind that no app registers any more have none and are told to nobody."""
    return _rules


def sweeps() -> list[Sweep]:
    """Every registered sweep."""
    return list(_sweeps)
