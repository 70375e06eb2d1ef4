"""`manage.py access`: why somebody sees a case, which clause says no, and whether the access table is right."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Membership
from audit import clock, context
from audit.models import Event
from cases import grants, jobs
from cases.enums import ProtectionOutcome
from cases.models import Case, CaseAccess, Person, ProtectionChange
from cases.services import access_at, access_verified, assignments, conflicts
from cases.services.access_verified import ACCESS_DIFFERS, differences
from reminders.models import Reminder
from reminders.services import reminders_for
from tests import databases, stories
from tests.cast import MEMBERS, Cast, acting_as
from tests.consent import test_disclose as disclosing


@pytest.fixture
def as_owner(owner_url: str, own_database: str) -> Iterator[Callable[[], None]]:
    """From the call on the test asks as the database's owner, as the command does; undone afterwards."""
    wrapper = connections["default"]
    before = wrapper.settings_dict

    def become() -> None:
        owner = psycopg.conninfo.conninfo_to_dict(owner_url)
        wrapper.close()
        wrapper.settings_dict = before | {"USER": owner["user"], "PASSWORD": owner.get("password", "")}

    yield become
    wrapper.close()
    wrapper.settings_dict = before


@pytest.fixture
def tampering(owner_url: str, own_database: str) -> Iterator[psycopg.Connection]:
    """The owner's own connection to the test's database: what somebody with all rights could do."""
    with databases.connect(owner_url, own_database) as connection:
        yield connection


