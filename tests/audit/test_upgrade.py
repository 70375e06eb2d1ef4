"""A log begun before places had rows of their own goes on where it was, link by link (G8)."""

import os
import subprocess
import sys

import psycopg

from audit import verification
from tests import databases
from tests.audit.sealing import as_owner


def migrate(owner_url: str, database: str, *to: str) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_OWNER_URL": databases.with_database(owner_url, database),
        "SAMLOS_DATABASE_ROLE": "owner",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", *to],
        cwd=databases.ROOT,
        env=environment,
        check=True,
    )


def add(owner: psycopg.Connection, agency: int) -> None:
    owner.execute(
        "INSERT INTO audit_event (id, at, kind, outcome, agency_id, role, case_ids, parts, object_type, object_id, basis,"
        " purpose) VALUES (gen_random_uuid(), samlos.now(), 'case.read', 'allowed', %s, '', '{}', '{core}', '', '', '', '')",
        [agency],
    )


def test_an_upgraded_log_is_whole_and_goes_on(owner_url: str, django_db_blocker: object) -> None:
    with databases.clone(owner_url, "template1") as name:
        migrate(owner_url, name, "audit", "0004")
        with databases.connect(owner_url, name) as owner:
            for agency in (1, 2, 1, 1):
                add(owner, agency)
            places = "SELECT chain, position, id, digest FROM audit_event ORDER BY 1, 2"
            before = owner.execute(places).fetchall()
            migrate(owner_url, name, "audit")
            after = owner.execute("SELECT chain, position, event_id, digest FROM audit_link ORDER BY 1, 2").fetchall()
            add(owner, 1)
        with django_db_blocker.unblock(), as_owner(owner_url, name):  # type: ignore[attr-defined]
            accounts = verification.verify(None)

    assert len(before) == 4 and after == before
    assert [(one.chain, one.events, one.count) for one in accounts] == [(1, 4, 0), (2, 1, 0)]
