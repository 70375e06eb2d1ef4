"""What one reader finds of a meeting at this instant: the same for page, print, "Min dag" and the case's own section.

Everything comes from `heard_by`; lists ask a constant number of questions however long they are.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import connection

from agencies.actors import Actor
from agencies.models import Agency
from cases.enums import EntryKind, RightReason
from cases.models import CaseAccess, Entry
from meetings.enums import ItemState
from meetings.models import CaseItem, CaseItemQuerySet, GeneralItem, ItemDecision, ItemMinutes, Meeting
from meetings.services.follow_up import SOURCE


@dataclass(frozen=True)
class Unheard:
    """An item the convening agency may not hear: that there is one, and its time."""

    id: uuid.UUID
    meeting_id: uuid.UUID
    state: ItemState
    starts_at: dt.datetime | None
    minutes: int

    @property
    def ends_at(self) -> dt.datetime | None:
        return self.starts_at + dt.timedelta(minutes=self.minutes) if self.starts_at else None


@dataclass
class Line:
    """One line of a reader's agenda, with everything said of it that this reader may know."""

    number: int
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    item: CaseItem | None = None  # None: an item the reader, who convenes, may not hear
    why_until: dt.datetime | None = None
    leads: bool = False
    statuses: list[Entry] = field(default_factory=list)
    minutes: list[ItemMinutes] = field(default_factory=list)
    decisions: list[ItemDecision] = field(default_factory=list)
    hearers: list[Agency] = field(default_factory=list)
    unheard: Unheard | None = None
    own_status: Entry | None = None
    # Of the hearers that are asked for a status, how many have given one; the convenor leads and is not asked.
    asked: list[Agency] = field(default_factory=list)

    # Whether the reader hears it now; the case's section also shows the lead what has lost its basis.
    heard: bool = True
    # The form for its time, when the reader decides that (set by the page).
    slot: object | None = None

    @property
    def id(self) -> uuid.UUID | None:
        """The item's id, heard or not."""
        if self.item is not None:
            return self.item.pk
        return self.unheard.id if self.unheard else None

    @property
    def length(self) -> int:
        """Minutes."""
        known = self.item or self.unheard
        return known.minutes if known else 0

    @property
    def updated(self) -> int:
        told = {status.author_agency_id for status in self.statuses}
        return sum(agency.pk in told for agency in self.asked)


@dataclass
class Agenda:
    """A meeting's agenda as one reader may know it: no gaps, no counts of anything else."""

    general: list[GeneralItem]
    lines: list[Line]
    proposed: list[Line]

    @property
    def expected(self) -> list[tuple[dt.datetime, dt.datetime]]:
        """When the reader is expected: the times of what it hears, joined where they meet."""
        slots: list[tuple[dt.datetime, dt.datetime]] = []
        for line in self.lines:
            if line.item is None or line.starts_at is None or line.ends_at is None:
                continue
            if slots and slots[-1][1] >= line.starts_at:
                slots[-1] = (slots[-1][0], max(slots[-1][1], line.ends_at))
            else:
                slots.append((line.starts_at, line.ends_at))
        return slots

    @property
    def items(self) -> list[CaseItem]:
        return [line.item for line in [*self.lines, *self.proposed] if line.item is not None]


def agenda_for(meeting: Meeting, actor: Actor) -> Agenda:
    """What `actor` finds on the agenda of a meeting they have a seat at. Whoever convenes also sees what is proposed."""
    convenes = meeting.is_convened_by(actor.agency)
    states = [ItemState.ACCEPTED, ItemState.PROPOSED] if convenes else [ItemState.ACCEPTED]
    items = list(_with_case(meeting.case_items.heard_by(actor).filter(state__in=states).in_order()))
    general = list(meeting.general_items.filter(removed_at=None).order_by("added_at", "pk"))
    found = _filled(items, actor)
    unheard = unheard_items([meeting]) if convenes else []
    found += [Line(0, row.starts_at, row.ends_at, unheard=row) for row in unheard]
    on_agenda = sorted((line for line in found if _state(line) == ItemState.ACCEPTED), key=_when)
    for number, line in enumerate(on_agenda, start=len(general) + 1):
        line.number = number
    return Agenda(general, on_agenda, [line for line in found if _state(line) == ItemState.PROPOSED])


def lines_of_case(items: Iterable[CaseItem], actor: Actor) -> list[Line]:
    """The same for items of one case at several meetings, as the case's own section shows them."""
    return _filled(list(items), actor)


def line_for(item: CaseItem, actor: Actor) -> Line:
    """One item the actor hears, with all that is said of it."""
    (line,) = _filled([item], actor)
    return line


