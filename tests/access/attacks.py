"""How the tests of the second lock ask: SQL as the application's role, on behalf of one of the cast, undone afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from agencies.actors import Actor
from agencies.enums import Part
from cases.enums import EntryKind
from cases.models import Case, Entry
from cases.services.lifecycle import write_entry
from tests.cast import acting_as

Values = Sequence[Any] | Mapping[str, Any]


def rows(actor: Actor, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
    """What the database answers the actor."""
    with acting_as(actor), connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def changed(actor: Actor, statement: str, values: Values = ()) -> int:
    """How many rows the statement changes for the actor; 0 when the database refuses it."""
    try:
        with acting_as(actor), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            count: int = cursor.rowcount
    except DatabaseError:
        return 0
    return count


def refuses(actor: Actor, statement: str, values: Values = ()) -> None:
    """Fails when the statement changes anything for the actor."""
    count = changed(actor, statement, values)
    if count:
        pytest.fail(f"{count} rows were changed by: {statement}")


def written(actor: Actor, case: Case, part: Part, text: str) -> Entry:
    """A note of the actor's agency in the case."""
    with acting_as(actor):
        return write_entry(case, kind=EntryKind.NOTE, part=part, by=actor, text=text)
