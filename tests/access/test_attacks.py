"""What an attacker with the application's role tried: each was once a hole, and stays closed."""

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from agencies.enums import AgencyKind, Part
from agencies.models import Agency, Municipality
from audit import context
from cases import grants
from cases.enums import Answer
from cases.models import Case, PersonLink
from cases.services.access_explained import explain
from tests import stories
from tests.access.attacks import changed, refuses, rows, written
from tests.cast import Cast, acting_as
from tests.people import administrators

SCOPES = {
    "hvk-ost": (Part.ECONOMY,),
    "nav": (Part.ECONOMY, Part.OCCUPATION_SCHOOL),
    "mental-health": (Part.HEALTH,),
}


@pytest.fixture
def case(cast: Cast) -> Case:
    """NAV and mental health take part by consent; the working group is the SLT office, the lead and NAV."""
    return stories.consented(cast, scopes=SCOPES, forum={"slt", "hvk-ost", "nav"})


# --- taking over ---------------------------------------------------------------------------------------------------


def test_the_application_cannot_hang_the_owners_trigger_functions_on_a_table_of_its_own(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'samlos'"
            " AND p.prorettype = 'trigger'::regtype AND has_function_privilege(current_user, p.oid, 'EXECUTE')"
        )
        assert cursor.fetchall() == []


def test_a_temporary_table_gives_nobody_the_lead_of_a_case(cast: Cast, case: Case) -> None:
    with acting_as(cast.vidar):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE bait (id uuid, lead_agency_id integer) ON COMMIT DROP")
                cursor.execute(
                    "CREATE TRIGGER steal AFTER UPDATE ON bait FOR EACH ROW EXECUTE FUNCTION samlos.lead_changed()"
                )
                cursor.execute("INSERT INTO bait VALUES (%s, 0)", [case.pk])
                cursor.execute("UPDATE bait SET lead_agency_id = %s", [cast.vidar.agency.pk])
        except DatabaseError:
            pass
        assert not Case.objects.visible_to(cast.vidar).filter(pk=case.pk).exists()


def test_a_temporary_table_runs_no_sql_as_the_owner(cast: Cast, case: Case) -> None:
    stolen = "(SELECT format('%s', family_name)::uuid FROM cases_person LIMIT 1)"
    message = ""
    with acting_as(cast.vidar):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE bait (case_id uuid) ON COMMIT DROP")
                cursor.execute(
                    "CREATE TRIGGER steal AFTER INSERT ON bait REFERENCING NEW TABLE AS new_rows"
                    f" FOR EACH STATEMENT EXECUTE FUNCTION samlos.rederive_after($${stolen}$$)"
                )
                cursor.execute("INSERT INTO bait VALUES (NULL)")
        except DatabaseError as error:
            message = str(error)
    assert "Prøvedal" not in message


# --- purge -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("U23-10")
def test_a_lead_cannot_put_its_case_back_to_received_and_purge_it(cast: Cast, case: Case) -> None:
    with acting_as(cast.mona):
        changed(cast.mona, "UPDATE cases_case SET state = 'received' WHERE id = %s", [case.pk])
        assert rows(cast.mona, "SELECT samlos.purge_case(%s)", [case.pk]) == [(False,)]


def test_no_office_but_intake_purges_a_report(cast: Cast) -> None:
    waiting = stories.routed(cast)
    changed(cast.mona, "UPDATE cases_case SET state = 'submitted' WHERE id = %s", [waiting.pk])

    assert rows(cast.mona, "SELECT samlos.purge_case(%s)", [waiting.pk]) == [(False,)]


# --- disclosures -------------------------------------------------------------------------------------------------


DISCLOSE = """INSERT INTO consent_disclosure (id, case_id, author_agency_id, author_id, recipient_id, parts, includes_report,
    legal_basis, facts, necessity, proportionality, benefit, why_not_consent, why_not_anonymous, decided_by,
    subject_informed, why_not_informed, despite_objection, approved_by_id, approved_at, recorded_at, valid_from,
    valid_until_date, valid_until)
    VALUES (gen_random_uuid(), %(case)s, %(author)s, %(user)s, %(recipient)s, %(parts)s, %(report)s, 'X', '', '', '', '',
    '', '', '', true, '', %(objection)s, %(approver)s, CASE WHEN %(approver)s::bigint IS NULL THEN NULL ELSE samlos.now() END,
    samlos.now(), samlos.now(), '2040-01-01', '2040-01-01')"""


