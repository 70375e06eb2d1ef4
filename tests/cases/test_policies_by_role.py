"""Rules asked in each role alone, where more than the case decides: who wrote a row, whom it is about, how well hidden the
person is. What is asked of a case alone, and what a refusal says: `test_policies_say_why.py`.
"""

import datetime as dt
from collections.abc import Callable

import pytest

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel, Role
from audit import clock
from cases import policies
from cases.enums import ClosingReason, EntryKind, ProtectionOutcome, SummonsWay
from cases.models import (
    Case,
    Conflict,
    Conversation,
    Entry,
    LogWithholding,
    LookUpReview,
    ProtectionChange,
    ResourcePerson,
)
from cases.services import protection
from tests import stories
from tests.cases.roles import (
    ADMINISTRATOR,
    ANALYST,
    CASEWORKER,
    COORDINATOR,
    EVERYBODY,
    INTAKE,
    MANAGER,
    NOBODY,
    PRIVACY_OFFICER,
    in_role,
    roles_that_may,
    shared,
)
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db

STRICT, CONFIDENTIAL = ProtectionLevel.STRICTLY_CONFIDENTIAL, ProtectionLevel.CONFIDENTIAL

# One of each kind of agency that matters here.
SIX = ("aksel", "rune", "mona", "nils", "marte", "bente")
# Of the person in no case: in which kinds of agency (by one of its people), and in which roles.
OF_NOBODY: dict[str, tuple[Callable[[Actor], object], dict[str, set[Role]]]] = {
    "report": (policies.may_submit_report, {"aksel": {ANALYST}}),
    "do intake": (policies.may_do_intake, {"rune": {INTAKE}}),
    "take cases": (policies.may_take_cases, {"mona": {MANAGER}, "bente": NOBODY}),
    "hand cases over": (
        policies.may_hand_over,
        {key: {MANAGER} for key in SIX},
    ),
    "review look-ups": (
        policies.may_review_look_ups,
        {key: {PRIVACY_OFFICER} for key in SIX},
    ),
    "read the weekly report": (
        policies.may_read_access_reports,
        {key: {PRIVACY_OFFICER} for key in SIX},
    ),
    "ask who could see": (
        policies.may_ask_who_could_see,
        {key: {MANAGER, PRIVACY_OFFICER} for key in SIX},
    ),
    "fetch heads": (policies.may_fetch_heads, {}),
}


@pytest.mark.req("U23-07", "U23-09")
@pytest.mark.parametrize("what", OF_NOBODY)
def test_without_a_case_exactly_these_roles_may(cast: Cast, what: str) -> None:
    ask, where = OF_NOBODY[what]

    for name in SIX:
        assert roles_that_may(getattr(cast, name), ask) == where.get(name, NOBODY), name


def test_only_the_agencys_own_system_fetches_heads(cast: Cast) -> None:
    assert policies.may_fetch_heads(cast.machine())


def test_the_other_kind_of_office_that_leads_takes_cases_too(cast: Cast) -> None:
    office = cast.bente
    office.agency.kind = "social_services"

    assert roles_that_may(office, policies.may_take_cases) == {MANAGER}


# --- rows of a case: who wrote them decides too -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "part", "author", "agency", "may"),
    [
        ("note", "economy", "ingrid", "hvk-ost", {CASEWORKER, MANAGER, COORDINATOR}),
        ("note", "economy", "oda", "hvk-ost", NOBODY),
        ("note", "economy", "ingrid", "nav", NOBODY),
        ("routed", "economy", "ingrid", "hvk-ost", NOBODY),
    ],
)
def test_an_entry_is_corrected_by_whoever_wrote_it_by_hand(
    cast: Cast, kind: str, part: str, author: str, agency: str, may: set[Role]
) -> None:
    case = shared(cast)
    entry = Entry(case=case, kind=kind, part=part, author=getattr(cast, author).user, author_agency=cast.agency(agency))

    assert roles_that_may(cast.ingrid, lambda who: policies.may_correct_entry(who, case, entry)) == may


def test_an_entry_is_not_corrected_in_a_part_one_may_no_longer_write_in(cast: Cast) -> None:
    case = shared(cast)
    entry = Entry(
        case=case, kind=EntryKind.NOTE, part=Part.HEALTH, author=cast.nora.user, author_agency=cast.nora.agency
    )

    with acting_as(cast.nora):
        assert policies.may_correct_entry(cast.nora, case, entry).code == "wrong_part"


