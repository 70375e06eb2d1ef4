"""What stock guardian would answer wrongly, as denials: `CaseBackend` ANDs the whole sentence (access.md)."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import remove_perm

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel
from audit.context import acting
from cases.models import AgencyKey, Case, CaseAccess
from cases.services import assignments, conflicts
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as


def says_yes(actor: Actor, case: Case, perm: str = "cases.view_case") -> bool:
    with acting_as(actor):
        return actor.user.has_perm(perm, case)


def test_the_assigned_worker_may_view_and_work_and_the_manager_may_view(cast: Cast) -> None:
    case = stories.assigned(cast)

    assert says_yes(cast.ingrid, case) and says_yes(cast.ingrid, case, "cases.work_on_case")
    assert says_yes(cast.mona, case) and not says_yes(cast.mona, case, "cases.work_on_case")


def test_an_unassigned_colleague_is_denied_though_the_agency_holds_its_key(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.oda):
        assert ObjectPermissionChecker(cast.oda.agency.group).has_perm("view_case", case), "stock guardian's yes"
    assert not says_yes(cast.oda, case)


def test_the_day_after_expiry_the_assignment_alone_opens_nothing(cast: Cast, shift_clock: Callable[..., None]) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]}, days=2)
    worker_assigned(cast, case, manager="nils", worker="nora")
    assert says_yes(cast.nora, case)

    shift_clock(days=4)

    assert not says_yes(cast.nora, case) and not says_yes(cast.nils, case)
    assert not says_yes(cast.nora, case, "cases.work_on_case")


def test_a_declared_conflict_denies_at_once(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.ingrid):
        conflicts.declare(case, by=cast.ingrid)

    assert not says_yes(cast.ingrid, case)
    assert says_yes(cast.mona, case)


def test_a_protection_level_above_the_clearance_denies(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.ingrid):
        case.person.protection_level = ProtectionLevel.CONFIDENTIAL
        case.person.save(update_fields=["protection_level"])

    assert not says_yes(cast.ingrid, case)
    assert says_yes(cast.mona, case), "Mona is cleared, and answers for the office's cases"


def test_a_taken_assignment_denies_at_once(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
        assignments.unassign(case, user=cast.ingrid.user, by=cast.mona)

    assert not says_yes(cast.ingrid, case)


def test_a_superuser_cannot_be_made(cast: Cast) -> None:
    user = cast.oda.user
    user.is_superuser = True

    with pytest.raises(IntegrityError, match="user_no_superuser"), transaction.atomic():
        user.save()


def test_membership_of_the_agencys_group_opens_nothing(cast: Cast) -> None:
    case = stories.assigned(cast)
    cast.oda.user.groups.add(cast.oda.agency.group)

    assert not says_yes(cast.oda, case)


def test_outside_a_context_or_for_another_user_or_permission_the_answer_is_no(cast: Cast) -> None:
    case = stories.assigned(cast)

    assert not cast.ingrid.user.has_perm("cases.view_case", case)
    with acting_as(cast.mona):
        assert not cast.ingrid.user.has_perm("cases.view_case", case)
    with acting(user_id=cast.ingrid.user.pk, agency_id=None):
        assert not cast.ingrid.user.has_perm("cases.view_case", case)
    assert not says_yes(cast.ingrid, case, "cases.delete_case")
    with acting_as(cast.ingrid):
        assert not cast.ingrid.user.has_perm("cases.view_case")


def test_taking_the_key_through_guardian_or_its_permission_takes_no_right(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona):
        before = CaseAccess.objects.filter(case=case).count()
        remove_perm("view_case", cast.mona.agency.group, case)
        AgencyKey.objects.filter(content_object=case).delete()
        assert Permission.objects.filter(codename="view_case", content_type__app_label="cases").exists()
        assert CaseAccess.objects.filter(case=case).count() == before
