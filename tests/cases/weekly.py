"""The weekly report in tests: how a week passes, how its report is made, and how an officer reads it."""

import datetime as dt
from collections.abc import Callable

from agencies.actors import Actor
from agencies.enums import ProtectionLevel
from agencies.models import Agency
from audit import clock
from audit.context import acting
from cases.models import AccessReport, Case
from cases.services import access_report, access_report_read, protection
from cases.services.access_report_read import Report
from tests.cast import Cast, acting_as

Shift = Callable[..., None]
WEEK = dt.timedelta(days=7)


def move_to(shift_clock: Shift, instant: dt.datetime) -> None:
    shift_clock(days=0)
    shift_clock(seconds=(instant - clock.now()).total_seconds())


def next_monday(shift_clock: Shift, *, weeks: int = 1) -> dt.datetime:
    """Half past four on the first Monday after what has happened: when the job makes the report of that week."""
    today = clock.today()
    monday = today - dt.timedelta(days=today.weekday()) + weeks * WEEK
    move_to(shift_clock, clock.start_of(monday) + dt.timedelta(hours=4, minutes=30))
    return clock.now()


def made_for(agency: Agency) -> AccessReport:
    with acting(user_id=None, agency_id=agency.pk):
        report = access_report.make(agency=agency)
    assert report is not None
    return report


def read_by(reader: Actor, report: AccessReport) -> Report:
    with acting_as(reader):
        found = access_report_read.read(report.pk, by=reader)
    assert found is not None
    return found


def week_of(cast: Cast, shift_clock: Shift) -> Report:
    """The report of the week that was, as Pia reads it on Monday."""
    next_monday(shift_clock)
    return read_by(cast.pia, made_for(cast.pia.agency))


def numbers(report: Report) -> dict[str, int]:
    return {counted.figure.code: counted.number for counted in report.figures}


def raised(cast: Cast, case: Case, level: ProtectionLevel) -> None:
    with acting_as(cast.mona):
        protection.raise_level(case, level=level, reason="Trusler fra et miljø.", by=cast.mona)
