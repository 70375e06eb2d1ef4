"""The rules of consents, disclosures and break-glass, asked in each role alone, from each standing, in every state."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import ForumBasis, ForumKind, Part
from agencies.models.programme_definition import Forum, ProgrammeDefinition
from audit import clock
from cases.enums import CaseState, FactKind
from cases.models import Case
from consent import policies
from consent.models import BreakGlass, Consent, Disclosure
from tests import stories
from tests.cases.roles import (
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
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db

Ask = Callable[[Actor, Case], Decision]
ON_CONSENT = {CaseState.MAPPING, CaseState.COLLABORATING, CaseState.WORKING_GROUP_FOLLOW_UP}
BEFORE_ANYBODY_TOLD = {
    CaseState.SUBMITTED, CaseState.RECEIVED, CaseState.ROUTED, CaseState.INITIAL_REVIEW, CaseState.SUMMONED,
}  # fmt: skip


# What is asked of the shared case in a state that fits; what is said to our own, ours, their own and theirs.
OF_A_CASE: dict[str, tuple[Ask, CaseState, Answers, Answers, Answers, Answers]] = {
    "see the form": (
        policies.may_see_consents,
        CaseState.MAPPING,
        everybody(YES),
        everybody(YES),
        everybody("not_lead"),
        everybody("not_lead"),
    ),
    "record": (policies.may_record, CaseState.MAPPING, WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
    "refuse": (policies.may_refuse, CaseState.CONSENT_PENDING, WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
    "ask again": (policies.may_ask_again, CaseState.CONSENT_REFUSED, WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
    "revoke": (
        lambda actor, case: policies.may_revoke(actor, Consent(case=case)),
        CaseState.COLLABORATING,
        WORKS,
        WITHOUT_THE_CASE,
        ELSEWHERE,
        ELSEWHERE,
    ),
    "disclose": (
        policies.may_disclose,
        CaseState.ROUTED,
        WORKS,
        WITHOUT_THE_CASE,
        except_to(WORKERS, "not_assigned"),
        except_to({MANAGER}, "not_assigned"),
    ),
}


@pytest.mark.req("U23-18")
def test_in_a_shared_case_each_role_gets_exactly_this_answer(cast: Cast) -> None:
    case = shared(cast)

    for what, (ask, state, *expected) in OF_A_CASE.items():
        case.state = state
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            assert answers(actor, lambda who: ask(who, case)) == said, (what, standing)  # noqa: B023 (asked at once)


# In which states our own caseworker may; what is said in the others, but for "closed" when it is.
IN_STATES: dict[str, tuple[Ask, set[CaseState]]] = {
    "record": (policies.may_record, {CaseState.CONSENT_PENDING, *ON_CONSENT}),
    "refuse": (policies.may_refuse, {CaseState.CONSENT_PENDING}),
    "ask again": (policies.may_ask_again, {CaseState.CONSENT_REFUSED}),
    "disclose": (policies.may_disclose, set(CaseState) - {CaseState.CLOSED}),
    "revoke": (OF_A_CASE["revoke"][0], set(CaseState) - {CaseState.CLOSED}),
}


@pytest.mark.req("U23-18")
def test_each_is_done_in_these_states_alone(cast: Cast) -> None:
    case = shared(cast)

    for case.state in CaseState:
        otherwise = "closed" if case.state == CaseState.CLOSED else "wrong_state"
        with acting_as(cast.ingrid):
            for what, (ask, states) in IN_STATES.items():
                assert code_of(ask(cast.ingrid, case)) == (YES if case.state in states else otherwise), (
                    what,
                    case.state,
                )


@pytest.mark.req("U23-16", "U23-18")
def test_consent_is_recorded_of_somebody_who_was_told_and_wants_help_and_signs_alone(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shared(cast)
    told, wants, declines = FactKind.TOLD_OF_REPORT, FactKind.WANTS_HELP, FactKind.DECLINES_HELP
    born = clock.today() - relativedelta(years=18)

    def found(facts: set[FactKind], birth_date: dt.date) -> str:
        monkeypatch.setattr(case, "facts_in_force", lambda: facts)
        with acting_as(cast.ingrid):
            case.person.birth_date = birth_date
            decision = policies.may_record(cast.ingrid, case)
        return str(decision.reason) or code_of(decision)

    assert found({told, wants}, born) == YES
    assert "18 år eller eldre, registreres" in found({told, wants}, born + dt.timedelta(days=1))
    for facts in ({told}, {wants}, {told, declines}, set[FactKind]()):
        lacking = ", ".join(sorted(str(fact.label) for fact in {told, wants} - facts))
        assert found(facts, born) == f"Dette mangler først: {lacking}."


# --- disclosures --------------------------------------------------------------------------------------------------------


@pytest.mark.req("U23-11")
def test_intake_shares_as_long_as_it_leads_and_nobody_on_a_break_glass(cast: Cast) -> None:
    case = shared(cast)

    def opened_by(who: Actor) -> Decision:
        case.opened_with, case.opened_by_glass = (who, frozenset(Part)), True
        return policies.may_disclose(who, case)

    assert answers(cast.oda, opened_by) == everybody("break_glass")
    case.opened_with, case.opened_by_glass = None, False
    case.lead_agency = cast.agency("intake")
    with_the_report: Answers = {
        YES: {MANAGER, INTAKE}, "not_assigned": {CASEWORKER}, "wrong_role": EVERYBODY - {*WORKERS, INTAKE},
    }  # fmt: skip
    in_state = {
        CaseState.SUBMITTED: with_the_report,
        CaseState.RECEIVED: with_the_report,
        CaseState.CLOSED: everybody("closed"),
    }
    for case.state in CaseState:
        said = in_state.get(case.state, WITHOUT_THE_CASE)
        assert answers(cast.rune, lambda who: policies.may_disclose(who, case)) == said, case.state
    case.state = CaseState.RECEIVED
    assert answers(cast.nils, lambda who: policies.may_disclose(who, case)) == except_to({MANAGER}, "not_assigned")


@pytest.mark.parametrize(
    ("agency", "author", "said"),
    [
        ("hvk-ost", "oda", except_to({MANAGER}, "not_manager")),
        ("hvk-ost", "ingrid", {"own_decision": {MANAGER}, "not_manager": EVERYBODY - {MANAGER}}),
        ("nav", "nora", everybody("not_manager")),
    ],
)
def test_against_a_no_another_manager_of_the_agency_that_shares_decides_too(
    cast: Cast, agency: str, author: str, said: Answers
) -> None:
    disclosure = Disclosure(author_agency=cast.agency(agency), author=getattr(cast, author).user)

    assert answers(cast.ingrid, lambda who: policies.may_approve(who, disclosure)) == said


# Who shared; what is said of stopping it to our own, ours, their own and theirs.
STOPPED: dict[str, tuple[Answers, Answers, Answers, Answers]] = {
    "hvk-ost": (
        except_to({*WORKERS, INTAKE}, "not_assigned"),
        except_to({MANAGER, INTAKE}, "not_assigned"),
        ELSEWHERE,
        ELSEWHERE,
    ),
    "nav": (WORKS, WITHOUT_THE_CASE, except_to(WORKERS, "not_assigned"), except_to({MANAGER}, "not_assigned")),
    "stavne": (WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
}


@pytest.mark.req("U23-31")
def test_sharing_is_stopped_by_the_agency_that_shares_and_by_the_lead(cast: Cast) -> None:
    case = shared(cast)

    for shares, expected in STOPPED.items():
        disclosure = Disclosure(case=case, author_agency=cast.agency(shares))
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            found = answers(actor, lambda who: policies.may_end_disclosure(who, disclosure))  # noqa: B023 (asked at once)
            assert found == said, (shares, standing)


def test_an_objection_is_known_to_those_with_a_right_once_the_consent_is_taken_back(cast: Cast) -> None:
    case = shared(cast)

    def is_known(to: Actor) -> bool:
        with acting_as(to):
            return policies.objection_is_known(case)

    assert not is_known(cast.ingrid)
    stories.revoked(cast, case)
    assert is_known(cast.ingrid)
    assert not is_known(cast.sara)


# --- what a forum hears -------------------------------------------------------------------------------------------------


@pytest.mark.req("LIL-22", "LIL-23", "U23-29")
def test_a_forum_that_may_hears_a_case_whose_person_was_told_and_consents(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shared(cast)
    group = case.programme_version.definition.forum("working_group")
    never, not_told, no_consent = "aldri snakke om enkeltpersoner", "få vite om meldingen", "ikke noe samtykke"
    at_the_table = {cast.agency(slug).pk for slug in stories.AROUND_THE_TABLE}

    def basis(actor: Actor, forum: Forum = group) -> policies.ForumBasis:
        monkeypatch.setattr(ProgrammeDefinition, "forum", lambda _self, _code: forum)
        with acting_as(actor):
            return policies.forum_basis(case, "working_group")

    consent, statute = ForumBasis.CONSENT, ForumBasis.STATUTE
    for hears, kind, why in (
        ({consent}, ForumKind.WORKING_GROUP, ""),
        ({consent, statute}, ForumKind.WORKING_GROUP, ""),
        ({statute}, ForumKind.WORKING_GROUP, never),
        ({consent, statute}, ForumKind.POLICE_COUNCIL, never),
    ):
        found = basis(cast.ingrid, replace(group, individual_cases=frozenset(hears), kind=kind))
        assert why in str(found.reason_if_none) and bool(found) is (not why), (hears, kind)
    for case.state in CaseState:
        found = basis(cast.ingrid)
        if case.state in BEFORE_ANYBODY_TOLD:
            assert not found and not_told in str(found.reason_if_none), case.state
        else:
            assert found and found.participants == at_the_table and not found.reason_if_none, case.state
    case.state = CaseState.MAPPING
    stranger = basis(cast.sara)
    assert not stranger and no_consent in str(stranger.reason_if_none)
    assert basis(cast.nora).participants == at_the_table


# --- break-glass --------------------------------------------------------------------------------------------------------


def test_whoever_works_on_cases_breaks_the_glass_and_the_police_never_to_health_or_child_welfare(cast: Cast) -> None:
    may = {CASEWORKER, MANAGER, COORDINATOR, INTAKE}
    barred = {Part.HEALTH, Part.CHILD_WELFARE}

    for actor in (cast.sara, cast.leif, cast.rune):
        assert answers(actor, policies.may_break_glass) == except_to(may, "wrong_role")
        found = policies.parts_in_emergency(actor)
        assert found == [
            part
            for part in Part
            if part != Part.CORE and not (actor.agency.slug == "police-analysis" and part in barred)
        ]


def test_a_glass_is_controlled_by_a_second_person_of_the_lead_and_ended_by_its_user_too(cast: Cast) -> None:
    case = shared(cast)
    fresh = stories.submitted(cast)
    office = {"wrong_role": EVERYBODY - {MANAGER, PRIVACY_OFFICER}}
    intake = {"wrong_role": EVERYBODY - {MANAGER, PRIVACY_OFFICER, INTAKE}}
    nothing = "not_privacy_officer"
    sara, oda = cast.sara, cast.oda
    # Whose glass, to which case; who is asked, and what is said of controlling it.
    asked: list[tuple[Actor, Case | None, Actor, Answers]] = [
        (sara, case, oda, {YES: {MANAGER, PRIVACY_OFFICER}} | office),
        (sara, case, cast.nils, {"not_lead": {MANAGER, PRIVACY_OFFICER}} | office),
        (sara, case, cast.rune, {"not_lead": {MANAGER, PRIVACY_OFFICER, INTAKE}} | intake),
        (sara, fresh, cast.rune, {YES: {MANAGER, PRIVACY_OFFICER, INTAKE}} | intake),
        (oda, case, oda, everybody("own_glass")),
        (oda, None, oda, everybody("own_glass")),
        (oda, None, cast.ingrid, except_to({PRIVACY_OFFICER}, nothing)),
        (sara, None, oda, everybody(nothing)),
        (sara, None, cast.nils, everybody(nothing)),
    ]

    for user, opened, actor, said in asked:
        glass = BreakGlass(user=user.user, agency=user.agency, case=opened)
        words = (user.user.name, str(opened), actor.user.name)
        assert answers(actor, lambda who: policies.may_confirm_glass(who, glass)) == said, words  # noqa: B023 (asked at once)
        ends = everybody(YES) if user == actor else said
        assert answers(actor, lambda who: policies.may_end_glass(who, glass)) == ends, words  # noqa: B023
    elsewhere = BreakGlass(user=oda.user, agency=cast.agency("nav"), case=case)
    assert answers(oda, lambda who: policies.may_end_glass(who, elsewhere)) == everybody("own_glass")


def test_those_who_control_follow_the_glasses(cast: Cast) -> None:
    assert answers(cast.oda, policies.may_follow_glasses) == except_to({MANAGER, PRIVACY_OFFICER}, "wrong_role")
    assert answers(cast.rune, policies.may_follow_glasses) == except_to(
        {MANAGER, PRIVACY_OFFICER, INTAKE}, "wrong_role"
    )


# --- nobody, and every rule ---------------------------------------------------------------------------------------------


def test_with_an_assignment_left_over_from_a_role_that_has_ended_nobody_decides_anything(cast: Cast) -> None:
    case = shared(cast)
    former = in_role(cast.ingrid)
    disclosure = Disclosure(case=case, author_agency=former.agency, author=cast.oda.user)
    glass = BreakGlass(user=cast.sara.user, agency=cast.sara.agency, case=case)

    with acting_as(former):
        for what, (ask, case.state, *_said) in OF_A_CASE.items():
            assert what == "see the form" or not ask(former, case), what
        assert not policies.may_approve(former, disclosure)
        assert not policies.may_end_disclosure(former, disclosure)
        assert not policies.may_confirm_glass(former, glass)
        assert not policies.may_end_glass(former, glass)
        assert not policies.may_break_glass(former)
        assert not policies.may_follow_glasses(former)


def test_every_rule_is_asked_here() -> None:
    written = {name for name in vars(policies) if name.startswith("may_")} - {"may_work_on"}

    assert written == set(re.findall(r"policies\.(may_\w+)", Path(__file__).read_text("utf-8")))
