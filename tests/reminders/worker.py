"""A real Celery worker that knows the tests' kind of reminder: `celery --app tests.reminders.worker worker`."""

import time
import uuid
from collections.abc import Collection

import django

from config.celery import app

django.setup()

from agencies.actors import Actor  # noqa: E402
from reminders import rules  # noqa: E402
from tests.reminders.conftest import KIND  # noqa: E402

__all__ = ["app"]


def to_tell(subject_ids: Collection[uuid.UUID], actor: Actor) -> dict[uuid.UUID, str]:
    time.sleep(0.03)  # long enough that a kill finds the worker in the middle of its rows
    return dict.fromkeys(subject_ids, "Sak 26-0417")


rules.register(rules.Rule(KIND, "Se på saken", "Åpne saken", to_tell, lambda subject_id: ""))
