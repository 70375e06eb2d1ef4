"""What an attacker with the application's role tries with break-glass: every row is the database's own word (F-39)."""

import pytest
from django.db import DatabaseError, connection, transaction

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel
from cases.models import Case
from cases.services.names import sort_key
from consent import services
from consent.models import BreakGlass
from tests import stories
from tests.access.attacks import Values, changed, refuses, rows, written
from tests.cast import Cast, acting_as
from tests.consent.breaking import WHY, opened

OPEN = "SELECT samlos.open_glass(%(parts)s::varchar[], %(law)s, %(why)s, NULL, %(name)s, %(born)s)"
ROW = """INSERT INTO consent_breakglass (id, user_id, agency_id, case_id, outcome, parts, legal_basis, reason, valid_from,
    valid_until, verdict, review_note)
    VALUES (gen_random_uuid(), %(user)s, %(agency)s, %(case)s, 'opened', ARRAY['health'], %(law)s, 'Fordi jeg vil lese den nå.',
            samlos.now() - %(earlier)s::interval, samlos.now() + %(longer)s::interval, '', '')"""


@pytest.fixture
def case(cast: Cast) -> Case:
    """Mental health takes part by consent; outreach and NAV are outside."""
    case = stories.consented(cast, scopes={"hvk-ost": (Part.ECONOMY,), "mental-health": (Part.HEALTH,)}, forum=())
    written(cast.berit, case, Part.HEALTH, "Tidligere selvmordsforsøk.")
    return case


def asked(**other: object) -> dict[str, object]:
    about = stories.subject()
    known: dict[str, object] = {
        "parts": ["health"],
        "law": "NO-STRL-287",
        "why": WHY,
        "name": sort_key(about.given_name, about.family_name),
        "born": about.birth_date,
    }
    return known | other


def is_refused(actor: Actor, statement: str, values: Values) -> bool:
    """Whether the database refuses to answer it at all."""
    try:
        with acting_as(actor), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError:
        return True
    return False


def texts(actor: Actor) -> list[tuple[object, ...]]:
    return rows(actor, "SELECT text FROM cases_entry WHERE part = 'health' AND text <> ''")


# --- writing a row oneself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("longer", "earlier", "law", "whose"),
    [
        ("60 minutes", "0", "NO-STRL-287", "sara"),
        ("1 year", "0", "NO-STRL-287", "sara"),
        ("30 minutes", "30 minutes", "NO-STRL-287", "sara"),
        ("60 minutes", "0", "", "sara"),
        ("60 minutes", "0", "NO-STRL-287", "stine"),
    ],
    ids=["in order", "a year", "back-dated", "without law", "for another user"],
)
def test_no_row_is_written_but_by_the_function(
    cast: Cast, case: Case, longer: str, earlier: str, law: str, whose: str
) -> None:
    someone = getattr(cast, whose)
    values = {
        "user": someone.user.pk, "agency": someone.agency.pk, "case": case.pk,
        "law": law, "longer": longer, "earlier": earlier,
    }  # fmt: skip

    refuses(cast.sara, ROW, values)
    assert texts(cast.sara) == []


@pytest.mark.parametrize(
    "change",
    [
        "valid_until = valid_until + interval '1 year'",
        "valid_from = valid_from - interval '1 day'",
        "parts = ARRAY['health', 'crime', 'family']",
        "user_id = user_id + 1",
        "ended_at = NULL",
        "reason = 'Noe annet som er langt nok.'",
        "verdict = 'confirmed', reviewed_at = samlos.now(), reviewed_by_id = 1",
        "flagged_at = NULL",
    ],
)
def test_no_row_is_changed_afterwards(cast: Cast, case: Case, change: str) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    for actor in (cast.sara, cast.mona, cast.pia):
        refuses(actor, f"UPDATE consent_breakglass SET {change} WHERE id = %s", [glass.pk])  # noqa: S608 (of this file)


def test_no_row_is_taken_away_and_no_line_of_access_is_made(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    refuses(cast.sara, "DELETE FROM consent_breakglass WHERE id = %s", [glass.pk])
    refuses(cast.mona, "DELETE FROM consent_breakglass WHERE id = %s", [glass.pk])
    refuses(cast.sara, "UPDATE cases_caseaccess SET user_id = NULL WHERE case_id = %s", [case.pk])
    refuses(cast.sara, "DELETE FROM consent_blockedglass")


# --- asking the function for more than it gives ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"law": "NO-FVL-13"},
        {"law": "NO-PREG-27-4"},
        {"law": ""},
        {"why": "Haster."},
        {"why": " " * 40},
        {"why": None},
        {"parts": []},
        {"parts": ["core"]},
        {"parts": ["health", "everything"]},
        {"born": None},
        {"name": None},
    ],
)
def test_the_function_opens_nothing_without_law_reason_parts_and_one_whole_person(
    cast: Cast, case: Case, other: dict[str, object]
) -> None:
    assert is_refused(cast.sara, OPEN, asked(**other))
    assert texts(cast.sara) == []


