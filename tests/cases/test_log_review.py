"""The review of look-ups: what is odd is found each night, judged in one click, and the judge sees no case."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.actors import Actor
from agencies.decisions import NotNow, Refused
from agencies.enums import Role
from audit import clock
from audit.context import acting
from audit.enums import Outcome
from audit.models import Event
from audit.services import record
from cases import jobs
from cases.enums import FollowUpOfBreach, OddReason, ReviewOutcome
from cases.models import Case, LookUpReview
from cases.services import log_review
from reminders.services import reminders_for
from tests import stories
from tests.cast import Cast, acting_as, sign_in

Shift = Callable[..., None]
MONDAY_NOON = (0, 12)


def move_to(shift_clock: Shift, instant: dt.datetime) -> None:
    """Let the database's clock stand at `instant`."""
    shift_clock(days=0)
    shift_clock(seconds=(instant - clock.now()).total_seconds())


def to_local(shift_clock: Shift, weekday: int, hour: int, minute: int = 0) -> dt.datetime:
    """Move the database's clock forward to the next such hour in the municipality's zone; answers the instant."""
    shift_clock(days=0)
    real = clock.now().astimezone(clock.local_zone())
    day = real.date() + dt.timedelta(days=(weekday - real.weekday()) % 7 + 7)
    wanted = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=clock.local_zone())
    move_to(shift_clock, wanted)
    return clock.now()


def look(actor: Actor, case_id: uuid.UUID | None, kind: str = "case.read", **details: object) -> None:
    with acting_as(actor):
        record(
            kind, user_id=actor.user.pk, agency_id=actor.agency.pk, role=actor.role_codes, case_id=case_id, **details,  # type: ignore[arg-type]
        )  # fmt: skip


def found_for(actor: Actor) -> dict[str, set[str]]:
    """After the control of the actor's agency: the reasons by employee, of all that waits."""
    with acting(user_id=None, agency_id=actor.agency.pk):
        log_review.look_for_odd(agency=actor.agency)
        reasons: dict[str, set[str]] = {}
        for review in LookUpReview.objects.select_related("employee"):
            reasons.setdefault(review.employee.name if review.employee else "", set()).update(review.reasons)
        return reasons


# --- what is odd ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_ordinary_day_flags_nobody(cast: Cast, shift_clock: Shift) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    case = stories.consented(cast)
    look(cast.ingrid, case.pk)
    look(cast.mona, case.pk)

    assert found_for(cast.ingrid) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("weekday", "hour", "minute", "odd"),
    [
        (0, 5, 59, True), (0, 6, 0, False), (0, 21, 59, False), (0, 22, 0, True), (4, 12, 0, False),
        (5, 12, 0, True), (6, 12, 0, True),
    ],
)  # fmt: skip
def test_a_look_at_night_or_at_the_weekend_is_flagged_by_the_municipalitys_clock(
    cast: Cast, shift_clock: Shift, weekday: int, hour: int, minute: int, odd: bool
) -> None:
    case = stories.consented(cast)
    to_local(shift_clock, weekday, hour, minute)
    look(cast.ingrid, case.pk)
    with acting_as(cast.ingrid):
        ours = set(Event.objects.filter(kind="case.read", user_id=cast.ingrid.user.pk).values_list("pk", flat=True))
    found_for(cast.ingrid)

    with acting_as(cast.pia):
        flagged = LookUpReview.objects.filter(reasons__contains=[OddReason.OUT_OF_HOURS])
        assert bool({pk for review in flagged for pk in review.event_ids} & ours) is odd


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("family", "employee", "odd"),
    [
        ("Testnes", "Ingrid Testnes", True), ("testnes", "Ingrid Testnes", True), ("Berg Testnes", "Ingrid Testnes", True),
        ("Berg-Testnes", "Ingrid Testnes", True), ("Testnes", "Ingrid Berg-Testnes", True),
        ("Testnesen", "Ingrid Testnes", False), ("Ingrid", "Ingrid Testnes", False), ("Prøvedal", "Ingrid Testnes", False),
    ],
)  # fmt: skip
def test_a_shared_surname_is_flagged(cast: Cast, shift_clock: Shift, family: str, employee: str, odd: bool) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    about = stories.subject(family_name=family)
    case = stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast, about=about))))
    user = cast.ingrid.user
    user.name = employee
    user.save(update_fields=["name"])
    look(cast.ingrid, case.pk)

    assert (OddReason.SAME_SURNAME in found_for(cast.ingrid).get(employee, set())) is odd


