"""The second lock: row-level security on every table with personal content, as a role that owns nothing."""

import pytest
from django.db import connection

# Tables that hold nothing about a young person. A new table must be protected or be named here with its reason.
WITHOUT_PERSONS = {
    # staff, agencies, programmes and law: who works where, never whom they help
    "agencies_agency", "agencies_demonstrationstep", "agencies_district", "agencies_legalbasis", "agencies_machineclient", "agencies_membership",
    "agencies_municipality", "agencies_programme", "agencies_programmeversion", "agencies_signin", "agencies_user", "agencies_user_groups",
    "agencies_user_user_permissions",
    # the answer to a key: id, state and time
    "agencies_idempotentanswer",
    # numbers given per year
    "cases_numberseries",
    # ids and codes only; the worker claims across agencies
    "reminders_reminder",
}  # fmt: skip
FRAMEWORK = ("django_", "auth_", "account_", "mfa_", "axes_", "guardian_")


def tables() -> dict[str, bool]:
    """Every table of the application's schema, and whether row-level security is on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE n.nspname = 'public' AND relkind IN ('r', 'p')"
        )
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_every_table_is_protected_or_holds_nobody() -> None:
    open_tables = {name for name, protected in tables().items() if not protected and not name.startswith(FRAMEWORK)}

    assert open_tables - WITHOUT_PERSONS == set()
    assert not {name for name in WITHOUT_PERSONS if tables().get(name)}


@pytest.mark.django_db
def test_every_protected_table_says_who_reads_and_who_writes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, array_agg(cmd) FROM pg_policies WHERE schemaname = 'public' GROUP BY 1")
        commands = dict(cursor.fetchall())

    for name in (name for name, protected in tables().items() if protected):
        assert {"SELECT", "ALL"} & set(commands.get(name, [])), f"{name} can be read by nobody"


@pytest.mark.django_db
def test_the_application_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolsuper, r.rolbypassrls, r.rolcreatedb, r.rolcreaterole,"
            " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) FROM pg_roles r WHERE r.rolname = current_user"
        )
        row = cursor.fetchone()

    assert row == (False, False, False, False, 0)


@pytest.mark.django_db
def test_definer_functions_fix_their_search_path_and_are_not_everybodys() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.proconfig, has_function_privilege('public', p.oid, 'EXECUTE') FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'samlos' AND p.prosecdef"
        )
        functions = cursor.fetchall()

    assert functions
    for name, settings, everybodys in functions:
        assert any(setting.startswith("search_path=") for setting in settings or []), name
        assert not everybodys, name


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["cases_case", "cases_person", "cases_entry", "cases_caseaccess", "consent_consent"])
def test_without_a_context_there_are_no_rows(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 (a name from this file)
        assert cursor.fetchone() == (0,)
