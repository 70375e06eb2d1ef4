"""Entries of the young person's log that two people withhold on a law, for a time, and that nothing else is left out."""

import datetime as dt
import random
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from agencies.decisions import NotNow, Refused
from agencies.models import LegalBasis
from audit import clock
from audit.enums import Purpose
from audit.services import record
from cases.models import LogWithholding
from cases.services import insight
from tests import stories
from tests.cases.looking import audited_ids, log_page, read_by, shown_ids, withheld
from tests.cast import Cast, acting_as
from tests.databases import connect

# --- shown and withheld are all there is -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_shown_and_what_is_lawfully_withheld_make_up_the_whole_log(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    """G21 over 600 random looks: each withheld entry has a basis, an approver other than who asked, and an end."""
    dice = random.Random(20261122)  # noqa: S311 (a test that repeats itself)
    case, other = stories.consented(cast), stories.assigned(cast)
    readers = [cast.ingrid, cast.mona, cast.nils, cast.nora, cast.stine, cast.siv, cast.marte, cast.rune, cast.aksel]
    kinds = ["case.read", "plan.exported", "disclosure.recorded", "consent.recorded", "glass.opened", "unheard.of"]
    lists = ["case.listed", "case.searched", "meeting.agenda_read", "contributions.listed"]
    for reader in readers:
        with acting_as(reader):
            for _look in range(67):
                listed = dice.random() < 0.4
                about = dice.choice([case, case, other])
                record(
                    dice.choice(lists if listed else kinds),
                    user_id=reader.user.pk,
                    agency_id=reader.agency.pk,
                    role=reader.role_codes,
                    case_id=None if listed else about.pk,
                    case_ids=dice.choices([case.pk, other.pk], k=3) if listed else (),
                    parts=dice.choice([["core"], ["core", "health"], []]),
                    basis=dice.choice(["lead", "consent", "disclosure", "break_glass", ""]),
                    purpose=dice.choice(Purpose.values),
                )
    everything = audited_ids(case)
    assert len(everything) >= 300
    chosen = dice.sample(sorted(everything), 90)
    requests = [
        withheld(cast, case, event, days=dice.choice([0, 3, 30]), approved=dice.random() < 0.7) for event in chosen
    ]
    with acting_as(cast.ingrid):
        for one in dice.sample(requests, 15):
            insight.end_withholding(one, by=cast.ingrid)

    for shifted in (0, 2, 10, 40):
        shift_clock(days=shifted)
        with acting_as(cast.ingrid):
            in_force = {one.event_id: one for one in LogWithholding.objects.in_force().filter(case=case)}
        shown = shown_ids(cast.ingrid, case)
        assert shown | in_force.keys() == everything
        assert not shown & in_force.keys()
        for one in in_force.values():
            assert one.basis.code and one.reason and one.valid_until > one.asked_at
            assert one.approved_by_id not in {None, one.asked_by_id}
        # The events of asking name no case: they neither tell of a withheld entry nor make the log longer.
        assert audited_ids(case) == everything
    assert not in_force


@pytest.mark.django_db
def test_a_withheld_entry_comes_back_at_the_instant_its_end_passes(client: Client, cast: Cast, owner_url: str) -> None:
    case = stories.consented(cast)
    event = read_by(cast.leif, case, kind="disclosure.recorded", basis="NO-FVL-13B-6")
    one = withheld(cast, case, event, days=3)
    assert event not in shown_ids(cast.ingrid, case)

    with acting_as(cast.ingrid):
        left = one.valid_until - clock.now()
    name = connection.settings_dict["NAME"]
    with connect(owner_url, name) as owner:
        for before in (dt.timedelta(microseconds=1), dt.timedelta(0)):
            owner.execute("DELETE FROM samlos.clock")
            owner.execute("INSERT INTO samlos.clock (shift) VALUES (%s)", [left - before])
            hidden = event not in shown_ids(cast.ingrid, case)
            assert hidden is bool(before)
        owner.execute("DELETE FROM samlos.clock")


# --- withholding takes two, a law, a reason and an end -------------------------------------------------------------------


@pytest.mark.django_db
def test_an_entry_that_was_only_asked_about_is_still_shown(cast: Cast) -> None:
    case = stories.consented(cast)
    event = read_by(cast.leif, case)
    withheld(cast, case, event, approved=False)

    assert event in shown_ids(cast.ingrid, case)


@pytest.mark.django_db
def test_nobody_approves_what_they_asked_for_themselves_nor_does_a_caseworker(cast: Cast) -> None:
    case = stories.consented(cast)
    with acting_as(cast.mona):
        own = insight.ask_to_withhold(
            case, read_by(cast.leif, case), by=cast.mona, basis=LegalBasis.objects.get(code="NO-POPPLYL-16-C"),
            reason="Helsen tåler det ikke nå.", existence_is_told=False, valid_until_date=clock.today(),
        )  # fmt: skip
        with pytest.raises(Refused):
            insight.approve_withholding(own, by=cast.mona)
    with acting_as(cast.ingrid), pytest.raises(Refused):
        insight.approve_withholding(own, by=cast.ingrid)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("basis", {"basis": "NO-FVL-13B-6"}),
        ("reason", {"reason": "   "}),
        ("valid_until_date", {"days": -1}),
        ("valid_until_date", {"days": 400}),
    ],
)
def test_a_wrong_law_no_reason_or_no_proper_end_is_refused(cast: Cast, field: str, changed: dict[str, object]) -> None:
    case = stories.consented(cast)
    event = read_by(cast.leif, case)
    with acting_as(cast.ingrid), pytest.raises(ValidationError) as wrong:
        insight.ask_to_withhold(
            case,
            event,
            by=cast.ingrid,
            basis=LegalBasis.objects.get(code=changed.get("basis", "NO-POPPLYL-16-B")),
            reason=str(changed.get("reason", "Politiet etterforsker fortsatt.")),
            existence_is_told=True,
            valid_until_date=clock.today() + dt.timedelta(days=int(str(changed.get("days", 3)))),
        )
    assert list(wrong.value.message_dict) == [field]


