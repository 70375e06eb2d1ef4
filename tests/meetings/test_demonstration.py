"""The demonstration's own meeting."""

import pytest

from meetings import demonstration
from meetings.models import Meeting
from tests import stories
from tests.cast import Cast, acting_as
from tests.meetings.tables import labels_on_agenda


@pytest.mark.req("U23-28")
def test_the_demonstration_calls_the_group_with_what_may_be_spoken_of(cast: Cast) -> None:
    spoken_of = stories.consented(cast)
    stories.consent_pending(cast)

    demonstration.build()

    with acting_as(cast.ingrid):
        meeting = Meeting.objects.get()
    assert labels_on_agenda(meeting, cast.ingrid) == [(2, spoken_of.label)]
