"""Calling a meeting: by whom, whom it reaches, and how little leaves the house."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from agencies.models import Programme
from audit import clock
from meetings import documents, notifications
from meetings.enums import MeetingState
from meetings.models import Meeting
from meetings.services import calling, planning
from reminders.models import Reminder
from reminders.notifications import send_mail
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.meetings.tables import FORUM, called, on_agenda, staffed

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def told(meeting: Meeting, occurrence: int = 0) -> set[str]:
    """The names of those who are told."""
    rows = Reminder.objects.filter(kind=notifications.KIND, subject_id=meeting.pk, occurrence=str(occurrence))
    return {row.recipient.name for row in rows.select_related("recipient") if row.state != "dropped"}


def event_of(calendar: bytes) -> tuple[str, dict[str, str]]:
    parsed = Calendar.from_ical(calendar)
    (event,) = parsed.walk("VEVENT")
    return str(parsed["METHOD"]), {name: str(event[name]) for name in event}


@pytest.mark.req("U23-27")
def test_the_coordinator_calls_the_working_group_in_the_browser(cast: Cast, client: Client) -> None:
    day = clock.today() + dt.timedelta(days=30)
    sign_in(client, cast.marte)
    offered = client.get(reverse("meetings:create")).context["form"].fields["agencies"].queryset

    response = client.post(
        reverse("meetings:create"),
        {
            "day": day.strftime("%d.%m.%Y"), "starts": "10.00", "ends": "11.30", "place": "Rådhuset",
            "agencies": [agency.pk for agency in offered],
        },
    )  # fmt: skip

    assert response.status_code == 302
    with acting_as(cast.marte):
        meeting = Meeting.objects.get()
    assert (meeting.forum, meeting.convenor_id) == (FORUM, cast.marte.agency.pk)
    assert cast.agency("intake") not in offered and cast.agency("outreach") in offered


@pytest.mark.parametrize("who", ["ingrid", "mona", "nora", "leif"])
def test_nobody_else_calls_it(cast: Cast, client: Client, who: str) -> None:
    actor = getattr(cast, who)
    version = Programme.objects.get(code="u23_trondheim").current_version()

    assert sign_in(client, actor).get(reverse("meetings:create")).status_code == 403
    with acting_as(actor), pytest.raises(Refused):
        calling.call(
            version, FORUM, by=actor, starts_at=clock.now(), ends_at=clock.now(), place="Her", agencies=[actor.agency]
        )


def test_called_twice_it_is_one_meeting_until_it_is_called_off(cast: Cast, client: Client) -> None:
    meeting = called(cast)
    typed = {
        "day": clock.last_day(meeting.ends_at).strftime("%d.%m.%Y"), "starts": "10.00", "ends": "12.00",
        "place": "Rådhuset", "agencies": [cast.agency("nav").pk],
    }  # fmt: skip
    sign_in(client, cast.marte)

    again = client.post(reverse("meetings:create"), typed)

    assert again.status_code == 422 and "er innkalt fra før" in again.content.decode()
    with acting_as(cast.marte):
        assert Meeting.objects.get().pk == meeting.pk
        calling.cancel(meeting, by=cast.marte)
    assert client.post(reverse("meetings:create"), typed).status_code == 302


def test_called_twice_at_the_same_instant_it_is_one_meeting(own_database: str, cast: Cast) -> None:
    start = threading.Barrier(4)
    refused: list[str | None] = []

    def call_at_the_start() -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            called(cast)
            refused.append(None)
        except NotNow as refusal:
            refused.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call_at_the_start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(refused, key=str) == [None, "said_before", "said_before", "said_before"]
    with acting_as(cast.marte):
        assert Meeting.objects.count() == 1


def test_what_was_typed_is_kept_when_the_time_is_wrong(cast: Cast, client: Client) -> None:
    response = sign_in(client, cast.marte).post(
        reverse("meetings:create"), {"day": "01.01.2020", "starts": "12", "ends": "11", "place": "Skjæret"}
    )

    html = response.content.decode()
    assert response.status_code == 422
    assert "ikke har vært" in html and "slutte etter" in html and 'value="Skjæret"' in html


@pytest.mark.req("LIL-25")
def test_those_who_work_on_cases_in_the_agencies_are_told_and_nobody_else(cast: Cast) -> None:
    meeting = called(cast, agencies=("slt", "hvk-ost", "nav"))

    assert told(meeting) == {"Ingrid Testnes", "Oda Demolund", "Nora Eksempelvik"}


def test_a_named_person_is_told_alone_and_a_manager_may_be_named(cast: Cast) -> None:
    meeting = called(cast, agencies=("slt", "hvk-ost", "nav"))
    with acting_as(cast.marte):
        calling.call_agencies(
            meeting, by=cast.marte, called={cast.agency("hvk-ost"): cast.mona.user, cast.agency("nav"): None}
        )
        people = {user.name for user, _invitation in notifications.recipients(meeting)}

    assert people == {"Mona Eksempelås", "Nora Eksempelvik"}


def test_the_page_names_who_attends(cast: Cast, client: Client) -> None:
    meeting = called(cast)
    sign_in(client, cast.marte)
    url = reverse("meetings:attendees", args=[meeting.pk])
    nobody = dict.fromkeys(client.get(url).context["form"].fields, "none")
    chosen = nobody | {
        f"agency_{cast.agency('nav').pk}": str(cast.nils.user.pk),
        f"agency_{cast.agency('slt').pk}": "all",
    }

    assert client.post(url, nobody).status_code == 422
    assert client.post(url, chosen).status_code == 302
    html = client.get(reverse("meetings:detail", args=[meeting.pk])).content.decode()
    assert "Nils Testmo" in html and "Friomsorgskontoret" not in html


def test_an_agency_that_is_not_called_any_more_loses_the_meeting_at_once(cast: Cast, client: Client) -> None:
    meeting = called(cast)
    page = reverse("meetings:detail", args=[meeting.pk])
    assert sign_in(client, cast.nora).get(page).status_code == 200

    with acting_as(cast.marte):
        calling.call_agencies(meeting, by=cast.marte, called={cast.agency("slt"): None})

    assert sign_in(client, cast.nora).get(page).status_code == 404
    with acting_as(cast.nora):
        assert notifications.to_tell([meeting.pk], cast.nora) == {}
        assert documents.calendar(meeting.pk, cast.nora) is None


def test_the_calendar_invitation_says_meeting_and_when_and_nothing_else(cast: Cast) -> None:
    case = stories.consented(cast)
    meeting = called(cast)
    staffed(case, cast.nora)
    on_agenda(cast, case, meeting, Part.ECONOMY)

    with acting_as(cast.nora):
        calendar = documents.calendar(meeting.pk, cast.nora)
    assert calendar is not None
    method, event = event_of(calendar)

    assert (method, event["SUMMARY"], event["SEQUENCE"]) == ("REQUEST", "Møte", "0")
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "CLASS", "STATUS", "ORGANIZER", "ATTENDEE",
    }  # fmt: skip
    text = calendar.decode()
    for word in ("Prøvedal", "Elias", case.label, "Rådhuset", "U23", "rbeidsgruppe", "Marte", "Nora", "konomi"):
        assert word not in text


def test_the_mail_with_the_invitation_names_nobody(cast: Cast) -> None:
    meeting = called(cast)
    with acting_as(cast.nora):
        calendar = documents.calendar(meeting.pk, cast.nora)

    send_mail(cast.nora.user, "<proof@samlos>", calendar)

    (message,) = mail.outbox
    content = message.message().as_bytes()
    assert b"text/calendar" in content and b"method=" in content
    assert all(word not in content.decode() for word in ("U23", "Rådhuset", "Marte", "rbeidsgruppe"))


@pytest.mark.req("LIL-25")
def test_a_moved_meeting_is_told_again_under_the_same_id_with_a_higher_sequence(cast: Cast) -> None:
    meeting = called(cast, agencies=("slt", "nav"))
    with acting_as(cast.marte):
        first = event_of(documents.calendar_entry(meeting, cast.nora.user))[1]
        later = meeting.starts_at + dt.timedelta(hours=1)
        moved = calling.move(meeting, by=cast.marte, starts_at=later, ends_at=meeting.ends_at, place=meeting.place)
        again = calling.move(meeting, by=cast.marte, starts_at=later, ends_at=meeting.ends_at, place=meeting.place)
        second = event_of(documents.calendar_entry(moved, cast.nora.user))[1]

    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"], again.sequence) == ("0", "1", 1)
    assert (told(meeting, 0), told(meeting, 1)) == (set(), {"Nora Eksempelvik"})


def test_a_meeting_called_off_is_taken_out_of_the_calendars(cast: Cast, client: Client) -> None:
    meeting = called(cast, agencies=("slt", "nav"))
    sign_in(client, cast.marte)
    url = reverse("meetings:cancel", args=[meeting.pk])
    assert "Avlys møtet og gi beskjed" in client.get(url).content.decode()

    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 409
    with acting_as(cast.nora):
        calendar = documents.calendar(meeting.pk, cast.nora)
        words = notifications.to_tell([meeting.pk], cast.nora)
    assert calendar is not None and event_of(calendar)[0] == "CANCEL"
    assert words[meeting.pk].startswith("Avlyst: ")
    assert told(meeting, 1) == {"Nora Eksempelvik"}


@pytest.mark.req("LIL-25")
def test_short_notice_is_said_and_does_not_stop_anybody(cast: Cast, client: Client) -> None:
    soon, later = called(cast, days=5), called(cast, days=30)
    sign_in(client, cast.marte)

    assert (
        "mindre enn 10 arbeidsdagers varsel" in client.get(reverse("meetings:detail", args=[soon.pk])).content.decode()
    )
    assert "arbeidsdagers varsel" not in client.get(reverse("meetings:detail", args=[later.pk])).content.decode()


def test_statuses_are_due_five_working_days_before_the_meeting(cast: Cast) -> None:
    meeting = called(cast)
    meeting.starts_at = dt.datetime(2026, 5, 20, 8, tzinfo=dt.UTC)  # Whit Monday is 25 May; 14 May is Ascension Day

    assert planning.status_due_on(meeting) == dt.date(2026, 5, 12)


@pytest.mark.req("U23-28")
def test_the_coordinator_reads_how_many_meetings_there_are_this_year(cast: Cast, client: Client) -> None:
    version = Programme.objects.get(code="u23_trondheim").current_version()
    called(cast, days=1)
    with acting_as(cast.marte):
        forum = version.definition.forum(FORUM)
        before = planning.cadence(forum, by=cast.marte)
        calling.cancel(Meeting.objects.get(), by=cast.marte)
        after = planning.cadence(forum, by=cast.marte)

    assert before is not None and after is not None
    assert (before.min, before.max, before.is_enough) == (6, 8, False)
    assert before.count - after.count in {0, 1}  # tomorrow may be next year
    assert "6 til 8 i året" in sign_in(client, cast.marte).get(reverse("meetings:list")).content.decode()
    assert "i året" not in sign_in(client, cast.nora).get(reverse("meetings:list")).content.decode()


def test_a_meeting_is_not_held_before_it_begins(cast: Cast, shift_clock: Callable[..., None]) -> None:
    meeting = called(cast)
    with acting_as(cast.marte), pytest.raises(NotNow, match="ikke begynt"):
        calling.hold(meeting, by=cast.marte)

    shift_clock(days=30, hours=13)

    with acting_as(cast.marte):
        assert calling.hold(meeting, by=cast.marte).state == MeetingState.HELD
    with acting_as(cast.marte), pytest.raises(NotNow):
        calling.hold(meeting, by=cast.marte)


def test_the_day_shows_the_meeting_and_the_status_to_write(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    meeting = called(cast, days=9)
    staffed(case, cast.nora, cast.stine)
    item = on_agenda(cast, case, meeting, Part.ECONOMY)

    nora = sign_in(client, cast.nora).get(reverse("home")).content.decode()
    stine = sign_in(client, cast.stine).get(reverse("home")).content.decode()

    status = reverse("meetings:status", args=[item.pk])
    assert reverse("meetings:detail", args=[meeting.pk]) in nora and status in nora and "1 sak du hører" in nora
    assert reverse("meetings:detail", args=[meeting.pk]) in stine and status not in stine and "du hører" not in stine


def test_the_list_and_the_day_ask_as_many_questions_at_twelve_meetings_as_at_three(cast: Cast, client: Client) -> None:
    counts: dict[str, list[int]] = {"meetings:list": [], "home": []}
    made = 0
    for size in (3, 12):
        while made < size:
            called(cast, days=1 + made)
            made += 1
        for name, found in counts.items():
            sign_in(client, cast.nora)
            client.get(reverse(name))
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(name))
            found.append(len(queries))

    assert all(few == many for few, many in counts.values()), counts
