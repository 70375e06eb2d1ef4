"""The object backend and the assignments asked directly: each condition is somewhere the only one that fails."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Permission

from agencies.actors import Actor
from agencies.enums import Part
from agencies.models import Membership
from audit import clock, context
from cases import grants
from cases.models import Case, CaseUserObjectPermission
from cases.services import conflicts
from tests import stories
from tests.cases.roles import shared
from tests.cast import Cast, acting_as
from tests.consent.breaking import opened

pytestmark = pytest.mark.django_db
VIEW, WORK = "cases.view_case", "cases.work_on_case"


def may(actor: Actor, case: Case) -> set[str]:
    """What the backend lets the actor do with the case: everything, or `VIEW`, or nothing."""
    with acting_as(actor):
        return {perm for perm in (VIEW, WORK) if grants.CaseBackend().has_perm(actor.user, perm, case)}


def views_only(case: Case, actor: Actor) -> None:
    """Give guardian's other permission, by hand: no service does."""
    view = Permission.objects.get_by_natural_key("view_case", "cases", "case")
    with acting_as(actor):
        CaseUserObjectPermission.objects.create(
            permission=view, user=actor.user, content_object=case, agency=actor.agency, assigned_by=actor.user
        )


# Before anything is asked: nothing, or something that takes a right away or gives one.
def nothing(_cast: Cast, _case: Case) -> None:
    pass


def consent_taken_back(cast: Cast, case: Case) -> None:
    stories.revoked(cast, case)


def glass_broken(cast: Cast, case: Case) -> None:
    stories.revoked(cast, case)
    for actor in (cast.nora, cast.sara):
        opened(actor, Part.HEALTH)


def conflict_declared(cast: Cast, case: Case) -> None:
    with acting_as(cast.ingrid):
        conflicts.declare(case, by=cast.ingrid)


def other_permission_given(cast: Cast, case: Case) -> None:
    for actor in (cast.oda, cast.mona):
        views_only(case, actor)


def another_case_given(cast: Cast, _case: Case) -> None:
    other = stories.routed(cast)
    with acting_as(cast.mona):
        for actor in (cast.oda, cast.mona):
            grants.assign(other, actor.user, by=cast.mona)


BOTH, SEES, NOT = {VIEW, WORK}, {VIEW}, set[str]()
IN_THE_LEAD = {"ingrid": BOTH, "mona": SEES, "oda": NOT}
IN_NAV = {"nora": BOTH, "nils": SEES}
OUTSIDE = {"sara": NOT, "rune": NOT, "aksel": NOT}
AFTER: list[tuple[Callable[[Cast, Case], None], dict[str, set[str]]]] = [
    (nothing, {**IN_THE_LEAD, **IN_NAV, **OUTSIDE}),
    (consent_taken_back, {**IN_THE_LEAD, "nora": NOT, "nils": NOT, **OUTSIDE}),
    # Nora is still assigned, but her agency has no key; Sara never was.
    (glass_broken, {**IN_THE_LEAD, "nora": SEES, "nils": NOT, **OUTSIDE, "sara": SEES}),
    (conflict_declared, {**IN_THE_LEAD, "ingrid": NOT, **IN_NAV, **OUTSIDE}),
    (other_permission_given, {**IN_THE_LEAD, **IN_NAV, **OUTSIDE}),
    (another_case_given, {**IN_THE_LEAD, **IN_NAV, **OUTSIDE}),
]


@pytest.mark.parametrize(("what", "expected"), AFTER, ids=[what.__name__ for what, _expected in AFTER])
def test_the_backend_lets_each_see_and_work_as_the_sentence_says(
    cast: Cast, what: Callable[[Cast, Case], None], expected: dict[str, set[str]]
) -> None:
    case = shared(cast)
    what(cast, case)

    assert {key: may(getattr(cast, key), case) for key in expected} == expected


@dataclass
class Impostor:
    """Something that is no user, with the id of one."""

    pk: int
    is_active: bool = True


