"""Concern reports for the systems of those who may report: hand one in, and follow one's own (U23-07)."""

import uuid
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.actors import Actor
from agencies.api.idempotency import HEADER, Answer, answer_once, key_from
from agencies.api.problems import InvalidBodyError
from agencies.api.strict import StrictJSONParser, body_of
from agencies.api.throttling import ClientThrottle
from cases.api import schema
from cases.api.serializers import AcceptedSerializer, ConcernReportSerializer, ReceiptSerializer
from cases.models import ReportReceipt
from cases.policies import may_submit_report
from cases.services import reports

TAGS = ["Bekymringsmeldinger"]


class ReceiptPagination(CursorPagination):
    """Newest first; a cursor stays right while new reports arrive."""

    page_size = 50
    ordering = ("-submitted_at", "-id")

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The place in the list the address asks for. Raises ParseError for one we did not make."""
        refusal = exceptions.ParseError(_("Bruk adressen i «next» eller «previous» slik den er."))
        try:
            cursor = super().decode_cursor(request)
        except (exceptions.NotFound, ValueError, TypeError) as error:
            raise refusal from error
        if cursor is not None and cursor.position is not None and not _is_instant(str(cursor.position)):
            raise refusal
        return cursor


def _is_instant(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False


class ReportingView(APIView):
    """What both addresses share: who may come in, and how often."""

    parser_classes = [StrictJSONParser]
    throttle_classes = [ClientThrottle]
    throttle_scope = "concern_reports"
    required_scope = "samlos:concernreports"
    policy = staticmethod(may_submit_report)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Every answer that shows something says on what right: a sender's reports are its own (U23-07)."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code < 400:
            final.headers[schema.WHY_HEADER] = schema.SENDER
        return final

    def actor_of(self, request: Request) -> Actor:
        """The machine's actor, as its token made it."""
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # noqa: SLF001
        return actor


class ConcernReports(ReportingView):
    """All of the sender's reports, and a new one."""

    @extend_schema(
        tags=TAGS,
        operation_id="concern_reports_list",
        summary="Your own reports, newest first",
        responses={200: ReceiptSerializer(many=True), **schema.errors(400, 401, 403, 406, 429, 500, 503)},
        parameters=[schema.WHY, schema.RETRY_AFTER, schema.CHALLENGE],
    )
    def get(self, request: Request) -> Response:
        """The receipts of the sender's agency, a page at a time."""
        pages = ReceiptPagination()
        receipts = pages.paginate_queryset(
            ReportReceipt.objects.filter(agency=self.actor_of(request).agency), request, view=self
        )
        return pages.get_paginated_response(ReceiptSerializer(receipts, many=True).data)

    @extend_schema(
        tags=TAGS,
        operation_id="concern_reports_create",
        summary="Hand in a concern report on one person",
        request=ConcernReportSerializer,
        responses={201: schema.accepted(), **schema.errors(400, 401, 403, 406, 409, 413, 415, 422, 429, 500, 503)},
        parameters=[schema.IDEMPOTENCY_KEY, schema.WHY, schema.LOCATION, schema.RETRY_AFTER, schema.CHALLENGE],
        examples=[OpenApiExample("A report", value=schema.REPORT, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Take the report in, once for each key (U23-08)."""
        actor = self.actor_of(request)
        key = key_from(request.headers.get(HEADER))
        body = body_of(request)
        document = request.data
        answer = answer_once(agency=actor.agency, key=key, body=body, act=lambda: self._take_in(document, actor))
        return Response(answer.body, status=answer.status, headers={"Location": answer.location})

    def _take_in(self, document: Any, actor: Actor) -> Answer:
        serializer = ConcernReportSerializer(data=document, actor=actor)
        if not serializer.is_valid():
            raise InvalidBodyError(serializer.errors)
        receipt = reports.submit(serializer.submission(), by=actor)
        return Answer(
            status=201,
            body=dict(AcceptedSerializer(receipt).data),
            location=reverse("api:concern-report", args=[receipt.pk]),
        )


class ConcernReport(ReportingView):
    """One of the sender's reports."""

    @extend_schema(
        tags=TAGS,
        operation_id="concern_reports_retrieve",
        summary="One of your own reports",
        responses={200: ReceiptSerializer, **schema.errors(401, 403, 404, 406, 429, 500, 503)},
        parameters=[schema.WHY, schema.RETRY_AFTER, schema.CHALLENGE],
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """The receipt; somebody else's is not there."""
        receipt = ReportReceipt.objects.filter(agency=self.actor_of(request).agency, pk=report_id).first()
        if receipt is None:
            raise Http404
        return Response(ReceiptSerializer(receipt).data)


class NoSuchAddress(APIView):
    """Any other address under the API: a problem, not a page."""

    authentication_classes = []
    permission_classes = [AllowAny]
    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers every method with 404."""
        self.http_method_names = []
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise Http404
