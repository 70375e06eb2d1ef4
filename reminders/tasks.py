"""What the broker wakes. No task takes an argument: the ledger says what is to be done, so a lost message loses nothing,
one too many does nothing, and the broker never learns of anything (G9, G11).
"""

import logging

from celery import shared_task

from agencies.models import Agency
from audit.context import acting
from reminders import rules
from reminders.delivery import deliver_due
from reminders.rules import Sweep

log = logging.getLogger(__name__)

# A run ends by itself, so that a worker told to stop is not kept; beat wakes the next one within ten seconds.
ROWS_IN_A_RUN = 500


@shared_task(name="reminders.tasks.deliver")
def deliver() -> None:
    """Hand over what is due."""
    deliver_due(limit=ROWS_IN_A_RUN)


@shared_task(name="reminders.tasks.sweep")
def sweep() -> None:
    """Let every app raise what time alone has made due, for each agency in a transaction of its own."""
    for agency in Agency.objects.select_related("municipality"):
        for look in rules.sweeps():
            _sweep_one(look, agency)


def _sweep_one(look: Sweep, agency: Agency) -> None:
    try:
        with acting(user_id=None, agency_id=agency.pk):
            look(agency=agency)
    except Exception:
        # One rule's fault must not silence the others.
        name = getattr(look, "__qualname__", type(look).__qualname__)
        log.exception("sweep %s failed for agency %s", name, agency.pk)
