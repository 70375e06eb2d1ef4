"""The worker and beat. The broker only wakes the ledger: losing every message loses nothing (design.md)."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

from django.conf import settings

from config.startup import refuse_unusable_signing_key, refuse_wrong_role


def broker_address(redis_url: str) -> str:
    """REDIS_URL as the broker's library reads it: it has its own way of naming a socket."""
    scheme, rest = redis_url.split("://", 1)
    if scheme != "unix":
        return redis_url
    place, _, query = rest.partition("?")
    database = query.removeprefix("db=") or "0"
    return f"redis+socket://{place}?virtual_host={database}"


app = Celery("samlos")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    broker_url=broker_address(settings.REDIS_URL),
    # Time for a task in hand to end when the worker is stopped; a task that does not is delivered again.
    worker_soft_shutdown_timeout=20,
)
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _refuse_wrong_role(**_signal: Any) -> None:
    try:
        refuse_wrong_role()
        refuse_unusable_signing_key()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error  # any other exception would be logged, and the worker would go on


@setup_logging.connect
def _log_as_django_does(**_signal: Any) -> None:
    """Being connected is enough: Celery then leaves logging to the settings, which write ids only."""
