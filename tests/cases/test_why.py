""" "Hvorfor ser jeg dette?" and "Hvem kan se dette?": every page that shows something of a case says on what right."""

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.actors import Actor
from agencies.decisions import Refused
from agencies.enums import Part
from audit import clock
from audit.models import Event
from cases.models import Case
from cases.services import assignments
from cases.services.access_explained import Explanation, explain
from cases.services.readers_at import ReaderOfPart, who_could_read
from tests import stories
from tests.access.test_every_address import says_why
from tests.cases import reporting
from tests.cast import Cast, acting_as, sign_in
from tests.consent import test_disclose as disclosing


def test_hits_of_a_search_and_ones_own_words_say_why(cast: Cast, client: Client) -> None:
    stories.assigned(cast)
    sign_in(client, cast.ingrid)

    found = client.post(reverse("search"), {"words": "Prøvedal"})

    assert "Prøvedal" in found.content.decode() or "Elias" in found.content.decode()
    assert says_why(found)
    assert says_why(client.get(reverse("cases:contributions")))


def why(cast: Cast, who: str, case: Case) -> Explanation:
    actor = getattr(cast, who)
    with acting_as(actor):
        found = Case.objects.visible_to(actor).select_related("person", "lead_agency").get(pk=case.pk)
        return explain(actor, found)


def test_the_lead_is_told_part_by_part_what_it_wrote_and_what_it_received(cast: Cast) -> None:
    found = why(cast, "ingrid", stories.assigned(cast))

    (core, rest) = found.by_part
    assert core.parts == "Kjerne" and len(core.reasons) == 3
    assert "helse" in rest.parts and rest.parts.startswith("Kontakt")
    assert ["selv har skrevet" in reason for reason in rest.reasons] == [True, False]
    assert "det som fulgte med meldingen" in rest.reasons[1]


def test_a_participant_is_told_for_each_part_by_whom_and_until_when(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY, Part.HOUSING], "stavne": [Part.HEALTH]}, forum=())
    disclosing.disclosed(cast, case, parts=("health",), to="nav")

    found = why(cast, "nils", case)

    by_part = {row.parts: row.reasons for row in found.by_part}
    assert set(by_part) == {"Kjerne", "Helse", "Økonomi og bolig"}
    (consent,) = by_part["Økonomi og bolig"]
    (shared,) = by_part["Helse"]
    office = cast.ingrid.agency.name
    assert consent.startswith(f"Den unge har samtykket: det {office} og de andre som er med i samtykket, har skrevet.")
    assert "Stavne" not in consent, "who else takes part is not this reader's to know"
    assert shared.startswith(f"Delt på lovgrunnlag: det {office} har skrevet.")
    assert re.search(r"Fra \d+\. \w+ \d{4} til og med \d+\. \w+ \d{4}\.$", consent)
    assert len(by_part["Kjerne"]) == 2
    assert re.search(r"til og med \d+\. \w+ \d{4}, og du er leder der\.$", found.summary)


def test_intake_is_told_why_it_sees_a_report(cast: Cast, client: Client) -> None:
    case = stories.received(cast)

    page = sign_in(client, cast.rune).get(reverse("cases:report", args=[case.pk])).content.decode()

    office = cast.rune.agency.name
    assert f"Du ser denne saken fordi {office} leder den, og du er mottak der." in html.unescape(page)


@pytest.mark.req("U23-07")
def test_an_answer_of_the_api_says_that_it_is_the_senders_own_report_and_a_refusal_says_nothing(
    cast: Cast, client: Client, police: object
) -> None:
    listed = client.get(reverse("api:concern-reports"), headers={"Authorization": f"Bearer {reporting.token()}"})
    refused = client.get(reverse("api:concern-reports"))

    assert (listed.status_code, listed.headers["Samlos-Why"]) == (200, "sender")
    assert refused.status_code == 401 and "Samlos-Why" not in refused.headers


# --- "Hvem kan se dette?" ----------------------------------------------------------------------------------------------


def asked(client: Client, actor: Actor, case: Case, **query: str) -> HttpResponse:
    answer = sign_in(client, actor).get(reverse("cases:readers", args=[case.pk]), query)
    assert isinstance(answer, HttpResponse)
    return answer


def rows_of(cast: Cast, case: Case, at: dt.datetime | None = None) -> dict[str, dict[str, ReaderOfPart]]:
    """Parts → agency's short name → what stands there, as the lead is told."""
    with acting_as(cast.ingrid):
        found = who_could_read(stories.case_now(case), at=at or clock.now(), by=cast.ingrid)
    return {row.parts: {reader.agency.slug: reader for reader in row.readers} for row in found}


