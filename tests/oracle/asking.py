"""Puts the questions to the application, through both locks together and through each alone."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

import psycopg
from django.db import connections, transaction

from agencies.actors import Actor, actor_for
from agencies.models import Agency, User
from audit import context
from cases.models import Case, Entry, ReportInformation
from cases.models.sentence import IsOneOf
from tests.oracle.database import Stage, agency_id, row_id, user_id
from tests.oracle.rule import Rule, SecondLock
from tests.oracle.worlds import Round, World

APPLICATION, OWNER = "default", "owner"


@dataclass
class Tally:
    """How many questions were put and of what sort, where the answers differed, and when each mutant died."""

    asked: int = 0
    allowed: int = 0
    at_a_boundary: int = 0
    about_pairs: int = 0
    disagreements: list[str] = field(default_factory=list)
    # Of a mutant of the rule: the number of the question at which its answer was not the application's.
    died_at: dict[str, int] = field(default_factory=dict)

    def count(self, world: World, asked: Round, allowed: int) -> None:
        about = Counter([*asked.cases, *(world.contents[content].case for content in asked.contents)])
        pairs = world.pairs[asked.user, asked.agency]
        self.asked += about.total()
        self.allowed += allowed
        self.at_a_boundary += sum(n for case, n in about.items() if world.at_a_boundary(asked.user, case, asked.at))
        self.about_pairs += sum(n for case, n in about.items() if case in pairs)


@contextmanager
def owner_too(url: str, database: str) -> Iterator[psycopg.Connection]:
    """A connection of the owner to set the stage with, and Django's alias `owner`, for which no policy is in force: the
    first lock alone.
    """
    info = psycopg.conninfo.conninfo_to_dict(url)
    connections.databases[OWNER] = {
        **connections.databases[APPLICATION],
        "NAME": database,
        "USER": info["user"],
        "PASSWORD": info["password"],
    }
    with psycopg.connect(url, dbname=database, autocommit=True) as owner:
        yield owner
    connections[OWNER].close()
    del connections[OWNER], connections.databases[OWNER]


@contextmanager
def standing_at(stage: Stage, t: int, *, using: str = APPLICATION) -> Iterator[None]:
    """A transaction in which it is exactly `t`, with everything that had happened by then; rolled back afterwards."""
    stage.play_until(t)
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT now()")
            began = cursor.fetchone()[0]
        stage.shift_to(t, seen_from=began)
        yield
        transaction.set_rollback(True, using=using)


def acting_in(together: list[Round]) -> list[Actor | None]:
    """Who acts in each of these rounds of one instant."""
    users = User.objects.in_bulk({user_id(asked.user) for asked in together})
    agencies = Agency.objects.in_bulk({agency_id(asked.agency) for asked in together})
    return [actor_for(users[user_id(asked.user)], agencies[agency_id(asked.agency)]) for asked in together]


def seen_through_filter(actor: Actor | None, *, using: str) -> set[uuid.UUID]:
    """All the cases and contents there are for the actor, as every page, list and search reads them."""
    if actor is None:
        return set()
    cases = set(Case.objects.using(using).visible_to(actor).values_list("pk", flat=True))
    return cases.union(
        *(
            model.objects.using(using).readable_by(actor).filter(IsOneOf("case_id", cases)).values_list("pk", flat=True)
            for model in (Entry, ReportInformation)
        )
    )


def seen_without_filter() -> set[uuid.UUID]:
    """All the contents the database gives when nobody filters."""
    return {pk for model in (Entry, ReportInformation) for pk in model.objects.values_list("pk", flat=True)}


def among(answer: set[uuid.UUID], asked: Round) -> tuple[set[int], set[int]]:
    """The cases and contents asked about that are in the answer, by the world's numbers."""
    return (
        {case for case in asked.cases if row_id("case", case) in answer},
        {content for content in asked.contents if row_id("content", content) in answer},
    )


def hold_against(
    stage: Stage, rounds: Iterator[Round], rule: Rule, mutants: dict[str, Rule], *, stop_at_first: bool = False
) -> Tally:
    """Ask the application everything in `rounds` and compare with `rule`: both locks, the second alone, and
    every other time the first alone.

    `mutants` live until their answer is not the application's. With `stop_at_first` the first disagreement is enough.
    """
    tally = Tally()
    second = SecondLock(stage.world.events)
    # What is meant is asked for as each round comes: `rule` has just found these rights, making the round, and still keeps them.
    with_meaning = ((asked, _expected(rule, asked)) for asked in rounds)
    for t, group in groupby(with_meaning, key=lambda one: one[0].at):
        together = list(group)
        with standing_at(stage, t), context.acting(user_id=None, agency_id=None):
            actors = acting_in([asked for asked, _meant in together])
            for (asked, expected), actor in zip(together, actors, strict=True):
                before = tally.asked
                context.become(user_id(asked.user), agency_id(asked.agency))
                answer = among(seen_through_filter(actor, using=APPLICATION), asked)
                unfiltered = among(seen_without_filter(), asked)[1]
                tally.count(stage.world, asked, len(answer[0]) + len(answer[1]))
                _compare(tally, "both locks", asked, answer, expected)
                _compare(
                    tally, "the second lock alone", asked, (set(), unfiltered),
                    (set(), second.seen(asked.user, asked.agency, asked.contents, t)),
                )  # fmt: skip
                for name in [name for name in mutants if name not in tally.died_at]:
                    said = _expected(mutants[name], asked)
                    if said != answer:
                        tally.died_at[name] = before + _first_difference(asked, answer, said)
        with standing_at(stage, t, using=OWNER):
            for (asked, expected), actor in list(zip(together, actors, strict=True))[::2]:
                answer = among(seen_through_filter(actor, using=OWNER), asked)
                _compare(tally, "the first lock alone", asked, answer, expected)
        if stop_at_first and tally.disagreements:
            break
    return tally


def _expected(rule: Rule, asked: Round) -> tuple[set[int], set[int]]:
    known = {case for case in asked.cases if rule.may_know(asked.user, asked.agency, case, asked.at)}
    return known, rule.seen(asked.user, asked.agency, asked.contents, asked.at)


def _compare(
    tally: Tally, lock: str, asked: Round, answer: tuple[set[int], set[int]], expected: tuple[set[int], set[int]]
) -> None:
    for kind, said, meant in (("case", answer[0], expected[0]), ("content", answer[1], expected[1])):
        tally.disagreements += [
            f"{lock}: user {asked.user} for agency {asked.agency} at {asked.at}, {kind} {number}: "
            f"the application says {'yes' if number in said else 'no'}"
            for number in sorted(said ^ meant)
        ]


def _first_difference(asked: Round, one: tuple[set[int], set[int]], other: tuple[set[int], set[int]]) -> int:
    """The number within the round, from 1, of the first question the two answer differently."""
    differs = [case in one[0] ^ other[0] for case in asked.cases]
    differs += [content in one[1] ^ other[1] for content in asked.contents]
    return differs.index(True) + 1
