"""The demonstration as its visitors meet it: server time of each main page, memory after ten PDFs, the second start, and
whether a clock can tell a forbidden case from one that is not there.

Starts the real demonstration (`make demo`) in a home of its own and asks it over HTTP as the cast.
"""

import contextlib
import http.cookiejar
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings
from django.core.management.base import CommandError

from config.bench.rows import Row

PAGE_LIMIT_MS = 150
MEMORY_LIMIT_MB = 700
START_LIMIT_S = 15
AUC_LIMIT = 0.55
ROUNDS = 15
# Each of the server's eight threads has a connection, which has planned a question for good when it has asked it some
# seven times: a server that has been at work for an hour.
WARM_UP = 40
# Of each kind, in turns: the error of the area is then about one hundredth.
GUESSES = 1_500
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Visitor:
    """One of the cast over plain HTTP, as a browser would ask."""

    def __init__(self, address: str, person: str) -> None:
        self.address = address
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/logg-inn-som/"))
        if token is None:
            raise CommandError("the page of the cast has no form")
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "person": person}).encode()
        request = urllib.request.Request(f"{address}/logg-inn-som/", data=form, headers={"Referer": address})  # noqa: S310 (our own server)
        self.opener.open(request, timeout=30).read()

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=60) as answer:
            if urllib.parse.urlsplit(answer.geturl()).path != path:
                raise CommandError(f"{path} led to {answer.geturl()} instead of answering")
            return str(answer.read().decode("utf-8", "replace"))

    def first(self, path: str, pattern: str) -> str | None:
        """The first address on the page at `path` that matches."""
        found = re.search(rf'href="({pattern})"', self.get(path))
        return found[1] if found else None

    def median_ms(self, path: str) -> float:
        self.get(path)
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            self.get(path)
            times.append((time.perf_counter() - start) * 1000)
        return statistics.median(times)

    def missed_ms(self, path: str) -> float:
        """How long the answer took that there is nothing at `path`."""
        start = time.perf_counter()
        try:
            self.get(path)
        except urllib.error.HTTPError as answer:
            answer.read()
            if answer.code == 404:
                return (time.perf_counter() - start) * 1000
            raise
        raise CommandError("a stranger was shown a case")


@contextmanager
def demonstration(home: Path, port: int) -> Iterator[tuple[float, int]]:
    """`make demo` from its first line to its last: yields how long it took to serve (s) and its process id."""
    environment = os.environ | {
        "SAMLOS_HOME": str(home),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SAMLOS_DATABASE_ROLE", "PUBLIC_URL"):
        environment.pop(name, None)
    home.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with (home / "bench.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["make", "demo"],  # noqa: S607 (the command people type)
            cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        while not _serves(port):
            if process.poll() is not None or time.perf_counter() - start > 600:
                raise CommandError(f"make demo did not start; see {home / 'bench.log'}")
            time.sleep(0.05)
        yield time.perf_counter() - start, process.pid
    finally:
        # Also when the bench itself is told to stop: `make demo` is a group of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _serves(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def memory_mb(parent: int) -> float:
    """Web and worker together, each page of memory counted once (PSS), in MB."""
    total = 0
    for process in psutil.Process(parent).children(recursive=True):
        command = " ".join(process.cmdline())
        if "gunicorn" in command or (" worker " in command and "celery" in command):
            total += process.memory_full_info().pss
    return total / 1024 / 1024


def measure(home: Path) -> Iterator[Row]:
    """Start the demonstration twice under `home` and measure the second."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with demonstration(home, port):
        pass
    with demonstration(home, port) as (second_start, pid):
        address = f"http://127.0.0.1:{port}"
        for person, paths in _pages(address).items():
            visitor = Visitor(address, person)
            for name, path in paths:
                for _ in range(WARM_UP):
                    visitor.get(path)
                yield Row(f"{person} {name}", visitor.median_ms(path), PAGE_LIMIT_MS)
        yield _guessing(address)
        _ten_pdfs(address)
        yield Row("web og worker etter ti PDF-er", memory_mb(pid), MEMORY_LIMIT_MB, unit="MB")
    yield Row("andre start av make demo", second_start, START_LIMIT_S, unit="s")


def _guessing(address: str) -> Row:
    """How well a stranger's stopwatch tells a case that is there from one that is not: the area under the curve of the
    best single threshold, 0.5 being a coin (G6).
    """
    case = Visitor(address, "ingrid").first("/saker/", rf"/saker/{UUID}/")
    if case is None:
        raise CommandError("no case of the demonstration to guess at")
    stranger = Visitor(address, "vidar")
    forbidden: list[float] = []
    absent: list[float] = []
    for _ in range(GUESSES):
        turns = [(forbidden, case), (absent, f"/saker/{uuid.uuid4()}/")]
        random.shuffle(turns)
        for times, path in turns:
            times.append(stranger.missed_ms(path))
    area = _area(forbidden, absent)
    return Row("skille en skjult sak fra en som ikke finnes", max(area, 1 - area), AUC_LIMIT, unit="AUC")


def _area(one: list[float], other: list[float]) -> float:
    """The chance that a time of `one` is longer than a time of `other`, ties half."""
    ranked = sorted([(time_, 0) for time_ in one] + [(time_, 1) for time_ in other])
    ranks: dict[float, list[int]] = {}
    for place, (time_, _) in enumerate(ranked, start=1):
        ranks.setdefault(time_, []).append(place)
    total = sum(statistics.mean(ranks[time_]) for time_ in one)
    return (total - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def _pages(address: str) -> dict[str, list[tuple[str, str]]]:
    """The main pages of each kind of user, found by following links."""
    pages: dict[str, list[tuple[str, str]]] = {}
    for person in ("rune", "mona", "ingrid", "nora", "marte"):
        visitor = Visitor(address, person)
        found = [("min dag", "/min-dag/"), ("saker", "/saker/"), ("påminnelser", "/paminnelser/")]
        for name, start, pattern in (
            ("sak", "/saker/", rf"/saker/{UUID}/"),
            ("melding", "/meldinger/", rf"/meldinger/{UUID}/"),
            ("møte", "/moter/", rf"/moter/{UUID}/"),
        ):
            try:
                path = visitor.first(start, pattern)
            except urllib.error.HTTPError:
                continue  # this person has no such page
            if path:
                found += [(name, path)]
                if name == "sak":
                    found += [("samtykke", f"{path}samtykke/"), ("plan", f"{path}plan/")]
        pages[person] = [(name, path) for name, path in found if _exists(visitor, path)]
    return pages


def _ten_pdfs(address: str) -> None:
    visitor = Visitor(address, "mona")
    for case in dict.fromkeys(re.findall(rf'href="(/saker/{UUID}/)"', visitor.get("/saker/"))):
        pdf = f"{case}plan/pdf/"
        if _exists(visitor, pdf):
            for _ in range(10):
                visitor.get(pdf)
            return
    raise CommandError("no case of the demonstration gave a PDF")


def _exists(visitor: Visitor, path: str) -> bool:
    try:
        visitor.get(path)
    except urllib.error.HTTPError:
        return False
    return True