@pytest.mark.django_db
def test_an_entry_of_another_case_cannot_be_withheld_here_nor_one_twice(cast: Cast) -> None:
    case, other = stories.consented(cast), stories.consented(cast)
    elsewhere, here = read_by(cast.leif, other), read_by(cast.leif, case)
    with pytest.raises(NotNow):
        withheld(cast, case, elsewhere)
    withheld(cast, case, here)
    with pytest.raises(NotNow):
        withheld(cast, case, here)


ATTACKS = {
    "without an end": "UPDATE cases_logwithholding SET valid_until = NULL",
    "a later end": "UPDATE cases_logwithholding SET valid_until = valid_until + interval '1 year'",
    "approved by the one who asked": "UPDATE cases_logwithholding SET approved_by_id = asked_by_id, approved_at = samlos.now()",
    "approved in another's name": "UPDATE cases_logwithholding SET approved_by_id = {mona}, approved_at = samlos.now()",
    "approved without anybody": "UPDATE cases_logwithholding SET approved_at = samlos.now()",
    "approved beforehand": "UPDATE cases_logwithholding SET approved_by_id = {mona}, approved_at = samlos.now() - interval '1 day'",
    "another entry": "UPDATE cases_logwithholding SET event_id = gen_random_uuid()",
    "removed": "DELETE FROM cases_logwithholding",
    "born approved": """INSERT INTO cases_logwithholding (id, case_id, event_id, basis_id, reason, existence_is_told,
        asked_by_id, asked_at, approved_by_id, approved_at, valid_until)
        SELECT gen_random_uuid(), case_id, event_id, basis_id, reason, false, {ingrid}, samlos.now(), {mona}, samlos.now(),
        samlos.now() + interval '1 day' FROM cases_logwithholding""",
    "born without an end": """INSERT INTO cases_logwithholding (id, case_id, event_id, basis_id, reason, existence_is_told,
        asked_by_id, asked_at) SELECT gen_random_uuid(), case_id, event_id, basis_id, reason, false, {ingrid}, samlos.now()
        FROM cases_logwithholding""",
    "for ten years": """INSERT INTO cases_logwithholding (id, case_id, event_id, basis_id, reason, existence_is_told,
        asked_by_id, asked_at, valid_until) SELECT gen_random_uuid(), case_id, event_id, basis_id, reason, false, {ingrid},
        samlos.now(), samlos.now() + interval '10 years' FROM cases_logwithholding""",
    "asked in another's name": """INSERT INTO cases_logwithholding (id, case_id, event_id, basis_id, reason,
        existence_is_told, asked_by_id, asked_at, valid_until) SELECT gen_random_uuid(), case_id, event_id, basis_id, reason,
        false, {mona}, samlos.now(), samlos.now() + interval '1 day' FROM cases_logwithholding""",
}


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_to_withhold(cast: Cast, attack: str) -> None:
    case = stories.consented(cast)
    withheld(cast, case, read_by(cast.leif, case), approved=False)
    statement = ATTACKS[attack].format(mona=cast.mona.user.pk, ingrid=cast.ingrid.user.pk)

    with acting_as(cast.ingrid):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert LogWithholding.objects.filter(case=case).count() == 1
        assert not LogWithholding.objects.in_force().filter(case=case).exists()


@pytest.mark.django_db
def test_another_agency_learns_nothing_of_the_log_by_asking_the_database(cast: Cast) -> None:
    case = stories.consented(cast)
    event = read_by(cast.leif, case)
    withheld(cast, case, event)

    with acting_as(cast.nils):
        assert insight.looks_of(case, most=500, with_withheld=True) == []
        assert insight.count_of(case, by=cast.nils) == insight.Counted(0, 0, 0)
        assert insight.answers_to_reports(case) == {}
        assert not LogWithholding.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT samlos.report_look_up(%s, %s, 'curious', 'UTC')", [case.pk, event])
            assert cursor.fetchone() == (None,)
        for internal in (
            "SELECT * FROM samlos.events_of_case(%s)",
            "SELECT * FROM samlos.protection_levels(%s)",
            "SELECT samlos.case_ref(%s, 1)",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(internal, [case.pk])


@pytest.mark.django_db
def test_the_page_tells_that_something_waits_only_where_its_existence_may_be_known(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    withheld(cast, case, read_by(cast.leif, case, kind="glass.flagged"), told=False)
    silent = log_page(client, cast.ingrid, case)
    assert "Dette kan vi ikke vise ennå" not in silent and "merket at ingen" not in silent

    withheld(cast, case, read_by(cast.leif, case), told=True)
    telling = log_page(client, cast.ingrid, case)
    assert "Dette kan vi ikke vise ennå" in telling and "Personopplysningsloven § 16 første ledd bokstav b" in telling