@pytest.mark.django_db
def test_more_than_sixty_cases_in_an_hour_are_a_burst_and_sixty_are_not(cast: Cast, shift_clock: Shift) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    for _number in range(60):
        look(cast.oda, uuid.uuid4())
    assert OddReason.BURST not in found_for(cast.oda).get(cast.oda.user.name, set())
    look(cast.oda, uuid.uuid4())

    assert OddReason.BURST in found_for(cast.oda)[cast.oda.user.name]
    with acting_as(cast.pia):
        burst = LookUpReview.objects.get(reasons__contains=[OddReason.BURST])
        assert burst.case_ref == ""


@pytest.mark.django_db
def test_many_looks_at_one_case_are_no_burst(cast: Cast, shift_clock: Shift) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    case = stories.consented(cast)
    for _number in range(70):
        look(cast.ingrid, case.pk)

    assert found_for(cast.ingrid) == {}


@pytest.mark.django_db
def test_ten_misses_in_ten_minutes_are_flagged_and_nine_are_not(cast: Cast, shift_clock: Shift) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    for _number in range(9):
        look(cast.oda, None, "access.absent", outcome=Outcome.REFUSED)
    assert found_for(cast.oda) == {}
    look(cast.oda, None, "access.refused", outcome=Outcome.REFUSED)

    assert found_for(cast.oda) == {cast.oda.user.name: {OddReason.REPEATED_MISSES}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "basis", "odd"),
    [
        ("glass.opened", "NO-STRL-196", True),
        ("glass.not_found", "", True),
        ("case.read", "break_glass", True),
        ("case.read", "break_glass,consent", True),
        ("glass.confirmed", "", False),
        ("glass.listed", "", False),
    ],
)
def test_every_break_glass_is_flagged_and_what_others_say_of_it_is_not(
    cast: Cast, shift_clock: Shift, kind: str, basis: str, odd: bool
) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    case = stories.consented(cast)
    look(cast.siv, case.pk, kind, basis=basis)

    assert (OddReason.BREAK_GLASS in found_for(cast.siv).get(cast.siv.user.name, set())) is odd


@pytest.mark.django_db
def test_a_manager_who_looks_and_does_nothing_for_a_week_is_flagged_and_one_who_acts_is_not(
    cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast)
    start = to_local(shift_clock, *MONDAY_NOON)
    with acting_as(cast.ingrid):
        others = stories.consented(cast)
    look(cast.nils, case.pk)
    look(cast.nils, others.pk)
    look(cast.nils, others.pk, "case.assigned", purpose="7")
    assert found_for(cast.nils) == {}, "there may still be something to do"

    move_to(shift_clock, start + dt.timedelta(days=7, microseconds=-1))
    assert found_for(cast.nils) == {}
    move_to(shift_clock, start + dt.timedelta(days=7))
    assert found_for(cast.nils) == {cast.nils.user.name: {OddReason.NO_TASK}}
    with acting_as(cast.nils):
        events = Event.objects.filter(pk__in=LookUpReview.objects.get().event_ids)
        assert {event.case_id for event in events} == {case.pk}


@pytest.mark.django_db
def test_a_case_on_the_agenda_of_a_meeting_is_a_task(cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast)
    start = to_local(shift_clock, *MONDAY_NOON)
    look(cast.nils, case.pk)
    with acting_as(cast.nils):
        record("meeting.agenda_read", user_id=cast.nils.user.pk, agency_id=cast.nils.agency.pk, case_ids=[case.pk])

    move_to(shift_clock, start + dt.timedelta(days=8))
    assert found_for(cast.nils) == {}


@pytest.mark.django_db
def test_the_control_says_each_thing_once_and_asks_nothing_again_that_was_judged(
    cast: Cast, shift_clock: Shift
) -> None:
    case = stories.consented(cast)
    to_local(shift_clock, 6, 12)
    look(cast.ingrid, case.pk)
    look(cast.ingrid, case.pk)
    with acting_as(cast.pia):
        assert log_review.look_now(by=cast.pia) >= 1
        before = list(LookUpReview.objects.order_by("pk").values_list("pk", "event_ids"))
        assert log_review.look_now(by=cast.pia) == 0
        assert list(LookUpReview.objects.order_by("pk").values_list("pk", "event_ids")) == before
        for pk in log_review.waiting_ids(cast.pia):
            log_review.settle(pk, ReviewOutcome.LAWFUL, by=cast.pia)
        assert log_review.look_now(by=cast.pia) == 0
        assert log_review.waiting_ids(cast.pia) == []


