"""How much of what it has asked a connection to the database remembers."""

from django.db.backends.base.base import BaseDatabaseWrapper

# Whoever has gone through all the pages has had some two hundred different questions prepared, and writing asks more. psycopg
# keeps a hundred: who goes from page to page would have each of them planned anew. With all of the pages' questions kept, the
# database's process behind a connection grew to 52 MB.
PREPARED = 500


def remember_what_is_prepared(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Let a connection that was just made keep all of them prepared."""
    connection.connection.prepared_max = PREPARED
