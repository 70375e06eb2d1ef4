"""What the API's description says beyond what the code tells by itself: errors, headers, examples, how to sign in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from agencies.api.idempotency import HEADER
from agencies.api.problems import CONTENT_TYPE
from cases.api.serializers import AcceptedSerializer, ProblemSerializer

REPORT = {
    "programme": "u23_trondheim",
    "sender_reference": "FJO-2026-00123",
    "person": {
        "national_id": "14850550051",
        "given_name": "Elias",
        "family_name": "Prøvedal",
        "birth_date": "2005-05-14",
        "address": {"street": "Testveien 1", "postal_code": "7030", "city": "Fjordvik"},
        "phone": "00 00 00 99",
    },
    "criteria": {"crime": True, "violence": False, "drugs": True, "repeated": True},
    "legal_basis": {
        "code": "NO-PREG-27-4",
        "necessity": "Kommunen kan ikke hjelpe uten å kjenne til mønsteret.",
        "proportionality": "Bare det som trengs for å komme i kontakt, er tatt med.",
        "decided_by": "Seksjonsleder ved analysegruppen",
    },
    "information": [
        {
            "part": "crime",
            "text": "Stanset med tyveri i butikk tre ganger denne høsten.",
            "verified": True,
            "occurred_on": "2026-10-03",
        }
    ],
}
ACCEPTED = {
    "id": "0a4f1c9e-5d1b-4f39-8f5a-3c0d7a2b9e11",
    "state": "submitted",
    "received_at": "2026-11-20T09:11:00+01:00",
}
MISTAKE = {
    "type": "urn:samlos:problem:invalid",
    "title": "Noe i forespørselen er feil",
    "status": 422,
    "instance": "urn:uuid:6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    "errors": [
        {
            "detail": "Personen må ha fylt 18 år og ikke fylt 26 år.",
            "pointer": "#/person/birth_date",
            "code": "outside_age",
        }
    ],
}

DESCRIPTIONS = {
    400: "Not JSON, or no Idempotency-Key.",
    401: "No bearer token, or one that is not believed.",
    403: "The agency may not report, or the token lacks the scope.",
    404: "Not a report of yours.",
    405: "The method is not for this address.",
    406: "The answer cannot be had in that format.",
    409: "A request with the same key is being answered now. Come back after `Retry-After` seconds.",
    413: "The body is over 1 MiB.",
    415: "The body is not application/json.",
    422: "One or more fields are wrong, each named with a pointer; or the key was used for another body.",
    429: "Too many requests. Come back after `Retry-After` seconds.",
    500: "A fault of ours. Nothing was kept; try again with the same key.",
    503: "Not available now. Nothing was kept; try again with the same key.",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="A random key of 1 to 255 visible ASCII characters, the same when the request is tried again. Within "
    "24 hours the same key and body get the same answer and no second effect.",
    examples=[OpenApiExample("A UUID", value="5b1c9a52-1f0e-4a55-9b53-7de0ad0d0c3e")],
)
WHY_HEADER, SENDER = "Samlos-Why", "sender"
WHY = OpenApiParameter(
    WHY_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 201], enum=[SENDER],
    description="Why you see this: `sender`, a report your own agency sent. It gives no right to the case it led to.",
)  # fmt: skip
RETRY_AFTER = OpenApiParameter(
    "Retry-After", OpenApiTypes.INT, OpenApiParameter.HEADER, response=[409, 429, 503], description="Seconds to wait."
)
LOCATION = OpenApiParameter(
    "Location", OpenApiTypes.URI, OpenApiParameter.HEADER, response=[201], description="Where the report is followed."
)
CHALLENGE = OpenApiParameter(
    "WWW-Authenticate", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[401], description="RFC 6750."
)


def errors(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The problems an operation may answer with, in the form `extend_schema(responses=…)` takes."""
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer,
            description=DESCRIPTIONS[status],
            examples=[OpenApiExample("A field is wrong", value=MISTAKE, status_codes=[str(status)])]
            if status == 422
            else [],
        )
        for status in statuses
    }


def accepted() -> OpenApiResponse:
    """The answer to a report that was taken in."""
    return OpenApiResponse(
        AcceptedSerializer,
        description="The report has arrived.",
        examples=[OpenApiExample("Taken in", value=ACCEPTED, response_only=True, status_codes=["201"])],
    )


class MachineTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How one signs in, as the description names it."""

    target_class = "agencies.api.tokens.MachineTokenAuthentication"
    name = "machineToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token in Maskinporten's form with the scope samlos:concernreports to hand in and follow "
            "reports, samlos:auditheads to fetch heads of the log.",
        }
