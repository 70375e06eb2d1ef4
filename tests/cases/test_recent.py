"""The walk over the access table's index that lists begin with: the newest first, each case once, whatever the step."""

import datetime as dt
import uuid

import pytest

from agencies.actors import Actor
from agencies.enums import Part
from cases.enums import EntryKind
from cases.models import CaseAccess, recent_case_ids
from cases.services import entries
from tests import stories
from tests.cases.sharing import consent_in_force
from tests.cast import Cast, acting_as

CASES = 3


def written_in(cast: Cast) -> None:
    """Cases of one office whose lines have moved apart: what it wrote raised some of them and not others."""
    for number in range(CASES):
        case = stories.assigned(cast)
        consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
        for part in (Part.ECONOMY, Part.HEALTH)[: number + 1]:
            with acting_as(cast.ingrid):
                entries.write(case, kind=EntryKind.NOTE, part=part, text="Avtale", by=cast.ingrid)


def newest_by_hand(actor: Actor) -> list[tuple[dt.datetime, uuid.UUID]]:
    """Each case with the newest activity of its lines, found by reading them all."""
    newest: dict[uuid.UUID, dt.datetime] = {}
    for case_id, at in CaseAccess.objects.in_force_for(actor).values_list("case_id", "activity_at"):
        newest[case_id] = max(at, newest.get(case_id, at))
    return sorted(((at, case_id) for case_id, at in newest.items()), reverse=True)


@pytest.mark.parametrize("who", ["mona", "nils"])
def test_however_many_are_asked_for_the_newest_come_first_and_once(cast: Cast, who: str) -> None:
    written_in(cast)
    actor = getattr(cast, who)
    with acting_as(actor):
        expected = newest_by_hand(actor)
        assert len(expected) == CASES
        for limit in range(1, CASES + 2):
            assert recent_case_ids(actor, limit=limit) == expected[:limit], limit


def test_a_walk_taken_up_again_goes_on_below_where_it_stopped(cast: Cast) -> None:
    written_in(cast)
    with acting_as(cast.nils):
        expected = newest_by_hand(cast.nils)
        first = recent_case_ids(cast.nils, limit=1)
        assert first + recent_case_ids(cast.nils, limit=CASES, before=first[-1]) == expected


def test_a_stranger_walks_nowhere(cast: Cast) -> None:
    written_in(cast)
    with acting_as(cast.oda):
        assert recent_case_ids(cast.oda, limit=CASES) == []
