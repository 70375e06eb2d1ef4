"""The first lock alone: row-level security is taken away, and what Django asks refuses by itself.

Everywhere else both locks refuse the same, so that one could be missing and nobody would see.
"""

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest

from agencies.enums import Part
from audit import clock
from cases.enums import EntryKind
from cases.models import Case, Entry
from cases.services import assignments, entries
from meetings.models import CaseItem, ItemDecision, ItemMinutes
from meetings.services import calling, minutes
from tests import databases, stories
from tests.cast import Cast, acting_as
from tests.meetings.tables import called, on_agenda, staffed

SCOPES = {"hvk-ost": ("economy", "occupation_school"), "nav": ("economy", "occupation_school"),
          "stavne": ("occupation_school",), "slt": ("economy", "occupation_school")}  # fmt: skip
WITHOUT_A_RIGHT = ("aksel", "leif", "vidar", "hanne", "sara", "frode", "kari", "bente")


@pytest.fixture
def unlocked(own_database: str, owner_url: str) -> Callable[[], None]:
    """Takes the second lock away in a database of the test's own."""

    def unlock() -> None:
        with databases.connect(owner_url, own_database) as owner:
            for (table,) in owner.execute("SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity").fetchall():
                owner.execute(
                    psycopg.sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(psycopg.sql.SQL(table))
                )

    return unlock


@pytest.mark.req("U23-21")
def test_content_without_its_part_or_its_author_is_not_read(cast: Cast, unlocked: Callable[[], None]) -> None:
    case = stories.consented(cast, givers=("hvk-ost",))
    staffed(case, cast.nora)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    for actor, part, text in (
        (cast.ingrid, Part.ECONOMY, "Gjeld"),
        (cast.ingrid, Part.HEALTH, "Søvn"),
        (cast.nora, Part.ECONOMY, "Stønad"),
    ):
        with acting_as(actor):
            entries.write(case, kind=EntryKind.NOTE, part=part, text=text, by=actor)
    unlocked()

    for actor, reads in (
        (cast.ingrid, {"Gjeld", "Søvn"}),
        (cast.mona, {"Gjeld", "Søvn"}),
        (cast.oda, {"Gjeld", "Søvn"}),
        (cast.nora, {"Gjeld"}),
        (cast.nils, {"Gjeld"}),
        (cast.leif, set()),
        (cast.sara, set()),
        (cast.hanne, set()),
    ):
        with acting_as(actor):
            written = Entry.objects.filter(case=case, kind=EntryKind.NOTE)
            assert written.count() == 3, "the second lock is away"
            assert {entry.text for entry in written.readable_by(actor)} == reads, actor.user.name


def test_a_case_without_a_right_is_not_there(cast: Cast, unlocked: Callable[[], None]) -> None:
    case = stories.consented(cast)
    unlocked()

    for key in WITHOUT_A_RIGHT:
        actor = getattr(cast, key)
        with acting_as(actor):
            assert Case.objects.filter(pk=case.pk).exists(), "the second lock is away"
            assert not Case.objects.visible_to(actor).exists(), key
            assert not Case.objects.filter(pk=case.pk).worked_on_by(actor).exists(), key
            assert not Entry.objects.readable_by(actor).exists(), key


def held_with_minutes(cast: Cast, shift_clock: Callable[..., None]) -> tuple[CaseItem, CaseItem]:
    """The same case taken up at two meetings that are held, about the economy and about school, with minutes of both."""
    case = stories.consented(cast, scopes=SCOPES, forum=("slt", "hvk-ost", "nav", "stavne"))
    first, second = called(cast, days=10), called(cast, days=11)
    staffed(case, cast.nora, cast.stine)
    economy = on_agenda(cast, case, first, Part.ECONOMY)
    school = on_agenda(cast, case, second, Part.OCCUPATION_SCHOOL)
    shift_clock(days=11, hours=13)
    with acting_as(cast.marte):
        for meeting in (first, second):
            calling.hold(meeting, by=cast.marte)
        for item in (economy, school):
            minutes.write_minutes(item, by=cast.marte, text="Referat")
    return economy, school


@pytest.mark.req("LIL-23")
def test_minutes_are_not_heard_without_their_item_nor_an_item_without_its_parts(
    cast: Cast, unlocked: Callable[[], None], shift_clock: Callable[..., None]
) -> None:
    economy, school = held_with_minutes(cast, shift_clock)
    due_on = clock.today() + dt.timedelta(days=14)
    with acting_as(cast.marte):
        for item in (economy, school):
            minutes.decide(item, by=cast.marte, what="Søke", owner=cast.agency("nav"), due_on=due_on)
    unlocked()

    for actor, items in (
        (cast.marte, {economy, school}),
        (cast.nora, {economy, school}),
        (cast.ingrid, {economy, school}),
        (cast.stine, {school}),
        (cast.leif, set()),
        (cast.oda, set()),
        (cast.sara, set()),
    ):
        with acting_as(actor):
            assert (CaseItem.objects.count(), ItemMinutes.objects.count(), ItemDecision.objects.count()) == (2, 2, 2)
            assert set(CaseItem.objects.heard_by(actor)) == items, actor.user.name
            assert {row.item for row in ItemMinutes.objects.heard_by(actor)} == items, actor.user.name
            assert {row.item for row in ItemDecision.objects.heard_by(actor)} == items, actor.user.name


@pytest.mark.req("LIL-23")
def test_minutes_are_heard_only_by_those_who_may_know_their_parts_and_hear_their_item(
    cast: Cast, unlocked: Callable[[], None], owner_url: str, own_database: str, shift_clock: Callable[..., None]
) -> None:
    economy, school = held_with_minutes(cast, shift_clock)
    unlocked()
    with databases.connect(owner_url, own_database) as owner:
        owner.execute("ALTER TABLE meetings_itemminutes DISABLE TRIGGER USER")
        for item, part in ((economy, Part.OCCUPATION_SCHOOL), (school, Part.ECONOMY)):
            owner.execute("UPDATE meetings_itemminutes SET parts = %s WHERE item_id = %s", [[str(part)], item.pk])

    for actor, hears in ((cast.marte, 2), (cast.nora, 2), (cast.stine, 0)):
        with acting_as(actor):
            assert ItemMinutes.objects.heard_by(actor).count() == hears, actor.user.name
