"""A real broker and a real worker: killed in the middle, its broker emptied, and every mail is there exactly once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from celery import Celery, current_app

from config.celery import broker_address
from reminders import services, tasks
from reminders.models import Reminder, ReminderState
from tests import databases
from tests.reminders.conftest import raise_for

ROWS = 30
# Databases of the servers' Valkey that nobody else uses, so that emptying one harms no other test.
OWN_BROKER = 15


@pytest.fixture(autouse=True)
def broker_not_known_to_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services._Broker, "silent_until", 0.0)


@pytest.fixture
def broker() -> Iterator[str]:
    """The address of an empty broker of the test's own on the real server."""
    place, _, _ = os.environ["REDIS_URL"].partition("?")
    url = f"{place}?db={OWN_BROKER}" if place.startswith("unix") else f"{place.rpartition('/')[0]}/{OWN_BROKER}"
    with redis.Redis.from_url(url) as valkey:
        valkey.flushdb()
        yield url
        valkey.flushdb()


@contextmanager
def a_worker(database: str, broker: str, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker with two processes, in a group of its own so that all of it can be killed at once."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": databases.with_database(os.environ["DATABASE_URL"], database),
        "REDIS_URL": broker,
        "SAMLOS_HOME": str(home),
    }
    command = [sys.executable, "-m", "celery", "--app", "tests.reminders.worker", "worker", "--concurrency", "2"]
    with (home / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"],
            env=environment, stdout=log, stderr=log, start_new_session=True, cwd=databases.ROOT,
        )  # fmt: skip
        try:
            yield worker
        finally:
            kill(worker)


def kill(worker: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(reached: Callable[[], bool], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reached():
            return True
        time.sleep(0.02)
    return reached()


def sent() -> int:
    return Reminder.objects.filter(state=ReminderState.SENT).count()


@contextmanager
def pokes_sent_to(broker: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process poke through `broker`, as the web process does."""
    with Celery("as-the-web", broker=broker_address(broker), set_as_current=False) as web:
        web.conf.update(task_ignore_result=True, broker_transport_options=current_app.conf.broker_transport_options)
        with monkeypatch.context() as patch:
            patch.setattr(
                tasks.deliver, "apply_async", lambda **options: web.send_task("reminders.tasks.deliver", **options)
            )
            yield


def test_a_worker_killed_in_the_middle_and_a_broker_emptied_lose_nothing_and_repeat_nothing(
    own_database, cast, subjects, broker, tmp_path, shift_clock, monkeypatch
):
    ingrid = cast.ingrid
    mails = tmp_path / "mail"
    with pokes_sent_to(broker, monkeypatch):
        with a_worker(own_database, broker, tmp_path) as worker:
            for _ in range(ROWS):
                raise_for(ingrid)
            assert wait_until(lambda: sent() >= 3), (tmp_path / "worker.log").read_text()
            kill(worker)
        assert sent() < ROWS, "the worker was not killed in the middle"
        with redis.Redis.from_url(broker) as valkey:
            valkey.flushdb()

        shift_clock(minutes=6)  # the claims of the dead have run out
        with a_worker(own_database, broker, tmp_path):
            tasks.deliver.apply_async(retry=False)  # as beat does
            assert wait_until(lambda: sent() == ROWS), (tmp_path / "worker.log").read_text()

    assert len(list(mails.glob("*.eml"))) == ROWS
    assert not list(mails.glob(".*")), "a half-written mail was left behind"


@pytest.mark.parametrize("broker_is", ["gone", "silent"])
def test_a_broker_that_does_not_answer_neither_fails_nor_holds_up_the_one_who_raised(
    own_database, cast, subjects, monkeypatch, mails, broker_is
):
    ingrid = cast.ingrid
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]  # accepts, and never says a word
        if broker_is == "gone":
            listening.close()
        with pokes_sent_to(f"redis://127.0.0.1:{port}/0", monkeypatch):
            took = []
            for _ in range(2):
                began = time.monotonic()
                assert raise_for(ingrid).state == ReminderState.DUE
                took.append(time.monotonic() - began)

    assert took[0] < 5
    assert took[1] < 1, "the silent broker was not left alone"
    tasks.deliver()  # beat's next poke, once the broker is back
    assert len(mails()) == 2


def test_no_task_of_ours_has_an_argument():
    ours = [task for name, task in current_app.tasks.items() if not name.startswith("celery.")]

    assert {task.name for task in ours} >= {"reminders.tasks.deliver", "reminders.tasks.sweep"}
    for task in ours:
        assert task.run.__code__.co_argcount + task.run.__code__.co_kwonlyargcount == 0, task.name


def test_beat_wakes_tasks_that_exist_without_arguments(settings):
    current_app.loader.import_default_modules()  # what a worker does first of all

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
        assert not entry.get("args") and not entry.get("kwargs")
