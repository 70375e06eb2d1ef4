"""The case's one timeline as a page shows it: what the reader may read now, by day, narrowed by what the address says."""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import Actor
from agencies.enums import Part
from agencies.models import Agency
from audit import clock
from cases.enums import WRITTEN_BY_HAND, EntryKind
from cases.models import Case, CaseContentQuerySet, Entry

PAGE = 25


@dataclass(frozen=True)
class KindGroup:
    """What the filter offers, and how its lines look: an icon, and a tone the style sheet knows by `tone`."""

    code: str
    label: str | Promise
    kinds: tuple[EntryKind, ...]
    icon: str
    tone: str


GROUPS = (
    KindGroup("notes", gettext_lazy("Notater"), WRITTEN_BY_HAND, "document", "note"),
    KindGroup("meetings", gettext_lazy("Møter"), (EntryKind.MEETING,), "people", "meet"),
    KindGroup("consent", gettext_lazy("Samtykke"), (EntryKind.CONSENT, EntryKind.CONSENT_ENDED), "pen", "consent"),
    KindGroup("sharing", gettext_lazy("Delinger"), (EntryKind.DISCLOSURE,), "arrow-right", "share"),
    KindGroup(
        "plan", gettext_lazy("Plan og behov"), (EntryKind.PLAN, EntryKind.FOLLOW_UP, EntryKind.NEEDS), "list", "plan"
    ),
    KindGroup("report", gettext_lazy("Meldingen"), (EntryKind.REPORT,), "flag", "report"),
    KindGroup(
        "steps",
        gettext_lazy("Saksgangen"),
        (
            EntryKind.ROUTED,
            EntryKind.ASSIGNED,
            EntryKind.REVIEWED,
            EntryKind.SUMMONED,
            EntryKind.INFORMED,
            EntryKind.CLOSED,
        ),
        "check",
        "step",
    ),
)
GROUP_OF = {kind: group for group in GROUPS for kind in group.kinds}


@dataclass(frozen=True)
class Line:
    """One line of the timeline, ready to be drawn."""

    entry: Entry
    title: str | Promise
    icon: str
    tone: str
    is_corrected: bool
    corrects_another: bool
    url: str
    correct_url: str


@dataclass(frozen=True)
class Chip:
    """A filter in force, with the address that lifts it."""

    label: str | Promise
    url: str


@dataclass(frozen=True)
class Timeline:
    """One page of the timeline: its lines by day, what it is narrowed by, and where it goes on."""

    days: list[tuple[dt.date, list[Line]]]
    count: int
    chips: list[Chip]
    choices: dict[str, list[tuple[str, str | Promise, bool]]]
    older_url: str
    is_first_page: bool
    is_narrowed: bool


def timeline(actor: Actor, case: Case, query: QueryDict) -> Timeline:
    """The page of the timeline the address asks for. A constant number of queries, whatever its length."""
    readable = Entry.objects.filter(case=case).readable_by(actor)
    agencies = list(Agency.objects.filter(pk__in=readable.order_by().values("author_agency").distinct()))
    chosen = _chosen(query, agencies)
    narrowed = _narrowed(readable, chosen, agencies)
    after = _cursor(narrowed, query.get("etter", ""))
    ids = list(
        (narrowed.filter(after) if after else narrowed).order_by(*_ORDER).values_list("pk", flat=True)[: PAGE + 1]
    )
    shown = ids[:PAGE]
    entries = Entry.objects.select_related("author", "author_agency").in_bulk(shown)
    lines = lines_of(actor, [entries[pk] for pk in shown if pk in entries])
    here = reverse("cases:detail", args=[case.pk])
    return Timeline(
        days=_by_day(lines),
        count=narrowed.count(),
        chips=_chips(chosen, agencies, here),
        choices=_choices(chosen, agencies),
        older_url=_address(here, chosen | {"etter": str(shown[-1])}) if len(ids) > PAGE else "",
        is_first_page=after is None,
        is_narrowed=bool(chosen),
    )


