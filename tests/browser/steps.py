"""What people do in the browser, one step after the other. Each step begins and ends on a page a person could be on."""

import datetime as dt
import json
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from agencies import demonstration_tokens
from audit import clock
from tests import stories
from tests.cases import reporting

ALL_TOLD = len(stories.INFORMED_ITEMS)


def in_days(days: int) -> str:
    """The day so many days from the database's today, as people type it."""
    return (clock.today() + dt.timedelta(days=days)).strftime("%d.%m.%Y")


def press(page: Page, name: str) -> None:
    """Press the button that is called so, letter for letter."""
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    """Follow the first link that is called so, letter for letter."""
    page.get_by_role("link", name=name, exact=True).first.click()


def said(page: Page, words: str) -> None:
    """The page says that it was done."""
    expect(page.locator(".app-main")).to_contain_text(words)


def url_id(page: Page) -> str:
    """The identifier in the address of the page."""
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", page.url)
    assert found, page.url
    return found[0]


# --- the police ---


def send_report(site: str, **changes: Any) -> dict[str, Any]:
    """The police's own system posts a report over REST; what the site answers."""
    body = json.dumps(reporting.report(**changes)).encode()
    headers = {
        "Authorization": f"Bearer {demonstration_tokens.token_for('police-analysis')}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return ask(urllib.request.Request(f"{site}{reporting.ADDRESS}", body, headers))  # noqa: S310 (our own site)


def report_state(site: str, report_id: str) -> str:
    """What the police may know of their report."""
    headers = {"Authorization": f"Bearer {demonstration_tokens.token_for('police-analysis')}"}
    address = f"{site}{reporting.ADDRESS}{report_id}/"
    return str(ask(urllib.request.Request(address, headers=headers))["state"])  # noqa: S310 (our own site)


def ask(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 (our own site)
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        raise AssertionError(refused.read().decode()) from refused


# --- intake and the office's manager ---


def open_newest_report(page: Page) -> str:
    """Intake opens the only report in the queue. Returns the case's identifier."""
    page.goto(reverse("cases:inbox"))
    page.locator("table a").first.click()
    return url_id(page)


def receive_and_route(page: Page) -> None:
    """Intake takes the report in and passes it on to the office that the address points to."""
    press(page, "Motta meldingen")
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)  # the suggestion follows from the postal code
    press(page, "Fordel til kontoret")


def assign_to(page: Page, case_id: str, name: str) -> None:
    """A manager gives the case to one of the agency's people."""
    page.goto(reverse("cases:assign", args=[case_id]))
    page.get_by_label(re.compile(f"^{name}")).check()
    press(page, "Tildel saken")


# --- the office's caseworker, until the consent ---


def review(page: Page, case_id: str) -> None:
    """The first review. The person has children, so the report to child welfare must be assessed in writing."""
    page.goto(reverse("cases:review", args=[case_id]))
    page.get_by_label("Hjelp personen har fra før").fill("Fastlege siden 2019. Ingen andre.")
    page.get_by_label("Familieforhold").fill("Bor hos mor. Bestefar er viktig for ham.")
    page.get_by_role("group", name="Har personen barn?").get_by_label("Ja", exact=True).check()
    press(page, "Gjør ferdig vurderingen")
    expect(page.locator(".ds-error-summary")).to_be_visible()
    page.get_by_label(re.compile("^Skal det sendes bekymringsmelding")).fill("Barnet bor trygt hos moren sin.")
    page.get_by_label("Nei, meldeplikten gjelder ikke").check()
    press(page, "Gjør ferdig vurderingen")


def summon(page: Page, case_id: str) -> None:
    """The person is called by letter to a talk in three days."""
    page.goto(reverse("cases:talk", args=[case_id]))
    page.get_by_role("radio", name="Brev").check()
    page.get_by_label("Dato for samtalen").fill(in_days(3))
    page.get_by_label("Klokkeslett").fill("13.00")
    page.get_by_label("Sted").fill("Kontor Øst, rom 2")
    press(page, "Registrer innkallingen")


def hold_talk(page: Page, *, wish: str) -> None:
    """The person is told of the report and who sent it, and answers."""
    page.get_by_label("Hvem var til stede?").fill("Elias og Ingrid")
    page.get_by_role("group", name=re.compile("kommet en bekymringsmelding")).get_by_label("Ja", exact=True).check()
    page.get_by_role("group", name=re.compile("kom fra politiet")).get_by_label("Ja", exact=True).check()
    page.get_by_label(wish).check()
    press(page, "Lagre samtalen")


def fill_in_consent(page: Page, *, boxes: Iterable[str], forum: Iterable[str]) -> None:
    """The signed form is typed in: `boxes` as "nav:economy", `forum` those who sit in the working group."""
    for box in boxes:
        page.locator(f"input[name=scope][value='{box}']").check()
    page.get_by_role("group", name=re.compile("^Kan .* snakke om saken")).get_by_label("Ja", exact=True).check()
    for slug in forum:
        # With a key: what is read aloud above grows with each choice and would move the box away from under a pointer.
        page.locator(f"input[name=forum_working_group][value='{slug}']").press("Space")
    page.get_by_label("Gjelder til og med").fill(in_days(180))
    items = page.locator("input[name=informed_items]")
    expect(items).to_have_count(ALL_TOLD)
    for number in range(ALL_TOLD):
        items.nth(number).check()
    page.get_by_label("Sted", exact=True).fill("Fjordvik")
    page.get_by_label("Telefon", exact=True).fill("00 00 00 11")
    page.get_by_label("Ungdommen har fått en kopi").check()


def record_consent(page: Page, case_id: str, *, boxes: Iterable[str], forum: Iterable[str]) -> None:
    """The form is filled in, and says what saving it will do."""
    page.goto(reverse("consent:record", args=[case_id]))
    fill_in_consent(page, boxes=boxes, forum=forum)
    # What saving would do is asked of the site after each choice; wait until it has answered the last one.
    page.wait_for_load_state("networkidle")
    expect(page.locator("#effects")).to_contain_text("kommer inn")
    expect(page.locator("#read-aloud")).to_contain_text("kan snakke om saken når disse er med")


# --- towards the collaboration ---


def assess_needs(page: Page, case_id: str) -> None:
    """All six basic needs, in a few words each."""
    page.goto(reverse("cases:needs", args=[case_id]))
    for need in page.locator("select[name$='-status']").all():
        need.select_option("partly")
    for text in page.locator("textarea[name$='-text']").all():
        text.fill("Avklart i samtalen.")
    press(page, "Lagre vurderingene")


def add_resource_person(page: Page, case_id: str) -> None:
    """A grandfather whom the person points to."""
    page.goto(reverse("cases:network", args=[case_id]))
    page.get_by_label("Navn").fill("Odd Prøvedal")
    page.get_by_label("Hva er de for hverandre?").fill("bestefar")
    page.get_by_label(re.compile("^Privat")).check()
    press(page, "Før opp")


def assess_coordination(page: Page, case_id: str) -> None:
    """The responsibility group, the individual plan, and the meeting with the person."""
    page.goto(reverse("cases:assessments", args=[case_id]))
    for kind in ("Ansvarsgruppe", "Individuell plan"):
        panel = page.get_by_role("region", name=kind, exact=True)
        panel.get_by_label("Nei", exact=True).check()
        panel.get_by_label("Hvorfor, eller hvorfor ikke?").fill("Ikke nødvendig nå, sier Elias.")
        panel.get_by_role("button").click()
    panel = page.get_by_role("region", name="Samarbeidsmøte", exact=True)
    panel.get_by_label("Når er møtet?").fill(in_days(10))
    panel.get_by_label("Hvem er kalt inn, og hva skal dere avtale?").fill("Elias, NAV og oss. Vi avtaler planen.")
    panel.get_by_label("Personen selv er kalt inn").check()
    panel.get_by_role("button").click()


def start_collaboration(page: Page, case_id: str) -> None:
    """All is in place."""
    page.goto(reverse("cases:start_collaboration", args=[case_id]))
    press(page, "Start samarbeidet")
