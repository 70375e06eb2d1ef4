"""What an agency reaches past every page and policy: SQL as the application's role, on behalf of one of the cast."""

import pytest
from django.db import DatabaseError, connection, transaction

from agencies.actors import Actor
from agencies.enums import Part
from audit.models import Event
from cases.models import Case, CaseAccess
from consent.models import Consent
from tests import stories
from tests.access.attacks import refuses, rows, written
from tests.cast import Cast, acting_as

SCOPES = {"hvk-ost": (Part.ECONOMY,), "nav": (Part.ECONOMY,), "mental-health": (Part.HEALTH,)}
# Tables of content, each with what it holds of this case.
TABLES = (
    "cases_case", "cases_person", "cases_personidentity", "cases_personcontact", "cases_concernreport",
    "cases_reportinformation", "cases_entry", "cases_fact", "cases_initialreview", "cases_conversation",
    "cases_caselead", "cases_caseaccess", "consent_consent", "consent_consentscope", "consent_signature",
)  # fmt: skip


@pytest.fixture
def case(cast: Cast) -> Case:
    """NAV and mental health take part by consent; the working group is the SLT office, the lead and NAV."""
    return stories.consented(cast, scopes=SCOPES, forum={"slt", "hvk-ost", "nav"})


def reached(actor: Actor, table: str) -> int:
    count: int
    ((count,),) = rows(actor, f"SELECT count(*) FROM {table}")  # noqa: S608 (a name from this file)
    return count


# --- who has no right --------------------------------------------------------------------------------------------


@pytest.mark.req("U23-21")
@pytest.mark.parametrize("table", TABLES)
def test_an_agency_outside_the_case_finds_nothing_of_it(cast: Cast, case: Case, table: str) -> None:
    assert reached(cast.vidar, table) == 0
    assert reached(cast.sara, table) == 0


@pytest.mark.req("U23-07")
@pytest.mark.parametrize("table", ["cases_case", "cases_person", "cases_entry", "cases_fact", "cases_caseaccess"])
def test_the_sender_of_a_report_does_not_read_on(cast: Cast, case: Case, table: str) -> None:
    assert reached(cast.aksel, table) == 0


@pytest.mark.req("U23-07")
def test_the_sender_finds_its_own_report_and_a_receipt_without_a_case(cast: Cast, case: Case) -> None:
    assert reached(cast.aksel, "cases_concernreport") == 1
    assert reached(cast.aksel, "cases_reportinformation") == 2
    assert rows(cast.aksel, "SELECT state FROM cases_reportreceipt") == [("forwarded",)]


