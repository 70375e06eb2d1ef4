"""A retry gets the same answer and no second effect (G10): one key, one effect, one answer, for 24 hours.

The answer is written in the transaction of what it tells of, so the two cannot come apart.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework import exceptions

from agencies.api.problems import BusyError, InvalidBodyError
from agencies.models import Agency, IdempotentAnswer
from audit.clock import Now

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(hours=24)
# What a UUID, or any other random key, looks like; the draft standard also allows it in quotes.
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class NoKeyError(exceptions.ParseError):
    """The request has no usable key (400)."""

    default_code = "idempotency_key_missing"


@dataclass(frozen=True)
class Answer:
    """What was answered, and is answered again."""

    status: int
    body: dict[str, Any]
    location: str = ""


def key_from(header: str | None) -> str:
    """The key of a request. Raises NoKeyError when it is missing or not visible ASCII of at most 255 characters."""
    key = (header or "").strip()
    if KEY.fullmatch(key) is None:
        raise NoKeyError(_("Send en tilfeldig nøkkel i hodet Idempotency-Key, den samme når du prøver på nytt."))
    return key


def answer_once(*, agency: Agency, key: str, body: bytes, act: Callable[[], Answer]) -> Answer:
    """What `act` answers, or what it answered before to the same key and body.

    Must run in the request's transaction: the lock is held until it ends. Raises BusyError while another request with
    the key is being answered, InvalidBodyError when the key was used for another body. What `act` raises is not
    kept: a corrected body may use the same key.
    """
    key_digest = IdempotentAnswer.digest(key.encode("ascii"))
    request_digest = IdempotentAnswer.digest(body)
    if not _locked(agency, key_digest):
        raise BusyError(_("En forespørsel med samme nøkkel behandles nå. Prøv igjen om litt."))
    kept = IdempotentAnswer.objects.filter(agency=agency, key_digest=key_digest)
    earlier = kept.filter(answered_at__gt=Now() - KEPT).first()
    if earlier is None:
        kept.delete()
        answer = act()
        IdempotentAnswer.objects.create(
            agency=agency,
            key_digest=key_digest,
            request_digest=request_digest,
            status=answer.status,
            body=answer.body,
            location=answer.location,
        )
        return answer
    if bytes(earlier.request_digest) != request_digest:
        message = _("Nøkkelen er brukt til en annen forespørsel. Bruk en ny nøkkel til et nytt innhold.")
        raise InvalidBodyError(exceptions.ErrorDetail(message, code="idempotency_key_reused"))
    return Answer(earlier.status, earlier.body, earlier.location)


def _locked(agency: Agency, key_digest: bytes) -> bool:
    """Whether this transaction is now the only one that answers this agency's key."""
    number = int.from_bytes(key_digest[:8], "big", signed=True) ^ agency.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (got,) = cursor.fetchone()
    return bool(got)


def forget_old_answers(*, agency: Agency) -> int:
    """Delete the agency's answers older than a day; returns how many. A sweep, like those of the reminders."""
    deleted, _by_model = IdempotentAnswer.objects.filter(agency=agency, answered_at__lte=Now() - KEPT).delete()
    return deleted
