"""The weekly report of who can see what: made once, true, the agency's privacy officers' alone, and nobody's name in it."""

import datetime as dt
import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Membership, User
from audit import clock
from audit.context import acting
from audit.models import Event
from cases.models import AccessReport, Case
from cases.services import access_report, access_report_read, assignments, conflicts, log_review
from cases.services.access_report_read import Report
from consent import services as consent_services
from tests import stories
from tests.access.stillness import still
from tests.cases.weekly import made_for, move_to, next_monday, numbers, raised, read_by, week_of
from tests.cast import MEMBERS, Cast, acting_as, sign_in
from tests.consent import breaking

__all__ = ["still"]

Shift = Callable[..., None]
WEEK = dt.timedelta(days=7)
pytestmark = pytest.mark.django_db


# --- that it is true ---------------------------------------------------------------------------------------------------


def test_each_colleague_sees_as_many_cases_as_their_own_list_shows(cast: Cast, shift_clock: Shift) -> None:
    first, second = stories.consented(cast), stories.assigned(cast)
    secret = stories.routed(cast, stories.received(cast, stories.submitted(cast)))
    raised(cast, secret, ProtectionLevel.STRICTLY_CONFIDENTIAL)
    with acting_as(cast.mona):
        assignments.assign(secret, user=cast.oda.user, by=cast.mona)
        assignments.assign(second, user=cast.oda.user, by=cast.mona)
        conflicts.declare_for(second, user=cast.oda.user, by=cast.mona)
    next_monday(shift_clock)
    report = made_for(cast.pia.agency)
    stored = {one["user"]: one for one in report.content["colleagues"]}

    for key, expected in {"mona": 3, "ingrid": 2, "oda": 1, "pia": 0, "arne": 0, "gro": 0}.items():
        actor = getattr(cast, key)
        with acting_as(actor):
            listed = Case.objects.visible_to(actor).count()
        assert sum(stored[actor.user.pk]["seen"].values()) == listed == expected, key
    assert stored[cast.oda.user.pk]["seen"] == {"strictly_confidential": 1}
    assert sum(stored[cast.ingrid.user.pk]["assigned"].values()) == 2
    assert first.pk != second.pk


def test_it_names_everybody_with_a_role_in_force_with_dates_and_giver(cast: Cast, shift_clock: Shift) -> None:
    report = week_of(cast, shift_clock)
    expected = {member.name for member in MEMBERS.values() if "hvk-ost" in member.agencies}

    assert {colleague.user.name for colleague in report.colleagues} == expected
    (mona,) = [one for one in report.colleagues if one.user == cast.mona.user]
    (role,) = mona.memberships
    held = Membership.objects.get(user=cast.mona.user)
    assert (role.role, role.valid_from, role.valid_until) == (Role.MANAGER, held.valid_from, held.valid_until)
    assert role.given_by == cast.arne.user


def test_a_role_that_began_or_ended_in_the_week_is_a_change_and_stays_as_it_was_told(
    cast: Cast, shift_clock: Shift
) -> None:
    next_monday(shift_clock, weeks=2)
    with acting_as(cast.arne):
        now = clock.now()
        new = Membership.objects.create(
            user=cast.hanne.user,
            agency=cast.arne.agency,
            role=Role.CASEWORKER,
            valid_from=now,
            granted_by=cast.arne.user,
        )
        Membership.objects.filter(user=cast.oda.user).update(valid_until=now + dt.timedelta(hours=1))
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    report = read_by(cast.pia, row)

    assert [one.user for one in report.roles_began] == [cast.hanne.user]
    assert [one.user for one in report.endless] == [cast.hanne.user]
    assert [one.user.name for one in report.roles_ended] == [MEMBERS["oda"].name]
    with acting_as(cast.arne):
        new.valid_until = clock.now() + dt.timedelta(days=3)
        new.save(update_fields=["valid_until"])
    assert read_by(cast.pia, row).roles_began[0].valid_until is None, "it tells how it was"


