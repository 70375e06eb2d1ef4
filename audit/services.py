"""Writing to the log. The row stands in the transaction of what it tells of: no row, no answer (fail closed, G7)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, connection, transaction

from audit import clock, context
from audit.enums import Outcome

# Written out: it stands in every request, and putting it together took longer than adding the row. Ids and codes hold no
# comma, so the lists go in as text, which costs less than making them arrays.
_ADD = """
    INSERT INTO audit_event (at, kind, outcome, user_id, agency_id, role, case_id, case_ids, parts, object_type,
                             object_id, basis, purpose, request_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, string_to_array(%s, ',')::uuid[], string_to_array(%s, ','), %s, %s, %s, %s, %s)
"""


class AuditUnavailableError(Exception):
    """The log could not be written, so nothing may be answered: the request ends in 503."""


def record(
    kind: str,
    *,
    user_id: int | None,
    agency_id: int | None,
    role: str = "",
    case_id: uuid.UUID | None = None,
    case_ids: Iterable[uuid.UUID] = (),
    parts: Iterable[str] = (),
    object_type: str = "",
    object_id: object = "",
    basis: str = "",
    purpose: str = "",
    outcome: Outcome = Outcome.ALLOWED,
) -> None:
    """Add one event. `kind` is a code such as `case.read`; never a sentence, never content.

    Raises AuditUnavailableError when the row cannot be written.
    """
    behalf = context.current()
    row: list[Any] = [
        clock.now(), kind, str(outcome), user_id, agency_id, role, case_id, ",".join(map(str, case_ids)),
        ",".join(sorted(set(parts))), object_type, str(object_id or ""), basis, purpose, behalf.request_id if behalf else None,
    ]  # fmt: skip
    try:
        # Without a savepoint of its own: when the row fails, what it tells of is to fail with it.
        with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
            cursor.execute(_ADD, row)
    except DatabaseError as error:
        raise AuditUnavailableError from error


def record_once(kind: str, *, case_id: uuid.UUID, **details: object) -> None:
    """Like `record`, but one event a request and case however many pieces of the page ask (design.md, "The audit")."""
    behalf = context.current()
    key = (kind, str(case_id))
    if behalf is not None:
        if key in behalf.seen:
            return
        behalf.seen.add(key)
    record(kind, case_id=case_id, **details)  # type: ignore[arg-type]
