"""The main job in a real browser: from the police's report to a plan in everyone's hands, and until sight ends."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import steps, steps_together
from tests.browser.conftest import Visitor
from tests.browser.steps_together import GOAL, MINUTES, MONEY, PROMISE, TALK, status_of

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

BOXES = (
    "hvk-ost:economy",
    "hvk-ost:occupation_school",
    "hvk-ost:health",
    "nav:economy",
    "nav:occupation_school",
    "mental-health:health",
    "slt:economy",
    "stavne:occupation_school",
)
FORUM = ("hvk-ost", "nav", "slt", "stavne")
DEBT, SLEEP, WORK = "Har gjeld hos tre selskaper.", "Sover dårlig.", "Nora har sett på muligheten for praksis."
QUESTION = "Hvem dekker depositumet?"


@pytest.mark.req("U23-04", "U23-10", "U23-14", "U23-15", "U23-16", "U23-17", "U23-18", "U23-19", "U23-23")
@pytest.mark.req("U23-24", "U23-25", "U23-29", "U23-30", "LIL-23", "SIG-06", "SIG-44", "SIG-46", "SIG-63", "SIG-68")
def test_from_the_polices_report_to_a_plan_until_the_consent_is_taken_back(
    site: str, visit: Visit, settings: object, shift_clock: Callable[..., None]
) -> None:
    settings.MACHINE_TOKEN_AUDIENCE = f"{site}/api"  # type: ignore[attr-defined]

    receipt = steps.send_report(site)
    case_id = intake_routes(visit, site, receipt["id"])
    mona, ingrid = office_takes_over(visit, case_id)
    ingrid_asks_for_consent(ingrid, case_id)
    nils, nora, siv = agencies_come_in(visit, ingrid, case_id)
    meeting_id = group_meets(visit, ingrid, nora, siv, case_id, shift_clock)
    plan_is_made(ingrid, nora, case_id)
    plan_on_paper(mona, nils, nora, case_id)
    consent_is_taken_back(ingrid, nils, nora, case_id, meeting_id)


def intake_routes(visit: Visit, site: str, report_id: str) -> str:
    """Rune finds the report, takes it in and passes it on. Then it is gone for him."""
    rune = visit("Rune Prøvesen")
    rune.page.goto(reverse("cases:inbox"))
    rune.check("inbox")
    case_id = steps.open_newest_report(rune.page)
    rune.check("report-new")
    steps.receive_and_route(rune.page)
    steps.said(rune.page, "Ingen meldinger venter")
    rune.check("inbox-empty")
    assert steps.report_state(site, report_id) == "forwarded"
    assert status_of(rune.page, reverse("cases:report", args=[case_id])) == 404
    return case_id


def office_takes_over(visit: Visit, case_id: str) -> tuple[Visitor, Visitor]:
    """Mona gives the case to Ingrid, who reviews it, calls the person in and talks."""
    mona = visit("Mona Eksempelås")
    mona.page.goto(reverse("home"))
    mona.check("my-day-manager")
    steps.assign_to(mona.page, case_id, "Ingrid Testnes")
    steps.said(mona.page, "Ingrid Testnes har fått saken.")
    mona.check("case-assigned")

    ingrid = visit("Ingrid Testnes")
    steps.review(ingrid.page, case_id)
    ingrid.check("talk-summon")
    steps.summon(ingrid.page, case_id)
    ingrid.check("talk")
    steps.hold_talk(ingrid.page, wish="Ja, personen ønsker hjelp")
    ingrid.check("talk-held")
    return mona, ingrid


def ingrid_asks_for_consent(ingrid: Visitor, case_id: str) -> None:
    """The consent is signed, the needs are assessed, and the collaboration begins."""
    page = ingrid.page
    steps.record_consent(page, case_id, boxes=BOXES, forum=FORUM)
    ingrid.check("consent-form")
    steps.press(page, "Lagre samtykket")
    steps.said(page, "Samtykket er registrert")
    ingrid.check("consent")
    steps.assess_needs(page, case_id)
    steps.said(page, "6 behov er oppdatert.")
    ingrid.check("needs")
    steps.add_resource_person(page, case_id)
    ingrid.check("network")
    steps.assess_coordination(page, case_id)
    ingrid.check("assessments")
    steps.start_collaboration(page, case_id)
    steps.said(page, "Samarbeidet er i gang.")
    steps_together.write_entry(page, case_id, part="economy", text=DEBT)
    steps_together.write_entry(page, case_id, part="health", text=SLEEP)
    ingrid.check("case-lead")


def agencies_come_in(visit: Visit, ingrid: Visitor, case_id: str) -> tuple[Visitor, Visitor, Visitor]:
    """The managers give the case to their people, who see their own parts and no more."""
    case_page = reverse("cases:detail", args=[case_id])
    nora, siv = visit("Nora Eksempelvik"), visit("Siv Demoberg")
    assert status_of(nora.page, case_page) == status_of(siv.page, case_page) == 404
    nils = visit("Nils Testmo")
    steps.assign_to(nils.page, case_id, "Nora Eksempelvik")
    berit = visit("Berit Prøvang")
    steps.assign_to(berit.page, case_id, "Siv Demoberg")

    nora.page.goto(case_page)
    expect(nora.page.get_by_text(DEBT)).to_be_visible()
    expect(nora.page.get_by_text(SLEEP)).to_have_count(0)
    parts = nora.page.get_by_label("Hvilken del av saken?").locator("option").all_inner_texts()
    assert set(parts) == {"Velg del", "Kjerne", "Skole og arbeid", "Økonomi"}
    nora.check("case-participant")
    siv.page.goto(case_page)
    expect(siv.page.get_by_text(SLEEP)).to_be_visible()
    expect(siv.page.get_by_text(DEBT)).to_have_count(0)
    steps_together.write_entry(nora.page, case_id, part="occupation_school", text=WORK)
    return nils, nora, siv


def group_meets(
    visit: Visit, ingrid: Visitor, nora: Visitor, siv: Visitor, case_id: str, shift_clock: Callable[..., None]
) -> str:
    """The working group speaks of the case; only those concerned hear it."""
    marte = visit("Marte Demovik")
    meeting_id = steps_together.call_meeting(marte.page)
    agenda = reverse("meetings:detail", args=[meeting_id])
    steps_together.propose_case(ingrid.page, case_id, part="Økonomi", question=QUESTION)
    ingrid.check("meeting-propose-confirm")
    ingrid.page.locator("button[name=confirm]").click()
    marte.page.goto(agenda)
    marte.check("meeting-proposed")
    steps_together.accept_proposal(marte.page, meeting_id)

    steps_together.write_status(nora.page, meeting_id, "Søknaden om depositum er sendt.")
    expect(nora.page.get_by_text(QUESTION)).to_be_visible()
    nora.check("meeting-participant")
    stine = visit("Tor Demodal")
    stine.page.goto(agenda)
    expect(stine.page.get_by_text("Ingen saker for deg")).to_be_visible()
    assert status_of(siv.page, agenda) == 404  # her agency is no member of the group

    shift_clock(days=7, hours=12)
    steps_together.hold_meeting(marte.page, meeting_id)
    marte.check("meeting-record")
    nora.page.goto(agenda)
    expect(nora.page.get_by_text(MINUTES)).to_be_visible()
    nora.check("meeting-held")
    return meeting_id


def plan_is_made(ingrid: Visitor, nora: Visitor, case_id: str) -> None:
    """Ingrid writes the plan; Nora finds her measure on her day, and says how it goes."""
    steps_together.write_plan(ingrid.page, case_id)
    ingrid.check("plan-lead")
    nora.page.goto(reverse("home"))
    expect(nora.page.get_by_text(MONEY).first).to_be_visible()
    nora.check("my-day-caseworker")
    nora.page.goto(reverse("actionplans:detail", args=[case_id]))
    expect(nora.page.get_by_text(TALK)).to_have_count(0)
    steps_together.report_progress(nora.page, "Vi har ringt namsmannen.")
    expect(nora.page.get_by_text("Vi har ringt namsmannen.").first).to_be_visible()
    nora.check("plan-nav")


def plan_on_paper(mona: Visitor, nils: Visitor, nora: Visitor, case_id: str) -> None:
    """Each manager's copy holds what that agency may read."""
    lead = steps_together.download_plan(mona.page, case_id)
    assert all(words in lead for words in (GOAL, MONEY, TALK, PROMISE))
    nav = steps_together.download_plan(nils.page, case_id)
    assert MONEY in nav and PROMISE in nav
    assert TALK not in nav
    assert status_of(nora.page, reverse("actionplans:pdf", args=[case_id])) == 403


