"""The table the locks read is what the truth says, whatever is given and taken, and no more than the signed papers allow."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from cases.models import Case
from consent import services
from consent.contents import Contents, parts_of
from tests import databases, stories
from tests.cast import Cast, acting_as
from tests.consent.reading import all_assigned, differences, finds, wrote
from tests.consent.test_disclose import grounds

READERS = {"nav": "nora", "stavne": "stine", "outreach": "sara", "mental-health": "siv", "hvk-ost": "ingrid"}


if TYPE_CHECKING:
    from consent.models import Consent, Disclosure


@pytest.fixture
def owner(owner_url: str, own_database: str) -> Iterator[psycopg.Connection]:
    with databases.connect(owner_url, connections["default"].settings_dict["NAME"]) as connection:
        yield connection


class Ledger:
    """What was signed and decided, kept by the test itself: who may read which part of whom, said from the sentence."""

    def __init__(self, cast: Cast, case: Case) -> None:
        self.cast, self.case = cast, case
        self.form: Contents | None = None
        self.consent: Consent | None = None
        self.shared: list[Disclosure] = []

    def may_read(self, reader: str, author: str, part: str) -> bool:
        """Whether the agency `reader` may read that part of what the agency `author` wrote."""
        lead = reader == "hvk-ost"
        if lead and (author == "hvk-ost" or part == Part.CORE):
            return True
        ids = {slug: self.cast.agency(slug).pk for slug in (reader, author)}
        if self.form is not None:
            told = self.form.recipients()
            listed = ids[reader] in told and ids[author] in self.form.giver_ids(self.case.lead_agency)
            if listed and (part == Part.CORE or part in told[ids[reader]]):
                return True
        return any(
            (one.recipient_id, one.author_agency_id) == (ids[reader], ids[author]) and part in {Part.CORE, *one.parts}
            for one in self.shared
        )


def one_step(dice: random.Random, cast: Cast, ledger: Ledger) -> None:
    """Give, replace, take back, share or stop sharing something, as the case may be."""
    case, slugs = ledger.case, list(READERS)
    step = dice.choice(["record", "record", "revoke", "disclose", "end"])
    with acting_as(cast.ingrid):
        if step == "record":
            parts = parts_of(case)
            scopes = {slug: dice.sample(parts, dice.randint(1, 3)) for slug in dice.sample(slugs, dice.randint(1, 4))}
            forum = dice.sample(["slt", "nav", "stavne", "hvk-ost", "outreach"], dice.randint(0, 3))
            givers = dice.choice([None, dice.sample(slugs, dice.randint(1, 4))])
            form = stories.paper(cast, scopes=scopes, forum=forum, givers=givers)
            running = ledger.consent.pk if ledger.consent else None
            ledger.consent, ledger.form = services.record(case, form, by=cast.ingrid, replaces=running), form
        elif step == "revoke" and ledger.consent:
            services.revoke(ledger.consent, by=cast.ingrid)
            ledger.consent = ledger.form = None
        elif step == "disclose":
            objection = ledger.consent is None and case.consents.exists()
            why = {"despite_objection": "Stor fare."} if objection else {}
            try:
                shared = services.disclose(
                    case, cast.agency(dice.choice(slugs[:4])), dice.sample(parts_of(case), 2), grounds(**why),
                    by=cast.ingrid, valid_until_date=clock.today() + dt.timedelta(days=dice.randint(1, 60)),
                )  # fmt: skip
            except (NotNow, ValidationError):
                return
            if not shared.needs_approval:
                ledger.shared.append(shared)
        elif step == "end" and ledger.shared:
            services.end_disclosure(ledger.shared.pop(dice.randrange(len(ledger.shared))), by=cast.ingrid)


@pytest.mark.parametrize("steps", [50, pytest.param(400, marks=pytest.mark.deep)])
def test_the_table_follows_the_specification_and_the_papers_through_any_sequence(
    own_database: str, owner: psycopg.Connection, cast: Cast, steps: int
) -> None:
    dice = random.Random(20261120)  # noqa: S311 (a test that can be repeated)
    case = stories.consent_pending(cast)
    everywhere = stories.consented(cast, case, scopes={slug: ["housing"] for slug in READERS}, forum=[])
    all_assigned(cast, everywhere)
    parts = ("core", "housing", "health")
    for slug, key in READERS.items():
        for part in parts:
            wrote(getattr(cast, key), case, part, f"{slug} {part}")
    ledger = Ledger(cast, everywhere)
    with acting_as(cast.ingrid):
        ledger.consent = case.consents.get()
    ledger.form = stories.paper(cast, scopes={slug: ["housing"] for slug in READERS}, forum=[])

    for number in range(steps):
        one_step(dice, cast, ledger)

        assert differences(owner) == [], f"after step {number}"
        if number % 10 == 0:
            for reader, key in READERS.items():
                expected = {f"{a} {p}" for a in READERS for p in parts if ledger.may_read(reader, a, p)}
                assert finds(getattr(cast, key), case) == expected, f"{reader} after step {number}"


def test_a_new_right_leaves_the_lines_beside_it_unwritten(
    own_database: str, owner: psycopg.Connection, cast: Cast
) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]}, forum=())

    def places() -> dict[int, str]:
        found = owner.execute("SELECT id, ctid::text FROM cases_caseaccess WHERE case_id = %s", [case.pk])
        return dict(found.fetchall())

    before = places()
    owner.execute("UPDATE cases_caseaccess SET activity_at = '2020-01-01' WHERE case_id = %s AND line = 2", [case.pk])
    moved = places()
    astray = {line for line, place in moved.items() if before[line] != place}

    with acting_as(cast.ingrid):
        services.disclose(
            case, cast.agency("slt"), [Part.HOUSING], grounds(), by=cast.ingrid, valid_until_date=clock.today()
        )

    after = places()
    assert astray and len(after) == len(before) + 1
    assert {line for line, place in moved.items() if after[line] != place} == astray, (
        "the others were as they should be"
    )
