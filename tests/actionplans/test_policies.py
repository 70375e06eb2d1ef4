"""The rules of the plan, asked in each role alone, from each standing to the case, and in every state that matters."""

import datetime as dt
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from actionplans import policies
from actionplans.models import Measure
from actionplans.policies import Reach
from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part
from audit import clock
from cases.enums import CaseState
from cases.models import Case, ConcernReport
from cases.services import conflicts
from tests import stories
from tests.cases.roles import (
    CASEWORKER,
    COORDINATOR,
    ELSEWHERE,
    EVERYBODY,
    MANAGER,
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
from tests.consent.breaking import opened
from tests.consent.test_disclose import disclosed

pytestmark = pytest.mark.django_db

Ask = Callable[[Actor, Case], Decision]
# A manager answers for the agency; a caseworker without the case knows no part of it.
UNASSIGNED: Answers = {YES: {MANAGER}, "wrong_part": {CASEWORKER}, "wrong_role": EVERYBODY - WORKERS}
NOT_LEAD = everybody("not_lead")

# What is asked of the shared case; what is said to our own, ours, their own and theirs.
OF_A_CASE: dict[str, tuple[Ask, Answers, Answers, Answers, Answers]] = {
    "edit": (policies.may_edit, WORKS, WITHOUT_THE_CASE, ELSEWHERE, ELSEWHERE),
    "report at all": (
        policies.may_report,
        except_to(WORKERS, "wrong_role"),
        except_to(WORKERS, "wrong_role"),
        except_to(WORKERS, "wrong_role"),
        UNASSIGNED,
    ),
    "export": (
        policies.may_export,
        except_to(WORKERS, "not_exporter"),
        except_to({MANAGER}, "not_exporter"),
        except_to({MANAGER}, "not_exporter"),
        except_to({MANAGER}, "not_exporter"),
    ),
    "hand over": (
        policies.may_hand_over,
        except_to(WORKERS, "not_exporter"),
        except_to({MANAGER}, "not_exporter"),
        NOT_LEAD,
        NOT_LEAD,
    ),
}


@pytest.mark.req("U23-25")
def test_in_a_shared_case_each_role_gets_exactly_this_answer(cast: Cast) -> None:
    case = shared(cast)

    for what, (ask, *expected) in OF_A_CASE.items():
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            assert answers(actor, lambda who: ask(who, case)) == said, (what, standing)  # noqa: B023 (asked at once)
    assert answers(cast.sara, lambda who: policies.may_report(who, case)) == {
        "wrong_part": WORKERS,
        "wrong_role": EVERYBODY - WORKERS,
    }
    with acting_as(cast.ingrid):  # an assignment left over from a role that has ended
        for what, (ask, *_said) in OF_A_CASE.items():
            assert not ask(in_role(cast.ingrid), case), what


def test_a_break_glass_lets_nobody_take_the_plan_out(cast: Cast) -> None:
    case = shared(cast)

    def opened_by(who: Actor) -> Decision:
        case.opened_with, case.opened_by_glass = (who, frozenset(Part)), True
        return policies.may_export(who, case)

    assert answers(cast.oda, opened_by) == everybody("break_glass")


def now(cast: Cast, case: Case) -> Case:
    """The case as it stands for its lead."""
    with acting_as(cast.ingrid):
        return stories.case_now(case)


# What is said of the plan to our own caseworker, whose case has a consent in force; without one it is said in the next.
RESTS_ON_CONSENT = {CaseState.MAPPING, CaseState.COLLABORATING, CaseState.WORKING_GROUP_FOLLOW_UP}
EDITED = {CaseState.CLOSED: ("closed", "closed"), CaseState.CONSENT_REFUSED: (YES, YES)} | dict.fromkeys(
    RESTS_ON_CONSENT, (YES, "no_consent")
)


@pytest.mark.req("U23-25")
def test_the_plan_rests_on_a_consent_in_force_in_this_very_case_or_on_the_no_to_sharing(cast: Cast) -> None:
    case = shared(cast)
    another = Case(pk=uuid.uuid4(), lead_agency=cast.mona.agency)

    def edits(of: Case, state: CaseState) -> str:
        of.state = state
        with acting_as(cast.mona):
            return code_of(policies.may_edit(cast.mona, of))

    for state in CaseState:
        consented, unconsented = EDITED.get(state, ("wrong_state", "wrong_state"))
        assert edits(case, state) == consented, state
        assert edits(another, state) == unconsented, state
    stories.revoked(cast, now(cast, case))
    for state in CaseState:
        assert edits(case, state) == EDITED.get(state, ("", "wrong_state"))[1], state


# Who is to carry it, and in which part; what is said, and what when the person said no to sharing.
CARRIED: list[tuple[str, Part, str, str]] = [
    ("hvk-ost", Part.HEALTH, YES, YES),
    ("nav", Part.ECONOMY, YES, "no_consent"),
    ("nav", Part.HEALTH, "wrong_part", "no_consent"),
    ("stavne", Part.ECONOMY, "no_right", "no_consent"),
]


@pytest.mark.req("U23-25")
def test_a_measure_is_given_to_whoever_may_know_of_it_and_only_to_the_lead_after_a_no(cast: Cast) -> None:
    case = Case(lead_agency=cast.agency("hvk-ost"))
    reach = Reach({cast.agency("nav").pk: {Part.CORE, Part.ECONOMY}})

    for slug, part, said, after_no in CARRIED:
        for case.state in CaseState:
            found = code_of(policies.may_be_responsible(case, cast.agency(slug), part, reach))
            assert found == (after_no if case.state == CaseState.CONSENT_REFUSED else said), (slug, part, case.state)


# --- how it goes --------------------------------------------------------------------------------------------------------

# Who is responsible, in which part; what is said to our own, ours, their own and theirs.
NOT_THEIRS = everybody("not_responsible")
REPORTED: list[tuple[str, Part, Answers, Answers, Answers, Answers]] = [
    ("nav", Part.ECONOMY, WORKS, WITHOUT_THE_CASE, except_to(WORKERS, "wrong_role"), UNASSIGNED),
    (
        "nav",
        Part.HEALTH,
        WORKS,
        WITHOUT_THE_CASE,
        {"wrong_part": WORKERS, "wrong_role": EVERYBODY - WORKERS},
        {"wrong_part": WORKERS, "wrong_role": EVERYBODY - WORKERS},
    ),
    ("stavne", Part.ECONOMY, WORKS, WITHOUT_THE_CASE, NOT_THEIRS, NOT_THEIRS),
    (
        "hvk-ost",
        Part.HEALTH,
        except_to(WORKERS, "wrong_role"),
        except_to(WORKERS, "wrong_role"),
        NOT_THEIRS,
        NOT_THEIRS,
    ),
]


def test_progress_is_reported_by_whoever_carries_the_measure_and_by_the_lead(cast: Cast) -> None:
    case = shared(cast)

    for slug, part, *expected in REPORTED:
        measure = Measure(case=case, part=part, responsible_agency=cast.agency(slug))
        for (standing, actor), said in zip(standings(cast).items(), expected, strict=True):
            found = answers(actor, lambda who: policies.may_report_progress(who, measure))  # noqa: B023 (asked at once)
            assert found == said, (slug, part, standing)


def test_whoever_may_not_report_reads_what_stands_in_their_own_way(cast: Cast) -> None:
    case = shared(cast)
    measure = Measure(case=case, part=Part.ECONOMY, responsible_agency=cast.agency("nav"))
    case.state = CaseState.CONSENT_PENDING

    with acting_as(cast.ingrid):
        lead = policies.may_report_progress(cast.ingrid, measure)
    with acting_as(cast.stine):
        another = policies.may_report_progress(cast.stine, measure)

    assert (lead.code, str(lead.reason)) == ("wrong_state", "Planen lages når ungdommen har samtykket til samarbeid.")
    assert another.code == "not_responsible"


# --- whom the plan reaches ----------------------------------------------------------------------------------------------


def reached(cast: Cast, case: Case) -> dict[str, set[str]]:
    with acting_as(cast.ingrid):
        parts = policies.reach_of(case).parts
    slugs = {cast.agency(slug).pk: slug for slug in ("hvk-ost", "nav", "stavne", "slt", "outreach", "mental-health")}
    return {slugs[agency]: set(found) for agency, found in parts.items()}


@pytest.mark.req("U23-25", "U23-31")
def test_what_the_lead_writes_reaches_those_whom_its_words_are_shared_with(cast: Cast) -> None:
    case = shared(cast)
    core = {Part.CORE}
    by_consent = {
        "hvk-ost": set(Part),
        "nav": {*core, Part.ECONOMY, Part.OCCUPATION_SCHOOL},
        "stavne": {*core, Part.OCCUPATION_SCHOOL},
        "slt": core,
    }
    assert reached(cast, case) == by_consent

    disclosed(cast, case, to="outreach", parts=(Part.HOUSING,))
    disclosed(cast, case, by="nora", to="mental-health", parts=(Part.ECONOMY,))
    opened(cast.sara, Part.HEALTH)

    assert reached(cast, case) == by_consent | {"outreach": {*core, Part.HOUSING}}
    with acting_as(cast.nils):
        assert policies.reach_of(case).parts == {}
    stories.consented(cast, now(cast, case), givers=["nav"])
    assert reached(cast, case) == {"hvk-ost": set(Part), "outreach": {*core, Part.HOUSING}}


def test_a_copy_of_a_report_lets_nobody_know_what_its_sender_writes_now_also_when_the_sender_has_become_the_lead(
    cast: Cast,
) -> None:
    case = stories.received(cast)
    disclosed(cast, case, by="rune", includes_report=True)
    case = stories.routed(cast, case)
    with acting_as(cast.ingrid):
        report = ConcernReport.objects.get(case=case)
        receipt = report.receipt
        report.pk = receipt.pk = None
        report.author_agency = receipt.agency = cast.agency("hvk-ost")
        receipt.save(force_insert=True)
        report.receipt, report.label = receipt, "M-26-9999"
        report.save(force_insert=True)

    assert reached(cast, case) == {"hvk-ost": set(Part)}


# --- the rights of a moment ---------------------------------------------------------------------------------------------


def test_the_rights_of_a_moment_are_the_lines_the_reader_sees_the_case_by_until_each_ends(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    case = shared(cast)
    stories.routed(cast)
    with acting_as(cast.ingrid):
        ends = case.consents.in_force().get().valid_until

    def rights(actor: Actor) -> list[str]:
        with acting_as(actor):
            return sorted(f"{right[0]} {right[3]}" for right in policies.rights_now(actor, case))

    lead, consent = ["lead 0", "lead 1", "lead 2"], ["consent 0"]
    assert rights(cast.mona) == consent + lead
    assert rights(cast.nora) == consent
    assert rights(in_role(cast.nils, COORDINATOR)) == consent
    assert rights(in_role(cast.nils, CASEWORKER)) == [], "not assigned"
    with acting_as(cast.nora):
        ((_reason, _kind, _source, _line, parts, givers, until),) = policies.rights_now(cast.nora, case)
    assert parts == ("core", "economy", "occupation_school") and isinstance(givers, tuple) and until == ends

    # The transaction's own clock stands a millisecond before the end, which has passed meanwhile.
    shift_clock(seconds=(ends - clock.now() - dt.timedelta(milliseconds=1)).total_seconds())
    assert rights(cast.nora) == []
    assert rights(cast.mona) == lead


def test_rights_hold_until_one_is_narrowed_or_the_case_is_not_there_any_more(cast: Cast) -> None:
    case = shared(cast)
    stories.routed(cast)
    mona = cast.mona
    with acting_as(mona):
        before = policies.rights_now(mona, case)
        one_ended = before | {("disclosure", "disclosure", uuid.uuid4(), 0, ("core",), None, None)}

        assert policies.rights_still_hold(mona, case, before)
        assert policies.rights_still_hold(mona, case, frozenset()), "more rights than before hold too"
        assert not policies.rights_still_hold(mona, case, one_ended)
        conflicts.declare(case, by=mona)
        assert policies.rights_now(mona, case) == before
        assert not policies.rights_still_hold(mona, case, before), "a conflict takes the case away, and no line"


def test_every_rule_is_asked_here() -> None:
    theirs = {name for name, value in vars(policies).items() if getattr(value, "__module__", "") != policies.__name__}
    written = {name for name in vars(policies) if name.startswith("may_")} - theirs

    assert written == set(re.findall(r"policies\.(may_\w+)", Path(__file__).read_text("utf-8")))