def _disclosure(cast: Cast, case: Case, who: str, recipient: str, **changes: object) -> dict[str, object]:
    actor = getattr(cast, who)
    return {
        "case": case.pk,
        "author": actor.agency.pk,
        "user": actor.user.pk,
        "recipient": cast.agency(recipient).pk,
        "parts": ["crime", "contact", "substance_use"],
        "report": False,
        "objection": "",
        "approver": None,
    } | changes


@pytest.mark.req("U23-11")
def test_an_agency_that_never_got_the_report_hands_no_copy_of_it_to_another(cast: Cast, case: Case) -> None:
    changed(cast.nora, DISCLOSE, _disclosure(cast, case, "nora", "stavne", report=True))

    assert rows(cast.stine, "SELECT text FROM cases_reportinformation WHERE case_id = %s", [case.pk]) == []


def test_nobody_records_a_disclosure_that_another_is_said_to_have_approved(cast: Cast, case: Case) -> None:
    forged = _disclosure(cast, case, "nora", "stavne", objection="Tross nei", approver=cast.nils.user.pk)

    assert changed(cast.nora, DISCLOSE, forged) == 0


def test_the_second_person_is_the_one_who_approves(cast: Cast, case: Case) -> None:
    changed(cast.nora, DISCLOSE, _disclosure(cast, case, "nora", "stavne", objection="Tross nei"))

    refuses(
        cast.nora,
        "UPDATE consent_disclosure SET approved_by_id = %s, approved_at = samlos.now() WHERE case_id = %s",
        [cast.nils.user.pk, case.pk],
    )


def test_a_lead_approves_no_other_agencys_disclosure(cast: Cast, case: Case) -> None:
    changed(cast.nora, DISCLOSE, _disclosure(cast, case, "nora", "stavne", objection="Tross nei"))

    refuses(
        cast.mona,
        "UPDATE consent_disclosure SET approved_by_id = %s, approved_at = samlos.now() WHERE case_id = %s",
        [cast.mona.user.pk, case.pk],
    )


# --- consents --------------------------------------------------------------------------------------------------------


@pytest.mark.req("SIG-59")
def test_a_signed_consent_is_not_widened_afterwards(own_database: str, cast: Cast) -> None:
    case = stories.consented(cast, scopes=SCOPES, forum={"slt", "hvk-ost", "nav"})
    refuses(
        cast.ingrid,
        "INSERT INTO consent_consentscope (consent_id, agency_id, part)"
        " SELECT id, %s, 'health' FROM consent_consent WHERE case_id = %s",
        [cast.ingrid.agency.pk, case.pk],
    )


def test_the_end_of_a_consent_is_when_it_is_written_down_and_not_before(cast: Cast, case: Case) -> None:
    refuses(
        cast.ingrid,
        "UPDATE consent_consent SET ended_at = valid_from - interval '1 day', end_reason = 'revoked' WHERE case_id = %s",
        [case.pk],
    )


# --- moving and forging content --------------------------------------------------------------------------------------


def test_nobody_moves_its_own_words_into_a_case_it_has_no_right_to(cast: Cast, case: Case) -> None:
    other = stories.assigned(cast)
    written(cast.nora, case, Part.ECONOMY, "Plantet")

    refuses(cast.nora, "UPDATE cases_entry SET case_id = %s WHERE case_id = %s", [other.pk, case.pk])


def test_a_line_of_the_timeline_is_never_rewritten(cast: Cast, case: Case) -> None:
    written(cast.nora, case, Part.ECONOMY, "Det vi skrev.")

    refuses(cast.nora, "UPDATE cases_entry SET text = 'Noe annet' WHERE case_id = %s AND text <> ''", [case.pk])


def test_an_agency_whose_consent_has_ended_changes_nothing_in_the_case(cast: Cast, case: Case) -> None:
    written(cast.nora, case, Part.ECONOMY, "Det vi skrev.")
    stories.revoked(cast, case)

    refuses(cast.nora, "UPDATE cases_entry SET part = 'core' WHERE case_id = %s", [case.pk])


