"""The cast can be relied on: everybody is there, may act, and can sign in."""

import pytest
from django.db import connection
from stdnum.no import orgnr

from agencies import demonstration
from agencies.enums import AgencyKind, Role, Standing
from agencies.models import Agency, District, MachineClient, Membership, Programme, User
from tests.cast import MEMBERS, acting_as, sign_in

pytestmark = pytest.mark.django_db


def counts():
    return [model.objects.count() for model in (Agency, District, User, Membership, MachineClient, Programme)]


def test_everybody_in_the_cast_acts_in_their_role(cast):
    everyone = cast.everyone()

    assert len(everyone) == len(MEMBERS) == 24
    assert all(actor.roles == {MEMBERS[key].role} for key, actor in everyone.items())


def test_a_person_with_two_agencies_acts_for_one_at_a_time(cast):
    assert cast.tove.agency.slug == "outreach"
    assert cast.acting_for("tove", "mental-health").agency.slug == "mental-health"


def test_the_database_answers_the_actor_inside_and_nobody_outside(cast):
    def asked():
        with connection.cursor() as cursor:
            cursor.execute("SELECT samlos.user_id(), samlos.agency_id()")
            return cursor.fetchone()

    with acting_as(cast.ingrid):
        inside = asked()

    assert inside == (cast.ingrid.user.pk, cast.ingrid.agency.pk)
    assert asked() == (None, None)


def test_signing_in_chooses_the_agency(cast, client):
    sign_in(client, cast.acting_for("tove", "mental-health"))

    assert client.session["agency"] == cast.agency("mental-health").pk


@pytest.mark.req("U23-05", "U23-06")
def test_fjordvik_has_the_agencies_of_the_routine_and_its_four_owners():
    agencies = {agency.slug: agency for agency in Agency.objects.all()}

    assert set(agencies) == {office.slug for office in demonstration.OFFICES}
    assert {agency.kind for agency in agencies.values() if agency.standing == Standing.OWNER} == {
        AgencyKind.POLICE,
        AgencyKind.PROBATION,
        AgencyKind.MUNICIPAL_COMPANY,
        AgencyKind.COORDINATION,
    }


def test_every_agency_is_tagged_as_a_public_body_or_not():
    assert set(Agency.objects.values_list("is_public_body", flat=True)) == {True}


def test_organisation_numbers_are_possible_but_belong_to_nobody():
    numbers = [office.organisation_number for office in demonstration.OFFICES]

    assert len(set(numbers)) == len(numbers)
    assert all(orgnr.is_valid(number) and number[0] in "23" for number in numbers)


@pytest.mark.req("U23-10")
def test_every_postal_code_belongs_to_one_district_and_every_district_to_one_office():
    codes = [code for district in District.objects.all() for code in district.postal_codes]

    assert len(set(codes)) == len(codes)
    assert all(len(code) == 4 and code.startswith("70") for code in codes)
    assert all(
        district.agencies.filter(kind=AgencyKind.HEALTH_WELFARE_OFFICE).count() == 1
        for district in District.objects.all()
    )


def test_every_membership_has_an_end():
    assert not Membership.objects.filter(valid_until=None).exists()


def test_nobody_in_the_cast_has_a_password_to_guess():
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_machine_acts_as_an_analyst_of_the_police(cast):
    client = MachineClient.objects.get(client_id="politiet-analyse")

    assert client.user.is_machine
    assert client.scopes == ["samlos:concernreports", "samlos:auditheads"]
    assert cast.machine().roles == {Role.ANALYST}


def test_building_again_changes_nothing():
    before = counts()

    demonstration.build()

    assert counts() == before


def test_a_step_that_is_done_is_not_built_again():
    built = []
    demonstration.build_once("once", lambda: built.append(1))
    demonstration.build_once("once", lambda: built.append(2))

    assert built == [1]


def test_a_step_that_failed_is_built_at_the_next_start():
    built = []

    def fail():
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        demonstration.build_once("retried", fail)
    demonstration.build_once("retried", lambda: built.append(1))

    assert built == [1]


def test_nothing_is_built_outside_the_demonstration(settings):
    settings.DEMONSTRATION = False

    with pytest.raises(demonstration.NotADemonstrationError):
        demonstration.build()
