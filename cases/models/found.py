"""What a search for words finds that the actor may read."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import connection

from agencies.actors import Actor
from cases.enums import EntryKind
from cases.models.case import label_of
from cases.models.sentence import IsCovered, IsThere

_SHOWN = "e.case_id, e.id, e.part, e.kind, e.text, e.occurred_at, c.number, u.name, a.name"


@dataclass(frozen=True)
class FoundLine:
    """A line of some timeline as a search shows it. `number` is the case's, None before it has one; `author` the person who
    wrote it, None when the house did.
    """

    case_id: uuid.UUID
    entry_id: uuid.UUID
    part: str
    kind: EntryKind
    text: str
    occurred_at: dt.datetime
    number: str | None
    author: str | None
    author_agency: str

    @property
    def label(self) -> str:
        """What people call its case."""
        return label_of(self.number)


def readable_lines(actor: Actor, words: str, *, asked: int, shown: int) -> list[FoundLine]:
    """The newest `shown` entries that hold the words, not corrected since, which the actor may read in cases that are there.

    Of the newest `asked` that the agency may read: the database's own function finds those by its index, and the sentence
    narrows them to the user. Written as SQL, like the sentence, and one question: models took longer to put together than
    the database to find what goes into them.
    """
    covered, covered_values = IsCovered("case_id", "part", "author_agency_id", actor=actor, received=False).condition(
        "e.case_id", "e.part", "e.author_agency_id"
    )
    there, there_values = IsThere("case_id", actor=actor, row_by_row=True).condition("e.case_id")
    sql = (
        f"SELECT {_SHOWN} FROM samlos.search_entries(%s, %s) found JOIN cases_entry e ON e.id = found.entry_id"  # noqa: S608
        " JOIN cases_case c ON c.id = e.case_id JOIN agencies_agency a ON a.group_id = e.author_agency_id"
        " LEFT JOIN agencies_user u ON u.id = e.author_id"
        f" WHERE NOT EXISTS(SELECT FROM cases_entry n WHERE n.supersedes_id = e.id) AND {covered} AND {there}"
        " ORDER BY e.occurred_at DESC, e.created_at DESC, e.id DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [words, asked, *covered_values, *there_values, shown])
        return [
            FoundLine(case_id, entry_id, part, EntryKind(kind), *rest)
            for case_id, entry_id, part, kind, *rest in cursor.fetchall()
        ]
