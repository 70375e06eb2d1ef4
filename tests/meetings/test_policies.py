"""The rules of meetings and agendas, asked in each role alone, from each standing, and in every state of both."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from agencies.actors import Actor
from agencies.decisions import ALLOWED, Decision, NotNow, Refused, denied
from agencies.enums import Part
from cases.enums import CaseState
from cases.models import Case
from meetings import policies
from meetings.enums import ItemState, MeetingState
from meetings.models import CaseItem, Meeting
from tests.cases.roles import (
    CASEWORKER,
    COORDINATOR,
    ELSEWHERE,
    EVERYBODY,
    MANAGER,
    NOBODY,
    WITHOUT_THE_CASE,
    WORKERS,
    WORKS,
    YES,
    Answers,
    answers,
    code_of,
    everybody,
    except_to,
    in_role,
    shared,
    standings,
)
from tests.cast import Cast, acting_as
from tests.meetings.tables import FORUM

pytestmark = pytest.mark.django_db

PROPOSED, ACCEPTED, DECLINED, WITHDRAWN = ItemState
PLANNED, HELD, CANCELLED = MeetingState
MOMENT = dt.timedelta(microseconds=1)
NOT_CONVENOR = everybody("not_convenor")
COORDINATES = except_to({COORDINATOR}, "not_convenor")


def item_of(cast: Cast, case: Case, *, state: ItemState = ACCEPTED, meeting: MeetingState = PLANNED) -> CaseItem:
    """Our office has proposed the case, in economy, to a meeting of Marte's that begins now."""
    table = Meeting(
        programme_version=case.programme_version,
        forum=FORUM,
        convenor=cast.agency("slt"),
        starts_at=cast.marte.at,
        state=meeting,
    )
    ours = cast.agency("hvk-ost")
    return CaseItem(case=case, meeting=table, forum=FORUM, state=state, author_agency=ours, parts=[Part.ECONOMY])


# --- the meeting --------------------------------------------------------------------------------------------------------


@pytest.mark.req("U23-27")
def test_a_forum_is_called_together_by_the_function_its_programme_names(cast: Cast) -> None:
    case = shared(cast)
    forum = case.programme_version.definition.forum(FORUM)

    assert answers(cast.marte, lambda who: policies.may_convene(who, forum)) == COORDINATES
    assert answers(cast.oda, lambda who: policies.may_convene(who, forum)) == NOT_CONVENOR
    found = [(version.pk, one.code) for version, one in policies.forums_convened_by(cast.marte)]
    assert found == [(case.programme_version_id, FORUM)]
    assert policies.forums_convened_by(cast.oda) == []
    cast.marte.agency.municipality.country = "SE"
    assert policies.forums_convened_by(cast.marte) == [], "that country has no programme"


OF_A_MEETING: dict[str, Callable[[Actor, CaseItem], Decision]] = {
    "run": lambda actor, item: policies.may_run(actor, item.meeting),
    "change": lambda actor, item: policies.may_change(actor, item.meeting),
    "hold": lambda actor, item: policies.may_hold(actor, item.meeting),
    "answer": lambda actor, item: policies.may_answer(actor, item, DECLINED),
}


def test_a_meeting_is_run_by_those_who_may_convene_it_in_the_agency_that_called_it(cast: Cast) -> None:
    item = item_of(cast, shared(cast))
    # Who called it, who is asked, and what is said.
    asked = (("slt", "marte", COORDINATES), ("hvk-ost", "marte", NOT_CONVENOR), ("slt", "oda", NOT_CONVENOR),
             ("hvk-ost", "oda", NOT_CONVENOR))  # fmt: skip

    for slug, key, said in asked:
        item.meeting.convenor = cast.agency(slug)
        actor = getattr(cast, key)
        for what, ask in OF_A_MEETING.items():
            assert answers(actor, lambda who: ask(who, item)) == said, (slug, key, what)  # noqa: B023 (asked at once)


def test_a_meeting_is_changed_while_it_is_planned_and_held_from_the_instant_it_begins(cast: Cast) -> None:
    item, marte = item_of(cast, shared(cast)), cast.marte
    why = {HELD: "Møtet er holdt.", CANCELLED: "Møtet er avlyst."}

    for item.meeting.state in MeetingState:
        planned = YES if item.meeting.state == PLANNED else "wrong_state"
        for starts_at, begun in ((marte.at - MOMENT, True), (marte.at, True), (marte.at + MOMENT, False)):
            item.meeting.starts_at = starts_at
            said = {what: code_of(ask(marte, item)) for what, ask in OF_A_MEETING.items()}
            held = planned if begun else "wrong_state"
            assert said == {"run": YES, "change": planned, "hold": held, "answer": planned}, (item.meeting.state, begun)
        assert str(policies.may_change(marte, item.meeting).reason) == why.get(item.meeting.state, "")


