"""The application held against the oracle: 200,000 questions at the instants where rules go wrong (security.md, G1)."""

import pytest

from tests.oracle.asking import Tally, hold_against, owner_too
from tests.oracle.database import Stage
from tests.oracle.mutants import NAMED
from tests.oracle.rule import Rule
from tests.oracle.worlds import Teller, rounds


def trial(owner_url: str, database: str, seed: int, *, rounds_an_instant: int = 6) -> Tally:
    """One world of 80 cases, told in full and asked about at 104 instants."""
    with owner_too(owner_url, database) as owner:
        world = Teller(seed, agencies=7, users=32, cases=80).tell()
        rule = Rule(world.events)
        return hold_against(
            Stage(owner, world),
            rounds(world, rule, seed, rounds_an_instant=rounds_an_instant),
            rule,
            {mutant.__name__: mutant(world.events) for mutant in NAMED},
        )


def check(tally: Tally) -> None:
    assert tally.disagreements == []
    assert 0.30 <= tally.allowed / tally.asked <= 0.60, "questions that are nearly all answered alike prove little"
    assert tally.at_a_boundary >= tally.asked / 2
    assert tally.about_pairs >= tally.asked * 0.7


def test_200_000_answers_through_both_locks_and_each_alone_are_the_oracles(own_database: str, owner_url: str) -> None:
    tally = trial(owner_url, own_database, seed=1)

    assert tally.asked >= 200_000
    check(tally)
    assert set(tally.died_at) == {mutant.__name__ for mutant in NAMED}, "a mutant of the rule lives"


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 27))
def test_five_million_answers_are_the_oracles(own_database: str, owner_url: str, seed: int) -> None:
    # Less happens in some worlds than in the first: one more round an instant, and none is asked too little.
    tally = trial(owner_url, own_database, seed, rounds_an_instant=7)

    assert tally.asked >= 200_000
    check(tally)