@pytest.mark.django_db
def test_the_nightly_job_controls_every_agency_on_its_own_behalf(cast: Cast, shift_clock: Shift) -> None:
    case = stories.consented(cast)
    to_local(shift_clock, 6, 12)
    look(cast.ingrid, case.pk)
    look(cast.nils, case.pk)

    jobs.review_look_ups()
    for reader in (cast.pia, cast.nils):
        with acting_as(reader):
            assert {review.agency_id for review in LookUpReview.objects.all()} == {reader.agency.pk}


# --- the queue -----------------------------------------------------------------------------------------------------------


def waiting(cast: Cast, shift_clock: Shift) -> tuple[Case, uuid.UUID]:
    """Ingrid looked at a case on a Sunday, and the control has found it; nothing else waits."""
    case = stories.consented(cast)
    with acting(user_id=None, agency_id=cast.pia.agency.pk):
        log_review.look_for_odd(agency=cast.pia.agency)
    with acting_as(cast.pia):
        for pk in log_review.waiting_ids(cast.pia):
            log_review.settle(pk, ReviewOutcome.LAWFUL, by=cast.pia)
    to_local(shift_clock, 6, 12)
    look(cast.ingrid, case.pk)
    with acting_as(cast.pia):
        log_review.look_now(by=cast.pia)
        (pk,) = log_review.waiting_ids(cast.pia)
        return case, pk


