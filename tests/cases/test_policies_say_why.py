"""What each rule about a case answers, by the code of its refusal: in each role, from each standing and in each state.

`test_policies_by_role.py` asks who may. Here each condition is somewhere the only one that says no, and says which it is.
"""

from collections.abc import Callable

import pytest

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part
from cases import policies
from cases.enums import CaseState
from cases.models import Case
from tests.cases.roles import (
    ANALYST,
    CASEWORKER,
    COORDINATOR,
    ELSEWHERE,
    EVERYBODY,
    INTAKE,
    MANAGER,
    PRIVACY_OFFICER,
    WITHOUT_THE_CASE,
    WORKERS,
    WORKS,
    YES,
    Answers,
    answers,
    code_of,
    everybody,
    except_to,
    shared,
    standings,
)
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db

Ask = Callable[[Actor, Case], Decision]
WRITERS = {*WORKERS, COORDINATOR}
ANSWERING = {MANAGER, COORDINATOR}
MANAGERS_ONLY = except_to({MANAGER}, "not_manager")


def instead(yes: str, of: Answers) -> Answers:
    """The same answers, but that whoever got a yes is told this."""
    return {yes if code == YES else code: roles for code, roles in of.items()}


def of_some(roles: set[object], **said: set[object]) -> Answers:
    """What is said to these roles; every other is the wrong one."""
    codes = {YES if code == "yes" else code: some for code, some in said.items()}
    return {**codes, "wrong_role": EVERYBODY - roles}  # type: ignore[dict-item]


DECIDES: set[object] = {*WORKERS, INTAKE}
PROTECTS: tuple[Answers, ...] = (
    of_some(DECIDES, yes=DECIDES),
    of_some(DECIDES, yes={MANAGER, INTAKE}, not_assigned={CASEWORKER}),
    of_some(DECIDES, not_lead=DECIDES),
    of_some(DECIDES, not_lead=DECIDES),
)
LEADS = (everybody(YES), everybody(YES), everybody("not_lead"), everybody("not_lead"))
WORKS_ON = (WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE)
WRITES = except_to(WRITERS, "wrong_role")
MAY_NOT_WRITE = instead("wrong_part", WRITES)
WRONG_PART: Answers = {"wrong_part": WORKERS, "wrong_role": EVERYBODY - WORKERS}

# What is asked of the shared case; what is said to our own, ours, their own and theirs.
OF_A_CASE: dict[str, tuple[Ask, tuple[Answers, ...]]] = {
    "lead": (policies.leads, LEADS),
    "assign": (policies.may_assign, (MANAGERS_ONLY,) * 4),
    "work on": (policies.may_work_on, WORKS_ON),
    "review": (policies.may_review, WORKS_ON),
    "close": (policies.may_close, WORKS_ON),
    "assess coordination": (policies.may_assess_coordination, WORKS_ON),
    "show the log": (policies.may_show_log, WORKS_ON),
    "summon": (policies.may_summon, tuple(instead("wrong_state", said) for said in WORKS_ON)),
    "start": (policies.may_start_collaboration, tuple(instead("facts_missing", said) for said in WORKS_ON)),
    "write in a part that is shared": (
        lambda actor, case: policies.may_write_entry(actor, case, Part.ECONOMY),
        (
            WRITES,
            WRITES,
            WRITES,
            {YES: ANSWERING, "wrong_part": {CASEWORKER}, "wrong_role": EVERYBODY - WRITERS},
        ),
    ),
    "write in a part that is not": (
        lambda actor, case: policies.may_write_entry(actor, case, Part.HEALTH),
        (WRITES, WRITES, MAY_NOT_WRITE, MAY_NOT_WRITE),
    ),
    "assess a need that is shared": (
        lambda actor, case: policies.may_assess_needs(actor, case, Part.ECONOMY),
        (WORKS, WITHOUT_THE_CASE, WORKS, instead(YES, {**WORKS, YES: {MANAGER}, "wrong_part": {CASEWORKER}})),
    ),
    "assess a need that is not": (
        lambda actor, case: policies.may_assess_needs(actor, case, Part.HEALTH),
        (WORKS, WITHOUT_THE_CASE, WRONG_PART, WRONG_PART),
    ),
    "map the network": (policies.may_map_network, (WORKS, WITHOUT_THE_CASE, WRONG_PART, WRONG_PART)),
    "raise protection": (policies.may_raise_protection, PROTECTS),
    "ask to lower protection": (policies.may_request_lower, PROTECTS),
    "open what is sealed": (policies.may_open_sealed, LEADS),
    "write what is sealed of somebody who is not": (policies.may_write_sealed, (everybody("not_sealed"),) * 4),
    "keep conflicts": (policies.may_keep_conflicts, (MANAGERS_ONLY,) * 4),
    "receive": (policies.may_receive, (everybody("not_intake"),) * 4),
    "reject": (policies.may_reject, (everybody("not_intake"),) * 4),
    "route": (policies.may_route, (everybody("not_intake"),) * 4),
}


@pytest.mark.req("U23-23", "U23-09")
def test_in_a_shared_case_each_role_is_told_exactly_this(cast: Cast) -> None:
    case = shared(cast)

    for what, (ask, expected) in OF_A_CASE.items():
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            assert answers(actor, lambda who: ask(who, case)) == said, (what, standing)  # noqa: B023 (asked at once)


