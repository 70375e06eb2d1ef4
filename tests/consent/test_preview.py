""" "Dette vil de se": the right is written, asked and undone, so what is shown is what the recipient would get."""

import html
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.enums import Part
from audit.models import Event
from cases.enums import NeedStatus
from cases.models import Case, CaseContent, Entry
from cases.services import needs
from cases.services.needs import NeedAnswer
from cases.shown import kinds
from consent.models import Consent, ConsentScope, Disclosure
from consent.services import preview
from consent.services.preview import Preview
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in
from tests.consent import test_disclose as disclosing
from tests.consent.reading import finds, give_case_to, wrote


def previewed(cast: Cast, case: Case, scopes: dict[str, list[Part]], **more: Any) -> dict[str, Preview]:
    """By short name, what Ingrid is shown of a consent that is being typed in."""
    with acting_as(cast.ingrid):
        form = stories.paper(cast, scopes=scopes, forum=(), **more)
        return {one.agency.slug: one for one in preview.of_consent(stories.case_now(case), form, by=cast.ingrid)}


def texts(found: Preview) -> set[str]:
    return {piece.text for piece in found.pieces if piece.text}


def test_every_kind_of_content_has_words_for_the_page_that_shows_it() -> None:
    concrete = {model for model in apps.get_models() if issubclass(model, CaseContent) and not model._meta.abstract}

    assert concrete == set(kinds())


@pytest.mark.req("U23-18")
def test_a_recipient_is_shown_exactly_what_it_finds_once_the_consent_is_recorded(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    wrote(cast.ingrid, case, "economy", "gjeld hos tre selskaper")
    wrote(cast.ingrid, case, "health", "legetime")

    shown = previewed(cast, case, {"nav": [Part.ECONOMY], "stavne": [Part.OCCUPATION_SCHOOL]})
    case = stories.consented(cast, case, scopes={"nav": [Part.ECONOMY], "stavne": [Part.OCCUPATION_SCHOOL]}, forum=())
    give_case_to(case, cast.nora, by=cast.nils)

    assert texts(shown["nav"]) == {"gjeld hos tre selskaper"} == finds(cast.nora, case)
    assert texts(shown["stavne"]) == set()
    assert shown["nav"].parts == (Part.CORE, Part.ECONOMY)
    assert all(piece.is_new for piece in shown["nav"].pieces)


def test_a_preview_leaves_no_right_behind_and_only_an_event_in_the_log(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.ingrid):
        before = list(Consent.objects.values()), list(ConsentScope.objects.values()), Disclosure.objects.count()

    previewed(cast, case, {"stavne": [Part.ECONOMY]})
    with acting_as(cast.ingrid):
        preview.of_disclosure(case, cast.agency("probation"), [Part.HOUSING], by=cast.ingrid)

        assert before == (
            list(Consent.objects.values()),
            list(ConsentScope.objects.values()),
            Disclosure.objects.count(),
        )
        events = Event.objects.filter(case_id=case.pk, kind__endswith=".previewed").order_by("pk")
        told = {event.kind: (event.purpose, event.parts) for event in events}
    assert told == {
        "consent.previewed": ("stavne", ["core", "economy"]),
        "disclosure.previewed": ("probation", ["core", "housing"]),
    }
    for reader in (cast.tor, cast.frode):
        with acting_as(reader):
            assert not Case.objects.visible_to(reader).exists()
    with acting_as(cast.nils):
        assert Case.objects.visible_to(cast.nils).filter(pk=case.pk).exists(), "the running consent still holds"


def test_what_another_agency_wrote_is_neither_shown_nor_counted_to_one_who_may_not_read_it(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY], "stavne": [Part.ECONOMY]}, forum=())
    plain = previewed(cast, case, {"nav": [Part.ECONOMY], "stavne": [Part.ECONOMY]})
    wrote(cast.nils, case, "economy", "NAVs egne ord om økonomi")

    shown = previewed(cast, case, {"nav": [Part.ECONOMY], "stavne": [Part.ECONOMY]})

    assert shown == plain, "the lead is on the consent for no part, so it may not read what NAV wrote"


