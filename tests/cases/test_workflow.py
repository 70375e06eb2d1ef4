"""The table of states: what may follow what, and what must be true first."""

import itertools

import pytest

from agencies.decisions import NotNow
from cases.enums import CaseState, FactKind, WishForHelp
from cases.services.lifecycle import change_state, fact_established
from cases.workflow import (
    ANSWERS,
    BEFORE_INFORMED,
    OPEN,
    OWNERS,
    TRANSITIONS,
    Turn,
    answers_in,
    missing_for,
)
from tests import stories
from tests.cast import Cast, acting_as

EVERY_FACT = frozenset(FactKind)
PAIRS = list(itertools.product(CaseState, CaseState))


def test_every_state_has_somebody_whose_turn_it_is() -> None:
    assert set(OWNERS) == set(CaseState)
    assert {state for state, turn in OWNERS.items() if turn == Turn.NOBODY} == {CaseState.DECLINED, CaseState.CLOSED}


@pytest.mark.parametrize(("current", "target"), list(TRANSITIONS), ids=str)
def test_a_permitted_step_waits_for_each_of_its_facts_and_for_nothing_else(
    current: CaseState, target: CaseState
) -> None:
    needs = TRANSITIONS[(current, target)].needs

    assert not missing_for(current, target, needs)
    for fact in needs:
        assert missing_for(current, target, needs - {fact}).facts == (fact,)


@pytest.mark.parametrize(("current", "target"), [pair for pair in PAIRS if pair not in TRANSITIONS], ids=str)
def test_no_other_step_is_possible_whatever_is_true(current: CaseState, target: CaseState) -> None:
    missing = missing_for(current, target, EVERY_FACT)

    assert missing
    assert not missing.permitted


@pytest.mark.req("U23-16")
def test_beyond_being_summoned_every_step_forward_needs_that_the_person_was_told() -> None:
    later = {CaseState.CONSENT_PENDING, CaseState.MAPPING, CaseState.COLLABORATING, CaseState.WORKING_GROUP_FOLLOW_UP}
    for (current, target), step in TRANSITIONS.items():
        losing_consent = step.source == "T12"
        if target in later and not losing_consent:
            assert FactKind.TOLD_OF_REPORT in step.needs, (current, target)
            assert current not in BEFORE_INFORMED


@pytest.mark.req("U23-15")
def test_children_add_their_assessment_to_what_the_review_asks() -> None:
    pair = (CaseState.INITIAL_REVIEW, CaseState.SUMMONED)
    facts = TRANSITIONS[pair].needs | {FactKind.HAS_CHILDREN}

    assert missing_for(*pair, facts).facts == (FactKind.CHILD_REPORT_ASSESSED,)
    assert not missing_for(*pair, facts | {FactKind.CHILD_REPORT_ASSESSED})


def test_a_case_can_be_closed_from_every_state_after_intake_and_never_opens_again() -> None:
    closable = {current for current, target in TRANSITIONS if target == CaseState.CLOSED}

    assert closable == OPEN - {CaseState.SUBMITTED, CaseState.RECEIVED}
    assert not [target for current, target in TRANSITIONS if current == CaseState.CLOSED]


def test_every_state_can_be_reached() -> None:
    reached = {CaseState.SUBMITTED}
    while more := {target for current, target in TRANSITIONS if current in reached} - reached:
        reached |= more

    assert reached == set(CaseState)


@pytest.mark.req("U23-17")
def test_each_answer_leads_along_a_permitted_step() -> None:
    for (state, _), target in ANSWERS.items():
        assert target is None or (state, target) in TRANSITIONS
    assert set(answers_in(CaseState.SUMMONED)) == set(WishForHelp)
    assert answers_in(CaseState.INITIAL_REVIEW) == ()


@pytest.mark.parametrize(
    "target", [state for state in CaseState if (CaseState.INITIAL_REVIEW, state) not in TRANSITIONS], ids=str
)
def test_the_database_walk_obeys_the_table_from_initial_review(cast: Cast, target: CaseState) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        for kind in (FactKind.TOLD_OF_REPORT, FactKind.WANTS_HELP, FactKind.CONSENT_GIVEN):
            fact_established(case, kind, by=cast.ingrid)
        with pytest.raises(NotNow) as refusal:
            change_state(case, target, by=cast.ingrid)
        assert refusal.value.code == "wrong_state"
        assert stories.case_now(case).state == CaseState.INITIAL_REVIEW


def test_the_main_walk_passes_every_state_in_turn(cast: Cast) -> None:
    walked = []
    case = stories.submitted(cast)
    walked.append(case.state)
    for step in (stories.received, stories.routed, stories.assigned, stories.reviewed, stories.summoned):
        case = step(cast, case)
        walked.append(case.state)
    for step in (stories.consent_pending, stories.consented, stories.collaborating, stories.closed):
        case = step(cast, case)
        walked.append(case.state)

    assert walked == [
        CaseState.SUBMITTED,
        CaseState.RECEIVED,
        CaseState.ROUTED,
        CaseState.INITIAL_REVIEW,
        CaseState.INITIAL_REVIEW,
        CaseState.SUMMONED,
        CaseState.CONSENT_PENDING,
        CaseState.MAPPING,
        CaseState.COLLABORATING,
        CaseState.CLOSED,
    ]
