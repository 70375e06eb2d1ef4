"""The very next request after a right has ended has nothing, on every surface, however warm everything was (G3)."""

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.access import states, surfaces
from tests.access.states import STATES, end_membership, end_shared, revoke, take_from
from tests.access.stillness import stay_signed_in, undone
from tests.access.surfaces import Kind, Surface, ask, leaks
from tests.access.world import Terms, World
from tests.cast import Cast, sign_in

Shift = Callable[..., None]


def by_consent(cast: Cast, known: World, shift: Shift) -> None:
    revoke(cast, known)


def by_the_clock(cast: Cast, known: World, shift: Shift) -> None:
    shift(days=states.CLOCK_MOVED)


def by_membership(cast: Cast, known: World, shift: Shift) -> None:
    end_membership(cast, "nora")


def by_disabling(cast: Cast, known: World, shift: Shift) -> None:
    user = cast.nora.user
    user.is_active = False
    user.save(update_fields=["is_active"])


def by_conflict(cast: Cast, known: World, shift: Shift) -> None:
    states.declare(cast, known, "nora")


def by_assignment(cast: Cast, known: World, shift: Shift) -> None:
    take_from(cast, known)


def by_disclosure(cast: Cast, known: World, shift: Shift) -> None:
    end_shared(cast, known)


# How a right ends, by the state in which it was in force.
ENDINGS: dict[str, tuple[Callable[[Cast, World, Shift], None], ...]] = {
    "active": (by_consent, by_the_clock, by_membership, by_disabling, by_conflict, by_assignment),
    "disclosure": (by_disclosure, by_the_clock, by_membership),
}
# Not pages of their own, or changed by being asked for.
NOT_WARMED = {"mark_reminders_seen", "open_reminder", "mailbox_invitation"}
MOST_READ = ("cases:detail", "cases:entry", "actionplans:detail", "cases:list", "home", "search", "meetings:case")
# A browser that kept an answer asks whether it still holds.
KEPT = {"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}


class Warm:
    """Nora with every surface that opens to her warm: each asked twice, the second time as a browser that kept the first."""

    def __init__(self, cast: Cast, known: World, *, only: tuple[str, ...] = ()) -> None:
        self.known = known
        self.client = sign_in(Client(), cast.nora)
        found = surfaces.sorted_surfaces(Kind.CASE, Kind.ITEM, Kind.OWN)
        wanted = [each for each in found if not only or each.name in only]
        self.opened = [each for each in wanted if each.name not in NOT_WARMED and self.warm(each)]
        # Her own agency's words she finds again for as long as she works there; the rest of the case is gone.
        gone = World(known.case_id, known.things, known.instead, Terms(assigned=known.terms.assigned))
        self.forbidden = gone.forbidden_words("nora", "nav")

    def warm(self, surface: Surface) -> bool:
        """Ask twice. Whether it answers with something."""
        if self.ask(surface).status_code != 200:
            return False
        again = self.ask(surface)
        assert again.status_code == 200, f"{surface.name}: {again.status_code} for what a browser kept"
        return True

    def ask(self, surface: Surface) -> HttpResponse:
        """Nora asks, saying that she has an answer already."""
        url = surface.url(self.known)
        if surface.name == "search":
            return ask(self.client, surface, url, "POST", {"words": "zqord"}, headers=KEPT)
        return ask(self.client, surface, url, headers=KEPT)

    def next_request(self, surface: Surface) -> list[str]:
        """What is wrong with the answer now that the right has ended."""
        response = self.ask(surface)
        wrong = [f"{surface.name}: {word}" for word in leaks(response, self.forbidden)]
        if response.status_code == 304 or (surface.kind in {Kind.CASE, Kind.ITEM} and response.status_code == 200):
            wrong.append(f"{surface.name}: {response.status_code}")
        return wrong

    @contextmanager
    def afterwards(self) -> Iterator[None]:
        """What happens inside is undone: in the database, and in what the browser remembers of its session."""
        cookies = copy.deepcopy(self.client.cookies)
        with undone():
            yield
        self.client.cookies = cookies


def scenarios(cast: Cast, shift: Shift, state: str, *, count: int, asked: int, only: tuple[str, ...] = ()) -> list[str]:
    """`count` endings, after each the next `asked` surfaces of those that had opened, and all of them in turn."""
    known = STATES[state](cast, shift)
    warm = Warm(cast, known, only=only)
    assert {"cases:detail", "actionplans:detail", "cases:list", "home", "search"} <= {each.name for each in warm.opened}
    turn = itertools.cycle(warm.opened)
    wrong = []
    for number in range(count):
        end = ENDINGS[state][number % len(ENDINGS[state])]
        with warm.afterwards():
            end(cast, known, shift)
            for surface in itertools.islice(turn, asked):
                wrong += [f"{end.__name__} · {found}" for found in warm.next_request(surface)]
        shift(days=0)
        # What a cache would have learnt from the refusals, it learns anew from an answer.
        again = warm.opened[(number * asked) % len(warm.opened)]
        assert warm.ask(again).status_code == 200, again.name
    return wrong


@pytest.mark.req("SIG-63")
@pytest.mark.parametrize(("state", "count", "only"), [("active", 85, ()), ("disclosure", 15, MOST_READ)])
def test_the_very_next_request_has_nothing(
    cast: Cast, shift_clock: Shift, state: str, count: int, only: tuple[str, ...]
) -> None:
    assert scenarios(cast, shift_clock, state, count=count, asked=1, only=only) == []


@pytest.mark.deep
@pytest.mark.parametrize(("state", "count"), [("active", 1500), ("disclosure", 500)])
def test_the_very_next_request_has_nothing_anywhere(
    cast: Cast, shift_clock: Shift, settings: Any, state: str, count: int
) -> None:
    stay_signed_in(settings)
    assert scenarios(cast, shift_clock, state, count=count, asked=15) == []
