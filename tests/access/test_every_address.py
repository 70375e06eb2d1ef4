"""Every address the site answers at, walked once: what shows something of a case says on what right, and a HEAD gets what a
GET would, without the body.
"""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from django.test import Client
from django.urls import NoReverseMatch, reverse
from pypdf import PdfReader

from cases.models import Case
from tests.browser.test_every_page import LOOKED_AT_BY, NOBODY, Things, addresses
from tests.cast import Cast, acting_as, sign_in

READERS = ("ingrid", "mona", "rune", "marte", "nils", "pia")
NOT_THIS_METHOD = 405  # answered before anything is looked at: the same for everybody
# Pages that name a case and need not say why, each with its reason.
NEED_NOT_SAY = {
    "reminders": "says only that something waits, and leads to the page that says why",
    "mailbox": "the demonstration's own mail, which names nobody",
    "open_reminder": "leads on",
    "cases:insight_pdf": "handed to the person it is about, who needs no right to it",
    "api:schema": "the API's description, open to all, with an invented example",
}


class Answer(Protocol):
    """What the suite's client gives back, as far as it is looked at here."""

    status_code: int
    content: bytes
    headers: Any

    def __getitem__(self, name: str) -> str: ...


def says_why(answer: Answer) -> bool:
    """Whether the answer says on what right it is given: in a page the component, in a file its words, in the API a header."""
    kind = answer["Content-Type"].partition(";")[0]
    if kind == "application/pdf":
        words = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
        return "Du ser denne saken fordi" in " ".join(words.split()) or "fordi den handler om deg" in words
    return b"data-why=" in answer.content or "Samlos-Why" in answer.headers


def shows_a_case(answer: Answer, known: set[str]) -> bool:
    """Whether something of a case stands in the answer: a label, a name, or any file made of one."""
    if answer["Content-Type"].startswith("application/pdf"):
        return True
    body = html.unescape(answer.content.decode(errors="replace"))
    return any(word in body for word in known)


@dataclass(frozen=True)
class Asked:
    """One address as one of the cast was answered there, or nobody (an empty `key`)."""

    name: str
    key: str
    status: int
    shows: bool
    says: bool
    head: tuple[int, int] | None  # status and length of body, asked as the first of them


class Walk:
    """Asks at every address as whom the page is for; where that shows no page, as others until one is shown."""

    def __init__(self, cast: Cast, shift_clock: Callable[..., None]) -> None:
        self.cast, self.things = cast, Things(cast, shift_clock)
        with acting_as(cast.ingrid):
            numbers = set(Case.objects.visible_to(cast.ingrid).values_list("number", flat=True)) - {None}
        self.known = {str(number) for number in numbers} | {"Prøvedal", "Har gjeld hos tre selskaper."}
        self.clients = {NOBODY: Client()}

    def all(self) -> Iterator[Asked]:
        for name, wanted in addresses():
            try:
                address = reverse(name, kwargs={each: self.things.of(name, each) for each in wanted})
            except (NoReverseMatch, KeyError):
                continue  # tests/browser/test_every_page.py fails for an address nobody can reach
            first = LOOKED_AT_BY.get(name, "ingrid")
            for key in dict.fromkeys((first, *READERS)):
                asked = self.asked(name, address, key, with_head=key == first)
                yield asked
                if asked.status == NOT_THIS_METHOD or (key and asked.status == 200):
                    break

    def asked(self, name: str, address: str, key: str, *, with_head: bool) -> Asked:
        if key not in self.clients:
            self.clients[key] = sign_in(Client(), getattr(self.cast, key))
        head: Answer | None = self.clients[key].head(address) if with_head else None
        get: Answer = self.clients[key].get(address)
        shows = get.status_code == 200 and shows_a_case(get, self.known)
        answered = None if head is None else (head.status_code, len(head.content))
        return Asked(name, key, get.status_code, shows, shows and says_why(get), answered)


def test_what_shows_a_case_says_why_and_a_head_is_a_get_without_its_body(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    """The addresses are discovered, so that a new page without the component fails here until it has one."""
    walked = list(Walk(cast, shift_clock).all())

    assert {one.name: one.key for one in walked if one.shows and not one.says and one.name not in NEED_NOT_SAY} == {}
    checked = {one.name for one in walked if one.shows}
    assert {
        "cases:detail",
        "cases:entry",
        "cases:report",
        "meetings:detail",
        "consent:detail",
        "actionplans:pdf",
    } <= checked
    assert len(checked) > 30, "the walk must have found the pages"
    assert {one.name: one for one in walked if one.head is not None and one.head != (one.status, 0)} == {}
    assert len({one.name for one in walked}) > 60
