"""The weekly report comes once a week to each agency, tells its officers so, and is read on its pages."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.enums import Role
from agencies.models import Agency, Membership, User
from audit import clock
from audit.context import acting
from cases import jobs, registers
from cases.models import AccessReport
from cases.services import access_report, access_report_read
from reminders.delivery import deliver_due
from reminders.models import Reminder
from reminders.services import reminders_for
from tests import stories
from tests.cases.weekly import made_for, move_to, next_monday
from tests.cast import Cast, acting_as, sign_in

Shift = Callable[..., None]
WEEK = dt.timedelta(days=7)
pytestmark = pytest.mark.django_db


# --- once a week ---------------------------------------------------------------------------------------------------------


def test_the_job_makes_one_report_an_agency_and_week_however_often_it_runs(cast: Cast, shift_clock: Shift) -> None:
    monday = next_monday(shift_clock)
    jobs.report_access()
    jobs.report_access()
    move_to(shift_clock, monday + dt.timedelta(days=6))
    jobs.report_access()

    for agency in Agency.objects.all():
        with acting(user_id=None, agency_id=agency.pk):
            (report,) = AccessReport.objects.all()
            assert report.agency_id == agency.pk
            assert report.monday == monday.astimezone(clock.local_zone()).date() - WEEK
    assert Reminder.objects.filter(kind=access_report.READY).count() == 1, "Pia is the only privacy officer"

    next_monday(shift_clock)
    jobs.report_access()
    with acting_as(cast.pia):
        assert [report.monday.isoweekday() for report in access_report_read.reports_for(cast.pia)] == [1, 1]


def test_whoever_comes_second_in_the_same_week_tells_nobody(
    cast: Cast, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)

    class Blind:
        """Two workers at once: neither sees the other's row before writing its own."""

        @staticmethod
        def exists() -> bool:
            return False

    monkeypatch.setattr(AccessReport.objects, "filter", lambda **_asked: Blind())
    with acting(user_id=None, agency_id=cast.pia.agency.pk):
        assert access_report.make(agency=cast.pia.agency) is None
        assert list(AccessReport.objects.all()) == [row]
    assert Reminder.objects.filter(kind=access_report.READY).count() == 1


