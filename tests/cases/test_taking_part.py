"""Who takes part in a case, who only reads it on a break-glass, and in which parts: each condition fails alone somewhere."""

import pytest

from agencies.actors import Actor
from agencies.enums import Part
from cases import policies
from cases.models import Case
from tests import stories
from tests.cases.roles import EVERYBODY, MANAGER, YES, answers, code_of, shared
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as
from tests.consent.breaking import opened

pytestmark = pytest.mark.django_db
CORE, ECONOMY, HEALTH, HOUSING = Part.CORE, Part.ECONOMY, Part.HEALTH, Part.HOUSING


def takes_part(actor: Actor, case: Case) -> bool:
    with acting_as(actor):
        decision = policies.takes_part(actor, case)
        assert code_of(decision) == (YES if decision else "break_glass")
    return bool(decision)


def parts(actor: Actor, case: Case) -> set[str]:
    with acting_as(actor):
        return policies.parts_open_to(actor, case)


def on_glass(cast: Cast) -> tuple[Case, Case]:
    """A case that NAV may know nothing of any more, and in which some have broken the glass; another that it still works on."""
    case = shared(cast)
    stories.revoked(cast, case)
    for actor in (cast.nora, cast.nils, cast.sara, cast.ingrid):
        opened(actor, HEALTH)
    other = stories.assigned(cast)
    consent_in_force(cast, other, {"nav": [HOUSING]})
    worker_assigned(cast, other, manager="nils", worker="nora")
    return case, other


@pytest.mark.req("U23-31")
def test_whoever_is_in_a_case_on_a_break_glass_alone_takes_no_part(cast: Cast) -> None:
    case, other = on_glass(cast)

    assert {key: takes_part(getattr(cast, key), case) for key in ("nora", "nils", "sara", "ingrid", "mona", "oda")} == {
        "nora": False, "nils": False, "sara": False, "ingrid": True, "mona": True, "oda": True,
    }  # fmt: skip
    assert {key: takes_part(getattr(cast, key), other) for key in ("nora", "nils", "sara", "ingrid")} == {
        "nora": True, "nils": True, "sara": True, "ingrid": True,
    }, "a break-glass in one case says nothing of another"  # fmt: skip


def test_on_a_break_glass_nobody_gives_the_case_out_or_writes_in_it(cast: Cast) -> None:
    case, other = on_glass(cast)
    not_manager = EVERYBODY - {MANAGER}

    assert answers(cast.nils, lambda who: policies.may_assign(who, case)) == {
        "break_glass": {MANAGER}, "not_manager": not_manager,
    }  # fmt: skip
    assert answers(cast.nils, lambda who: policies.may_assign(who, other)) == {
        YES: {MANAGER},
        "not_manager": not_manager,
    }
    with acting_as(cast.nora):
        assert code_of(policies.may_write_entry(cast.nora, case, HEALTH)) == "break_glass"
        assert code_of(policies.may_write_entry(cast.nora, case, ECONOMY)) == "wrong_part"
        assert code_of(policies.may_write_entry(cast.nora, other, HOUSING)) == YES


def test_the_parts_that_are_open_are_those_of_this_case(cast: Cast) -> None:
    case, other = on_glass(cast)

    assert parts(cast.nora, case) == {CORE, HEALTH}
    assert parts(cast.nora, other) == {CORE, HOUSING}
    assert parts(cast.ingrid, case) == parts(cast.mona, other) == set(Part)
    assert parts(cast.oda, case) == parts(cast.sara, other) == set()


def test_what_a_page_opened_the_case_with_holds_for_that_actor_and_for_no_other(cast: Cast) -> None:
    case = shared(cast)
    ingrid, nora = cast.ingrid, cast.nora

    case.opened_with, case.opened_by_glass = (nora, frozenset({HOUSING})), True
    assert not takes_part(nora, case) and parts(nora, case) == {HOUSING}
    assert takes_part(ingrid, case) and parts(ingrid, case) == set(Part)

    case.opened_by_glass = False
    assert takes_part(nora, case)


def test_a_page_that_found_more_than_a_break_glass_is_believed_for_its_own_reader_alone(cast: Cast) -> None:
    case, _other = on_glass(cast)
    sara = cast.sara
    case.opened_with, case.opened_by_glass = (sara, frozenset({HEALTH})), False

    assert takes_part(sara, case)
    assert not takes_part(cast.nora, case)


def test_a_case_is_viewed_by_whom_the_sentence_lets_see_this_very_case(cast: Cast) -> None:
    case, other = shared(cast), stories.routed(cast)

    for key, sees, sees_other in (
        ("ingrid", True, False),
        ("mona", True, True),
        ("oda", False, False),
        ("nora", True, False),
        ("sara", False, False),
    ):
        actor = getattr(cast, key)
        with acting_as(actor):
            for asked, seen in ((case, sees), (other, sees_other)):
                assert code_of(policies.may_view(actor, asked)) == (YES if seen else "not_visible"), key
    assert not policies.may_view(None, case)
