"""The six basic needs, the network, what is considered, and the start of the collaboration."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from audit import clock
from cases import policies
from cases.enums import CaseState, CoordinationKind, EntryKind, FactKind, NeedStatus
from cases.models import BasicNeed, Case, Entry, ResourcePerson
from cases.services import assignments, needs
from cases.services.needs import NeedAnswer
from tests import stories
from tests.cast import Cast, acting_as, sign_in


def assess(cast: Cast, case: Case, *answers: NeedAnswer, by: str = "ingrid") -> int:
    actor = getattr(cast, by)
    with acting_as(actor):
        return needs.assess_needs(case, by=actor, answers=answers)


def nav_works_on(cast: Cast, case: Case) -> None:
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)


@pytest.mark.req("U23-23")
def test_each_assessment_is_a_new_row_and_the_newest_counts(cast: Cast, shift_clock: Callable[..., None]) -> None:
    case = stories.consented(cast)

    assess(cast, case, NeedAnswer("income", NeedStatus.NOT_MET, "Ingen inntekt."))
    shift_clock(minutes=1)
    assess(cast, case, NeedAnswer("income", NeedStatus.PARTLY, "Søknad sendt."))

    with acting_as(cast.ingrid):
        assert BasicNeed.objects.filter(case=case, need="income").count() == 2
        assert needs.latest_needs(cast.ingrid, case)["income"].text == "Søknad sendt."
        assert len(needs.history_of_needs(cast.ingrid, case)["income"]) == 2


def test_what_is_not_changed_is_not_written_again(cast: Cast) -> None:
    case = stories.consented(cast)
    answer = NeedAnswer("housing", NeedStatus.MET, "Egen leilighet.")

    assert assess(cast, case, answer, NeedAnswer("income", NeedStatus.NOT_ASSESSED)) == 1
    assert assess(cast, case, answer) == 0

    with acting_as(cast.ingrid):
        assert Entry.objects.filter(case=case, kind=EntryKind.NEEDS).count() == 1


@pytest.mark.req("U23-23")
def test_another_agency_assesses_only_what_its_right_covers(cast: Cast) -> None:
    case = stories.consented(cast)
    nav_works_on(cast, case)

    assess(cast, case, NeedAnswer("income", NeedStatus.MET, "Dagpenger fra mai."), by="nora")

    with pytest.raises(Refused):
        assess(cast, case, NeedAnswer("housing", NeedStatus.MET, "Vet vi ikke"), by="nora")
    with acting_as(cast.ingrid):
        assert needs.latest_needs(cast.ingrid, case)["income"].author_agency == cast.nora.agency


@pytest.mark.req("U23-23")
def test_only_an_agency_that_may_know_of_a_need_can_be_responsible_for_it(cast: Cast) -> None:
    case = stories.consented(cast)
    nav = cast.agency("nav")

    assess(cast, case, NeedAnswer("income", NeedStatus.PARTLY, "NAV følger opp.", nav, clock.today()))

    with pytest.raises(NotNow, match="ikke tilgang"):
        assess(cast, case, NeedAnswer("housing", NeedStatus.NOT_MET, "Mangler bolig.", nav))


@pytest.mark.req("U23-23")
def test_the_fact_stands_only_when_all_six_are_assessed(cast: Cast) -> None:
    case = stories.consented(cast)
    with acting_as(cast.ingrid):
        every = [need.code for need in case.programme_version.definition.basic_needs]
    assert len(every) == 6

    assess(cast, case, *(NeedAnswer(code, NeedStatus.MET, "Ja.") for code in every[:5]))
    with acting_as(cast.ingrid):
        assert FactKind.BASIC_NEEDS_ASSESSED not in case.facts_in_force()
    assess(cast, case, NeedAnswer(every[5], NeedStatus.NOT_MET, "Nei."))

    with acting_as(cast.ingrid):
        assert FactKind.BASIC_NEEDS_ASSESSED in case.facts_in_force()


def test_what_another_agency_assessed_counts_as_long_as_the_lead_may_see_it(cast: Cast) -> None:
    case = stories.consented(cast)
    nav_works_on(cast, case)
    with acting_as(cast.ingrid):
        others = [need.code for need in case.programme_version.definition.basic_needs if need.code != "income"]
    assess(cast, case, *(NeedAnswer(code, NeedStatus.MET, "Ja.") for code in others))

    assess(cast, case, NeedAnswer("income", NeedStatus.MET, "Dagpenger."), by="nora")

    with acting_as(cast.ingrid):
        assert policies.needs_not_assessed(cast.ingrid, case) == []
        assert FactKind.BASIC_NEEDS_ASSESSED in policies.facts_as_seen(cast.ingrid, case)


# --- the network ------------------------------------------------------------------------------------------------------


def add(cast: Cast, case: Case, *, by: str = "ingrid", name: str = "Arvid Prøvedal") -> ResourcePerson:
    actor = getattr(cast, by)
    with acting_as(actor):
        return needs.add_resource_person(case, by=actor, name=name, relation="bestefar", contact="00 00 00 77")


@pytest.mark.req("U23-18", "U23-19")
def test_nobody_is_written_down_before_the_person_has_consented(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    with pytest.raises(NotNow, match="samtykket"):
        add(cast, case)


@pytest.mark.req("U23-19")
def test_a_resource_person_is_seen_only_by_those_who_may_know_of_the_network(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    add(cast, case)
    nav_works_on(cast, case)

    with acting_as(cast.ingrid):
        assert [person.name for person in needs.network_of(cast.ingrid, case)] == ["Arvid Prøvedal"]
    page = sign_in(client, cast.nora).get(reverse("cases:network", args=[case.pk]))
    assert "Arvid" not in page.content.decode()
    with pytest.raises(Refused):
        add(cast, case, by="nora", name="Testine Eksempelås")


def test_the_same_person_is_written_down_once(cast: Cast) -> None:
    case = stories.consented(cast)
    add(cast, case)

    with pytest.raises(NotNow, match="alt ført opp"):
        add(cast, case)


@pytest.mark.req("U23-19")
def test_taking_a_resource_person_away_deletes_what_stood_about_them(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    person = add(cast, case)
    sign_in(client, cast.ingrid)
    address = reverse("cases:remove_resource_person", args=[case.pk, person.pk])

    asked = client.get(address).content.decode()
    client.post(address)
    client.post(address)

    assert "kan ikke hentes tilbake" in asked
    with acting_as(cast.ingrid):
        kept = ResourcePerson.objects.get(pk=person.pk)
        assert (kept.name, kept.relation, kept.contact) == ("", "", "")
        assert kept.removed_at is not None


# --- what is considered, and the start -----------------------------------------------------------------------------


def consider(cast: Cast, case: Case, kind: CoordinationKind, **changed: object) -> None:
    known: dict[str, object] = {"wanted": False, "why": "Få tjenester er med."}
    with acting_as(cast.ingrid):
        needs.assess_coordination(case, by=cast.ingrid, kind=kind, **(known | changed))  # type: ignore[arg-type]


@pytest.mark.req("U23-25")
@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        (CoordinationKind.RESPONSIBILITY_GROUP, FactKind.RESPONSIBILITY_GROUP_ASSESSED),
        (CoordinationKind.INDIVIDUAL_PLAN, FactKind.INDIVIDUAL_PLAN_ASSESSED),
    ],
)
def test_a_no_with_its_reason_is_an_assessment(cast: Cast, kind: CoordinationKind, fact: FactKind) -> None:
    case = stories.consented(cast)

    consider(cast, case, kind)

    with acting_as(cast.ingrid):
        assert fact in case.facts_in_force()
    with pytest.raises(NotNow, match="alt lagret"):
        consider(cast, case, kind)


@pytest.mark.req("U23-24")
def test_a_cooperation_meeting_without_the_person_is_none(cast: Cast) -> None:
    case = stories.consented(cast)

    with pytest.raises(NotNow, match="personen"):
        consider(cast, case, CoordinationKind.COOPERATION_MEETING, meeting_on=clock.today())
    consider(cast, case, CoordinationKind.COOPERATION_MEETING, meeting_on=clock.today(), wanted=True)

    with acting_as(cast.ingrid):
        assert FactKind.COOPERATION_MEETING_CALLED in case.facts_in_force()


@pytest.mark.req("U23-23", "U23-24", "U23-25")
def test_the_collaboration_starts_only_when_everything_is_in_place(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    address = reverse("cases:start_collaboration", args=[case.pk])
    sign_in(client, cast.ingrid)

    html = client.get(address).content.decode()
    client.post(address)

    assert "alle seks grunnleggende behov er vurdert" in html
    assert "disabled" in html
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.MAPPING
    assert stories.collaborating(cast, case).state == CaseState.COLLABORATING


def test_starting_twice_has_one_effect_and_says_why(cast: Cast) -> None:
    case = stories.collaborating(cast)

    with acting_as(cast.ingrid), pytest.raises(NotNow):
        needs.start_collaboration(case, by=cast.ingrid)


# --- in the browser ------------------------------------------------------------------------------------------------


def typed(case: Case, **changed: str) -> dict[str, str]:
    data: dict[str, str] = {}
    for need in case.programme_version.definition.basic_needs:
        data |= {f"{need.code}-status": "not_assessed", f"{need.code}-agency": ""}
        data |= {f"{need.code}-due": "", f"{need.code}-text": ""}
    return data | {name.replace("__", "-"): value for name, value in changed.items()}


@pytest.mark.req("U23-23")
def test_all_six_are_updated_on_one_page(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    address = reverse("cases:needs", args=[case.pk])
    sign_in(client, cast.ingrid)
    nav = str(cast.agency("nav").pk)

    saved = client.post(
        address,
        typed(
            case, income__status="partly", income__text="Venter på svar.", income__agency=nav, income__due="1.12.2030"
        ),
    )
    html = client.get(saved["Location"]).content.decode()

    assert "1 behov er oppdatert." in html
    assert "Venter på svar." in html
    assert "Frist: 1. desember 2030." in " ".join(html.split())


def test_a_wrong_date_names_its_need_and_keeps_the_words(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)

    response = sign_in(client, cast.ingrid).post(
        reverse("cases:needs", args=[case.pk]), typed(case, housing__due="snart", housing__text="På venteliste.")
    )

    assert response.status_code == 422
    assert "Bolig: skriv fristen" in response.content.decode()
    assert "På venteliste." in response.content.decode()


def test_another_agencys_page_has_only_its_own_needs(cast: Cast, client: Client) -> None:
    case = stories.needs_assessed(cast, stories.consented(cast))
    nav_works_on(cast, case)

    html = sign_in(client, cast.nora).get(reverse("cases:needs", args=[case.pk])).content.decode()

    assert 'id="income"' in html
    assert 'id="housing"' not in html


def test_the_needs_page_asks_the_database_no_more_when_there_is_more_history(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    address = reverse("cases:needs", args=[case.pk])
    sign_in(client, cast.ingrid)
    counts = []
    for round_ in range(2):
        for step in range(3):
            assess(cast, case, NeedAnswer("income", NeedStatus.PARTLY, f"Vurdering {round_} {step}"))
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.req("U23-25")
def test_assessments_are_kept_in_the_browser(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    sign_in(client, cast.ingrid)
    soon = (clock.today() + dt.timedelta(days=5)).strftime("%d.%m.%Y")

    wrong = client.post(
        reverse("cases:assess", args=[case.pk, "cooperation_meeting"]),
        {"cooperation_meeting-meeting_on": soon, "cooperation_meeting-why": "NAV og Elias"},
    )
    right = client.post(
        reverse("cases:assess", args=[case.pk, "individual_plan"]),
        {"individual_plan-wanted": "no", "individual_plan-why": "Elias ønsker det ikke nå."},
    )

    assert wrong.status_code == 422
    assert "Kall inn personen, og kryss av her." in wrong.content.decode()
    assert "Elias ønsker det ikke nå." in client.get(right["Location"]).content.decode()
    assert client.post(reverse("cases:assess", args=[case.pk, "unknown"])).status_code == 404
