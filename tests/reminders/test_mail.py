"""The mail says that something is new, and nothing else; the mailbox shows each reader their own."""

import datetime as dt
import email
import email.policy
import inspect
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.urls import reverse

from audit import clock
from reminders import mailbox, notifications
from reminders.delivery import deliver_due
from reminders.rules import Rule
from tests.cast import sign_in
from tests.reminders.conftest import KIND, raise_for

CALENDAR = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:M\xc3\xb8te\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


@pytest.mark.django_db
def test_the_mail_holds_nothing_of_what_it_is_about(cast, mails, subjects, no_broker, settings, monkeypatch):
    canary = "Kanarifugl"
    rule = Rule(
        KIND, canary, canary, lambda subject_ids, actor: dict.fromkeys(subject_ids, canary), lambda subject_id: canary
    )
    monkeypatch.setattr("reminders.rules._rules", {KIND: rule})
    reminder = raise_for(cast.ingrid, occurrence=canary)

    deliver_due(limit=10)

    (path,) = mails()
    message = read(path)
    everything = "\n".join(
        [path.read_text(), *(part.get_content() for part in message.walk() if not part.is_multipart())]
    )
    for secret in (canary, str(reminder.subject_id), cast.ingrid.agency.name, cast.ingrid.user.name):
        assert secret not in everything
    assert message["Subject"] == "Du har noe nytt i Samlos"
    assert message["To"] == cast.ingrid.user.email
    assert message["Message-ID"] == reminder.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert settings.PUBLIC_URL + "/paminnelser/" in everything


@pytest.mark.django_db
def test_two_mails_differ_in_nothing_but_their_id_and_time(cast, mails, subjects, no_broker):
    raise_for(cast.ingrid, occurrence="30")
    raise_for(cast.ingrid, occurrence="3")

    deliver_due(limit=10)

    first, second = ([part.get_content() for part in read(path).iter_parts()] for path in mails())
    assert first == second
    assert len(first) == 2


def test_the_function_that_sends_takes_nothing_that_could_hold_a_person():
    assert list(inspect.signature(notifications.send_mail).parameters) == ["recipient", "message_id", "calendar"]


@pytest.mark.django_db
def test_a_message_handed_over_twice_is_there_once(cast, mails):
    for _ in range(2):
        notifications.send_mail(cast.ingrid.user, "<en@samlos>")

    assert len(mails()) == 1
    assert notifications.is_known_to_be_sent("<en@samlos>")
    assert not notifications.is_known_to_be_sent("<to@samlos>")


@pytest.mark.django_db
def test_a_relay_that_cannot_be_asked_is_taken_to_know_nothing():
    assert not notifications.is_known_to_be_sent("<en@samlos>")


@pytest.mark.django_db
def test_an_invitation_carries_its_calendar_as_calendars_expect_it(cast, mails):
    notifications.send_mail(cast.ingrid.user, "<en@samlos>", CALENDAR)

    (path,) = mails()
    (part,) = [part for part in read(path).walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    assert part.get_filename() == "innkalling.ics"


@pytest.mark.django_db
def test_the_calendar_of_a_rule_goes_with_its_mail(cast, mails, subjects, no_broker, monkeypatch):
    rule = Rule(KIND, "Møte", "Åpne", subjects.to_tell, lambda subject_id: "", lambda subject_id, actor: CALENDAR)
    monkeypatch.setattr("reminders.rules._rules", {KIND: rule})
    raise_for(cast.ingrid)

    deliver_due(limit=10)

    (mail,) = mailbox.mails_to(cast.ingrid.user)
    assert abs(mail.sent_at - clock.now()) < dt.timedelta(minutes=1)
    assert mail.calendar is not None and b"SUMMARY:M\xc3\xb8te" in mail.calendar


@pytest.mark.django_db
def test_everyone_reads_their_own_mails_and_nobody_elses(cast, mails, client):
    notifications.send_mail(cast.ingrid.user, "<en@samlos>", CALENDAR)
    (path,) = mails()
    calendar = reverse("mailbox_invitation", args=[path.stem])

    mine = sign_in(client, cast.ingrid).get(reverse("mailbox"))
    assert "Du har noe nytt i Samlos" in mine.content.decode()
    assert calendar in mine.content.decode()
    assert client.get(calendar)["Content-Type"] == "text/calendar; charset=utf-8"

    others = sign_in(client, cast.oda).get(reverse("mailbox"))
    assert "Ingen e-post ennå" in others.content.decode()
    assert client.get(calendar).status_code == 404


@pytest.mark.django_db
def test_there_is_no_mailbox_outside_the_demonstration(cast, mails, client, settings, monkeypatch):
    monkeypatch.setattr("agencies.accounts.is_strong", lambda request: True)  # outside it the cast would need a code
    notifications.send_mail(cast.ingrid.user, "<en@samlos>", CALENDAR)
    (path,) = mails()
    sign_in(client, cast.ingrid)
    settings.DEMONSTRATION = False

    assert client.get(reverse("mailbox")).status_code == 404
    assert client.get(reverse("mailbox_invitation", args=[path.stem])).status_code == 404
