"""The log opened together with the person, its preparation, the privacy officer's queue and the breach question."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies.enums import Part
from audit.enums import Outcome
from audit.services import record
from cases.models import Case
from cases.services import log_review
from tests import stories
from tests.browser.conftest import Visitor
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def looked_at(cast: Cast) -> Case:
    """A case in collaboration that NAV and the lead have read, and somebody in an emergency."""
    case = stories.consented(cast)
    for reader, basis, parts in (
        (cast.nils, "consent", (Part.CORE, Part.ECONOMY, Part.OCCUPATION_SCHOOL)),
        (cast.mona, "lead", tuple(Part)),
        (cast.siv, "break_glass", (Part.CORE, Part.HEALTH)),
        (cast.leif, "disclosure", (Part.CORE, Part.CRIME)),
    ):
        with acting_as(reader):
            record(
                "case.read", user_id=reader.user.pk, agency_id=reader.agency.pk, role=reader.role_codes, case_id=case.pk,
                parts=parts, basis=basis, purpose="case_work",
            )  # fmt: skip
    return case


def test_the_log_is_prepared_shown_and_asked_about_without_javascript(site: str, visit: Visit, cast: Cast) -> None:
    case = looked_at(cast)
    lead = visit(cast.ingrid.user.name, javascript=False).page
    lead.goto(reverse("cases:insight_prepare", args=[case.pk]))
    of_police = lead.get_by_role("listitem").filter(has_text="Politiets analysegruppe åpnet")
    of_police.get_by_role("link", name=re.compile("Be om å vente")).click()
    lead.get_by_role("button", name="Be lederen avgjøre").click()
    expect(lead.get_by_text("Du må rette feilene")).to_be_visible()
    lead.get_by_label(re.compile("straffbare handlinger")).check()
    lead.get_by_label("Hvorfor kan oppslaget ikke vises ennå?").fill("Politiet etterforsker fortsatt.")
    lead.get_by_label("Ja, med hjemmel og sluttdato").check()
    lead.get_by_label("Holdes tilbake til og med").fill("30.11.2026")
    lead.get_by_role("button", name="Be lederen avgjøre").click()
    expect(lead.get_by_text("Venter på en leder")).to_be_visible()

    manager = visit(cast.mona.user.name, javascript=False).page
    manager.goto(reverse("cases:insight_prepare", args=[case.pk]))
    manager.get_by_role("link", name=re.compile("Les og avgjør")).click()
    manager.get_by_role("button", name="Godkjenn at oppslaget venter").click()
    expect(manager.get_by_text("Oppslaget holdes tilbake fra nå.")).to_be_visible()

    lead.get_by_role("link", name="Åpne loggen sammen med personen").click()
    expect(lead.get_by_text("Dette kan vi ikke vise ennå")).to_be_visible()
    assert not lead.get_by_text("Politiets analysegruppe åpnet saken din").count()
    lead.get_by_role("link", name=re.compile("Meld fra om dette.*NAV Fjordvik")).first.click()
    lead.get_by_label("De har lest mer enn de trenger").check()
    lead.get_by_role("button", name="Meld fra om oppslaget").click()
    expect(lead.get_by_text("Personvernombudet hos tjenesten vurderer det")).to_be_visible()


def test_the_pages_of_the_log_and_its_control_look_right(site: str, visit: Visit, cast: Cast) -> None:
    case = looked_at(cast)
    lead, officer, manager = (visit(actor.user.name) for actor in (cast.ingrid, cast.pia, cast.mona))
    for name in ("insight", "insight_prepare"):
        lead.page.goto(reverse(f"cases:{name}", args=[case.pk]))
        lead.check(f"log-{name.replace('_', '-')}")
    with acting_as(cast.oda):
        for _miss in range(10):
            record("access.absent", user_id=cast.oda.user.pk, agency_id=cast.oda.agency.pk, outcome=Outcome.REFUSED)
        record("glass.opened", user_id=cast.oda.user.pk, agency_id=cast.oda.agency.pk, case_id=case.pk)
    with acting_as(cast.pia):
        log_review.look_now(by=cast.pia)

    page = officer.page
    page.goto(reverse("cases:log_review"))
    officer.check("log-review")
    oda = page.get_by_role("listitem").filter(has_text="Mange forsøk")
    oda.get_by_label("Merknad").fill("Lette etter en sak hun ikke har.")
    oda.get_by_role("button", name=re.compile("Ulovlig, lag avvik")).click()
    page.get_by_role("link", name=re.compile("^Avvik")).click()
    officer.check("log-review-breaches")
    page.get_by_role("link", name=re.compile("Følg opp avviket")).click()
    officer.check("log-review-follow-up")

    asked = manager.page
    asked.goto(reverse("cases:exposure"))
    asked.get_by_label("Saksnummer").fill(str(case.number))
    asked.get_by_label("Hvilken del?").select_option("economy")
    asked.get_by_label("Fra dato").fill("01.01.2026")
    asked.get_by_label("Til dato").fill("01.01.2030")
    asked.get_by_role("button", name="Finn ut hvem").click()
    expect(asked.get_by_text("NAV Fjordvik").first).to_be_visible()
    manager.check("exposure")
