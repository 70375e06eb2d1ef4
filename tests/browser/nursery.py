"""Real gunicorns for the browser tests, each on another test's database, forked from one process that has loaded the site.

What a server does once after it starts (imports, addresses, templates) is done here once for all of them. Run as
`python -m tests.browser.nursery`: each line it is sent names a database to serve, the next line ends that server, and it
answers each with a line when that is done.
"""

import contextlib
import os
import runpy
import signal
import sys
from typing import NoReturn

from django.conf import settings
from django.db import connections
from django.template.loader import get_template
from django.urls import reverse
from gunicorn.app.base import BaseApplication


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, set up as the product's, for a site that is loaded already."""

    def __init__(self, site: object) -> None:
        self.site = site
        super().__init__()

    def load_config(self) -> None:
        for name, value in runpy.run_path(str(settings.BASE_DIR / "config/gunicorn.py")).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        return self.site


def main() -> None:
    """Until whoever started it closes its input."""
    from config.wsgi import application

    _know_the_site()
    connections.close_all()
    _answer("loaded")
    for line in sys.stdin:
        alive, held = os.pipe()  # the server and its worker hold the one end as long as they live
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            _serve(application, line.strip())
        os.close(held)
        with contextlib.suppress(
            PermissionError, ProcessLookupError
        ):  # said by both, so that it holds for both from here
            os.setpgid(child, child)
        try:
            _answer("begun")
            sys.stdin.readline()
        finally:  # also when the suite is broken off: the server has a group of its own and does not hear of it
            # At once: nobody waits for an answer any more, and gunicorn takes its time.
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.read(alive, 1)
            os.close(alive)
        _answer("ended")


def _know_the_site() -> None:
    """Every address, and every template of the project."""
    reverse("home")
    folder = settings.BASE_DIR / "templates"
    for path in folder.rglob("*.html"):
        get_template(str(path.relative_to(folder)))


def _serve(site: object, database: str) -> NoReturn:
    """In the child: gunicorn as if it had been started for this database."""
    connections.databases["default"]["NAME"] = database
    connections["default"].settings_dict["NAME"] = database
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        Server(site).run()
    finally:
        os._exit(1)


def _answer(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
