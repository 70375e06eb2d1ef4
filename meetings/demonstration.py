"""The demonstration's meeting: the working group is called, with a theme, and with each case a consent lets it speak of."""

import datetime as dt

from django.db import transaction

from agencies.actors import Actor
from agencies.demonstration_actors import acting, actor_called
from agencies.enums import Part
from agencies.models import Programme
from audit import clock
from cases.models import Case
from meetings import policies
from meetings.enums import ItemState
from meetings.models import CaseItem, Meeting
from meetings.services import agenda, calling, reading

FORUM = "working_group"
QUESTION = "Er hjelpen vi ble enige om i gang, og hva mangler?"


@transaction.atomic
def build() -> None:
    """Call the meeting, and put on its agenda what may be there. All of it, or nothing."""
    coordinator, caseworker = actor_called("marte", "slt"), actor_called("ingrid", "hvk-ost")
    with acting(coordinator):
        meeting = _called(coordinator)
    with acting(caseworker):
        items = _proposed(meeting, caseworker)
    with acting(coordinator):
        for number, item in enumerate(items):
            _timed(item, meeting.starts_at + dt.timedelta(minutes=30 + 15 * number), by=coordinator)


def _called(coordinator: Actor) -> Meeting:
    version = Programme.objects.get(code="u23_trondheim").current_version()
    start = clock.start_of(_a_thursday_in_good_time()) + dt.timedelta(hours=10)
    meeting = calling.call(
        version,
        FORUM,
        by=coordinator,
        starts_at=start,
        ends_at=start + dt.timedelta(minutes=90),
        place="Rådhuset, møterom Skjæret",
        agencies=calling.candidates(version, FORUM, coordinator.agency),
    )
    agenda.add_general(
        meeting, by=coordinator, title="Åpningstider i jula", text="Hvem kan vi ringe mellom jul og nyttår?"
    )
    return meeting


def _proposed(meeting: Meeting, caseworker: Actor) -> list[CaseItem]:
    """Each case that may be spoken of, with one part, so that most of those around the table hear it."""
    found = []
    for case in Case.objects.visible_to(caseworker).order_by("opened_at"):
        parts = policies.proposable_parts(caseworker, case)
        if parts and policies.may_propose_to(caseworker, case, meeting):
            found.append(agenda.propose(case, meeting, by=caseworker, parts=[_heard_by_most(parts)], question=QUESTION))
    return found


def _heard_by_most(parts: list[Part]) -> Part:
    """School and work, or money, where those may be spoken of: what most around the table have a yes for."""
    return next((part for part in (Part.OCCUPATION_SCHOOL, Part.ECONOMY) if part in parts), parts[0])


def _timed(item: CaseItem, starts_at: dt.datetime, *, by: Actor) -> None:
    heard = reading.heard_item(item.pk, by)
    if heard is not None:
        agenda.answer(heard, ItemState.ACCEPTED, by=by, starts_at=starts_at)
    else:
        agenda.answer_unheard(item.meeting, item.pk, ItemState.ACCEPTED, by=by, starts_at=starts_at)


def _a_thursday_in_good_time() -> dt.date:
    day = clock.today() + dt.timedelta(days=17)
    return day + dt.timedelta(days=(3 - day.weekday()) % 7)