@pytest.mark.req("U23-10")
@pytest.mark.parametrize("table", ["cases_case", "cases_person", "cases_concernreport", "cases_personcontact"])
def test_intake_loses_sight_when_it_routes(cast: Cast, table: str) -> None:
    waiting = stories.received(cast)
    assert reached(cast.rune, table) >= 1

    stories.routed(cast, waiting)

    assert reached(cast.rune, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_the_end_of_consent_takes_everything_with_it(cast: Cast, case: Case, table: str) -> None:
    stories.revoked(cast, case)

    if table != "cases_caseaccess":  # its own lines tell an agency what it once had
        assert reached(cast.nora, table) == 0


# --- what a right covers -------------------------------------------------------------------------------------------


def texts(actor: Actor) -> set[str]:
    return {text for (text,) in rows(actor, "SELECT text FROM cases_entry WHERE text <> ''")}


@pytest.mark.req("SIG-08")
def test_leading_is_not_owning(cast: Cast, case: Case) -> None:
    written(cast.siv, case, Part.HEALTH, "Det psykisk helse vet.")
    written(cast.nora, case, Part.ECONOMY, "Det NAV vet.")

    assert "Det psykisk helse vet." not in texts(cast.mona)
    assert "Det NAV vet." in texts(cast.mona)


def test_a_part_is_read_by_those_whose_box_is_ticked(cast: Cast, case: Case) -> None:
    written(cast.ingrid, case, Part.HEALTH, "Om helsen.")
    written(cast.ingrid, case, Part.ECONOMY, "Om økonomien.")

    assert texts(cast.siv) == {"Om helsen."}
    assert texts(cast.nora) == {"Om økonomien."}


def test_who_may_not_tell_is_not_heard(cast: Cast) -> None:
    case = stories.consented(cast, scopes=SCOPES, forum=(), givers={"hvk-ost"})
    written(cast.nora, case, Part.ECONOMY, "Det NAV vet.")
    written(cast.ingrid, case, Part.ECONOMY, "Det kontoret vet.")

    assert "Det NAV vet." not in texts(cast.mona)
    assert texts(cast.nora) == {"Det NAV vet.", "Det kontoret vet."}


@pytest.mark.req("LIL-23")
def test_a_seat_at_the_table_opens_no_part(cast: Cast, case: Case) -> None:
    written(cast.ingrid, case, Part.ECONOMY, "Om økonomien.")

    assert reached(cast.marte, "cases_person") == 1
    assert texts(cast.marte) == set()
    assert reached(cast.marte, "cases_concernreport") == 0


@pytest.mark.req("U23-13")
@pytest.mark.parametrize("table", ["cases_initialreview", "cases_conversation", "cases_childreportassessment"])
def test_the_leads_working_papers_are_its_own(cast: Cast, case: Case, table: str) -> None:
    assert reached(cast.nora, table) == 0
    assert reached(cast.siv, table) == 0


@pytest.mark.parametrize(
    "table", ["consent_consent", "consent_consentscope", "consent_consentforum", "consent_signature"]
)
def test_only_the_lead_reads_the_form(cast: Cast, case: Case, table: str) -> None:
    assert reached(cast.mona, table) >= 1
    assert reached(cast.nora, table) == 0


# --- the questions functions answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM samlos.case_readers(%s, samlos.now())",
        "SELECT * FROM samlos.cases_of_same_person(%s)",
        "SELECT * FROM samlos.would_hear(%s, 'working_group', '{economy}')",
    ],
)
def test_only_the_lead_is_told_who_may_know(cast: Cast, case: Case, question: str) -> None:
    for actor in (cast.nora, cast.vidar, cast.aksel, cast.rune):
        assert rows(actor, question, [case.pk]) == []


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM samlos.readers_shown(%s)",
        "SELECT * FROM samlos.people_behind_rights(%s, '{manager}', '{none}')",
        "SELECT * FROM samlos.forum_participants(%s, 'working_group')",
        "SELECT * FROM samlos.labels_once_known(ARRAY[%s]::uuid[])",
        "SELECT 1 WHERE samlos.leads(%s)",
        "SELECT 1 WHERE samlos.may_contribute(%s)",
        "SELECT 1 WHERE samlos.objection_known(%s)",
        "SELECT 1 WHERE samlos.purge_case(%s)",
        "SELECT 1 WHERE samlos.may_hear(%s, 'working_group', '{economy}', 1)",
    ],
)
def test_who_has_no_right_gets_the_answer_of_a_case_that_is_not_there(cast: Cast, case: Case, question: str) -> None:
    for actor in (cast.vidar, cast.aksel, cast.sara):
        assert rows(actor, question, [case.pk]) == []


def test_a_participant_is_shown_itself_and_the_lead_alone(cast: Cast, case: Case) -> None:
    shown = {agency for (agency,) in rows(cast.siv, "SELECT agency_id FROM samlos.readers_shown(%s)", [case.pk])}

    assert shown <= {cast.agency("mental-health").pk, cast.agency("hvk-ost").pk}


@pytest.mark.parametrize("words", ["Prøvedal", "26-0001", "%", "_"])
def test_a_search_finds_nothing_where_there_is_no_right(cast: Cast, case: Case, words: str) -> None:
    for actor in (cast.vidar, cast.aksel, cast.rune):
        assert rows(actor, "SELECT * FROM samlos.search_people(%s, 100)", [words]) == []
        assert rows(actor, "SELECT * FROM samlos.search_entries(%s, 100)", [words]) == []


# --- what nobody may write -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["cases_caseaccess", "cases_caselead", "cases_assignmentperiod"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET valid_until = NULL", "DELETE FROM {}"])
def test_what_the_database_derives_it_alone_writes(cast: Cast, case: Case, table: str, verb: str) -> None:
    with acting_as(cast.mona), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(verb.format(table))


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM cases_agencykey", "UPDATE cases_agencykey SET group_id = 1"],
)
def test_the_view_guardian_reads_takes_no_right_away(cast: Cast, case: Case, statement: str) -> None:
    with acting_as(cast.mona):
        before = CaseAccess.objects.count()
        with connection.cursor() as cursor:
            cursor.execute(statement)
        assert CaseAccess.objects.count() == before


