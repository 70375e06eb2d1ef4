"""Signed heads of an agency's own log, for the agency's own system to keep where we cannot reach (G8)."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.actors import Actor
from agencies.api.throttling import ClientThrottle
from audit import heads, signing
from audit.models import Head
from cases.api import schema
from cases.policies import may_fetch_heads

PAGE = 200
LARGEST = 2**63 - 1
EXAMPLE = {
    "heads": [
        {
            "chain": 7,
            "number": 1201,
            "position": 88412,
            "count": 88412,
            "digest": "7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a",
            "at": "2026-11-20T09:10:00.000000+00:00",
            "key": "56475aa75463474c",
            "signature": "mE1x0vB0i3r0k1oQm1m8o4b3yI0Jr7o2m2m8eVtTjv1m8dZq3m0Jm1yN4vX0w2lT0xk7m1JwZr0b7m5kS7uQBg==",
        }
    ],
    "next_after": 1201,
    "has_more": False,
    "keys": {"56475aa75463474c": "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="},
}


class HeadSerializer(serializers.Serializer[Any]):
    """One head. `signature` is Ed25519 over `samlos.audit.head.v1`, a line feed, and the other fields as JSON with the
    names in order and no blanks.
    """

    chain = serializers.IntegerField(help_text="The agency's number.")
    number = serializers.IntegerField(help_text="Counts the agency's heads from 1, without gaps.")
    position = serializers.IntegerField(help_text="The last event of the log when it was signed.")
    count = serializers.IntegerField(help_text="How many events the log held.")
    digest = serializers.CharField(help_text="SHA-256 of that event and, through it, of every one before; hexadecimal.")
    at = serializers.DateTimeField(help_text="When it was signed.")
    key = serializers.CharField(help_text="Which of `keys` signed it.")
    signature = serializers.CharField(help_text="Base64.")


class HeadsSerializer(serializers.Serializer[Any]):
    """A page of heads, the eldest first."""

    heads = HeadSerializer(many=True)
    next_after = serializers.IntegerField(help_text="What to give as `after` next time.")
    has_more = serializers.BooleanField(help_text="Whether more can be had now.")
    keys = serializers.DictField(child=serializers.CharField(), help_text="Public keys by id: base64 of 32 bytes.")


class AuditHeads(APIView):
    """The heads of the caller's own agency, and no other's. They tell of no person, so fetching them is not logged."""

    throttle_classes = [ClientThrottle]
    throttle_scope = "audit_heads"
    required_scope = "samlos:auditheads"
    policy = staticmethod(may_fetch_heads)

    @extend_schema(
        tags=["Revisjonslogg"],
        operation_id="audit_heads_list",
        summary="Signed heads of your own agency's log, eldest first",
        description="Fetch every five minutes and keep what you get where nobody at our end can write. Whoever changes, "
        "removes or puts back events of your log afterwards cannot make them fit the heads you hold.",
        responses={200: HeadsSerializer, **schema.errors(400, 401, 403, 406, 429, 500, 503)},
        parameters=[
            OpenApiParameter(
                "after", OpenApiTypes.INT64, description="The number of the last head you have; 0 or nothing for all."
            ),
            schema.RETRY_AFTER,
            schema.CHALLENGE,
        ],
        examples=[OpenApiExample("One head", value=EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: Request) -> Response:
        """At most 200 heads after number `after`."""
        actor = _machine(request)
        after = _number(request.query_params.get("after", "0"))
        found = list(Head.objects.filter(chain=actor.agency.pk, number__gt=after).order_by("number")[: PAGE + 1])
        page = found[:PAGE]
        return Response(
            {
                "heads": [heads.document(head) for head in page],
                "next_after": page[-1].number if page else after,
                "has_more": len(found) > PAGE,
                "keys": signing.published(),
            }
        )


def _machine(request: Request) -> Actor:
    actor: Actor = request._request.actor  # type: ignore[attr-defined]  # noqa: SLF001
    return actor


def _number(text: str) -> int:
    """A head's number. Raises ParseError (400) for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > LARGEST:
        raise exceptions.ParseError(_("«after» må være nummeret på det siste punktet dere har."))
    return int(text)
