"""What else happens: reports sent back, help declined, no JavaScript, no mouse, the dark, and time that passes."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit import clock
from reminders import tasks
from tests import stories
from tests.actionplans import planning
from tests.browser import steps
from tests.browser.conftest import Visitor
from tests.browser.steps_together import find, status_of
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

NOTE = "Elias har fått plass på et kurs."


@pytest.mark.req("U23-16", "U23-17", "U23-26")
def test_a_report_can_be_sent_back_and_help_declined(site: str, visit: Visit, cast: Cast) -> None:
    report, declining = stories.received(cast), stories.summoned(cast)

    rune = visit("Rune Prøvesen")
    rune.page.goto(reverse("cases:report", args=[report.pk]))
    rune.check("report-received")
    steps.follow(rune.page, "Send tilbake til politiet")
    steps.press(rune.page, "Send tilbake og slett")
    expect(rune.page.locator(".ds-error-summary")).to_be_focused()
    rune.check("report-reject-mistake")
    rune.page.get_by_role("radio").first.check()
    steps.press(rune.page, "Send tilbake og slett")
    steps.said(rune.page, "Ingen meldinger venter")
    assert status_of(rune.page, reverse("cases:report", args=[report.pk])) == 404

    ingrid = visit("Ingrid Testnes")
    ingrid.page.goto(reverse("cases:talk", args=[declining.pk]))
    steps.hold_talk(ingrid.page, wish="Nei, personen ønsker ikke hjelp")
    steps.said(ingrid.page, "Den vanlige rutinen for behandling av bekymringsmeldinger tar over")
    ingrid.check("talk-declined-confirm")
    steps.press(ingrid.page, "Lagre at personen takker nei")
    steps.said(ingrid.page, "Samtalen er registrert.")
    ingrid.page.goto(reverse("cases:detail", args=[declining.pk]))
    ingrid.check("case-declined")


@pytest.mark.req("SIG-63")
def test_the_main_pages_work_without_javascript(site: str, visit: Visit, cast: Cast) -> None:
    case = stories.consent_pending(cast)
    address = reverse("cases:detail", args=[case.pk])
    page = visit("Ingrid Testnes", javascript=False).page

    page.goto(reverse("home"))
    page.goto(address)
    page.get_by_label("Hvilken del av saken?").select_option("economy")
    page.get_by_label("Tekst", exact=True).fill(NOTE)
    steps.press(page, "Vis hvem som ser")
    expect(page.locator("#readers")).to_contain_text("Helse- og velferdskontor Øst")
    expect(page.get_by_label("Tekst", exact=True)).to_have_value(NOTE)
    page.get_by_role("button", name=re.compile("^Lagre")).click()
    expect(page.locator(".app-tl").get_by_text(NOTE)).to_be_visible()

    page.goto(reverse("consent:record", args=[case.pk]))
    steps.press(page, "Lagre samtykket")
    expect(page.locator(".ds-error-summary a").first).to_be_visible()
    page.locator("input[name=scope][value='nav:economy']").check()
    steps.press(page, "Vis hva som skjer")
    steps.said(page, "NAV Fjordvik kommer inn")
    steps.fill_in_consent(page, boxes=["nav:economy"], forum=["slt", "nav", "hvk-ost"])
    steps.press(page, "Lagre samtykket")
    steps.said(page, "Samtykket er registrert")


@pytest.mark.req("U23-18")
def test_the_way_to_the_consent_needs_no_mouse(site: str, visit: Visit, cast: Cast) -> None:
    stories.consent_pending(cast)
    page = visit("Rune Prøvesen").page
    page.goto(reverse("demo_cast"))

    _tab_to(page, "Hopp til hovedinnhold", role="link")
    page.keyboard.press("Enter")
    _tab_to(page, "Logg inn som Ingrid")
    page.keyboard.press("Enter")
    page.wait_for_url("**/min-dag/")
    _tab_to(page, re.compile(r"^26-\d{4} Elias"), role="link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/saker/*/")
    _tab_to(page, "Samtykke", role="link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/samtykke/")
    _tab_to(page, "Registrer samtykke", role="link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/samtykke/registrer/")

    order = _focused_in_order(page, until="Lagre samtykket")
    assert order == sorted(order), "focus leaves the order of the page"
    page.keyboard.press("Enter")
    expect(page.locator(".ds-error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.closest('[aria-invalid=true], [id]').id")
    assert focused.startswith("id_"), focused


@pytest.mark.req("U23-16")
def test_the_dark_is_as_readable(site: str, visit: Visit, cast: Cast) -> None:
    case = planning.planned(cast)
    ingrid = visit("Ingrid Testnes")
    ingrid.page.emulate_media(color_scheme="dark")

    for name, address in (
        ("dark-my-day", reverse("home")),
        ("dark-case", reverse("cases:detail", args=[case.pk])),
        ("dark-consent-form", reverse("consent:record", args=[case.pk])),
        ("dark-plan", reverse("actionplans:detail", args=[case.pk])),
    ):
        ingrid.page.goto(address)
        ingrid.check(name)


@pytest.mark.req("SIG-59")
def test_a_consent_near_its_end_is_told_of_once_at_30_14_and_3_days(
    site: str, visit: Visit, cast: Cast, settings: object, shift_clock: Callable[..., None]
) -> None:
    settings.EMAIL_BACKEND = "reminders.mailbox.MailboxBackend"  # type: ignore[attr-defined]
    mailbox = Path(settings.MAILBOX_DIR)  # type: ignore[attr-defined]
    for left_over in mailbox.glob("*.eml"):
        left_over.unlink()
    case = stories.consented(cast, until=clock.today() + dt.timedelta(days=60))
    with acting_as(cast.ingrid):
        label = stories.case_now(case).label

    for occurrence, days_left in enumerate((30, 14, 3), start=1):
        shift_clock(days=60 - days_left)
        for _again in range(2):
            tasks.sweep()
            tasks.deliver()
        ingrid = visit("Ingrid Testnes")  # weeks have passed: nobody is signed in so long
        ingrid.page.goto(reverse("reminders"))
        told = ingrid.page.get_by_role("listitem").filter(has_text="Et samtykke går snart ut")
        expect(told.filter(has_text=label)).to_have_count(occurrence)
        assert len(_mails_to(mailbox, "ingrid")) == occurrence
        ingrid.page.goto(reverse("home"))
        expect(ingrid.page.get_by_role("region", name="Nytt siden sist")).to_contain_text(label)

    ingrid.page.goto(reverse("reminders"))
    ingrid.check("reminders")
    ingrid.page.goto(reverse("mailbox"))
    ingrid.check("mailbox")
    mail = ingrid.page.get_by_role("main").inner_text()
    assert "noe nytt" in mail and label not in mail and "Elias" not in mail and "samtykke" not in mail.lower()
    find(ingrid.page, "Prøvedal")
    ingrid.check("search")


def _mails_to(mailbox: Path, key: str) -> list[Path]:
    return [path for path in mailbox.glob("*.eml") if f"To: {key}@" in path.read_text(encoding="utf-8")]


# --- the keyboard alone ---


def _tab_to(page: Page, name: str | re.Pattern[str], *, role: str = "button") -> None:
    """Press Tab until the link or button called so has the focus, and shows it."""
    wanted = page.get_by_role(role, name=name, exact=isinstance(name, str)).first  # type: ignore[arg-type]
    expect(wanted).to_be_attached()
    for _press in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert _focus_shows(page), f"{name}: the focus cannot be seen"
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


def _focused_in_order(page: Page, *, until: str) -> list[int]:
    """Where in the page each thing stands that Tab stops at, until the button `until`."""
    places: list[int] = []
    for _press in range(250):
        page.keyboard.press("Tab")
        place, text = page.evaluate(
            "[[...document.querySelectorAll('*')].indexOf(document.activeElement), document.activeElement.innerText]"
        )
        places.append(place)
        assert _focus_shows(page), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if text == until:
            return places
    raise AssertionError(f"{until} cannot be reached with Tab")


def _focus_shows(page: Page) -> bool:
    """Whether what has the focus is marked: itself, or the field around a radio button or a checkbox."""
    return bool(
        page.evaluate(
            """(focused => {
              const isMarked = element => {
                const style = element && getComputedStyle(element);
                return style && (style.outlineStyle !== "none" || style.boxShadow !== "none");
              };
              const box = focused.getBoundingClientRect();
              const hasCome = focused.matches(".ds-skip-link") && box.top >= 0 && box.height > 20;
              return isMarked(focused) || isMarked(focused.closest(".ds-field")) || hasCome;
            })(document.activeElement)"""
        )
    )
