"""The first lock's SQL asked past the second, of rows written by hand: each condition is somewhere the only one that fails.

Everywhere else row-level security refuses the same, so that half of a condition could be missing and nobody would see.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Value

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, User
from cases.models import Case
from cases.models.sentence import IsCovered, IsForReader, IsOneOf, IsThere, IsWorkedOn, lines_of
from tests import handwritten
from tests.cases.roles import CASEWORKER, COORDINATOR, INTAKE, MANAGER
from tests.handwritten import Rows

INSTANT = dt.timedelta(microseconds=1)
CASE, ANOTHER_CASE = uuid.UUID(int=1), uuid.UUID(int=2)
AGENCY, ANOTHER_AGENCY, GIVER, STRANGER = 1, 2, 3, 4
ME, COLLEAGUE = 71, 72
ANSWERING = (MANAGER, INTAKE, COORDINATOR)


def me(*roles: Role, clearance: ProtectionLevel = ProtectionLevel.NONE) -> Actor:
    """Somebody acting for an agency; neither is in any table."""
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return Actor(User(pk=ME), Agency(pk=AGENCY), frozenset(roles), clearance, at)


class Asked:
    """The rows the sentence reads, and what each of its conditions says of them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.now = rows.now()
        ((self.works,), (self.views,)) = rows.found(
            "SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id"
            " WHERE t.app_label = 'cases' AND t.model = 'case' AND p.codename IN ('work_on_case', 'view_case')"
            " ORDER BY p.codename DESC"
        )

    def line(self, **values: Any) -> None:
        """A line of the access table: by default the agency's, in force, to everything in the case."""
        line = {"case_id": CASE, "agency_id": AGENCY, "valid_from": self.now - INSTANT, "parts": list(Part), **values}
        self.rows.put("cases_caseaccess", **line)

    def assignment(self, **values: Any) -> None:
        row = {"content_object_id": CASE, "agency_id": AGENCY, "user_id": ME, "permission_id": self.works, **values}
        self.rows.put("cases_caseuserobjectpermission", **row)

    def conflict(self, **values: Any) -> None:
        self.rows.put("cases_conflict", **{"case_id": CASE, "user_id": ME, "declared_at": self.now, **values})

    def person(self, level: ProtectionLevel, case: uuid.UUID = CASE) -> None:
        self.rows.put("cases_person", case_id=case, protection_level=level)

    def there(self, actor: Actor) -> bool:
        """Whether the case is there, in both of the ways it is asked."""
        found = {
            self._holds(*IsThere("pk", actor=actor, row_by_row=one_by_one).condition("c.id"))
            for one_by_one in (False, True)
        }
        assert len(found) == 1
        return found.pop()

    def worked_on(self, actor: Actor) -> bool:
        return self._holds(*IsWorkedOn("pk", actor=actor).condition("c.id"))

    def covered(self, actor: Actor, part: Part, author: int, *, received: bool = False) -> bool:
        condition = IsCovered("case_id", "part", "author_agency_id", actor=actor, received=received)
        return self._holds(*condition.condition("c.id", f"'{part}'", str(author)))

    def lines(self, actor: Actor) -> int:
        """How many lines the actor may know something through, in both of the ways they are asked for."""
        words, values = lines_of(actor)
        condition, more = IsForReader("case_id", "agency_id", "user_id", actor=actor).condition(
            "a.case_id", "a.agency_id", "a.user_id"
        )
        in_force = "a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now())"
        again = f"SELECT a.* FROM cases_caseaccess a WHERE {condition} AND {in_force}"  # noqa: S608
        found = self.rows.found(words, values)
        assert sorted(found, key=str) == sorted(self.rows.found(again, more), key=str)
        return len(found)

    def _holds(self, words: str, values: list[Any]) -> bool:
        """Whether this holds of the case. The other one is there to be mistaken for it."""
        question = f"SELECT {words} FROM (SELECT %s::uuid AS id) c"  # noqa: S608 (the sentence's own words)
        ((answer,),) = self.rows.found(question, [*values, CASE])
        assert isinstance(answer, bool)
        return answer


@pytest.fixture
def asked(owner_url: str, django_db_setup: None) -> Iterator[Asked]:
    with handwritten.rows(owner_url) as rows:
        yield Asked(rows)


# --- whose a line is ----------------------------------------------------------------------------------------------------

# Whose the line is; whether somebody in a role that answers knows something by it, and a caseworker with the case and
# without, and whether that is on the agency's behalf.
WHOSE: dict[str, tuple[dict[str, Any], bool, bool, bool, bool]] = {
    "the agency's": ({}, True, True, False, True),
    "another agency's": ({"agency_id": ANOTHER_AGENCY}, False, False, False, False),
    "one's own": ({"user_id": ME}, True, True, True, False),
    "a colleague's": ({"user_id": COLLEAGUE}, False, False, False, False),
    "one's own for another agency": ({"agency_id": ANOTHER_AGENCY, "user_id": ME}, False, False, False, False),
    "to another case": ({"case_id": ANOTHER_CASE}, False, False, False, False),
    "one's own to another case": ({"case_id": ANOTHER_CASE, "user_id": ME}, False, False, False, False),
}


