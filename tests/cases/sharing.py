"""Consents as rows of truth, for tests about what they let others see: how one is collected is the consent app's story."""

import datetime as dt
import uuid

from agencies.enums import Part
from audit import clock
from cases.models import Case
from cases.services import assignments
from consent.models import Consent, ConsentScope
from tests.cast import Cast, acting_as


def consent_in_force(
    cast: Cast, case: Case, scopes: dict[str, list[Part]], *, givers: list[str] | None = None, days: int = 30
) -> Consent:
    """Ingrid's office has a consent: each agency of `scopes` may know these parts from the givers (default: all of them)."""
    with acting_as(cast.ingrid):
        last = clock.today() + dt.timedelta(days=days)
        named = [cast.agency(slug) for slug in (givers or ["hvk-ost", *scopes])]
        consent = Consent.objects.create(
            id=uuid.uuid4(),
            case=case,
            version=Consent.objects.filter(case=case).count() + 1,
            author_agency=cast.ingrid.agency,
            author=cast.ingrid.user,
            form_version="U23-1",
            informed_items=["why"],
            purpose="Samarbeid",
            collector_name="Ingrid",
            place="Fjordvik",
            signed_on=clock.today(),
            valid_from=clock.now(),
            valid_until_date=last,
            valid_until=clock.end_of(last),
            givers=[agency.pk for agency in named],
        )
        ConsentScope.objects.bulk_create(
            ConsentScope(consent=consent, agency=cast.agency(slug), part=part)
            for slug, parts in scopes.items()
            for part in parts
        )
        return consent


def worker_assigned(cast: Cast, case: Case, *, manager: str, worker: str) -> None:
    """A participating agency's manager has given the case to one of its workers."""
    boss, hand = getattr(cast, manager), getattr(cast, worker)
    with acting_as(boss):
        assignments.assign(case, user=hand.user, by=boss)
