"""The section "Samtykke": what the lead types and sees, and what others see of it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import clock
from audit.models import Event
from cases.enums import CaseState
from cases.models import Case, Person
from consent.contents import default_end, latest_end
from consent.models import Disclosure
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.consent.reading import all_assigned, give_case_to
from tests.consent.test_disclose import disclosed, grounds

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def text_of(response: object) -> str:
    """The words of a page, tags and doubled spaces gone."""
    html = response.content.decode()  # type: ignore[attr-defined]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def typed(**changed: object) -> dict[str, object]:
    """The form of a signed paper as a browser sends it."""
    return {
        "scope": ["nav:economy", "nav:housing", "hvk-ost:economy"],
        "givers_are": "all",
        "hears_working_group": "yes",
        "forum_working_group": ["slt", "nav", "hvk-ost"],
        "valid_until_date": clock.today().strftime("%d.%m.%Y"),
        "signed_on": clock.today().strftime("%d.%m.%Y"),
        "place": "Fjordvik",
        "signed_name": "Elias Prøvedal",
        "informed_items": list(stories.INFORMED_ITEMS),
        "collector_name": "Ingrid Testnes",
        "collector_phone": "00 00 00 11",
        "language": "bokmål",
        "replaces": "",
        "seen": "",
        **changed,
    }


def of(case: Case, name: str = "detail") -> str:
    return reverse(f"consent:{name}", args=[case.pk])


@pytest.fixture
def ingrid(client: Client, cast: Cast) -> Client:
    return sign_in(client, cast.ingrid)


def test_the_form_begins_with_six_months_and_nothing_ticked(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)

    response = ingrid.get(of(case, "record"))

    form = response.context["form"]
    with acting_as(cast.ingrid):
        assert form.initial["valid_until_date"] == default_end(stories.case_now(case), clock.today())
    assert not form["scope"].value()
    assert not form["research_follow_up"].value()
    assert "NAV Fjordvik kan få vite om økonomi" in text_of(response)
    assert "står ikke i programmets omfang" in text_of(response)  # outreach: in the group, not in the scope (U23-27)


@pytest.mark.req("U23-18", "U23-20")
def test_saving_the_form_records_the_consent_and_says_so(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)

    response = ingrid.post(of(case, "record"), typed(), follow=True)

    assert response.redirect_chain == [(of(case), 302)]
    words = text_of(response)
    assert "Samtykket er registrert og gjelder fra nå." in words
    assert "NAV Fjordvik kan få vite om økonomi og bolig." in words
    assert "Siste dag." in words
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.MAPPING


def test_an_error_keeps_everything_typed_and_leads_to_each_field(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        too_long = latest_end(stories.case_now(case), clock.today()).replace(year=clock.today().year + 3)
    wrong = typed(valid_until_date=too_long.strftime("%d.%m.%Y"), forum_working_group=[], place="Rådhuset")

    response = ingrid.post(of(case, "record"), wrong)

    assert response.status_code == 422
    html = response.content.decode()
    assert "Feil:" in html
    assert "Velg en sluttdato før" in html
    assert "Velg hvem som deltar. Bare de som er berørt, kan være med." in html
    assert 'href="#id_valid_until_date"' in html
    assert 'href="#id_forum_working_group_0"' in html
    assert 'value="Rådhuset"' in html
    assert re.search(r'value="nav:housing"[^>]*checked', html)
    with acting_as(cast.ingrid):
        assert not case.consents.exists()


@pytest.mark.parametrize(
    "changed", [{"scope": ["nav:secrets"]}, {"scope": ["nobody:health"]}, {"replaces": "x"}, {"givers_are": ""}]
)
def test_what_no_browser_sends_is_refused_and_breaks_nothing(
    ingrid: Client, cast: Cast, changed: dict[str, object]
) -> None:
    case = stories.consent_pending(cast)

    for extra in ({}, {"preview": "1"}):
        assert ingrid.post(of(case, "record"), typed(**changed, **extra)).status_code in {200, 422}
    with acting_as(cast.ingrid):
        assert not case.consents.exists()


def test_a_preview_says_who_will_see_what_and_saves_nothing(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)

    response = ingrid.post(of(case, "record"), {"scope": ["nav:economy"], "preview": "1"})

    assert response.status_code == 200
    words = text_of(response)
    assert "kommer inn" in words
    assert "kan få vite om økonomi." in words
    assert "Du må rette feilene" not in words
    with acting_as(cast.ingrid):
        assert not case.consents.exists()


def test_taking_sight_away_is_shown_before_it_is_saved(ingrid: Client, cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy", "housing"], "stavne": ["housing"]}, forum=["slt", "nav"])
    with acting_as(cast.ingrid):
        first = case.consents.get()
    narrower = typed(scope=["nav:housing"], forum_working_group=["slt", "nav"], replaces=str(first.pk))

    shown = ingrid.post(of(case, "record"), narrower)

    assert shown.status_code == 422
    assert "Noen ser mindre enn før" in text_of(shown)
    assert "mister saken" in text_of(shown)
    with acting_as(cast.ingrid):
        assert case.consents.count() == 1
    digest = shown.context["effects"].losses_digest
    assert ingrid.post(of(case, "record"), narrower | {"seen": digest}).status_code == 302
    with acting_as(cast.ingrid):
        assert case.consents.count() == 2


def test_a_new_form_begins_with_what_the_running_consent_says(ingrid: Client, cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]}, givers=["nav"], forum=["slt", "nav"])

    response = ingrid.get(of(case, "record"))

    form = response.context["form"]
    assert form["scope"].value() == ["nav:economy"]
    assert form["givers_are"].value() == "some"
    assert form["givers"].value() == ["nav"]
    assert sorted(form["forum_working_group"].value()) == ["nav", "slt"]
    assert "Som før" in text_of(response)


def test_the_page_asks_the_young_person_alone_and_says_why_a_minor_cannot(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(birth_date=clock.today().replace(year=clock.today().year - 16, day=1))

    assert ingrid.get(of(case, "record")).status_code == 302
    assert "alle med foreldreansvar skrive under" in text_of(ingrid.get(of(case)))


@pytest.mark.req("SIG-63")
def test_ending_it_is_one_page_that_says_who_loses_what_and_one_button(ingrid: Client, cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"], "hvk-ost": ["economy"]}, forum=["slt"])

    page = text_of(ingrid.get(of(case, "revoke")))
    assert "NAV" in page
    assert "mister saken" in page
    assert "Ser ikke lenger det andre har skrevet om: Økonomi" in page
    assert "Det holder å si det." in page
    done = ingrid.post(of(case, "revoke"), {"channel": "spoken", "wants_help": "yes"}, follow=True)

    assert "Samtykket er avsluttet. De andre tjenestene ser ikke saken lenger." in text_of(done)
    again = ingrid.post(of(case, "revoke"), {"channel": "spoken", "wants_help": "yes"}, follow=True)
    assert "Det er ikke noe samtykke som gjelder nå." in text_of(again)


def test_no_to_sharing_and_yes_after_all(ingrid: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)

    assert "Dette skjer" in text_of(ingrid.get(of(case, "refuse")))
    assert "ikke vil samtykke" in text_of(ingrid.post(of(case, "refuse"), follow=True))
    assert "Ungdommen ville ikke samtykke" in text_of(ingrid.get(of(case)))
    assert "Saken venter på samtykke igjen." in text_of(ingrid.post(of(case, "ask_again"), follow=True))
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.CONSENT_PENDING


def test_a_participant_sees_its_own_line_and_nothing_of_the_form(client: Client, cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"], "stavne": ["housing"], "hvk-ost": ["economy"]})
    all_assigned(cast, case)

    words = text_of(sign_in(client, cast.nora).get(of(case)))

    assert "Samtykke til" in words
    assert "Dere ser kjerne og økonomi." in words
    assert "bolig" not in words.lower()
    assert "Skrev under" not in words
    assert "Fjordvik, " not in words
    assert client.get(of(case, "revoke")).status_code == 404
    for name in ("record", "refuse"):
        assert client.post(of(case, name), {}).status_code in {302, 403}
    with acting_as(cast.ingrid):
        assert case.consents.in_force().count() == 1


@pytest.mark.parametrize("who", ["oda", "hanne", "sara", "rune", "aksel", "pia", "arne", "marte"])
def test_to_everybody_else_the_pages_are_not_there(client: Client, cast: Cast, who: str) -> None:
    case = stories.consented(cast, forum=[])
    sign_in(client, getattr(cast, who))
    with acting_as(cast.ingrid):
        consent = case.consents.get()

    for name in ("detail", "record", "refuse", "revoke", "disclose"):
        assert client.get(of(case, name)).status_code == 404
    assert client.get(reverse("consent:of_consent", args=[consent.pk])).status_code == 404


def test_a_reminder_leads_from_the_consent_to_its_case(ingrid: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    with acting_as(cast.ingrid):
        consent = case.consents.get()

    assert ingrid.get(reverse("consent:of_consent", args=[consent.pk])).url == of(case)  # type: ignore[attr-defined]


def test_reading_the_section_is_one_event_in_the_log(ingrid: Client, cast: Cast) -> None:
    case = stories.consented(cast)

    ingrid.get(of(case))

    with acting_as(cast.ingrid):
        assert Event.objects.filter(kind="case.read", case_id=case.pk, user_id=cast.ingrid.user.pk).count() == 1


@pytest.mark.req("U23-31")
def test_sharing_on_law_asks_for_the_law_first_and_shows_its_conditions(ingrid: Client, cast: Cast) -> None:
    case = stories.assigned(cast)

    choices = ingrid.get(of(case, "disclose"))
    assert "Forvaltningsloven § 13 b nr. 5" in text_of(choices)
    page = ingrid.get(of(case, "disclose") + "?lov=NO-FVL-13B-5")
    assert "Deling er nødvendig." in text_of(page)
    address = of(case, "disclose") + "?lov=NO-FVL-13B-5"
    assert ingrid.post(address, {}).status_code == 422
    in_order = grounds()
    sent = {
        name: getattr(in_order, name)
        for name in (
            "facts",
            "necessity",
            "proportionality",
            "benefit",
            "why_not_consent",
            "why_not_anonymous",
            "decided_by",
        )
    }
    sent |= {"recipient": "stavne", "parts": ["crime"], "includes_report": "on", "subject_informed": "no",
             "valid_until_date": clock.today().strftime("%d.%m.%Y")}  # fmt: skip
    assert "Skriv hvorfor ungdommen ikke er orientert." in text_of(ingrid.post(address, sent))
    done = ingrid.post(address, sent | {"why_not_informed": "Vi når ham ikke."}, follow=True)

    assert "ser nå delene du valgte." in text_of(done)
    assert "med kopi av bekymringsmeldingen" in text_of(done)
    with acting_as(cast.ingrid):
        shared = Disclosure.objects.get(case=case)
    end = reverse("consent:end_disclosure", args=[case.pk, shared.pk])
    assert "Vi når ham ikke." in text_of(ingrid.get(end))
    assert "Delingen er avsluttet." in text_of(ingrid.post(end, follow=True))
    assert "allerede avsluttet" in text_of(ingrid.post(end, follow=True))


def test_a_recipient_with_a_zero_byte_is_refused_and_breaks_nothing(ingrid: Client, cast: Cast) -> None:
    case = stories.assigned(cast)

    answer = ingrid.post(of(case, "disclose") + "?lov=NO-FVL-13B-5", {"recipient": "stavne\x00"})

    assert answer.status_code == 422
    assert answer.context["form"].has_error("recipient", "null_characters_not_allowed")


def test_a_manager_reads_the_whole_decision_and_approves_it(client: Client, cast: Cast) -> None:
    case = stories.revoked(cast)
    shared = disclosed(cast, case, to="nav", parts=("housing",), on=grounds(despite_objection="Han mister boligen."))
    address = reverse("consent:approve_disclosure", args=[case.pk, shared.pk])
    assert "disabled" in sign_in(client, cast.ingrid).get(address).content.decode()
    assert client.post(address).status_code == 403

    assert "Han mister boligen." in text_of(sign_in(client, cast.mona).get(address))
    assert "Delingen er godkjent og gjelder fra nå." in text_of(client.post(address, follow=True))


def test_the_recipient_sees_on_what_law_it_was_told_and_not_other_disclosures(client: Client, cast: Cast) -> None:
    case = stories.assigned(cast)
    disclosed(cast, case, to="stavne")
    disclosed(cast, case, to="mental-health", parts=("health",))
    give_case_to(case, cast.stine, by=cast.stine)

    words = text_of(sign_in(client, cast.stine).get(of(case)))

    assert "Forvaltningsloven § 13 b nr. 5" in words
    assert "Psykisk helse" not in words


def test_the_page_asks_as_often_for_one_row_as_for_many(ingrid: Client, cast: Cast) -> None:
    def queries(case: Case) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ingrid.get(of(case)).status_code == 200
        return len(captured)

    few = stories.consented(cast, scopes={"nav": ["economy"]}, forum=["slt"])
    disclosed(cast, few)
    many = stories.consented(cast, forum=["slt", "nav", "stavne", "outreach", "hvk-ost"])
    for _ in range(3):
        stories.consented(
            cast, many, scopes={slug: ["housing", "health"] for slug in ("nav", "stavne", "outreach", "mediation")}
        )
    for part in ("crime", "health", "economy"):
        disclosed(cast, many, parts=(part,), to="probation")
    queries(few)

    assert queries(few) == queries(many)
