"""Instants as they come from the database, read by Python's own reader of ISO 8601.

A page shows hundreds of instants, and psycopg takes each apart in Python: a list of a thousand cases spent more time on
that than the database on finding them.
"""

import datetime as dt
from typing import TYPE_CHECKING

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

if TYPE_CHECKING:
    from psycopg import BaseConnection


class InstantLoader(TimestamptzLoader):
    """Loads a timestamptz as an aware datetime in UTC, the zone every connection is set to.

    What Python cannot read (an infinite instant, a year before Christ) psycopg answers for as before.
    """

    timezone = dt.UTC  # Django compares it with the connection's own

    def load(self, data: Buffer) -> dt.datetime:
        try:
            instant = dt.datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)
        return instant if instant.tzinfo is dt.UTC else instant.astimezone(dt.UTC)


def read_instants_fast(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Take the loader into use on a connection that was just made."""
    made: BaseConnection[object] = connection.connection
    if connection.timezone is dt.UTC:
        made.adapters.register_loader("timestamptz", InstantLoader)
