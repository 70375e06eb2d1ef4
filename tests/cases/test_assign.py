"""The manager gives a case to a caseworker: who sees it then, and what it starts."""

import pytest

from agencies.decisions import NotNow, Refused
from agencies.models import Membership
from audit import clock
from audit.models import Event
from cases.enums import CaseState, EntryKind, FactKind
from cases.models import AssignmentPeriod, Case, ConcernReport, Conflict, Entry
from cases.services import assignments
from tests import stories
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


@pytest.mark.req("U23-12")
def test_the_first_assignment_begins_the_initial_review(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.ingrid):
        found = Case.objects.visible_to(cast.ingrid).get()
        assert found.state == CaseState.INITIAL_REVIEW
        assert FactKind.CASEWORKER_ASSIGNED in found.facts_in_force()
        report = ConcernReport.objects.readable_by(cast.ingrid).get()
        lines = {entry.kind: entry for entry in Entry.objects.readable_by(cast.ingrid)}
        assert set(lines) == {EntryKind.REPORT, EntryKind.ASSIGNED}
        assert lines[EntryKind.REPORT].source_id == report.pk
        assert lines[EntryKind.REPORT].occurred_at == report.created_at
        period = AssignmentPeriod.objects.get()
        assert (period.user, period.valid_until) == (cast.ingrid.user, None)
        assert case.due_at is not None


def test_colleagues_without_the_case_do_not_see_it(cast: Cast) -> None:
    stories.assigned(cast)

    for actor in (cast.oda, cast.pia, cast.arne, cast.hanne, cast.rune):
        with acting_as(actor):
            assert not Case.objects.visible_to(actor).exists()


def test_only_a_manager_of_an_agency_with_a_right_assigns(cast: Cast) -> None:
    case = stories.routed(cast)

    for key, actor in cast.everyone().items():
        if key == "mona":
            continue
        with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
            assignments.assign(case, user=actor.user, by=actor)


@pytest.mark.parametrize("key", ["hanne", "mona", "pia", "nora"])
def test_only_the_agencys_own_caseworkers_can_be_given_a_case(cast: Cast, key: str) -> None:
    case = stories.routed(cast)

    with acting_as(cast.mona), pytest.raises(NotNow, match="kan ikke få denne saken"):
        assignments.assign(case, user=getattr(cast, key).user, by=cast.mona)


def test_a_caseworker_whose_membership_has_ended_is_no_candidate(cast: Cast) -> None:
    case = stories.routed(cast)
    Membership.objects.filter(user=cast.oda.user).update(valid_until=clock.now())

    with acting_as(cast.mona):
        names = [row.user.name for row in assignments.candidates(case, agency=cast.mona.agency)]
    assert names == ["Ingrid Testnes"]


def test_a_caseworker_with_a_declared_conflict_is_no_candidate(cast: Cast) -> None:
    case = stories.routed(cast)
    with acting_as(cast.oda):
        Conflict(case=case, user=cast.oda.user).save(force_insert=True)

    with acting_as(cast.mona), pytest.raises(NotNow):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)


def test_assigning_twice_says_so_and_changes_nothing(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona), pytest.raises(NotNow, match="har allerede saken"):
        assignments.assign(case, user=cast.ingrid.user, by=cast.mona)
    with acting_as(cast.mona):
        assert AssignmentPeriod.objects.count() == 1
        assert Event.objects.filter(kind="case.assigned").count() == 1


def test_a_second_caseworker_does_not_begin_the_review_again(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
        rows = {row.user.name: row for row in assignments.candidates(case, agency=cast.mona.agency)}

    assert {name: (row.open_cases, row.is_assigned) for name, row in rows.items()} == {
        "Ingrid Testnes": (1, True),
        "Oda Demolund": (1, True),
    }
    with acting_as(cast.oda):
        assert Case.objects.visible_to(cast.oda).get().state == CaseState.INITIAL_REVIEW
        assert Entry.objects.readable_by(cast.oda).filter(kind=EntryKind.REPORT).count() == 1


def test_whoever_is_taken_off_a_case_loses_sight_at_once(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
        assignments.unassign(case, user=cast.ingrid.user, by=cast.mona)

    with acting_as(cast.ingrid):
        assert not Case.objects.visible_to(cast.ingrid).exists()
    with acting_as(cast.mona):
        assert AssignmentPeriod.objects.get(user=cast.ingrid.user).valid_until == clock.now()


def test_the_lead_always_has_somebody_on_the_case(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona), pytest.raises(NotNow, match="må ha en saksbehandler"):
        assignments.unassign(case, user=cast.ingrid.user, by=cast.mona)
    with acting_as(cast.mona), pytest.raises(NotNow, match="har ikke saken"):
        assignments.unassign(case, user=cast.oda.user, by=cast.mona)
