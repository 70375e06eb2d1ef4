"""What upper apps add to pages of this one, registered at start-up: tabs of a case, facts of its header, rows of "Min dag",
and numbers of the weekly report.

A lower app never asks upward (design.md): it offers a place, and they come.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from agencies.actors import Actor
from agencies.models import Agency
from cases import emergency
from cases.models import Case


@dataclass(frozen=True)
class Tab:
    """A section of the case with an address of its own: `url_name` takes the case's id as `case_id`."""

    code: str
    label: str | Promise
    url_name: str
    order: int
    shown_to: Callable[[Actor, Case], bool] = lambda actor, case: True


@dataclass(frozen=True)
class HeaderFact:
    """One fact of the case header, in words: what it is about, the fact, and a line below it."""

    label: str | Promise
    text: str | Promise
    note: str | Promise = ""


@dataclass(frozen=True)
class DayRow:
    """One row of "Min dag": when, what, which case, and one action. `due_at` None: without a deadline, shown as new."""

    due_at: dt.datetime | None
    title: str | Promise
    context: str
    action: str | Promise
    url: str
    # Something to be at (a meeting) is not late when its time has passed; something to do is.
    is_appointment: bool = False
    # The case it is about, for the log of what was shown (G7); None for a row about none or about several.
    case_id: uuid.UUID | None = None
    # The part its words are of, beyond the core: a measure's title tells what the measure is about.
    part: str = ""


_tabs: list[Tab] = []
_header_facts: list[Callable[[Actor, Case], HeaderFact | None]] = []
_day_sources: list[Callable[[Actor], Iterable[DayRow]]] = []
_closers: list[Callable[[Case, Actor], None]] = []
_contribution_sources: list[Callable[[Actor], Iterable["Contribution"]]] = []


@dataclass(frozen=True)
class Contribution:
    """Something the agency wrote itself, found again under "Våre bidrag": a label and its own words, no state."""

    at: dt.datetime
    case_label: str
    kind: str | Promise
    text: str
    part: str
    # Lets the page link to the case for as long as it is visible; never shown.
    case_id: uuid.UUID | None = None


@dataclass(frozen=True)
class ReportFigure:
    """One number of the weekly report of who can see what: its words, and where more of it stands. `waits` is one that stood
    when the report was made, not one of the week; `sticks_out` puts it first on the page.
    """

    code: str
    label: str | Promise
    url_name: str = ""
    waits: bool = False
    sticks_out: bool = False


@dataclass(frozen=True)
class ReportSource:
    """The numbers an app brings to the weekly report. `count(agency, since, until)` is asked on the agency's behalf and
    answers (code, level, number): `level` is the protection level of those the number is about, "" when about nobody.
    """

    figures: tuple[ReportFigure, ...]
    count: Callable[[Agency, dt.datetime, dt.datetime], Iterable[tuple[str, str, int]]]


_report_sources: list[ReportSource] = []


def register_report_source(source: ReportSource) -> None:
    if source not in _report_sources:
        _report_sources.append(source)


def report_sources() -> list[ReportSource]:
    """Every source of the weekly report, in the order of their figures on the page."""
    return list(_report_sources)


def register_tab(tab: Tab) -> None:
    if tab.code not in {known.code for known in _tabs}:
        _tabs.append(tab)


def register_header_fact(source: Callable[[Actor, Case], HeaderFact | None]) -> None:
    _header_facts.append(source)


def register_day_rows(source: Callable[[Actor], Iterable[DayRow]]) -> None:
    _day_sources.append(source)


def register_contributions(source: Callable[[Actor], Iterable[Contribution]]) -> None:
    _contribution_sources.append(source)


def register_on_close(closer: Callable[[Case, Actor], None]) -> None:
    """`closer(case, by)` ends what an upper app holds of a case that has just been closed (T13), in the closing's own
    transaction: rights first of all. It must not change the case's state.
    """
    if closer not in _closers:
        _closers.append(closer)


def closed(case: Case, by: Actor) -> None:
    """Tell the upper apps that `case` was closed."""
    for closer in _closers:
        closer(case, by)


def tabs_for(actor: Actor, case: Case) -> list[Tab]:
    """The sections of `case` this actor has something to find in, in order."""
    tabs = [tab for tab in _tabs if not case.opened_by_glass or emergency.is_open(tab.url_name)]
    return sorted((tab for tab in tabs if tab.shown_to(actor, case)), key=lambda tab: tab.order)


def header_facts_for(actor: Actor, case: Case) -> list[HeaderFact]:
    """What upper apps say in the header of `case`."""
    return [fact for source in _header_facts if (fact := source(actor, case)) is not None]


def day_rows_for(actor: Actor) -> list[DayRow]:
    """Everything that waits for this actor, soonest first; each source asks its own `visible_to`."""
    rows = [row for source in _day_sources for row in source(actor)]
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at))


def contributions_of(actor: Actor) -> list[Contribution]:
    """What the actor's agency wrote, from every app, newest first."""
    rows = [row for source in _contribution_sources for row in source(actor)]
    return sorted(rows, key=lambda row: row.at, reverse=True)
