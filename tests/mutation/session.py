"""A pytest run that collects as usual and then, instead of running the tests, forks processes that run some of them."""

import contextlib
import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import pytest
from django.db import connections

# How long one test is waited for.
LONGEST_TEST = 180.0


class Session:
    """Plugin of one pytest run. `work` gets it once everything is collected."""

    def __init__(self, work: "Callable[[Session], None]", progress: TextIO) -> None:
        self.work, self.progress = work, progress
        self.items: dict[str, pytest.Item] = {}
        self.failed = ""
        self.took = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.pytest = session
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took += report.duration
        if report.failed:
            self.failed = report.nodeid

    def say(self, words: str) -> None:
        self.progress.write(words + "\n")
        self.progress.flush()

    def passes(self, nodeid: str) -> bool:
        """Run this test. What lasts for the whole run (the database) stays for the next."""
        self.failed, self.took = "", 0.0
        item = self.items[nodeid]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=self.pytest)
        return not self.failed

    def first_failing(self, nodeids: list[str]) -> tuple[str, int]:
        """The first of these tests that fails, or nothing, and how many were run."""
        for done, nodeid in enumerate(nodeids, 1):
            if not self.passes(nodeid):
                return nodeid, done
        return "", len(nodeids)

    def in_child(self, work: Callable[[], Iterator[Any]], patience: float) -> Iterator[Any]:
        """What `work` yields, one by one, in a fork of this process. TimeoutError when it is silent for `patience` seconds."""
        connections.close_all()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(reading)
            self._answer(work, writing)
        os.close(writing)
        try:
            for line in _lines(reading, patience):
                if "error" in line:
                    raise RuntimeError(line["error"])
                yield line["told"]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def _answer(self, work: Callable[[], Iterator[Any]], writing: int) -> None:
        """The whole life of a child."""
        self.pytest.config.pluginmanager.unregister(name="terminalreporter")
        with os.fdopen(writing, "w") as answer:
            try:
                for told in work():
                    answer.write(json.dumps({"told": told}) + "\n")
                    answer.flush()
                self.pytest._setupstate.teardown_exact(None)
            except BaseException as error:  # the parent says it, and this process ends here
                answer.write(json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\n")
        os._exit(0)


def _lines(reading: int, patience: float) -> Iterator[dict[str, Any]]:
    with os.fdopen(reading, "rb", buffering=0) as answer:
        told = b""
        while True:
            if not select.select([answer], [], [], patience)[0]:
                raise TimeoutError
            piece = answer.read(65536)
            if not piece:
                return
            *whole, told = (told + piece).split(b"\n")
            yield from map(json.loads, whole)


def run(work: Callable[[Session], None], arguments: list[str]) -> int:
    """Run pytest with these arguments, doing `work` in place of the tests. Answers its exit code."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as progress:
        plain = ["-p", "no:randomly", "-p", "no:cacheprovider", "-q", "--tb=native", "-m", "not deep and not browser"]
        return int(pytest.main([*plain, *arguments], plugins=[Session(work, progress)]))
