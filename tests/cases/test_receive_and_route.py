"""Intake receives, routes and sends back; what the office, the sender and intake itself see afterwards."""

import uuid
from typing import Any

import pytest
from django.db import connection

from agencies.decisions import NotNow, Refused
from audit import clock
from audit.models import Event
from cases.enums import CaseState, RejectionReason, ReportState
from cases.models import Case, CaseAccess, CaseLead, ConcernReport, PersonContact, ReportInformation, ReportReceipt
from cases.services import reports
from tests import stories
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


def receipt_of(cast: Cast) -> ReportReceipt:
    with acting_as(cast.aksel):
        return ReportReceipt.objects.get()


@pytest.mark.req("U23-09")
def test_receiving_notes_who_and_when_and_the_sender_sees_that_it_has_come(cast: Cast) -> None:
    case = stories.received(cast, stories.submitted(cast))

    assert case.state == CaseState.RECEIVED
    receipt = receipt_of(cast)
    assert (receipt.state, receipt.received_at) == (ReportState.RECEIVED, clock.now())
    with acting_as(cast.rune):
        assert ConcernReport.objects.get().received_by == cast.rune.user


def test_intakes_two_days_run_from_the_day_the_report_came(cast: Cast, shift_clock: Any) -> None:
    submitted = stories.submitted(cast)
    first_due = submitted.due_at
    shift_clock(days=1)

    late_received = stories.received(cast, submitted)
    shift_clock(days=0)
    at_once = stories.received(cast)

    assert first_due is not None and late_received.due_at == at_once.due_at
    assert at_once.due_at is not None and at_once.due_at > first_due


@pytest.mark.parametrize("verb", ["receive", "reject", "route"])
def test_nobody_but_intake_decides_about_a_report(cast: Cast, verb: str) -> None:
    case = stories.submitted(cast) if verb == "receive" else stories.received(cast)
    for key, actor in cast.everyone().items():
        if key == "rune":
            continue
        with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
            decide(verb, case, actor, cast)
    with acting_as(cast.rune):
        assert Case.objects.get().state == case.state


def decide(verb: str, case: Case, actor: Any, cast: Cast) -> None:
    if verb == "receive":
        reports.receive(case, by=actor)
    elif verb == "reject":
        reports.reject(case, reason=RejectionReason.MISDIRECTED, by=actor)
    else:
        reports.route(case, office=cast.agency("hvk-ost"), by=actor)


def test_a_report_is_not_routed_before_it_is_received(cast: Cast) -> None:
    case = stories.submitted(cast)

    with acting_as(cast.rune), pytest.raises(Refused):
        reports.route(case, office=cast.agency("hvk-ost"), by=cast.rune)


@pytest.mark.req("U23-10")
def test_routing_gives_the_case_a_number_and_the_office_the_lead(cast: Cast) -> None:
    case = stories.routed(cast)

    assert (case.number, case.state) == (f"{clock.today():%y}-0001", CaseState.ROUTED)
    assert receipt_of(cast).state == ReportState.FORWARDED
    with acting_as(cast.mona):
        found = Case.objects.visible_to(cast.mona).get()
        assert found.is_led_by(cast.mona.agency)
        assert ReportInformation.objects.readable_by(cast.mona).count() == 2
        assert PersonContact.objects.readable_by(cast.mona).count() == 1


@pytest.mark.req("U23-10")
def test_intake_loses_sight_at_once_and_other_offices_get_none(cast: Cast) -> None:
    case = stories.routed(cast, stories.received(cast))

    for actor in (cast.rune, cast.aksel, cast.vidar, cast.hanne, cast.nils, cast.marte):
        with acting_as(actor):
            assert not Case.objects.visible_to(actor).exists()
            assert not Case.objects.filter(pk=case.pk).exists()
            assert not CaseAccess.objects.in_force_for(actor).exists()
    with acting_as(cast.rune):
        assert not ReportInformation.objects.exists() and not PersonContact.objects.exists()
        assert CaseLead.objects.get().valid_until == clock.now()


