"""How much of what it has asked a connection to the database remembers."""

from django.db.backends.base.base import BaseDatabaseWrapper

# The pages together ask some four hundred different questions. psycopg keeps a hundred: who goes from page to page would
# have each of them planned anew.
PREPARED = 500


def remember_what_is_prepared(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Let a connection that was just made keep all of them prepared."""
    connection.connection.prepared_max = PREPARED
