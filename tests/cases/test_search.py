"""Searching finds what one may know of now, and says nothing of the rest."""

import pytest
from django.test import Client
from django.urls import reverse

from agencies.enums import Part
from audit.models import Event
from cases.enums import EntryKind
from cases.models import Case
from cases.models.found import readable_lines
from cases.services import entries
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def search(client: Client, actor: object, words: str) -> tuple[set[object], set[str], str]:
    """Which cases and which lines `actor` finds, and the page."""
    response = sign_in(client, actor).post(reverse("search"), {"words": words})  # type: ignore[arg-type]
    assert response.status_code == 200
    cases = {row["case"].pk for row in response.context["cases"]}
    lines = {line.text for line in response.context["lines"]}
    return cases, lines, response.content.decode()


def shared(cast: Cast) -> Case:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    with acting_as(cast.ingrid):
        for part, text in [(Part.ECONOMY, "Avtale om nedbetaling"), (Part.HEALTH, "Avtale med fastlegen")]:
            entries.write(case, kind=EntryKind.NOTE, part=part, text=text, by=cast.ingrid)
    return case


@pytest.mark.parametrize("words", ["Elias", "prøvedal", "lias prø"])
def test_a_case_is_found_by_name_by_those_who_may_know_of_it(cast: Cast, client: Client, words: str) -> None:
    case = shared(cast)

    assert search(client, cast.ingrid, words)[0] == {case.pk}
    assert search(client, cast.nora, words)[0] == {case.pk}
    for stranger in ("oda", "hanne", "siv", "rune", "aksel"):
        cases, _lines, html = search(client, getattr(cast, stranger), words)
        assert cases == set() and "Ingen treff" in html, stranger


def test_a_case_is_found_by_its_number(cast: Cast, client: Client) -> None:
    case = shared(cast)

    assert search(client, cast.mona, case.number or "")[0] == {case.pk}


def test_lines_are_found_in_parts_one_may_read_only(cast: Cast, client: Client) -> None:
    shared(cast)

    assert search(client, cast.ingrid, "avtale")[1] == {"Avtale om nedbetaling", "Avtale med fastlegen"}
    assert search(client, cast.nora, "avtale")[1] == {"Avtale om nedbetaling"}
    assert search(client, cast.oda, "avtale")[1] == set()


def test_a_line_is_found_with_who_wrote_it_and_where(cast: Cast) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY], "hvk-ost": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    for author, text in ((cast.ingrid, "Avtale om nedbetaling"), (cast.nora, "Avtale om depositum")):
        with acting_as(author):
            entries.write(case, kind=EntryKind.NOTE, part=Part.ECONOMY, text=text, by=author)

    with acting_as(cast.ingrid):
        found = readable_lines(cast.ingrid, "avtale", asked=500, shown=30)

    assert {(line.text, line.author, line.author_agency) for line in found} == {
        ("Avtale om nedbetaling", cast.ingrid.user.name, cast.ingrid.agency.name),
        ("Avtale om depositum", cast.nora.user.name, cast.nora.agency.name),
    }
    assert len(found) == 2


def test_what_was_corrected_is_not_found_by_its_old_words(cast: Cast, client: Client) -> None:
    case = shared(cast)
    with acting_as(cast.ingrid):
        line = entries.write(
            case, kind=EntryKind.NOTE, part=Part.ECONOMY, text="Gjeld hos Eksempelbanken", by=cast.ingrid
        )
        entries.correct(line, text="Ingen gjeld", by=cast.ingrid)

    assert search(client, cast.ingrid, "Eksempelbanken")[1] == set()


def test_wildcards_are_letters_like_others(cast: Cast, client: Client) -> None:
    shared(cast)

    for words in ("%%%", "___", "'; --", "\\\\\\", "\"'("):
        assert search(client, cast.ingrid, words)[0] == set()


def test_too_short_a_search_says_so_and_a_name_never_stands_in_an_address(cast: Cast, client: Client) -> None:
    shared(cast)
    short = sign_in(client, cast.ingrid).post(reverse("search"), {"words": "El"})
    by_address = client.get(reverse("search"), {"words": "Elias"})

    assert short.status_code == 422 and "Skriv minst tre tegn." in short.content.decode()
    assert "cases" not in by_address.context and "Elias" not in by_address.content.decode()


def test_a_search_is_logged_with_the_cases_it_showed_and_not_with_its_words(cast: Cast, client: Client) -> None:
    case = shared(cast)

    search(client, cast.ingrid, "Elias")

    with acting_as(cast.ingrid):
        event = Event.objects.get(kind="case.searched", user_id=cast.ingrid.user.pk)
        assert event.case_ids == [case.pk]
        assert "Elias" not in str(event.__dict__)
