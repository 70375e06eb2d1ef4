"""No protected byte without its row: what cannot be logged is not answered, and what is answered is logged, once (G7)."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.test import Client
from psycopg import sql

from agencies.actors import Actor
from audit.enums import Outcome, Purpose
from audit.models import Event
from cases.enums import RightReason
from cases.models.sentence import IsOneOf
from tests import databases
from tests.access.surfaces import PROTECTED, Kind, Surface, ask, sorted_surfaces, text_of
from tests.access.world import FAMILY_NAME, RECEIVED, World, canary, world
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db

# Three look at every page there is, the others here and there.
EVERYWHERE = ("ingrid", "nora", "marte")
HERE_AND_THERE = ("mona", "nils", "stine", "siv", "frode", "oda", "rune", "aksel", "pia")
REQUESTS = 240
# What was done with what was looked at has a row of its own, with its purpose (tests/cases/test_insight.py).
DEEDS = {"insight.exported"}
# Of the item on the agenda, which bears several parts.
SAID_AT_THE_TABLE = ("zqspørsmål", "zqreferat", "zqbeslutning")
# Looking at these changes what is looked at later, or signs the reader out.
NOT_WALKED = {"open_reminder", "mark_reminders_seen", "mailbox_invitation"}


@contextmanager
def broken_log(owner_url: str) -> Iterator[None]:
    """Nobody can add to the log for as long as this lasts."""
    database = connections["default"].settings_dict["NAME"]
    role = sql.Identifier(connections["default"].settings_dict["USER"])
    with databases.connect(owner_url, database) as owner:
        owner.execute(sql.SQL("REVOKE INSERT ON audit_event FROM {}").format(role))
        try:
            yield
        finally:
            owner.execute(sql.SQL("GRANT INSERT ON audit_event TO {}").format(role))


def parts_by_word(known: World) -> dict[str, str]:
    """Each word that tells of a person, and the part it is of."""
    words = {canary(part, author, kind): part for part, author in known.authored() for kind in ("", "x")}
    return words | {FAMILY_NAME: "core", RECEIVED[0]: "crime", RECEIVED[1]: "substance_use", RECEIVED[2]: "contact"}


def shown(text: str, words: dict[str, str]) -> set[str]:
    """The parts of which something stands in the answer."""
    return {part for word, part in words.items() if word in text}


def surfaces_for(*kinds: Kind) -> list[Surface]:
    return [surface for surface in sorted_surfaces(*kinds) if surface.name not in NOT_WALKED]


def visit(client: Client, surface: Surface, known: World) -> tuple[int, str]:
    """Open it; the search looks for what is there to find."""
    if surface.name == "search":
        response = ask(client, surface, surface.url(known), "POST", {"words": "zqord"})
    else:
        response = ask(client, surface, surface.url(known))
    return response.status_code, text_of(response)


# --- what is answered is logged, once; and what cannot be logged is not answered --------------------------------------


def ids(events: list[Event]) -> set[uuid.UUID]:
    return {event.pk for event in events}


class Walker:
    """One of the cast who opens pages, and what the log then says of it."""

    def __init__(self, key: str, actor: Actor) -> None:
        self.key, self.actor = key, actor
        self.client = sign_in(Client(), actor)
        self.logged = ids([])
        self.told: set[str] = set()  # the pages that told something of a person
        self.new_events()

    def new_events(self) -> list[Event]:
        """What the log of the agency holds since the last time."""
        with acting_as(self.actor):
            found = list(Event.objects.filter(~IsOneOf("pk", self.logged), user_id=self.actor.user.pk))
        self.logged |= ids(found)
        return found

    def faults(self, surface: Surface, known: World, words: dict[str, str]) -> Iterator[str]:
        """Open one page, and tell what of it the log does not say right."""
        status, text = visit(self.client, surface, known)
        parts = shown(text, words)
        if status == 200 and parts:
            self.told.add(surface.name)
        events = self.new_events()
        at = f"{self.key} at {surface.name} ({status})"
        for event in events:
            if any(word in str(vars(event)) for word in (*words, *SAID_AT_THE_TABLE)):
                yield f"{at}: content in the log"
        if not parts:
            return
        reads = [event for event in events if self._is_a_reading(event, known)]
        if len(reads) != 1:
            yield f"{at}: {len(reads)} events of what was shown"
            return
        (event,) = reads
        if not parts <= set(event.parts):
            yield f"{at}: shows {sorted(parts - set(event.parts))} unlogged"
        if (event.user_id, event.agency_id) != (self.actor.user.pk, self.actor.agency.pk) or not event.role:
            yield f"{at}: the wrong reader"
        if not event.basis or not set(event.basis.split(",")) <= {*RightReason.values, "author"}:
            yield f"{at}: on the basis {event.basis!r}"
        if event.outcome != Outcome.ALLOWED or event.request_id is None:
            yield f"{at}: {event.outcome}"

    @staticmethod
    def _is_a_reading(event: Event, known: World) -> bool:
        """Whether it says that somebody looked at the case. That its log was put on paper is told beside (`DEEDS`)."""
        is_about = event.case_id == known.case_id or known.case_id in event.case_ids
        return is_about and event.purpose in Purpose.values and event.kind not in DEEDS


@pytest.mark.parametrize("key", EVERYWHERE)
def test_every_page_has_its_row_and_when_the_log_cannot_be_written_none_tells_anything(
    cast: Cast, owner_url: str, key: str
) -> None:
    known = world(cast)
    words = parts_by_word(known)
    walker = Walker(key, getattr(cast, key))
    surfaces = surfaces_for(*PROTECTED, Kind.OWN)

    faults = {fault for surface in surfaces for fault in walker.faults(surface, known, words)}
    assert faults == set()
    assert len(walker.told) > 5, "the probe is blind"

    with broken_log(owner_url):
        after = {surface.name: visit(walker.client, surface, known) for surface in surfaces}
    told = {
        name for name, (_status, text) in after.items() if any(word in text for word in (*words, *SAID_AT_THE_TABLE))
    }
    answered = {name: after[name][0] for name in walker.told if after[name][0] != 503}
    assert (told, answered) == (set(), {})


def test_everything_that_is_shown_to_anybody_has_exactly_one_row_that_says_what_to_whom_and_why(cast: Cast) -> None:
    known = world(cast)
    words = parts_by_word(known)
    walkers = [Walker(key, getattr(cast, key)) for key in HERE_AND_THERE]
    surfaces = surfaces_for(*PROTECTED, Kind.OWN)
    pick = random.Random(20261122)  # noqa: S311 (which page, not whose key)
    steps = [(pick.choice(walkers), pick.choice(surfaces)) for _step in range(REQUESTS)]

    faults = {fault for walker, surface in steps for fault in walker.faults(surface, known, words)}

    assert faults == set()


def test_when_the_log_cannot_be_written_nothing_of_a_case_can_be_changed(cast: Cast, owner_url: str) -> None:
    known = world(cast)
    client = sign_in(Client(), cast.ingrid)

    with broken_log(owner_url):
        answers = {
            surface.name: ask(client, surface, surface.url(known), "POST").status_code
            for surface in surfaces_for(Kind.CASE)
        }

    assert {name: status for name, status in answers.items() if status not in {503, 405}} == {}
    assert list(answers.values()).count(503) > 20
