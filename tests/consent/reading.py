"""What somebody finds of a case now, by every way there is."""

from collections.abc import Iterable

import psycopg
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg import sql

from agencies.actors import Actor
from agencies.enums import Part
from cases.enums import EntryKind
from cases.grants import assign
from cases.models import Case, Entry
from cases.services.lifecycle import write_entry
from tests.cast import Cast, acting_as, sign_in


def give_case_to(case: Case, *workers: Actor, by: Actor) -> None:
    """The manager `by` puts their own agency's workers on the case."""
    with acting_as(by):
        for worker in workers:
            assign(case, worker.user, by=by)


def all_assigned(cast: Cast, case: Case) -> None:
    """The caseworkers of NAV, Stavne and outreach work on the case; Nils is NAV's manager."""
    give_case_to(case, cast.nora, by=cast.nils)
    for worker in (cast.stine, cast.sara, cast.siv):
        give_case_to(case, worker, by=worker)


def wrote(author: Actor, case: Case, part: str, text: str) -> Entry:
    """One line of the timeline by `author`."""
    with acting_as(author):
        return write_entry(case, kind=EntryKind.NOTE, part=Part(part), by=author, text=text)


def finds(reader: Actor, case: Case) -> set[str]:
    """The texts of the timeline the reader finds by the first lock."""
    with acting_as(reader):
        visible = Case.objects.visible_to(reader).filter(pk=case.pk)
        return set(
            Entry.objects.filter(case__in=visible).readable_by(reader).exclude(text="").values_list("text", flat=True)
        )


def raw_rows(reader: Actor, case: Case, tables: Iterable[str] = ("cases_entry", "cases_person")) -> int:
    """How many rows of the case the second lock alone lets the reader's agency have, what it wrote itself apart."""
    found = 0
    with acting_as(reader), connection.cursor() as cursor:
        for table in tables:
            own = sql.SQL(" AND author_agency_id <> {}" if table == "cases_entry" else "").format(reader.agency.pk)
            count = sql.SQL("SELECT count(*) FROM {} WHERE case_id = %s").format(sql.Identifier(table))
            cursor.execute(count + own, [case.pk])
            found += cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM cases_case WHERE id = %s", [case.pk])
        found += cursor.fetchone()[0]
    return int(found)


def sees_page(client: Client, reader: Actor, case: Case) -> bool:
    """Whether the case page answers the reader's very next request."""
    status = sign_in(client, reader).get(reverse("cases:detail", args=[case.pk])).status_code
    assert status in {200, 404}
    return status == 200


def in_list(client: Client, reader: Actor, case: Case) -> bool:
    return case.label in sign_in(client, reader).get(reverse("cases:list")).content.decode()


def search_hits(client: Client, reader: Actor, words: str, needle: str) -> bool:
    return needle in sign_in(client, reader).post(reverse("search"), {"words": words, "q": words}).content.decode()


def differences(owner: psycopg.Connection) -> list[str]:
    """Where the access table and its specification disagree, asked as the owner; empty when they are the same."""
    columns = sql.SQL(
        "case_id, agency_id, user_id, parts, givers, received_only, reason, source_type, source_id, line, valid_from,"
        " valid_until"
    )
    rows = owner.execute(
        sql.SQL(
            "(SELECT 'missing', {0} FROM samlos.access_specification EXCEPT ALL SELECT 'missing', {0} FROM cases_caseaccess)"
            " UNION ALL"
            " (SELECT 'extra', {0} FROM cases_caseaccess EXCEPT ALL SELECT 'extra', {0} FROM samlos.access_specification)"
        ).format(columns)
    )
    return [str(row) for row in rows]