def test_one_agencys_fault_does_not_keep_the_report_from_the_others(
    cast: Cast, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    next_monday(shift_clock)
    make = access_report.make

    def fail_for_nav(*, agency: Agency) -> AccessReport | None:
        if agency.slug == "nav":
            raise DatabaseError("the disk is full")
        return make(agency=agency)

    monkeypatch.setattr(access_report, "make", fail_for_nav)
    jobs.report_access()

    with acting_as(cast.pia):
        assert access_report_read.reports_for(cast.pia).count() == 1
    with acting(user_id=None, agency_id=cast.agency("nav").pk):
        assert not AccessReport.objects.exists()
    assert f"agency {cast.agency('nav').pk} " in caplog.text


def test_the_week_goes_from_monday_to_monday_also_when_the_clocks_change(cast: Cast, shift_clock: Shift) -> None:
    move_to(shift_clock, dt.datetime(2027, 3, 29, 4, 30, tzinfo=clock.local_zone()))
    span = access_report.last_week()
    assert span.monday == dt.date(2027, 3, 22)
    assert span.until.astimezone(dt.UTC) - span.since.astimezone(dt.UTC) == WEEK - dt.timedelta(hours=1)
    move_to(shift_clock, dt.datetime(2027, 1, 4, 0, 0, tzinfo=clock.local_zone()))
    assert (access_report.last_week().monday, AccessReport(monday=dt.date(2026, 12, 28)).code) == (
        dt.date(2026, 12, 28),
        "2026-53",
    )


def test_reports_are_forgotten_after_two_years_and_not_before(cast: Cast, shift_clock: Shift) -> None:
    made_at = next_monday(shift_clock)
    made_for(cast.pia.agency)
    in_two_years = made_at.astimezone(clock.local_zone()).replace(year=made_at.year + 2)

    def left() -> int:
        with acting(user_id=None, agency_id=cast.pia.agency.pk):
            access_report.forget_old(agency=cast.pia.agency)
            return AccessReport.objects.count()

    move_to(shift_clock, in_two_years - dt.timedelta(hours=2))
    assert left() == 1
    move_to(shift_clock, in_two_years + dt.timedelta(hours=2))
    with acting(user_id=None, agency_id=cast.agency("nav").pk):
        access_report.forget_old(agency=cast.agency("nav"))
    with acting(user_id=None, agency_id=cast.pia.agency.pk):
        assert AccessReport.objects.count() == 1, "another agency's turn removes nothing here"
    assert left() == 0


# --- the notice and the pages ----------------------------------------------------------------------------------------------


def test_the_notice_comes_once_by_mail_that_says_nothing_and_leads_to_the_report(
    client: Client, cast: Cast, shift_clock: Shift, settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = "reminders.mailbox.MailboxBackend"  # type: ignore[attr-defined]
    settings.MAILBOX_DIR = tmp_path / "mail"  # type: ignore[attr-defined]
    monkeypatch.setattr("reminders.tasks.deliver.apply_async", lambda **_options: None)
    stories.consented(cast)
    next_monday(shift_clock)
    Reminder.objects.update(state="dropped")
    jobs.report_access()
    jobs.report_access()
    deliver_due(limit=50)
    deliver_due(limit=50)

    (mail,) = sorted((tmp_path / "mail").glob("*.eml"))
    text = mail.read_text("utf-8")
    for secret in ("rapport", "Uke", cast.pia.agency.name, "Elias", "Prøvedal"):
        assert secret not in text
    with acting_as(cast.pia):
        (told,) = [one for one in reminders_for(cast.pia) if one.kind == access_report.READY]
    row_url = sign_in(client, cast.pia).get(told.url).headers["Location"]
    assert client.get(row_url).status_code == 200


def test_an_older_week_is_told_no_longer_when_a_newer_one_is_there(cast: Cast, shift_clock: Shift) -> None:
    next_monday(shift_clock)
    jobs.report_access()
    next_monday(shift_clock)
    jobs.report_access()
    with acting_as(cast.pia):
        newest = access_report_read.reports_for(cast.pia).first()
        told = [one for one in reminders_for(cast.pia) if one.kind == access_report.READY]
        assert newest is not None
        assert [one.words for one in told] == [f"Uke {newest.week} i {newest.year}"]


def test_it_stands_on_the_officers_day_until_read_and_in_the_menu_of_nobody_else(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    sign_in(client, cast.pia)
    address = reverse("cases:access_report", args=[row.pk])
    assert address in client.get(reverse("home")).content.decode()
    assert "Ikke lest" in client.get(reverse("cases:access_reports")).content.decode()
    client.get(address)
    assert address not in client.get(reverse("home")).content.decode().split("Nytt siden sist")[0]
    assert "Ikke lest" not in client.get(reverse("cases:access_reports")).content.decode()
    for key in ("ingrid", "mona", "arne"):
        page = sign_in(client, getattr(cast, key)).get(reverse("home")).content.decode()
        assert "Tilgangsrapport" not in page and str(row.pk) not in page


def test_a_week_with_nothing_in_it_says_so(client: Client, cast: Cast, shift_clock: Shift) -> None:
    next_monday(shift_clock)
    User.objects.update(last_login=clock.now())
    row = made_for(cast.pia.agency)
    page = sign_in(client, cast.pia).get(reverse("cases:access_report", args=[row.pk])).content.decode()

    for said in ("Ingenting stikker seg ut denne uken.", "Ingenting er endret", "Ingen saker", "Ingen andre tjenester"):
        assert said in page


def test_before_the_first_monday_the_list_says_when_it_comes(client: Client, cast: Cast) -> None:
    page = sign_in(client, cast.pia).get(reverse("cases:access_reports")).content.decode()
    assert "Ingen rapport ennå" in page


def test_the_page_asks_as_often_for_many_cases_as_for_few(client: Client, cast: Cast, shift_clock: Shift) -> None:
    sign_in(client, cast.pia)

    def queries(row: AccessReport) -> int:
        client.get(reverse("cases:access_report", args=[row.pk]))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("cases:access_report", args=[row.pk])).status_code == 200
        return len(asked)

    stories.consented(cast)
    next_monday(shift_clock)
    few = queries(made_for(cast.pia.agency))
    for _number in range(3):
        stories.consented(cast)
    with acting_as(cast.arne):
        Membership.objects.create(
            user=cast.hanne.user, agency=cast.pia.agency, role=Role.CASEWORKER, valid_from=clock.now()
        )
    next_monday(shift_clock)
    sign_in(client, cast.pia)
    assert queries(made_for(cast.pia.agency)) <= few


def test_every_figure_that_is_counted_has_words(cast: Cast, shift_clock: Shift) -> None:
    """A code without words would be counted and never told."""
    known = [figure.code for source in registers.report_sources() for figure in source.figures]
    assert len(known) == len(set(known))
    stories.consented(cast)
    next_monday(shift_clock)
    for agency in Agency.objects.all():
        assert set(made_for(agency).content["figures"]) <= set(known)