@pytest.mark.req("U23-08")
def test_the_sender_cannot_change_its_report_when_it_is_handed_in(cast: Cast) -> None:
    sent = stories.received(cast)

    refuses(cast.aksel, "UPDATE cases_reportinformation SET text = 'Noe annet' WHERE case_id = %s", [sent.pk])


def test_the_lead_cannot_rewrite_the_report_it_received(cast: Cast, case: Case) -> None:
    refuses(cast.mona, "UPDATE cases_reportinformation SET text = 'Noe annet' WHERE case_id = %s", [case.pk])
    refuses(cast.mona, "UPDATE cases_concernreport SET crime = NOT crime WHERE case_id = %s", [case.pk])


PLANT = """INSERT INTO cases_personcontact (id, case_id, part, author_agency_id, created_at, kind, street, postal_code, city,
    phone) VALUES (gen_random_uuid(), %s, 'contact', %s, samlos.now(), 'stated', 'Skjulveien 1', '7031', 'Fjordvik', '')"""


def test_the_lead_cannot_make_itself_the_author_of_what_it_did_not_receive(cast: Cast, case: Case) -> None:
    changed(cast.nora, PLANT, [case.pk, cast.nora.agency.pk])
    changed(cast.mona, "UPDATE cases_personcontact SET author_agency_id = %s", [cast.mona.agency.pk])

    assert rows(cast.mona, "SELECT 1 FROM cases_personcontact WHERE street = 'Skjulveien 1'") == []


def test_only_the_sender_or_the_lead_adds_to_what_was_received(cast: Cast, case: Case) -> None:
    refuses(cast.nora, PLANT, [case.pk, cast.nora.agency.pk])


def test_nobody_corrects_another_agencys_words(cast: Cast, case: Case) -> None:
    entry = written(cast.ingrid, case, Part.ECONOMY, "Slik var det.")

    refuses(
        cast.nora,
        "INSERT INTO cases_entry (id, case_id, part, author_agency_id, created_at, kind, text, occurred_at, source_type,"
        " supersedes_id) VALUES (gen_random_uuid(), %s, 'economy', %s, samlos.now(), 'note', 'Nei', samlos.now(), '', %s)",
        [case.pk, cast.nora.agency.pk, entry.pk],
    )


# --- facts and the case ------------------------------------------------------------------------------------------


def test_a_participant_neither_ends_nor_counts_the_facts_of_a_case(cast: Cast, case: Case) -> None:
    refuses(cast.nora, "UPDATE cases_fact SET ended_at = samlos.now()")


def test_a_participant_does_not_say_that_consent_was_given(cast: Cast, case: Case) -> None:
    refuses(
        cast.nora,
        "INSERT INTO cases_fact (id, case_id, kind, agency_id, established_at, source_type)"
        " VALUES (gen_random_uuid(), %s, 'told_of_report', %s, samlos.now(), '')",
        [case.pk, cast.nora.agency.pk],
    )


def test_a_participant_does_not_put_the_case_where_it_likes(cast: Cast, case: Case) -> None:
    refuses(cast.nora, "UPDATE cases_case SET state = 'declined' WHERE id = %s", [case.pk])
    refuses(cast.nora, "UPDATE cases_case SET due_at = NULL WHERE id = %s", [case.pk])


def test_nobody_opens_a_case_in_another_agencys_list(cast: Cast, case: Case) -> None:
    refuses(
        cast.nora,
        "INSERT INTO cases_case (id, programme_version_id, lead_agency_id, opened_by_agency_id, state, state_since,"
        " priority, opened_at, closing_reason, legal_hold)"
        " SELECT gen_random_uuid(), programme_version_id, %s, %s, 'submitted', samlos.now(), true, samlos.now(), '', false"
        " FROM cases_case WHERE id = %s",
        [cast.mona.agency.pk, cast.nora.agency.pk, case.pk],
    )


# --- working papers ----------------------------------------------------------------------------------------------