@pytest.mark.parametrize(
    "verb",
    [
        "UPDATE audit_event SET kind = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_link SET position = 0",
        "INSERT INTO audit_link VALUES (0, 1, gen_random_uuid(), '')",
    ],
)
def test_nobody_changes_the_log(cast: Cast, verb: str) -> None:
    with (
        acting_as(cast.mona),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute(verb)


def test_nobody_writes_in_the_log_for_another(cast: Cast) -> None:
    statement = (
        "INSERT INTO audit_event (id, at, kind, outcome, user_id, agency_id, role, case_ids, parts, object_type, object_id,"
        " basis, purpose) VALUES (gen_random_uuid(), samlos.now(), 'case.read', 'allowed', %s, %s, '', '{}', '{}', '', '',"
        " '', '')"
    )
    refuses(cast.nora, statement, [cast.nils.user.pk, cast.nora.agency.pk])
    refuses(cast.nora, statement, [cast.nora.user.pk, cast.mona.agency.pk])


def test_an_agency_reads_its_own_log_alone(cast: Cast, case: Case) -> None:
    with acting_as(cast.nora):
        assert not Event.objects.exclude(agency_id=cast.nora.agency.pk).exists()


def test_nobody_writes_for_another_agency(cast: Cast, case: Case) -> None:
    refuses(
        cast.nora,
        "INSERT INTO cases_entry (id, case_id, part, author_agency_id, created_at, kind, text, occurred_at, source_type)"
        " VALUES (gen_random_uuid(), %s, 'economy', %s, samlos.now(), 'note', 'x', samlos.now(), '')",
        [case.pk, cast.mona.agency.pk],
    )


def test_nobody_writes_in_a_case_without_a_right(cast: Cast, case: Case) -> None:
    for actor in (cast.vidar, cast.aksel, cast.rune):
        refuses(
            actor,
            "INSERT INTO cases_entry (id, case_id, part, author_agency_id, created_at, kind, text, occurred_at,"
            " source_type) VALUES (gen_random_uuid(), %s, 'core', %s, samlos.now(), 'note', 'x', samlos.now(), '')",
            [case.pk, actor.agency.pk],
        )


def test_a_participant_takes_neither_the_lead_nor_the_hold_nor_the_number(cast: Cast, case: Case) -> None:
    for change in ("lead_agency_id = %s", "legal_hold = (%s > 0)", "number = (%s::int)::text"):
        refuses(cast.nora, f"UPDATE cases_case SET {change} WHERE id = '{case.pk}'", [cast.nora.agency.pk])  # noqa: S608


def test_a_participant_records_and_ends_no_consent(cast: Cast, case: Case) -> None:
    refuses(cast.nora, "UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'revoked'")
    with acting_as(cast.mona):
        consent = Consent.objects.get(case=case)
    refuses(
        cast.nora,
        "INSERT INTO consent_consentscope (consent_id, agency_id, part) VALUES (%s, %s, 'health')",
        [consent.pk, cast.nora.agency.pk],
    )


def test_nobody_recalls_the_end_of_a_consent(cast: Cast, case: Case) -> None:
    stories.revoked(cast, case)

    refuses(cast.mona, "UPDATE consent_consent SET ended_at = NULL, end_reason = ''")


@pytest.mark.req("SIG-54")
def test_a_legal_hold_stops_the_purge(cast: Cast) -> None:
    waiting = stories.received(cast)
    with acting_as(cast.rune):
        Case.objects.filter(pk=waiting.pk).update(legal_hold=True)

    assert rows(cast.rune, "SELECT samlos.purge_case(%s)", [waiting.pk]) == [(False,)]


# --- privileges ------------------------------------------------------------------------------------------------------

# The one protected row that is taken away as a row; its history is kept by the database.
TAKEN_AWAY = {"cases_caseuserobjectpermission", "cases_personlink"}


@pytest.mark.django_db
def test_no_protected_row_can_be_deleted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
            " AND c.relrowsecurity AND (has_table_privilege(current_user, c.oid, 'DELETE')"
            " OR has_table_privilege(current_user, c.oid, 'TRUNCATE'))"
        )
        assert {name for (name,) in cursor.fetchall()} <= TAKEN_AWAY


@pytest.mark.django_db
def test_the_schema_of_locks_holds_no_table_the_application_touches() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'samlos'"
            " AND c.relkind IN ('r', 'v') AND has_table_privilege(current_user, c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["rederive", "delete_with_dependents", "agency_hears", "forum_agencies"])
def test_what_only_functions_may_ask_the_application_may_not(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege(current_user, p.oid, 'EXECUTE') FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'samlos' AND p.proname = %s",
            [name],
        )
        assert cursor.fetchall() == [(False,)]


@pytest.mark.django_db
def test_the_application_makes_nothing_in_the_schemas() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_schema_privilege(current_user, 'public', 'CREATE'), has_schema_privilege(current_user, 'samlos', 'CREATE')"
        )
        assert cursor.fetchone() == (False, False)
