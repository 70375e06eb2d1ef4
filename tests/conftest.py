"""What every test stands on: databases as the application's role, the cast, and a clock one can move."""

import datetime as dt
import gc
import os
from collections.abc import Callable, Generator, Iterator

import pytest
from django.db import connections
from django.template.base import Template
from django.test import Client
from django.test.utils import instrumented_test_render  # type: ignore[attr-defined]  # not in the stubs

from tests import databases, retold
from tests.canaries.watch import _nobody_gets_out
from tests.cast import Cast

__all__ = ["_nobody_gets_out"]

_as_in_the_product: Callable[..., str] = vars(Template)["_render"]


# A worker takes whole files, so that a story is told in one process only. Those of few and long tests come first: taken
# last, one worker would wait for the other.
LONG = ("browser", "access", "oracle")
# Asks for no database of the suite's: who begins with it does not wait while the other worker makes the template.
MEANWHILE = "test_supervisor.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name not in LONG)
    first = items[0].path if items else None
    items.sort(key=lambda item: (item.path != first, item.path.name != MEANWHILE))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def owner_url() -> str:
    return os.environ["DATABASE_OWNER_URL"]


@pytest.fixture(scope="session")
def django_db_setup(owner_url: str, django_db_blocker: object) -> Iterator[None]:
    """One clone of the migrated template for all tests that roll back."""
    databases.keep_what_is_prepared()
    source = databases.template(owner_url)
    with databases.clone(owner_url, source) as name:
        _use(name)
        retold.shelf = retold.Shelf(owner_url, source, name)
        yield
        connections.close_all()
        retold.shelf.rest.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """After the rollback the next test finds the shared database again."""
    answer = yield
    if retold.shelf is not None:
        retold.shelf.put_back()
    return answer


def _use(name: str) -> str:
    before: str = connections.databases["default"]["NAME"]
    connections.close_all()
    connections.databases["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
    return before


@pytest.fixture
def own_database(owner_url: str, django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    """A database of its own for a test that commits for real (browsers, commit hooks, the audit's chain)."""
    with databases.clone(owner_url, databases.template(owner_url)) as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        before = _use(name)
        yield name
        _use(before)


@pytest.fixture
def shift_clock(owner_url: str) -> Iterator[Callable[..., None]]:
    """Move `samlos.now()` by a timedelta from the real time: what only the owner's role may do."""

    def shift(**by: float) -> None:
        name = connections["default"].settings_dict["NAME"]
        with databases.connect(owner_url, name) as owner:
            owner.execute(
                "INSERT INTO samlos.clock (shift) VALUES (%s) ON CONFLICT (only_row) DO UPDATE SET shift = excluded.shift",
                [dt.timedelta(**by)],
            )

    yield shift
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(owner_url, name) as owner:
        owner.execute("DELETE FROM samlos.clock")


@pytest.fixture(scope="session", autouse=True)
def plain_pages(django_test_environment: None) -> Iterator[None]:
    """Django's client copies what each template and each piece of one is told: a twentieth of what a page costs the suite."""
    _draw(_as_in_the_product)
    yield
    _draw(instrumented_test_render)


@pytest.fixture
def contexts_kept(plain_pages: None) -> Iterator[None]:
    """For a test that reads `response.context`."""
    _draw(instrumented_test_render)
    yield
    _draw(_as_in_the_product)


def _draw(render: Callable[..., str]) -> None:
    Template._render = render  # type: ignore[attr-defined]


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    """The demonstration's people. Brings the shared database along, unless the test has one of its own."""
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
    return Cast()