def test_the_lead_is_told_who_can_read_each_part_and_every_part_is_answered(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())

    rows = rows_of(cast, case)

    words = " ".join(rows).lower()
    assert all(str(part.label).lower() in words for part in Part)
    assert set(rows["Økonomi"]) == {"hvk-ost", "nav"}
    assert set(rows["Kjerne"]) == {"hvk-ost", "nav"}
    assert all(set(row) == {"hvk-ost"} for parts, row in rows.items() if parts not in {"Økonomi", "Kjerne"})
    nav = rows["Økonomi"]["nav"]
    assert nav.people == 1, "the manager answers; nobody is assigned"
    assert nav.reasons[0].startswith("Samtykke: det ") and "NAV Fjordvik har skrevet. Fra " in nav.reasons[0]
    assert "til og med" in nav.reasons[0]


def test_at_a_past_instant_the_page_tells_who_could_read_then(
    cast: Cast, client: Client, shift_clock: Callable[..., None], own_database: str
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)
    then = clock.now()
    shift_clock(hours=30)
    with acting_as(cast.nils):
        assignments.unassign(case, user=cast.nora.user, by=cast.nils)
    stories.revoked(cast, case)
    shift_clock(hours=60)

    now, past = rows_of(cast, case), rows_of(cast, case, then + dt.timedelta(seconds=1))
    local = (then + dt.timedelta(minutes=1)).astimezone(clock.local_zone())
    answer = asked(client, cast.ingrid, case, on=f"{local:%d.%m.%Y}", at=f"{local:%H.%M}")
    page = html.unescape(answer.content.decode())

    assert all("nav" not in row for row in now.values())
    assert past["Økonomi"]["nav"].people == 2, "Nils who answers, and Nora who was assigned"
    assert re.search(r"til \d+\. \w+ \d{4} kl\. \d\d\.\d\d\.$", past["Økonomi"]["nav"].reasons[0]), "revoked in the day"
    assert answer.status_code == 200 and "NAV Fjordvik</strong>" in page and "Slik var det" in page


def test_intake_could_read_everything_it_had_received_until_it_passed_it_on(
    cast: Cast, own_database: str, shift_clock: Callable[..., None]
) -> None:
    case = stories.received(cast)
    then = clock.now()
    shift_clock(hours=1)
    case = stories.assigned(cast, stories.routed(cast, case))

    past, now = rows_of(cast, case, then + dt.timedelta(seconds=1)), rows_of(cast, case)

    assert all(set(row) == {"intake"} for row in past.values())
    assert all("intake" not in row for row in now.values())
    assert rows_of(cast, case, then - dt.timedelta(days=9)).popitem()[1] == {}


def test_the_question_is_logged_and_nobody_but_the_lead_may_ask(cast: Cast, client: Client) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())

    assert asked(client, cast.ingrid, case).status_code == 200
    assert asked(client, cast.nils, case).status_code == 403
    assert asked(client, cast.oda, case).status_code == 404
    with acting_as(cast.nils), pytest.raises(Refused):
        who_could_read(case, at=clock.now(), by=cast.nils)
    with acting_as(cast.ingrid):
        assert Event.objects.filter(kind="case.readers_asked", case_id=case.pk).count() == 1


@pytest.mark.parametrize(
    ("on", "at", "sentence"),
    [
        ("31.02.2026", "12.00", "Skriv datoen som dd.mm.åååå"),
        ("", "12.00", "Skriv datoen som dd.mm.åååå"),
        ("01.02.2026", "25.00", "Skriv klokkeslettet som tt.mm"),
        ("01.02.2026", "", "Skriv klokkeslettet som tt.mm"),
        ("01.02.2999", "12.00", "Velg et tidspunkt som har vært"),
    ],
)
def test_a_time_that_cannot_be_read_is_kept_as_typed_with_a_sentence_about_it(
    cast: Cast, client: Client, on: str, at: str, sentence: str
) -> None:
    answer = asked(client, cast.ingrid, stories.assigned(cast), on=on, at=at)
    page = html.unescape(answer.content.decode())

    assert answer.status_code == 422
    assert sentence in page
    assert all(f'value="{typed}"' in page for typed in (on, at) if typed)
    assert "<table" not in page


def test_the_page_asks_a_constant_number_of_questions(cast: Cast) -> None:
    few = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    many = stories.consented(
        cast,
        scopes={slug: [Part.ECONOMY, Part.HEALTH] for slug in ("nav", "stavne", "outreach", "probation")},
        forum=(),
    )

    def questions(case: Case) -> int:
        with acting_as(cast.ingrid), CaptureQueriesContext(connection) as asked_of_it:
            who_could_read(stories.case_now(case), at=clock.now(), by=cast.ingrid)
        return len(asked_of_it)

    assert questions(few) == questions(many)
