"""Who reads what in a case, and who will read what is about to be written: shown before anything is shared (G4)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.actors import ANSWERING_ROLES, CLEARANCE_ORDER, Actor
from agencies.enums import Part, ProtectionLevel
from agencies.models import Agency
from agencies.templatetags.samlos import last_day
from cases.enums import RightReason
from cases.models import Case


@dataclass(frozen=True)
class Line:
    """One right of one agency, as far as the asking agency may know it (samlos.readers_shown)."""

    agency_id: int
    user_id: int | None
    parts: frozenset[str]
    givers: frozenset[int] | None
    received_only: bool
    reason: RightReason
    valid_until: dt.datetime | None

    def covers(self, part: str, author: Agency) -> bool:
        """Whether it lets its agency read what `author` writes in `part`. What came with the report is not written."""
        return not self.received_only and part in self.parts and (self.givers is None or author.pk in self.givers)


@dataclass(frozen=True)
class Reader:
    """An agency with a right in the case: its lines, and how many people stand behind them."""

    agency: Agency
    people: int
    leads: bool
    lines: tuple[Line, ...] = field(default_factory=tuple)

    @property
    def parts(self) -> list[Part]:
        """What it may know of from others, by consent or disclosure, in the order of the list."""
        known = {part for line in self.lines if line.reason != RightReason.LEAD for part in line.parts}
        return [part for part in Part if part in known]

    @property
    def source(self) -> str:
        """On what it rests and until when: "Leder saken", "Samtykke til og med 30. november 2026"."""
        return _source(self.lines)


def readers_of(actor: Actor, case: Case) -> list[Reader]:
    """The agencies in the case: all of them for the lead, the lead and its own for another agency. The lead first.

    Always three queries, however many agencies take part.
    """
    lines = _lines(case)
    agencies = Agency.objects.in_bulk({line.agency_id for line in lines})
    people = _people(case)
    readers = [
        Reader(
            agency=agencies[agency_id],
            people=people.get(agency_id, 0),
            leads=agency_id == case.lead_agency_id,
            lines=tuple(line for line in lines if line.agency_id == agency_id),
        )
        for agency_id in agencies
    ]
    return sorted(readers, key=lambda reader: (not reader.leads, reader.agency.name))


def preview(readers: Iterable[Reader], part: str, author: Agency) -> list[dict[str, object]]:
    """For each agency whether it will see what `author` writes in `part`, until when, and how many people that is."""
    rows = []
    for reader in readers:
        covering = tuple(line for line in reader.lines if line.covers(part, author))
        detail = f"{_source(covering)}. {_people_words(reader, covering)}" if covering else _("Ser ikke denne delen.")
        rows.append({"name": reader.agency.name, "sees": bool(covering), "detail": detail})
    return rows


def _source(lines: tuple[Line, ...]) -> str:
    reasons = {line.reason for line in lines}
    if RightReason.LEAD in reasons:
        return _("Leder saken")
    ends = [line.valid_until for line in lines if line.valid_until is not None]
    words = {"end": last_day(max(ends)) if ends else ""}
    if RightReason.CONSENT in reasons:
        return _("Samtykke til og med %(end)s") % words
    if RightReason.DISCLOSURE in reasons:
        return _("Delt på lovgrunnlag til og med %(end)s") % words
    return _("Nødtilgang")


def _people_words(reader: Reader, covering: tuple[Line, ...]) -> str:
    single = all(line.user_id is not None for line in covering)
    count = len({line.user_id for line in covering}) if single else reader.people
    if count == 0:
        return _("Ingen er tildelt saken der ennå")
    return ngettext("%(count)d person", "%(count)d personer", count) % {"count": count}


def _lines(case: Case) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, user_id, parts, givers, received_only, reason, valid_until FROM samlos.readers_shown(%s)",
            [case.pk],
        )
        return [
            Line(
                agency_id,
                user_id,
                frozenset(parts),
                None if givers is None else frozenset(givers),
                received_only,
                RightReason(reason),
                valid_until,
            )
            for agency_id, user_id, parts, givers, received_only, reason, valid_until in cursor.fetchall()
        ]


def _people(case: Case) -> dict[int, int]:
    level = CLEARANCE_ORDER.index(ProtectionLevel(case.person.protection_level))
    cleared = [clearance.value for clearance in CLEARANCE_ORDER[level:]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, people FROM samlos.people_behind_rights(%s, %s::varchar[], %s::varchar[])",
            [case.pk, [role.value for role in ANSWERING_ROLES], cleared],
        )
        return dict(cursor.fetchall())
