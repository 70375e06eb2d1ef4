"""Revoking while somebody reads or writes: whatever the two do in between, no transaction that begins after the revocation's
commit answers with content, and nothing is written once the revocation stands (G4).

The request runs in a thread of its own and is stopped at one place inside; the revocation is then made in another, and the
request let go. Each has its own connection and commits for real.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from agencies.middleware import OneTransaction
from cases.services import entries
from cases.views import overview
from tests import databases, stories
from tests.access.states import case_of, revoke
from tests.access.world import AT_THE_TABLE, NAV, OTHERS, World, canary, world
from tests.cast import Cast, sign_in

LONG = 20  # seconds: longer than anything here takes, so that a test that hangs says so
A_MOMENT = 0.25  # seconds in which the revocation is left alone before anybody asks how far it has come


class Stop:
    """A place where the request waits until it is let go."""

    def __init__(self) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()

    def here(self) -> None:
        """Called by the request: say that it is here, and wait. Only the first time."""
        if not self.reached.is_set():
            self.reached.set()
            assert self.let_go.wait(LONG)


@contextmanager
def stopped_before(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> Iterator[Stop]:
    """While inside, the next call of `owner.name` waits at its door."""
    stop, known = Stop(), getattr(owner, name)

    def waiting(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            stop.here()
        return known(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, staticmethod(waiting) if isinstance(owner, type) else waiting)
        yield stop


class Request(threading.Thread):
    """One request of a signed-in person, on a connection of its own."""

    def __init__(self, client: Client, url: str, body: dict[str, str] | None) -> None:
        super().__init__(daemon=True)
        self.client, self.url, self.body = client, url, body
        self.status, self.text = 0, ""

    def run(self) -> None:
        try:
            answer = self.client.post(self.url, self.body) if self.body else self.client.get(self.url)
            self.status, self.text = answer.status_code, answer.content.decode()
        finally:
            connections.close_all()


class Revocation(threading.Thread):
    """Elias takes the consent back; `counted` is what NAV had written when that stood."""

    def __init__(self, cast: Cast, known: World, count: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.cast, self.known, self.count = cast, known, count
        self.counted = -1

    def run(self) -> None:
        try:
            revoke(self.cast, self.known)
            self.counted = self.count()
        finally:
            connections.close_all()


# Who waits for a row names no database, but holds locks in it. Other tests' databases stand on the same server.
WAITS_HERE = """
    SELECT 1 FROM pg_locks w WHERE NOT w.granted AND EXISTS (SELECT 1 FROM pg_locks h WHERE h.pid = w.pid
       AND h.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) LIMIT 1
"""


def as_far_as_it_comes(revocation: Revocation, owner_url: str, database: str) -> None:
    """Wait until it is done or waits for a lock, however slow the machine is."""
    with databases.connect(owner_url, database) as owner:
        for _look in range(int(LONG / A_MOMENT)):
            revocation.join(A_MOMENT)
            waits = owner.execute(WAITS_HERE).fetchone()
            if waits or not revocation.is_alive():
                return


# Where the request is stopped. The first place is before its transaction begins.
BEFORE_IT_BEGINS = (OneTransaction, "_is_over")
PLACES: tuple[tuple[object, str], ...] = (
    BEFORE_IT_BEGINS,
    (OneTransaction, "_take_place"),
    (overview, "open_case"),
    (overview, "shell"),
    (entries, "lock"),
    (entries, "write_entry"),
    (entries, "record_change"),
    (OneTransaction, "_record_refusal"),
)


def interleave(
    cast: Cast,
    known: World,
    owner_url: str,
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[object, str],
    *,
    writes: bool,
) -> list[str]:
    """One request stopped at `place` while the consent is revoked; what is wrong with what came of it."""
    client = sign_in(Client(), cast.nora)
    url = reverse("cases:detail", args=[known.case_id])
    body = {"kind": "note", "part": "economy", "text": f"zqsent {next(_words)}"} if writes else None
    database = connections["default"].settings_dict["NAME"]

    def written() -> int:
        with databases.connect(owner_url, database) as owner:
            found = owner.execute("SELECT count(*) FROM cases_entry WHERE text LIKE 'zqsent%%'").fetchone()
        assert found is not None
        return int(found[0])

    request, revocation = Request(client, url, body), Revocation(cast, known, written)
    with stopped_before(monkeypatch, *place) as stop:
        request.start()
        while not stop.reached.wait(0.02) and request.is_alive():
            pass
        revocation.start()
        as_far_as_it_comes(revocation, owner_url, database)
        began_after = place == BEFORE_IT_BEGINS and not revocation.is_alive()
        stop.let_go.set()
        request.join(LONG)
        revocation.join(LONG)
    wrong = []
    where = f"{place[1]}, {'write' if writes else 'read'}"
    if request.is_alive() or revocation.counted < 0:
        wrong.append(f"{where}: one of the two did not come to an end")
    if began_after and (request.status != 404 or canary("economy", "hvk-ost") in request.text):
        wrong.append(f"{where}: {request.status} from a transaction that began after the revocation")
    if written() > revocation.counted >= 0:
        wrong.append(f"{where}: written after the revocation stood ({request.status})")
    return wrong


_words = itertools.count()


def agreed_again(cast: Cast, known: World) -> None:
    """Elias says yes once more, to the same."""
    scopes = OTHERS | {NAV: ("economy", "occupation_school")}
    stories.consented(cast, case_of(cast, known), scopes=scopes, forum=(*AT_THE_TABLE, NAV))


def race(cast: Cast, owner_url: str, monkeypatch: pytest.MonkeyPatch, count: int) -> list[str]:
    known = world(cast)
    wrong = []
    ways = itertools.cycle(itertools.product(PLACES, (True, False)))
    for number, (place, writes) in enumerate(itertools.islice(ways, count)):
        if number:
            agreed_again(cast, known)
        wrong += interleave(cast, known, owner_url, monkeypatch, place, writes=writes)
    return wrong


@pytest.mark.req("SIG-63")
def test_nothing_is_read_or_written_once_a_revocation_stands(
    own_database: str, cast: Cast, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert race(cast, owner_url, monkeypatch, 2 * len(PLACES)) == []


# 2,000 altogether. Each forty in a database of their own: a person who has said yes hundreds of times is nobody's, and each
# time makes the next slower to derive.
@pytest.mark.deep
@pytest.mark.parametrize("forty", range(50))
def test_nothing_is_read_or_written_once_any_of_many_revocations_stands(
    own_database: str, cast: Cast, owner_url: str, monkeypatch: pytest.MonkeyPatch, forty: int
) -> None:
    assert race(cast, owner_url, monkeypatch, 40) == []
