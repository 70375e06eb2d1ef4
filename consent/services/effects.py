"""Who will see more or less when a consent changes: said before anybody decides, from the same rows the right comes from."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agencies.enums import Part
from agencies.models import Agency
from cases.models import Case
from consent.contents import Contents
from consent.models import Consent

Told = Mapping[int, Collection[str]]  # agency id → the parts it may know; an empty one is core alone


@dataclass(frozen=True)
class Change:
    """What one agency gains or loses. `comes_in`: it saw nothing of the case by consent before; `leaves`: nor will it."""

    agency: Agency
    gains: tuple[Part, ...] = ()
    loses: tuple[Part, ...] = ()
    comes_in: bool = False
    leaves: bool = False


@dataclass(frozen=True)
class Effects:
    """What a new consent, or the end of one, does. `silenced` are the agencies that may no longer tell what they know."""

    more: tuple[Change, ...]
    less: tuple[Change, ...]
    silenced: tuple[Agency, ...] = ()

    @property
    def losses_digest(self) -> str:
        """The same for the same losses: what somebody has seen and confirmed, and nothing else, may be carried out."""
        if not self.less and not self.silenced:
            return ""
        words = [f"{change.agency.pk}:{change.leaves}:{','.join(change.loses)}" for change in self.less]
        words += [str(agency.pk) for agency in self.silenced]
        return hashlib.sha256("|".join(words).encode()).hexdigest()[:16]


def recipients_of(consent: Consent) -> dict[int, set[str]]:
    """Agency id → parts, as `Contents.recipients` answers for a form not yet recorded."""
    told: dict[int, set[str]] = {}
    for scope in consent.scopes.all():
        told.setdefault(scope.agency_id, set()).add(scope.part)
    for seat in consent.forums.all():
        told.setdefault(seat.agency_id, set())
    return told


def effects_of(contents: Contents, case: Case, running: Consent | None) -> Effects:
    """What recording this form does to what others see now."""
    before = recipients_of(running) if running else {}
    silenced = set(running.givers) - contents.giver_ids(case.lead_agency) if running else set()
    return _compare(before, contents.recipients(), silenced)


def effects_of_end(consent: Consent) -> Effects:
    """What ending a consent takes away from each agency on it, the lead included."""
    return _compare(recipients_of(consent), {}, set())


def _compare(before: Told, after: Told, silenced: Collection[int]) -> Effects:
    agencies = Agency.objects.in_bulk({*before, *after, *silenced})
    more, less = [], []
    for agency in sorted((agencies[pk] for pk in {*before, *after}), key=lambda one: one.name):
        had, has = set(before.get(agency.pk, ())), set(after.get(agency.pk, ()))
        comes_in, leaves = agency.pk not in before, agency.pk not in after
        if has - had or comes_in:
            more.append(Change(agency, gains=_in_order(has - had), comes_in=comes_in))
        if had - has or leaves:
            less.append(Change(agency, loses=_in_order(had - has), leaves=leaves))
    return Effects(tuple(more), tuple(less), tuple(agencies[pk] for pk in sorted(silenced)))


def _in_order(parts: Collection[str]) -> tuple[Part, ...]:
    return tuple(part for part in Part if part in parts)
