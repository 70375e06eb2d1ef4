"""A real server on a database of its own, and Debian's Chromium in front of it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

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
]
# Debian's `chromium` is a script that adds flags of its own, which undo some of these.
PROGRAMS = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert path, "Chromium mangler. Installer det med: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The address of a real gunicorn on this test's own database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "SAMLOS_HOME": str(HOME),
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], own_database),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
        "--threads",
        "4",
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
        if server.stderr:
            server.stderr.close()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        if server.poll() is not None:
            assert server.stderr
            raise AssertionError(server.stderr.read().decode()[-3000:])
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own)
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[[str], "Visitor"]]:
    """`visit("Ingrid Testnes")`: a browser of their own, signed in from the demonstration's page of people; None: nobody."""
    contexts = []

    def as_person(name: str | None, *, javascript: bool = True) -> Visitor:
        context = browser.new_context(
            base_url=site, viewport=WIDE, locale="nb-NO", timezone_id="Europe/Oslo", java_script_enabled=javascript
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page)
        if name is not None:
            page.goto("/logg-inn-som/")
            page.get_by_role("button", name=f"Logg inn som {name.split(' ')[0]}", exact=True).click()
            page.wait_for_url(lambda url: "logg-inn-som" not in url)
        return visitor

    yield as_person
    for context in contexts:
        context.close()


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
        Without `narrow`, axe and the picture are at 1280 only.
        """
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("window.scrollTo(0, 0)")  # what sticks to the top is pictured where it belongs
        for size in (WIDE, NARROW) if narrow else (WIDE,):
            self.page.set_viewport_size(size)
            picture = SCREENSHOTS / f"{name}-{size['width']}.jpeg"
            self.page.screenshot(path=picture, full_page=True, type="jpeg", quality=80)
            found = self._axe()
            assert not found, f"{name} at {size['width']}: {found}"
        self.page.set_viewport_size(NARROWEST)
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} scrolls sideways by {overflow} px at 320"
        self.page.set_viewport_size(WIDE)
        assert not self.problems, f"{name}: {self.problems}"

    def _axe(self) -> list[str]:
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # Only what is wrong is wanted, and only that is carried over: the rest is megabytes for each page.
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
            ".then(result => result.violations)",
            RULES,
        )
        return [f"{v['id']}: {[node['html'][:160] for node in v['nodes'][:3]]}" for v in found]
