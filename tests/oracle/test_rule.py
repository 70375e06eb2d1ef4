"""The oracle itself: that it stands alone, and that it says what the sentence says in cases small enough to read."""

import ast
import datetime as dt
import sys
from pathlib import Path

import pytest

from tests.oracle import mutants, rule, worlds
from tests.oracle.rule import (
    GLASS_LASTS,
    AccountSet,
    AssignmentSet,
    ConflictSet,
    ConsentRecorded,
    ConsentRevoked,
    DisclosureApproved,
    DisclosureRecorded,
    Event,
    GlassBroken,
    LeadSet,
    LevelSet,
    MembershipEnded,
    MembershipGiven,
    Rule,
    Written,
    day_ends,
)

OFFICE, NAV, SCHOOL, POLICE = 1, 2, 3, 4
ANNE, OLA = 11, 12
CASE = 100
REPORT, NOTE, SCHOOL_NOTE = 201, 202, 203
NOON = rule.instant(dt.datetime(2026, 10, 24, 10, tzinfo=dt.UTC))


@pytest.mark.parametrize("module", [rule, worlds, mutants])
def test_the_oracle_imports_nothing_of_the_application(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text())  # type: ignore[attr-defined]
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module
            imported.add(node.module)
    foreign = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert foreign <= {"tests.oracle.rule", "tests.oracle.worlds"}


def story(*more: Event) -> Rule:
    """Anne and Ola work at the office, which leads; the police sent a report; the office and the school wrote."""
    return Rule(
        [
            *(AccountSet(at=0, user=user, active=True) for user in (ANNE, OLA)),
            worker(1, ANNE, OFFICE),
            worker(2, OLA, NAV),
            AssignmentSet(at=0, case=CASE, user=ANNE, agency=OFFICE, given=True),
            AssignmentSet(at=0, case=CASE, user=OLA, agency=NAV, given=True),
            LeadSet(at=0, case=CASE, agency=OFFICE),
            Written(at=0, content=REPORT, case=CASE, author=POLICE, part="crime", sent=True),
            Written(at=0, content=NOTE, case=CASE, author=OFFICE, part="economy", sent=False),
            Written(at=0, content=SCHOOL_NOTE, case=CASE, author=SCHOOL, part="economy", sent=False),
            *more,
        ]
    )


def worker(number: int, user: int, agency: int, role: str = "caseworker", clearance: str = "marked") -> MembershipGiven:
    return MembershipGiven(at=0, membership=number, user=user, agency=agency, role=role, clearance=clearance, begins=0)


def consent(*parts: str, until: dt.date = dt.date(2026, 10, 24), givers: frozenset[int] = frozenset({OFFICE})) -> Event:
    return ConsentRecorded(
        at=NOON,
        consent=1,
        case=CASE,
        boxes=frozenset((NAV, part) for part in parts),
        givers=givers,
        begins=NOON,
        last_day=until,
    )


def test_a_lead_sees_what_it_wrote_and_received_and_not_what_others_write() -> None:
    told = story()
    assert told.may_see(ANNE, OFFICE, REPORT, NOON) and told.may_see(ANNE, OFFICE, NOTE, NOON)
    assert not told.may_see(ANNE, OFFICE, SCHOOL_NOTE, NOON)
    assert not told.may_know(OLA, NAV, CASE, NOON)


def test_a_lead_that_routed_the_case_sees_nothing_more() -> None:
    told = story(LeadSet(at=NOON, case=CASE, agency=NAV))
    assert told.may_see(ANNE, OFFICE, NOTE, NOON - 1) and not told.may_see(ANNE, OFFICE, NOTE, NOON)
    assert told.may_see(OLA, NAV, REPORT, NOON) and not told.may_see(OLA, NAV, NOTE, NOON)


