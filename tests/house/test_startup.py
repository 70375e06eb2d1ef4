"""What a process is like once it has started: no database role that could pass row-level security, and what it has asked kept
prepared.
"""

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config import embedded, startup
from config.connections import PREPARED


@pytest.fixture
def sign_in_as(servers, django_db_blocker):
    """Let the start-up check find another role of the house's own database behind Django's connection."""
    before = connections["default"]
    given = conninfo_to_dict(servers.database_url)
    words = embedded._passwords(servers.place)

    def sign_in(user: str) -> None:
        connections["default"] = DatabaseWrapper(
            {
                **before.settings_dict,
                "NAME": given["dbname"],
                "USER": user,
                "PASSWORD": words[user],
                "HOST": given["host"],
                "PORT": "",
                "OPTIONS": {},
            }
        )

    with psycopg.connect(servers.owner_url) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS owned (id int)")
    with django_db_blocker.unblock():
        yield sign_in
    connections["default"].close()
    connections["default"] = before


def test_the_application_role_may_start(sign_in_as):
    sign_in_as("samlos_app")

    startup.refuse_wrong_role()


def test_the_owner_may_not_start(sign_in_as):
    sign_in_as("samlos_owner")

    with pytest.raises(ImproperlyConfigured, match="samlos_owner owns tables"):
        startup.refuse_wrong_role()


def test_a_superuser_may_not_start(sign_in_as):
    sign_in_as("postgres")

    with pytest.raises(ImproperlyConfigured, match="is a superuser"):
        startup.refuse_wrong_role()


@pytest.mark.parametrize(
    ("given", "taken", "reason"),
    [
        ("GRANT samlos_owner TO samlos_app", "REVOKE samlos_owner FROM samlos_app", "a member of the role that does"),
        ("ALTER ROLE samlos_app BYPASSRLS", "ALTER ROLE samlos_app NOBYPASSRLS", "has BYPASSRLS"),
    ],
)
def test_a_role_that_was_given_a_way_around_may_not_start(sign_in_as, servers, given, taken, reason):
    words = embedded._passwords(servers.place)
    superuser = make_conninfo(host=str(servers.place.postgres_sockets), user="postgres", password=words["postgres"])
    sign_in_as("samlos_app")

    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute(given)
        try:
            with pytest.raises(ImproperlyConfigured, match=reason):
                startup.refuse_wrong_role()
        finally:
            admin.execute(taken)


def test_the_check_leaves_no_connection_behind_for_forked_processes_to_share(sign_in_as):
    sign_in_as("samlos_app")

    startup.refuse_wrong_role()

    assert connections["default"].connection is None


@pytest.mark.django_db
def test_a_connection_keeps_prepared_what_all_the_pages_ask() -> None:
    connection.ensure_connection()

    assert connection.connection.prepared_max == PREPARED
