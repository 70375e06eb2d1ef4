"""Every surface × every role × every state of a right: the sentence of design.md says who is answered, and what (G2)."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db.models import FileField
from django.test import Client
from django.urls import reverse

from agencies import demonstration, demonstration_tokens
from agencies.actors import Actor
from agencies.enums import Role
from agencies.models import MachineClient, Membership
from audit import clock
from cases.models import ReportReceipt
from tests.access import surfaces
from tests.access.states import STATES, signed_in_once
from tests.access.stillness import stay_signed_in
from tests.access.surfaces import KINDS, PROTECTED, Kind, Surface, ask, leaks, rows_written, text_of
from tests.access.world import CANARY, FAMILY_NAME, World
from tests.cases import reporting
from tests.cast import MEMBERS, Cast, acting_as, sign_in

RECIPIENTS = ("nora", "nils")
# What Django answers a method the view does not know: nothing was looked for.
NOT_THIS_METHOD = 405


# --- nothing is forgotten --------------------------------------------------------------------------------------------


def test_every_address_is_sorted_by_what_protects_it() -> None:
    unsorted = {surface.name for surface in surfaces.all_surfaces()} - KINDS.keys()

    assert not unsorted, f"say in tests/access/surfaces.py what protects {sorted(unsorted)}"


def test_nothing_is_sorted_that_is_not_there() -> None:
    assert KINDS.keys() - {surface.name for surface in surfaces.all_surfaces()} == set()


def test_every_command_of_ours_is_known() -> None:
    assert surfaces.our_commands() == surfaces.COMMANDS.keys()


def test_no_task_is_told_anything() -> None:
    tasks = surfaces.our_tasks()

    assert tasks
    for name, task in tasks.items():
        assert not inspect.signature(task.run).parameters, f"{name} takes arguments: the broker would learn them"  # type: ignore[attr-defined]


def test_nothing_is_stored_as_a_file_that_a_web_server_could_hand_out() -> None:
    fields = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    ]
    assert fields == []


# --- the matrix ------------------------------------------------------------------------------------------------------


def may_open(known: World, surface: Surface, key: str, slug: str) -> bool:
    """Whether the sentence lets this member of the cast know that the thing is there at all."""
    terms = known.terms
    match surface.kind:
        case Kind.CASE:
            return terms.sees_case(key, slug)
        case Kind.MEETING:
            return terms.is_called(key, slug)
        case Kind.ITEM:
            return terms.opens_item(key, slug)
        case _:
            return True


class Reader:
    """One of the cast, signed in for one agency, and what went wrong when they asked."""

    def __init__(self, known: World, key: str, actor: Actor) -> None:
        self.known, self.key, self.slug = known, key, actor.agency.slug
        self.client = sign_in(Client(), actor)
        self.forbidden = known.forbidden_words(key, self.slug)
        self.wrong: list[str] = []

    def probe(self, surface: Surface, method: str, body: dict[str, str] | None = None) -> int:
        """Ask once, and note what should not have been answered. Returns the status."""
        before = rows_written() if method == "POST" else {}
        response = ask(self.client, surface, surface.url(self.known), method, body)
        status = response.status_code
        who = f"{self.key} {method} {surface.name}"
        if found := leaks(response, self.forbidden, body):
            self.wrong.append(f"{who}: {status} with {found}")
        if surface.kind in PROTECTED and status != NOT_THIS_METHOD:
            onward = response.headers.get("Location") or response.headers.get("HX-Redirect", "")
            sent_away = status in {204, 302} and onward.startswith(reverse("choose_agency"))
            if not may_open(self.known, surface, self.key, self.slug):
                if status != 404 and not (sent_away and self.key in self.known.terms.gone):
                    self.wrong.append(f"{who}: {status} for what is not there")
            elif status == 404 and surface.name in OPENED_BY_WHO_MAY_KNOW:
                self.wrong.append(f"{who}: 404 for what the reader may know")
        if method == "POST" and status in {302, 403, 404, 405} and not self._may_write(surface):
            written = {name for name, count in rows_written().items() if count != before.get(name, 0)}
            if written:
                self.wrong.append(f"{who}: {status}, and wrote in {sorted(written)}")
        return status

    def _may_write(self, surface: Surface) -> bool:
        return surface.kind not in PROTECTED or may_open(self.known, surface, self.key, self.slug)


# Pages that open to everybody who may know of the thing: else a matrix of refusals would prove nothing.
OPENED_BY_WHO_MAY_KNOW = {
    "cases:detail", "cases:who_will_see", "cases:declare_conflict", "consent:detail", "actionplans:detail", "meetings:case",
    "meetings:detail", "meetings:calendar", "meetings:status",
}  # fmt: skip


def both_ways(
    reader: Reader, surface: Surface, methods: tuple[str, ...] = ("GET", "POST"), *, every: bool = False
) -> None:
    """GET and POST when `every`; else the first of the two that the view knows."""
    if surface.kind in PROTECTED and may_open(reader.known, surface, reader.key, reader.slug):
        methods = ("GET",)  # what a POST of who may does is other tests' story; and it would change the world
    for method in methods:
        if reader.probe(surface, method) != NOT_THIS_METHOD and not every:
            return


def lists(reader: Reader, *names: str) -> None:
    """What lists and searches, all of it or these; the search with words that would hit."""
    for surface in surfaces.sorted_surfaces(Kind.OWN):
        if names and surface.name not in names:
            continue
        if surface.name == "search":
            for words in ("zqord", "26-0001"):
                reader.probe(surface, "POST", {"words": words})
        elif surface.name != "mark_reminders_seen":
            reader.probe(surface, "GET")


def people(cast: Cast, known: World, *keys: str) -> list[Reader]:
    """These of the cast, each for the first of their agencies, with a session opened while they still worked there."""
    return [Reader(known, key, signed_in_once(cast, key)) for key in keys]


# One render after the other would take minutes: each commit asks at a quarter of the surfaces in each of these eighteen
# groups, another quarter in the next, so that every surface is asked at four times or more, by GET and POST. `make
# test-deep` asks everybody at all of them in all states.
def a_quarter(group: int) -> list[tuple[Surface, tuple[str, str]]]:
    """The surfaces of this group, each with the method to try first."""
    return [
        (surface, ("POST", "GET") if (number // 4 + group // 4) % 2 else ("GET", "POST"))
        for number, surface in enumerate(surfaces.sorted_surfaces(*PROTECTED))
        if (number + group) % 4 == 0 or surface.name == "cases:detail"
    ]


@pytest.mark.req("SIG-63", "U23-21")
@pytest.mark.parametrize("state", STATES)
def test_the_recipient_is_answered_what_the_state_of_its_right_says(
    cast: Cast, shift_clock: Callable[..., None], state: str
) -> None:
    known = STATES[state](cast, shift_clock)
    nora, nils = people(cast, known, *RECIPIENTS)

    group = list(STATES).index(state)
    for number, (surface, methods) in enumerate(a_quarter(group)):
        both_ways((nora, nils)[number % 2], surface, methods)
    more = [surface.name for surface in surfaces.sorted_surfaces(Kind.OWN)]
    lists((nora, nils)[group % 2], "search", "cases:list", "home", *more[group % 4 :: 4])
    lists((nils, nora)[group % 2], "cases:list")

    assert [*nora.wrong, *nils.wrong] == []


ROLES = {
    "analyst": ("aksel",),
    "intake": ("rune",),
    "manager": ("vidar", "tor", "berit"),
    "coordinator": ("marte",),
    "privacy officer": ("pia",),
    "administrator": ("arne",),
    "worker without the case": ("oda", "hanne", "sara", "kari", "bente", "tove", "leif"),
}


@pytest.mark.req("U23-21")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_answered_what_the_sentence_says(cast: Cast, shift_clock: Callable[..., None], role: str) -> None:
    known = STATES["active"](cast, shift_clock)
    readers = people(cast, known, *ROLES[role])

    for number, (surface, methods) in enumerate(a_quarter(len(STATES) + list(ROLES).index(role))):
        both_ways(readers[number % len(readers)], surface, methods)
    for number, reader in enumerate(readers):
        lists(reader, ("search", "cases:list")[number % 2])
    lists(readers[0], "home", "cases:contributions", "reminders", "meetings:list", "cases:inbox")

    assert [wrong for reader in readers for wrong in reader.wrong] == []


@pytest.mark.parametrize("key", ["nora", "stine", "siv", "frode"])
def test_the_probe_is_not_blind(cast: Cast, shift_clock: Callable[..., None], key: str) -> None:
    """Whoever may read finds on the case's page exactly what the sentence gives them."""
    known = STATES["active"](cast, shift_clock)
    (reader,) = people(cast, known, key)

    page = reader.client.get(reverse("cases:detail", args=[known.case_id])).content.decode()

    found = {word for word in CANARY.findall(page) if not word.startswith("zqx")} - {"zqord"}
    assert found == set(known.allowed_words(key, reader.slug))
    assert FAMILY_NAME in page


