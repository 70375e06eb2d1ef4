"""What each rule about a case answers, by the code of its refusal: in each role, from each standing and in each state.

Each condition is somewhere the only one that says no, and the code says which it is. Rules about a row: `test_policies_by_role.py`.
"""

from collections.abc import Callable

import pytest

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part, ProtectionLevel
from cases import policies
from cases.enums import CaseState, ClosingReason, FactKind, NeedStatus
from cases.models import Case
from cases.services import needs, protection
from cases.services.needs import NeedAnswer
from tests import stories
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
    in_role,
    shared,
    standings,
)
from tests.cases.sharing import consent_in_force
from tests.cases.test_policies_by_role import came_not
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
    "store whereabouts": (policies.may_store_whereabouts, (everybody(YES),) * 4),
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


# --- who says no first --------------------------------------------------------------------------------------------------


def test_whoever_may_not_act_is_told_so_and_not_what_else_is_in_the_way(cast: Cast) -> None:
    case = shared(cast)

    def said(actor: Actor, ask: Callable[..., Decision], *more: object) -> str:
        with acting_as(actor):
            return code_of(ask(actor, case, *more))

    for case.state in (CaseState.SUMMONED, CaseState.INFORMED):
        assert said(cast.nora, policies.may_close, ClosingReason.NO_CONTACT) == "not_lead"
        assert said(cast.nora, policies.may_summon) == "not_lead"
        assert said(cast.nora, policies.may_show_log) == "not_lead"
        assert said(cast.nora, policies.may_hold_talk) == "not_lead"
        assert said(cast.nora, policies.may_assess_coordination) == "not_lead"
        assert said(in_role(cast.ingrid, COORDINATOR), policies.may_map_network) == "wrong_role"
    hidden = in_role(cast.nora, MANAGER, clearance=ProtectionLevel.NONE)
    with acting_as(cast.ingrid):
        case.person.protection_level = ProtectionLevel.CONFIDENTIAL
    assert said(cast.nora, policies.may_raise_protection, ProtectionLevel.MARKED) == "not_lead"
    assert said(hidden, policies.may_request_lower, ProtectionLevel.STRICTLY_CONFIDENTIAL) == "not_lead"


def test_that_somebody_has_asked_to_lower_is_told_to_who_could_ask_and_of_that_case_alone(cast: Cast) -> None:
    case, other = stories.assigned(cast), stories.assigned(cast)
    level = ProtectionLevel.MARKED
    with acting_as(cast.mona):
        for one in (case, other):
            protection.raise_level(one, level=level, reason="Trusler fra et miljø.", by=cast.mona)
        case, other = stories.case_now(case), stories.case_now(other)
        protection.request_lower(other, level=ProtectionLevel.NONE, reason="Trusselen er over.", by=cast.mona)

        assert code_of(policies.may_request_lower(cast.mona, case)) == YES
        assert code_of(policies.may_request_lower(cast.mona, other)) == "already_asked"
    with acting_as(cast.oda):
        assert (
            code_of(policies.may_request_lower(in_role(cast.oda, CASEWORKER, clearance=level), other)) == "not_assigned"
        )


def test_a_service_maps_the_network_when_its_right_covers_that_part_and_no_other(cast: Cast) -> None:
    case = shared(cast)

    for part, said in ((Part.CHILD_WELFARE, "wrong_part"), (Part.LEISURE_NETWORK, YES)):
        consent_in_force(cast, case, {"nav": [part]})
        with acting_as(cast.nils):
            assert code_of(policies.may_map_network(cast.nils, case)) == said, part


def test_a_talk_nobody_came_to_counts_in_its_own_case_while_the_person_is_called(cast: Cast) -> None:
    case, other = stories.summoned(cast), stories.summoned(cast)
    with acting_as(cast.ingrid):
        came_not(cast, other, other.state_since)
        assert (policies.vain_attempts(case), policies.vain_attempts(other)) == (0, 1)
        other.state = CaseState.INFORMED
        assert policies.vain_attempts(other) == 0