def consent_is_taken_back(ingrid: Visitor, nils: Visitor, nora: Visitor, case_id: str, meeting_id: str) -> None:
    """From the very next request on nothing of the case is there for anybody else; what Nora wrote is hers."""
    case_page = reverse("cases:detail", args=[case_id])
    nora.page.goto(case_page)
    entry = nora.page.locator(".app-tl__e a").first.get_attribute("href")
    assert entry
    ingrid.page.goto(reverse("consent:revoke", args=[case_id]))
    ingrid.check("consent-revoke")
    ingrid.page.get_by_role("radio").first.check()
    steps.press(ingrid.page, "Avslutt samtykket nå")
    steps.said(ingrid.page, "Det er ikke noe samtykke som gjelder")
    ingrid.check("consent-revoked")

    for visitor in (nora, nils):
        for url_name in ("cases:detail", "consent:detail", "actionplans:detail", "actionplans:pdf", "meetings:case"):
            assert status_of(visitor.page, reverse(url_name, args=[case_id])) == 404, url_name
        for address in (f"{case_page}?kind=note", f"{case_page}hvem-ser/?part=economy"):
            assert status_of(visitor.page, address) == 404, address
        visitor.page.goto(reverse("meetings:detail", args=[meeting_id]))
        steps.said(visitor.page, "Ingen saker for deg")
        expect(visitor.page.get_by_text(MINUTES)).to_have_count(0)
        steps_together.find(visitor.page, "Prøvedal")
        steps.said(visitor.page, "Ingen treff")
        visitor.page.goto(reverse("home"))
        expect(visitor.page.get_by_text(MONEY)).to_have_count(0)
    assert status_of(nora.page, entry) == 404

    nora.page.goto(reverse("cases:contributions"))
    for words in (WORK, "Søknaden om depositum er sendt."):
        expect(nora.page.get_by_text(words)).to_be_visible()
    for words in (DEBT, SLEEP, MINUTES, "Prøvedal"):
        expect(nora.page.get_by_text(words)).to_have_count(0)
    nora.check("contributions")
