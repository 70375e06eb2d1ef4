"""The whole suite is watched: whatever any test sends, logs, asks for or leaves lying is searched for the names of the
stories when the process ends (G11). The three hundred of `test_no_name_out` are searched for where they are used.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.canaries import sinks
from tests.canaries.identities import spellings

# The young person of `tests/stories.py` and his grandfather.
NAMES = ("Prøvedal",)
# A test of what a mistyped address leaves in the log asks for this one.
ASKED_ON_PURPOSE = "/saker/Elias-Prøvedal/"


@pytest.fixture(scope="session", autouse=True)
def _nobody_gets_out() -> Iterator[None]:
    with sinks.watched() as watched:
        yield
    left = dict(watched.items()) | {"files": sinks.names_of_files(Path(settings.SAMLOS_HOME))}
    if found := names_in(left):
        pytest.fail(f"A name got out while the suite ran: {found}")


def names_in(left: dict[str, bytes]) -> dict[str, list[bytes]]:
    """The lines with a name in them, by the sink they lie in."""
    wanted = [spelling for name in NAMES for spelling in spellings(name) if len(spelling) >= 5]
    allowed = spellings(ASKED_ON_PURPOSE)
    found: dict[str, list[bytes]] = {}
    for kind, raw in left.items():
        if any(spelling in raw for spelling in wanted):
            lines = [line for line in raw.splitlines() if not any(each in line for each in allowed)]
            found[kind] = [line[:200] for line in lines if any(spelling in line for spelling in wanted)][:5]
    return {kind: lines for kind, lines in found.items() if lines}
