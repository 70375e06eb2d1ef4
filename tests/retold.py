"""A story told before is not told again: the database it led to is kept, and the test goes on from there.

Most tests begin with a case that has come some way, and telling how takes hundreds of queries through the services. The
second time a process is asked for the same story, it is told for good in a database of its own; from then on a test that
begins with it is moved there before it has written anything. What a test does after that is rolled back as always.
"""

import copy
import functools
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import context
from tests import databases

P = ParamSpec("P")
R = TypeVar("R")
MOST = 24  # each keeps a connection open


class Shelf:
    """The databases of one process, by story. `main` is the one every other test uses."""

    def __init__(self, owner_url: str, source: str, main: str) -> None:
        self.owner_url, self.source, self.main = owner_url, source, main
        self.asked: Counter[str] = Counter()
        self.told: dict[str, tuple[BaseDatabaseWrapper, Any]] = {}
        self.rest = ExitStack()
        self.own_connection: Any = None

    def may_move(self) -> bool:
        """Whether the running test is in the shared database and has neither written anything nor moved the clock."""
        wrapper = connections[DEFAULT_DB_ALIAS]
        if not wrapper.in_atomic_block or wrapper.settings_dict["NAME"] != self.main or context.current() is not None:
            return False
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NULL AND samlos.now() = now()")
            return bool(cursor.fetchone()[0])

    def tell(self, key: str, story: Callable[[], R]) -> R:
        """What `story` answers, from a database where it is told already when that can be."""
        self.asked[key] += 1
        if self.asked[key] < 2 or not self.may_move() or (key not in self.told and len(self.told) >= MOST):
            return story()
        if key not in self.told:
            self.told[key] = self._told_for_good(story)
        there, answer = self.told[key]
        self._move(there)
        return cast("R", copy.deepcopy(answer))

    def _told_for_good(self, story: Callable[[], R]) -> tuple[BaseDatabaseWrapper, R]:
        name = self.rest.enter_context(databases.clone(self.owner_url, self.source))
        here = connections[DEFAULT_DB_ALIAS]
        there = connections.create_connection(DEFAULT_DB_ALIAS)
        there.settings_dict = here.settings_dict | {"NAME": name}
        connections[DEFAULT_DB_ALIAS] = there
        try:
            answer = story()
        finally:
            connections[DEFAULT_DB_ALIAS] = here
        self.rest.callback(there.close)
        return there, answer

    def _move(self, there: BaseDatabaseWrapper) -> None:
        """Let Django's connection speak to the other database, in the same savepoints."""
        here = connections[DEFAULT_DB_ALIAS]
        here.connection.rollback()
        there.ensure_connection()
        there.connection.autocommit = False
        for savepoint in filter(None, here.savepoint_ids):
            there.connection.execute(here.ops.savepoint_create_sql(savepoint))
        self.own_connection, here.connection = here.connection, there.connection
        here.settings_dict["NAME"] = there.settings_dict["NAME"]

    def put_back(self) -> None:
        """The shared database again, after the test's transaction is rolled back. Harmless when it never left."""
        if self.own_connection is None:
            return
        here = connections[DEFAULT_DB_ALIAS]
        here.connection = self.own_connection
        here.connection.autocommit = True
        here.settings_dict["NAME"] = self.main
        self.own_connection = None


shelf: Shelf | None = None


def retold(story: Callable[P, R]) -> Callable[P, R]:
    """Mark a story of the cast whose answer depends on its arguments alone. One that goes on from a case is told anew."""

    @functools.wraps(story)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        goes_on = any(argument is not None for argument in args[1:]) or kwargs.get("case") is not None
        if shelf is None or goes_on:
            return story(*args, **kwargs)
        return shelf.tell(
            f"{story.__module__}.{story.__name__} {sorted(kwargs.items())}", lambda: story(*args, **kwargs)
        )

    return told
