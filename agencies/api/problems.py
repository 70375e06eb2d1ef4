"""Every error of the API as a problem (RFC 9457): a code, a sentence, and a pointer to each field that is wrong."""

import json
import logging
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.settings import api_settings

from agencies.decisions import NotNow, Refused
from audit import context
from audit.services import AuditUnavailableError

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
LONGEST_NAME = 80


class TooLargeError(exceptions.APIException):
    """The body is larger than we read (413)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class BusyError(exceptions.APIException):
    """The same request is being answered right now (409): come back in a moment."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "in_progress"
    wait = 1


class InvalidBodyError(exceptions.ValidationError):
    """The body is JSON, but not one we can accept (422)."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


def titles() -> dict[int, str]:
    """The heading of each status, in the reader's language."""
    return {
        400: _("Forespørselen kan ikke leses"),
        401: _("Du må vise hvem du er"),
        403: _("Du har ikke adgang til dette"),
        404: _("Fant det ikke"),
        405: _("Dette kan ikke gjøres her"),
        406: _("Svaret finnes ikke i det formatet"),
        409: _("Dette går ikke nå"),
        413: _("Forespørselen er for stor"),
        415: _("Formatet støttes ikke"),
        422: _("Noe i forespørselen er feil"),
        429: _("For mange forespørsler"),
        500: _("Noe gikk galt hos oss"),
        503: _("Tjenesten er ikke tilgjengelig nå"),
    }


def handler(exc: Exception, view_context: dict[str, Any]) -> HttpResponse:
    """The answer to anything a view raised: the framework's EXCEPTION_HANDLER. Nothing gets past it as a page."""
    if isinstance(exc, exceptions.APIException):
        return _from_api_exception(exc)
    if isinstance(exc, Refused):
        return problem(403, code=exc.decision.code or "permission_denied", detail=str(exc.decision.reason))
    if isinstance(exc, PermissionDenied):
        return problem(403, code="permission_denied")
    if isinstance(exc, Http404):
        return problem(404, code="not_found")
    if isinstance(exc, NotNow):
        return problem(409, code=exc.code, detail=str(exc.reason))
    if isinstance(exc, RequestDataTooBig):
        return problem(413, code="too_large")
    if isinstance(exc, (AuditUnavailableError, DatabaseError)):
        # What cannot be logged is not answered (G7). The middleware rolls back.
        log.error("the request could not be recorded", exc_info=exc)
        return problem(503, code="unavailable", wait=5)
    log.error("the request failed", exc_info=exc)
    return problem(500, code="server_error")


def problem(
    code_of_status: int,
    *,
    code: str,
    detail: str = "",
    errors: list[dict[str, str]] | None = None,
    wait: float | None = None,
    challenge: str = "",
) -> HttpResponse:
    """One problem document. `instance` is the request's number in our log: it names no person and no case."""
    behalf = context.current()
    document: dict[str, object] = {
        "type": f"urn:samlos:problem:{code.replace('_', '-')}",
        "title": titles().get(code_of_status) or HTTPStatus(code_of_status).phrase,
        "status": code_of_status,
    }
    if detail:
        document["detail"] = detail
    if behalf is not None:
        document["instance"] = f"urn:uuid:{behalf.request_id}"
    if errors is not None:
        document["errors"] = errors
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
        status=code_of_status,
        content_type=CONTENT_TYPE,
    )
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if challenge:
        response.headers["WWW-Authenticate"] = challenge
    return response


def _from_api_exception(exc: exceptions.APIException) -> HttpResponse:
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flattened(exc.detail))
        return problem(exc.status_code, code="invalid", errors=errors)
    codes = exc.get_codes()
    return problem(
        exc.status_code,
        code=codes if isinstance(codes, str) else exc.default_code,
        detail=str(exc.detail),
        wait=getattr(exc, "wait", None),
        challenge=getattr(exc, "auth_header", ""),
    )


def _flattened(detail: Any, pointer: str = "#") -> Iterator[dict[str, str]]:
    """One line a mistake, with a JSON pointer to the field (RFC 6901) as a fragment."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            is_whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _flattened(inner, pointer if is_whole else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of sentences is about this field; a list of anything else is about the items of a list.
            is_sentence = isinstance(inner, exceptions.ErrorDetail)
            yield from _flattened(inner, pointer if is_sentence else f"{pointer}/{index}")
    else:
        yield {"detail": str(detail), "pointer": pointer, "code": getattr(detail, "code", "invalid")}


def _escaped(name: str) -> str:
    """A field's name as it may stand in a pointer. The sender chose it: cut short, and without what cannot be sent."""
    safe = name[:LONGEST_NAME].encode("utf-8", "replace").decode("utf-8")
    return safe.replace("~", "~0").replace("/", "~1")