@pytest.mark.req("U23-19")
@pytest.mark.parametrize(("key", "may"), [("oda", {CASEWORKER, MANAGER}), ("nora", NOBODY)])
def test_a_resource_person_is_taken_away_by_the_agency_that_wrote_the_name(
    cast: Cast, key: str, may: set[Role]
) -> None:
    person = ResourcePerson(author_agency=cast.ingrid.agency)

    assert roles_that_may(getattr(cast, key), lambda who: policies.may_remove_resource_person(who, person)) == may


@pytest.mark.parametrize(
    ("about", "agency", "may"), [("oda", "hvk-ost", {MANAGER}), ("ingrid", "hvk-ost", NOBODY), ("oda", "nav", NOBODY)]
)
def test_a_conflict_is_ended_by_a_manager_of_that_agency_whom_it_is_not_about(
    cast: Cast, about: str, agency: str, may: set[Role]
) -> None:
    case = shared(cast)
    conflict = Conflict(case=case, user=getattr(cast, about).user, agency=cast.agency(agency))

    assert roles_that_may(cast.ingrid, lambda who: policies.may_end_conflict(who, case, conflict)) == may


@pytest.mark.parametrize(("asked_by", "may"), [("oda", {MANAGER}), ("ingrid", NOBODY)])
def test_a_manager_of_the_lead_who_did_not_ask_decides_what_is_withheld(
    cast: Cast, asked_by: str, may: set[Role]
) -> None:
    case = shared(cast)
    withholding = LogWithholding(case=case, asked_by=getattr(cast, asked_by).user)

    assert roles_that_may(cast.ingrid, lambda who: policies.may_decide_withholding(who, case, withholding)) == may
    assert roles_that_may(cast.nils, lambda who: policies.may_decide_withholding(who, case, withholding)) == NOBODY


@pytest.mark.parametrize(("employee", "may"), [("oda", {PRIVACY_OFFICER}), ("ingrid", NOBODY)])
def test_a_look_up_is_judged_by_a_privacy_officer_whose_it_is_not(cast: Cast, employee: str, may: set[Role]) -> None:
    review = LookUpReview(employee=getattr(cast, employee).user)

    assert roles_that_may(cast.ingrid, lambda who: policies.may_settle_look_up(who, review)) == may


# --- how far the case has come ------------------------------------------------------------------------------------------


@pytest.mark.req("U23-09")
@pytest.mark.parametrize(
    ("story", "receive", "reject", "route"),
    [
        ("submitted", {INTAKE}, {INTAKE}, NOBODY),
        ("received", NOBODY, {INTAKE}, {INTAKE}),
        ("routed", NOBODY, NOBODY, NOBODY),
    ],
)
def test_intake_takes_each_step_once_and_only_where_it_leads(
    cast: Cast, story: str, receive: set[Role], reject: set[Role], route: set[Role]
) -> None:
    case: Case = getattr(stories, story)(cast)
    asked = {policies.may_receive: receive, policies.may_reject: reject, policies.may_route: route}

    for ask, may in asked.items():
        assert roles_that_may(cast.rune, lambda who: ask(who, case)) == may, ask.__name__  # noqa: B023 (asked at once)
        case.lead_agency = cast.agency("nav")
        assert roles_that_may(cast.rune, lambda who: ask(who, case)) == NOBODY, ask.__name__  # noqa: B023
        case.lead_agency = cast.agency("intake") if story != "routed" else cast.agency("hvk-ost")


@pytest.mark.req("U23-16")
@pytest.mark.parametrize(
    ("story", "own", "other"),
    [
        ("assigned", NOBODY, NOBODY),
        ("summoned", NOBODY, NOBODY),
        ("informed", {CASEWORKER, MANAGER}, {MANAGER}),
        ("closed", {CASEWORKER, MANAGER}, {MANAGER}),
    ],
)
def test_the_log_is_shown_once_the_person_was_told_and_also_after_closing(
    cast: Cast, story: str, own: set[Role], other: set[Role]
) -> None:
    case: Case = getattr(stories, story)(cast)

    assert roles_that_may(cast.ingrid, lambda who: policies.may_show_log(who, case)) == own
    assert roles_that_may(cast.oda, lambda who: policies.may_show_log(who, case)) == other


