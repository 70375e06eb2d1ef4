"""A manager moves a caseworker's cases to another, and finds those nobody has (need to know)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import ProtectionLevel
from agencies.models import Membership
from audit import clock
from audit.models import Event
from cases.enums import CaseState
from cases.models import AssignmentPeriod, Case, Conflict
from cases.services import assignments, conflicts, handover, protection
from consent.jobs import remind_of_ending
from reminders.models import Reminder, ReminderState
from reminders.services import reminders_for
from tests import stories
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db


def three_cases(cast: Cast) -> list[Case]:
    """Ingrid has three cases."""
    return [
        stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast)))) for _ in range(3)
    ]


def visible(cast: Cast, key: str) -> set[object]:
    actor = getattr(cast, key)
    with acting_as(actor):
        return set(Case.objects.visible_to(actor).values_list("pk", flat=True))


def left(cast: Cast) -> None:
    """Ingrid's employment is over."""
    Membership.objects.filter(user=cast.ingrid.user).update(valid_until=clock.now())


@pytest.mark.req("U23-12")
def test_some_cases_move_and_the_others_stay(cast: Cast) -> None:
    first, second, third = three_cases(cast)

    with acting_as(cast.mona):
        moved = handover.hand_over([first, second], worker=cast.ingrid.user, to=cast.oda.user, by=cast.mona)
        kinds = sorted(Event.objects.filter(case_id=first.pk, user_id=cast.mona.user.pk).values_list("kind", flat=True))
        assert kinds.count("case.assigned") == 2 and kinds.count("case.unassigned") == 1

    assert moved == 2
    assert (visible(cast, "oda"), visible(cast, "ingrid")) == ({first.pk, second.pk}, {third.pk})
    with acting_as(cast.mona):
        periods = AssignmentPeriod.objects.filter(case=first).order_by("valid_from", "pk")
        assert [(row.user, row.valid_until is None) for row in periods] == [
            (cast.ingrid.user, False),
            (cast.oda.user, True),
        ]


def test_all_or_none_when_one_cannot_be_moved(cast: Cast) -> None:
    first, second, third = three_cases(cast)
    with acting_as(cast.mona):
        conflicts.declare_for(second, user=cast.oda.user, by=cast.mona)
        steps = handover.preview([first, second], to=cast.oda.user, by=cast.mona)
        assert [bool(step.obstacle) for step in steps] == [False, True]
        with pytest.raises(NotNow, match="kan ikke få denne saken"):
            handover.hand_over([first, second], worker=cast.ingrid.user, to=cast.oda.user, by=cast.mona)

    assert visible(cast, "oda") == set()
    assert visible(cast, "ingrid") == {first.pk, second.pk, third.pk}


@pytest.mark.parametrize("key", ["ingrid", "oda", "vidar", "rune", "pia", "arne", "nora", "marte"])
def test_only_a_manager_moves_and_only_what_is_there(cast: Cast, key: str) -> None:
    case, actor = stories.assigned(cast), getattr(cast, key)

    with acting_as(actor), pytest.raises((Refused, NotNow)):
        handover.hand_over([case], worker=cast.ingrid.user, to=cast.oda.user, by=actor)
    assert visible(cast, "ingrid") == {case.pk}


