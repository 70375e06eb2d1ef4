"""Rows written by hand: as the owner, past every lock and trigger, without what they refer to, and never committed.

For rules that only compare numbers and dates: each row is what the test says and nothing else, and takes a millisecond.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from tests import databases

# What stands in a column nobody speaks of.
EMPTY: dict[str, object] = {
    "boolean": False,
    "integer": 0,
    "bigint": 0,
    "ARRAY": [],
    "date": dt.date(2026, 3, 1),
    "timestamp with time zone": dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
}


class Rows:
    """The owner's connection, in a transaction that is rolled back."""

    def __init__(self, owner: psycopg.Connection) -> None:
        self.owner = owner
        self.columns: dict[str, dict[str, str]] = {}

    def put(self, table: str, **values: Any) -> None:
        """One row; a column that must hold something and is not named is empty."""
        if table not in self.columns:
            self.columns[table] = self._columns(table)
            self.owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        for column, kind in self.columns[table].items():
            values.setdefault(column, uuid.uuid4() if kind == "uuid" else EMPTY.get(kind, ""))
        self.owner.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )

    def found(self, words: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """What a question of one's own finds."""
        return self.owner.execute(words.encode(), values).fetchall()

    def now(self) -> dt.datetime:
        """The database's clock, which stands still here."""
        ((instant,),) = self.found("SELECT samlos.now()")
        assert isinstance(instant, dt.datetime)
        return instant

    def _columns(self, table: str) -> dict[str, str]:
        words = (
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
        )
        return dict(self.found(words, [table]))


@contextmanager
def rows(owner_url: str) -> Iterator[Rows]:
    """In the database of the running tests: beside a test's own transaction it would wait for its locks."""
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(owner_url, name) as owner, owner.transaction(force_rollback=True):
        yield Rows(owner)
