"""The rules of people and roles, asked in each role alone and in every case they tell apart (F-10, security.md 3.4)."""

import datetime as dt
from dataclasses import replace

import pytest

from agencies import policies
from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.decisions import Decision
from agencies.enums import GrantOutcome, ProtectionLevel, Role
from agencies.models import GrantRequest, Membership, User
from agencies.services import people
from tests.cases.roles import ADMINISTRATOR, MANAGER, PRIVACY_OFFICER, in_role, roles_that_may
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


def request_of(cast: Cast, **changed: object) -> GrantRequest:
    """Arne has asked that Oda become a manager."""
    about = {"agency": cast.mona.agency, "user": cast.oda.user, "requested_by": cast.arne.user, "role": Role.MANAGER}
    return GrantRequest(**about | {"outcome": GrantOutcome.PENDING} | changed)


def membership_of_oda(cast: Cast, **changed: object) -> Membership:
    about = {"user": cast.oda.user, "agency": cast.oda.agency, "role": Role.CASEWORKER}
    return Membership(**about | {"valid_from": cast.oda.at - dt.timedelta(days=1)} | changed)


def code(actor: Actor, decision: Decision) -> str:
    return "" if decision else decision.code


def test_who_sees_and_who_changes_the_people_of_an_agency(cast: Cast) -> None:
    assert roles_that_may(cast.oda, policies.may_see_people) == {ADMINISTRATOR, PRIVACY_OFFICER, MANAGER}
    assert roles_that_may(cast.oda, policies.may_administer_people) == {ADMINISTRATOR}


def test_an_administrator_ends_what_has_not_ended(cast: Cast) -> None:
    arne = in_role(cast.arne, ADMINISTRATOR)
    ends = {
        "never": (None, ""),
        "later": (arne.at + dt.timedelta(microseconds=1), ""),
        "now": (arne.at, "ended"),
        "before": (arne.at - dt.timedelta(days=1), "ended"),
    }

    for name, (valid_until, expected) in ends.items():
        found = policies.may_end_membership(arne, membership_of_oda(cast, valid_until=valid_until))
        assert code(arne, found) == expected, name
    assert roles_that_may(
        cast.arne, lambda actor: policies.may_end_membership(actor, membership_of_oda(cast))
    ) == {ADMINISTRATOR}  # fmt: skip


def test_an_agency_keeps_an_administrator_in_force(cast: Cast) -> None:
    arne, gro = cast.arne, cast.gro
    own = Membership.objects.get(user=arne.user, agency=arne.agency)
    coming = Membership(user=arne.user, agency=arne.agency, role=own.role, valid_from=arne.at + dt.timedelta(days=1))

    assert policies.may_end_membership(arne, own)
    with acting_as(arne):
        people.end(Membership.objects.get(user=gro.user, agency=gro.agency), by=arne)
    later = cast.arne
    assert policies.may_end_membership(later, own).code == "last_administrator"
    assert policies.may_end_membership(later, membership_of_oda(cast))
    assert policies.may_end_membership(later, coming)
    besides = Membership(user=arne.user, agency=arne.agency, role=Role.CASEWORKER, valid_from=own.valid_from)
    assert policies.may_end_membership(later, besides), "what is not the administrator's role leaves one"
    begun = Membership(user=arne.user, agency=arne.agency, role=own.role, valid_from=later.at)
    assert policies.may_end_membership(later, begun).code == "last_administrator"
    assert policies.may_end_membership(in_role(cast.oda), own).code == "not_administrator"


@pytest.mark.parametrize("out", [{"is_active": False}, {"is_machine": True}])
def test_who_cannot_sign_in_is_no_administrator(cast: Cast, out: dict[str, bool]) -> None:
    arne = cast.arne
    own = Membership.objects.get(user=arne.user, agency=arne.agency)

    assert policies.may_end_membership(arne, own)
    with acting_as(arne):
        User.objects.filter(pk=cast.gro.user.pk).update(**out)
        assert policies.may_end_membership(arne, own).code == "last_administrator"


def test_nobody_resets_their_own_sign_in(cast: Cast) -> None:
    assert roles_that_may(cast.arne, lambda actor: policies.may_ask_for_reset(actor, cast.oda.user)) == {ADMINISTRATOR}
    assert policies.may_ask_for_reset(cast.arne, cast.arne.user).code == "own"


def test_a_second_person_decides_and_the_privacy_officer_where_there_is_no_other(cast: Cast) -> None:
    request = request_of(cast)
    nobody_else = request_of(cast, user=cast.gro.user)

    assert roles_that_may(cast.gro, lambda actor: policies.may_decide_grant(actor, request)) == {ADMINISTRATOR}
    assert roles_that_may(cast.mona, lambda actor: policies.may_decide_grant(actor, nobody_else)) == {
        ADMINISTRATOR, PRIVACY_OFFICER,
    }  # fmt: skip
    assert policies.may_decide_grant(in_role(cast.gro, ADMINISTRATOR, PRIVACY_OFFICER), request)
    refused = {
        "decided": (cast.gro, request_of(cast, outcome=GrantOutcome.APPROVED)),
        "other_agency": (in_role(cast.nils, ADMINISTRATOR), request),
        "asked_oneself": (cast.arne, request),
        "about_oneself": (in_role(cast.oda, ADMINISTRATOR), request),
        "administrator_decides": (cast.pia, request),
        "not_administrator": (in_role(cast.mona, MANAGER), request),
    }
    for expected, (actor, about) in refused.items():
        assert policies.may_decide_grant(actor, about).code == expected


def test_only_who_asked_takes_it_back_and_only_before_it_is_decided(cast: Cast) -> None:
    assert roles_that_may(
        cast.arne, lambda actor: policies.may_withdraw_grant(actor, request_of(cast))
    ) == {ADMINISTRATOR}  # fmt: skip
    refused = {
        "decided": (cast.arne, request_of(cast, outcome=GrantOutcome.DECLINED)),
        "not_asked": (cast.gro, request_of(cast)),
    }
    for expected, (actor, about) in refused.items():
        assert policies.may_withdraw_grant(actor, about).code == expected
    elsewhere = replace(cast.arne, agency=cast.nils.agency)
    assert policies.may_withdraw_grant(elsewhere, request_of(cast)).code == "not_asked"


def test_what_gives_rights_or_raises_clearance_takes_two(cast: Cast) -> None:
    marked, *higher = [level for level in CLEARANCE_ORDER if level != ProtectionLevel.NONE]

    for role in Role:
        assert policies.needs_second_person(role, ProtectionLevel.MARKED) is role.grants, role
    assert marked == ProtectionLevel.MARKED
    for level in higher:
        held = membership_of_oda(cast, clearance=level)
        assert policies.needs_second_person(Role.CASEWORKER, level)
        assert policies.needs_second_person(Role.CASEWORKER, level, instead_of=held)
        assert not policies.needs_second_person(Role.CASEWORKER, ProtectionLevel.MARKED, instead_of=held)
    below = membership_of_oda(cast, clearance=ProtectionLevel.NONE)
    assert policies.needs_second_person(Role.CASEWORKER, ProtectionLevel.MARKED, instead_of=below)
