"""Who could have seen a part of a case between two instants: the rule replayed over its dated rows, half-open, and who did."""

import datetime as dt
import io
import json
import random
from collections.abc import Callable

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from agencies.actors import Actor, actor_for
from agencies.decisions import NotNow, Refused
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Membership, User
from audit import clock
from audit.models import Event
from audit.services import record
from cases.enums import RightReason
from cases.models import Case
from cases.policies import parts_open_to
from cases.services import assignments, conflicts, exposure, protection
from cases.services.exposure import Exposed
from consent import services as consent_services
from tests import stories
from tests.cast import MEMBERS, Cast, acting_as, sign_in

Shift = Callable[..., None]
HOUR = dt.timedelta(hours=1)
TICK = dt.timedelta(microseconds=1)


def move_to(shift_clock: Shift, instant: dt.datetime) -> None:
    shift_clock(days=0)
    shift_clock(seconds=(instant - clock.now()).total_seconds())


def replayed(
    cast: Cast, case: Case, part: Part, since: dt.datetime, until: dt.datetime
) -> dict[tuple[str, int], Exposed]:
    """The answer as the lead's manager gets it, by agency and person's number."""
    with acting_as(cast.mona):
        return {(one.agency.slug, one.number): one for one in exposure.replay(case, part, since, until)}


def could(
    cast: Cast, actor: Actor, case: Case, part: Part, since: dt.datetime, until: dt.datetime
) -> set[tuple[dt.datetime, dt.datetime]]:
    """The stretches of one of the lead's own people."""
    found = [one for one in replayed(cast, case, part, since, until).values() if one.user == actor.user]
    return {(stretch.valid_from, stretch.valid_until) for one in found for stretch in one.stretches}


def of_agency(cast: Cast, slug: str, case: Case, part: Part, since: dt.datetime, until: dt.datetime) -> list[Exposed]:
    return [one for (agency, _number), one in replayed(cast, case, part, since, until).items() if agency == slug]


@pytest.fixture
def story(cast: Cast) -> tuple[Case, dt.datetime]:
    """A case with a consent in force, and the instant at which it came there."""
    return stories.consented(cast), clock.now()


# --- the rule, clause by clause ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_assigned_and_the_manager_of_the_lead_could_see_and_colleagues_could_not(
    cast: Cast, story: tuple[Case, dt.datetime]
) -> None:
    case, at = story
    for actor, sees in (
        (cast.ingrid, True),
        (cast.mona, True),
        (cast.oda, False),
        (cast.pia, False),
        (cast.arne, False),
    ):
        assert bool(could(cast, actor, case, Part.HEALTH, at - HOUR, at + HOUR)) is sees, actor.user.name