def test_a_consent_holds_from_its_instant_to_the_end_of_its_last_day_where_the_municipality_lies() -> None:
    told = story(consent("economy", until=dt.date(2026, 10, 24)))
    end = rule.instant(dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC))  # summer time: two hours before UTC's midnight
    assert day_ends(dt.date(2026, 10, 24)) == end
    assert day_ends(dt.date(2026, 10, 25)) == end + 25 * 60 * rule.MINUTE  # the night the clocks go back
    assert [told.may_see(OLA, NAV, NOTE, t) for t in (NOON - 1, NOON, end - 1, end)] == [False, True, True, False]


def test_a_consent_gives_its_parts_from_its_givers_and_ends_when_revoked() -> None:
    told = story(consent("health"))
    assert told.may_know(OLA, NAV, CASE, NOON) and not told.may_see(OLA, NAV, NOTE, NOON)
    told = story(consent("economy"), ConsentRevoked(at=NOON + 5, consent=1))
    assert told.may_see(OLA, NAV, NOTE, NOON + 4) and not told.may_see(OLA, NAV, SCHOOL_NOTE, NOON + 4)
    assert not told.may_know(OLA, NAV, CASE, NOON + 5)


def test_a_disclosure_against_a_no_gives_nothing_before_a_second_person() -> None:
    shared = DisclosureRecorded(
        at=NOON,
        disclosure=1,
        case=CASE,
        giver=OFFICE,
        recipient=NAV,
        parts=frozenset({"crime"}),
        hands_on_report=True,
        needs_approval=True,
        begins=NOON,
        last_day=dt.date(2026, 10, 30),
    )
    told = story(shared, DisclosureApproved(at=NOON + 3, disclosure=1))
    assert [told.may_see(OLA, NAV, REPORT, NOON + k) for k in (2, 3)] == [False, True]
    assert not told.may_see(OLA, NAV, NOTE, NOON + 3)


def test_need_to_know_ends_with_the_assignment_but_not_for_who_answers() -> None:
    told = story(
        AssignmentSet(at=NOON, case=CASE, user=ANNE, agency=OFFICE, given=False), worker(3, OLA, OFFICE, "manager")
    )
    assert [told.may_know(ANNE, OFFICE, CASE, t) for t in (NOON - 1, NOON)] == [True, False]
    assert told.may_know(OLA, OFFICE, CASE, NOON) and not told.may_know(OLA, NAV, CASE, NOON)


@pytest.mark.parametrize("role", ["analyst", "privacy_officer", "agency_administrator"])
def test_a_role_that_has_nothing_to_do_with_cases_sees_none_even_when_assigned(role: str) -> None:
    told = story(MembershipEnded(at=NOON, membership=1), worker(4, ANNE, OFFICE, role))
    assert told.may_know(ANNE, OFFICE, CASE, NOON - 1) and not told.may_know(ANNE, OFFICE, CASE, NOON)


def test_a_conflict_a_level_and_a_closed_account_each_hide_the_case() -> None:
    for what in (
        ConflictSet(at=NOON, case=CASE, user=ANNE, declared=True),
        LevelSet(at=NOON, case=CASE, level="confidential"),
        AccountSet(at=NOON, user=ANNE, active=False),
    ):
        told = story(what)
        assert told.may_see(ANNE, OFFICE, NOTE, NOON - 1) and not told.may_see(ANNE, OFFICE, NOTE, NOON), what


def test_a_broken_glass_is_one_users_for_sixty_minutes() -> None:
    told = story(
        worker(5, ANNE, NAV, "manager"),
        GlassBroken(at=NOON, glass=1, case=CASE, user=OLA, agency=NAV, parts=frozenset({"economy"})),
    )
    seen = [told.may_see(OLA, NAV, SCHOOL_NOTE, NOON + k) for k in (-1, 0, GLASS_LASTS - 1, GLASS_LASTS)]
    assert seen == [False, True, True, False]
    assert not told.may_see(OLA, NAV, REPORT, NOON) and not told.may_know(ANNE, NAV, CASE, NOON)


def test_nothing_is_seen_before_it_was_written() -> None:
    told = story(Written(at=NOON, content=204, case=CASE, author=OFFICE, part="core", sent=False))
    assert [told.may_see(ANNE, OFFICE, 204, t) for t in (NOON - 1, NOON)] == [False, True]
