"""Breaking the glass in tests: for whom, on which law, and what was written and told of it."""

import datetime as dt
import re

import pytest
from django.db import connection

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel
from agencies.models import LegalBasis
from audit import context
from audit.models import Event
from cases.models import Case
from consent import jobs, services
from consent.models import BreakGlass
from consent.services.glass import Wanted
from reminders.services import reminders_for
from tests import stories
from tests.access.attacks import changed
from tests.cast import Cast, acting_as
from tests.consent.reading import wrote

WHY = "Ringte og sa at han ikke orker mer. Vi vet ikke hvor han er."
NUMBER = "14850550051"


def elias() -> Wanted:
    about = stories.subject()
    return Wanted(given_name=about.given_name, family_name=about.family_name, birth_date=about.birth_date)


def law(code: str = "NO-STRL-287") -> LegalBasis:
    return LegalBasis.objects.get(code=code)


def opened(
    by: Actor, *parts: Part, wanted: Wanted | None = None, reason: str = WHY, on: str = "NO-STRL-287"
) -> BreakGlass:
    """What came of `by` breaking the glass for Elias, to read `parts`."""
    with acting_as(by):
        return services.open_glass(wanted or elias(), parts or (Part.HEALTH,), by=by, basis=law(on), reason=reason)


def opened_at_intake(cast: Cast) -> BreakGlass:
    """Sara has broken the glass for Hedda, whose report intake has just got: it is intake's to control."""
    about = stories.subject(given_name="Hedda")
    stories.submitted(cast, about=about)
    return opened(cast.sara, wanted=Wanted("", about.given_name, about.family_name, about.birth_date))


@pytest.fixture
def case(cast: Cast) -> Case:
    """Mental health writes in the case by consent; outreach and NAV have nothing to do with it."""
    scopes = {"hvk-ost": (Part.ECONOMY,), "mental-health": (Part.HEALTH, Part.ECONOMY)}
    told = stories.consented(cast, scopes=scopes, forum=())
    wrote(cast.berit, told, Part.HEALTH, "Tidligere selvmordsforsøk.")
    wrote(cast.berit, told, Part.ECONOMY, "Har gjeld.")
    wrote(cast.ingrid, told, Part.HEALTH, "Har fastlege.")
    return told


def kinds_about(cast: Cast, actor: Actor, case: Case | None) -> list[str]:
    with acting_as(actor):
        found = Event.objects.filter(
            agency_id=actor.agency.pk, kind__startswith="glass.", case_id=case.pk if case else None
        )
        return list(found.order_by("at", "kind").values_list("kind", flat=True))


def told(actor: Actor) -> list[tuple[str, str]]:
    with acting_as(actor):
        return [(one.kind, one.words) for one in reminders_for(actor) if one.kind.startswith("glass_")]


def nobody_of_that_name() -> Wanted:
    return Wanted(given_name="Ingen", family_name="Slik", birth_date=dt.date(2004, 2, 29))


def protect(cast: Cast, case: Case, level: ProtectionLevel) -> None:
    with acting_as(cast.ingrid):
        person = Case.objects.select_related("person").get(pk=case.pk).person
        person.protection_level = level
        person.save(update_fields=["protection_level"])


def number_of(cast: Cast, case: Case) -> str:
    with acting_as(cast.vidar):
        return Case.objects.get(pk=case.pk).label


def swept(cast: Cast, slug: str) -> int:
    agency = cast.agency(slug)
    with context.acting(user_id=None, agency_id=agency.pk):
        return jobs.flag_glasses(agency=agency)


def writes_raw(actor: Actor, case: Case) -> bool:
    statement = (
        "INSERT INTO cases_entry (id, case_id, part, author_agency_id, author_id, created_at, occurred_at, kind, text,"
        " source_type) VALUES (gen_random_uuid(), %s, 'health', %s, %s, samlos.now(), samlos.now(), 'note', 'x', '')"
    )
    return bool(changed(actor, statement, [case.pk, actor.agency.pk, actor.user.pk]))


def source_of(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function])
        return str(cursor.fetchone()[0])


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