def test_what_the_recipient_reads_today_is_told_from_what_is_new(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    wrote(cast.ingrid, case, "economy", "gjeld")
    wrote(cast.ingrid, case, "housing", "mister leiligheten")

    shown = previewed(cast, case, {"nav": [Part.ECONOMY, Part.HOUSING]})

    new = {piece.text: piece.is_new for piece in shown["nav"].pieces if piece.text}
    assert new == {"gjeld": False, "mister leiligheten": True}
    assert texts(previewed(cast, case, {"nav": [Part.HOUSING]})["nav"]) == {"mister leiligheten"}, "less is less"
    assert texts(previewed(cast, case, {"nav": [Part.HOUSING]}, givers=["nav"])["nav"]) == set(), "nobody may tell"


def test_needs_network_and_plan_are_shown_by_their_part_with_titles(cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.ingrid):
        need = next(one for one in case.programme_version.definition.basic_needs if one.part == Part.HOUSING)
        needs.assess_needs(
            case, by=cast.ingrid, answers=[NeedAnswer(need.code, NeedStatus.NOT_MET, "Sover på sofaer.")]
        )
        needs.add_resource_person(case, by=cast.ingrid, name="Odd Prøvedal", relation="bestefar")

    (found,) = previewed(cast, case, {"probation": [Part.HOUSING, Part.LEISURE_NETWORK, Part.ECONOMY]}).values()

    titles = {piece.title for piece in found.pieces}
    assert f"{need.label}: {NeedStatus.NOT_MET.label.lower()}" in titles
    assert "Odd Prøvedal, bestefar" in titles
    assert any(title.startswith("Tiltak: ") for title in titles)
    assert dict(found.counts)["Nettverket"] == 1
    assert [part for part, _pieces in found.by_part] == list(found.parts)


@pytest.mark.req("U23-31")
def test_a_disclosure_shows_the_disclosers_own_words_and_the_report_only_when_it_is_to_be_copied(cast: Cast) -> None:
    case = stories.assigned(cast)
    wrote(cast.ingrid, case, "crime", "avtale med politiet")

    with acting_as(cast.ingrid):
        bare, copied = (
            preview.of_disclosure(case, cast.agency("stavne"), [Part.CRIME], by=cast.ingrid, includes_report=report)
            for report in (False, True)
        )
    disclosing.disclosed(cast, case, parts=("crime",), includes_report=True)
    give_case_to(case, cast.stine, by=cast.tor)

    assert texts(bare) == {"avtale med politiet"}
    assert texts(copied) == {"avtale med politiet", stories.FOUND.text}
    assert finds(cast.stine, case) == {"avtale med politiet"}


def test_an_agency_that_takes_part_is_shown_what_it_wrote_itself(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    wrote(cast.ingrid, case, "economy", "kontorets ord")
    wrote(cast.nils, case, "economy", "NAVs ord")

    with acting_as(cast.nils):
        found = preview.of_disclosure(case, cast.agency("stavne"), [Part.ECONOMY], by=cast.nils)

    assert texts(found) == {"NAVs ord"}


def test_the_questions_do_not_grow_with_what_is_written(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            previewed(cast, case, {"nav": [Part.ECONOMY]})
        return len(asked)

    wrote(cast.ingrid, case, "economy", "én linje")
    questions()  # the cast knows its agencies from now on
    few = questions()
    for number in range(6):
        wrote(cast.ingrid, case, "economy", f"linje {number}")

    assert questions() == few


# --- the pages ---------------------------------------------------------------------------------------------------------


def words_of(content: bytes) -> str:
    return " ".join(html.unescape(content.decode()).split())


def test_the_consent_form_shows_what_each_agency_will_see_and_keeps_what_was_typed(cast: Cast, client: Client) -> None:
    case = stories.consent_pending(cast)
    wrote(cast.ingrid, case, "economy", "gjeld hos tre selskaper")
    sign_in(client, cast.ingrid)
    address = reverse("consent:record", args=[case.pk])
    typed = {"scope": ["nav:economy"], "givers_are": "all", "place": "Et sted i Fjordvik"}

    form = words_of(client.post(address, typed | {"preview": "1"}).content)
    whole = words_of(client.post(address, typed | {"preview_for": "nav"}).content)

    assert f"Dette vil {cast.agency('nav').name} se" in form
    assert "gjeld hos tre selskaper" not in form, "titles and counts beside the form"
    assert f"Slik vil {cast.agency('nav').name} se saken" in whole and "gjeld hos tre selskaper" in whole
    assert "Ingenting er delt ennå" in whole
    assert '<input type="hidden" name="scope" value="nav:economy">' in whole
    assert '<input type="hidden" name="place" value="Et sted i Fjordvik">' in whole
    assert 'name="place" value="Et sted i Fjordvik"' in form
    with acting_as(cast.ingrid):
        assert not case.consents.exists()


def test_an_agency_that_is_not_on_the_form_has_no_preview(cast: Cast, client: Client) -> None:
    case = stories.consent_pending(cast)

    answer = sign_in(client, cast.ingrid).post(
        reverse("consent:record", args=[case.pk]), {"scope": ["nav:economy"], "preview_for": "probation"}
    )

    assert answer.status_code == 200 and "Slik vil" not in words_of(answer.content)


def test_the_disclosure_form_shows_it_before_the_grounds_are_written_and_keeps_what_was_typed(
    cast: Cast, client: Client
) -> None:
    case = stories.assigned(cast)
    wrote(cast.ingrid, case, "crime", "avtale med politiet")
    sign_in(client, cast.ingrid)
    address = f"{reverse('consent:disclose', args=[case.pk])}?lov=NO-FVL-13B-5"
    typed = {"recipient": "stavne", "parts": ["crime"], "necessity": "Uten dette går det ikke."}

    shown = client.post(address, typed | {"preview": "1"})
    whole = client.post(address, typed | {"preview_for": "stavne"})
    missing = client.post(address, {"necessity": "Uten dette går det ikke.", "preview": "1"})

    form = words_of(shown.content)
    assert shown.status_code == 200 and f"Dette vil {cast.agency('stavne').name} se" in form
    assert "Uten dette går det ikke." in form and 'value="crime"' in form
    assert "avtale med politiet" in words_of(whole.content)
    assert "lov=NO-FVL-13B-5" in words_of(whole.content), "the way back is to the same law"
    assert missing.status_code == 422 and "Uten dette går det ikke." in words_of(missing.content)
    with acting_as(cast.ingrid):
        assert not Disclosure.objects.exists()
        assert Entry.objects.filter(case=case, kind="disclosure").count() == 0
