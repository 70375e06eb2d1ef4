"""On whose behalf the database is asked: the second lock reads these settings, and an unset one gives no rows."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, transaction
from psycopg.pq import TransactionStatus


@dataclass
class Behalf:
    """Who acts now. `seen` remembers which (kind, case) pairs this request has logged: one event each (design.md).

    `at` is the database's instant for the whole block: its clock stands still in a transaction, so it is asked once.
    """

    user_id: int | None
    agency_id: int | None
    at: dt.datetime
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    seen: set[tuple[str, str]] = field(default_factory=set)


_behalf: ContextVar[Behalf | None] = ContextVar("samlos_behalf", default=None)


def current() -> Behalf | None:
    """Who acts in this request or job; None outside both."""
    return _behalf.get()


def set_database_context(user_id: int | None, agency_id: int | None) -> dt.datetime:
    """Tell the database for whom the rest of this transaction asks, and answer its instant (aware, UTC).

    Empty means nobody: no protected row is found. It also plans each prepared question once for all and compiles none: with
    two locks in it, working out how to answer took longer than answering.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.now(), set_config('samlos.user_id', %s, true), set_config('samlos.agency_id', %s, true),"
            " set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)",
            [str(user_id or ""), str(agency_id or "")],
        )
        instant: dt.datetime = cursor.fetchone()[0]
    return instant


@contextmanager
def acting(*, user_id: int | None, agency_id: int | None) -> Iterator[Behalf]:
    """Run a block in one transaction on behalf of a user and agency, and restore whoever acted before.

    Used by the request's middleware, by background jobs (an agency without a user) and by tests. The setting ends with the
    transaction. It would survive the release of a savepoint, so within another transaction it is put back by hand.

    Raises DatabaseError when the database gave up the transaction and nobody said so: it would take the commit for a
    rollback and call it done, and what was answered would have no row.
    """
    before, is_within = _behalf.get(), connection.in_atomic_block
    with transaction.atomic():
        behalf = Behalf(user_id, agency_id, set_database_context(user_id, agency_id))
        if before is not None:
            behalf.request_id = before.request_id
        token = _behalf.set(behalf)
        try:
            yield behalf
            if not connection.needs_rollback:
                if is_within:
                    set_database_context(*((before.user_id, before.agency_id) if before else (None, None)))
                elif connection.connection.info.transaction_status == TransactionStatus.INERROR:
                    raise transaction.TransactionManagementError("an error of the database's was passed over")
        finally:
            _behalf.reset(token)


def become(user_id: int | None, agency_id: int | None) -> None:
    """Say for whom the rest of the running transaction asks: a machine's token is read inside the request."""
    behalf = _behalf.get()
    if behalf is None or not connection.in_atomic_block:
        raise RuntimeError("become() needs a running `acting` block: outside a transaction the setting is lost.")
    behalf.user_id, behalf.agency_id = user_id, agency_id
    set_database_context(user_id, agency_id)
