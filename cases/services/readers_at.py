""" "Hvem kan se dette?" part by part, now or at any instant that has been: for the lead alone (design.md, "Access")."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from agencies.actors import ANSWERING_ROLES, CLEARANCE_ORDER, Actor
from agencies.enums import Part
from agencies.models import Agency
from agencies.templatetags.samlos import day, last_day, moment
from audit import clock
from cases.enums import RightReason
from cases.models import Case
from cases.policies import leads
from cases.services.access_at import protection_level_at
from cases.services.access_explained import listed, part_words
from cases.services.lifecycle import record_change


@dataclass(frozen=True)
class Line:
    """One right of one agency, or of one of its users, that was in force at the instant."""

    agency_id: int
    parts: frozenset[str]
    givers: tuple[int, ...] | None
    received_only: bool
    reason: RightReason
    valid_from: dt.datetime
    valid_until: dt.datetime | None


@dataclass(frozen=True)
class ReaderOfPart:
    """An agency that could read a part: whose words, on what right and for how long, one sentence a right."""

    agency: Agency
    people: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PartReaders:
    """Parts that the same agencies could read on the same rights."""

    parts: str
    readers: tuple[ReaderOfPart, ...]


def who_could_read(case: Case, *, at: dt.datetime, by: Actor) -> list[PartReaders]:
    """Who could read each part of the case at `at`: every part is answered, one that nobody could read with no reader.

    Only the lead may ask, also about the time before it led: raises Refused for others. Always four queries, however many
    agencies take part; the question is an event in the log.
    """
    leads(by, case).enforce()
    lines = _lines(case, at)
    givers = {giver for line in lines for giver in line.givers or ()}
    agencies = Agency.objects.in_bulk({line.agency_id for line in lines} | givers)
    people = _people(case, at)
    record_change("case.readers_asked", case, by=by, purpose=at.isoformat(timespec="minutes"))
    groups: dict[tuple[int, ...], list[str]] = {}
    for part in Part:
        groups.setdefault(tuple(n for n, line in enumerate(lines) if part in line.parts), []).append(part)
    return [
        PartReaders(capfirst(part_words(parts)), _readers([lines[n] for n in covering], agencies, people, case))
        for covering, parts in groups.items()
    ]


def _readers(
    lines: Iterable[Line], agencies: dict[int, Agency], people: dict[int, int], case: Case
) -> tuple[ReaderOfPart, ...]:
    reasons: dict[int, list[str]] = {}
    for line in lines:
        reasons.setdefault(line.agency_id, []).append(_reason(line, agencies))
    order = sorted(reasons, key=lambda pk: (pk != case.lead_agency_id, agencies[pk].name))
    return tuple(ReaderOfPart(agencies[pk], people.get(pk, 0), tuple(reasons[pk])) for pk in order)


_RESTS_ON = {
    RightReason.LEAD: lambda: _("Leder saken"),
    RightReason.CONSENT: lambda: _("Samtykke"),
    RightReason.DISCLOSURE: lambda: _("Delt på lovgrunnlag"),
    RightReason.BREAK_GLASS: lambda: _("Nødtilgang for én person"),
}


def _reason(line: Line, agencies: dict[int, Agency]) -> str:
    words = {"right": _RESTS_ON[line.reason](), "what": _what(line, agencies), "from": day(line.valid_from)}
    if line.valid_until is None:
        return _("%(right)s: %(what)s. Fra %(from)s.") % words
    local = line.valid_until.astimezone(clock.local_zone())
    if local.time() == dt.time.min:
        words["end"] = last_day(line.valid_until)
        return _("%(right)s: %(what)s. Fra %(from)s til og med %(end)s.") % words
    words["end"] = moment(line.valid_until)
    return _("%(right)s: %(what)s. Fra %(from)s til %(end)s.") % words


def _what(line: Line, agencies: dict[int, Agency]) -> str:
    """Whose words a right opens. The lead knows everybody who takes part, so all are named."""
    if line.received_only:
        return _("det som fulgte med meldingen")
    if line.givers is None:
        return _("uansett hvem som har skrevet det")
    if line.givers == (line.agency_id,):
        return _("det tjenesten selv har skrevet")
    return _("det %(givers)s har skrevet") % {"givers": listed(sorted(agencies[pk].name for pk in line.givers))}


def _lines(case: Case, at: dt.datetime) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, parts, givers, received_only, reason, valid_from, valid_until"
            " FROM samlos.case_readers(%s, %s)",
            [case.pk, at],
        )
        return [
            Line(agency_id, frozenset(parts), None if givers is None else tuple(sorted(givers)), received,
                 RightReason(reason), valid_from, valid_until)
            for agency_id, parts, givers, received, reason, valid_from, valid_until in cursor.fetchall()
        ]  # fmt: skip


def _people(case: Case, at: dt.datetime) -> dict[int, int]:
    level = CLEARANCE_ORDER.index(protection_level_at(case, at))
    cleared = [clearance.value for clearance in CLEARANCE_ORDER[level:]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, people FROM samlos.people_who_could_read(%s, %s, %s::varchar[], %s::varchar[])",
            [case.pk, at, [role.value for role in ANSWERING_ROLES], cleared],
        )
        return dict(cursor.fetchall())