@pytest.mark.parametrize("whose", WHOSE)
def test_a_line_is_the_agencys_for_those_who_need_to_know_or_its_one_users(asked: Asked, whose: str) -> None:
    values, answering, assigned, unassigned, on_behalf = WHOSE[whose]
    asked.line(**values)

    def knows(actor: Actor) -> bool:
        found = {asked.there(actor), asked.covered(actor, Part.HEALTH, STRANGER)}
        assert len(found) == 1
        assert asked.worked_on(actor) is (on_behalf and found == {True})
        return found.pop()

    for role in ANSWERING:
        assert knows(me(role)) is answering, role
    assert knows(me(CASEWORKER)) is unassigned
    asked.assignment()
    assert knows(me(CASEWORKER)) is assigned


def test_which_lines_are_read_is_asked_of_each_line(asked: Asked) -> None:
    for values, *_expected in WHOSE.values():
        asked.line(**values)

    assert asked.lines(me(MANAGER)) == 4
    assert asked.lines(me(CASEWORKER)) == 2
    asked.assignment()
    assert asked.lines(me(CASEWORKER)) == 3


# What is assigned, and whether it is this case, to this user, for this agency, to work on it.
ASSIGNED: dict[str, tuple[dict[str, Any], bool]] = {
    "to me": ({}, True),
    "to a colleague": ({"user_id": COLLEAGUE}, False),
    "for another agency": ({"agency_id": ANOTHER_AGENCY}, False),
    "another case": ({"content_object_id": ANOTHER_CASE}, False),
    "with another permission": ({"permission_id": "view_case"}, False),
}


@pytest.mark.parametrize("what", ASSIGNED)
def test_a_caseworker_needs_this_very_assignment(asked: Asked, what: str) -> None:
    values, counts = ASSIGNED[what]
    if "permission_id" in values:
        values = {"permission_id": asked.views}
    asked.line()
    asked.assignment(**values)

    assert asked.there(me(CASEWORKER)) is counts
    assert asked.worked_on(me(CASEWORKER)) is counts
    assert asked.covered(me(CASEWORKER), Part.CORE, GIVER) is counts
    assert asked.lines(me(CASEWORKER)) == int(counts)
    assert asked.there(me(MANAGER)), "who answers needs none"


# --- from when until when -----------------------------------------------------------------------------------------------

# How long after now it begins and ends, and whether it is in force.
DATES: list[tuple[int, int | None, bool]] = [
    (0, None, True),
    (1, None, False),
    (-1, 1, True),
    (-1, 0, False),
    (-2, -1, False),
    (1, 2, False),
]


@pytest.mark.parametrize(("begin", "end", "runs"), DATES)
@pytest.mark.parametrize("named", [False, True])
def test_a_line_is_in_force_from_its_first_instant_until_just_before_its_last(
    asked: Asked, begin: int, end: int | None, runs: bool, named: bool
) -> None:
    until = None if end is None else asked.now + end * INSTANT
    asked.line(valid_from=asked.now + begin * INSTANT, valid_until=until, user_id=ME if named else None)
    asked.assignment()

    for actor in (me(MANAGER), me(CASEWORKER)):
        assert asked.there(actor) is runs
        assert asked.covered(actor, Part.CORE, GIVER) is runs
        assert asked.worked_on(actor) is (runs and not named)
        assert asked.lines(actor) == int(runs)


# --- conflicts and protection -------------------------------------------------------------------------------------------

# What is declared, how long after now, how long after now it ends, and whether it hides the case.
CONFLICTS: list[tuple[dict[str, Any], int, int | None, bool]] = [
    ({}, 0, None, True),
    ({}, 1, None, False),
    ({}, -1, 1, True),
    ({}, -1, 0, False),
    ({"user_id": COLLEAGUE}, 0, None, False),
    ({"case_id": ANOTHER_CASE}, 0, None, False),
]


@pytest.mark.parametrize(("values", "begin", "end", "hides"), CONFLICTS)
def test_a_conflict_hides_its_case_from_its_user_from_its_first_instant_until_just_before_its_last(
    asked: Asked, values: dict[str, Any], begin: int, end: int | None, hides: bool
) -> None:
    asked.line()
    asked.assignment()
    ended = None if end is None else asked.now + end * INSTANT
    asked.conflict(declared_at=asked.now + begin * INSTANT, ended_at=ended, **values)

    for actor in (me(MANAGER), me(CASEWORKER)):
        assert asked.there(actor) is not hides


