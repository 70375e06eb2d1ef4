"""What the tests of the young person's log share: looks made, entries withheld, and what is shown and kept of them."""

import datetime as dt
import uuid

from django.test import Client
from django.urls import reverse

from agencies.actors import Actor
from agencies.models import Agency, LegalBasis
from audit import clock
from audit.context import acting
from audit.enums import Outcome, Purpose
from audit.models import Event
from audit.services import record
from cases.models import Case, LogWithholding
from cases.services import insight
from tests.cast import Cast, acting_as, sign_in


def log_page(client: Client, reader: Actor, case: Case, query: str = "") -> str:
    response = sign_in(client, reader).get(reverse("cases:insight", args=[case.pk]) + query)
    assert response.status_code == 200, response.content[:400]
    return " ".join(response.content.decode().split())


def read_by(actor: Actor, case: Case, kind: str = "case.read", **details: object) -> uuid.UUID:
    """The actor has looked: the event's id."""
    known: dict[str, object] = {"parts": ["core", "economy"], "basis": "consent", "purpose": Purpose.CASE_WORK}
    with acting_as(actor):
        before = set(Event.objects.values_list("pk", flat=True))
        record(
            kind,
            user_id=actor.user.pk,
            agency_id=actor.agency.pk,
            role=actor.role_codes,
            case_id=case.pk,
            **(known | details),  # type: ignore[arg-type]
        )
        return Event.objects.exclude(pk__in=before).get().pk


def withheld(
    cast: Cast, case: Case, event_id: uuid.UUID, *, days: int = 30, told: bool = True, approved: bool = True
) -> LogWithholding:
    """Ingrid has asked for the entry to wait, and Mona has said yes."""
    with acting_as(cast.ingrid):
        made = insight.ask_to_withhold(
            case,
            event_id,
            by=cast.ingrid,
            basis=LegalBasis.objects.get(code="NO-POPPLYL-16-B"),
            reason="Politiet etterforsker fortsatt.",
            existence_is_told=told,
            valid_until_date=clock.today() + dt.timedelta(days=days),
        )
    if approved:
        with acting_as(cast.mona):
            insight.approve_withholding(made, by=cast.mona)
    return made


def shown_ids(actor: Actor, case: Case) -> set[uuid.UUID]:
    with acting_as(actor):
        return {look.event_id for look in insight.looks_of(case, most=100_000)}


def audited_ids(case: Case) -> set[uuid.UUID]:
    """Every allowed event about the case, asked of each agency's own log: the test's own question, not the product's."""
    found = set()
    for agency in Agency.objects.all():
        with acting(user_id=None, agency_id=agency.pk):
            for event in Event.objects.filter(outcome=Outcome.ALLOWED):
                if case.pk in {event.case_id, *event.case_ids}:
                    found.add(event.pk)
    return found