def test_the_backend_answers_only_for_the_user_and_agency_the_database_is_asked_for(cast: Cast) -> None:
    case = shared(cast)
    ingrid, nora = cast.ingrid, cast.nora
    backend = grants.CaseBackend()

    for user_id, agency_id, expected in (
        (ingrid.user.pk, ingrid.agency.pk, True),
        (nora.user.pk, ingrid.agency.pk, False),
        (None, ingrid.agency.pk, False),
        (ingrid.user.pk, nora.agency.pk, False),
        (ingrid.user.pk, None, False),
    ):
        with context.acting(user_id=user_id, agency_id=agency_id):
            for perm in (VIEW, WORK):
                assert backend.has_perm(ingrid.user, perm, case) is expected, (user_id, agency_id, perm)
    assert not backend.has_perm(ingrid.user, VIEW, case)


def test_the_backend_answers_of_users_and_cases_and_of_two_permissions_alone(cast: Cast) -> None:
    case = shared(cast)
    actor = cast.ingrid
    backend = grants.CaseBackend()

    with acting_as(actor):
        assert backend.has_perm(actor.user, VIEW, case)
        assert not backend.has_perm(Impostor(actor.user.pk), VIEW, case)
        assert not backend.has_perm(actor.user, VIEW, case.person)
        assert not backend.has_perm(actor.user, VIEW)
        for perm in ("cases.change_case", "cases.delete_case", "consent.view_case", "view_case", ""):
            assert not backend.has_perm(actor.user, perm, case), perm


@pytest.mark.parametrize("gone", ["the membership", "the account"])
def test_who_has_left_is_let_do_nothing_though_the_assignment_stands(cast: Cast, gone: str) -> None:
    case = shared(cast)
    ingrid = cast.ingrid

    with acting_as(ingrid):
        if gone == "the membership":
            Membership.objects.filter(user=ingrid.user).update(valid_until=clock.now())
        else:
            ingrid.user.is_active = False
        backend = grants.CaseBackend()
        assert not any(backend.has_perm(ingrid.user, perm, case) for perm in (VIEW, WORK))


def test_an_assignment_is_to_one_case_for_one_agency_and_to_work(cast: Cast) -> None:
    case, other = shared(cast), stories.assigned(cast)
    views_only(case, cast.oda)
    ours = cast.ingrid.agency

    with acting_as(cast.mona):
        grants.assign(other, cast.oda.user, by=cast.mona)
        assert [row.user for row in grants.assignments_of(case, ours)] == [cast.ingrid.user]
        assert {row.user for row in grants.assignments_of(other, ours)} == {cast.ingrid.user, cast.oda.user}
        assert not grants.is_assigned(cast.oda, case) and grants.is_assigned(cast.oda, other)
        assert grants.is_assigned(cast.ingrid, case) and not grants.is_assigned(cast.mona, other)
        assert grants.assigned_case_ids(cast.ingrid) == {case.pk, other.pk}
        assert grants.assigned_case_ids(cast.oda) == {other.pk}
        assert grants.assigned_case_ids(cast.mona) == set()


def test_one_agencys_assignments_are_not_anothers(cast: Cast) -> None:
    case = shared(cast)

    with acting_as(cast.mona):
        assert [row.user for row in grants.assignments_of(case, cast.mona.agency)] == [cast.ingrid.user]
        assert not grants.assignments_of(case, cast.nora.agency)


def test_an_assignment_is_given_once_and_taken_from_one(cast: Cast) -> None:
    case = shared(cast)

    with acting_as(cast.mona):
        for _twice in range(2):
            grants.assign(case, cast.oda.user, by=cast.mona)
        assert grants.assignments_of(case, cast.mona.agency).count() == 2
        assert grants.assignments_of(case, cast.mona.agency).get(user=cast.oda.user).assigned_by == cast.mona.user

        grants.unassign(case, cast.oda.user, by=cast.mona)

        assert [row.user for row in grants.assignments_of(case, cast.mona.agency)] == [cast.ingrid.user]


def test_the_agencys_key_is_to_the_cases_it_has_a_right_in_and_to_no_other(cast: Cast) -> None:
    case, other = shared(cast), stories.assigned(cast)

    with acting_as(cast.nils):
        assert grants.has_agency_key(cast.nils, case) is True
        assert grants.has_agency_key(cast.nils, other) is False
    with acting_as(cast.sara):
        assert grants.has_agency_key(cast.sara, case) is False
