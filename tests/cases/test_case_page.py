"""The case in the browser: who gets it, what its header says, and why one sees it."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from agencies.enums import Part, ProtectionLevel
from audit.models import Event
from cases import grants
from cases.enums import CaseState, FactKind
from cases.models import Case
from cases.views.next_steps import step_for
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in


def page(client: Client, actor: object, case: Case) -> str:
    """The case's page as `actor` gets it."""
    response = sign_in(client, actor).get(reverse("cases:detail", args=[case.pk]))  # type: ignore[arg-type]
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def without_token(content: bytes) -> bytes:
    """The page but for its CSRF token, which is masked anew each time."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", content)


def test_the_page_says_why_it_is_seen_with_each_check_and_its_source(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)

    html = page(client, cast.ingrid, case)

    office, by = cast.ingrid.agency.name, cast.mona.user.name
    assert f"Du ser denne saken fordi {office} leder den, og du er tildelt den." in html
    assert "Du er logget inn med høyt sikkerhetsnivå" in html
    assert f"Du arbeider i {office}" in html
    assert f"Av {by}, " in html
    assert "det som fulgte med meldingen" in html
    assert "Du har ikke meldt fra om at du er inhabil i saken" in html


def test_the_title_names_the_case_and_never_the_person(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)

    html = page(client, cast.ingrid, case)

    assert f"<title>Sak {case.number} – Samlos</title>" in html
    assert "Elias Prøvedal, 21 år" in html
    assert html.count("<h1") == 1


def test_the_lead_sees_deadline_and_next_step_and_a_participant_neither(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})

    lead, nav = page(client, cast.ingrid, case), page(client, cast.nils, case)

    assert "Du har neste steg." in lead and "Gjør ferdig den første vurderingen" in lead and "Neste steg" in lead
    assert f"{cast.ingrid.agency.name} har neste steg." in nav
    assert "Gjør ferdig den første vurderingen" not in nav and "Meldt av" not in nav


@pytest.mark.parametrize("stranger", ["oda", "hanne", "vidar", "nora", "frode", "aksel", "leif", "pia", "arne", "rune"])
def test_who_may_not_know_of_the_case_gets_the_same_as_for_one_that_does_not_exist(
    cast: Cast, client: Client, stranger: str
) -> None:
    case = stories.assigned(cast)
    absent = "00000000-0000-4000-8000-000000000000"
    sign_in(client, getattr(cast, stranger))

    hidden = client.get(reverse("cases:detail", args=[case.pk]))
    missing = client.get(reverse("cases:detail", args=[absent]))

    assert hidden.status_code == missing.status_code == 404
    assert without_token(hidden.content) == without_token(missing.content)


def test_a_look_at_the_case_is_one_event_with_the_parts_that_were_open(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY, Part.HOUSING]})

    page(client, cast.nils, case)

    with acting_as(cast.nils):
        event = Event.objects.get(kind="case.read", case_id=case.pk, user_id=cast.nils.user.pk)
    assert event.parts == ["core", "economy", "housing"]
    assert event.basis == "consent"


def test_a_participant_reads_from_whom_it_may_know_what_and_until_when(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")

    html = page(client, cast.nora, case)

    assert "den unge har samtykket til at" in html
    assert f"Dere får vite om kjerne og økonomi, fra {cast.ingrid.agency.name}." in html
    assert "til og med" in html


def test_a_person_behind_a_higher_protection_is_not_there_for_those_without_the_clearance(
    cast: Cast, client: Client
) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        case.person.protection_level = ProtectionLevel.STRICTLY_CONFIDENTIAL
        case.person.save(update_fields=["protection_level"])

    response = sign_in(client, cast.ingrid).get(reverse("cases:detail", args=[case.pk]))

    assert response.status_code == 404


def test_the_next_request_after_the_right_ended_finds_nothing(cast: Cast, client: Client, shift_clock: object) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]}, days=3)
    assert "Økonomi" in page(client, cast.nils, case)

    shift_clock(days=5)  # type: ignore[operator]

    assert sign_in(client, cast.nils).get(reverse("cases:detail", args=[case.pk])).status_code == 404


@pytest.mark.parametrize(
    ("story", "label", "url_name"),
    [
        (stories.assigned, "Gjør første vurdering", "cases:review"),
        (stories.reviewed, "Kall inn til samtale", "cases:summon"),
        (stories.summoned, "Registrer samtalen", "cases:talk"),
        (stories.consent_pending, "Registrer samtykket", "consent:record"),
    ],
)
def test_the_next_step_follows_the_case(
    cast: Cast, client: Client, story: Callable[[Cast], Case], label: str, url_name: str
) -> None:
    case = story(cast)

    html = page(client, cast.ingrid, case)

    assert f'href="{reverse(url_name, kwargs={"case_id": case.pk})}">{label}</a>' in html


@pytest.mark.parametrize("state", CaseState)
def test_every_state_but_the_last_has_a_next_step_with_a_page(cast: Cast, state: CaseState) -> None:
    found = step_for(Case(state=state), frozenset(FactKind))

    assert (found is None) is (state == CaseState.CLOSED)


def test_a_declared_conflict_takes_the_case_away_at_once_and_says_so(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    url = reverse("cases:declare_conflict", args=[case.pk])

    asked = sign_in(client, cast.ingrid).get(url).content.decode()
    answer = client.post(url, follow=True)

    assert "Du mister tilgangen til saken med en gang" in asked
    assert "Du har meldt fra om at du er inhabil" in answer.content.decode()
    assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404
    assert client.post(url).status_code == 404, "a second time there is nothing to declare"
    with acting_as(cast.mona):
        assert not grants.assignments_of(case, cast.mona.agency).exists()
