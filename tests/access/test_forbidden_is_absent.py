"""What one may not know answers to the byte like what is not there (G6), and with Django's filter gone the second lock
still gives nothing to who has no right (G14)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from agencies import demonstration, demonstration_tokens
from agencies.actors import actor_for
from agencies.enums import AgencyKind, Role
from agencies.models import Agency, MachineClient, Membership, User
from audit import clock
from cases.models import Case, listing, sentence
from cases.models.access import CaseContentQuerySet
from cases.models.case import CaseQuerySet
from cases.models.listing import CaseList
from cases.services import reports
from cases.views.search import found_lines
from meetings import models as meetings_models
from tests import stories
from tests.access import surfaces
from tests.access.states import STATES, signed_in_once
from tests.access.stillness import answer, difference, still
from tests.access.surfaces import PROTECTED, Kind, Surface, ask, leaks, text_of
from tests.access.world import World
from tests.cases import reporting
from tests.cast import Cast, acting_as, sign_in

__all__ = ["still"]

ABSENT = uuid.UUID("7e57ab5e-0000-4000-8000-000000000000")
# The words of an address that name something protected; the rest say what kind of thing is meant.
IDS = ("case_id", "meeting_id", "item_id", "theme_id", "consent_id", "measure_id", "follow_up_id")


def as_absent(surface: Surface, known: World) -> str:
    """The same address of something that is not there."""
    first = next(word for word in surface.words if word in IDS)
    nowhere = World(known.case_id, known.things | {first: ABSENT}, known.instead, known.terms)
    return surface.url(nowhere)


def compare(client: Client, surface: Surface, url: str, other: str, known: World) -> str:
    """Where the answers to two addresses differ, the addresses themselves apart."""
    wrong = []
    for method in ("GET", "POST"):
        first, second = answer(client, surface, url, method), answer(client, surface, other, method)
        if first[0] == 405 and second[0] == 405:
            continue
        body = (
            second[3].replace(other.encode(), url.encode()).replace(str(ABSENT).encode(), str(known.case_id).encode())
        )
        if found := difference(first, (*second[:3], body, second[4])):
            wrong.append(f"{method} {surface.name}: {found}")
        break
    return "".join(wrong)


@pytest.mark.req("U23-21")
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize(("state", "key"), [("active", "vidar"), ("revoked", "nora")])
def test_what_one_may_not_know_answers_like_what_is_not_there(
    cast: Cast, shift_clock: Callable[..., None], state: str, key: str
) -> None:
    known = STATES[state](cast, shift_clock)
    client = sign_in(Client(), getattr(cast, key))
    kinds = PROTECTED if key == "vidar" else (Kind.CASE, Kind.ITEM)

    wrong = [
        compare(client, surface, surface.url(known), as_absent(surface, known), known)
        for number, surface in enumerate(surfaces.sorted_surfaces(*kinds))
        if number % 4 == 0 or (key == "vidar" and number % 2)
    ]

    assert [each for each in wrong if each] == []


@pytest.mark.usefixtures("still")
def test_inside_a_case_one_sees_a_line_one_may_not_read_is_not_there(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    known = STATES["active"](cast, shift_clock)
    with acting_as(cast.siv):
        hidden = Case.objects.get(pk=known.case_id).entrys.get(part="health", author_agency=cast.siv.agency)
    client = sign_in(Client(), cast.nora)

    for surface in surfaces.sorted_surfaces(Kind.CASE):
        if "entry_id" in surface.words:
            urls = [
                surface.url(World(known.case_id, known.things | {"entry_id": entry}, {}, known.terms))
                for entry in (hidden.pk, ABSENT)
            ]
            first, second = (answer(client, surface, url) for url in urls)
            assert first[0] == 404
            assert (
                difference(first, (*second[:3], second[3].replace(urls[1].encode(), urls[0].encode()), second[4])) == ""
            )


@pytest.mark.req("U23-07")
@pytest.mark.usefixtures("still", "police")
def test_another_senders_report_is_not_there_for_a_machine(cast: Cast) -> None:
    receipt = _report_of_another_police(cast)
    own = {"client_id": demonstration.MACHINE_CLIENT}
    bearer = reporting.token(**own)

    forbidden = reporting.get(Client(), f"{reporting.ADDRESS}{receipt}/", bearer=bearer)
    absent = reporting.get(Client(), f"{reporting.ADDRESS}{ABSENT}/", bearer=bearer)

    assert forbidden.status_code == absent.status_code == 404
    # The name of the request is its own; all else is the same.
    assert {**forbidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert list(forbidden.headers.items()) == list(absent.headers.items())
    assert str(receipt) not in text_of(reporting.get(Client(), reporting.ADDRESS, bearer=bearer))


def _report_of_another_police(cast: Cast) -> uuid.UUID:
    """A report that another agency's machine has handed in, which that agency's own token finds."""
    here = cast.aksel.agency
    other = Agency.objects.create(
        group=Group.objects.create(name="police-two"), municipality=here.municipality, slug="police-two",
        name="Politiet på den andre siden", kind=AgencyKind.POLICE, organisation_number="310099999",
    )  # fmt: skip
    machine = User.objects.create_user("annet-politi@fjordvik.example", name="Fagsystem", is_machine=True)
    Membership.objects.create(
        user=machine, agency=other, role=Role.ANALYST, valid_from=clock.now(), granted_by=cast.arne.user
    )
    MachineClient.objects.create(
        client_id="police-two", agency=other, user=machine, scopes=[demonstration.MACHINE_SCOPE]
    )
    actor = actor_for(machine, other)
    assert actor is not None
    with acting_as(actor):
        receipt = reports.submit(stories.submission(), by=actor).pk
    bearer = reporting.token(client_id="police-two", consumer=demonstration_tokens.consumer(other))
    assert reporting.get(Client(), f"{reporting.ADDRESS}{receipt}/", bearer=bearer).status_code == 200
    return uuid.UUID(str(receipt))


# --- the second lock alone -------------------------------------------------------------------------------------------


@pytest.fixture
def first_lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every `visible_to`, `readable_by` and `heard_by` had been forgotten, and the sentence where the list and the
    search write it themselves: only the database says no.
    """

    def everything(self: Any, *_asked: object, **_how: object) -> Any:
        return self.all()

    def anything(self: object, *_columns: str) -> tuple[str, list[object]]:
        return "true", []

    for owner, name in every_filter():
        monkeypatch.setattr(owner, name, everything)
    for condition in (sentence.IsThere, sentence.IsCovered, sentence.IsWorkedOn):
        monkeypatch.setattr(condition, "condition", anything)
    monkeypatch.setattr(sentence.IsThere, "open_to_a_line", anything)
    monkeypatch.setattr(listing, "lines_of", lambda _actor: ("SELECT a.* FROM cases_caseaccess a", []))


