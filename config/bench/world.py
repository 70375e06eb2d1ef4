"""A database of many cases for the bench, filled as its owner: no person in it was ever reported."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from config import embedded

SQL = Path(__file__).with_name("world.sql")
SIZES = (1_000, 100_000, 300_000)
AGENCIES, USERS = 200, 2_000
# The copy of the smallest database that the largest is held against.
FEW = "samlos_few"
# What each of the three agencies sees of all cases, as the table names it.
SHARES = {"30 %": "bench-30", "1 %": "bench-1", "0,1 %": "bench-01"}
# One of the twenty that lead all the cases, and so see the deadlines of theirs.
LEAD = {"leder": "bench-lead-00"}
FILLED = (
    "cases_case", "cases_person", "cases_caselead", "consent_consent", "consent_consentscope", "cases_entry",
)  # fmt: skip


@contextmanager
def servers(home: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey under `home`, as safe and as slow as they run for real, with an empty database prepared.

    Yields the variables that lead to them. What an earlier run left is thrown away.
    """
    running = embedded.start(home)
    try:
        with psycopg.connect(running.owner_url, dbname="postgres", autocommit=True) as owner:
            owner.execute("DROP DATABASE IF EXISTS samlos WITH (FORCE)")
            owner.execute("CREATE DATABASE samlos")
        prepare(running.owner_url, running.database_url)
        yield running.environment
    finally:
        running.stop()


def prepare(owner_url: str, app_url: str) -> None:
    """Migrate an empty database and put the agencies, their managers and the programme into it."""
    environment = os.environ | {"DATABASE_OWNER_URL": owner_url, "DATABASE_URL": app_url}
    for role, command in (("owner", ["migrate", "--verbosity", "0"]), ("app", ["load_demo", "--people"])):
        subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR, env=environment | {"SAMLOS_DATABASE_ROLE": role}, check=True,
        )  # fmt: skip
    with psycopg.connect(owner_url) as owner:
        slugs = [*SHARES.values(), *(f"bench-lead-{n:02}" for n in range(20))]
        slugs += [f"bench-other-{n:03}" for n in range(AGENCIES - len(slugs) - 14)]
        owner.execute("ALTER TABLE agencies_membership DISABLE TRIGGER USER")
        for number, slug in enumerate(slugs):
            kind = "health_welfare_office" if slug.startswith("bench-lead") else "other"
            (group_id,) = _one(owner, "INSERT INTO auth_group (name) VALUES (%s) RETURNING id", [slug])
            owner.execute(
                "INSERT INTO agencies_agency (group_id, slug, name, kind, standing, is_public_body, organisation_number,"
                " phone, municipality_id) SELECT %s, %s, %s, %s, 'participant', true, %s, '', min(id)"
                " FROM agencies_municipality",
                [group_id, slug, slug, kind, f"B{number:06}"],
            )
        owner.execute(
            "INSERT INTO agencies_user (password, is_superuser, email, name, title, is_active, is_staff, is_machine)"
            " SELECT '!', false, 'bench' || i || '@bench.example', 'Bench ' || i, '', true, false, false"
            " FROM generate_series(1, %s) i",
            [USERS],
        )
        # Each tenth of them is a manager: who answers for all of the agency's cases has the longest lists.
        owner.execute(
            "INSERT INTO agencies_membership (user_id, agency_id, role, valid_from, mandate_to_commit, clearance)"
            " SELECT u.id, g.group_id, CASE WHEN u.n %% 10 = 0 THEN 'manager' ELSE 'caseworker' END,"
            "        samlos.now() - interval '1 year', false, 'marked'"
            "   FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM agencies_user"
            "          WHERE email LIKE 'bench%%') u"
            "   JOIN (SELECT group_id, row_number() OVER (ORDER BY slug) - 1 AS n FROM agencies_agency"
            "          WHERE slug LIKE 'bench-%%') g ON g.n = (u.n / 10) %% %s",
            [len(slugs)],
        )
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE agencies_membership ENABLE TRIGGER USER")


def grow(owner_url: str, first: int, last: int) -> None:
    """Add cases `first` to `last` with their rights, and let the planner know of them."""
    with psycopg.connect(owner_url) as owner:
        for table in FILLED:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(SQL.read_text(encoding="utf-8").format(first=first, last=last))
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in FILLED:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def copy(owner_url: str, name: str) -> None:
    """The database as it is now once more, under another name. Nobody may be connected to it."""
    with psycopg.connect(owner_url, dbname="postgres", autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE samlos").format(sql.Identifier(name)))


def _one(owner: psycopg.Connection, statement: str, values: list[object]) -> tuple[int]:
    row = owner.execute(statement, values).fetchone()
    if row is None:
        raise RuntimeError("the statement answered no row")
    return (int(row[0]),)
