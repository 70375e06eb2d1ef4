"""Whether things come in good time: lead times in working days (F-10) and how often the forum meets (U23-28). Said, never enforced."""

import datetime as dt
from dataclasses import dataclass

from holidays import country_holidays

from agencies.actors import Actor
from agencies.models.programme_definition import Forum
from audit import clock
from cases.services.lifecycle import add_working_days
from meetings.models import Meeting


def is_short_notice(meeting: Meeting) -> bool:
    """Whether fewer working days than the programme wants lay between the call and the meeting (F-10, LIL-25)."""
    days = meeting.definition.lead_times.agenda
    return meeting.starts_at < add_working_days(meeting.called_at, days, meeting.programme_version.definition.country)


def status_due_on(meeting: Meeting) -> dt.date:
    """The last day for telling what is new: so many working days before the meeting (U23-30, F-10)."""
    closed = country_holidays(meeting.programme_version.definition.country)
    days = meeting.definition.lead_times.status
    day = meeting.starts_at.astimezone(clock.local_zone()).date()
    while days > 0:
        day -= dt.timedelta(days=1)
        if day.weekday() < 5 and day not in closed:
            days -= 1
    return day


@dataclass(frozen=True)
class Cadence:
    """How many meetings a forum has this year, held or planned, against what the programme wants."""

    forum: Forum
    year: int
    count: int
    min: int
    max: int | None

    @property
    def is_enough(self) -> bool:
        return self.min <= self.count and (self.max is None or self.count <= self.max)


def cadence(forum: Forum, *, by: Actor) -> Cadence | None:
    """This year's count for a forum the actor's agency convenes; None when the programme counts no meetings a year."""
    year = clock.today().year
    rule = next((rule for rule in forum.cadences if rule.unit == "per_year"), None)
    if rule is None:
        return None
    count = Meeting.objects.counted_in(year).filter(forum=forum.code, convenor=by.agency).count()
    return Cadence(forum, year, count, rule.min, rule.max)
