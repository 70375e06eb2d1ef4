"""The plan in a real browser without JavaScript."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.actionplans import planning
from tests.browser.conftest import Visitor
from tests.cast import Cast

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_a_measure_is_added_put_in_order_and_taken_out_without_javascript(site: str, visit: Visit, cast: Cast) -> None:
    case = planning.planned(cast)
    page = visit(cast.ingrid.user.name, javascript=False).page
    page.goto(reverse("actionplans:add_measure", args=[case.pk]))

    page.get_by_role("button", name="Legg til tiltaket").click()
    expect(page.get_by_text("Du må rette feilene")).to_be_visible()
    page.get_by_label("Område", exact=True).select_option("economy")
    page.get_by_label("Hva skal gjøres?").fill("Betale 300 kroner")
    page.get_by_label("Hvem har ansvaret?").select_option(label="Avklares i NAV Fjordvik")
    page.get_by_label("Eller hvor ofte").fill("1. i måneden")
    page.get_by_label("Hvor blir det skrevet ned?").fill("Kvittering vises fram")
    page.get_by_role("button", name="Legg til tiltaket").click()

    page.get_by_role("button", name=re.compile("Flytt opp.*Betale 300 kroner")).click()
    expect(page.get_by_text("Rekkefølgen er endret.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Ta ut.*Betale 300 kroner")).click()
    page.get_by_role("button", name="Angre").click()
    expect(page.get_by_text("Tiltaket står i planen igjen.")).to_be_visible()
