"""The proofs beside this file see what they are there to see: each well-known mistake, made on purpose, is found.

Made in the application while a test runs: an address nobody sorted, a view and a search without the filter, a permission
kept for a second, a total in the page, a write that trusts what was looked at before the lock.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import clear_url_caches, path

from agencies.actors import Actor
from cases.models import Case
from cases.models.case import CaseQuerySet
from cases.services import entries
from cases.views import case_list, overview
from cases.views import search as searching
from config import urls
from tests.access import surfaces
from tests.access.states import STATES
from tests.access.stillness import still
from tests.access.surfaces import KINDS, Surface
from tests.access.test_races import interleave
from tests.access.test_revocation import Warm, by_assignment
from tests.access.test_surfaces import people
from tests.access.test_two_worlds import Pairs
from tests.access.world import world
from tests.cast import Cast

__all__ = ["still"]

Shift = Callable[..., None]
CASE_PAGE, LIST, SEARCH = Surface("cases:detail", ("case_id",)), Surface("cases:list", ()), Surface("search", ())


@pytest.fixture
def an_address_more(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody adds a page and tells nobody."""

    def everything(request: HttpRequest) -> HttpResponse:
        return HttpResponse(", ".join(str(case.pk) for case in Case.objects.all()))

    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("alt/", everything, name="everything")])
    clear_url_caches()
    surfaces.all_surfaces.cache_clear()
    yield
    monkeypatch.undo()
    clear_url_caches()
    surfaces.all_surfaces.cache_clear()


@pytest.mark.usefixtures("an_address_more")
def test_an_address_that_nobody_sorted_is_found() -> None:
    assert {surface.name for surface in surfaces.all_surfaces()} - KINDS.keys() == {"everything"}


def test_a_page_without_the_filter_is_found(cast: Cast, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    known = STATES["active"](cast, shift_clock)
    (oda,) = people(cast, known, "oda")

    def unfiltered(request: Any, case_id: uuid.UUID) -> Case:
        return Case.objects.select_related("person", "lead_agency", "programme_version__programme").get(pk=case_id)

    monkeypatch.setattr(overview, "open_case", unfiltered)
    oda.probe(CASE_PAGE, "GET")

    assert any("200 for what is not there" in wrong for wrong in oda.wrong)


def test_a_filter_that_only_the_list_has_and_not_the_search_is_found(
    cast: Cast, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = STATES["active"](cast, shift_clock)
    (oda,) = people(cast, known, "oda")
    filtered = CaseQuerySet.visible_to

    def only_elsewhere(self: CaseQuerySet, actor: Actor | None, **_how: bool) -> CaseQuerySet:
        return self.all()

    def searched(request: Any) -> HttpResponse:
        monkeypatch.setattr(CaseQuerySet, "visible_to", only_elsewhere)
        try:
            return known_render(request)
        finally:
            monkeypatch.setattr(CaseQuerySet, "visible_to", filtered)

    known_render = searching.search
    found = searched
    monkeypatch.setattr(urls, "urlpatterns", [path("sok/", found, name="search"), *urls.urlpatterns])
    clear_url_caches()
    try:
        oda.probe(SEARCH, "POST", {"words": "26-0001"})
    finally:
        monkeypatch.undo()
        clear_url_caches()

    assert oda.wrong == ["oda POST search: 200 with ['Elias']"]


def test_a_permission_kept_for_a_second_is_found(
    cast: Cast, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = STATES["active"](cast, shift_clock)
    asked = CaseQuerySet.visible_to
    kept: dict[int, tuple[float, list[uuid.UUID]]] = {}

    def cached(self: CaseQuerySet, actor: Actor | None, **_how: bool) -> CaseQuerySet:
        assert actor is not None
        at, ids = kept.get(actor.user.pk, (0.0, []))
        if time.monotonic() - at > 1:
            ids = list(asked(Case.objects.all(), actor).values_list("pk", flat=True))
            kept[actor.user.pk] = (time.monotonic(), ids)
        return self.filter(pk__in=ids)

    nora = Warm(cast, known, only=("cases:detail",))
    monkeypatch.setattr(CaseQuerySet, "visible_to", cached)
    assert nora.warm(CASE_PAGE)
    kept.update({user: (time.monotonic() + 60, ids) for user, (_at, ids) in kept.items()})  # a slow machine's second
    by_assignment(cast, known, shift_clock)

    assert nora.next_request(CASE_PAGE)


@pytest.mark.usefixtures("still")
def test_a_total_in_the_page_is_found(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_total(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        page = render(request, template, context)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(last) FROM cases_numberseries")
            page.content += f"<footer>{cursor.fetchone()[0]} saker i kommunen</footer>".encode()
        return page

    monkeypatch.setattr(case_list, "render", with_total)
    pairs = Pairs(cast, ["vidar"], everywhere=False)
    pairs.compare(0, "another case")

    assert any("cases:list: body" in wrong for wrong in pairs.wrong)


def test_a_look_that_is_not_made_again_under_the_lock_is_found(
    own_database: str, cast: Cast, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = world(cast)
    monkeypatch.setattr(entries, "lock", lambda case: Case.objects.select_related("lead_agency").get(pk=case.pk))

    wrong = interleave(cast, known, owner_url, monkeypatch, (entries, "lock"), writes=True)

    assert any("written after the revocation stood" in one for one in wrong)