def lines_of(actor: Actor, entries: list[Entry]) -> list[Line]:
    """`entries` as lines: which are corrected, and which the actor may correct (the policy has the last word)."""
    asked = Entry.objects.filter(supersedes__in=[entry.pk for entry in entries])
    corrected = set(asked.values_list("supersedes_id", flat=True))
    return [_line(actor, entry, is_corrected=entry.pk in corrected) for entry in entries]


def _line(actor: Actor, entry: Entry, *, is_corrected: bool) -> Line:
    kind = EntryKind(entry.kind)
    group = GROUP_OF[kind]
    own = entry.author_id == actor.user.pk and kind in WRITTEN_BY_HAND and not is_corrected
    where = {"case_id": entry.case_id, "entry_id": entry.pk}
    return Line(
        entry=entry,
        title=kind.label,
        icon=group.icon,
        tone=group.tone,
        is_corrected=is_corrected,
        corrects_another=entry.supersedes_id is not None,
        url=reverse("cases:entry", kwargs=where),
        correct_url=reverse("cases:correct_entry", kwargs=where) if own else "",
    )


_ORDER = ("-occurred_at", "-created_at", "-pk")


def _chosen(query: QueryDict, agencies: Iterable[Agency]) -> dict[str, str]:
    """The filters the address names and that mean something here."""
    known = {
        "kind": {group.code for group in GROUPS},
        "part": set(Part.values),
        "agency": {agency.slug for agency in agencies},
    }
    return {name: str(query[name]) for name, values in known.items() if query.get(name) in values}


def _narrowed(
    entries: CaseContentQuerySet[Entry], chosen: dict[str, str], agencies: list[Agency]
) -> CaseContentQuerySet[Entry]:
    if "kind" in chosen:
        entries = entries.filter(kind__in=next(group.kinds for group in GROUPS if group.code == chosen["kind"]))
    if "part" in chosen:
        entries = entries.filter(part=chosen["part"])
    if "agency" in chosen:
        entries = entries.filter(author_agency=next(agency for agency in agencies if agency.slug == chosen["agency"]))
    return entries


def _cursor(entries: CaseContentQuerySet[Entry], value: str) -> Q | None:
    """What comes after the entry the address names; None when it names none the reader may read."""
    try:
        last = entries.filter(pk=uuid.UUID(value)).first() if value else None
    except ValueError:
        last = None
    if last is None:
        return None
    same_time = Q(occurred_at=last.occurred_at)
    return (
        Q(occurred_at__lt=last.occurred_at)
        | (same_time & Q(created_at__lt=last.created_at))
        | (same_time & Q(created_at=last.created_at, pk__lt=last.pk))
    )


def _by_day(lines: list[Line]) -> list[tuple[dt.date, list[Line]]]:
    def day_of(line: Line) -> dt.date:
        return line.entry.occurred_at.astimezone(clock.local_zone()).date()

    return [(day, list(group)) for day, group in itertools.groupby(lines, key=day_of)]


def _choices(chosen: dict[str, str], agencies: list[Agency]) -> dict[str, list[tuple[str, str | Promise, bool]]]:
    """The options of the three selects: value, words, chosen."""
    options: dict[str, list[tuple[str, str | Promise]]] = {
        "kind": [("", _("Alt")), *((group.code, group.label) for group in GROUPS)],
        "part": [("", _("Alle deler")), *((part.value, part.label) for part in Part)],
        "agency": [("", _("Alle")), *((agency.slug, agency.name) for agency in agencies)],
    }
    return {
        name: [(value, label, chosen.get(name, "") == value) for value, label in values]
        for name, values in options.items()
    }


def _chips(chosen: dict[str, str], agencies: list[Agency], here: str) -> list[Chip]:
    words: dict[str, dict[str, str | Promise]] = {
        "kind": {group.code: group.label for group in GROUPS},
        "part": {part.value: part.label for part in Part},
        "agency": {agency.slug: agency.name for agency in agencies},
    }
    return [
        Chip(words[name][value], _address(here, {key: kept for key, kept in chosen.items() if key != name}))
        for name, value in chosen.items()
    ]


def _address(here: str, values: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(values)
    return f"{here}?{query.urlencode()}#tidslinje" if values else f"{here}#tidslinje"
