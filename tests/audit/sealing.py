"""An owner's view of a log that is written, signed and bent: what the tests of the heads share."""

import contextlib
from collections.abc import Iterator

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.conninfo import conninfo_to_dict


@contextlib.contextmanager
def as_owner(owner_url: str, database: str) -> Iterator[None]:
    """Let Django's connection be the owner's: whom `manage.py audit verify` runs as, and whom the log is guarded from."""
    given = conninfo_to_dict(owner_url)
    before = connections["default"]
    connections["default"] = DatabaseWrapper(
        {
            **before.settings_dict,
            "NAME": database,
            "USER": given["user"],
            "PASSWORD": given["password"],
            "HOST": given["host"],
            "PORT": "",
            "OPTIONS": {},
        }
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before