def every_filter() -> list[tuple[type, str]]:
    """The first lock's own places, found by name on every queryset of content."""
    names = ("visible_to", "readable_by", "heard_by", "of_heard")
    classes = {CaseQuerySet, CaseContentQuerySet, *_under(CaseContentQuerySet)}
    classes |= {each for each in vars(meetings_models).values() if isinstance(each, type)}
    return [(each, name) for each in sorted(classes, key=str) for name in names if name in vars(each)]


def _under(cls: type) -> set[type]:
    found: set[type] = set()
    children: list[type] = type.__subclasses__(cls)
    for child in children:
        found |= {child, *_under(child)}
    return found


# Agencies without a right in the case, and in a state where the recipient's has ended.
WITHOUT_RIGHT = [("active", "vidar"), ("revoked", "nora"), ("none", "nils")]


@pytest.mark.req("U23-21")
@pytest.mark.parametrize(("state", "key"), WITHOUT_RIGHT)
def test_the_second_lock_alone_opens_nothing_to_who_has_no_right(
    cast: Cast, shift_clock: Callable[..., None], request: pytest.FixtureRequest, state: str, key: str
) -> None:
    known = STATES[state](cast, shift_clock)
    actor = signed_in_once(cast, key)
    client = sign_in(Client(), actor)
    request.getfixturevalue("first_lock_off")
    forbidden = known.forbidden_words(key, actor.agency.slug)
    wrong = []

    for number, surface in enumerate(surfaces.sorted_surfaces(Kind.CASE, Kind.ITEM, Kind.OWN)):
        if surface.kind != Kind.OWN and number % 3 != WITHOUT_RIGHT.index((state, key)):
            continue
        body = {"words": "zqord"} if surface.name == "search" else None
        response = ask(client, surface, surface.url(known), "POST" if body else "GET", body)
        if found := leaks(response, forbidden, body):
            wrong.append(f"{surface.name}: {found}")
        if surface.kind == Kind.CASE and response.status_code not in {404, 405}:
            wrong.append(f"{surface.name}: {response.status_code}")

    assert wrong == []


@pytest.mark.usefixtures("first_lock_off")
def test_with_the_first_lock_off_the_second_is_what_is_tried(cast: Cast, shift_clock: Callable[..., None]) -> None:
    """Oda has no task in the case but works where it is led: the first lock alone keeps it from her."""
    known = STATES["active"](cast, shift_clock)

    with acting_as(cast.oda):
        assert Case.objects.visible_to(cast.oda).filter(pk=known.case_id).exists()
        assert known.case_id in CaseList(cast.oda).ids(100)
        assert found_lines(cast.oda, "zqord")
    with acting_as(cast.vidar):
        assert not Case.objects.visible_to(cast.vidar).exists()
        assert CaseList(cast.vidar).ids(100) == []
        assert found_lines(cast.vidar, "zqord") == []