@pytest.mark.req("U23-16")
@pytest.mark.parametrize(("story", "when_closed"), [(stories.assigned, "wrong_state"), (stories.informed, YES)])
def test_of_an_open_case_the_state_says_that_the_person_was_told_and_of_a_closed_one_the_fact(
    cast: Cast, story: Callable[[Cast], Case], when_closed: str
) -> None:
    case = story(cast)

    with acting_as(cast.ingrid):
        for state, said in ((CaseState.INFORMED, YES), (CaseState.CLOSED, when_closed)):
            case.state = state
            assert code_of(policies.may_show_log(cast.ingrid, case)) == said


# --- ready to collaborate -----------------------------------------------------------------------------------------------

NEEDED = {
    FactKind.TOLD_OF_REPORT,
    FactKind.CONSENT_GIVEN,
    FactKind.BASIC_NEEDS_ASSESSED,
    FactKind.COOPERATION_MEETING_CALLED,
    FactKind.RESPONSIBILITY_GROUP_ASSESSED,
    FactKind.INDIVIDUAL_PLAN_ASSESSED,
}


@pytest.mark.req("U23-24")
def test_the_collaboration_starts_from_the_mapping_when_all_is_in_place_and_says_what_is_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = stories.needs_assessed(cast, shared(cast))
    facts = NEEDED

    def said(actor: Actor) -> str:
        with acting_as(actor):
            monkeypatch.setattr(case, "facts_in_force", lambda: set(facts))
            decision = policies.may_start_collaboration(actor, case)
        return str(decision.reason) if decision.code == "facts_missing" else code_of(decision)

    for case.state in CaseState:
        otherwise = "closed" if case.state == CaseState.CLOSED else "wrong_state"
        assert said(cast.ingrid) == (YES if case.state == CaseState.MAPPING else otherwise), case.state
    case.state = CaseState.MAPPING
    assert (said(cast.oda), said(cast.nora)) == ("not_assigned", "not_lead")
    for fact in sorted(NEEDED):
        facts = NEEDED - {fact}
        # What can be seen of the needs is asked of the needs, whatever the fact says.
        seen = fact == FactKind.BASIC_NEEDS_ASSESSED
        assert said(cast.ingrid) == (YES if seen else f"Dette mangler først: {fact.label}."), fact


def labels(actor: Actor, case: Case) -> list[str]:
    with acting_as(actor):
        return policies.needs_not_assessed(actor, case)


def assessed(actor: Actor, case: Case, need: str, status: NeedStatus) -> None:
    with acting_as(actor):
        needs.assess_needs(case, by=actor, answers=[NeedAnswer(need, status, "Avklart i samtalen.")])


@pytest.mark.req("U23-23")
def test_a_need_is_assessed_when_the_newest_word_in_this_case_that_one_may_read_says_how_it_is(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    case, other = shared(cast), stories.consent_pending(cast)
    every = [need.label for need in case.programme_version.definition.basic_needs]
    income = next(n.label for n in case.programme_version.definition.basic_needs if n.code == "income")
    without_income = [label for label in every if label != income]

    assessed(cast.ingrid, other, "housing", NeedStatus.MET)
    assert labels(cast.ingrid, case) == every and len(every) == 6
    for number, (status, lacking) in enumerate(
        ((NeedStatus.NOT_MET, without_income), (NeedStatus.NOT_ASSESSED, every), (NeedStatus.MET, without_income)), 1
    ):
        shift_clock(minutes=number)
        assessed(cast.nora, case, "income", status)
        assert labels(cast.ingrid, case) == labels(cast.nora, case) == lacking, status

    stories.revoked(cast, case)
    assert labels(cast.nora, case) == every, "that it wrote so itself is no right to read it here"


@pytest.mark.req("U23-23")
def test_whether_the_needs_are_assessed_is_seen_and_not_remembered(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case = shared(cast)
    kept, needs_fact = {FactKind.TOLD_OF_REPORT, FactKind.COOPERATION_MEETING_CALLED}, FactKind.BASIC_NEEDS_ASSESSED

    def seen(facts: set[FactKind]) -> set[FactKind]:
        with acting_as(cast.ingrid):
            monkeypatch.setattr(case, "facts_in_force", lambda: set(facts))
            return policies.facts_as_seen(cast.ingrid, case)

    assert seen(kept) == seen(kept | {needs_fact}) == kept
    stories.needs_assessed(cast, case)
    assert seen(kept) == seen(kept | {needs_fact}) == kept | {needs_fact}


# --- without a case -----------------------------------------------------------------------------------------------------

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
