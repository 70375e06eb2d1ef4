"""Who acts, asked of the database at that instant and never remembered."""

from dataclasses import FrozenInstanceError

import pytest

from agencies.actors import actor_for, actor_in, agencies_of
from agencies.enums import ProtectionLevel, Role
from agencies.models import Membership, User
from audit import clock
from tests.people import clear, employ


@pytest.fixture
def ingrid(cast):
    return cast.ingrid


def test_an_actor_holds_all_the_roles_in_force_in_that_agency_and_no_others(cast, ingrid):
    for role, slug in ((Role.MANAGER, "hvk-ost"), (Role.COORDINATOR, "slt")):
        employ(ingrid.user, cast.agency(slug), role)

    assert cast.ingrid.roles == {Role.CASEWORKER, Role.MANAGER}


def test_a_role_that_has_ended_is_not_among_them(cast, ingrid):
    Membership.objects.filter(user=ingrid.user).update(valid_until=clock.now())

    assert actor_for(ingrid.user, ingrid.agency) is None


def test_a_closed_account_acts_for_nobody(cast, ingrid):
    User.objects.filter(pk=ingrid.user.pk).update(is_active=False)

    assert actor_for(User.objects.get(pk=ingrid.user.pk), ingrid.agency) is None


def test_nobody_acts_for_an_agency_without_a_membership(cast, ingrid):
    assert actor_for(ingrid.user, cast.agency("nav")) is None


def test_an_actor_found_by_the_agencys_id_is_the_same(ingrid, cast):
    assert actor_in(ingrid.user, ingrid.agency.pk) == ingrid
    assert actor_in(ingrid.user, cast.agency("nav").pk) is None
    assert actor_in(ingrid.user, 0) is None
    ingrid.user.is_active = False
    assert actor_in(ingrid.user, ingrid.agency.pk) is None


def test_an_actor_cannot_be_changed(ingrid):
    with pytest.raises(FrozenInstanceError):
        ingrid.roles = frozenset(Role)


def test_the_agencies_to_choose_between_are_those_in_force_by_name(cast):
    assert [agency.slug for agency in agencies_of(cast.tove.user)] == ["mental-health", "outreach"]


@pytest.mark.parametrize(
    ("person", "answers"),
    [
        ("mona", True),
        ("rune", True),
        ("marte", True),
        ("ingrid", False),
        ("pia", False),
        ("arne", False),
        ("aksel", False),
    ],
)
def test_only_roles_that_answer_for_the_agencys_cases_see_them_unassigned(cast, person, answers):
    assert getattr(cast, person).answers_for_agency is answers


@pytest.mark.parametrize("level", [ProtectionLevel.CONFIDENTIAL, ProtectionLevel.STRICTLY_CONFIDENTIAL])
def test_nobody_is_cleared_for_a_hidden_address_unless_it_was_given_by_name(cast, level):
    hanne = cast.hanne
    assert not hanne.is_cleared_for(level)

    clear(hanne.user, hanne.agency, level)

    assert cast.hanne.is_cleared_for(level)


def test_a_membership_counts_from_its_first_instant_until_its_end(own_database, cast, shift_clock):
    until = cast.ingrid.user.memberships.get().valid_until
    left = (until - clock.now()).total_seconds()

    shift_clock(seconds=left - 60)
    assert cast.ingrid.roles == {Role.CASEWORKER}

    shift_clock(seconds=left + 60)
    assert actor_for(User.objects.get(email="ingrid@fjordvik.example"), cast.agency("hvk-ost")) is None