def asked(*words: str) -> str:
    out = StringIO()
    call_command("access", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def explained(cast: Cast, who: str, case: Case, *more: str) -> dict[str, Any]:
    answer = asked("explain", "--user", MEMBERS[who].email, "--case", str(case.number or case.pk), "--json", *more)
    found: dict[str, Any] = json.loads(answer)
    return found


# --- explain ---------------------------------------------------------------------------------------------------------


def test_it_answers_each_part_with_the_right_its_source_the_givers_and_the_dates(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.ingrid):
        consent = case.consents.get()
    as_owner()

    found = explained(cast, "nils", case)

    assert set(found) == {"allowed", "parts", "denied_because"}
    assert found["allowed"] is True and found["denied_because"] == ""
    assert set(found["parts"]) == {"core", "economy"}
    (right,) = found["parts"]["economy"]
    assert right == {
        "reason": "consent",
        "source": f"consent:{consent.pk}",
        "givers": ["hvk-ost", "nav"],
        "valid_from": right["valid_from"],
        "valid_until": right["valid_until"],
    }
    assert dt.datetime.fromisoformat(right["valid_from"]) == consent.valid_from
    assert dt.datetime.fromisoformat(right["valid_until"]) == consent.valid_until


def test_the_lead_sees_what_it_wrote_and_what_it_received_and_the_two_are_told_apart(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    case = stories.assigned(cast)
    as_owner()

    rights = explained(cast, "ingrid", case)["parts"]["health"]

    assert [right["reason"] for right in rights] == ["lead", "lead"]
    assert [right["givers"] for right in rights] == [["hvk-ost"], ["intake", "police-analysis"]]
    assert [right["source"].endswith("#received") for right in rights] == [False, True]


@pytest.mark.parametrize("story", [stories.received, stories.assigned, stories.consented, stories.revoked])
def test_now_it_says_of_everybody_what_the_rule_itself_says(
    cast: Cast, as_owner: Callable[[], None], story: Callable[[Cast], Case]
) -> None:
    case = story(cast)
    everyone = cast.everyone()
    seen, parts = {}, {}
    for key, actor in everyone.items():
        with acting_as(actor):
            seen[key] = Case.objects.visible_to(actor).filter(pk=case.pk).exists()
            lines = CaseAccess.objects.in_force_for(actor).filter(case=case).values_list("parts", flat=True)
            parts[key] = {part for line in lines for part in line} if seen[key] else set()
    as_owner()

    with context.acting(user_id=None, agency_id=None):
        case = Case.objects.select_related("person").get(pk=case.pk)
        answers = {
            key: access_at.answer(actor.user, case, at=clock.now(), agency=actor.agency)
            for key, actor in everyone.items()
        }

    assert {key: found.allowed for key, found in answers.items()} == seen
    assert {key: set(found.parts) for key, found in answers.items()} == parts
    assert any(seen.values()) and not all(seen.values())


REFUSED = {
    "aksel": "role",  # an analyst follows reports by their receipts
    "pia": "role",  # a privacy officer sees no cases
    "oda": "assignment",  # the colleague who does not have the case
    "vidar": "right",  # the manager of an office that has no right
}


def test_a_refusal_names_the_first_clause_that_fails(cast: Cast, as_owner: Callable[[], None]) -> None:
    case = stories.assigned(cast)
    as_owner()

    for who, clause in REFUSED.items():
        found = explained(cast, who, case)
        assert found["allowed"] is False and found["parts"] == {}
        assert found["denied_because"].startswith(f"{clause}: ")
        assert len(found["denied_because"]) > len(clause) + 20, "in plain words too"


def test_a_declared_conflict_is_why_not_from_the_instant_it_was_declared(
    cast: Cast, as_owner: Callable[[], None], shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    before = clock.now()
    shift_clock(hours=2)
    with acting_as(cast.mona):
        conflicts.declare(case, by=cast.mona)
    as_owner()

    now = explained(cast, "mona", case)
    then = explained(cast, "mona", case, "--at", before.isoformat())

    assert now["denied_because"].startswith("conflict: ")
    assert then["allowed"] is True


def test_an_ended_conflict_counts_for_the_time_it_was_in_force_alone(
    cast: Cast, as_owner: Callable[[], None], tampering: psycopg.Connection, shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        conflicts.declare(case, by=cast.mona)
    declared = clock.now()
    ended = declared + dt.timedelta(hours=1)
    tampering.execute("ALTER TABLE cases_conflict DISABLE TRIGGER USER")
    tampering.execute("UPDATE cases_conflict SET ended_at = %s", [ended])
    tampering.execute("ALTER TABLE cases_conflict ENABLE TRIGGER USER")
    shift_clock(hours=3)
    as_owner()

    last = explained(cast, "mona", case, "--at", (ended - dt.timedelta(microseconds=1)).isoformat())
    after = explained(cast, "mona", case, "--at", ended.isoformat())

    assert last["denied_because"].startswith("conflict: ")
    assert after["allowed"] is True


def test_assignments_and_consents_are_asked_as_they_were(
    cast: Cast, as_owner: Callable[[], None], shift_clock: Callable[..., None]
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)
    assigned = clock.now()
    shift_clock(hours=1)
    with acting_as(cast.nils):
        grants.unassign(case, cast.nora.user, by=cast.nils)
    shift_clock(hours=2)
    stories.revoked(cast, case)
    shift_clock(hours=3)
    as_owner()

    assert explained(cast, "nora", case)["denied_because"].startswith("assignment: ")
    assert explained(cast, "nils", case)["denied_because"].startswith("right: ")
    at_the_time = explained(cast, "nora", case, "--at", (assigned + dt.timedelta(seconds=1)).isoformat())
    assert set(at_the_time["parts"]) == {"core", "economy"}
    before_all = (assigned - dt.timedelta(days=300)).isoformat()
    assert explained(cast, "nils", case, "--at", before_all)["allowed"] is False


def test_a_right_ends_at_the_instant_it_ends_and_not_a_microsecond_sooner(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.ingrid):
        end = case.consents.get().valid_until
    as_owner()

    last = explained(cast, "nils", case, "--at", (end - dt.timedelta(microseconds=1)).isoformat())
    after = explained(cast, "nils", case, "--at", end.isoformat())

    assert last["allowed"] is True
    assert after["denied_because"].startswith("right: ")


def test_a_disclosure_names_the_agency_that_shared(cast: Cast, as_owner: Callable[[], None]) -> None:
    case = stories.assigned(cast)
    shared = disclosing.disclosed(cast, case, parts=("housing",))
    reader = _manager_of(cast, shared.recipient.slug)
    as_owner()

    with context.acting(user_id=None, agency_id=None):
        found = access_at.answer(reader.user, Case.objects.get(pk=case.pk), at=clock.now())

    (right,) = found.parts[Part.HOUSING]
    assert (right.reason, right.givers, right.source) == ("disclosure", ("hvk-ost",), f"disclosure:{shared.pk}")


def test_who_is_not_cleared_for_the_protection_is_told_so_before_the_right_is_asked(
    cast: Cast, as_owner: Callable[[], None], tampering: psycopg.Connection
) -> None:
    case = stories.assigned(cast)
    tampering.execute("ALTER TABLE cases_person DISABLE TRIGGER USER")
    tampering.execute(
        "UPDATE cases_person SET protection_level = %s WHERE case_id = %s",
        [ProtectionLevel.STRICTLY_CONFIDENTIAL, case.pk],
    )
    tampering.execute("ALTER TABLE cases_person ENABLE TRIGGER USER")
    as_owner()

    found = explained(cast, "ingrid", case)

    assert found["denied_because"].startswith("protection_level: ")


def test_the_protection_is_asked_as_it_was_raised_and_lowered(
    cast: Cast, as_owner: Callable[[], None], shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    before = clock.now()
    shift_clock(hours=1)
    with acting_as(cast.ingrid):
        ProtectionChange.objects.create(
            case=case,
            author_agency=cast.ingrid.agency,
            from_level=ProtectionLevel.NONE,
            to_level=ProtectionLevel.STRICTLY_CONFIDENTIAL,
            reason="Truet av en tidligere venn.",
            requested_by=cast.ingrid.user,
            requested_at=clock.now(),
            outcome=ProtectionOutcome.RAISED,
        )
        Person.objects.filter(case=case).update(protection_level=ProtectionLevel.STRICTLY_CONFIDENTIAL)
    raised = clock.now()
    as_owner()

    assert explained(cast, "ingrid", case)["denied_because"].startswith("protection_level: ")
    assert explained(cast, "ingrid", case, "--at", before.isoformat())["allowed"] is True
    assert explained(cast, "ingrid", case, "--at", raised.isoformat())["allowed"] is False


def test_a_membership_counts_from_its_first_instant_until_its_end(
    cast: Cast, as_owner: Callable[[], None], tampering: psycopg.Connection
) -> None:
    case = stories.assigned(cast)
    ends = clock.now() + dt.timedelta(days=2)
    tampering.execute("UPDATE agencies_membership SET valid_until = %s WHERE user_id = %s", [ends, cast.mona.user.pk])
    as_owner()

    last = explained(cast, "mona", case, "--at", (ends - dt.timedelta(microseconds=1)).isoformat())
    after = explained(cast, "mona", case, "--at", ends.isoformat())

    assert last["allowed"] is True
    assert after["denied_because"].startswith("membership: ")


def test_a_closed_account_sees_nothing_now_and_what_it_saw_then_is_still_known(
    cast: Cast, as_owner: Callable[[], None], tampering: psycopg.Connection, shift_clock: Callable[..., None]
) -> None:
    case = stories.assigned(cast)
    before = clock.now()
    shift_clock(hours=1)
    tampering.execute("UPDATE agencies_user SET is_active = false WHERE id = %s", [cast.mona.user.pk])
    as_owner()

    assert explained(cast, "mona", case)["denied_because"].startswith("account: ")
    assert explained(cast, "mona", case, "--at", before.isoformat())["allowed"] is True


def test_who_works_in_two_agencies_is_asked_for_each_and_can_be_asked_for_one(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    blind, seen = MEMBERS["tove"].agencies
    case = stories.consented(cast, scopes={seen: [Part.HEALTH]}, forum=())
    with acting_as(_manager_of(cast, seen)):
        assignments.assign(case, user=cast.acting_for("tove", seen).user, by=_manager_of(cast, seen))
    as_owner()

    either, first, second = (
        explained(cast, "tove", case, *more) for more in ((), ("--agency", seen), ("--agency", blind))
    )

    assert either == first and set(first["parts"]) == {"core", "health"}
    assert second["allowed"] is False


def _manager_of(cast: Cast, slug: str) -> Any:
    return getattr(
        cast, next(key for key, one in MEMBERS.items() if one.agencies == (slug,) and one.role == Role.MANAGER)
    )


def test_each_question_is_an_event_of_the_agency_that_leads_the_case(cast: Cast, as_owner: Callable[[], None]) -> None:
    case = stories.assigned(cast)
    as_owner()

    explained(cast, "oda", case)

    with context.acting(user_id=None, agency_id=None):
        event = Event.objects.get(kind="access.explained")
        assert (event.agency_id, event.case_id, event.user_id) == (cast.mona.agency.pk, case.pk, None)
        assert (event.object_id, event.basis, event.outcome) == (str(cast.oda.user.pk), "assignment", "refused")


WRONG = [
    ("--user", "nobody@samlos.example", "--case", "{number}"),
    ("--user", "{ingrid}", "--case", "26-9999"),
    ("--user", "{ingrid}", "--case", "not a number"),
    ("--user", "{ingrid}", "--case", "{number}", "--at", "yesterday"),
    ("--user", "{ingrid}", "--case", "{number}", "--at", "2026-02-30"),
    ("--user", "{ingrid}", "--case", "{number}", "--at", "0001-01-01T00:00"),
    ("--user", "{ingrid}", "--case", "{number}", "--agency", "nowhere"),
]


def test_a_question_about_nothing_is_answered_with_one_sentence_and_exit_code_2(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    case = stories.assigned(cast)
    as_owner()

    for words in WRONG:
        filled = [word.format(number=case.number, ingrid=MEMBERS["ingrid"].email) for word in words]
        with pytest.raises(CommandError) as stopped:
            asked("explain", *filled)
        assert stopped.value.returncode == 2, words
        assert str(stopped.value).endswith(".") and "\n" not in str(stopped.value)
    with context.acting(user_id=None, agency_id=None):
        assert not Event.objects.filter(kind="access.explained").exists()


def test_a_case_without_a_number_is_named_by_its_id_and_words_are_printed_for_people(
    cast: Cast, as_owner: Callable[[], None]
) -> None:
    case = stories.received(cast)
    as_owner()

    printed = asked("explain", "--user", MEMBERS["rune"].email, "--case", str(case.pk))
    refused = asked("explain", "--user", MEMBERS["vidar"].email, "--case", str(case.pk))

    assert printed.startswith("Allowed.\ncore:\n  lead ")
    assert refused.startswith("Not allowed. right: ")


def test_the_application_itself_cannot_ask_about_others(own_database: str, cast: Cast) -> None:
    case = stories.assigned(cast)

    with pytest.raises(CommandError, match="No case"):
        asked("explain", "--user", MEMBERS["ingrid"].email, "--case", str(case.number))


# --- verify ----------------------------------------------------------------------------------------------------------

TAMPER = "UPDATE cases_caseaccess a"
COLUMNS = {
    "case_id": "(SELECT id FROM cases_case WHERE id <> a.case_id LIMIT 1)",
    "agency_id": "(SELECT group_id FROM agencies_agency WHERE slug = 'probation')",
    "user_id": "(SELECT min(id) FROM agencies_user)",
    "parts": "a.parts || 'child_welfare'::varchar",
    "givers": "a.givers || -1",
    "received_only": "NOT a.received_only",
    "reason": "'disclosure'",
    "source_type": "'disclosure'",
    "source_id": "gen_random_uuid()",
    "line": "a.line + 7",
    "valid_from": "a.valid_from - interval '1 microsecond'",
    "valid_until": "a.valid_until + interval '1 microsecond'",
}


def test_every_column_of_a_right_is_compared() -> None:
    """A column added to the table must be tampered with below."""
    known = {field.column for field in CaseAccess._meta.concrete_fields}

    assert known - set(COLUMNS) == {"id", "activity_at"}, "an id is no right, and activity only orders lists"


def test_all_is_well_in_an_untouched_database_and_verify_says_so(own_database: str, cast: Cast) -> None:
    stories.revoked(cast)
    stories.collaborating(cast)

    assert differences() == []
    assert json.loads(asked("verify", "--json")) == {"consistent": True, "differences": []}
    assert "what the specification says" in asked("verify")


def test_one_column_changed_behind_the_triggers_is_found_whichever_it_is_and_put_right(
    cast: Cast, tampering: psycopg.Connection
) -> None:
    stories.assigned(cast)
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    identifying = {"agency_id", "reason", "source_type", "source_id", "line"}

    for column, tampered in COLUMNS.items():
        with tampering.transaction(force_rollback=True):
            tampering.execute(f"{TAMPER} SET {column} = {tampered} WHERE a.reason = 'consent' AND a.line = 0")
            found = tampering.execute("SELECT difference, columns FROM samlos.access_differences()").fetchall()
            tampering.execute("SELECT samlos.rederive(ARRAY[%s]::uuid[])", [case.pk])
            left = tampering.execute("SELECT difference, columns FROM samlos.access_differences()").fetchall()
        expected = [("missing", []), ("unfounded", [])] if column in identifying else [("changed", [column])]
        assert sorted(found) == expected, column
        assert left == [], column


def test_truth_changed_with_its_triggers_off_is_found_in_both_directions(
    cast: Cast, tampering: psycopg.Connection
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    tampering.execute("ALTER TABLE consent_consent DISABLE TRIGGER USER")
    tampering.execute("UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'revoked'")
    tampering.execute("ALTER TABLE consent_consent ENABLE TRIGGER USER")

    assert [(one.case_id, one.columns) for one in differences()] == [(case.pk, ("valid_until",))]

    tampering.execute("DELETE FROM cases_caseaccess WHERE reason = 'consent'")
    assert [one.difference for one in differences([case.pk])] == ["missing"]

    tampering.execute("SELECT samlos.rederive(ARRAY[%s]::uuid[])", [case.pk])
    assert differences() == []


def test_a_difference_is_an_alarm_with_ids_alone_and_a_failing_command(
    cast: Cast, tampering: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    tampering.execute("UPDATE cases_caseaccess SET parts = parts || 'health'::varchar WHERE reason = 'consent'")
    out = StringIO()

    with caplog.at_level(logging.CRITICAL), pytest.raises(CommandError) as stopped:
        call_command("access", "verify", "--json", stdout=out, stderr=StringIO())

    (row,) = json.loads(out.getvalue())["differences"]
    assert stopped.value.returncode == 1
    assert (row["case_id"], row["columns"], row["difference"]) == (str(case.pk), ["parts"], "changed")
    (alarm,) = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert str(case.pk) in alarm.getMessage() and "Prøvedal" not in alarm.getMessage()


def test_the_nightly_job_tells_privacy_officer_and_administrator_without_saying_which_case(
    cast: Cast, tampering: psycopg.Connection
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    tampering.execute("UPDATE cases_caseaccess SET valid_until = NULL WHERE reason = 'consent'")

    jobs.verify_access()
    jobs.verify_access()

    concerned = [cast.agency("hvk-ost"), cast.agency("nav")]
    answering = (Role.PRIVACY_OFFICER, Role.AGENCY_ADMINISTRATOR)
    there = Membership.objects.in_force().filter(agency__in=concerned, role__in=answering)
    rows = Reminder.objects.filter(kind=ACCESS_DIFFERS)
    assert set(rows.values_list("recipient", flat=True)) <= set(there.values_list("user", flat=True))
    assert rows.filter(recipient=cast.pia.user).count() == 1, "said once a day"
    with acting_as(cast.pia):
        (shown,) = [row for row in reminders_for(cast.pia) if row.kind == ACCESS_DIFFERS]
        assert Event.objects.filter(kind="access.differs").count() == 2
    assert str(case.number) not in f"{shown.title} {shown.words}"

    tampering.execute("SELECT samlos.rederive(ARRAY[%s]::uuid[])", [case.pk])
    with acting_as(cast.pia):
        assert [row for row in reminders_for(cast.pia) if row.kind == ACCESS_DIFFERS] == []


def test_beat_wakes_the_comparison_every_night_at_a_quarter_past_two(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["verify-access"]

    assert entry["task"] == jobs.verify_access.name
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({2}, {15})


def test_nobody_else_in_the_agency_is_told_of_a_difference(cast: Cast, tampering: psycopg.Connection) -> None:
    case = stories.assigned(cast)
    tampering.execute("UPDATE cases_caseaccess SET line = line + 50 WHERE case_id = %s", [case.pk])

    assert access_verified.verify()

    with acting_as(cast.mona):
        assert jobs.DIFFERS_RULE.to_tell([case.pk], cast.mona) == {}
    with acting_as(cast.pia):
        assert set(jobs.DIFFERS_RULE.to_tell([case.pk], cast.pia)) == {case.pk}