def test_routing_twice_is_not_possible(cast: Cast) -> None:
    case = stories.routed(cast)

    with acting_as(cast.rune), pytest.raises(Case.DoesNotExist):
        reports.route(case, office=cast.agency("hvk-vest"), by=cast.rune)


@pytest.mark.parametrize("slug", ["nav", "intake", "police-analysis", "slt"])
def test_only_an_office_the_programme_lets_lead_can_be_chosen(cast: Cast, slug: str) -> None:
    case = stories.received(cast)

    with acting_as(cast.rune), pytest.raises(NotNow, match="kan ikke lede"):
        reports.route(case, office=cast.agency(slug), by=cast.rune)


@pytest.mark.parametrize("state", ["submitted", "received"])
def test_sending_back_deletes_everything_about_the_person_and_keeps_the_receipt(
    cast: Cast, state: str, owner_tables: Any
) -> None:
    case = stories.submitted(cast) if state == "submitted" else stories.received(cast)

    with acting_as(cast.rune):
        reports.reject(case, reason=RejectionReason.NOT_RESIDENT, by=cast.rune)

    assert owner_tables(case.pk) == {}
    receipt = receipt_of(cast)
    assert (receipt.state, receipt.rejection_reason) == (ReportState.REJECTED, RejectionReason.NOT_RESIDENT)
    with acting_as(cast.rune):
        event = Event.objects.get(kind="report.rejected")
        assert (event.case_id, event.purpose) == (case.pk, "not_resident")


def test_sending_back_leaves_every_other_case_as_it_is(cast: Cast) -> None:
    kept = stories.received(cast)
    with acting_as(cast.rune):
        reports.reject(stories.submitted(cast), reason=RejectionReason.DUPLICATE, by=cast.rune)

    with acting_as(cast.rune):
        assert Case.objects.visible_to(cast.rune).get() == kept
        assert ReportInformation.objects.readable_by(cast.rune).count() == 2


def test_a_case_under_legal_hold_is_not_deleted(cast: Cast) -> None:
    case = stories.received(cast)
    with acting_as(cast.rune):
        Case.objects.filter(pk=case.pk).update(legal_hold=True)
        with pytest.raises(NotNow, match="holdt tilbake"):
            reports.reject(case, reason=RejectionReason.DUPLICATE, by=cast.rune)

    with acting_as(cast.rune):
        assert Case.objects.get().state == CaseState.RECEIVED
    assert receipt_of(cast).state == ReportState.RECEIVED


def test_the_application_cannot_purge_what_was_passed_on_nor_what_others_lead(cast: Cast) -> None:
    at_intake, routed = stories.received(cast), stories.routed(cast)

    def purged(actor: Any, case_id: uuid.UUID) -> bool:
        with acting_as(actor), connection.cursor() as cursor:
            cursor.execute("SELECT samlos.purge_case(%s)", [case_id])
            return bool(cursor.fetchone()[0])

    assert not purged(cast.mona, routed.pk)
    assert not purged(cast.rune, routed.pk)
    assert not purged(cast.mona, at_intake.pk)
    assert not purged(cast.aksel, at_intake.pk)
    assert not purged(cast.rune, uuid.uuid4())


@pytest.fixture
def owner_tables() -> Any:
    """How many rows each table that hangs on a case holds of one, past every policy: asked by a definer function that
    the purge itself uses would prove nothing, so the tables are counted as every agency that ever had a right.
    """

    def count(case_id: uuid.UUID) -> dict[str, int]:
        cast = Cast()
        found: dict[str, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c "
                "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
                "WHERE c.contype = 'f' AND c.confrelid = 'cases_case'::regclass"
            )
            columns = cursor.fetchall()
        for actor in (cast.rune, cast.aksel):
            with acting_as(actor), connection.cursor() as cursor:
                for table, column in columns:
                    cursor.execute(f'SELECT count(*) FROM {table} WHERE "{column}" = %s', [case_id])  # noqa: S608
                    (rows,) = cursor.fetchone()
                    if rows:
                        found[table] = rows
        return found

    return count
