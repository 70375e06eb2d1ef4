"""Writing to the log. The row stands in the transaction of what it tells of: no row, no answer (fail closed, G7)."""

import uuid
from collections.abc import Iterable

from django.db import DatabaseError, transaction

from audit import clock, context
from audit.enums import Outcome
from audit.models import Event


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
    try:
        with transaction.atomic():
            Event.objects.create(
                at=clock.now(),
                kind=kind,
                outcome=outcome,
                user_id=user_id,
                agency_id=agency_id,
                role=role,
                case_id=case_id,
                case_ids=list(case_ids),
                parts=sorted(set(parts)),
                object_type=object_type,
                object_id=str(object_id or ""),
                basis=basis,
                purpose=purpose,
                request_id=behalf.request_id if behalf else None,
            )
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