def test_rights_that_begin_and_end_are_told_for_ones_own_agency_and_for_those_in_its_cases(
    cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    report = week_of(cast, shift_clock)
    nav, office = cast.agency("nav"), cast.pia.agency

    assert [(right.agency, right.reason, right.count) for right in report.others] == [(nav, "consent", 1)]
    with acting_as(cast.ingrid):
        consent = case.consents.get()
    (shared,) = report.others
    assert shared.first_end == shared.last_end == consent.valid_until
    intake = cast.agency("intake")
    assert {(right.agency, right.reason) for right in report.rights_began} == {
        (nav, "consent"),
        (office, "lead"),
        (intake, "lead"),
    }
    assert [(right.agency, right.reason) for right in report.rights_ended] == [(intake, "lead")]
    assert not report.rights_ending

    with acting_as(cast.ingrid):
        consent_services.revoke(consent, by=cast.ingrid, wants_help=True)
    report = week_of(cast, shift_clock)
    assert [(right.agency, right.reason, right.count) for right in report.rights_ended] == [(nav, "consent", 1)]
    assert report.others == () and report.rights_began == ()


def test_a_right_that_ends_within_a_week_sticks_out_and_one_that_ends_later_does_not(
    cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    with acting_as(cast.ingrid):
        end = case.consents.get().valid_until
    for before, sticks_out in ((WEEK + dt.timedelta(days=7), False), (dt.timedelta(days=6), True)):
        day = (end - before).astimezone(clock.local_zone()).date()
        move_to(shift_clock, clock.start_of(day - dt.timedelta(days=day.weekday())) + dt.timedelta(hours=5))
        if end - clock.now() > WEEK and sticks_out:
            move_to(shift_clock, clock.now() + WEEK)
        report = read_by(cast.pia, made_for(cast.pia.agency))
        assert bool(report.rights_ending) is sticks_out


def test_break_glass_protection_conflicts_and_look_ups_are_counted(cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast)
    breaking.opened(cast.siv)
    with acting_as(cast.mona):
        conflicts.declare_for(case, user=cast.oda.user, by=cast.mona)
    raised(cast, case, ProtectionLevel.MARKED)
    with acting_as(cast.pia):
        log_review.look_now(by=cast.pia)
        waiting = len(log_review.waiting_ids(cast.pia))
    found = numbers(week_of(cast, shift_clock))

    assert found["glass_by_others"] == found["glass_waiting"] == 1 and "glass_used" not in found
    assert found["conflict_declared"] == 1 and found["protection_raised"] == 1
    assert found.get("look_up_found", 0) == waiting == found.get("look_up_waiting", 0)


def test_who_has_not_signed_in_for_ninety_days_sticks_out_to_the_day(cast: Cast, shift_clock: Shift) -> None:
    now = next_monday(shift_clock)
    for key, days in {"mona": 1, "ingrid": 89, "oda": 90, "arne": 91, "pia": 0}.items():
        User.objects.filter(email=MEMBERS[key].email).update(last_login=now - dt.timedelta(days=days))
    User.objects.filter(email=MEMBERS["gro"].email).update(last_login=None)
    report = read_by(cast.pia, made_for(cast.pia.agency))

    assert {colleague.user.email.split("@")[0] for colleague in report.dormant} == {"oda", "arne", "gro"}


def test_who_never_signed_in_has_ninety_days_from_when_the_role_began(cast: Cast, shift_clock: Shift) -> None:
    now = next_monday(shift_clock)
    User.objects.update(last_login=now)
    User.objects.filter(email=MEMBERS["ingrid"].email).update(last_login=None)
    Membership.objects.filter(user=cast.ingrid.user).update(valid_from=now - dt.timedelta(days=89))

    report = read_by(cast.pia, made_for(cast.pia.agency))

    assert report.dormant == []
    assert not report.sticks_out


# --- what its reader may know --------------------------------------------------------------------------------------------


def test_a_person_above_the_readers_clearance_is_counted_nowhere(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    stories.assigned(cast)
    report = week_of(cast, shift_clock)
    without = (report.seen, [(one.user, one.seen, one.assigned) for one in report.colleagues], numbers(report))

    secret = stories.assigned(cast)
    raised(cast, secret, ProtectionLevel.STRICTLY_CONFIDENTIAL)
    next_monday(shift_clock, weeks=1)
    row = made_for(cast.pia.agency)
    report = read_by(cast.pia, row)
    assert (report.seen, [(one.user, one.seen, one.assigned) for one in report.colleagues], numbers(report)) == without
    assert report.rights_began == ()
    page = sign_in(client, cast.pia).get(reverse("cases:access_report", args=[row.pk])).content.decode()
    assert "Bare personer med vern du er klarert for, er regnet med." in page

    cleared = Actor(cast.pia.user, cast.pia.agency, cast.pia.roles, ProtectionLevel.FICTITIOUS_ID, clock.now())
    seen = read_by(cleared, row)
    assert seen.seen == without[0] + 1 and numbers(seen)["protection_raised"] == 1


def test_a_privacy_officer_reads_no_case_number_and_one_who_also_leads_the_office_reads_theirs(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast)
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    address = reverse("cases:access_report", args=[row.pk])
    page = sign_in(client, cast.pia).get(address).content.decode()
    assert case.label not in page and str(case.pk) not in page and "data-why" not in page

    both = Actor(
        cast.mona.user,
        cast.mona.agency,
        frozenset({Role.MANAGER, Role.PRIVACY_OFFICER}),
        cast.mona.clearance,
        clock.now(),
    )
    with acting_as(cast.mona):
        hidden = access_report_read.read(row.pk, by=both)
    assert hidden is None, "the second lock knows the role too"
    own = read_as_officer_too(cast, row)
    assert {one.label for right in own.others for one in right.cases} == {case.label}
    assert own.shown_cases == {case.pk}


def read_as_officer_too(cast: Cast, row: AccessReport) -> Report:
    """Pia, when she is a manager as well."""
    both = Actor(
        cast.pia.user, cast.pia.agency, frozenset({Role.MANAGER, Role.PRIVACY_OFFICER}), cast.pia.clearance, clock.now()
    )
    return read_by(both, row)


def test_nothing_of_a_young_person_stands_in_the_stored_row(cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast)
    next_monday(shift_clock)
    stored = json.dumps(made_for(cast.pia.agency).content, ensure_ascii=False)

    for secret in (case.label, "Prøvedal", "Elias", *(member.name for member in MEMBERS.values())):
        assert secret not in stored


def test_what_it_names_is_in_the_log_with_who_read_it_and_what_for(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    stories.consented(cast)
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    sign_in(client, cast.pia).get(reverse("cases:access_report", args=[row.pk]))

    with acting_as(cast.pia):
        event = Event.objects.get(kind="access.report_read")
        assert (event.user_id, event.object_id, event.purpose) == (cast.pia.user.pk, str(row.pk), "control")
        assert event.case_ids == [] and event.case_id is None


# --- whose it is ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("still")
def test_to_everybody_but_the_agencys_privacy_officers_there_are_no_reports(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    one, every = reverse("cases:access_report", args=[row.pk]), reverse("cases:access_reports")
    for key in ("ingrid", "mona", "arne", "nils", "rune", "marte", "aksel"):
        sign_in(client, getattr(cast, key))
        for address in (one, every):
            answer = client.get(address)
            assert answer.status_code == 404, (key, address)
        assert client.get(one).content == client.get(reverse("cases:access_report", args=[AccessReport().pk])).content
    assert sign_in(client, cast.pia).get(one).status_code == 200


def test_another_agencys_privacy_officer_finds_neither_the_report_nor_that_it_is_there(
    cast: Cast, shift_clock: Shift
) -> None:
    next_monday(shift_clock)
    row = made_for(cast.pia.agency)
    officer = Actor(
        cast.nils.user, cast.nils.agency, frozenset({Role.PRIVACY_OFFICER}), cast.nils.clearance, clock.now()
    )
    with acting_as(cast.nils):
        assert access_report_read.read(row.pk, by=officer) is None
        assert not access_report_read.reports_for(officer).exists()


def test_the_second_lock_alone_gives_the_rows_to_the_agencys_own_officers(cast: Cast, shift_clock: Shift) -> None:
    next_monday(shift_clock)
    for slug in ("hvk-ost", "nav"):
        made_for(cast.agency(slug))

    def found() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT agency_id FROM cases_accessreport")
            return [agency for (agency,) in cursor.fetchall()]

    with acting_as(cast.pia):
        assert found() == [cast.pia.agency.pk]
    for reader in (cast.ingrid, cast.mona, cast.arne, cast.nils, cast.rune):
        with acting_as(reader):
            assert found() == [], reader.user.name
    with acting(user_id=None, agency_id=None):
        assert found() == []
    pia = cast.pia
    shift_clock(days=4000)
    with acting_as(pia):
        assert found() == [], "her role has ended"


def test_the_functions_tell_the_asking_agency_alone(cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast)
    now = next_monday(shift_clock)
    ask = "SELECT agency_id, case_ids FROM samlos.access_report_rights(%s, %s, %s, 20)"

    def told() -> list[tuple[int, list[object] | None]]:
        with connection.cursor() as cursor:
            cursor.execute(ask, [now - WEEK, now, now + WEEK])
            return list(cursor.fetchall())

    with acting_as(cast.nils):
        assert {agency for agency, _cases in told()} == {cast.nils.agency.pk}, "who else is in the case is the lead's"
    with acting_as(cast.hanne):
        assert told() == []
    with acting(user_id=None, agency_id=None):
        assert told() == []
    with acting_as(cast.ingrid):
        assert {pk for _agency, cases in told() for pk in cases or ()} == {case.pk}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE cases_accessreport SET content = '{}'", "DELETE FROM cases_accessreport", "TRUNCATE cases_accessreport"],
)
def test_a_report_is_never_changed_or_removed_by_the_application(
    cast: Cast, shift_clock: Shift, statement: str
) -> None:
    next_monday(shift_clock)
    made_for(cast.pia.agency)
    with (
        acting(user_id=None, agency_id=cast.pia.agency.pk),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_no_person_writes_a_report_and_no_job_one_for_another_agency(cast: Cast) -> None:
    monday = access_report.last_week().monday
    office, nav = cast.pia.agency, cast.agency("nav")
    for user_id, agency, made_at in (
        (cast.pia.user.pk, office, clock.now()),
        (None, nav, clock.now()),
        (None, office, clock.now() - dt.timedelta(days=1)),
    ):
        with (
            acting(user_id=user_id, agency_id=office.pk),
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
        ):
            AccessReport.objects.create(agency=agency, monday=monday, made_at=made_at, content={})