BEFORE_REVIEW = {CaseState.SUBMITTED, CaseState.RECEIVED, CaseState.ROUTED}
ON_CONSENT = {CaseState.MAPPING, CaseState.COLLABORATING, CaseState.WORKING_GROUP_FOLLOW_UP}
BEFORE_TOLD = {*BEFORE_REVIEW, CaseState.INITIAL_REVIEW, CaseState.SUMMONED}
OPEN = set(CaseState) - {CaseState.CLOSED}
# In which states our own caseworker may; what is said in the other open ones; and when it is closed.
IN_STATES: dict[str, tuple[Ask, set[CaseState], str, str]] = {
    "work on": (policies.may_work_on, OPEN, "", "closed"),
    "write": (OF_A_CASE["write in a part that is shared"][0], OPEN, "", "closed"),
    "review": (policies.may_review, OPEN - BEFORE_REVIEW, "wrong_state", "closed"),
    "assess": (OF_A_CASE["assess a need that is shared"][0], OPEN - BEFORE_REVIEW, "wrong_state", "closed"),
    "close": (policies.may_close, OPEN - {CaseState.SUBMITTED, CaseState.RECEIVED}, "wrong_state", "closed"),
    "summon": (
        policies.may_summon,
        {CaseState.INITIAL_REVIEW, CaseState.SUMMONED, CaseState.DECLINED},
        "wrong_state",
        "closed",
    ),
    "talk": (
        policies.may_hold_talk,
        {CaseState.SUMMONED, CaseState.INFORMED, CaseState.CONSENT_PENDING},
        "wrong_state",
        "closed",
    ),
    "map the network": (policies.may_map_network, ON_CONSENT, "no_consent", "no_consent"),
    "assess coordination": (policies.may_assess_coordination, ON_CONSENT, "wrong_state", "closed"),
    "show the log": (policies.may_show_log, OPEN - BEFORE_TOLD, "wrong_state", YES),
}


@pytest.mark.req("U23-13", "U23-16")
def test_in_each_state_the_caseworker_is_told_exactly_this(cast: Cast) -> None:
    case = shared(cast)

    for case.state in CaseState:
        with acting_as(cast.ingrid):
            for what, (ask, states, otherwise, closed) in IN_STATES.items():
                refused = closed if case.state == CaseState.CLOSED else otherwise
                assert code_of(ask(cast.ingrid, case)) == (YES if case.state in states else refused), (what, case.state)


@pytest.mark.parametrize("state", CaseState)
def test_a_manager_elsewhere_is_told_that_a_case_is_closed_when_it_is(cast: Cast, state: CaseState) -> None:
    case = shared(cast)
    case.state = state

    with acting_as(cast.nils):
        assert code_of(policies.may_assign(cast.nils, case)) == ("closed" if state == CaseState.CLOSED else YES)


# In which states intake may, as long as it leads.
OF_INTAKE: dict[str, tuple[Ask, set[CaseState]]] = {
    "receive": (policies.may_receive, {CaseState.SUBMITTED}),
    "reject": (policies.may_reject, {CaseState.SUBMITTED, CaseState.RECEIVED}),
    "route": (policies.may_route, {CaseState.RECEIVED}),
}


@pytest.mark.req("U23-09", "U23-10")
def test_intake_takes_its_steps_in_a_case_it_leads_and_in_these_states(cast: Cast) -> None:
    case = shared(cast)
    rune = cast.rune

    for leader, otherwise in (("intake", "wrong_state"), ("hvk-ost", "not_lead")):
        case.lead_agency = cast.agency(leader)
        for case.state in CaseState:
            for what, (ask, states) in OF_INTAKE.items():
                said = YES if leader == "intake" and case.state in states else otherwise
                found = answers(rune, lambda who: ask(who, case))  # noqa: B023 (asked at once)
                assert found == {said: {INTAKE}, "not_intake": EVERYBODY - {INTAKE}}, (what, case.state)


# Of no case: who is asked, in which roles they may, and what the others are told.
OF_NOBODY: dict[str, tuple[Callable[[Actor], Decision], str, set[object], str]] = {
    "report": (policies.may_submit_report, "aksel", {ANALYST}, "not_reporter"),
    "do intake": (policies.may_do_intake, "rune", {INTAKE}, "not_intake"),
    "take cases": (policies.may_take_cases, "mona", {MANAGER}, "not_lead_manager"),
    "hand over": (policies.may_hand_over, "nils", {MANAGER}, "not_manager"),
    "review look-ups": (policies.may_review_look_ups, "nils", {PRIVACY_OFFICER}, "not_privacy_officer"),
    "read reports": (policies.may_read_access_reports, "nils", {PRIVACY_OFFICER}, "not_privacy_officer"),
    "ask who could": (policies.may_ask_who_could_see, "nils", {MANAGER, PRIVACY_OFFICER}, "wrong_role"),
    "fetch heads": (policies.may_fetch_heads, "nils", set(), "not_machine"),
}


@pytest.mark.req("U23-07")
@pytest.mark.parametrize("what", OF_NOBODY)
def test_without_a_case_each_role_is_told_exactly_this(cast: Cast, what: str) -> None:
    ask, who, roles, otherwise = OF_NOBODY[what]
    expected = {YES: roles, otherwise: EVERYBODY - roles}

    assert answers(getattr(cast, who), ask) == {code: some for code, some in expected.items() if some}
