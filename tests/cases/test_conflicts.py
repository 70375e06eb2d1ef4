"""A declared conflict takes the case away from somebody on every surface, whatever their role (fvl. §§ 6, 8)."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from agencies.actors import Actor
from agencies.decisions import NotNow, Refused
from agencies.enums import Part, Role
from agencies.models import User
from audit import clock
from audit.models import Event
from cases import grants
from cases.enums import EntryKind
from cases.models import Case, Conflict
from cases.services import assignments, conflicts, contributions, entries
from meetings.services import reading
from reminders.services import raise_reminder, reminders_for
from tests import stories
from tests.access.attacks import refuses, rows
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in
from tests.meetings import tables
from tests.people import employ

pytestmark = pytest.mark.django_db


def second_manager(cast: Cast) -> Actor:
    """Oda also leads for a while."""
    employ(cast.oda.user, cast.oda.agency, Role.MANAGER)
    return cast.oda


def noted(cast: Cast, case: Case, user: User) -> Conflict:
    with acting_as(cast.mona):
        conflicts.declare_for(case, user=user, by=cast.mona)
        return Conflict.objects.get(case=case, user=user)


# --- every surface ----------------------------------------------------------------------------------------------------

OF_CASE = (
    "cases:detail", "cases:report", "cases:review", "cases:talk", "cases:needs", "cases:network", "cases:assign",
    "cases:close", "cases:protection", "cases:sealed", "cases:conflicts", "actionplans:detail", "actionplans:pdf",
    "actionplans:edit", "consent:detail", "meetings:case",
)  # fmt: skip


@pytest.mark.parametrize("key", ["ingrid", "mona", "nora", "nils"])
def test_from_that_instant_no_surface_has_the_case(cast: Cast, client: Client, key: str) -> None:
    case = planning.planned(cast)
    actor: Actor = getattr(cast, key)
    meeting = tables.called(cast, days=30)
    tables.on_agenda(cast, case, meeting)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.ECONOMY, text="Gjeld hos tre selskaper", by=cast.ingrid)
    with acting_as(actor):
        raise_reminder(
            "protection_changed", recipient=actor.user, agency=actor.agency, subject_id=case.pk, occurrence="x", due_at=clock.now()
        )  # fmt: skip
        conflicts.declare(case, by=actor)
    number = str(case.number)

    sign_in(client, actor)
    for name in OF_CASE:
        assert client.get(reverse(name, args=[case.pk])).status_code == 404, name
    for path in map(reverse, ("home", "cases:list", "cases:contributions", "reminders", "meetings:list")):
        html = client.get(path).content.decode()
        assert number not in html and "Prøvedal" not in html and "Gjeld hos" not in html, path
    agenda = client.get(reverse("meetings:detail", args=[meeting.pk])).content.decode()
    assert number not in agenda and tables.QUESTION not in agenda
    for words in (number, "Prøvedal", "selskaper"):
        assert "Ingen treff" in client.post(reverse("search"), {"words": words}).content.decode()
    with acting_as(actor):
        assert not actor.user.has_perm("cases.view_case", case)
        assert not actor.user.has_perm("cases.work_on_case", case)
        assert contributions.of_this_app(actor) == []
        assert {told.kind for told in reminders_for(actor)} <= {"meeting_invited"}, "that there is a meeting, no case"
        assert reading.agenda_for(meeting, actor).items == []
        assert not Case.objects.visible_to(actor).exists()


# --- declared for another ---------------------------------------------------------------------------------------------


def test_a_manager_notes_somebody_else_who_loses_the_case_and_the_assignment(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    url = reverse("cases:conflicts", args=[case.pk])
    sign_in(client, cast.mona)

    asked = client.post(url, {"user": cast.ingrid.user.pk}).content.decode()
    assert "Er Ingrid Testnes inhabil i saken?" in asked
    with acting_as(cast.ingrid):
        assert Case.objects.visible_to(cast.ingrid).exists(), "not before it is confirmed"
    done = client.post(url, {"user": cast.ingrid.user.pk, "confirmed": "1"}, follow=True).content.decode()

    assert "Ingrid Testnes er meldt inhabil" in done and "Meldt av Mona" in done
    with acting_as(cast.ingrid):
        assert not Case.objects.visible_to(cast.ingrid).exists()
    with acting_as(cast.mona):
        assert not grants.assignments_of(case, cast.mona.agency).exists()
        event = Event.objects.get(kind="conflict.declared", case_id=case.pk)
        assert event.user_id == cast.mona.user.pk


@pytest.mark.parametrize("key", ["ingrid", "oda", "vidar", "nora", "rune", "marte", "pia"])
def test_nobody_but_a_manager_with_the_case_notes_others(cast: Cast, key: str) -> None:
    case, actor = stories.assigned(cast), getattr(cast, key)

    with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
        conflicts.declare_for(case, user=cast.oda.user, by=actor)


@pytest.mark.parametrize("key", ["nora", "vidar", "pia", "mona"])
def test_only_the_agencys_own_people_who_work_on_cases_can_be_noted(cast: Cast, key: str) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona), pytest.raises(NotNow, match="kan ikke meldes"):
        conflicts.declare_for(case, user=getattr(cast, key).user, by=cast.mona)


def test_a_manager_can_be_noted_and_is_then_out_too(cast: Cast) -> None:
    case, other = stories.assigned(cast), second_manager(cast)
    with acting_as(other):
        conflicts.declare_for(case, user=cast.mona.user, by=other)

    with acting_as(cast.mona):
        assert not Case.objects.visible_to(cast.mona).exists()


# --- ended ------------------------------------------------------------------------------------------------------------


def test_a_manager_ends_it_with_a_reason_and_the_row_stays(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    conflict = noted(cast, case, cast.ingrid.user)
    url = reverse("cases:end_conflict", args=[case.pk, conflict.pk])
    sign_in(client, cast.mona)

    assert client.post(url, {"reason": ""}).status_code == 422
    page = client.post(url, {"reason": "Hun kjenner ikke familien."}, follow=True).content.decode()

    assert "Hun kjenner ikke familien." in page and "Ingrid Testnes kan få saken igjen" in page
    with acting_as(cast.mona):
        conflict.refresh_from_db()
        assert (conflict.ended_by, conflict.end_reason) == (cast.mona.user, "Hun kjenner ikke familien.")
        assignments.assign(case, user=cast.ingrid.user, by=cast.mona)
    with acting_as(cast.ingrid):
        assert Case.objects.visible_to(cast.ingrid).exists()


def test_nobody_ends_their_own(cast: Cast) -> None:
    case, other = stories.assigned(cast), second_manager(cast)
    with acting_as(other):
        conflicts.declare(case, by=other)
        conflict = Conflict.objects.get(case=case)
        with pytest.raises(Refused):
            conflicts.end(conflict, reason="Det går bra.", by=other)

    end = "UPDATE cases_conflict SET ended_at = samlos.now(), ended_by_id = %s, end_reason = 'x' WHERE id = %s"
    refuses(other, end, [other.user.pk, conflict.pk])
    refuses(other, end, [cast.mona.user.pk, conflict.pk])
    refuses(cast.mona, end.replace("'x'", "''"), [cast.mona.user.pk, conflict.pk])
    refuses(cast.vidar, end, [cast.vidar.user.pk, conflict.pk])
    assert rows(cast.mona, "SELECT ended_at FROM cases_conflict") == [(None,)]


def test_it_is_ended_once_and_never_rewritten(cast: Cast) -> None:
    case = stories.assigned(cast)
    conflict = noted(cast, case, cast.ingrid.user)
    with acting_as(cast.mona):
        conflicts.end(conflict, reason="En misforståelse.", by=cast.mona)
        with pytest.raises(NotNow, match="alt opphevet"):
            conflicts.end(conflict, reason="En gang til.", by=cast.mona)

    refuses(cast.mona, "UPDATE cases_conflict SET end_reason = 'Noe annet' WHERE id = %s", [conflict.pk])
    refuses(cast.mona, "DELETE FROM cases_conflict WHERE id = %s", [conflict.pk])


def test_nobody_is_noted_in_anothers_name(cast: Cast) -> None:
    case = stories.assigned(cast)
    forged = """INSERT INTO cases_conflict (id, case_id, user_id, agency_id, declared_by_id, declared_at)
                VALUES (gen_random_uuid(), %s, %s, %s, %s, samlos.now())"""

    refuses(cast.vidar, forged, [case.pk, cast.mona.user.pk, cast.vidar.agency.pk, cast.vidar.user.pk])
    refuses(cast.vidar, forged, [case.pk, cast.mona.user.pk, cast.mona.agency.pk, cast.mona.user.pk])
    with acting_as(cast.vidar), pytest.raises(DatabaseError), transaction.atomic():
        Conflict.objects.create(case=case, user=cast.mona.user)
