"""Each invitee's agenda: exactly what that agency may hear now, numbered without gaps."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.enums import Part
from audit.models import Event
from meetings.models import CaseItem, Meeting
from meetings.services import agenda, reading
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.meetings.tables import QUESTION, called, labels_on_agenda, on_agenda, proposed, staffed

ALL_PARTS = {
    "hvk-ost": ("economy", "housing", "occupation_school", "crime"),
    "nav": ("economy", "occupation_school"),
    "stavne": ("occupation_school",),
    "police-analysis": ("crime",),
    "slt": ("economy", "housing", "occupation_school"),
}
TABLE = ("slt", "hvk-ost", "nav", "stavne", "police-analysis")


@pytest.mark.req("U23-29", "LIL-23", "SIG-46")
def test_each_agency_finds_exactly_the_items_it_may_hear(cast: Cast) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine, cast.leif)
    on_agenda(cast, case, meeting, Part.ECONOMY)

    here = [(1, case.label)]
    assert labels_on_agenda(meeting, cast.ingrid) == here
    assert labels_on_agenda(meeting, cast.nora) == here
    assert labels_on_agenda(meeting, cast.marte) == here
    for nobody in (cast.stine, cast.leif, cast.oda, cast.sara, cast.hanne, cast.kari):
        assert labels_on_agenda(meeting, nobody) == []


def test_an_item_of_two_parts_is_not_there_for_an_agency_that_may_know_one(cast: Cast, client: Client) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine)
    on_agenda(cast, case, meeting, Part.ECONOMY, Part.OCCUPATION_SCHOOL)

    html = sign_in(client, cast.stine).get(reverse("meetings:detail", args=[meeting.pk])).content.decode()

    assert labels_on_agenda(meeting, cast.nora) == [(1, case.label)]
    assert case.label not in html and QUESTION not in html and "Enkeltsak" not in html
    assert "Ingen saker for deg" in html


def test_what_one_may_not_hear_leaves_no_gap_and_no_count(cast: Cast, client: Client) -> None:
    first = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    second = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    third = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    for case in (first, second, third):
        staffed(case, cast.stine)
    on_agenda(cast, first, meeting, Part.OCCUPATION_SCHOOL, after=30)
    on_agenda(cast, second, meeting, Part.ECONOMY, after=40)
    on_agenda(cast, third, meeting, Part.OCCUPATION_SCHOOL, after=60)

    html = sign_in(client, cast.stine).get(reverse("meetings:detail", args=[meeting.pk])).content.decode()

    assert labels_on_agenda(meeting, cast.stine) == [(1, first.label), (2, third.label)]
    assert labels_on_agenda(meeting, cast.marte) == [(1, first.label), (2, second.label), (3, third.label)]
    assert second.label not in html and "10.40" not in html.replace("10.30–10.40", "")
    assert "10.30–10.40" in html and "11.00–11.10" in html


@pytest.mark.req("LIL-23")
def test_whoever_may_know_the_part_but_does_not_take_part_hears_nothing(cast: Cast) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=("slt", "hvk-ost"))
    meeting = called(cast)
    staffed(case, cast.nora)
    on_agenda(cast, case, meeting, Part.ECONOMY)

    assert labels_on_agenda(meeting, cast.nora) == []


def test_the_item_is_gone_for_everybody_at_the_next_request_after_revocation(cast: Cast, client: Client) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    staffed(case, cast.nora)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    page = reverse("meetings:detail", args=[meeting.pk])
    assert case.label in sign_in(client, cast.nora).get(page).content.decode()

    stories.revoked(cast, case)

    for actor in (cast.nora, cast.marte, cast.ingrid):
        html = sign_in(client, actor).get(page).content.decode()
        assert case.label not in html and QUESTION not in html and "Enkeltsak" not in html
    for name in ("status", "record"):
        assert sign_in(client, cast.nora).get(reverse(f"meetings:{name}", args=[item.pk])).status_code == 404
    with acting_as(cast.marte):
        assert reading.unheard_items([meeting]) == []


def test_the_item_is_gone_when_the_consent_runs_out(cast: Cast, shift_clock: Callable[..., None]) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast, days=200)
    staffed(case, cast.nora)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    assert labels_on_agenda(meeting, cast.nora)

    shift_clock(days=182)

    assert labels_on_agenda(meeting, cast.nora) == labels_on_agenda(meeting, cast.ingrid) == []


@pytest.mark.req("U23-29")
def test_the_coordinator_who_may_not_hear_an_item_learns_that_there_is_one_and_nothing_else(
    cast: Cast, client: Client
) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    item = proposed(cast, case, meeting)
    page = reverse("meetings:detail", args=[meeting.pk])
    sign_in(client, cast.marte)

    before = client.get(page).content.decode()
    client.post(reverse("meetings:answer", args=[meeting.pk, item.pk]), {"starts": "10.30", "minutes": "10"})
    after = client.get(page).content.decode()

    for html in (before, after):
        assert "Enkeltsak" in html
        assert case.label not in html and QUESTION not in html and "Økonomi" not in html
    assert "1. Enkeltsak" in " ".join(after.split())
    with acting_as(cast.ingrid):
        assert CaseItem.objects.get(pk=item.pk).starts_at == meeting.starts_at + dt.timedelta(minutes=30)


def test_an_item_gets_its_time_at_its_own_meeting_alone(cast: Cast, client: Client) -> None:
    meeting, other = called(cast), called(cast, days=45)
    item = proposed(cast, stories.consented(cast), meeting)

    answer = sign_in(client, cast.marte).post(
        reverse("meetings:answer", args=[other.pk, item.pk]), {"starts": "10.30", "minutes": "10"}, follow=True
    )

    assert "Saken står ikke på saklisten lenger." in answer.content.decode()
    with acting_as(cast.ingrid):
        assert CaseItem.objects.get(pk=item.pk).starts_at is None


def test_only_the_convening_agency_is_told_that_there_are_items_it_may_not_hear(cast: Cast) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    proposed(cast, case, meeting)

    with acting_as(cast.marte):
        assert len(reading.unheard_items([meeting])) == 1
    for actor in (cast.nora, cast.ingrid, cast.leif, cast.sara):
        with acting_as(actor):
            assert reading.unheard_items([meeting]) == []


@pytest.mark.req("LIL-21", "LIL-26")
def test_the_agenda_says_what_is_part_one_and_what_is_part_two(cast: Cast, client: Client) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    sign_in(client, cast.marte).post(reverse("meetings:add_theme", args=[meeting.pk]), {"title": "Julebord"})

    html = " ".join(client.get(reverse("meetings:detail", args=[meeting.pk])).content.decode().split())

    assert "Del 1: felles, ingen personer" in html and "1. Julebord" in html
    assert "Del 2: enkeltsaker" in html and f"2. Sak {case.label}" in html


@pytest.mark.req("LIL-21")
@pytest.mark.parametrize("words", ["Om sak 26-0417", "Fødselsnummer 148505 50051", "M-26-0091"])
def test_a_theme_of_part_one_can_name_no_case(cast: Cast, client: Client, words: str) -> None:
    meeting = called(cast)

    response = sign_in(client, cast.marte).post(reverse("meetings:add_theme", args=[meeting.pk]), {"title": words})

    assert response.status_code == 422
    assert "handler ikke om personer" in response.content.decode()


def test_opening_an_agenda_is_one_event_with_the_cases_it_showed(cast: Cast, client: Client) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    staffed(case, cast.nora)
    on_agenda(cast, case, meeting, Part.ECONOMY)

    sign_in(client, cast.nora).get(reverse("meetings:detail", args=[meeting.pk]))

    with acting_as(cast.nora):
        event = Event.objects.get(kind="meeting.agenda_read", user_id=cast.nora.user.pk)
    assert event.case_ids == [case.pk] and event.parts == ["economy"] and event.object_id == str(meeting.pk)


def test_the_second_lock_alone_hides_what_may_not_be_heard(cast: Cast) -> None:
    case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
    meeting = called(cast)
    on_agenda(cast, case, meeting, Part.ECONOMY)

    for actor, sees in (
        (cast.nora, 1),
        (cast.marte, 1),
        (cast.ingrid, 1),
        (cast.leif, 0),
        (cast.stine, 0),
        (cast.sara, 0),
    ):
        with acting_as(actor):
            assert CaseItem.objects.count() == sees, actor.user.name
    stories.revoked(cast, case)
    for actor in (cast.nora, cast.marte):
        with acting_as(actor):
            assert CaseItem.objects.count() == 0


def test_a_meeting_is_there_only_for_those_who_are_called(cast: Cast, client: Client) -> None:
    meeting = called(cast, agencies=("slt", "hvk-ost"))

    assert sign_in(client, cast.nora).get(reverse("meetings:detail", args=[meeting.pk])).status_code == 404
    assert sign_in(client, cast.nora).get(reverse("meetings:calendar", args=[meeting.pk])).status_code == 404
    assert sign_in(client, cast.oda).get(reverse("meetings:detail", args=[meeting.pk])).status_code == 200
    with acting_as(cast.nora):
        assert Meeting.objects.count() == 0


@pytest.mark.parametrize("who", ["aksel", "rune", "pia", "arne"])
def test_analysts_intake_privacy_officers_and_administrators_have_no_seat(cast: Cast, client: Client, who: str) -> None:
    meeting = called(cast)

    response = sign_in(client, getattr(cast, who)).get(reverse("meetings:detail", args=[meeting.pk]))

    assert response.status_code == 404


def test_the_agenda_asks_as_many_questions_at_twelve_items_as_at_three(cast: Cast, client: Client) -> None:
    meeting = called(cast)
    page = reverse("meetings:detail", args=[meeting.pk])
    counts: dict[str, list[int]] = {"marte": [], "ingrid": []}
    made = 0
    for size in (3, 12):
        while made < size:
            case = stories.consented(cast, scopes=ALL_PARTS, forum=TABLE)
            on_agenda(cast, case, meeting, Part.ECONOMY, after=made * 9)
            made += 1
        for who, found in counts.items():
            sign_in(client, getattr(cast, who))
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).content.decode().count("Spørsmålet er") == size
            found.append(len(queries))

    assert all(few == many for few, many in counts.values()), counts


def test_what_is_done_with_a_theme_is_logged_without_its_words(cast: Cast) -> None:
    meeting = called(cast)
    with acting_as(cast.marte):
        theme = agenda.add_general(meeting, by=cast.marte, title="Natteravnene")
        agenda.change_general(theme, by=cast.marte, title="Natteravnene", text="", minutes="Flere trengs.")
        for _twice in range(2):
            agenda.remove_general(theme, by=cast.marte)
        events = Event.objects.filter(object_type="general_item", object_id=str(theme.pk)).order_by("kind")
        found = [(event.kind, event.user_id, event.purpose) for event in events]

    who = cast.marte.user.pk
    kinds = ("meeting.theme_added", "meeting.theme_changed", "meeting.theme_removed")
    assert found == [(kind, who, "") for kind in kinds]