@pytest.mark.django_db
def test_the_queue_says_who_when_how_often_and_why_but_not_which_case(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    case, _pk = waiting(cast, shift_clock)
    page = sign_in(client, cast.pia).get(reverse("cases:log_review")).content.decode()

    assert cast.ingrid.user.name in page and "Utenfor vanlig arbeidstid" in page and "1 oppslag" in page
    for secret in (case.label, str(case.pk), "Prøvedal", "Elias"):
        assert secret not in page


@pytest.mark.django_db
def test_a_case_has_the_same_reference_in_its_agency_and_another_elsewhere(cast: Cast, shift_clock: Shift) -> None:
    case, other = stories.consented(cast), stories.consented(cast)
    to_local(shift_clock, 6, 12)
    for reader in (cast.ingrid, cast.mona, cast.nils):
        look(reader, case.pk)
        look(reader, other.pk)
    found_for(cast.ingrid)
    found_for(cast.nils)
    with acting_as(cast.pia):
        ours = [review.case_ref for review in LookUpReview.objects.filter(day=clock.today())]
    with acting_as(cast.nils):
        theirs = {review.case_ref for review in LookUpReview.objects.filter(day=clock.today())}
    assert len(ours) == 4 and len(set(ours)) == 2 and len(theirs) == 2
    assert theirs.isdisjoint(ours)


@pytest.mark.django_db
def test_one_click_settles_and_it_can_be_undone_for_a_day(client: Client, cast: Cast, shift_clock: Shift) -> None:
    _case, pk = waiting(cast, shift_clock)
    queue = reverse("cases:log_review")
    sign_in(client, cast.pia)

    done = client.post(reverse("cases:log_review_settle", args=[pk]), {"outcome": "lawful", "note": "Vakt."})
    assert done.headers["Location"] == queue
    page = client.get(queue).content.decode()
    assert "Ingenting venter" in page and "Vakt." in page and "Angre" in page

    assert client.post(reverse("cases:log_review_undo", args=[pk])).headers["Location"] == queue
    with acting_as(cast.pia):
        assert log_review.waiting_ids(cast.pia) == [pk]
        kinds = list(Event.objects.filter(object_id=str(pk)).values_list("kind", "purpose"))
    assert ("log_review.settled", "lawful") in kinds and ("log_review.reopened", "") in kinds


@pytest.mark.django_db
@pytest.mark.parametrize(("passed", "undone"), [(-1, True), (0, False), (1, False)])
def test_a_judgement_is_taken_back_within_a_day_to_the_microsecond(
    cast: Cast, shift_clock: Shift, passed: int, undone: bool
) -> None:
    _case, pk = waiting(cast, shift_clock)
    with acting_as(cast.pia):
        review = log_review.settle(pk, ReviewOutcome.UNCLEAR, by=cast.pia)
    assert review is not None and review.settled_at is not None
    move_to(shift_clock, review.settled_at + dt.timedelta(days=1, microseconds=passed))
    with acting_as(cast.pia):
        if undone:
            assert log_review.undo(pk, by=cast.pia) is not None
        else:
            with pytest.raises(NotNow):
                log_review.undo(pk, by=cast.pia)


@pytest.mark.django_db
def test_an_unlawful_look_is_a_breach_with_its_72_hours_until_it_is_followed_up(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    _case, pk = waiting(cast, shift_clock)
    sign_in(client, cast.pia).post(reverse("cases:log_review_settle", args=[pk]), {"outcome": "unlawful"})
    breaches, follow_up = reverse("cases:log_review_breaches"), reverse("cases:log_review_follow_up", args=[pk])

    page = client.get(breaches).content.decode()
    assert "Frist for å melde til Datatilsynet" in page and "om 3 dager" in page
    assert client.post(follow_up, {"how": "authority_told"}).status_code == 422
    typed = {"how": FollowUpOfBreach.AUTHORITY_TOLD, "note": "Samtale med den ansatte."}
    assert client.post(follow_up, typed).headers["Location"] == breaches
    page = client.get(breaches).content.decode()
    assert "Meldt til Datatilsynet" in page and "Samtale med den ansatte." in page and "Frist for" not in page
    assert client.get(follow_up).status_code == 404
    with acting_as(cast.pia), pytest.raises(NotNow):
        log_review.undo(pk, by=cast.pia)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [{}, {"outcome": "whatever"}, {"outcome": "lawful", "note": "x" * 1001}])
def test_what_cannot_be_read_comes_back_with_what_was_typed(
    client: Client, cast: Cast, shift_clock: Shift, typed: dict[str, str]
) -> None:
    _case, pk = waiting(cast, shift_clock)
    answer = sign_in(client, cast.pia).post(reverse("cases:log_review_settle", args=[pk]), typed)

    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert typed.get("note", "") in answer.content.decode()
    with acting_as(cast.pia):
        assert log_review.waiting_ids(cast.pia) == [pk]


@pytest.mark.django_db
def test_only_the_privacy_officer_sees_the_queue_and_only_their_own_agencys(
    client: Client, cast: Cast, shift_clock: Shift
) -> None:
    case, pk = waiting(cast, shift_clock)
    for other in (cast.mona, cast.ingrid, cast.arne, cast.nils):
        sign_in(client, other)
        for name in ("log_review", "log_review_breaches"):
            assert client.get(reverse(f"cases:{name}")).status_code == 403
        for name in ("log_review_settle", "log_review_undo"):
            assert client.post(reverse(f"cases:{name}", args=[pk]), {"outcome": "lawful"}).status_code == 403
        assert client.get(reverse("cases:log_review_follow_up", args=[pk])).status_code == 403
    elsewhere = replace(cast.nils, roles=frozenset({Role.PRIVACY_OFFICER}))
    with acting_as(elsewhere):
        assert log_review.waiting_ids(elsewhere) == []
        assert log_review.items([pk]) == []
        assert log_review.settle(pk, ReviewOutcome.LAWFUL, by=elsewhere) is None
        assert log_review.undo(pk, by=elsewhere) is None
    sign_in(client, cast.pia)
    for name in ("log_review_settle", "log_review_undo"):
        assert client.post(reverse(f"cases:{name}", args=[uuid.uuid4()]), {"outcome": "lawful"}).status_code == 404
    assert sign_in(client, cast.pia).get(reverse("cases:detail", args=[case.pk])).status_code == 404


@pytest.mark.django_db
def test_nobody_judges_their_own_look(client: Client, cast: Cast, shift_clock: Shift) -> None:
    to_local(shift_clock, *MONDAY_NOON)
    look(cast.pia, uuid.uuid4(), "glass.opened")
    with acting_as(cast.pia):
        log_review.look_now(by=cast.pia)
        own = LookUpReview.objects.get(employee=cast.pia.user)
        with pytest.raises(Refused):
            log_review.settle(own.pk, ReviewOutcome.LAWFUL, by=cast.pia)
    assert "egne oppslag" in sign_in(client, cast.pia).get(reverse("cases:log_review")).content.decode()


@pytest.mark.django_db
def test_the_measure_counts_what_was_due_within_fourteen_days(cast: Cast, shift_clock: Shift) -> None:
    _case, pk = waiting(cast, shift_clock)
    with acting_as(cast.pia):
        before = log_review.answered_in_time(cast.pia.agency)
        log_review.settle(pk, ReviewOutcome.LAWFUL, by=cast.pia)
        after = log_review.answered_in_time(cast.pia.agency)
        assert (after.due, after.in_time) == (before.due + 1, before.in_time + 1)
        assert after.percent == 100
        log_review.undo(pk, by=cast.pia)
    fortnight = clock.now() + dt.timedelta(days=15)
    move_to(shift_clock, fortnight)
    with acting_as(cast.pia):
        late = log_review.answered_in_time(cast.pia.agency)
        assert (late.due, late.in_time) == (before.due + 1, before.in_time)
        log_review.settle(pk, ReviewOutcome.LAWFUL, by=cast.pia)
        assert log_review.answered_in_time(cast.pia.agency) == late


@pytest.mark.django_db
def test_the_measure_of_an_agency_without_anything_due_says_so(cast: Cast) -> None:
    with acting_as(cast.nils):
        assert log_review.answered_in_time(cast.nils.agency).percent is None
    assert log_review.InTime(3, 2).percent == 66


ATTACKS = {
    "an item of one's own making": """INSERT INTO cases_lookupreview (id, agency_id, case_ref, day, reasons, why_reported,
        event_ids, first_at, last_at, found_at, outcome, note, follow_up, follow_up_note) VALUES (gen_random_uuid(),
        samlos.agency_id(), '', current_date, '{}', '', '{}', now(), now(), now(), '', '', '', '')""",
    "removed": "DELETE FROM cases_lookupreview",
    "another employee": "UPDATE cases_lookupreview SET employee_id = %(mona)s",
    "fewer look-ups": "UPDATE cases_lookupreview SET event_ids = '{}'",
    "judged in another's name": """UPDATE cases_lookupreview SET outcome = 'lawful', settled_by_id = %(mona)s,
        settled_at = samlos.now()""",
    "judged beforehand": """UPDATE cases_lookupreview SET outcome = 'lawful', settled_by_id = %(pia)s,
        settled_at = samlos.now() - interval '1 day'""",
    "judged by nobody": "UPDATE cases_lookupreview SET outcome = 'lawful'",
    "followed up unjudged": "UPDATE cases_lookupreview SET followed_up_at = samlos.now(), followed_up_by_id = %(pia)s",
}


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_to_bend_the_queue(cast: Cast, shift_clock: Shift, attack: str) -> None:
    waiting(cast, shift_clock)
    people = {"mona": cast.mona.user.pk, "pia": cast.pia.user.pk}
    with acting_as(cast.pia):
        LookUpReview.objects.filter(settled_at=None).get()
        statement = ATTACKS[attack] + (" WHERE settled_at IS NULL" if attack.startswith(("judged", "followed")) else "")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, people if "%(" in statement else None)