@pytest.mark.req("U23-16")
def test_the_log_of_a_case_closed_before_the_person_was_told_is_not_shown(cast: Cast) -> None:
    case = stories.closed(cast, stories.assigned(cast), reason=ClosingReason.MOVED)

    assert roles_that_may(cast.ingrid, lambda who: policies.may_show_log(who, case)) == NOBODY
    with acting_as(cast.ingrid):
        assert policies.may_show_log(cast.ingrid, case).code == "wrong_state"


@pytest.mark.parametrize(
    ("reason", "state", "attempts", "may"),
    [
        (ClosingReason.NO_CONTACT, "summoned", 0, False),
        (ClosingReason.NO_CONTACT, "summoned", 2, False),
        (ClosingReason.NO_CONTACT, "summoned", 3, True),
        (ClosingReason.NO_CONTACT, "informed", 0, True),
        (ClosingReason.MOVED, "summoned", 0, True),
    ],
)
def test_no_contact_is_a_reason_only_after_calling_three_times_in_vain(
    cast: Cast, reason: ClosingReason, state: str, attempts: int, may: bool
) -> None:
    case: Case = getattr(stories, state)(cast)
    with acting_as(cast.ingrid):
        for number in range(attempts):
            came_not(cast, case, case.state_since + dt.timedelta(seconds=number))
        came_not(cast, case, case.state_since - dt.timedelta(seconds=1))
        came_not(cast, case, case.state_since, did_not_come=False)

        assert bool(policies.may_close(cast.ingrid, case, reason)) is may
        assert policies.vain_attempts(case) == (attempts if state == "summoned" else 0)


def came_not(cast: Cast, case: Case, at: dt.datetime, *, did_not_come: bool = True) -> None:
    Conversation.objects.create(
        case=case,
        author=cast.ingrid.user,
        author_agency=cast.ingrid.agency,
        summoned_on=clock.today(),
        summoned_how=SummonsWay.LETTER,
        created_at=at,
        did_not_come=did_not_come,
    )


# --- protection ---------------------------------------------------------------------------------------------------------


def hidden(cast: Cast, level: ProtectionLevel) -> Case:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        protection.raise_level(case, level=level, reason="Trusler fra et miljø.", by=cast.mona)
        return stories.case_now(case)


@pytest.mark.parametrize(
    ("level", "stricter", "milder"),
    [
        (ProtectionLevel.MARKED, {CONFIDENTIAL, STRICT, ProtectionLevel.FICTITIOUS_ID}, {ProtectionLevel.NONE}),
        (CONFIDENTIAL, {STRICT, ProtectionLevel.FICTITIOUS_ID}, {ProtectionLevel.NONE, ProtectionLevel.MARKED}),
    ],
)
def test_a_level_is_raised_to_a_stricter_and_lowered_to_a_milder_one(
    cast: Cast, level: ProtectionLevel, stricter: set[ProtectionLevel], milder: set[ProtectionLevel]
) -> None:
    case = hidden(cast, level)

    with acting_as(cast.mona):
        assert {new for new in ProtectionLevel if policies.may_raise_protection(cast.mona, case, new)} == stricter
        assert {new for new in ProtectionLevel if policies.may_request_lower(cast.mona, case, new)} == milder


def test_what_is_sealed_is_opened_and_written_by_those_of_the_lead_who_are_cleared(cast: Cast) -> None:
    case = hidden(cast, CONFIDENTIAL)
    low = ProtectionLevel.MARKED
    mona, nils = cast.mona, in_role(cast.nils, MANAGER, clearance=STRICT)

    assert roles_that_may(mona, lambda who: policies.may_open_sealed(who, case)) == EVERYBODY
    assert roles_that_may(nils, lambda who: policies.may_open_sealed(who, case)) == NOBODY
    assert roles_that_may(mona, lambda who: policies.may_write_sealed(who, case)) == {MANAGER, INTAKE}
    assert roles_that_may(nils, lambda who: policies.may_write_sealed(who, case)) == NOBODY
    for rule in (policies.may_open_sealed, policies.may_write_sealed, policies.may_request_lower):
        with acting_as(mona):
            assert rule(in_role(mona, MANAGER, clearance=low), case).code == "not_cleared"


