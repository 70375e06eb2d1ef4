"""The one sentence of design.md ("Access") as conditions of a query: which cases are there, and which content of them.

Written as SQL and not put together from Django's subqueries, because every page asks them many times: building one from
four subqueries took longer than the database needed to answer it. A right is compared with the clock in the very
statement that reads the data, so nothing is ever kept.
"""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from agencies.actors import Actor

_ASSIGNMENTS = (
    "SELECT t.content_object_id FROM cases_caseuserobjectpermission t JOIN auth_permission k ON k.id = t.permission_id"
    " WHERE t.user_id = %s AND t.agency_id = %s AND k.codename = 'work_on_case'"
)
# The clock is asked once a statement: as a plain call the database would ask it for every row.
_IN_FORCE = "a.valid_from <= (SELECT samlos.now()) AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now()))"
# Whose a line of the access table must be: break-glass of this very user, or the agency's for those who need to know (a
# role that answers for its cases, or an assignment to the line's case).
_FOR_ANSWERING = "{agency} = %s AND ({user} IS NULL OR {user} = %s)"
_FOR_ASSIGNED = (
    "{agency} = %s AND ({user} = %s OR ({user} IS NULL"
    f" AND EXISTS({_ASSIGNMENTS} AND t.content_object_id = {{case}})))"
)
_CONFLICT = (
    "SELECT 1 FROM cases_conflict f WHERE f.case_id = {case} AND f.user_id = %s AND f.declared_at <= (SELECT samlos.now())"
    " AND (f.ended_at IS NULL OR f.ended_at > (SELECT samlos.now()))"
)
# Everybody is cleared for "none"; saying so lets the database look among the few protected alone (person_protected).
_NOT_CLEARED = (
    "SELECT 1 FROM cases_person p WHERE p.case_id = {case} AND p.protection_level <> 'none'"
    " AND p.protection_level = ANY(%s)"
)
_COVERS = " AND {part} = ANY(a.parts) AND (a.givers IS NULL OR {author} = ANY(a.givers))"


class _Condition(models.Func):
    """A condition over columns of the outer query, with the actor's own values."""

    output_field = models.BooleanField()

    def __init__(self, *columns: str, actor: "Actor") -> None:
        super().__init__(*columns)
        self.actor = actor

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, Any]:
        columns = []
        for expression in self.source_expressions:
            column, params = compiler.compile(expression)
            if params:
                raise TypeError("the sentence is asked of columns alone")
            columns.append(column)
        return self.condition(*columns)

    def condition(self, *columns: str) -> tuple[str, list[Any]]:
        """The SQL over these columns, and its values in order."""
        raise NotImplementedError


class IsOneOf(models.Func):
    """Whether this column holds one of `ids`, given as one value: `pk__in` makes a new statement for every number of them,
    and each is planned anew. No ids are asked for like any others, so that the time does not tell.

    Unnested, the database begins with them; as `= ANY` it compared every case the agency has with each.
    """

    output_field = models.BooleanField()

    def __init__(self, column: str, ids: Iterable[uuid.UUID | int]) -> None:
        super().__init__(column)
        self.ids = list(ids)

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, Any]:
        (asked_of,) = self.source_expressions
        column, params = compiler.compile(asked_of)
        kind = asked_of.output_field.rel_db_type(connection)
        return f"{column} IN (SELECT unnest(%s::{kind}[]))", [*params, self.ids]


class IsThere(_Condition):
    """Whether the case of this column is there for the actor.

    A role that works on cases; a line in force; no declared conflict; the person's protection level within the user's
    clearance.

    `row_by_row` asks each case by itself. Else the database may begin with all the lines the agency has, which is quicker
    when most cases are asked for, and slower when a walk stops after a page.
    """

    def __init__(self, *columns: str, actor: "Actor", row_by_row: bool = False) -> None:
        super().__init__(*columns, actor=actor)
        self.no_join = " OFFSET 0" if row_by_row else ""  # a question so written is never turned into a join

    def condition(self, *columns: str) -> tuple[str, list[Any]]:
        (case,) = columns
        line, values = _line_of(self.actor)
        open_to, more = self.open_to_a_line(case)
        sql = f"EXISTS({line}{self.no_join}) AND {open_to}".format(case=case)
        values += more
        if not self.actor.answers_for_agency:
            # The lines say it all; from these few the database begins instead of from the whole agency's cases.
            sql += (
                f" AND {case} IN ({_ASSIGNMENTS} UNION SELECT a.case_id FROM cases_caseaccess a"
                f" WHERE a.agency_id = %s AND a.user_id = %s AND {_IN_FORCE})"
            )
            user, agency = self.actor.user.pk, self.actor.agency.pk
            values += [user, agency, agency, user]
        return f"({sql})", values

    def open_to_a_line(self, case: str) -> tuple[str, list[Any]]:
        """What is left to ask where the case comes from one of `lines_of` the actor."""
        if not self.actor.works_on_cases:
            return "false", []
        sql = f"NOT EXISTS({_CONFLICT}{self.no_join}) AND NOT EXISTS({_NOT_CLEARED}{self.no_join})"
        return sql.format(case=case), [self.actor.user.pk, [str(level) for level in self.actor.levels_hidden]]


class IsWorkedOn(_Condition):
    """Whether the actor is in the case of this column on the agency's behalf, and not on a break-glass alone."""

    def condition(self, *columns: str) -> tuple[str, list[Any]]:
        (case,) = columns
        line, values = _line_of(self.actor)
        return f"EXISTS({line.format(case=case)} AND a.user_id IS NULL)", values


class IsCovered(_Condition):
    """Whether a line in force covers content of this case, part and author. The case itself must be there: ask that first."""

    def __init__(self, *columns: str, actor: "Actor", received: bool) -> None:
        super().__init__(*columns, actor=actor)
        self.received = received

    def condition(self, *columns: str) -> tuple[str, list[Any]]:
        case, part, author = columns
        line, values = _line_of(self.actor)
        sql = line + _COVERS + ("" if self.received else " AND NOT a.received_only")
        return f"EXISTS({sql.format(case=case, part=part, author=author)})", values


class IsForReader(_Condition):
    """Whether a line of the access table, by its case, agency and user, is one the actor may know something through."""

    def condition(self, *columns: str) -> tuple[str, list[Any]]:
        case, agency, user = columns
        words, values = _reader(self.actor)
        return f"({words.format(case=case, agency=agency, user=user)})", values


def lines_of(actor: "Actor") -> tuple[str, list[Any]]:
    """The lines in force that the actor may know something through, with all their columns, and the values of that SQL."""
    mine, values = _mine(actor)
    return f"SELECT a.* FROM cases_caseaccess a WHERE {mine}", values


def _reader(actor: "Actor") -> tuple[str, list[Any]]:
    user, agency = actor.user.pk, actor.agency.pk
    if actor.answers_for_agency:
        return _FOR_ANSWERING, [agency, user]
    return _FOR_ASSIGNED, [agency, user, user, agency]


def _line_of(actor: "Actor") -> tuple[str, list[Any]]:
    """The lines in force of one case that the actor may know something through, and the values of that SQL."""
    mine, values = _mine(actor)
    return f"SELECT 1 FROM cases_caseaccess a WHERE a.case_id = {{case}} AND {mine}", values


def _mine(actor: "Actor") -> tuple[str, list[Any]]:
    words, values = _reader(actor)
    return f"{words.format(case='a.case_id', agency='a.agency_id', user='a.user_id')} AND {_IN_FORCE}", values
