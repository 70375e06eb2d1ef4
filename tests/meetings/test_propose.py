"""Taking a case to a meeting: only on a basis in force, and after having read who will hear it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from agencies.models import Programme, ProgrammeVersion
from audit import clock
from meetings.enums import ItemState
from meetings.models import CaseItem, Meeting
from meetings.services import agenda
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.meetings.tables import QUESTION, called, labels_on_agenda, on_agenda, proposed, staffed


def form_for(meeting: Meeting, *parts: Part, **changed: object) -> dict[str, object]:
    return {
        "meeting": meeting.pk,
        "parts": [part.value for part in parts],
        "question": QUESTION,
        "minutes": 10,
    } | changed


@pytest.mark.req("LIL-22", "SIG-47")
def test_who_will_hear_the_case_stands_before_the_button(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast, agencies=("slt", "hvk-ost", "nav"))
    url = reverse("meetings:propose", args=[case.pk])
    sign_in(client, cast.ingrid)

    html = client.post(url, form_for(meeting, Part.OCCUPATION_SCHOOL)).content.decode()

    before_button = html[: html.index("Foreslå saken for 2 tjenester")]
    for name, words in (("NAV Fjordvik", ""), ("Stavne", "Er ikke innkalt"), ("SLT", "Får ikke vite om alle delene")):
        assert name in before_button and words in before_button
    with acting_as(cast.ingrid):
        assert not CaseItem.objects.exists()


@pytest.mark.req("LIL-22")
def test_a_confirmed_proposal_is_made_once_however_often_it_is_sent(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    url = reverse("meetings:propose", args=[case.pk])
    sign_in(client, cast.ingrid)

    first = client.post(url, form_for(meeting, Part.ECONOMY, confirm="1"))
    second = client.post(url, form_for(meeting, Part.ECONOMY, confirm="1"), follow=True)

    assert first.status_code == 302
    assert "allerede foreslått" in second.content.decode()
    with acting_as(cast.ingrid):
        assert CaseItem.objects.get().state == ItemState.PROPOSED


@pytest.mark.req("LIL-22", "U23-16")
def test_without_a_consent_the_button_says_why_not(cast: Cast, client: Client) -> None:
    told = stories.consent_pending(cast)
    untold = stories.assigned(cast)
    called(cast)
    sign_in(client, cast.ingrid)

    for case, reason in ((told, "ikke noe samtykke"), (untold, "få vite om meldingen før noe møte")):
        for name in ("case", "propose"):
            assert reason in client.get(reverse(f"meetings:{name}", args=[case.pk])).content.decode()


def test_an_agency_that_is_not_called_proposes_nothing_to_the_meeting(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast, agencies=("slt", "nav"))

    html = sign_in(client, cast.ingrid).get(reverse("meetings:propose", args=[case.pk])).content.decode()

    assert "Ingen kommende møter" in html
    with pytest.raises(NotNow, match="ikke innkalt"):
        proposed(cast, case, meeting)


@pytest.mark.req("LIL-23")
def test_a_consent_that_does_not_name_the_forum_is_no_basis(cast: Cast) -> None:
    case = stories.consented(cast, forum=())
    meeting = called(cast)

    with pytest.raises(NotNow, match="ikke noe samtykke"):
        proposed(cast, case, meeting)


@pytest.mark.req("LIL-22")
def test_a_revoked_consent_is_no_basis(cast: Cast) -> None:
    case = stories.revoked(cast)
    meeting = called(cast)

    with pytest.raises(NotNow):
        proposed(cast, case, meeting)


def test_only_those_who_work_on_the_case_for_its_lead_propose_it(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    url = reverse("meetings:propose", args=[case.pk])

    assert sign_in(client, cast.oda).post(url, form_for(meeting, Part.ECONOMY, confirm="1")).status_code == 404
    with acting_as(cast.nora), pytest.raises(Refused):
        agenda.propose(case, meeting, by=cast.nora, parts=[Part.ECONOMY], question=QUESTION)


def test_the_lead_proposes_no_part_it_may_not_know_and_never_whereabouts(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)

    html = sign_in(client, cast.ingrid).get(reverse("meetings:propose", args=[case.pk])).content.decode()

    assert 'value="contact"' not in html and 'value="core"' not in html
    with acting_as(cast.ingrid), pytest.raises(NotNow):
        agenda.propose(case, meeting, by=cast.ingrid, parts=[Part.CONTACT], question=QUESTION)


def test_what_was_typed_is_kept_when_something_is_missing(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)

    response = sign_in(client, cast.ingrid).post(reverse("meetings:propose", args=[case.pk]), form_for(meeting))

    assert response.status_code == 422
    assert QUESTION in response.content.decode() and "Velg minst én del." in response.content.decode()


@pytest.mark.req("SLT-21")
def test_a_police_council_can_hear_no_individual_case(cast: Cast) -> None:
    case = stories.consented(cast)
    programme = Programme.objects.get(code="u23_trondheim")
    version = programme.current_version()
    council = version.document["forums"][0] | {
        "code": "council", "name": "Politirådet", "kind": "police_council", "individual_cases": [], "agenda_parts": ["general"],
    }  # fmt: skip
    with acting_as(cast.marte):
        version = ProgrammeVersion.objects.create(
            programme=programme, number=version.number + 1, checksum="0" * 64, loaded_at=clock.now(),
            document=version.document | {"forums": [*version.document["forums"], council]},
        )  # fmt: skip
        working_group = called(cast)
        meeting = Meeting.objects.create(
            programme_version=version, forum="council", convenor=cast.marte.agency, called_by=cast.marte.user,
            starts_at=clock.now() + dt.timedelta(days=9), ends_at=clock.now() + dt.timedelta(days=10), place="Rådhuset",
        )  # fmt: skip
        meeting.invitations.create(agency=cast.ingrid.agency)

    with pytest.raises(NotNow):
        proposed(cast, case, meeting)
    known = {"case": case, "parts": ["economy"], "author_agency": cast.ingrid.agency, "author": cast.ingrid.user}
    for place, forum in ((meeting, "council"), (meeting, "working_group"), (working_group, "council")):
        with acting_as(cast.ingrid), pytest.raises(IntegrityError), transaction.atomic():
            CaseItem.objects.create(meeting=place, forum=forum, question=QUESTION, **known)


def test_a_withdrawn_proposal_is_gone_for_the_others(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    item = on_agenda(cast, case, meeting)

    sign_in(client, cast.ingrid).post(reverse("meetings:withdraw", args=[case.pk, item.pk]))

    for actor in (cast.ingrid, cast.nora, cast.marte):
        assert labels_on_agenda(meeting, actor) == []


def test_another_agency_can_not_withdraw_the_proposal(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine)
    item = on_agenda(cast, case, meeting)
    url = reverse("meetings:withdraw", args=[case.pk, item.pk])

    assert sign_in(client, cast.stine).post(url).status_code == 404  # does not hear it
    assert sign_in(client, cast.nora).post(url).status_code == 403
    assert labels_on_agenda(meeting, cast.nora) == [(1, case.label)]


@pytest.mark.req("SIG-46")
def test_nobody_but_the_convenor_gives_a_case_its_time(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    item = proposed(cast, case, meeting)
    url = reverse("meetings:answer", args=[meeting.pk, item.pk])

    for actor in (cast.nora, cast.ingrid, cast.mona):
        assert sign_in(client, actor).post(url, {"starts": "10.30", "minutes": "10"}).status_code == 403
    with acting_as(cast.ingrid):
        assert CaseItem.objects.get(pk=item.pk).state == ItemState.PROPOSED


def test_a_time_outside_the_meeting_is_asked_about_again(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    item = proposed(cast, case, meeting)

    response = sign_in(client, cast.marte).post(
        reverse("meetings:answer", args=[meeting.pk, item.pk]), {"starts": "15.00", "minutes": "10"}
    )

    assert response.status_code == 422
    assert "mellom 10.00 og 12.00" in response.content.decode() and 'value="15.00"' in response.content.decode()


def test_the_question_can_not_be_changed_once_it_is_asked(cast: Cast) -> None:
    case = stories.consented(cast)
    item = proposed(cast, case, called(cast))

    with acting_as(cast.ingrid), pytest.raises(Exception, match="permission denied"), transaction.atomic():
        CaseItem.objects.filter(pk=item.pk).update(question="Noe annet")


def test_the_section_of_the_case_shows_each_reader_what_it_hears(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    url = reverse("meetings:case", args=[case.pk])

    assert QUESTION in sign_in(client, cast.ingrid).get(url).content.decode()
    assert QUESTION in sign_in(client, cast.nora).get(url).content.decode()
    html = sign_in(client, cast.stine).get(url).content.decode()
    assert (
        QUESTION not in html
        and url not in sign_in(client, cast.stine).get(reverse("cases:detail", args=[case.pk])).content.decode()
    )


def test_the_lead_still_finds_its_question_when_the_basis_is_gone_and_reads_that_nobody_else_does(
    cast: Cast, client: Client
) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    stories.revoked(cast, case)
    url = reverse("meetings:case", args=[case.pk])

    html = sign_in(client, cast.ingrid).get(url).content.decode()

    assert QUESTION in html and "Ingen andre ser dette" in html
    assert sign_in(client, cast.nora).get(url).status_code == 404