def test_a_planned_meeting_ends_once(cast: Cast) -> None:
    ends = {(old, new) for old in MeetingState for new in MeetingState if policies.may_end(Meeting(state=old), new)}

    assert ends == {(PLANNED, HELD), (PLANNED, CANCELLED)}


# --- a case on the agenda -----------------------------------------------------------------------------------------------

# What is asked of an item, and how it and its meeting stand; what is said to our own, ours, their own and theirs.
OF_AN_ITEM: dict[
    str, tuple[Callable[[Actor, CaseItem], Decision], ItemState, MeetingState, Answers, Answers, Answers, Answers]
] = {
    "propose": (
        lambda actor, item: policies.may_propose(actor, item.case, FORUM),
        PROPOSED,
        HELD,
        WORKS,
        WITHOUT_THE_CASE,
        ELSEWHERE,
        ELSEWHERE,
    ),
    "propose to": (
        lambda actor, item: policies.may_propose_to(actor, item.case, item.meeting),
        PROPOSED,
        PLANNED,
        WORKS,
        WITHOUT_THE_CASE,
        ELSEWHERE,
        ELSEWHERE,
    ),
    "withdraw": (
        policies.may_withdraw,
        ACCEPTED,
        PLANNED,
        WORKS,
        WITHOUT_THE_CASE,
        everybody("not_author"),
        everybody("not_author"),
    ),
    "follow up": (policies.may_follow_up, ACCEPTED, HELD, WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
    "minute": (
        policies.may_write_minutes,
        ACCEPTED,
        HELD,
        except_to(WORKERS, "not_writer"),
        except_to({MANAGER}, "not_writer"),
        everybody("not_writer"),
        everybody("not_writer"),
    ),
    "tell": (
        lambda actor, item: policies.may_write_status(actor, item, Part.ECONOMY),
        ACCEPTED,
        PLANNED,
        except_to({*WORKERS, COORDINATOR}, "wrong_role"),
        except_to({*WORKERS, COORDINATOR}, "wrong_role"),
        except_to({*WORKERS, COORDINATOR}, "wrong_role"),
        {
            YES: {MANAGER, COORDINATOR},
            "wrong_part": {CASEWORKER},
            "wrong_role": EVERYBODY - {*WORKERS, COORDINATOR},
        },
    ),
}


@pytest.mark.req("LIL-22", "U23-29", "U23-30")
def test_of_a_case_on_the_agenda_each_role_gets_exactly_this_answer(cast: Cast) -> None:
    case = shared(cast)

    for what, (ask, state, meeting, *expected) in OF_AN_ITEM.items():
        item = item_of(cast, case, state=state, meeting=meeting)
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            assert answers(actor, lambda who: ask(who, item)) == said, (what, standing)  # noqa: B023 (asked at once)
        with acting_as(cast.ingrid):  # an assignment left over from a role that has ended
            assert not ask(in_role(cast.ingrid), item), what
    item = item_of(cast, case)
    assert answers(cast.marte, lambda who: policies.may_write_minutes(who, item)) == except_to(
        {COORDINATOR}, "not_writer"
    )
    item.author_agency = cast.agency("nav")
    assert answers(cast.ingrid, lambda who: policies.may_withdraw(who, item)) == everybody("not_author")
    assert answers(cast.nora, lambda who: policies.may_withdraw(who, item)) == ELSEWHERE


@pytest.mark.req("LIL-22", "U23-29")
def test_a_case_is_proposed_to_a_forum_of_its_programme_that_may_speak_of_it(cast: Cast) -> None:
    case = shared(cast)

    with acting_as(cast.ingrid):
        assert policies.may_propose(cast.ingrid, case, FORUM)
        assert policies.may_propose(cast.ingrid, case, "police_council").code == "no_basis"
        case.state = CaseState.SUMMONED
        assert policies.may_propose(cast.ingrid, case, FORUM).code == "no_basis"
        case.state = CaseState.CLOSED
        assert policies.may_propose(cast.ingrid, case, FORUM).code == "closed"


def test_what_the_agency_may_know_can_be_asked_about_but_whereabouts_and_core(cast: Cast) -> None:
    case = shared(cast)
    known = case.programme_version.definition.parts

    for actor, parts in ((cast.ingrid, set(known)), (cast.nora, {Part.ECONOMY, Part.OCCUPATION_SCHOOL})):
        with acting_as(actor):
            found = policies.proposable_parts(actor, case)
        assert found == [part for part in known if part in parts - {Part.CORE, Part.CONTACT}]
    assert {Part.CORE, Part.CONTACT} < set(known)


@pytest.mark.parametrize("meeting", MeetingState)
def test_in_these_states_of_an_item_and_its_meeting_each_thing_is_done(cast: Cast, meeting: MeetingState) -> None:
    case, ingrid, marte = shared(cast), cast.ingrid, cast.marte
    becomes = {
        PROPOSED: {ACCEPTED, DECLINED, WITHDRAWN},
        ACCEPTED: {ACCEPTED, DECLINED, WITHDRAWN},
        DECLINED: {ACCEPTED},
        WITHDRAWN: set[ItemState](),
    }
    planned = meeting == PLANNED

    with acting_as(ingrid):
        for state in ItemState:
            item = item_of(cast, case, state=state, meeting=meeting)
            may = {answer for answer in ItemState if policies.may_answer(marte, item, answer)}
            assert may == (becomes[state] if planned else NOBODY), state
            done = {
                "propose": YES,
                "propose to": YES if planned else "wrong_state",
                "withdraw": YES if planned and WITHDRAWN in becomes[state] else "wrong_state",
                "follow up": YES if meeting == HELD and state == ACCEPTED else "wrong_state",
                "minute": YES if meeting != CANCELLED and state == ACCEPTED else "wrong_state",
                "tell": YES if planned else "wrong_state",
            }
            assert {what: code_of(ask(ingrid, item)) for what, (ask, *_rest) in OF_AN_ITEM.items()} == done, state


def test_minutes_are_written_from_the_instant_the_meeting_begins(cast: Cast) -> None:
    item, marte = item_of(cast, shared(cast)), cast.marte

    for starts_at, said in ((marte.at - MOMENT, YES), (marte.at, YES), (marte.at + MOMENT, "wrong_state")):
        item.meeting.starts_at = starts_at
        assert code_of(policies.may_write_minutes(marte, item)) == said


@pytest.mark.req("U23-30")
def test_each_tells_what_is_new_in_the_parts_of_the_item_it_may_write_in(cast: Cast) -> None:
    item = item_of(cast, shared(cast))
    item.parts = [Part.HEALTH, Part.ECONOMY]
    # Said of health, economy and school to each; the last is no part of the item.
    told = {
        cast.ingrid: (YES, YES, "wrong_part"),
        cast.nora: ("wrong_part", YES, "wrong_part"),
        cast.sara: ("wrong_part", "wrong_part", "wrong_part"),
    }

    for actor, said in told.items():
        with acting_as(actor):
            asked = (Part.HEALTH, Part.ECONOMY, Part.OCCUPATION_SCHOOL)
            assert tuple(code_of(policies.may_write_status(actor, item, part)) for part in asked) == said
            assert policies.writable_parts(actor, item) == [
                part for part, code in zip(asked, said, strict=True) if code == YES
            ]
    item.meeting.state = HELD
    with acting_as(cast.ingrid):
        assert policies.writable_parts(cast.ingrid, item) == []


def test_what_is_agreed_is_seen_to_by_somebody_who_heard_it() -> None:
    assert policies.may_own_decision(2, iter([1, 2]))
    assert policies.may_own_decision(3, iter([1, 2])).code == "not_hearer"


# --- not now, or never --------------------------------------------------------------------------------------------------


def test_a_state_that_does_not_fit_says_not_now_and_anything_else_says_that_one_may_not() -> None:
    policies.enforce(ALLOWED)
    policies.enforce(Decision(allowed=True, code="closed"))
    for code in ("wrong_state", "closed", "no_basis", "no_hearer"):
        with pytest.raises(NotNow, match="Ikke nå") as not_now:
            policies.enforce(denied("Ikke nå.", code))
        assert not_now.value.code == code
    for code in ("not_convenor", "wrong_part", "wrong_role", ""):
        with pytest.raises(Refused):
            policies.enforce(denied("Ikke du.", code))


def test_every_rule_is_asked_here() -> None:
    theirs = {name for name, value in vars(policies).items() if getattr(value, "__module__", "") != policies.__name__}
    written = {name for name in vars(policies) if name.startswith("may_")} - theirs

    assert written == set(re.findall(r"policies\.(may_\w+)", Path(__file__).read_text("utf-8")))