BY_STRICTNESS = ["none", "marked", "confidential", "strictly_confidential", "fictitious_id"]


@pytest.mark.parametrize("clearance", ProtectionLevel)
@pytest.mark.parametrize("level", ProtectionLevel)
def test_a_person_is_there_up_to_the_clearance(
    asked: Asked, level: ProtectionLevel, clearance: ProtectionLevel
) -> None:
    asked.line()
    asked.person(level)
    asked.person(ProtectionLevel.FICTITIOUS_ID, ANOTHER_CASE)

    reaches = BY_STRICTNESS.index(level) <= BY_STRICTNESS.index(clearance)
    assert asked.there(me(MANAGER, clearance=clearance)) is reaches


# --- which content ------------------------------------------------------------------------------------------------------

# What a line covers; what is asked, whether as part of what came with a report; and whether it is covered.
COVERS: list[tuple[dict[str, Any], Part, int, bool, bool]] = [
    ({"parts": ["core", "health"]}, Part.HEALTH, STRANGER, False, True),
    ({"parts": ["core", "health"]}, Part.ECONOMY, STRANGER, False, False),
    ({"givers": [GIVER]}, Part.HEALTH, GIVER, False, True),
    ({"givers": [GIVER]}, Part.HEALTH, STRANGER, False, False),
    ({"givers": []}, Part.HEALTH, GIVER, False, False),
    ({"parts": ["core"], "givers": [GIVER]}, Part.HEALTH, GIVER, False, False),
    ({"received_only": True}, Part.HEALTH, GIVER, False, False),
    ({"received_only": True}, Part.HEALTH, GIVER, True, True),
    ({"received_only": False}, Part.HEALTH, GIVER, True, True),
    ({"received_only": True, "givers": [GIVER]}, Part.HEALTH, STRANGER, True, False),
]


@pytest.mark.parametrize(("line", "part", "author", "received", "covered"), COVERS)
def test_a_line_covers_its_parts_from_its_givers_and_what_was_received_apart(
    asked: Asked, line: dict[str, Any], part: Part, author: int, received: bool, covered: bool
) -> None:
    asked.line(**line)

    assert asked.covered(me(MANAGER), part, author, received=received) is covered


# --- how it is asked ----------------------------------------------------------------------------------------------------


def test_the_sentence_is_asked_of_columns_alone() -> None:
    with pytest.raises(TypeError, match="columns alone"):
        str(Case.objects.filter(IsThere(Value(1), actor=me(MANAGER))).query)  # type: ignore[arg-type]  # refused
    assert "cases_caseaccess" in str(Case.objects.filter(IsThere("pk", actor=me(MANAGER))).query)


def test_ids_are_given_as_one_value() -> None:
    words, values = Case.objects.filter(IsOneOf("pk", [CASE, ANOTHER_CASE])).query.sql_with_params()

    assert '"cases_case"."id" IN (SELECT unnest(%s::uuid[]))' in words
    assert values == ([CASE, ANOTHER_CASE],)


def test_other_keys_than_a_cases_are_asked_for_as_what_they_are() -> None:
    words, values = Agency.objects.filter(IsOneOf("pk", [1, 2])).query.sql_with_params()

    assert "IN (SELECT unnest(%s::integer[]))" in words
    assert values == ([1, 2],)


def test_row_by_row_each_case_is_a_question_of_its_own() -> None:
    """`OFFSET 0` is what keeps the database from turning it into a join: nothing else of the answer tells."""
    asked_so = {
        one_by_one: "OFFSET 0" in IsThere("pk", actor=me(MANAGER), row_by_row=one_by_one).condition("c.id")[0]
        for one_by_one in (False, True)
    }

    assert asked_so == {False: False, True: True}
    assert "OFFSET 0" not in IsThere("pk", actor=me(MANAGER)).condition("c.id")[0]


def test_for_a_caseworker_the_database_begins_with_the_few_cases_that_may_be_theirs_and_with_no_more(
    asked: Asked,
) -> None:
    third, fourth = uuid.UUID(int=3), uuid.UUID(int=4)
    asked.assignment()
    asked.assignment(content_object_id=third, user_id=COLLEAGUE)
    asked.line(case_id=ANOTHER_CASE, user_id=ME)
    asked.line(case_id=third)
    asked.line(case_id=third, user_id=ME, agency_id=ANOTHER_AGENCY)
    asked.line(case_id=third, user_id=COLLEAGUE)
    asked.line(case_id=fourth, user_id=ME, valid_until=asked.now)

    words, values = IsThere("pk", actor=me(CASEWORKER)).condition("c.id")
    _before, begins, few = words.removesuffix("))").partition(" AND c.id IN (")

    assert begins and set(asked.rows.found(few, values[-4:])) == {(CASE,), (ANOTHER_CASE,)}
    assert begins not in IsThere("pk", actor=me(MANAGER)).condition("c.id")[0]