def heard_item(item_id: uuid.UUID, actor: Actor) -> CaseItem | None:
    """An item `actor` hears now; None for any other, as for one that is not there."""
    return _with_case(CaseItem.objects.heard_by(actor).filter(pk=item_id)).first()


def hearers_of(items: Collection[CaseItem]) -> dict[uuid.UUID, list[Agency]]:
    """Who hears each item, for those who must know: the case's lead and whoever convenes and hears it."""
    found: dict[uuid.UUID, list[Agency]] = defaultdict(list)
    if not items:
        return found
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id, agency_id FROM samlos.hearers(%s)", [[item.pk for item in items]])
        rows = cursor.fetchall()
    agencies = Agency.objects.in_bulk([agency_id for _item, agency_id in rows])
    for item_id, agency_id in rows:
        found[item_id].append(agencies[agency_id])
    for known in found.values():
        known.sort(key=lambda agency: agency.name)
    return found


def unheard_items(meetings: Collection[Meeting]) -> list[Unheard]:
    """What the convening agency knows of items it may not hear. Empty for everybody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, meeting_id, state, starts_at, minutes FROM samlos.unheard_items(%s)",
            [[meeting.pk for meeting in meetings]],
        )
        return [Unheard(row[0], row[1], ItemState(row[2]), row[3], row[4]) for row in cursor.fetchall()]


def newest_minutes(item: CaseItem, agency: Agency) -> ItemMinutes | None:
    """What counts of the agency's minutes of this item."""
    return item.written_minutes.filter(author_agency=agency).order_by("-number").first()


def _with_case(items: CaseItemQuerySet) -> CaseItemQuerySet:
    """Beside the question who may hear, in queries of their own: joined into it they cost 40 ms of planning."""
    return items.prefetch_related(
        "case__person", "case__lead_agency", "case__programme_version", "meeting__programme_version", "author_agency"
    )


def _filled(items: list[CaseItem], actor: Actor) -> list[Line]:
    ids = [item.pk for item in items]
    rights = _ends_of_consent(items, actor)
    statuses = _by_item(
        Entry.objects.readable_by(actor)
        .filter(source_type=SOURCE, source_id__in=ids, kind=EntryKind.STATUS, superseded_by=None)
        .prefetch_related("author", "author_agency")
        .order_by("author_agency__name", "-created_at"),
        "source_id",
    )
    minutes = _by_item(
        ItemMinutes.objects.of_heard(items, actor)
        .order_by("item_id", "author_agency_id", "-number")
        .distinct("item_id", "author_agency_id")
        .prefetch_related("author", "author_agency"),
        "item_id",
    )
    decisions = _by_item(
        ItemDecision.objects.of_heard(items, actor)
        .filter(removed_at=None)
        .prefetch_related("owner", "author_agency")
        .order_by("due_on", "created_at", "pk"),
        "item_id",
    )
    hearers = hearers_of(items)
    return [
        Line(
            number=0,
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            item=item,
            why_until=rights.get(item.case_id),
            leads=item.case.is_led_by(actor.agency),
            statuses=statuses[item.pk],
            own_status=next((row for row in statuses[item.pk] if row.author_agency_id == actor.agency.pk), None),
            minutes=minutes[item.pk],
            decisions=decisions[item.pk],
            hearers=hearers[item.pk],
            asked=[agency for agency in hearers[item.pk] if agency.pk != item.meeting.convenor_id],
        )
        for item in items
    ]


def _by_item(rows: Iterable, attribute: str) -> dict[uuid.UUID, list]:  # type: ignore[type-arg]
    grouped: dict[uuid.UUID, list] = defaultdict(list)  # type: ignore[type-arg]
    for row in rows:
        grouped[getattr(row, attribute)].append(row)
    return grouped


def _ends_of_consent(items: list[CaseItem], actor: Actor) -> dict[uuid.UUID, dt.datetime]:
    """Until when the consent lets the actor hear of each case: the first of its lines to end."""
    lines = CaseAccess.objects.in_force_for(actor).filter(
        case__in=[item.case_id for item in items], reason=RightReason.CONSENT
    )
    ends: dict[uuid.UUID, dt.datetime] = {}
    for case_id, until in lines.values_list("case_id", "valid_until"):
        if until is not None:
            ends[case_id] = min(until, ends.get(case_id, until))
    return ends


def _state(line: Line) -> ItemState:
    return ItemState(line.item.state) if line.item else line.unheard.state  # type: ignore[union-attr]


def _when(line: Line) -> tuple[dt.datetime, bool]:
    """What is on the agenda has its time: the database says so. Of two at once, the one that can be named comes first."""
    if line.starts_at is None:
        raise ValueError("A line of the agenda has its time.")
    return line.starts_at, line.item is None