def test_a_case_that_was_moved_meanwhile_stops_it(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        handover.hand_over([case], worker=cast.ingrid.user, to=cast.oda.user, by=cast.mona)
        with pytest.raises(NotNow, match="ikke lenger hos Ingrid"):
            handover.hand_over([case], worker=cast.ingrid.user, to=cast.oda.user, by=cast.mona)


def test_what_the_one_was_reminded_of_the_other_is_reminded_of_instead(cast: Cast) -> None:
    case = stories.consented(cast, until=clock.today() + dt.timedelta(days=10))
    with acting_as(cast.mona):
        consent = case.consents.get().pk
        assert remind_of_ending(agency=cast.mona.agency) == 1
    assert (consent in told_of(cast, "ingrid"), consent in told_of(cast, "oda")) == (True, False)

    with acting_as(cast.mona):
        handover.hand_over([case], worker=cast.ingrid.user, to=cast.oda.user, by=cast.mona)

    assert (consent in told_of(cast, "ingrid"), consent in told_of(cast, "oda")) == (False, True)
    waiting = Reminder.objects.filter(subject_id=consent, state=ReminderState.DUE)
    assert list(waiting.values_list("recipient", flat=True)) == [cast.oda.user.pk], (
        "no mail goes to whoever gave it away"
    )


def told_of(cast: Cast, key: str) -> set[object]:
    actor = getattr(cast, key)
    with acting_as(actor):
        shown = [told.id for told in reminders_for(actor)]
        return set(Reminder.objects.filter(pk__in=shown).values_list("subject_id", flat=True))


# --- uten saksbehandler -----------------------------------------------------------------------------------------------


def without(cast: Cast) -> list[object]:
    with acting_as(cast.mona):
        return [case.pk for case in handover.without_worker(by=cast.mona)]


def test_a_case_is_found_when_whoever_had_it_has_left(cast: Cast) -> None:
    case, ingrid = stories.assigned(cast), cast.ingrid.user
    assert without(cast) == []

    left(cast)

    assert without(cast) == [case.pk]
    with acting_as(cast.mona):
        (row,) = handover.workers(by=cast.mona)
        assert (row.user, row.open_cases, row.has_left) == (ingrid, 1, True)
        handover.hand_over([case], worker=ingrid, to=cast.oda.user, by=cast.mona)
    assert without(cast) == []


def test_a_case_is_found_when_the_caseworker_has_a_conflict_or_is_not_cleared(cast: Cast) -> None:
    first, second, _third = three_cases(cast)
    with acting_as(cast.ingrid):
        Conflict.objects.create(case=first, user=cast.ingrid.user)
    with acting_as(cast.mona):
        protection.raise_level(second, level=ProtectionLevel.CONFIDENTIAL, reason="Trusler.", by=cast.mona)

    assert set(without(cast)) == {first.pk, second.pk}


def test_neither_a_closed_case_nor_one_at_intake_is_missing_anybody(cast: Cast) -> None:
    stories.received(cast)
    closed = stories.closed(cast)
    left(cast)

    assert closed.state == CaseState.CLOSED
    assert without(cast) == []
    with acting_as(cast.rune):
        assert handover.without_worker(by=cast.rune) == []


def test_a_new_case_waits_for_somebody(cast: Cast) -> None:
    case = stories.routed(cast)

    assert without(cast) == [case.pk]
    with acting_as(cast.vidar):
        assert handover.without_worker(by=cast.vidar) == []


def test_the_list_asks_as_often_for_many_cases_as_for_one(
    cast: Cast, django_assert_num_queries: Callable[..., object]
) -> None:
    three_cases(cast)
    left(cast)

    with acting_as(cast.mona):
        by = cast.mona
        with django_assert_num_queries(5):  # type: ignore[attr-defined]
            assert len(handover.without_worker(by=by)) == 3


# --- the pages --------------------------------------------------------------------------------------------------------


def test_choosing_reading_back_and_doing_it(cast: Cast, client: Client) -> None:
    first, second, _third = three_cases(cast)
    url = reverse("cases:hand_over", args=[cast.ingrid.user.pk])
    sign_in(client, cast.mona)
    assert "Overdra saker" in client.get(reverse("cases:staffing")).content.decode()
    typed = {"cases": [str(first.pk), str(second.pk)], "receiver": cast.oda.user.pk}

    assert client.post(url, {"cases": [str(first.pk)]}).status_code == 422
    asked = client.post(url, typed).content.decode()
    assert "Skal Oda Demolund overta fra Ingrid Testnes?" in asked and str(first.number) in asked
    assert visible(cast, "oda") == set()
    done = client.post(url, typed | {"confirmed": "1"}, follow=True).content.decode()

    assert "2 saker er overdratt til Oda Demolund." in done
    assert visible(cast, "oda") == {first.pk, second.pk}


def test_a_case_the_manager_does_not_see_is_on_no_page_of_it(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
        conflicts.declare(case, by=cast.mona)
    sign_in(client, cast.mona)

    html = client.get(reverse("cases:staffing")).content.decode()
    assert str(case.number) not in html and "åpen sak" not in html
    assert client.get(reverse("cases:hand_over", args=[cast.ingrid.user.pk])).status_code == 404


@pytest.mark.parametrize("key", ["ingrid", "rune", "pia", "arne", "marte"])
def test_the_page_is_the_managers(cast: Cast, client: Client, key: str) -> None:
    sign_in(client, getattr(cast, key))

    assert client.get(reverse("cases:staffing")).status_code == 403
    assert client.get(reverse("cases:hand_over", args=[cast.oda.user.pk])).status_code == 403
