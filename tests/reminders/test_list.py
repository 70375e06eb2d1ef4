"""The bell and its list: what still holds for this reader, checked when they look."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import clock
from reminders import services
from reminders.models import Reminder
from tests.cast import acting_as, sign_in
from tests.reminders.conftest import raise_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]


def test_the_list_says_what_and_which_case_and_leads_to_where_to_act(cast, client, subjects):
    reminder = raise_for(cast.ingrid)
    sign_in(client, cast.ingrid)

    page = client.get(reverse("reminders")).content.decode()

    assert "Se på saken" in page and "Sak 26-0417" in page and "Åpne saken" in page
    opened = client.get(reverse("open_reminder", args=[reminder.pk]))
    assert opened["Location"] == f"/tests/{reminder.subject_id}/"


def test_opening_one_marks_it_as_seen_and_takes_it_off_the_bell(cast, client, subjects):
    reminder = raise_for(cast.ingrid)
    raise_for(cast.ingrid)
    sign_in(client, cast.ingrid)

    assert services.count_unseen(cast.ingrid) == 2
    client.get(reverse("open_reminder", args=[reminder.pk]))
    first_seen = Reminder.objects.get(pk=reminder.pk).seen_at
    client.get(reverse("open_reminder", args=[reminder.pk]))

    assert services.count_unseen(cast.ingrid) == 1
    assert Reminder.objects.get(pk=reminder.pk).seen_at == first_seen is not None
    assert "Sett før" in client.get(reverse("reminders")).content.decode()


def test_all_can_be_marked_as_seen_at_once_but_not_by_a_link(cast, client, subjects):
    raise_for(cast.ingrid)
    raise_for(cast.ingrid)
    of_another = raise_for(cast.oda)
    sign_in(client, cast.ingrid)

    assert client.get(reverse("mark_reminders_seen")).status_code == 405
    assert client.post(reverse("mark_reminders_seen")).status_code == 302

    assert services.count_unseen(cast.ingrid) == 0
    of_another.refresh_from_db()
    assert of_another.seen_at is None


def test_what_one_may_no_longer_know_is_as_if_it_had_never_been_said(cast, client, subjects):
    reminder = raise_for(cast.ingrid)
    subjects.withdrawn.add(reminder.subject_id)
    sign_in(client, cast.ingrid)

    page = client.get(reverse("reminders")).content.decode()

    assert "Sak 26-0417" not in page and "Ingen nye varsler" in page
    assert client.get(reverse("open_reminder", args=[reminder.pk])).status_code == 404
    assert services.count_unseen(cast.ingrid) == 0
    reminder.refresh_from_db()
    assert reminder.seen_at is None


def test_a_colleagues_reminder_is_not_found(cast, client, subjects):
    reminder = raise_for(cast.oda)

    sign_in(client, cast.ingrid)
    theirs, nobodys = (client.get(reverse("open_reminder", args=[pk])) for pk in (reminder.pk, uuid.uuid4()))

    assert theirs.status_code == nobodys.status_code == 404
    assert len(theirs.content) == len(nobodys.content)  # they differ in the form token alone


def test_who_works_in_two_agencies_reads_each_ones_reminders_there_only(cast, client, subjects):
    outreach, health = cast.acting_for("tove", "outreach"), cast.acting_for("tove", "mental-health")
    raise_for(outreach)

    assert services.count_unseen(outreach) == 1
    assert services.count_unseen(health) == 0


def test_what_is_not_due_yet_is_not_shown(cast, subjects):
    raise_for(cast.ingrid, due_at=clock.now() + dt.timedelta(minutes=1))

    assert services.count_unseen(cast.ingrid) == 0


def test_the_bell_and_the_list_ask_the_same_number_of_questions_however_many_there_are(cast, client, subjects):
    def questions() -> tuple[int, int]:
        asked = subjects.asked
        with acting_as(cast.ingrid), CaptureQueriesContext(connection) as queries:
            services.reminders_for(cast.ingrid)
        return len(queries), subjects.asked - asked

    raise_for(cast.ingrid)
    with_one = questions()
    for number in range(12):
        raise_for(cast.ingrid, occurrence=str(number))

    assert questions() == with_one


def test_the_bell_shows_how_many_are_new(cast, client, subjects):
    raise_for(cast.ingrid)
    raise_for(cast.ingrid)

    page = sign_in(client, cast.ingrid).get(reverse("reminders")).content.decode()

    assert '<span class="app-count">2</span>' in page


def test_nobody_is_shown_reminders_without_signing_in(client):
    for name in ("reminders", "mailbox"):
        assert client.get(reverse(name)).status_code == 302
