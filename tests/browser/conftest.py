"""A real server on a database of its own, and Debian's Chromium in front of it."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from agencies import demonstration
from tests.databases import ROOT, with_database

# Playwright runs a loop of its own in this thread, so Django would refuse the stories their database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# The suite lives in a folder of its own under the data folder; the pictures are for people, so they lie beside it.
HOME = Path(settings.SAMLOS_HOME).parent
SCREENSHOTS = HOME / "screenshots"
WIDE, NARROW, NARROWEST = (
    ViewportSize(width=width, height=height) for width, height in ((1280, 900), (390, 844), (320, 800))
)
PATIENCE = 15_000  # milliseconds: what is not there by then does not come
expect.set_options(timeout=PATIENCE)
# What axe knows of WCAG 2.0 to 2.2, A and AA, and its best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Chromium looks things up on its own account; nothing here may leave the machine.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a graphics card these only cost: a third of all the time a page takes.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    "--disable-accelerated-2d-canvas",
    "--disable-extensions",
    # No page lives long enough to earn back what the optimising compilers spend on it.
    "--js-flags=--no-opt --no-maglev",
]
# Debian's `chromium` is a script that adds flags of its own, which undo some of these.
PROGRAMS = ("chromium-headless-shell", "/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert path, "Chromium mangler. Installer det med: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Nursery:
    """The process that keeps a loaded site ready, and its one address (`tests/browser/nursery.py`)."""

    def __init__(self, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "SAMLOS_HOME": str(HOME),
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database),
            "PUBLIC_URL": self.address,
            "PORT": str(port),
            "WEB_WORKERS": "1",
        }
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed when the nursery is)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            bufsize=1,
        )
        self._hear("loaded")

    def serve(self, database: str) -> None:
        """Return when a server on this database answers."""
        self._tell(database)
        self._hear("begun")
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:  # noqa: S310 (our own)
                if answer.status == 200:
                    return
            time.sleep(0.025)
        raise AssertionError(self._said())

    def end(self) -> None:
        """The server is gone."""
        self._tell("")
        self._hear("ended")

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()
        self.errors.close()

    def _tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")

    def _hear(self, word: str) -> None:
        assert self.process.stdout
        heard = self.process.stdout.readline().strip()
        assert heard == word, self._said()

    def _said(self) -> str:
        self.errors.seek(0)
        return f"the site does not start:\n{self.errors.read()[-3000:]}"


@pytest.fixture(scope="session")
def nursery(django_db_setup: None) -> Iterator[Nursery]:
    kept = Nursery(connections["default"].settings_dict["NAME"])
    yield kept
    kept.close()


@pytest.fixture
def site(nursery: Nursery, own_database: str) -> Iterator[str]:
    """The address of a real gunicorn on this test's own database."""
    try:
        nursery.serve(own_database)
        yield nursery.address
    finally:  # one site that does not start is no fault of the next
        nursery.end()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[[str], "Visitor"]]:
    """`visit("Ingrid Testnes")`: a browser of their own, signed in from the demonstration's page of people; None: nobody."""
    contexts = []

    def as_person(name: str | None, *, javascript: bool = True) -> Visitor:
        context = browser.new_context(
            base_url=site, viewport=WIDE, locale="nb-NO", timezone_id="Europe/Oslo", java_script_enabled=javascript
        )
        context.set_default_timeout(PATIENCE)
        if javascript:
            context.add_init_script(path=AXE)
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page)
        if name is not None:
            sign_in_as(context, name)
        return visitor

    yield as_person
    for context in contexts:
        context.close()


def sign_in_as(context: BrowserContext, name: str) -> None:
    """What pressing the button on the demonstration's page of people sends, without showing that page each time:
    `test_the_way_to_the_consent_needs_no_mouse` presses it.
    """
    cast = reverse("demo_cast")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', context.request.get(cast).text())
    assert token
    person = next(member.key for member in demonstration.CAST if member.name == name)
    answer = context.request.post(cast, form={"person": person, "csrfmiddlewaretoken": token[1]}, max_redirects=0)
    assert answer.status == 302, answer.text()


class Visitor:
    """One person's browser, with what every journey checks: accessibility, console errors, foreign requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", lambda message: self._listen(message.type, message.text))
        page.on("request", lambda request: self._ask(request.url))

    def _listen(self, kind: str, text: str) -> None:
        # A page that answers 404 or 422 is told to the console by the browser itself; that is no fault of the page.
        if kind == "error" and "Failed to load resource" not in text:
            self.problems.append(f"console: {text}")

    def _ask(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"foreign request: {url}")

    def check(self, name: str, *, narrow: bool = True) -> None:
        """The page as it is: axe finds nothing at 1280 and 390, nothing scrolls sideways at 320, and it is kept as pictures.
        Without `narrow`, axe and the picture are at 1280 only, and the picture is of the first screenful.
        """
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("window.scrollTo(0, 0)")  # what sticks to the top is pictured where it belongs
        for size in (WIDE, NARROW) if narrow else (WIDE,):
            self.page.set_viewport_size(size)
            picture = SCREENSHOTS / f"{name}-{size['width']}.jpeg"
            self.page.screenshot(path=picture, full_page=narrow, type="jpeg", quality=80)
            found = self._axe()
            assert not found, f"{name} at {size['width']}: {found}"
        self.page.set_viewport_size(NARROWEST)
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} scrolls sideways by {overflow} px at 320"
        self.page.set_viewport_size(WIDE)
        assert not self.problems, f"{name}: {self.problems}"

    def _axe(self) -> list[str]:
        # Only what is wrong is wanted, and only that is carried over: the rest is megabytes for each page.
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
            ".then(result => result.violations)",
            RULES,
        )
        return [f"{v['id']}: {[node['html'][:160] for node in v['nodes'][:3]]}" for v in found]
