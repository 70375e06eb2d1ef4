""" "Hvem kan se dette?" and "Slik vil de se saken" in the browser, also without JavaScript."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from agencies.enums import Part
from tests import stories
from tests.browser.conftest import Visitor
from tests.browser.steps import follow, press, said
from tests.cast import Cast
from tests.consent.reading import wrote

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_the_lead_looks_at_who_can_see_and_at_what_a_new_recipient_will_see(
    site: str, visit: Visit, cast: Cast
) -> None:
    case = stories.consented(cast, scopes={"nav": [Part.ECONOMY]}, forum=())
    wrote(cast.ingrid, case, "economy", "Har gjeld hos tre selskaper.")
    ingrid = visit("Ingrid Testnes")
    page = ingrid.page

    page.goto(reverse("cases:detail", args=[case.pk]))
    follow(page, "Hvem kan se hva, nå og før")
    said(page, "Samtykke: det ")
    ingrid.check("hvem-kan-se")
    page.get_by_text("Hvorfor ser jeg dette?").click()
    ingrid.check("hvorfor-del-for-del")

    page.goto(reverse("consent:record", args=[case.pk]))
    page.locator("#id_scope_stavne_economy").check()
    page.locator("button[name=preview_for][value=stavne]").click()
    said(page, "Har gjeld hos tre selskaper.")
    ingrid.check("slik-vil-de-se")
    press(page, "Tilbake til skjemaet")
    assert page.locator("#id_scope_stavne_economy").is_checked()


def test_the_preview_of_a_disclosure_needs_no_javascript(site: str, visit: Visit, cast: Cast) -> None:
    case = stories.assigned(cast)
    wrote(cast.ingrid, case, "crime", "Avtale med politiet på torsdag.")
    page = visit("Ingrid Testnes", javascript=False).page

    page.goto(f"{reverse('consent:disclose', args=[case.pk])}?lov=NO-FVL-13B-5")
    page.get_by_label("Hvem skal få vite det?").select_option("stavne")
    page.get_by_label("Kriminalitet").check()
    page.get_by_label("Hvorfor er det nødvendig?").fill("Uten dette går det ikke.")
    press(page, "Vis hva mottakeren vil se")
    said(page, "Ingenting er delt ennå")
    page.locator("button[name=preview_for][value=stavne]").click()
    said(page, "Avtale med politiet på torsdag.")
    press(page, "Tilbake til skjemaet")

    assert page.get_by_label("Hvorfor er det nødvendig?").input_value() == "Uten dette går det ikke."
