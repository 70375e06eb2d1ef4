"""The walk that the list of cases is: deadlines first, then the newest, each case once, wherever a page ends."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable

import pytest

from agencies.actors import Actor
from agencies.enums import Part, ProtectionLevel
from audit import clock
from cases.enums import CaseState, EntryKind
from cases.models import Case, CaseAccess, Person, listing
from cases.models.listing import CaseList
from cases.services import conflicts, entries
from tests import stories
from tests.cases.roles import PRIVACY_OFFICER, in_role
from tests.cases.sharing import consent_in_force
from tests.cast import Cast, acting_as

CASES = 3


def written_in(cast: Cast, shift_clock: Callable[..., None]) -> None:
    """Cases of one office, each of its own minute, whose lines have moved apart: what it wrote raised some of them and not
    others.
    """
    for number in range(CASES):
        if number:
            shift_clock(minutes=number)
        case = stories.assigned(cast)
        consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
        for part in (Part.ECONOMY, Part.HEALTH)[: number + 1]:
            with acting_as(cast.ingrid):
                entries.write(case, kind=EntryKind.NOTE, part=part, text="Avtale", by=cast.ingrid)


def by_hand(actor: Actor) -> list[uuid.UUID]:
    """The list found by reading every line and every case."""
    lines = CaseAccess.objects.in_force_for(actor).order_by("activity_at")
    newest = dict(lines.values_list("case_id", "activity_at"))
    cases = list(Case.objects.visible_to(actor))
    led = sorted((case.due_at, case.pk) for case in cases if case.lead_agency == actor.agency and case.due_at)
    others = [(newest[case.pk], case.pk) for case in cases if case.lead_agency != actor.agency or not case.due_at]
    return [pk for _due, pk in led] + [pk for _at, pk in sorted(others, reverse=True)]


def without_deadline(cast: Cast) -> None:
    """The office's oldest case and its newest have no deadline any more."""
    with acting_as(cast.ingrid):
        first, *_between, last = Case.objects.filter(lead_agency=cast.mona.agency).order_by("opened_at")
        for case in (first, last):
            case.due_at = None
            case.save(update_fields=["due_at"])


@pytest.mark.parametrize("some_without", [False, True], ids=["all with a deadline", "some without"])
def test_however_long_a_page_is_the_list_is_the_same(
    cast: Cast, shift_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch, some_without: bool
) -> None:
    written_in(cast, shift_clock)
    if some_without:
        without_deadline(cast)

    for who, near, limit in itertools.product(("mona", "nils", "ingrid"), (1, 200), range(1, CASES + 2)):
        monkeypatch.setattr(listing, "NEAR", near)
        actor = getattr(cast, who)
        with acting_as(actor):
            expected = by_hand(actor)
            assert len(expected) == CASES
            listed = CaseList(actor, only=set(expected) if who == "ingrid" else None)
            found = listed.ids(limit)
            while len(found) <= CASES and (page := listed.ids(limit, after=listed.place(found[-1]))):
                found += page
            assert found == expected, (who, near, limit)
            assert listed.count(limit) == min(limit, CASES), (who, near, limit)


def test_no_more_than_those_named_are_listed(cast: Cast, shift_clock: Callable[..., None]) -> None:
    written_in(cast, shift_clock)
    with acting_as(cast.mona):
        (named, *_others) = by_hand(cast.mona)
        assert CaseList(cast.mona, only=[named]).ids(CASES) == [named]
        assert CaseList(cast.mona, only=[]).ids(CASES) == []
        assert CaseList(cast.mona, only=[]).place(named) is None
        assert CaseList(cast.mona, only=[named]).count(CASES) == 1
    with acting_as(cast.nils):
        assert CaseList(cast.nils, only=[named]).ids(CASES) == [named]
        assert CaseList(cast.nils, only=[]).count(CASES) == 0


def test_a_state_narrows_both_the_led_and_the_others(cast: Cast, shift_clock: Callable[..., None]) -> None:
    written_in(cast, shift_clock)
    for actor in (cast.mona, cast.nils):
        with acting_as(actor):
            assert CaseList(actor, state=CaseState.CLOSED).ids(CASES) == []
            assert CaseList(actor, state=CaseState.CLOSED).count(CASES) == 0
            (state,) = set(Case.objects.visible_to(actor).values_list("state", flat=True))
            of_state = CaseList(actor, state=CaseState(state))
            assert len(of_state.ids(CASES)) == of_state.count(CASES) == CASES


