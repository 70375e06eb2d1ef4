"""What the product costs on this machine: server time of each main page, memory after ten PDFs, the second start.

Starts the real demonstration (`make demo`) in a home of its own under SAMLOS_HOME/bench, asks it over HTTP as the cast,
prints a table, writes bench.json and fails when a limit is passed. No suite holds a timed test; this is where time is
measured.
"""

import http.cookiejar
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PAGE_LIMIT_MS = 150
MEMORY_LIMIT_MB = 700
START_LIMIT_S = 15
ROUNDS = 15
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


class Command(BaseCommand):
    help = "Measure the demonstration on this machine and compare with the limits."

    def handle(self, *args: Any, **options: Any) -> None:
        home = Path(settings.SAMLOS_HOME) / "bench"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with demonstration(home, port) as (first_start, _):
            self.stdout.write(f"første start: {first_start:.1f} s")
        rows: list[dict[str, Any]] = []
        with demonstration(home, port) as (second_start, pid):
            address = f"http://127.0.0.1:{port}"
            for person, paths in self._pages(address).items():
                visitor = Visitor(address, person)
                rows += [
                    self._row(f"{person} {name}", visitor.median_ms(path), PAGE_LIMIT_MS, "ms") for name, path in paths
                ]
            self._ten_pdfs(address)
            rows.append(self._row("web og worker etter ti PDF-er", memory_mb(pid), MEMORY_LIMIT_MB, "MB"))
        rows.append(self._row("andre start av make demo", second_start, START_LIMIT_S, "s"))
        (Path(settings.SAMLOS_HOME) / "bench.json").write_text(json.dumps({"rows": rows}, indent=1), encoding="utf-8")
        late = [row["work"] for row in rows if row["measured"] > row["limit"]]
        if late:
            raise CommandError(f"over grensen: {', '.join(late)}")

    def _row(self, work: str, measured: float, limit: float, unit: str) -> dict[str, Any]:
        self.stdout.write(f"{work:45} {measured:8.1f} {unit:2}  (høyst {limit})")
        return {"work": work, "measured": round(measured, 2), "limit": limit, "unit": unit}

    @staticmethod
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

    @staticmethod
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