def test_who_does_not_work_on_cases_is_refused_by_the_database_too(cast: Cast, case: Case) -> None:
    for actor in (cast.aksel, cast.pia, cast.arne):
        assert is_refused(actor, OPEN, asked())


def test_the_police_are_refused_health_by_the_database_too(cast: Cast, case: Case) -> None:
    assert is_refused(cast.leif, OPEN, asked(law="NO-STRL-196"))


def test_acting_for_an_agency_one_is_no_member_of_opens_nothing(cast: Cast, case: Case) -> None:
    class Forged:
        user, agency = cast.sara.user, cast.stine.agency

    assert is_refused(Forged, OPEN, asked())  # type: ignore[arg-type]


def test_wildcards_and_empty_names_find_nobody(cast: Cast, case: Case) -> None:
    for name in ("%", "_", "", "provedal%"):
        rows(cast.sara, OPEN, asked(name=name))

    assert texts(cast.sara) == []


def test_what_was_kept_from_somebody_is_unknown_to_them_and_to_their_privacy_officer(cast: Cast, case: Case) -> None:
    with acting_as(cast.ingrid):
        person = Case.objects.select_related("person").get(pk=case.pk).person
        person.protection_level = ProtectionLevel.CONFIDENTIAL
        person.save(update_fields=["protection_level"])
    glass = opened(cast.sara, Part.HEALTH)

    assert rows(cast.sara, "SELECT * FROM consent_blockedglass") == []
    assert rows(cast.sara, "SELECT case_id FROM consent_breakglass WHERE id = %s", [glass.pk]) == [(None,)]
    assert rows(cast.nils, "SELECT * FROM consent_breakglass") == []
    assert len(rows(cast.mona, "SELECT * FROM consent_blockedglass WHERE glass_id = %s", [glass.pk])) == 1


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_the_function_for_the_second_person_refuses_the_user_and_everybody_outside(cast: Cast, case: Case) -> None:
    glass = opened(cast.mona, Part.HEALTH)  # a manager of the lead opens what others wrote

    for actor in (cast.mona, cast.ingrid, cast.nils, cast.berit, cast.sara):
        assert is_refused(actor, "SELECT samlos.review_glass(%s, 'confirmed', '')", [glass.pk]), actor.user.name
    assert not is_refused(cast.pia, "SELECT samlos.review_glass(%s, 'confirmed', '')", [glass.pk])


def test_it_is_settled_once(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    with acting_as(cast.mona):
        services.confirm_glass(glass, by=cast.mona)

    assert is_refused(cast.pia, "SELECT samlos.review_glass(%s, 'objected', 'Angrer')", [glass.pk])


def test_only_its_user_and_the_second_person_end_it_and_only_once(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    for actor in (cast.stine, cast.nils, cast.berit, cast.ingrid, cast.acting_for("tove", "outreach")):
        assert is_refused(actor, "SELECT samlos.end_glass(%s)", [glass.pk]), actor.user.name
    assert not is_refused(cast.sara, "SELECT samlos.end_glass(%s)", [glass.pk])
    assert is_refused(cast.sara, "SELECT samlos.end_glass(%s)", [glass.pk])
    assert texts(cast.sara) == []


def test_nobody_flags_what_is_not_due_and_nobody_asks_later_who_was_told(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    assert rows(cast.mona, "SELECT glass_id FROM samlos.flag_glasses()") == []
    for actor in (cast.stine, cast.nils, cast.berit):
        assert rows(actor, "SELECT * FROM samlos.people_told_of_glass(%s)", [glass.pk]) == []


def test_the_agency_gains_no_place_in_the_case_by_one_persons_break_glass(cast: Cast, case: Case) -> None:
    opened(cast.sara, Part.HEALTH)

    assert rows(cast.sara, "SELECT samlos.may_contribute(%s)", [case.pk]) == [(False,)]
    assert rows(cast.sara, "SELECT * FROM samlos.readers_shown(%s)", [case.pk]) == []
    assert rows(cast.sara, "SELECT * FROM samlos.labels_once_known(ARRAY[%s]::uuid[])", [case.pk]) == []
    assert changed(cast.sara, "UPDATE cases_case SET state = state WHERE id = %s", [case.pk]) == 0
    assert texts(cast.sara) == [("Tidligere selvmordsforsøk.",)]


def test_its_rows_are_read_by_its_user_the_lead_and_the_privacy_officer_alone(cast: Cast, case: Case) -> None:
    opened(cast.sara, Part.HEALTH)
    readers = {key: len(rows(actor, "SELECT reason FROM consent_breakglass")) for key, actor in cast.everyone().items()}

    lead = {key for key, actor in cast.everyone().items() if actor.agency == cast.ingrid.agency}
    assert {key for key, found in readers.items() if found} == {"sara"} | lead
    assert BreakGlass.objects.count() == 0, "nobody asks, nothing is found"
