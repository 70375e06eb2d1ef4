"""Handing in a report opens a case that intake leads, whoever calls the service."""

import datetime as dt
import uuid

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from agencies.decisions import NotNow, Refused
from agencies.models.programme_definition import AgeBand
from audit import clock
from cases.ages import age_on, last_day_within
from cases.enums import CaseState
from cases.models import Case, CaseAccess, Person, ReportReceipt
from cases.services import names, reports
from tests import stories
from tests.cast import Cast, acting_as

database = pytest.mark.django_db
BAND = AgeBand(18, 25)


@database
@pytest.mark.req("U23-07")
def test_only_the_polices_analysts_may_hand_in_a_report(cast: Cast) -> None:
    for key, actor in cast.everyone().items():
        if key == "aksel":
            continue
        with acting_as(actor), pytest.raises(Refused):
            reports.submit(stories.submission(), by=actor)


@database
@pytest.mark.req("U23-09")
def test_from_the_first_moment_intake_leads_and_the_sender_does_not_see_the_case(cast: Cast) -> None:
    case = stories.submitted(cast)

    with acting_as(cast.rune):
        assert Case.objects.visible_to(cast.rune).get() == case
    for key, actor in cast.everyone().items():
        if key == "rune":
            continue
        with acting_as(actor):
            assert not Case.objects.visible_to(actor).exists(), key
            assert not CaseAccess.objects.exists() and not Person.objects.exists(), key


@database
@pytest.mark.req("U23-03", "U23-04")
@pytest.mark.parametrize(
    "changed",
    [
        {"about": stories.Subject("A", "B", dt.date(1990, 1, 1), stories.Address("x", "7031", "y"))},
        {"criteria": {"crime": False, "violence": False, "drugs": False, "repeated": True}},
        {"legal_basis": "NO-FVL-13"},
        {"programme": "u99"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_the_service_refuses_what_the_programme_is_not_for(cast: Cast, changed: dict[str, object]) -> None:
    with pytest.raises(NotNow):
        stories.submitted(cast, **changed)  # type: ignore[arg-type]
    with acting_as(cast.aksel):
        assert not ReportReceipt.objects.exists()


@database
def test_every_report_has_its_own_label_in_order(cast: Cast) -> None:
    cases = [stories.submitted(cast) for _ in range(3)]

    with acting_as(cast.rune):
        labels = [case.concernreports.get().label for case in cases]
    assert labels == [f"M-{clock.today():%y}-{number:04d}" for number in (1, 2, 3)]


@database
def test_the_first_deadline_is_a_working_day_at_its_end(cast: Cast) -> None:
    case = stories.submitted(cast)

    assert case.due_at is not None
    due = case.due_at.astimezone(clock.local_zone())
    assert case.state == CaseState.SUBMITTED
    assert due.weekday() < 5 and (due.hour, due.minute) == (23, 59)
    assert due.date() > clock.today()


@database
def test_the_sender_cannot_move_its_report_nor_write_in_anothers(cast: Cast) -> None:
    case = stories.received(cast)

    with acting_as(cast.aksel):
        assert ReportReceipt.objects.update(state="forwarded") == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            Person.objects.create(
                case=Case(pk=uuid.UUID(str(case.pk))),
                given_name="A",
                family_name="B",
                sort_key="b0a",
                birth_date="2004-01-01",
            )


# --- ages and names -------------------------------------------------------------------------------------------------------


@pytest.mark.req("U23-03")
@given(birth_date=st.dates(dt.date(1990, 1, 1), dt.date(2015, 12, 31)))
def test_the_last_day_in_the_band_is_the_day_before_the_26th_birthday(birth_date: dt.date) -> None:
    last = last_day_within(birth_date, BAND)

    assert last is not None
    assert age_on(birth_date, last) == 25
    assert age_on(birth_date, last + dt.timedelta(days=1)) == 26


def test_a_band_without_an_end_has_no_last_day() -> None:
    assert last_day_within(dt.date(2004, 2, 29), AgeBand(13, None)) is None


def test_people_are_sorted_by_the_norwegian_alphabet() -> None:
    families = ["Aas", "Åsen", "Østby", "Ærlig", "Zahl", "Andersen", "Müller", "Dahl", "Moe", "Ås"]

    ordered = sorted(families, key=lambda family: names.sort_key("Kari", family))

    assert ordered == ["Andersen", "Dahl", "Moe", "Müller", "Zahl", "Ærlig", "Østby", "Aas", "Ås", "Åsen"]


def test_a_sort_key_always_fits_its_column() -> None:
    assert len(names.sort_key("Å" * 80, "Æ" * 80)) <= 200