@pytest.mark.parametrize(
    ("level", "writes", "stores"),
    [
        ("none", True, True),
        ("marked", True, True),
        ("confidential", False, True),
        ("strictly_confidential", False, False),
    ],
)
def test_whereabouts_stand_in_the_sealed_place_alone_once_the_address_is_hidden(
    cast: Cast, level: str, writes: bool, stores: bool
) -> None:
    case = hidden(cast, ProtectionLevel(level)) if level != "none" else stories.assigned(cast)

    with acting_as(cast.mona):
        assert bool(policies.may_write_entry(cast.mona, case, Part.CONTACT)) is writes
        assert policies.may_write_entry(cast.mona, case, Part.ECONOMY)
        assert bool(policies.may_write_sealed(cast.mona, case)) is not writes
        assert bool(policies.may_store_whereabouts(cast.mona, case)) is stores


@pytest.mark.parametrize(
    ("changed", "approve", "withdraw"),
    [
        ({}, {CASEWORKER, MANAGER, INTAKE}, NOBODY),
        ({"requested_by": "mona"}, NOBODY, EVERYBODY),
        ({"outcome": ProtectionOutcome.RAISED}, NOBODY, NOBODY),
        ({"requested_by": "mona", "outcome": ProtectionOutcome.APPROVED}, NOBODY, NOBODY),
        ({"from_level": STRICT}, NOBODY, NOBODY),
        ({"requested_by": "mona", "from_level": STRICT}, NOBODY, NOBODY),
    ],
)
def test_lowering_is_answered_by_a_second_person_of_the_lead_and_taken_back_by_the_first(
    cast: Cast, changed: dict[str, str], approve: set[Role], withdraw: set[Role]
) -> None:
    case = hidden(cast, CONFIDENTIAL)
    change = ProtectionChange(
        case=case,
        requested_by=getattr(cast, changed.get("requested_by", "oda")).user,
        outcome=changed.get("outcome", ProtectionOutcome.REQUESTED),
        from_level=changed.get("from_level", CONFIDENTIAL),
    )

    assert roles_that_may(cast.mona, lambda who: policies.may_approve_lower(who, case, change)) == approve
    assert roles_that_may(cast.mona, lambda who: policies.may_withdraw_lower(who, case, change)) == withdraw
    nils = in_role(cast.nils, clearance=STRICT)
    assert roles_that_may(nils, lambda who: policies.may_approve_lower(who, case, change)) == NOBODY
    change.requested_by = nils.user
    assert roles_that_may(nils, lambda who: policies.may_withdraw_lower(who, case, change)) == NOBODY
    change.requested_by = cast.mona.user
    uncleared = in_role(cast.mona, clearance=ProtectionLevel.MARKED)
    assert roles_that_may(uncleared, lambda who: policies.may_withdraw_lower(who, case, change)) == NOBODY


def test_a_caseworker_without_the_case_asks_for_no_protection_but_answers(cast: Cast) -> None:
    case = hidden(cast, CONFIDENTIAL)

    with acting_as(cast.oda):
        assert policies.may_raise_protection(cast.oda, case).code == "not_assigned"
        assert policies.may_request_lower(cast.oda, case).code == "not_assigned"
        asked = ProtectionChange(
            case=case, requested_by=cast.mona.user, outcome=ProtectionOutcome.REQUESTED, from_level=CONFIDENTIAL
        )
        assert policies.may_approve_lower(cast.oda, case, asked)


def test_nobody_asks_to_lower_what_somebody_has_already_asked_to_lower(cast: Cast) -> None:
    case = hidden(cast, CONFIDENTIAL)
    with acting_as(cast.mona):
        protection.request_lower(case, level=ProtectionLevel.NONE, reason="Trusselen er over.", by=cast.mona)

        assert policies.may_request_lower(cast.mona, case, ProtectionLevel.NONE).code == "already_asked"


def test_administrators_and_privacy_officers_do_nothing_in_a_case(cast: Cast) -> None:
    case = shared(cast)

    for role in (ADMINISTRATOR, PRIVACY_OFFICER):
        with acting_as(cast.ingrid):
            assert not policies.may_write_entry(in_role(cast.ingrid, role), case, Part.ECONOMY)