@pytest.mark.req("U23-22")
def test_a_deadline_passed_is_told_to_none_but_the_lead(cast: Cast, shift_clock: Callable[..., None]) -> None:
    written_in(cast, shift_clock)
    shift_clock(days=14)
    with acting_as(cast.mona):
        late = CaseList(cast.mona, late=True).ids(CASES)
        assert len(late) == CaseList(cast.mona, late=True).count(CASES) == CASES
    with acting_as(cast.nils):
        assert set(CaseList(cast.nils).ids(CASES)) == set(late)
        assert CaseList(cast.nils, late=True).ids(CASES) == []
        assert CaseList(cast.nils, late=True).count(CASES) == 0


def test_a_case_is_late_from_the_very_instant_of_its_deadline(cast: Cast, shift_clock: Callable[..., None]) -> None:
    case = stories.assigned(cast)
    began = clock.now()
    assert case.due_at is not None
    for early, late in ((1, []), (0, [case.pk])):
        left = case.due_at - began - dt.timedelta(microseconds=early)
        shift_clock(days=left.days, seconds=left.seconds, microseconds=left.microseconds)
        with acting_as(cast.mona):
            assert CaseList(cast.mona, late=True).ids(CASES) == late
            assert CaseList(cast.mona, late=True).count(CASES) == len(late)


def test_a_case_that_is_not_there_has_no_place(cast: Cast, shift_clock: Callable[..., None]) -> None:
    written_in(cast, shift_clock)
    hidden = stories.assigned(cast)
    with acting_as(cast.nils):
        assert all(CaseList(cast.nils).place(known) for known in by_hand(cast.nils))
        assert CaseList(cast.nils).place(hidden.pk) is None
        assert CaseList(cast.nils).place(uuid.uuid4()) is None


@pytest.mark.parametrize("key", ["nils", "ingrid"])
def test_neither_a_declared_conflict_nor_a_protection_not_cleared_for_is_listed_or_counted(
    cast: Cast, shift_clock: Callable[..., None], key: str
) -> None:
    """In the walk of the others, where each case comes from a line, as among the led."""
    written_in(cast, shift_clock)
    actor = getattr(cast, key)
    with acting_as(actor):
        conflicted, protected, free = by_hand(actor)
        listed = CaseList(actor, only=None if actor.answers_for_agency else [conflicted, protected, free])
        assert listed.count(CASES) == CASES
        conflicts.declare(Case.objects.get(pk=conflicted), by=actor)
    with acting_as(cast.ingrid):
        Person.objects.filter(case=protected).update(protection_level=ProtectionLevel.STRICTLY_CONFIDENTIAL)
    with acting_as(actor):
        assert listed.ids(CASES) == [free]
        assert listed.count(CASES) == 1
        assert listed.place(free) is not None
        assert (listed.place(conflicted), listed.place(protected)) == (None, None)


@pytest.mark.req("U23-21")
def test_an_assignment_left_over_lists_and_counts_nothing_without_a_role(cast: Cast) -> None:
    case = stories.assigned(cast)
    officer = in_role(cast.ingrid, PRIVACY_OFFICER)
    assert not officer.works_on_cases
    with acting_as(officer):
        assert CaseList(officer, only=[case.pk]).ids(CASES) == []
        assert CaseList(officer, only=[case.pk]).count(CASES) == 0
        assert CaseList(officer, only=[case.pk]).place(case.pk) is None
    with acting_as(cast.ingrid):
        assert CaseList(cast.ingrid, only=[case.pk]).ids(CASES) == [case.pk]


def test_a_stranger_walks_nowhere(cast: Cast, shift_clock: Callable[..., None]) -> None:
    written_in(cast, shift_clock)
    with acting_as(cast.oda):
        assert CaseList(cast.oda).ids(CASES) == []
        assert CaseList(cast.oda).count(CASES) == 0
