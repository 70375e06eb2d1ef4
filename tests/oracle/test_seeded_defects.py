"""Twenty-two defects put into the application itself, one at a time, each seen by the questions of `make test`.

The specification's defects are put into the view the access table is derived from, in a database of the test's own; the
others into the code that reads it. What a mutant of the oracle proves of the questions, these prove of the comparison.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from agencies import actors
from agencies.actors import Actor, actor_for
from agencies.enums import Role
from agencies.models import Agency, Membership, User
from audit import clock
from audit.asked import Asked
from audit.clock import Now
from cases.models import CaseContentQuerySet, sentence
from tests import databases
from tests.oracle import asking
from tests.oracle.asking import hold_against, owner_too
from tests.oracle.database import Stage
from tests.oracle.rule import Rule
from tests.oracle.worlds import Teller, rounds

ROOT = Path(__file__).resolve().parents[2]
RIGHTS, GLASS, LEAD = "consent/sql/rights.sql", "consent/sql/glass.sql", "cases/sql/access.sql"

# Name, file, view, what stands there, what a hurried hand would have written.
IN_THE_SPECIFICATION = [
    ("revocation ignored", RIGHTS, "consent_rights", "least(c.valid_until, c.ended_at)", "c.valid_until"),
    ("disclosure without approval counts", RIGHTS, "disclosure_rights",
     "d.despite_objection = '' OR d.approved_at IS NOT NULL", "true"),
    ("an ended disclosure goes on", RIGHTS, "disclosure_rights", "least(d.valid_until, d.ended_at)", "d.valid_until"),
    ("wrong agency", RIGHTS, "disclosure_rights", "d.recipient_id AS agency_id", "d.author_agency_id AS agency_id"),
    ("a future right counts", RIGHTS, "consent_rights", "c.valid_from,", "least(c.valid_from, c.recorded_at) AS valid_from,"),
    ("any giver", RIGHTS, "consent_rights", "c.givers,", "NULL::integer[] AS givers,"),
    ("break-glass for a colleague", GLASS, "break_glass_rights", "g.user_id,", "NULL::bigint AS user_id,"),
    ("break-glass at 60 minutes and nothing", GLASS, "break_glass_rights", "least(g.valid_until, g.ended_at)",
     "least(g.valid_until + interval '1 microsecond', g.ended_at)"),
    ("a lead keeps its sight after routing", LEAD, "lead_rights", "l.valid_until", "NULL::timestamptz AS valid_until"),
    ("a lead sees what others write", LEAD, "lead_rights", "ARRAY[l.agency_id]", "NULL::integer[]"),
    ("a lead reads its sender on", LEAD, "lead_rights", "true, 'lead'", "false, 'lead'"),
]  # fmt: skip

WORKING = frozenset({Role.CASEWORKER, Role.MANAGER, Role.INTAKE, Role.COORDINATOR})

Patch = Callable[[pytest.MonkeyPatch], None]


def _rewritten(right: str, wrong: str, *names: str) -> Patch:
    """The application's sentence (cases/models/sentence.py) with another condition in it."""

    def patched(patch: pytest.MonkeyPatch) -> None:
        for name in names:
            text = getattr(sentence, name)
            assert right in text, f"{name} no longer says {right}"
            patch.setattr(sentence, name, text.replace(right, wrong))

    return patched


def _received(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CaseContentQuerySet, "received", True)


def _membership(patch: pytest.MonkeyPatch) -> None:
    begun = Membership.objects.filter(valid_from__lte=Now())
    held = Asked(lambda user_id, agency_id: begun.filter(user=user_id, agency=agency_id), -1, -2)
    patch.setattr(actors, "_HELD", held)


def _role(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Actor, "works_on_cases", property(lambda _actor: True))


def _assignment(patch: pytest.MonkeyPatch) -> None:
    """Whoever works on cases answers for all of the agency's."""
    patch.setattr(Actor, "answers_for_agency", property(lambda actor: bool(actor.roles & WORKING)))


def _clearance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Actor, "levels_hidden", property(lambda _actor: []))


def _account(patch: pytest.MonkeyPatch) -> None:
    asked = actor_for

    def whoever(user: User, agency: Agency) -> Actor | None:
        user.is_active = True
        return asked(user, agency)

    patch.setattr(asking, "actor_for", whoever)


def _day_end(patch: pytest.MonkeyPatch) -> None:
    """The day ends an hour late while it is summer."""
    winter = dt.timezone(dt.timedelta(hours=1))
    patch.setattr(
        clock, "end_of", lambda day: dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tzinfo=winter)
    )


IN_THE_CODE: list[tuple[str, Patch]] = [
    ("expiry inclusive", _rewritten("a.valid_until > (", "a.valid_until >= (", "_IN_FORCE")),
    ("part ignored", _rewritten(" AND {part} = ANY(a.parts)", "", "_COVERS")),
    ("giver ignored", _rewritten("{author} = ANY(a.givers)", "true", "_COVERS")),
    ("received only ignored", _received),
    ("conflict ignored", _rewritten("f.user_id = %s", "f.user_id = -%s", "_CONFLICT")),
    ("membership end ignored", _membership),
    ("role ignored", _role),
    ("assignment ignored", _assignment),
    ("clearance ignored", _clearance),
    ("closed account counts", _account),
    ("day ends an hour late in summer", _day_end),
]


def seen_at(owner_url: str, database: str) -> str:
    """The first disagreement among the questions of `make test`, or nothing."""
    with owner_too(owner_url, database) as owner:
        world = Teller(1, agencies=7, users=32, cases=80).tell()
        rule = Rule(world.events)
        asked = rounds(world, rule, 1, rounds_an_instant=6)
        tally = hold_against(Stage(owner, world), asked, rule, {}, stop_at_first=True)
    return f"{tally.asked}: {tally.disagreements[0]}" if tally.disagreements else ""


def replaced(view: str, file: str, right: str, wrong: str) -> str:
    """The statement that makes the view with the defect in it."""
    text = (ROOT / file).read_text()
    start = text.index(f"CREATE VIEW samlos.{view} AS")
    statement = text[start : text.index(";\n", start)]
    assert right in statement, f"{view} no longer says {right}"
    return statement.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(right, wrong)


@pytest.mark.deep
@pytest.mark.parametrize(("name", "file", "view", "right", "wrong"), IN_THE_SPECIFICATION, ids=lambda value: value[:40])
def test_a_defect_in_the_specification_is_seen(
    own_database: str, owner_url: str, name: str, file: str, view: str, right: str, wrong: str
) -> None:
    with databases.connect(owner_url, own_database) as owner:
        owner.execute(replaced(view, file, right, wrong))

    found = seen_at(owner_url, own_database)

    assert found, f"{name}: nobody noticed"
    print(f"{name}, within question {found}")  # noqa: T201 (shown by -s: where it died)


@pytest.mark.deep
@pytest.mark.parametrize(("name", "defect"), IN_THE_CODE, ids=[name for name, _defect in IN_THE_CODE])
def test_a_defect_in_the_code_is_seen(
    own_database: str, owner_url: str, monkeypatch: pytest.MonkeyPatch, name: str, defect: Patch
) -> None:
    defect(monkeypatch)

    found = seen_at(owner_url, own_database)

    assert found, f"{name}: nobody noticed"
    print(f"{name}, within question {found}")  # noqa: T201 (shown by -s: where it died)
