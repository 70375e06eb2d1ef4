"""The suite's databases: migrated once as the owner, given the cast, then cloned, and used as the application's role.

The application cannot truncate, so what commits for real gets a clone of its own, never a flush (access.md).
"""

import hashlib
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import _preparing, sql

ROOT = Path(__file__).resolve().parent.parent


_gone_from_the_server = re.compile(rb"^(?:DROP|ALTER|DISCARD ALL|DEALLOCATE ALL)\b").match


def keep_what_is_prepared() -> None:
    """psycopg forgets what it has prepared at every rollback, also to a savepoint, since a table may have gone with it. Every
    test ends with a rollback, and then planned everything anew: half of what the database did for the suite. The few tables
    a test makes as the application are temporary, and asked too seldom to be prepared.
    """
    forgets = _preparing.PrepareManager._should_discard
    (what_it_forgets_at,) = forgets.__defaults__ or (None,)
    assert what_it_forgets_at(b"ROLLBACK"), "psycopg has another way of forgetting now"
    forgets.__defaults__ = (_gone_from_the_server,)


def connect(owner_url: str, database: str = "postgres") -> psycopg.Connection:
    """An autocommit connection of the owner to `database`."""
    return psycopg.connect(owner_url, dbname=database, autocommit=True)


def fingerprint() -> str:
    """What the template depends on: every migration, SQL file and programme."""
    digest = hashlib.sha256()
    for pattern in (
        "*/migrations/*.py",
        "*/sql/*.sql",
        "programmes/**/*.yaml",
        "agencies/demonstration.py",
        "requirements.lock",
    ):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def template(owner_url: str) -> str:
    """The name of the template database, migrated and with the cast in it, made if it is not there yet. Safe for processes starting at once."""
    name = f"samlos_template_{fingerprint()}"
    with connect(owner_url) as owner:
        owner.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        building = f"{name}_new"
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(building)))
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
        _manage(owner_url, building, "migrate", "--verbosity", "0", role="owner")
        _manage(owner_url, building, "load_demo", "--people", role="app")
        owner.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)))
    return name


def _manage(owner_url: str, database: str, *command: str, role: str) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_OWNER_URL": with_database(owner_url, database),
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database),
        "SAMLOS_DATABASE_ROLE": role,
    }
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)


def with_database(url: str, database: str) -> str:
    """`url` pointing at another database of the same server."""
    scheme, rest = url.split("://", 1)
    place, slash, tail = rest.partition("/")
    query = tail.partition("?")[2]
    return f"{scheme}://{place}{slash}{database}" + (f"?{query}" if query else "")


@contextmanager
def clone(owner_url: str, source: str) -> Iterator[str]:
    """A database of its own, copied from `source` and dropped afterwards."""
    name = f"samlos_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with connect(owner_url) as owner:
        owner.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
    try:
        yield name
    finally:
        _drop(owner_url, name)


def _drop(owner_url: str, name: str) -> None:
    """Drop a database, whoever is connected to it. The owner may end neither an autovacuum worker, which soon ends itself,
    nor a connection of the application that some thread of a test left behind: the application ends its own.
    """
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with connect(owner_url) as owner:
        for _attempt in range(40):
            try:
                owner.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                _end_connections_of_the_application(name)
                time.sleep(0.25)
            else:
                return
        owner.execute(statement)


def _end_connections_of_the_application(name: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as application:
        application.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
            [name],
        )