def test_a_participant_cannot_find_out_that_the_child_assessment_exists(cast: Cast) -> None:
    case = stories.reviewed(cast, has_children=Answer.YES)
    case = stories.consented(cast, stories.consent_pending(cast, stories.summoned(cast, case)), scopes=SCOPES, forum=())
    without = stories.consented(cast, scopes=SCOPES, forum=())
    probe = (
        "INSERT INTO cases_childreportassessment (case_id, author_agency_id, author_id, assessment) VALUES (%s, %s, %s, '')"
        " ON CONFLICT DO NOTHING"
    )

    def answer(target: Case) -> int:
        return changed(cast.nora, probe, [target.pk, cast.nora.agency.pk, cast.nora.user.pk])

    assert answer(case) == answer(without)


def test_a_participant_cannot_stand_in_the_way_of_the_leads_review(cast: Cast, case: Case) -> None:
    fresh = stories.assigned(cast)
    changed(cast.ingrid, DISCLOSE, _disclosure(cast, fresh, "ingrid", "nav"))

    refuses(
        cast.nora,
        "INSERT INTO cases_initialreview (case_id, author_agency_id, author_id, services, family, has_children, updated_at)"
        " VALUES (%s, %s, %s, '', '', '', samlos.now())",
        [fresh.pk, cast.nora.agency.pk, cast.nora.user.pk],
    )


# --- what functions and lines tell -----------------------------------------------------------------------------------


@pytest.mark.req("LIL-23")
def test_who_does_not_take_part_in_a_forum_is_not_told_who_does(cast: Cast, case: Case) -> None:
    assert rows(cast.siv, "SELECT agency_id FROM samlos.forum_participants(%s, 'working_group')", [case.pk]) == []


def test_a_right_that_has_ended_tells_of_no_later_activity(
    own_database: str, cast: Cast, shift_clock: Callable[..., None]
) -> None:
    case = stories.consented(cast, scopes=SCOPES, forum=())
    stories.revoked(cast, case)
    question = "SELECT max(activity_at) FROM cases_caseaccess WHERE case_id = %s"
    before = rows(cast.nora, question, [case.pk])
    shift_clock(hours=1)
    written(cast.ingrid, case, Part.ECONOMY, "Skrevet etter at samtykket tok slutt.")

    assert rows(cast.nora, question, [case.pk]) == before


def test_why_one_sees_a_case_does_not_say_who_else_takes_part(cast: Cast, case: Case) -> None:
    with acting_as(cast.siv):
        grants.assign(case, cast.siv.user, by=cast.siv)
        seen = Case.objects.select_related("person").get(pk=case.pk)
        said = " ".join(check.detail for check in explain(cast.siv, seen).checks)

    assert "NAV" not in said


@pytest.mark.parametrize("level", ["strictly_confidential", "fictitious_id"])
def test_who_is_most_protected_is_found_by_no_search(cast: Cast, case: Case, level: str) -> None:
    changed(cast.mona, "UPDATE cases_person SET protection_level = %s WHERE case_id = %s", [level, case.pk])

    assert rows(cast.mona, "SELECT case_id FROM samlos.search_people('prøvedal', 10)") == []


def test_nobody_knows_how_many_cases_there_are(cast: Cast, case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'"
            " AND n.nspname = 'public' AND c.relname ~ '^(cases|consent|meetings|actionplans)_'"
            " AND has_sequence_privilege(current_user, c.oid, 'SELECT')"
        )
        assert cursor.fetchall() == []


def test_a_convenor_counts_no_items_it_may_not_hear(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'meetings_caseitem' AND policyname = 'changeable'"
        )
        (condition,) = cursor.fetchone()
    assert "may_hear" in condition


def test_an_intake_office_reads_links_between_cases_it_received_and_no_others(cast: Cast, case: Case) -> None:
    second = stories.submitted(cast)
    link = "INSERT INTO cases_personlink (id, first_id, second_id, linked_by_id, linked_at) VALUES (gen_random_uuid(), %s, %s, %s, samlos.now())"
    changed(cast.rune, link, [case.pk, second.pk, cast.rune.user.pk])
    place = Municipality.objects.create(name="Nabovik", country="NO")
    elsewhere = Agency.objects.create(
        group=Group.objects.create(name="intake-nabovik"),
        municipality=place,
        slug="intake-nabovik",
        name="Mottaket i Nabovik",
        kind=AgencyKind.INTAKE_OFFICE,
        organisation_number="999999999",
    )

    with acting_as(cast.rune):
        assert PersonLink.objects.exists()
    with context.acting(user_id=cast.rune.user.pk, agency_id=elsewhere.pk):
        assert not PersonLink.objects.exists()


