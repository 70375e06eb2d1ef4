"""An emergency in a real browser: opened, read, ended, and controlled by the second person (F-39)."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies.enums import Part
from tests import stories
from tests.browser.conftest import Visitor
from tests.cast import Cast
from tests.consent.breaking import WHY
from tests.consent.reading import wrote

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_a_case_is_opened_in_an_emergency_and_controlled(site: str, visit: Visit, cast: Cast) -> None:
    scopes = {"hvk-ost": (Part.ECONOMY,), "mental-health": (Part.HEALTH,)}
    wrote(cast.berit, stories.consented(cast, scopes=scopes, forum=()), Part.HEALTH, "Tidligere selvmordsforsøk.")
    about = stories.subject()
    helper = visit(cast.sara.user.name)
    page = helper.page

    page.goto(reverse("consent:open_glass"))
    page.get_by_role("button", name="Åpne for meg i 60 minutter").click()
    expect(page.get_by_text("Du må rette feilene")).to_be_visible()
    helper.check("glass-form")
    page.get_by_label("Fornavn").fill("Eli")
    page.get_by_label("Etternavn").fill(about.family_name)
    page.get_by_label("Fødselsdato").fill(about.birth_date.strftime("%d.%m.%Y"))
    page.get_by_label("Helse", exact=True).check()
    page.get_by_label("Plikt til å hjelpe noen i åpenbar fare").check()
    page.get_by_label("Hva er det som haster?").fill(WHY)
    page.get_by_role("button", name="Åpne for meg i 60 minutter").click()
    expect(page.get_by_role("heading", name="Vi fant ingen")).to_be_visible()
    assert page.get_by_label("Hva er det som haster?").input_value() == WHY
    helper.check("glass-not-found")
    page.get_by_label("Fornavn").fill(about.given_name)
    page.get_by_role("button", name="Åpne for meg i 60 minutter").click()

    expect(page.get_by_text("Tidligere selvmordsforsøk.").first).to_be_visible()
    helper.check("glass-case")
    page.goto(reverse("consent:glasses"))
    helper.check("glass-own")
    page.get_by_role("link", name=re.compile("^Les")).first.click()
    helper.check("glass-opened")
    page.get_by_role("link", name="Jeg er ferdig").click()
    page.get_by_role("button", name="Jeg er ferdig, avslutt").click()
    expect(page.get_by_text("Nødtilgangen er avsluttet.")).to_be_visible()

    controller = visit(cast.pia.user.name)
    page = controller.page
    page.goto(reverse("consent:glasses"))
    controller.check("glass-control")
    page.get_by_role("link", name=re.compile("^Les og kontroller")).first.click()
    page.get_by_role("link", name="Kontroller", exact=True).click()
    controller.check("glass-review")
    page.get_by_label("Ja. Det var rett å åpne saken").check()
    page.get_by_role("button", name="Lagre kontrollen").click()

    expect(page.get_by_text("Kontrollen er lagret. Navnet ditt står på den.")).to_be_visible()
