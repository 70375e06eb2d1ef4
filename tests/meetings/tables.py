"""How a meeting came where a test needs it, told through the services. Each sets its own context."""

import datetime as dt
from collections.abc import Collection

from agencies.actors import Actor
from agencies.enums import Part
from agencies.models import Programme
from audit import clock
from cases import grants
from cases.models import Case
from meetings.enums import ItemState
from meetings.models import CaseItem, Meeting
from meetings.services import agenda, calling, reading
from tests.cast import Cast, acting_as

QUESTION = "Er mattehjelpen på plass, og passer tidene?"
FORUM = "working_group"


def called(cast: Cast, *, days: int = 30, agencies: Collection[str] | None = None) -> Meeting:
    """Marte has called the working group, by default all its members, to a meeting from 10 to 12 in so many days."""
    version = Programme.objects.get(code="u23_trondheim").current_version()
    start = clock.start_of(clock.today() + dt.timedelta(days=days)) + dt.timedelta(hours=10)
    with acting_as(cast.marte):
        members = calling.candidates(version, FORUM, cast.marte.agency)
        chosen = [agency for agency in members if agencies is None or agency.slug in agencies]
        return calling.call(
            version, FORUM, by=cast.marte, starts_at=start, ends_at=start + dt.timedelta(hours=2),
            place="Rådhuset, møterom Skjæret", agencies=chosen,
        )  # fmt: skip


def proposed(
    cast: Cast, case: Case, meeting: Meeting, *parts: Part, question: str = QUESTION, by: Actor | None = None
) -> CaseItem:
    """Ingrid has proposed the case with these parts (economy)."""
    actor = by or cast.ingrid
    with acting_as(actor):
        return agenda.propose(case, meeting, by=actor, parts=parts or (Part.ECONOMY,), question=question)


def on_agenda(
    cast: Cast, case: Case, meeting: Meeting, *parts: Part, after: int = 30, question: str = QUESTION
) -> CaseItem:
    """The case is on the agenda, so many minutes after the meeting's start, whether Marte hears it or not."""
    item = proposed(cast, case, meeting, *parts, question=question)
    starts_at = meeting.starts_at + dt.timedelta(minutes=after)
    with acting_as(cast.marte):
        heard = reading.heard_item(item.pk, cast.marte)
        if heard is not None:
            return agenda.answer(heard, ItemState.ACCEPTED, by=cast.marte, starts_at=starts_at)
        agenda.answer_unheard(meeting, item.pk, ItemState.ACCEPTED, by=cast.marte, starts_at=starts_at)
    return item


def staffed(case: Case, *workers: Actor) -> None:
    """Each of these works on the case for their agency, as a manager there would have decided."""
    for worker in workers:
        with acting_as(worker):
            grants.assign(case, worker.user, by=worker)


def labels_on_agenda(meeting: Meeting, actor: Actor) -> list[tuple[int, str]]:
    """The numbers and case labels `actor` finds on the agenda now."""
    with acting_as(actor):
        lines = reading.agenda_for(meeting, actor).lines
        return [(line.number, line.item.case.label if line.item else "") for line in lines]