@pytest.mark.django_db
def test_a_part_the_consent_does_not_name_could_not_be_seen(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    span = (at - HOUR, at + HOUR)
    (nils,) = of_agency(cast, "nav", case, Part.ECONOMY, *span)
    assert nils.roles == (Role.MANAGER,) and [stretch.reason for stretch in nils.stretches] == [RightReason.CONSENT]
    assert of_agency(cast, "nav", case, Part.HEALTH, *span) == []
    assert of_agency(cast, "mental-health", case, Part.ECONOMY, *span) == []


@pytest.mark.django_db
def test_a_withdrawn_consent_ends_at_its_instant_which_is_not_in_it(
    cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    case, at = story
    ended = at + HOUR
    move_to(shift_clock, ended)
    with acting_as(cast.ingrid):
        consent_services.revoke(case.consents.in_force().get(), by=cast.ingrid, wants_help=True)
    move_to(shift_clock, at + 3 * HOUR)

    (nils,) = of_agency(cast, "nav", case, Part.ECONOMY, at - HOUR, at + 3 * HOUR)
    assert [stretch.valid_until for stretch in nils.stretches] == [ended]
    begins = nils.stretches[0].valid_from
    assert of_agency(cast, "nav", case, Part.ECONOMY, ended, at + 3 * HOUR) == []
    assert of_agency(cast, "nav", case, Part.ECONOMY, begins - HOUR, begins) == []
    (last,) = of_agency(cast, "nav", case, Part.ECONOMY, ended - TICK, at + 3 * HOUR)
    assert [(one.valid_from, one.valid_until) for one in last.stretches] == [(ended - TICK, ended)]
    (first,) = of_agency(cast, "nav", case, Part.ECONOMY, begins - HOUR, begins + TICK)
    assert [(one.valid_from, one.valid_until) for one in first.stretches] == [(begins, begins + TICK)]


@pytest.mark.django_db
def test_an_ended_membership_ends_what_its_holder_could_see(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    ingrid = cast.ingrid
    Membership.objects.filter(user=ingrid.user).update(valid_until=at + HOUR)

    assert could(cast, ingrid, case, Part.HEALTH, at, at + 3 * HOUR) == {(at, at + HOUR)}
    assert could(cast, ingrid, case, Part.HEALTH, at + HOUR, at + 3 * HOUR) == set()


@pytest.mark.django_db
def test_an_assignment_counts_while_it_lasted(cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift) -> None:
    case, at = story
    move_to(shift_clock, at + HOUR)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    move_to(shift_clock, at + 2 * HOUR)
    with acting_as(cast.mona):
        assignments.unassign(case, user=cast.oda.user, by=cast.mona)
    move_to(shift_clock, at + 4 * HOUR)

    assert could(cast, cast.oda, case, Part.HEALTH, at, at + 4 * HOUR) == {(at + HOUR, at + 2 * HOUR)}
    assert could(cast, cast.oda, case, Part.HEALTH, at + 2 * HOUR, at + 4 * HOUR) == set()


@pytest.mark.django_db
def test_a_declared_conflict_closes_the_case_until_it_is_ended(
    cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    case, at = story
    move_to(shift_clock, at + HOUR)
    with acting_as(cast.mona):
        conflicts.declare(case, by=cast.mona)
    move_to(shift_clock, at + 3 * HOUR)
    with acting_as(cast.ingrid):
        found = exposure.replay(case, Part.HEALTH, at, at + 3 * HOUR)
    (mona,) = [one for one in found if one.user == cast.mona.user]
    assert {(stretch.valid_from, stretch.valid_until) for stretch in mona.stretches} == {(at, at + HOUR)}


@pytest.mark.django_db
def test_a_level_above_ones_clearance_closes_the_case_from_when_it_was_raised(
    cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    case, at = story
    move_to(shift_clock, at + HOUR)
    with acting_as(cast.mona):
        protection.raise_level(case, level=ProtectionLevel.FICTITIOUS_ID, by=cast.mona, reason="Trusler fra en kjent.")
    move_to(shift_clock, at + 3 * HOUR)
    with acting_as(cast.ingrid):
        found = exposure.replay(case, Part.ECONOMY, at, at + 3 * HOUR)

    assert found
    assert {stretch.valid_until for one in found for stretch in one.stretches} == {at + HOUR}


@pytest.mark.django_db
def test_the_replay_agrees_with_what_the_application_answers_at_each_instant(
    cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    """At every event and a microsecond to either side, for each of the lead's people and the consent's manager."""
    case, at = story
    dice = random.Random(4)  # noqa: S311 (a test that repeats itself)
    events = [at + HOUR * number for number in range(1, 7)]
    move_to(shift_clock, events[0])
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    Membership.objects.filter(user=cast.oda.user).update(valid_until=events[3])
    move_to(shift_clock, events[1])
    with acting_as(cast.ingrid):
        conflicts.declare(case, by=cast.ingrid)
    move_to(shift_clock, events[2])
    with acting_as(cast.oda):
        consent_services.revoke(case.consents.in_force().get(), by=cast.oda, wants_help=True)
    move_to(shift_clock, events[5])
    readers = {"mona": cast.mona, "oda": replace_at(cast, "oda"), "nils": cast.nils}
    instants = [event + dice.choice([-TICK, 0 * TICK, TICK]) for event in events[1:5]] + events[1:5]

    for instant in sorted(instants):
        move_to(shift_clock, events[5])
        with acting_as(cast.mona):
            found = exposure.replay(case, Part.ECONOMY, instant, instant + TICK)
        said = {one.user.pk for one in found if one.user and one.stretches}
        nav = any(one.agency.slug == "nav" and one.stretches for one in found)
        move_to(shift_clock, instant)
        for key, reader in readers.items():
            now = actor_for(reader.user, reader.agency)
            sees = False
            if now is not None:
                with acting_as(now):
                    visible = Case.objects.visible_to(now).filter(pk=case.pk).exists()
                    sees = visible and Part.ECONOMY in parts_open_to(now, case)
            assert sees is (nav if key == "nils" else reader.user.pk in said), (key, instant - at)


def replace_at(cast: Cast, key: str) -> Actor:
    """Somebody as they were, whose membership has ended since."""
    user = User.objects.get(email=MEMBERS[key].email)
    return Actor(user, cast.agency(MEMBERS[key].agencies[0]), frozenset(), ProtectionLevel.NONE, clock.now())


# --- beside it, who did ------------------------------------------------------------------------------------------------


def has_read(actor: Actor, case: Case, *parts: str) -> None:
    with acting_as(actor):
        record("case.read", user_id=actor.user.pk, agency_id=actor.agency.pk, case_id=case.pk, parts=parts)


@pytest.mark.django_db
def test_who_read_the_part_stands_beside_who_could(
    cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    case, at = story
    for minutes in (10, 20, 59, 60):
        move_to(shift_clock, at + dt.timedelta(minutes=minutes))
        has_read(cast.nils, case, "core", "economy")
    has_read(cast.nils, case, "core", "occupation_school")
    move_to(shift_clock, at + 2 * HOUR)

    (nils,) = of_agency(cast, "nav", case, Part.ECONOMY, at + dt.timedelta(minutes=20), at + HOUR)
    assert nils.times_read == 2, "the end is not in it, nor is a look at another part"
    assert nils.first_read == at + dt.timedelta(minutes=20) and nils.last_read == at + dt.timedelta(minutes=59)
    (ingrid,) = [
        one for one in of_agency(cast, "hvk-ost", case, Part.ECONOMY, at, at + HOUR) if one.user == cast.ingrid.user
    ]
    assert ingrid.times_read == 0 and ingrid.stretches


@pytest.mark.django_db
def test_somebody_who_read_without_a_right_we_know_of_comes_first(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    has_read(cast.sara, case, "core", "economy")

    with acting_as(cast.mona):
        first, *_rest = exposure.replay(case, Part.ECONOMY, at - HOUR, at + HOUR)
    assert first.agency.slug == "outreach" and first.without_right and first.times_read == 1
    assert first.user is None, "another agency's people are numbered, not named"


# --- who may ask -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nobody_but_the_lead_is_answered_by_the_database(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    for actor in (cast.nils, cast.rune, cast.aksel, cast.vidar):
        with acting_as(actor):
            assert exposure.replay(case, Part.CORE, at - HOUR, at + HOUR) == []


@pytest.mark.django_db
def test_the_leads_manager_and_privacy_officer_may_ask_and_others_may_not(
    cast: Cast, story: tuple[Case, dt.datetime]
) -> None:
    case, at = story
    for actor in (cast.mona, cast.pia):
        with acting_as(actor):
            assert exposure.find_case(str(case.number), by=actor) == case
            assert exposure.ask(case, Part.ECONOMY, at - HOUR, at + HOUR, by=actor)
    for actor in (cast.ingrid, cast.oda, cast.arne):
        with acting_as(actor), pytest.raises(Refused):
            exposure.find_case(str(case.number), by=actor)
    with acting_as(cast.nils):
        assert exposure.find_case(str(case.number), by=cast.nils) is None


@pytest.mark.django_db
def test_the_question_is_logged_where_the_person_can_read_it(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    with acting_as(cast.pia):
        exposure.ask(case, Part.ECONOMY, at - HOUR, at + HOUR, by=cast.pia)
        event = Event.objects.get(kind="exposure.asked")
    assert (event.case_id, event.parts, event.purpose) == (case.pk, ["economy"], "control")


@pytest.mark.django_db
def test_what_is_to_come_is_not_asked_about(cast: Cast, story: tuple[Case, dt.datetime]) -> None:
    case, at = story
    with acting_as(cast.mona):
        found = exposure.ask(case, Part.ECONOMY, at - HOUR, at + 30 * HOUR, by=cast.mona)
        assert max(stretch.valid_until for one in found for stretch in one.stretches) <= cast.mona.at
        for since, until in ((at, at), (at + HOUR, at), (at + HOUR, at + 2 * HOUR)):
            with pytest.raises(NotNow):
                exposure.ask(case, Part.ECONOMY, since, until, by=cast.mona)


# --- the page ----------------------------------------------------------------------------------------------------------


def typed(case: Case, **changed: str) -> dict[str, str]:
    today = clock.today()
    known = {
        "number": str(case.number), "part": "economy", "from_day": f"{today - dt.timedelta(days=1):%d.%m.%Y}",
        "from_time": "00.00", "until_day": f"{today + dt.timedelta(days=1):%d.%m.%Y}", "until_time": "00.00",
    }  # fmt: skip
    return known | changed


@pytest.mark.django_db
def test_the_page_names_ones_own_people_and_numbers_others(
    client: Client, cast: Cast, story: tuple[Case, dt.datetime], shift_clock: Shift
) -> None:
    case, at = story
    has_read(cast.nils, case, "core", "economy")
    move_to(shift_clock, at + HOUR)
    for asker in (cast.mona, cast.pia):
        page = " ".join(sign_in(client, asker).post(reverse("cases:exposure"), typed(case)).content.decode().split())
        assert cast.ingrid.user.name in page and cast.nils.user.name not in page
        assert "Ansatt 1" in page and "NAV Fjordvik" in page and "Én gang" in page
        assert "Prøvedal" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": "99-9999"}, "leder ingen sak med dette nummeret"),
        ({"number": ""}, "Fyll ut"),
        ({"part": "secrets"}, "Velg et av svarene"),
        ({"from_day": "31.02.2026"}, "Skriv datoen"),
        ({"until_time": "25.00"}, "Skriv klokkeslettet"),
        ({"from_day": "01.01.2999"}, "må slutte etter"),
        ({"from_day": "01.01.2998", "until_day": "02.01.2998"}, "tidspunkt som har vært"),
    ],
)
def test_a_wrong_question_comes_back_as_it_was_typed_with_what_to_do(
    client: Client, cast: Cast, story: tuple[Case, dt.datetime], changed: dict[str, str], sentence: str
) -> None:
    question = typed(story[0], **changed)
    answer = sign_in(client, cast.mona).post(reverse("cases:exposure"), question)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert f'value="{question["from_day"]}"' in page and f'value="{question["until_time"]}"' in page


@pytest.mark.django_db
def test_a_case_of_another_agency_is_answered_like_one_that_does_not_exist(
    client: Client, cast: Cast, story: tuple[Case, dt.datetime]
) -> None:
    sign_in(client, cast.nils)
    there = client.post(reverse("cases:exposure"), typed(story[0]))
    absent = client.post(reverse("cases:exposure"), typed(story[0], number="99-9999"))
    assert there.status_code == absent.status_code == 422
    for answer in (there, absent):
        assert "leder ingen sak med dette nummeret" in answer.content.decode()
    assert sign_in(client, cast.ingrid).get(reverse("cases:exposure")).status_code == 403


# --- the command -------------------------------------------------------------------------------------------------------


def asked(*words: str) -> str:
    out = io.StringIO()
    call_command("access", "exposure", *words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_operator_is_answered_with_everybody_by_address_as_json(
    own_database: str, owner_url: str, cast: Cast
) -> None:
    case = stories.consented(cast)
    has_read(cast.nils, case, "core", "economy")
    began, ends = clock.now() - HOUR, clock.now() + HOUR
    question = ("--case", str(case.number), "--part", "economy", "--from", began.isoformat(), "--to", ends.isoformat())
    wrapper = connections["default"]
    before, owner = wrapper.settings_dict, psycopg.conninfo.conninfo_to_dict(owner_url)
    wrapper.close()
    wrapper.settings_dict = before | {"USER": owner["user"], "PASSWORD": owner.get("password", "")}
    try:
        found = json.loads(asked(*question, "--json"))
        words = asked(*question)
        for wrong in (("--from", ends.isoformat(), "--to", began.isoformat()), ("--case", "99-9999"), ("--to", "soon")):
            with pytest.raises(CommandError) as stopped:
                asked(*question, *wrong)
            assert stopped.value.returncode == 2
    finally:
        wrapper.close()
        wrapper.settings_dict = before

    (nils,) = [one for one in found if one["user"] == MEMBERS["nils"].email]
    assert nils["agency"] == "nav" and nils["roles"] == ["manager"] and nils["did"]["times"] == 1
    assert [right["right"] for right in nils["could"]] == ["consent"]
    assert set(nils["could"][0]) == {"right", "source", "received_only", "from", "until"}
    assert f"nav: {MEMBERS['nils'].email} (manager), read 1 times" in words
    with acting_as(cast.mona):
        assert Event.objects.filter(kind="exposure.asked", case_id=case.pk, user_id=None).count() == 2
