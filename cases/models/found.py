"""What a search for words finds that the actor may read."""

import uuid

from django.db import connection

from agencies.actors import Actor
from cases.models.sentence import IsCovered, IsThere


def readable_entry_ids(actor: Actor, words: str, *, asked: int, shown: int) -> list[uuid.UUID]:
    """The newest `shown` entries that hold the words, not corrected since, which the actor may read in cases that are there.

    Of the newest `asked` that the agency may read: the database's own function finds those by its index, and the sentence
    narrows them to the user. Written as SQL, like the sentence.
    """
    covered, covered_values = IsCovered("case_id", "part", "author_agency_id", actor=actor, received=False).condition(
        "e.case_id", "e.part", "e.author_agency_id"
    )
    there, there_values = IsThere("case_id", actor=actor, row_by_row=True).condition("e.case_id")
    sql = (
        "SELECT e.id FROM samlos.search_entries(%s, %s) found JOIN cases_entry e ON e.id = found.entry_id"  # noqa: S608
        f" WHERE NOT EXISTS(SELECT FROM cases_entry n WHERE n.supersedes_id = e.id) AND {covered} AND {there}"
        " ORDER BY e.occurred_at DESC, e.created_at DESC, e.id DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [words, asked, *covered_values, *there_values, shown])
        return [entry_id for (entry_id,) in cursor.fetchall()]