@pytest.mark.deep
@pytest.mark.parametrize("state", STATES)
def test_everybody_everywhere_in_every_state(
    cast: Cast, shift_clock: Callable[..., None], settings: Any, state: str
) -> None:
    stay_signed_in(settings)
    known = STATES[state](cast, shift_clock)
    wrong = []
    for reader in people(cast, known, *MEMBERS):
        for surface in surfaces.sorted_surfaces(*PROTECTED):
            both_ways(reader, surface, every=True)
        lists(reader)
        wrong += reader.wrong

    assert wrong == []


# --- the API ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("U23-07")
def test_no_session_opens_the_api_and_a_machine_finds_its_own_reports_alone(
    cast: Cast, shift_clock: Callable[..., None], police: None
) -> None:
    known = STATES["active"](cast, shift_clock)
    with acting_as(cast.aksel):
        receipt = ReportReceipt.objects.get()
    known.things["report_id"] = receipt.pk
    words = [
        FAMILY_NAME,
        "Elias",
        *known.allowed_words("ingrid", "hvk-ost"),
        *known.forbidden_words("vidar", "hvk-vest"),
    ]
    nav = MachineClient.objects.create(
        client_id="nav", agency=cast.nora.agency, user=cast.machine().user, scopes=[demonstration.MACHINE_SCOPE]
    )
    Membership.objects.create(
        user=nav.user, agency=nav.agency, role=Role.ANALYST, valid_from=clock.now(), granted_by=cast.arne.user
    )
    own = reporting.token()
    other = reporting.token(client_id="nav", consumer=demonstration_tokens.consumer(nav.agency))
    (ingrid,) = people(cast, known, "ingrid")

    for surface in surfaces.sorted_surfaces(Kind.MACHINE):
        url = surface.url(known)
        assert ask(ingrid.client, surface, url).status_code == 401
        for bearer in (own, other):
            answer = reporting.get(Client(), url, bearer=bearer)
            assert leaks(answer, words) == []
            assert answer.status_code in {200, 403, 404}  # 403: NAV hands in no reports
            assert (str(receipt.pk) in text_of(answer)) == (bearer == own and answer.status_code == 200)
