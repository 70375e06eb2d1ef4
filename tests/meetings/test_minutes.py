"""Before and after: statuses, minutes and decisions, each for those who may hear the item and nobody else."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from audit import clock, context
from cases.enums import CaseState, CoordinationKind, EntryKind, FactKind
from cases.models import Case, Entry
from cases.services import needs
from consent.jobs import follow_expired
from meetings.models import CaseItem, ItemDecision, ItemMinutes, Meeting
from meetings.services import calling, follow_up, minutes, reading
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.meetings.tables import called, on_agenda, staffed

SCOPES = {
    "hvk-ost": ("economy", "occupation_school"),
    "nav": ("economy", "occupation_school"),
    "stavne": ("occupation_school",),
    "slt": ("economy",),
}
SAID = "NAV dekker depositumet."


def agreed(cast: Cast) -> Case:
    return stories.consented(cast, scopes=SCOPES, forum=("slt", "hvk-ost", "nav", "stavne"))


@pytest.fixture
def held(cast: Cast, shift_clock: Callable[..., None]) -> tuple[Case, Meeting, CaseItem]:
    """A case about economy that was taken up: Marte has written what was said."""
    case = agreed(cast)
    meeting = called(cast, days=10)
    staffed(case, cast.nora, cast.stine)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    shift_clock(days=10, hours=13)
    with acting_as(cast.marte):
        calling.hold(meeting, by=cast.marte)
        minutes.write_minutes(item, by=cast.marte, text=SAID)
        due = clock.today() + dt.timedelta(days=14)
        minutes.decide(item, by=cast.marte, what="Søke om depositum", owner=cast.agency("nav"), due_on=due)
    return case, meeting, item


@pytest.mark.req("LIL-23")
def test_minutes_are_read_by_those_who_might_hear_the_item(
    cast: Cast, client: Client, held: tuple[Case, Meeting, CaseItem]
) -> None:
    case, meeting, _item = held
    page = reverse("meetings:detail", args=[meeting.pk])

    for actor in (cast.marte, cast.nora, cast.ingrid):
        html = sign_in(client, actor).get(page).content.decode()
        assert SAID in html and "Søke om depositum" in html
    assert SAID in sign_in(client, cast.nora).get(reverse("meetings:case", args=[case.pk])).content.decode()
    for actor in (cast.stine, cast.leif, cast.oda, cast.sara):
        html = sign_in(client, actor).get(page).content.decode()
        assert SAID not in html and "Søke om depositum" not in html


def test_the_second_lock_alone_seals_minutes_and_decisions(cast: Cast, held: tuple[Case, Meeting, CaseItem]) -> None:
    for actor, sees in ((cast.marte, 1), (cast.nora, 1), (cast.ingrid, 1), (cast.stine, 0), (cast.leif, 0)):
        with acting_as(actor):
            assert ItemMinutes.objects.count() == ItemDecision.objects.count() == sees


def test_after_revocation_minutes_stay_with_the_agency_that_wrote_them_alone(
    cast: Cast, client: Client, held: tuple[Case, Meeting, CaseItem]
) -> None:
    case, meeting, item = held
    stories.revoked(cast, case)

    for actor in (cast.marte, cast.nora, cast.ingrid):
        sign_in(client, actor)
        assert SAID not in client.get(reverse("meetings:detail", args=[meeting.pk])).content.decode()
        assert client.get(reverse("meetings:record", args=[item.pk])).status_code == 404
    assert SAID not in sign_in(client, cast.ingrid).get(reverse("meetings:case", args=[case.pk])).content.decode()
    ours = reverse("cases:contributions")
    assert SAID in sign_in(client, cast.marte).get(ours).content.decode()
    for actor in (cast.nora, cast.ingrid, cast.stine):
        assert SAID not in sign_in(client, actor).get(ours).content.decode()


def test_the_record_is_written_in_the_browser(cast: Cast, client: Client, held: tuple[Case, Meeting, CaseItem]) -> None:
    _case, _meeting, item = held
    url = reverse("meetings:record", args=[item.pk])
    sign_in(client, cast.ingrid)
    due = (clock.today() + dt.timedelta(days=7)).strftime("%d.%m.%Y")

    assert client.post(url, {"text": "Ungdommen vil være med."}).status_code == 302
    assert client.post(url, {"text": ""}).status_code == 422
    assert client.post(url, {"what": "Ringe", "owner": cast.agency("slt").pk, "due_on": due}).status_code == 302
    assert client.post(url, {"what": "Ringe", "owner": cast.agency("stavne").pk, "due_on": due}).status_code == 422
    assert (
        client.post(url, {"what": "Ringe", "owner": cast.agency("nav").pk, "due_on": "01.01.2020"}).status_code == 422
    )
    html = client.get(url).content.decode()
    assert "Ungdommen vil være med." in html and SAID in html and "Ringe" in html


def test_a_decision_written_by_mistake_is_removed_by_its_writer(
    cast: Cast, client: Client, held: tuple[Case, Meeting, CaseItem]
) -> None:
    _case, _meeting, item = held
    with acting_as(cast.marte):
        decision = ItemDecision.objects.get()
    url = reverse("meetings:remove_decision", args=[item.pk, decision.pk])

    assert sign_in(client, cast.ingrid).post(url).status_code == 403
    assert sign_in(client, cast.stine).post(url).status_code == 404
    assert sign_in(client, cast.marte).post(url).status_code == 302
    assert "Søke om depositum" not in client.get(reverse("meetings:record", args=[item.pk])).content.decode()


def test_what_is_agreed_is_given_only_to_an_agency_that_heard_it(
    cast: Cast, held: tuple[Case, Meeting, CaseItem]
) -> None:
    _case, _meeting, item = held
    with acting_as(cast.marte), pytest.raises(Refused):
        minutes.decide(item, by=cast.marte, what="Noe", owner=cast.agency("stavne"), due_on=clock.today())


def test_the_newest_minutes_of_an_agency_count_and_the_same_words_are_one_record(
    cast: Cast, held: tuple[Case, Meeting, CaseItem]
) -> None:
    _case, _meeting, item = held
    with acting_as(cast.marte):
        minutes.write_minutes(item, by=cast.marte, text=SAID)
        assert ItemMinutes.objects.count() == 1
        minutes.write_minutes(item, by=cast.marte, text="Rettet.")
    with acting_as(cast.nora):
        (line,) = reading.agenda_for(item.meeting, cast.nora).lines
        assert [written.text for written in line.minutes] == ["Rettet."]


def test_participants_write_no_minutes_and_nobody_does_before_the_meeting(cast: Cast, client: Client) -> None:
    case = agreed(cast)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    url = reverse("meetings:record", args=[item.pk])

    assert sign_in(client, cast.marte).get(url).status_code == 409
    assert sign_in(client, cast.stine).get(url).status_code == 404
    with acting_as(cast.marte), pytest.raises(NotNow, match="ikke begynt"):
        minutes.write_minutes(item, by=cast.marte, text=SAID)


def test_a_participant_writes_no_minutes(cast: Cast, client: Client, held: tuple[Case, Meeting, CaseItem]) -> None:
    _case, _meeting, item = held

    assert sign_in(client, cast.nora).get(reverse("meetings:record", args=[item.pk])).status_code == 403


@pytest.mark.req("U23-30")
def test_each_agency_tells_its_status_and_the_lead_reads_how_many_have(cast: Cast, client: Client) -> None:
    case = agreed(cast)
    meeting = called(cast)
    staffed(case, cast.nora, cast.stine)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    page = reverse("meetings:detail", args=[meeting.pk])
    words = "Søknaden er til behandling."

    sign_in(client, cast.nora)
    for _twice in range(2):
        sent = client.post(reverse("meetings:status", args=[item.pk]), {"part": "economy", "text": words})
        assert sent.status_code == 302

    assert "Statusen deres er oppdatert" in client.get(page).content.decode()
    html = sign_in(client, cast.ingrid).get(page).content.decode()
    assert "1 av 2 oppdatert" in html and words in html
    assert "oppdatert." not in sign_in(client, cast.nora).get(page).content.decode()
    with acting_as(cast.nora):
        assert Entry.objects.filter(kind=EntryKind.STATUS, source_id=item.pk).count() == 1
    with acting_as(cast.stine):
        assert not Entry.objects.readable_by(cast.stine).filter(kind=EntryKind.STATUS).exists()


@pytest.mark.req("U23-30")
def test_a_status_is_written_only_in_a_part_of_the_item(cast: Cast, client: Client) -> None:
    case = agreed(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    url = reverse("meetings:status", args=[item.pk])

    response = sign_in(client, cast.nora).post(url, {"part": "occupation_school", "text": "Går bra."})

    assert response.status_code == 422
    with acting_as(cast.nora), pytest.raises(Refused):
        minutes.write_status(item, by=cast.nora, part=Part.OCCUPATION_SCHOOL, text="Går bra.")


@pytest.mark.req("U23-29")
def test_a_case_taken_up_is_followed_up_by_the_group_until_its_lead_says_it_is_done(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    case = stories.collaborating(cast, agreed(cast))
    meeting = called(cast, days=10)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    shift_clock(days=10, hours=13)

    sign_in(client, cast.marte).post(reverse("meetings:hold", args=[meeting.pk]))

    with acting_as(cast.ingrid):
        now = stories.case_now(case)
        assert now.state == CaseState.WORKING_GROUP_FOLLOW_UP
        assert FactKind.ON_WORKING_GROUP_AGENDA in now.facts_in_force()
    done = reverse("meetings:finish_follow_up", args=[case.pk])
    assert sign_in(client, cast.marte).post(done).status_code == 403
    # Starting the collaboration is no second way out of the group's follow-up.
    sign_in(client, cast.ingrid).post(reverse("cases:start_collaboration", args=[case.pk]))
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.WORKING_GROUP_FOLLOW_UP
    sign_in(client, cast.ingrid).post(done)
    with acting_as(cast.ingrid):
        now = stories.case_now(case)
        assert now.state == CaseState.COLLABORATING
        assert FactKind.ON_WORKING_GROUP_AGENDA not in now.facts_in_force()


@pytest.mark.req("U23-29", "SIG-63")
@pytest.mark.parametrize("ending", ["revoked", "run out"])
def test_the_groups_follow_up_ends_with_the_consent_it_rested_on(
    cast: Cast, shift_clock: Callable[..., None], ending: str
) -> None:
    case = stories.collaborating(cast, agreed(cast))
    meeting = called(cast, days=10)
    on_agenda(cast, case, meeting, Part.ECONOMY)
    shift_clock(days=10, hours=13)
    with acting_as(cast.marte):
        calling.hold(meeting, by=cast.marte)
    with acting_as(cast.ingrid):
        assert FactKind.ON_WORKING_GROUP_AGENDA in stories.case_now(case).facts_in_force()

    if ending == "revoked":
        stories.revoked(cast, case)
    else:
        shift_clock(days=200)
        office = cast.agency("hvk-ost")
        with context.acting(user_id=None, agency_id=office.pk):
            assert follow_expired(agency=office) == 1

    with acting_as(cast.ingrid):
        now = stories.case_now(case)
        assert now.state == CaseState.CONSENT_PENDING
        assert FactKind.ON_WORKING_GROUP_AGENDA not in now.facts_in_force()


@pytest.mark.req("U23-29")
def test_the_lead_carries_on_a_case_whose_item_the_coordinator_might_not_hear(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    case = stories.collaborating(cast, stories.consented(cast))
    meeting = called(cast, days=10)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)
    begin = reverse("meetings:begin_follow_up", args=[case.pk, item.pk])
    with acting_as(cast.ingrid), pytest.raises(NotNow):
        follow_up.begin(CaseItem.objects.select_related("meeting", "case").get(pk=item.pk), by=cast.ingrid)
    shift_clock(days=10, hours=13)
    with acting_as(cast.marte):
        calling.hold(meeting, by=cast.marte)

    assert (
        "Følg opp i arbeidsgruppen"
        in sign_in(client, cast.ingrid).get(reverse("meetings:case", args=[case.pk])).content.decode()
    )
    client.post(begin)

    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.WORKING_GROUP_FOLLOW_UP


@pytest.mark.req("U23-29")
def test_ending_a_follow_up_that_never_was_does_not_start_the_collaboration(cast: Cast, client: Client) -> None:
    case = stories.needs_assessed(cast, agreed(cast))
    with acting_as(cast.ingrid):
        for kind in CoordinationKind:
            called_in = kind == CoordinationKind.COOPERATION_MEETING
            day = clock.today() + dt.timedelta(days=10) if called_in else None
            needs.assess_coordination(
                case, by=cast.ingrid, kind=kind, wanted=called_in, why="Vurdert sammen.", meeting_on=day
            )

    sign_in(client, cast.ingrid).post(reverse("meetings:finish_follow_up", args=[case.pk]))

    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.MAPPING
