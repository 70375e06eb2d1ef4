"""One clock: the database's, and days that begin and end where the municipality lies."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from audit import clock


def instant(text):
    return dt.datetime.fromisoformat(text)


def test_the_last_day_of_a_right_is_whole_also_when_the_clocks_change():
    # Summer time ends on 25 October 2026 and begins on 28 March 2027: those days have 25 and 23 hours.
    assert clock.end_of(dt.date(2026, 10, 25)) == instant("2026-10-26T00:00:00+01:00")
    assert clock.end_of(dt.date(2026, 10, 25)) - clock.start_of(dt.date(2026, 10, 25)).astimezone(
        dt.UTC
    ) == dt.timedelta(hours=25)
    assert clock.end_of(dt.date(2027, 3, 28)).astimezone(dt.UTC) - clock.start_of(dt.date(2027, 3, 28)).astimezone(
        dt.UTC
    ) == dt.timedelta(hours=23)


@pytest.mark.parametrize(
    "day", [dt.date(2026, 5, 1), dt.date(2026, 10, 25), dt.date(2027, 3, 28), dt.date(2028, 2, 29)]
)
def test_what_people_call_til_og_med_is_the_day_that_was_entered(day):
    assert clock.last_day(clock.end_of(day)) == day


@pytest.mark.django_db
def test_everything_in_one_transaction_happens_at_one_instant():
    with transaction.atomic():
        assert clock.now() == clock.now()


@pytest.mark.django_db
def test_now_is_aware_and_today_is_the_municipalitys():
    assert clock.now().tzinfo is not None
    assert clock.today() == clock.now().astimezone(clock.local_zone()).date()


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["INSERT INTO samlos.clock (shift) VALUES ('1 day')", "DELETE FROM samlos.clock"])
def test_the_application_cannot_move_the_clock(statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)


def test_only_the_owner_moves_it_and_everybody_follows(own_database, shift_clock):
    before = clock.now()

    shift_clock(days=30)

    assert dt.timedelta(days=29, hours=23) < clock.now() - before < dt.timedelta(days=30, hours=1)
