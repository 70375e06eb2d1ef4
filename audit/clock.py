"""The one clock. Every right and every deadline is compared with the database's time, never with Python's.

`samlos.now()` is PostgreSQL's `now()` (the transaction's start) plus an offset only the owner's role can set: the
demonstration and the tests move time with it, production leaves it empty.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func

from audit import context


class Now(Func):
    """`samlos.now()` inside a query, so that the permission and the data share one statement and one instant."""

    template = "samlos.now()"
    output_field = DateTimeField()
    arity = 0


class NowOnce(Now):
    """The same asked once a statement and not once a row: in a filter over many rows that is most of the time."""

    template = "(SELECT samlos.now())"


def now() -> dt.datetime:
    """The instant the database holds to be now (aware, UTC): the one the running block began with, where there is one."""
    behalf = context.current()
    if behalf is not None:
        return behalf.at
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.now()")
        instant: dt.datetime = cursor.fetchone()[0]
    return instant


def local_zone() -> ZoneInfo:
    """The municipality's zone: days begin and end there."""
    return ZoneInfo(settings.TIME_ZONE)


def today() -> dt.date:
    """The date in the municipality's zone at `now()`."""
    return now().astimezone(local_zone()).date()


def end_of(day: dt.date) -> dt.datetime:
    """The first instant after `day` in the municipality's zone: "t.o.m. 1 May" ends at 2 May 00:00, also when the
    clocks change in between. Rights are half-open `[from, until)`.
    """
    return start_of(day + dt.timedelta(days=1))


def deadline_on(day: dt.date) -> dt.datetime:
    """The last minute of `day` in the municipality's zone: a deadline is shown as that day, and is late after it."""
    return dt.datetime.combine(day, dt.time(23, 59), tzinfo=local_zone())


def start_of(day: dt.date) -> dt.datetime:
    """The first instant of `day` in the municipality's zone."""
    return dt.datetime.combine(day, dt.time.min, tzinfo=local_zone())


def last_day(end: dt.datetime) -> dt.date:
    """The last day a half-open end covers: what people call "til og med"."""
    return (end - dt.timedelta(microseconds=1)).astimezone(local_zone()).date()
