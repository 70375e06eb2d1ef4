"""What the fast reader of instants makes of them, beside what the database itself says."""

import datetime as dt

import psycopg
import pytest
from django.db import connection

from audit.instants import InstantLoader

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "instant",
    [
        dt.datetime(2026, 11, 22, 3, 53, 56, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 22, 3, 53, 56, 120_000, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=dt.UTC),
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        dt.datetime(9999, 12, 31, 23, 59, 59, 1, tzinfo=dt.UTC),
    ],
)
def test_an_instant_comes_back_as_it_went_in_and_in_utc(instant: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, '2026-07-01 12:00+02'::timestamptz", [instant])
        came, summer = cursor.fetchone()
    assert (came, came.tzinfo, came.microsecond) == (instant, dt.UTC, instant.microsecond)
    assert summer == dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)


def test_every_connection_reads_instants_so() -> None:
    connection.ensure_connection()
    loader = connection.connection.adapters.get_loader(
        psycopg.adapters.types["timestamptz"].oid, psycopg.pq.Format.TEXT
    )
    assert loader is InstantLoader


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    told = InstantLoader(0).load(b"2026-11-22 05:30:00.5+05:30")
    assert (told, told.tzinfo) == (dt.datetime(2026, 11, 22, 0, 0, 0, 500_000, tzinfo=dt.UTC), dt.UTC)


@pytest.mark.parametrize("words", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"])
def test_what_python_has_no_instant_for_is_refused_as_before(words: str) -> None:
    with connection.cursor() as cursor, pytest.raises(psycopg.DataError):
        cursor.connection.execute("SELECT %s::timestamptz", [words]).fetchone()
