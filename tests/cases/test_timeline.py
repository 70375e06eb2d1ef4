"""The case's one timeline: exactly what the reader may read now, in the order it happened, page by page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.enums import Part
from cases.enums import EntryKind
from cases.models import Case, Entry
from cases.services import entries
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def write(cast: Cast, who: str, case: Case, part: Part, text: str) -> Entry:
    actor = getattr(cast, who)
    with acting_as(actor):
        return entries.write(case, kind=EntryKind.NOTE, part=part, text=text, by=actor)


def shared(cast: Cast) -> Case:
    """Ingrid's case with NAV told of the economy and mental health of health; Nora works on it at NAV."""
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY], "mental-health": [Part.HEALTH], "hvk-ost": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    return case


def page(client: Client, actor: object, case: Case, query: str = "") -> str:
    response = sign_in(client, actor).get(reverse("cases:detail", args=[case.pk]) + query)  # type: ignore[arg-type]
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.req("SIG-46")
def test_each_reader_finds_the_lines_whose_part_and_author_their_right_covers(cast: Cast, client: Client) -> None:
    case = shared(cast)
    write(cast, "ingrid", case, Part.ECONOMY, "Økonominotat fra kontoret")
    write(cast, "ingrid", case, Part.HEALTH, "Helsenotat fra kontoret")
    write(cast, "nora", case, Part.ECONOMY, "Økonominotat fra NAV")

    ingrid, nora = page(client, cast.ingrid, case), page(client, cast.nora, case)

    assert "Økonominotat fra NAV" in ingrid and "Helsenotat fra kontoret" in ingrid
    assert "Økonominotat fra kontoret" in nora and "Økonominotat fra NAV" in nora
    assert "Helsenotat fra kontoret" not in nora


def test_the_lead_does_not_read_what_no_consent_lets_it_receive(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    write(cast, "nora", case, Part.ECONOMY, "Bare for NAV")

    assert "Bare for NAV" not in page(client, cast.ingrid, case)


def test_filters_and_their_options_speak_only_of_what_is_readable(cast: Cast, client: Client) -> None:
    case = shared(cast)
    write(cast, "ingrid", case, Part.ECONOMY, "Gjelder økonomi")
    write(cast, "ingrid", case, Part.HOUSING, "Gjelder bolig")

    narrowed = page(client, cast.ingrid, case, "?part=economy&kind=notes")
    participant = page(client, cast.nora, case, "?agency=mental-health")

    assert "Gjelder økonomi" in narrowed and "Gjelder bolig" not in narrowed
    assert "Fjern filteret: </span>Økonomi" in narrowed and "Fjern filteret: </span>Notater" in narrowed
    assert "Fjern filteret" not in participant, "an agency that is not there cannot be filtered by"
    assert 'value="mental-health"' not in participant


def test_pages_follow_each_other_without_a_gap_or_a_repeat(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    for number in range(60):
        write(cast, "ingrid", case, Part.HOUSING, f"Linje {number:02d}.")
    sign_in(client, cast.ingrid)
    url, seen = reverse("cases:detail", args=[case.pk]), []

    for _page in range(4):
        timeline = client.get(url).context["timeline"]
        seen += [line.entry.pk for _day, lines in timeline.days for line in lines]
        if not timeline.older_url:
            break
        url = timeline.older_url

    with acting_as(cast.ingrid):
        everything = set(Entry.objects.filter(case=case).readable_by(cast.ingrid).values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) and set(seen) == everything


def test_a_cursor_that_names_an_unreadable_line_shows_the_newest_instead(cast: Cast, client: Client) -> None:
    case = shared(cast)
    hidden = write(cast, "ingrid", case, Part.HEALTH, "Skjult for NAV")
    write(cast, "ingrid", case, Part.ECONOMY, "Synlig for NAV")

    for cursor in (str(hidden.pk), "tull"):
        assert "Synlig for NAV" in page(client, cast.nora, case, f"?etter={cursor}")


def test_a_line_has_an_address_of_its_own_for_those_who_may_read_it(cast: Cast, client: Client) -> None:
    case = shared(cast)
    hidden = write(cast, "ingrid", case, Part.HEALTH, "Skjult for NAV")
    url = reverse("cases:entry", args=[case.pk, hidden.pk])

    assert sign_in(client, cast.ingrid).get(url).status_code == 200
    assert sign_in(client, cast.nora).get(url).status_code == 404


def test_the_page_asks_as_many_questions_at_three_lines_as_at_thirty_and_with_twelve_agencies(
    cast: Cast, client: Client
) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    for number in range(3):
        write(cast, "ingrid", case, Part.ECONOMY, f"Linje {number}")
    sign_in(client, cast.ingrid)
    url = reverse("cases:detail", args=[case.pk])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)

    more = ["police-analysis", "hvk-vest", "hvk-midt", "hvk-sor", "stavne", "probation", "mediation", "child-family"]
    consent_in_force(cast, case, {slug: [Part.ECONOMY, Part.HEALTH] for slug in [*more, "mental-health", "outreach"]})
    for number in range(27):
        write(cast, "ingrid", case, Part.ECONOMY, f"Flere {number}")
    with CaptureQueriesContext(connection) as many:
        response = client.get(url)

    assert len(response.context["taking_part"]) == 12
    assert len(many) == len(few), [query["sql"][:100] for query in many.captured_queries]
