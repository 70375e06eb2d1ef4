"""Folk og roller: roles are dated facts, what gives rights takes two people, and an administrator sees no case."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import DatabaseError, transaction
from django.urls import reverse

from agencies.actors import actor_for
from agencies.decisions import NotNow, Refused
from agencies.enums import GrantOutcome, ProtectionLevel, Role
from agencies.models import GrantRequest, MachineClient, Membership, SignIn, User
from agencies.services import directory, grants, people
from agencies.services.people import Terms
from audit import clock
from audit.models import Event
from cases.models import Case
from tests import stories
from tests.cast import acting_as, sign_in
from tests.people import administrators, employ

pytestmark = pytest.mark.django_db
MANAGER, WORKER = Terms(Role.MANAGER), Terms(Role.CASEWORKER)
INVITED = {
    "email": "hilde@fjordvik.example",
    "name": "Hilde Prøvenes",
    "title": "rådgiver",
    "role": "caseworker",
    "valid_from": "",
    "valid_until": "",
}


def roles_of(key, cast):
    user = getattr(cast, key).user if isinstance(key, str) else key
    actor = actor_for(User.objects.get(pk=user.pk), cast.agency("hvk-ost"))
    return actor.roles if actor else frozenset()


def asked(cast, user=None, terms=MANAGER):
    """What Arne has asked for, for Oda unless somebody else is named."""
    with acting_as(cast.arne):
        given = people.employ(user or cast.oda.user, by=cast.arne, terms=terms)
    assert isinstance(given, GrantRequest)
    return given


def membership_of(actor):
    return Membership.objects.get(user=actor.user, agency=actor.agency)


def do(client, actor, name, data=None, **where):
    sign_in(client, actor)
    return client.post(reverse(name, kwargs=where), data or {})


# --- taking somebody in -------------------------------------------------------------------------------------------------


def test_an_administrator_takes_a_caseworker_in_and_a_link_goes_to_the_address(
    client, cast, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = do(client, cast.arne, "people_invite", INVITED)

    hilde = User.objects.get(email="hilde@fjordvik.example")
    assert answer.url == reverse("person", args=[hilde.pk])
    assert roles_of(hilde, cast) == {Role.CASEWORKER}
    assert not hilde.has_usable_password()
    (letter,) = mail.outbox
    assert letter.to == [hilde.email]
    assert "/konto/passord/nytt/" in letter.body
    assert "Hilde" not in str(letter.body) and "Helse" not in f"{letter.body}{letter.subject}"


def test_the_link_leads_to_choosing_a_password_once(client, cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        do(client, cast.arne, "people_invite", INVITED)
    client.logout()
    link = next(word for word in mail.outbox[0].body.split() if "/konto/passord/nytt/" in word)
    address = link.removeprefix("http://localhost:8000").removeprefix("http://testserver")
    address = "/konto/" + address.split("/konto/", 1)[1]

    page = client.get(address, follow=True)
    chosen = {"password1": "fire grønne hus", "password2": "fire grønne hus"}
    client.post(page.redirect_chain[-1][0], chosen)

    assert User.objects.get(email="hilde@fjordvik.example").check_password("fire grønne hus")
    assert "Lenken virker ikke lenger" in client.get(address, follow=True).content.decode()


def test_bad_input_keeps_what_was_typed_and_gives_nothing(client, cast):
    answer = do(client, cast.arne, "people_invite", INVITED | {"email": "ikke en adresse", "valid_until": "1.1.2020"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hilde Prøvenes" in page and "ikke en adresse" in page
    assert not User.objects.filter(name="Hilde Prøvenes").exists()


@pytest.mark.parametrize("who", ["mona", "ingrid", "pia"])
def test_nobody_but_an_administrator_takes_people_in(client, cast, who):
    answer = do(client, getattr(cast, who), "people_invite", INVITED)

    assert answer.status_code == 403
    assert not User.objects.filter(email="hilde@fjordvik.example").exists()


def test_a_role_that_begins_later_gives_nothing_until_then(cast, shift_clock):
    tomorrow = clock.start_of(clock.today() + dt.timedelta(days=1))
    with acting_as(cast.arne):
        people.employ(cast.oda.user, by=cast.arne, terms=Terms(Role.INTAKE, valid_from=tomorrow))

    assert Role.INTAKE not in roles_of("oda", cast)
    shift_clock(days=1)
    assert Role.INTAKE in roles_of("oda", cast)


def test_the_same_role_twice_in_the_same_time_is_refused(cast):
    with acting_as(cast.arne), pytest.raises(NotNow, match="fra før"):
        people.employ(cast.ingrid.user, by=cast.arne, terms=WORKER)


# --- two people ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role.grants])
def test_a_role_that_grants_gives_nothing_until_a_second_person_agrees(cast, role):
    request = asked(cast, terms=Terms(role))
    assert role not in roles_of("oda", cast)

    with acting_as(cast.gro):
        grants.approve(request, by=cast.gro)

    assert role in roles_of("oda", cast)


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.INTAKE, Role.ANALYST])
def test_a_role_without_power_over_others_needs_no_second_person(cast, role):
    new = User.objects.create_user("ny@fjordvik.example", name="Ny Testesen")
    with acting_as(cast.arne):
        people.employ(new, by=cast.arne, terms=Terms(role))

    assert roles_of(new, cast) == {role}


def test_nobody_approves_what_they_asked_for(cast):
    request = asked(cast)

    with acting_as(cast.arne), pytest.raises(Refused, match="ba om dette selv"):
        grants.approve(request, by=cast.arne)


def test_nobody_approves_what_is_given_to_themselves(cast):
    request = asked(cast, cast.gro.user)

    with acting_as(cast.gro), pytest.raises(Refused, match="gjelder deg selv"):
        grants.approve(request, by=cast.gro)


@pytest.mark.parametrize("who", ["mona", "oda"])
def test_those_who_administer_nobody_approve_nothing(cast, who):
    request = asked(cast)
    actor = getattr(cast, who)

    with acting_as(actor), pytest.raises(Refused):
        grants.approve(request, by=actor)


def test_the_privacy_officer_steps_in_only_where_there_is_no_second_administrator(cast):
    request = asked(cast)
    with acting_as(cast.pia), pytest.raises(Refused, match="en annen administrator"):
        grants.approve(request, by=cast.pia)

    Membership.objects.filter(user=cast.gro.user).update(valid_until=clock.now())
    with acting_as(cast.pia):
        grants.approve(request, by=cast.pia)

    assert Role.MANAGER in roles_of("oda", cast)


def test_another_agencys_administrator_finds_no_such_request(client, cast):
    request = asked(cast)
    other, _another = administrators(cast.agency("nav"))

    answer = do(client, other, "decide_grant", {"answer": "approve"}, request_id=request.pk)

    assert answer.status_code == 404
    assert Role.MANAGER not in roles_of("oda", cast)


def test_a_refused_request_gives_nothing_and_is_not_decided_again(cast):
    request = asked(cast)
    with acting_as(cast.gro):
        grants.decline(request, by=cast.gro)

    with acting_as(cast.gro), pytest.raises(Refused, match="allerede avgjort"):
        grants.approve(request, by=cast.gro)
    assert Role.MANAGER not in roles_of("oda", cast)


def test_who_asked_may_take_it_back(cast):
    request = asked(cast)

    with acting_as(cast.arne):
        grants.withdraw(request, by=cast.arne)
        assert GrantRequest.objects.get(pk=request.pk).outcome == GrantOutcome.WITHDRAWN


@pytest.mark.parametrize("level", [ProtectionLevel.CONFIDENTIAL, ProtectionLevel.STRICTLY_CONFIDENTIAL])
def test_a_raised_clearance_waits_for_a_second_person_and_a_lowered_one_does_not(cast, shift_clock, level):
    one, other = administrators(cast.hanne.agency)
    with acting_as(one):
        request = people.change(membership_of(cast.hanne), by=one, terms=Terms(Role.CASEWORKER, level))
        assert isinstance(request, GrantRequest)
    assert not cast.hanne.is_cleared_for(level)

    with acting_as(other):
        grants.approve(request, by=other)
    assert cast.hanne.is_cleared_for(level)

    shift_clock(seconds=1)
    held = Membership.objects.in_force().get(user=cast.hanne.user)
    with acting_as(one):
        people.change(held, by=one, terms=WORKER)
    shift_clock(seconds=2)
    assert not cast.hanne.is_cleared_for(level)


def test_the_page_of_a_request_says_what_happens_and_lets_the_second_person_agree(client, cast):
    request = asked(cast)
    address = reverse("decide_grant", args=[request.pk])
    sign_in(client, cast.gro)

    page = client.get(address).content.decode()
    client.post(address, {"answer": "approve"})

    assert "Oda Demolund" in page and "Leder" in page and "Arne Demohaug" in page
    assert Role.MANAGER in roles_of("oda", cast)


def test_who_asked_sees_the_request_but_no_button_that_agrees(client, cast):
    request = asked(cast)
    sign_in(client, cast.arne)

    page = client.get(reverse("decide_grant", args=[request.pk])).content.decode()

    assert "Du ba om dette selv. En annen må godkjenne det." in page
    assert 'value="approve"' not in page


# --- the database holds it too ------------------------------------------------------------------------------------------


def refuses(change):
    with pytest.raises(DatabaseError), transaction.atomic():
        change()


def test_the_database_gives_no_role_that_grants_without_an_approval(cast):
    with acting_as(cast.arne):
        for role in (role for role in Role if role.grants):
            refuses(
                lambda role=role: Membership.objects.create(
                    user=cast.oda.user, agency=cast.oda.agency, role=role, valid_from=clock.now()
                )
            )
        refuses(
            lambda: Membership.objects.create(
                user=cast.oda.user,
                agency=cast.oda.agency,
                role=Role.CASEWORKER,
                clearance=ProtectionLevel.CONFIDENTIAL,
                valid_from=clock.now(),
            )
        )


def test_the_database_lets_no_membership_be_turned_into_one_that_grants(cast):
    own = Membership.objects.filter(user=cast.hanne.user)
    with acting_as(cast.arne):
        refuses(lambda: own.update(role=Role.MANAGER))
        refuses(lambda: own.update(clearance=ProtectionLevel.STRICTLY_CONFIDENTIAL))
        refuses(lambda: own.update(user=cast.ingrid.user))
        refuses(lambda: Membership.objects.filter(user=cast.mona.user).update(valid_until=None))
        refuses(
            lambda: Membership.objects.filter(user=cast.mona.user).update(
                valid_from=clock.start_of(dt.date(2020, 1, 1))
            )
        )
        refuses(lambda: Membership.objects.filter(user=cast.oda.user).delete())


def test_the_database_takes_no_approval_from_who_asked_who_gets_it_or_who_administers_nobody(cast):
    request = asked(cast)
    own = asked(cast, cast.gro.user)
    for actor, row in ((cast.arne, request), (cast.mona, request), (cast.pia, request), (cast.gro, own)):
        with acting_as(actor):
            approved = {"outcome": "approved", "decided_by": actor.user, "decided_at": clock.now()}
            refuses(lambda row=row, approved=approved: GrantRequest.objects.filter(pk=row.pk).update(**approved))


def test_the_database_takes_no_approval_in_somebody_elses_name(cast):
    request = asked(cast)
    with acting_as(cast.arne):
        forged = {"outcome": "approved", "decided_by": cast.gro.user, "decided_at": clock.now()}
        refuses(lambda: GrantRequest.objects.filter(pk=request.pk).update(**forged))
        refuses(
            lambda: GrantRequest.objects.create(
                agency=cast.arne.agency, user=cast.oda.user, kind="membership", role="manager", clearance="marked",
                requested_by=cast.gro.user, requested_at=clock.now(),
            )
        )  # fmt: skip


def test_an_approved_request_gives_only_what_it_says_and_only_once(cast):
    request = asked(cast)
    with acting_as(cast.gro):
        grants.approve(request, by=cast.gro)
        given = {"agency": cast.oda.agency, "valid_from": clock.now(), "role": "manager"}
        refuses(lambda: Membership.objects.create(user=cast.ingrid.user, grant=request, **given))
        refuses(lambda: Membership.objects.create(user=cast.oda.user, grant=request, **given))


# --- ending, and beginning again ----------------------------------------------------------------------------------------


def test_an_ended_membership_gives_nothing_at_once_and_stays_as_a_fact(client, cast):
    held = membership_of(cast.ingrid)

    do(client, cast.arne, "person_end", {"last_day": ""}, membership_id=held.pk)

    assert roles_of(held.user, cast) == frozenset()
    assert Membership.objects.get(pk=held.pk).valid_until is not None


def test_a_last_day_lasts_the_whole_of_that_day(client, cast):
    held = membership_of(cast.ingrid)
    day = clock.today() + dt.timedelta(days=3)

    do(client, cast.arne, "person_end", {"last_day": f"{day:%d.%m.%Y}"}, membership_id=held.pk)

    assert Membership.objects.get(pk=held.pk).valid_until == clock.end_of(day)
    assert Role.CASEWORKER in cast.ingrid.roles


@pytest.mark.parametrize("day", ["01.01.2020", "31.12.2999", "i morgen"])
def test_a_last_day_that_has_been_or_lies_after_the_end_is_refused(client, cast, day):
    held = membership_of(cast.ingrid)

    answer = do(client, cast.arne, "person_end", {"last_day": day}, membership_id=held.pk)

    assert answer.status_code == 422
    assert Membership.objects.get(pk=held.pk).valid_until == held.valid_until


def test_beginning_again_is_a_new_row_and_the_old_end_stays(cast):
    held = membership_of(cast.ingrid)
    with acting_as(cast.arne):
        people.end(held, by=cast.arne)
        people.employ(held.user, by=cast.arne, terms=WORKER)

    rows = Membership.objects.filter(user=held.user).order_by("valid_from")
    assert [row.valid_until is None for row in rows] == [False, True]
    assert roles_of(held.user, cast) == {Role.CASEWORKER}


def test_the_last_administrator_cannot_be_ended(cast):
    Membership.objects.filter(user=cast.gro.user).update(valid_until=clock.now())

    with acting_as(cast.arne), pytest.raises(Refused, match="må ha en administrator"):
        people.end(membership_of(cast.arne), by=cast.arne)


def test_another_role_ends_the_first_and_begins_at_the_same_instant(client, cast):
    held = membership_of(cast.ingrid)

    do(client, cast.arne, "person_change_role", {"role": "intake"}, membership_id=held.pk)

    old, new = Membership.objects.filter(user=held.user).order_by("valid_from")
    assert old.valid_until == new.valid_from
    assert roles_of(held.user, cast) == {Role.INTAKE}


def test_another_role_that_grants_leaves_the_first_standing_until_it_is_agreed(cast):
    held = membership_of(cast.ingrid)
    with acting_as(cast.arne):
        request = people.change(held, by=cast.arne, terms=MANAGER)
        assert isinstance(request, GrantRequest)
    assert cast.ingrid.roles == {Role.CASEWORKER}

    with acting_as(cast.gro):
        grants.approve(request, by=cast.gro)

    assert cast.ingrid.roles == {Role.MANAGER}


def test_a_machines_client_stops_with_its_membership(cast):
    machine = cast.machine()
    one, _other = administrators(machine.agency)
    with acting_as(one):
        people.end(membership_of(machine), by=one)

    assert MachineClient.objects.get(user=machine.user).disabled_at is not None


def test_the_administrator_of_one_agency_reaches_nobody_in_another(client, cast):
    held = membership_of(cast.nora)

    assert do(client, cast.arne, "person_end", {}, membership_id=held.pk).status_code == 404
    assert client.get(reverse("person", args=[cast.nora.user.pk])).status_code == 404
    assert client.get(reverse("person", args=[10**9])).status_code == 404
    assert Role.CASEWORKER in cast.nora.roles


# --- a sign-in made anew ------------------------------------------------------------------------------------------------


def with_factors(cast):
    user = cast.ingrid.user
    user.set_password("tre blå sykler i regnet")
    user.save()
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    return user


def test_a_sign_in_is_made_anew_by_two_and_takes_password_codes_and_sessions_along(client, cast):
    user = with_factors(cast)
    sign_in(client, cast.ingrid)
    with acting_as(cast.arne):
        request = people.ask_for_reset(user, by=cast.arne)
    assert Authenticator.objects.filter(user=user).count() == 2

    with acting_as(cast.gro):
        grants.approve(request, by=cast.gro)

    assert not Authenticator.objects.filter(user=user).exists()
    assert not User.objects.get(pk=user.pk).has_usable_password()
    assert not SignIn.objects.open().filter(user=user).exists()
    assert client.get(reverse("home")).url.startswith(reverse("account_login"))


def test_nobody_asks_for_a_new_sign_in_for_themselves(cast):
    with acting_as(cast.arne), pytest.raises(Refused, match="din egen innlogging"):
        people.ask_for_reset(cast.arne.user, by=cast.arne)


def test_who_asked_for_a_new_sign_in_cannot_also_agree(cast):
    user = with_factors(cast)
    with acting_as(cast.arne):
        request = people.ask_for_reset(user, by=cast.arne)

    with acting_as(cast.arne), pytest.raises(Refused):
        grants.approve(request, by=cast.arne)
    assert Authenticator.objects.filter(user=user).count() == 2


def test_a_closed_account_is_closed_everywhere(client, cast):
    with_factors(cast)
    sign_in(client, cast.ingrid)
    with acting_as(cast.arne):
        people.close_account(cast.ingrid.user, by=cast.arne)

    assert client.get(reverse("home")).url.startswith(reverse("account_login"))
    assert not User.objects.get(email="ingrid@fjordvik.example").is_active


def test_an_account_that_another_agency_uses_is_not_closed(cast):
    employ(cast.ingrid.user, cast.agency("nav"), Role.CASEWORKER)

    with acting_as(cast.arne), pytest.raises(NotNow, match="annen tjeneste"):
        people.close_account(cast.ingrid.user, by=cast.arne)


# --- the pages ----------------------------------------------------------------------------------------------------------


def test_the_list_shows_who_is_here_what_waits_and_what_was_done(client, cast):
    asked(cast)
    sign_in(client, cast.arne)

    page = client.get(reverse("people")).content.decode()

    for words in ("Ingrid Testnes", "Venter på en til", "Oda Demolund", "bedt om godkjenning", "Folk og roller"):
        assert words in page
    assert "Nora Eksempelvik" not in page


@pytest.mark.parametrize(("who", "status"), [("pia", 200), ("mona", 200), ("ingrid", 403), ("emil", 403)])
def test_the_list_is_read_by_those_who_answer_for_the_agency(client, cast, who, status):
    sign_in(client, getattr(cast, who))

    assert client.get(reverse("people")).status_code == status


def test_the_list_takes_as_many_queries_however_many_people_there_are(client, cast, django_assert_num_queries):
    arne = cast.arne
    with acting_as(arne):
        with django_assert_num_queries(4):
            directory.of_agency(arne)
        for number in range(5):
            new = User.objects.create_user(f"ny{number}@fjordvik.example", name=f"Ny Testesen {number}")
            people.employ(new, by=arne, terms=WORKER)
        with django_assert_num_queries(4):
            directory.of_agency(arne)


def test_an_administrator_sees_no_case(cast):
    case = stories.consented(cast)

    for actor in (cast.arne, cast.gro):
        with acting_as(actor):
            assert not Case.objects.visible_to(actor).filter(pk=case.pk).exists()


def test_everything_is_in_the_agencys_log(cast):
    request = asked(cast)
    with acting_as(cast.gro):
        grants.approve(request, by=cast.gro)
        kinds = list(Event.objects.filter(kind__startswith="people.").values_list("kind", "user_id", "object_id"))

    oda = str(cast.oda.user.pk)
    assert sorted(kinds) == sorted(
        [
            ("people.grant_asked", cast.arne.user.pk, oda),
            ("people.grant_approved", cast.gro.user.pk, oda),
            ("people.begun", cast.gro.user.pk, oda),
        ]
    )
