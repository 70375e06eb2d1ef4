"""What they do together from the consent on: the meeting, the plan, and the end of it."""

import io
import re
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.steps import follow, in_days, press, url_id

MINUTES = "NAV dekker depositumet når Elias har funnet en hybel."
MONEY, TALK = "Lage betalingsavtale med namsmannen", "Samtale hver onsdag"
GOAL = "Jeg vil ha en jobb å gå til."
PROMISE = "Jeg møter til timen på onsdager."


def write_entry(page: Page, case_id: str, *, part: str, text: str) -> None:
    """A note in one part of the case."""
    page.goto(reverse("cases:detail", args=[case_id]))
    page.get_by_label("Hvilken del av saken?").select_option(part)
    expect(page.locator("#readers")).to_contain_text("fra du lagrer")
    page.get_by_label("Tekst", exact=True).fill(text)
    page.get_by_role("button", name=re.compile("^Lagre")).click()


# --- the meeting ---


def call_meeting(page: Page) -> str:
    """The coordinator calls the working group in a week. Returns the meeting's identifier."""
    page.goto(reverse("meetings:create"))
    page.get_by_label("Dato").fill(in_days(7))
    page.get_by_label("Begynner").fill("10.00")
    page.get_by_label("Slutter").fill("12.00")
    page.get_by_label("Sted").fill("Rådhuset, møterom 3")
    press(page, "Innkall til møtet")
    return url_id(page)


def propose_case(page: Page, case_id: str, *, part: str, question: str) -> None:
    """The lead asks the meeting one question, and reads who will hear it."""
    page.goto(reverse("meetings:propose", args=[case_id]))
    page.get_by_label(part, exact=True).check()
    page.get_by_label("Hva er spørsmålet?").fill(question)
    press(page, "Gå videre og se hvem som hører saken")


def accept_proposal(page: Page, meeting_id: str) -> None:
    """The coordinator gives the case a time."""
    page.goto(reverse("meetings:detail", args=[meeting_id]))
    press(page, "Sett på saklisten")


def write_status(page: Page, meeting_id: str, text: str) -> None:
    """What is new today, before the meeting."""
    page.goto(reverse("meetings:detail", args=[meeting_id]))
    page.get_by_role("link", name=re.compile("^Skriv status")).click()
    page.get_by_label("Status i dag").fill(text)
    press(page, "Lagre statusen")


def hold_meeting(page: Page, meeting_id: str) -> None:
    """The coordinator writes what was agreed, and closes the meeting."""
    page.goto(reverse("meetings:detail", args=[meeting_id]))
    press(page, "Møtet er holdt")
    page.get_by_role("link", name=re.compile("^Skriv referat og beslutninger")).click()
    page.get_by_label("Ny beslutning").fill("Søke om depositum")
    page.get_by_label("Ansvarlig").select_option(label="NAV Fjordvik")
    page.get_by_label("Frist").fill(in_days(14))
    press(page, "Legg til")
    page.get_by_label("Referat fra saken").fill(MINUTES)
    press(page, "Lagre referatet")


# --- the plan ---


def write_plan(page: Page, case_id: str) -> None:
    """A goal, one measure at NAV and one at mental health, a promise of the young person's own, and a follow-up."""
    page.goto(reverse("actionplans:detail", args=[case_id]))
    follow(page, "Skriv hovedmålet")
    page.get_by_role("textbox", name="Hovedmål").fill(GOAL)
    press(page, "Lagre hovedmålet")
    _add_measure(page, case_id, area="economy", title=MONEY, carrier="Nora Eksempelvik", more={"Frist": in_days(30)})
    _add_measure(
        page,
        case_id,
        area="health",
        title=TALK,
        carrier="Siv Demoberg",
        more={
            "Eller hvor ofte": "Hver onsdag",
            "Hvor mange ganger, dager eller kroner i alt?": "8",
            "Hva telles?": "samtaler",
        },
    )
    page.goto(reverse("actionplans:add_commitment", args=[case_id]))
    page.get_by_label("Hva har ungdommen sagt ja til å gjøre?").fill(PROMISE)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name=re.compile("^(Legg til|Lagre)")).click()
    page.goto(reverse("actionplans:add_follow_up", args=[case_id]))
    page.get_by_label("Dato").fill(in_days(21))
    page.get_by_label("Klokkeslett").fill("14.00")
    page.get_by_label("Sted").fill("Bydelshuset, rom 2")
    page.locator("form.app-form button[type=submit]").click()


def _add_measure(page: Page, case_id: str, *, area: str, title: str, carrier: str, more: dict[str, str]) -> None:
    page.goto(reverse("actionplans:add_measure", args=[case_id]))
    page.get_by_label("Område", exact=True).select_option(area)
    page.get_by_label("Hva skal gjøres?").fill(title)
    page.get_by_label("Hvem har ansvaret?").select_option(label=carrier)
    page.get_by_label("Hvor blir det skrevet ned?").fill("I saken")
    for label, typed in more.items():
        page.get_by_label(label).first.fill(typed)
    press(page, "Legg til tiltaket")


def report_progress(page: Page, text: str) -> None:
    """From the plan: a measure is under way."""
    page.get_by_role("link", name=re.compile("^Meld framdrift")).first.click()
    page.get_by_role("radio", name="I gang").check()
    page.get_by_label("Kort om hvordan det går").fill(text)
    page.locator("form.app-form button[type=submit]").click()


def download_plan(page: Page, case_id: str) -> str:
    """The words of the PDF that the plan's button hands over."""
    page.goto(reverse("actionplans:detail", args=[case_id]))
    with page.expect_download() as coming:
        follow(page, "Planen (PDF)")
    content = coming.value.path().read_bytes()
    assert content.startswith(b"%PDF-")
    return " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages).split())


# --- what is there for somebody ---


def status_of(page: Page, address: str) -> int:
    """What the site answers this person at `address`, without following redirects."""
    answer: Any = page.request.get(address, max_redirects=0)
    return int(answer.status)


def find(page: Page, words: str) -> None:
    """Search for the words."""
    page.goto(reverse("search"))
    page.get_by_label("Søk i sakene dine").fill(words)
    page.get_by_role("main").get_by_role("button", name="Søk", exact=True).click()