@pytest.mark.django_db
def test_a_queue_of_any_length_takes_as_many_queries(client: Client, cast: Cast, shift_clock: Shift) -> None:
    waiting(cast, shift_clock)
    sign_in(client, cast.pia).get(reverse("cases:log_review"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("cases:log_review"))
    for _number in range(30):
        look(cast.mona, uuid.uuid4())
        look(cast.ingrid, uuid.uuid4())
    with acting_as(cast.pia):
        assert log_review.look_now(by=cast.pia) == 60
    with CaptureQueriesContext(connection) as many:
        assert "Viser 1–25 av 61" in client.get(reverse("cases:log_review")).content.decode()
    assert len(many) == len(few)


@pytest.mark.django_db
def test_the_privacy_officer_is_reminded_once_a_week_and_in_words_that_name_nobody(
    cast: Cast, shift_clock: Shift
) -> None:
    waiting(cast, shift_clock)
    for _again in range(2):
        with acting(user_id=None, agency_id=cast.pia.agency.pk):
            jobs.remind_of_look_ups(agency=cast.pia.agency)
    with acting_as(cast.pia):
        told = [one for one in reminders_for(cast.pia) if one.kind == jobs.LOOK_UPS_WAIT]
        assert [one.words for one in told] == ["Personvernombudets liste"]
        for pk in log_review.waiting_ids(cast.pia):
            log_review.settle(pk, ReviewOutcome.LAWFUL, by=cast.pia)
        assert not [one for one in reminders_for(cast.pia) if one.kind == jobs.LOOK_UPS_WAIT]
    with acting_as(cast.mona):
        assert not [one for one in reminders_for(cast.mona) if one.kind == jobs.LOOK_UPS_WAIT]