# --- the log -----------------------------------------------------------------------------------------------------


def test_the_time_of_an_event_is_the_databases(cast: Cast) -> None:
    refuses(
        cast.nora,
        "INSERT INTO audit_event (id, at, kind, outcome, user_id, agency_id, role, case_ids, parts, object_type, object_id,"
        " basis, purpose) VALUES (%s, '2020-01-01', 'case.read', 'allowed', %s, %s, '', '{}', '{}', '', '', '', '')",
        [uuid.uuid4(), cast.nora.user.pk, cast.nora.agency.pk],
    )


# --- the first lock --------------------------------------------------------------------------------------------------


def test_an_assignment_left_over_gives_a_role_without_cases_no_sight(cast: Cast, case: Case) -> None:
    left_over, _other = administrators(cast.mona.agency)
    with acting_as(cast.mona):
        grants.assign(case, left_over.user, by=cast.mona)

    with acting_as(left_over):
        assert not Case.objects.visible_to(left_over).filter(pk=case.pk).exists()


def test_the_working_papers_of_a_lead_are_reachable_by_no_past_lead_to_change(cast: Cast, case: Case) -> None:
    changed(
        cast.mona,
        "UPDATE cases_case SET lead_agency_id = %s WHERE id = %s",
        [cast.vidar.agency.pk, case.pk],
    )

    refuses(cast.mona, "UPDATE cases_initialreview SET services = 'Omskrevet' WHERE case_id = %s", [case.pk])
    refuses(cast.mona, "UPDATE cases_conversation SET note = 'Omskrevet' WHERE case_id = %s", [case.pk])


# --- left over by the first mending ----------------------------------------------------------------------------------


def test_when_consent_has_ended_an_agency_relabels_nothing_it_wrote(cast: Cast, case: Case) -> None:
    with acting_as(cast.nora), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_basicneed (id, case_id, part, author_agency_id, created_at, need, status, text)"
            " VALUES (gen_random_uuid(), %s, 'economy', %s, samlos.now(), 'economy', 'met', 'Slik var det.')",
            [case.pk, cast.nora.agency.pk],
        )
    stories.revoked(cast, case)

    refuses(cast.nora, "UPDATE cases_basicneed SET text = 'Noe annet', part = 'core'")


@pytest.mark.req("U23-07")
def test_a_lead_does_not_open_the_case_to_the_sender_again(cast: Cast, case: Case) -> None:
    changed(cast.mona, "UPDATE cases_case SET state = 'submitted' WHERE id = %s", [case.pk])

    assert rows(cast.aksel, "SELECT samlos.may_contribute(%s)", [case.pk]) == [(False,)]


def test_a_lead_neither_renumbers_a_case_nor_rewrites_who_opened_it(cast: Cast, case: Case) -> None:
    refuses(cast.mona, "UPDATE cases_case SET number = '99-9999'")
    refuses(cast.mona, "UPDATE cases_case SET opened_by_agency_id = %s", [cast.mona.agency.pk])


def test_a_lead_makes_no_fact_into_another(cast: Cast, case: Case) -> None:
    refuses(cast.mona, "UPDATE cases_fact SET kind = 'basic_needs_assessed' WHERE kind = 'told_of_report'")


def test_a_lead_declares_nobody_else_disqualified(cast: Cast, case: Case) -> None:
    with acting_as(cast.oda), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_conflict (id, case_id, user_id, declared_at) VALUES (gen_random_uuid(), %s, %s, samlos.now())",
            [case.pk, cast.oda.user.pk],
        )
    refuses(cast.mona, "UPDATE cases_conflict SET user_id = %s", [cast.ingrid.user.pk])


def test_who_assigned_somebody_is_who_did(cast: Cast, case: Case) -> None:
    refuses(
        cast.oda,
        "INSERT INTO cases_caseuserobjectpermission (permission_id, user_id, content_object_id, agency_id, assigned_by_id,"
        " assigned_at) VALUES (samlos.permission_id('work_on_case'), %s, %s, %s, %s, samlos.now())",
        [cast.oda.user.pk, case.pk, cast.oda.agency.pk, cast.mona.user.pk],
    )
