"""The list of cases, a page at a time: first those the agency leads, the soonest deadline first; then the others, by what
last happened that the agency may read, for their deadlines are their lead's own.

Walked along two indexes, so that a page costs the same among a thousand cases and 300,000 (access.md), and a deadline does
not fall off the end of a long list. Written as SQL, like the sentence: by way of models, asking took three times as long as
answering.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from agencies.actors import Actor
from cases.enums import CaseState
from cases.models.sentence import IsThere, IsWorkedOn, lines_of

# As many deadlines as nearly always fill a page and the count.
NEAR = 200

# Keeps the database from reading all the lines and sorting them: it walks them in their order until the page is full.
_AS_A_WALK = "OFFSET 0"
# Every id is at or above it. Planning for any agency, the database takes an agency to have few lines and would rather sort
# them all than go through the ids in their index; asked from an id on, it goes through the index.
_LOWEST = uuid.UUID(int=0)
_LED = "c.lead_agency_id = %s AND c.due_at IS NOT NULL"
_NEWEST = "SELECT max(a.activity_at) FROM ({lines}) a WHERE a.case_id = {case}"


@dataclass(frozen=True)
class Place:
    """Where in the list a case stands: by its deadline among those led, or by its activity among the others."""

    case_id: uuid.UUID
    due_at: dt.datetime | None
    activity_at: dt.datetime | None


class CaseList:
    """The cases `actor` may know of (`CaseQuerySet.visible_to`): in this state, or any but closed; if `late`, those past a
    deadline of the agency's own; and of them `only` these ids.

    Who does not answer for the agency's cases names their few with `only`: the whole agency's lines are not walked. What
    such a one reads on a break-glass alone is not led by theirs (`Case.is_led_by`), so its deadline orders nothing.
    """

    def __init__(
        self,
        actor: Actor,
        *,
        state: CaseState | None = None,
        late: bool = False,
        only: Iterable[uuid.UUID] | None = None,
    ) -> None:
        self.actor = actor
        self.agency = actor.agency.pk
        self.only = None if only is None else list(only)
        self.is_led: tuple[str, list[Any]] = (_LED, [self.agency])
        if not actor.answers_for_agency:
            worked_on, of_worked_on = IsWorkedOn("pk", actor=actor).condition("c.id")
            self.is_led = (f"{_LED} AND {worked_on}", [self.agency, *of_worked_on])
        words, values = ("c.state = %s", [state.value]) if state else ("c.state <> %s", [CaseState.CLOSED.value])
        if late:
            led, of_led = self.is_led
            words, values = f"{words} AND {led} AND c.due_at <= (SELECT samlos.now())", [*values, *of_led]
        is_there = IsThere("pk", actor=actor, row_by_row=True)
        there, more = is_there.condition("c.id")
        self.let_through: tuple[str, list[Any]] = (f"{words} AND {there}", [*values, *more])
        open_to, more = is_there.open_to_a_line("c.id")
        self.let_through_by_line: tuple[str, list[Any]] = (f"{words} AND {open_to}", [*values, *more])

    def ids(self, limit: int, *, after: Place | None = None) -> list[uuid.UUID]:
        """The first `limit` of them, or the first below a place."""
        return [case_id for (case_id,) in _rows(*self._first(limit, after))]

    def place(self, case_id: uuid.UUID) -> Place | None:
        """Where this case stands, or nothing when it is not in the list (any longer)."""
        if self.only is not None and case_id not in self.only:
            return None
        led, of_led = self.is_led
        lines, line_values = lines_of(self.actor)
        words, values = self.let_through
        newest = _NEWEST.format(lines=lines, case="c.id")
        sql = f"SELECT CASE WHEN {led} THEN c.due_at END, ({newest}) FROM cases_case c WHERE c.id = %s AND {words}"  # noqa: S608
        for due_at, activity_at in _rows(sql, [*of_led, *line_values, case_id, *values]):
            return Place(case_id, due_at, activity_at)
        return None

    def count(self, most: int) -> int:
        """How many they are, but no more than `most`. The others need no order here, so each stands where its id does."""
        walks = [*self._led(None), self._counted_others()]
        sql, values = _one_after_the_other(walks, most)
        ((count,),) = _rows(f"SELECT count(*) FROM ({sql}) AS counted", values)  # noqa: S608
        return int(count)

    def _first(self, limit: int, after: Place | None) -> tuple[str, list[Any]]:
        """The ids in the list's order: the led, then the others."""
        led_are_passed = after is not None and after.due_at is None
        return _one_after_the_other([*([] if led_are_passed else self._led(after)), self._others(after)], limit)

    def _led(self, place: Place | None) -> Iterator[tuple[str, list[Any]]]:
        """First the nearest deadlines, then the others: asked for all of them at once, the database sorts them all."""
        led, walk_values = self.is_led
        only, ids = self._only("c.id")
        walk, walk_values = f"SELECT c.* FROM cases_case c WHERE {led} {only}", [*walk_values, *ids]  # noqa: S608
        if place:
            walk, walk_values = f"{walk} AND (c.due_at, c.id) > (%s, %s)", [*walk_values, place.due_at, place.case_id]
        words, values = self.let_through
        for some in (f"LIMIT {NEAR:d}", f"OFFSET {NEAR:d}"):
            walked = f"{walk} ORDER BY c.due_at, c.id {some}"
            yield f"SELECT c.id FROM ({walked}) c WHERE {words}", [*walk_values, *values]  # noqa: S608

    def _counted_others(self) -> tuple[str, list[Any]]:
        """Those `_others` walks, each once however many its lines: by their cases' ids, so that none need be sorted and no
        newest line be found.
        """
        led, of_led = self.is_led
        lines, values = lines_of(self.actor)
        words, more = self.let_through_by_line
        only, ids = self._only("w.case_id")
        walk = (
            f"SELECT DISTINCT w.case_id FROM ({lines}) w WHERE w.case_id >= %s {only} ORDER BY w.case_id {_AS_A_WALK}"  # noqa: S608
        )
        sql = f"SELECT c.id FROM ({walk}) w JOIN cases_case c ON c.id = w.case_id WHERE NOT ({led}) AND {words}"  # noqa: S608
        return sql, [*values, _LOWEST, *ids, *of_led, *more]

    def _only(self, column: str) -> tuple[str, list[Any]]:
        """The condition, with its AND, that keeps to the ids named."""
        return ("", []) if self.only is None else (f"AND {column} IN (SELECT unnest(%s::uuid[]))", [self.only])

    def _others(self, place: Place | None) -> tuple[str, list[Any]]:
        """A case with several lines stands where its newest one does."""
        led, of_led = self.is_led
        lines, line_values = lines_of(self.actor)
        newest = _NEWEST.format(lines=lines, case="w.case_id")
        only, ids = self._only("w.case_id")
        walk = f"SELECT DISTINCT w.activity_at, w.case_id FROM ({lines}) w WHERE true {only}"  # noqa: S608
        walk_values = [*line_values, *ids]
        if place and place.due_at is None:
            walk = f"{walk} AND (w.activity_at, w.case_id) < (%s, %s)"
            walk_values += [place.activity_at, place.case_id]
        walk = f"{walk} ORDER BY w.activity_at DESC, w.case_id DESC {_AS_A_WALK}"
        words, values = self.let_through_by_line
        sql = (
            f"SELECT c.id FROM ({walk}) w JOIN cases_case c ON c.id = w.case_id"  # noqa: S608
            f" WHERE NOT ({led}) AND w.activity_at = ({newest}) AND {words}"
            " ORDER BY w.activity_at DESC, w.case_id DESC"
        )
        return sql, [*walk_values, *of_led, *line_values, *values]


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _one_after_the_other(walks: list[tuple[str, list[Any]]], limit: int) -> tuple[str, list[Any]]:
    """The walks until there are enough ids: what is not needed is never begun. No query with a LIMIT of its own is run in
    parallel, so they keep their order.
    """
    sql = " UNION ALL ".join(f"({walk} LIMIT {limit:d})" for walk, _values in walks)
    sql = f"SELECT listed.id FROM ({sql}) AS listed LIMIT {limit:d}"  # noqa: S608
    return sql, [value for _walk, values in walks for value in values]
