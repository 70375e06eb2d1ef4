"""The young person's log: whole, in plain words, and nothing left out but what two people withheld on a law, for a time."""

import ast
import datetime as dt
import io
import re
import uuid
from pathlib import Path

import pikepdf
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from audit.enums import Purpose
from audit.models import Event
from audit.services import record
from cases.enums import ReviewOutcome, WhyReported
from cases.models import LogWithholding, LookUpReview
from cases.services import insight, log_review, log_words
from cases.views.loading import _by_bases
from consent.services.glass import Wanted
from tests import stories
from tests.cases.looking import log_page, read_by, shown_ids, withheld
from tests.cast import Cast, acting_as, sign_in
from tests.consent.breaking import opened

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("audit", "agencies", "reminders", "cases", "consent", "actionplans", "meetings")


# --- what it shows -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_person_reads_which_agency_in_which_role_saw_what_why_and_on_what_basis(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    read_by(cast.nils, case)

    page = log_page(client, cast.ingrid, case)

    assert "<strong>NAV Fjordvik</strong> åpnet saken din. Der kunne de lese om pengene dine." in page
    assert "Leder. Grunn: Følge opp saken. Du har sagt ja til det." in page
    assert "<strong>Politiets analysegruppe</strong> sendte en bekymringsmelding om deg." in page
    assert "<strong>Helse- og velferdskontor Øst</strong> skrev om samtalen dere hadde." in page


@pytest.mark.django_db
def test_no_employees_name_and_no_code_stands_in_the_log(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    read_by(cast.nils, case)

    log = re.search(r'<section[^>]*aria-labelledby="logg".*?</section>', log_page(client, cast.ingrid, case))
    assert log is not None
    for actor in cast.everyone().values():
        assert actor.user.name not in log[0]
    assert (
        "case.read" not in log[0] and "case_work" not in log[0] and "consent" not in re.sub(r'href="[^"]*"', "", log[0])
    )


@pytest.mark.django_db
def test_looks_of_one_day_that_read_alike_stand_once_with_their_times(cast: Cast) -> None:
    case = stories.consented(cast)
    for _again in range(3):
        read_by(cast.nils, case)

    with acting_as(cast.ingrid):
        entries = insight.in_words(insight.looks_of(case, most=500))
    of_nav = [entry for entry in entries if entry.who == "NAV Fjordvik"]
    assert [len(entry.looks) for entry in of_nav] == [3]
    assert {look.event_id for entry in entries for look in entry.looks} == shown_ids(cast.ingrid, case), "none is lost"


@pytest.mark.django_db
def test_a_list_a_search_and_an_agenda_that_showed_the_case_are_in_its_log(cast: Cast) -> None:
    case, other = stories.consented(cast), stories.assigned(cast)
    for kind in ("case.listed", "case.searched", "meeting.agenda_read", "contributions.listed"):
        with acting_as(cast.nils):
            record(
                kind, user_id=cast.nils.user.pk, agency_id=cast.nils.agency.pk, case_ids=[other.pk, case.pk, case.pk]
            )

    with acting_as(cast.ingrid):
        kinds = [look.kind for look in insight.looks_of(case, most=500) if look.agency_id == cast.nils.agency.pk]
    assert sorted(kinds) == ["case.listed", "case.searched", "contributions.listed", "meeting.agenda_read"]


@pytest.mark.django_db
def test_each_person_of_a_list_is_told_what_their_own_case_was_shown_on(client: Client, cast: Cast) -> None:
    with_consent = stories.consented(cast, scopes={"hvk-ost": [Part.ECONOMY]}, forum=())
    without = stories.submitted(cast, about=stories.subject(given_name="Hedda"))
    for step in (
        stories.received, stories.routed, stories.assigned, stories.reviewed, stories.summoned, stories.informed,
    ):  # fmt: skip
        without = step(cast, without)

    assert sign_in(client, cast.ingrid).get(reverse("cases:list")).status_code == 200

    with acting_as(cast.ingrid):
        listed = Event.objects.filter(kind="case.listed", user_id=cast.ingrid.user.pk)
        bases = {case_id: event.basis for event in listed for case_id in event.case_ids}
        assert sum(len(event.case_ids) for event in listed) == 2, "each stands in one event"
    assert bases == {with_consent.pk: "consent,lead", without.pk: "lead"}
    assert "sagt ja til det" in log_page(client, cast.ingrid, with_consent)
    assert "sagt ja til det" not in log_page(client, cast.ingrid, without)


def test_two_emergencies_on_the_same_law_stand_side_by_side_in_the_log_of_a_list(cast: Cast) -> None:
    cases = []
    for name in ("Hedda", "Elias"):
        about = stories.subject(given_name=name)
        cases.append(stories.submitted(cast, about=about).pk)
        opened(cast.sara, wanted=Wanted("", about.given_name, about.family_name, about.birth_date))

    with acting_as(cast.sara):
        assert _by_bases(cast.sara, sorted(cases)) == {"break_glass,NO-STRL-287": sorted(cases)}


def test_an_emergency_look_is_said_to_be_an_exception(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    read_by(cast.siv, case, basis="break_glass", purpose=Purpose.EMERGENCY, parts=["core", "health"])

    page = log_page(client, cast.ingrid, case)
    assert "Psykisk helse og rus</strong> åpnet saken din. Der kunne de lese om helsen din." in page
    assert "Det hastet for liv eller helse" in page and "Dette var et unntak." in page


def test_every_kind_of_event_the_code_records_has_words() -> None:
    kinds = {kind for app in APPS for path in (ROOT / app).rglob("*.py") for kind in recorded_in(path)}

    assert {"case.read", "plan.exported", "disclosure.recorded", "insight.exported"} <= kinds
    about_no_case = (
        "session",
        "agency",
        "people",
        "head",
        "heads",
        "audit",
        "log_review",
        "access",
        "account",
        "secrecy",
    )
    wordless = {kind for kind in kinds if not log_words.has_words(kind) and not kind.startswith(about_no_case)}
    assert not wordless, "give them words in cases/services/log_words.py"


def recorded_in(path: Path) -> set[str]:
    """The kinds named in calls of `record`, `record_once`, `record_change`, `record_list` and their likes."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if "record" in name:
            found |= {
                value.value
                for argument in node.args[:2]
                for value in ast.walk(argument)
                if isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and re.fullmatch(r"[a-z_]+\.[a-z_]+", value.value)
            }
    return found


@pytest.mark.django_db
def test_a_kind_nobody_gave_words_is_still_in_the_log(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    read_by(cast.nils, case, kind="unheard.of")

    assert "<strong>NAV Fjordvik</strong> gjorde noe i saken din." in log_page(client, cast.ingrid, case)


@pytest.mark.django_db
def test_a_refused_attempt_is_no_look_at_the_person(cast: Cast) -> None:
    case = stories.consented(cast)
    event = read_by(cast.hanne, case, outcome="refused")

    assert event not in shown_ids(cast.ingrid, case)


@pytest.mark.django_db
def test_a_long_log_is_paged_and_each_page_takes_as_many_queries(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    log_page(client, cast.ingrid, case)
    with CaptureQueriesContext(connection) as short:
        log_page(client, cast.ingrid, case)
    for number in range(120):
        read_by(cast.nils, case, purpose=Purpose.values[number % len(Purpose.values)], parts=["core"])

    with CaptureQueriesContext(connection) as long:
        first = log_page(client, cast.ingrid, case)
    assert "Viser 1–50 av" in first and len(long) == len(short)
    assert log_page(client, cast.ingrid, case, "?page=2") != first
    assert log_page(client, cast.ingrid, case, "?page=nonsense")


# --- who opens it ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("U23-16")
def test_the_log_is_not_opened_before_the_person_knows_of_the_report(client: Client, cast: Cast) -> None:
    case = stories.summoned(cast)

    page = sign_in(client, cast.ingrid).get(reverse("cases:insight", args=[case.pk]))
    assert page.status_code == 403 and "orientert om meldingen" in page.content.decode()


@pytest.mark.django_db
def test_only_the_lead_opens_the_log_and_others_find_no_case_or_a_refusal(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    names = ("insight", "insight_pdf", "insight_prepare")
    for name in names:
        address = reverse(f"cases:{name}", args=[case.pk])
        assert sign_in(client, cast.nils).get(address).status_code == 403  # takes part, does not lead
        for stranger in (cast.oda, cast.pia, cast.arne, cast.vidar, cast.aksel):
            assert sign_in(client, stranger).get(address).status_code == 404


@pytest.mark.django_db
def test_the_way_from_asking_to_withholding_and_back_works_on_the_pages(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    event = read_by(cast.leif, case)
    ask = reverse("cases:insight_withhold", args=[case.pk, event])
    prepare = reverse("cases:insight_prepare", args=[case.pk])
    typed = {
        "basis": "NO-POPPLYL-16-B", "reason": "Politiet etterforsker.", "existence_is_told": "no", "valid_until_date": "i morgen",
    }  # fmt: skip

    wrong = sign_in(client, cast.ingrid).post(ask, typed)
    assert wrong.status_code == 422 and "Politiet etterforsker." in wrong.content.decode()
    typed["valid_until_date"] = f"{clock.today() + dt.timedelta(days=5):%d.%m.%Y}"
    assert client.post(ask, typed).headers["Location"] == prepare
    with acting_as(cast.ingrid):
        one = LogWithholding.objects.get(case=case)
    decide = reverse("cases:insight_decide", args=[case.pk, one.pk])
    assert (
        "kan ikke selv godkjenne" in client.get(decide).content.decode()
        or "Bare en leder" in client.get(decide).content.decode()
    )
    assert client.post(decide).status_code == 403
    assert event in shown_ids(cast.ingrid, case)

    assert sign_in(client, cast.mona).post(decide).headers["Location"] == prepare
    assert event not in shown_ids(cast.ingrid, case)
    assert "Vises ikke ennå" in client.get(prepare).content.decode()
    assert client.get(reverse("cases:insight_report", args=[case.pk, event])).status_code == 404

    end = reverse("cases:insight_end", args=[case.pk, one.pk])
    assert client.get(end).status_code == 200
    assert client.post(end).headers["Location"] == prepare
    assert event in shown_ids(cast.ingrid, case)
    assert client.post(end).status_code == 404


# --- the paper ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_paper_is_tagged_tells_what_the_page_tells_and_is_itself_in_the_log(client: Client, cast: Cast) -> None:
    case = stories.consented(cast)
    hidden = read_by(cast.siv, case, kind="glass.flagged")
    withheld(cast, case, hidden, told=False)
    read_by(cast.nils, case)

    response = sign_in(client, cast.ingrid).get(reverse("cases:insight_pdf", args=[case.pk]))

    assert response.status_code == 200 and response["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="logg-\d{4}-\d\d-\d\d\.pdf"', response["Content-Disposition"])
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages).split())
    assert "NAV Fjordvik åpnet saken din" in text and "pengene dine" in text and "Datatilsynet" in text
    assert "ingen har godkjent" not in text and cast.nils.user.name not in text
    with pikepdf.open(io.BytesIO(response.content)) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked) and "/StructTreeRoot" in pdf.Root and str(pdf.Root.Lang) == "nb"
        assert "pdfuaid" in str(pdf.open_metadata())
        assert "Prøvedal" not in str(dict(pdf.docinfo)) and "Elias" not in str(pdf.open_metadata())
    with acting_as(cast.ingrid):
        assert Event.objects.get(kind="insight.exported").purpose == Purpose.INSIGHT
    assert "laget en utskrift av denne loggen til deg" in log_page(client, cast.ingrid, case)


# --- asking about a look -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_look_that_is_asked_about_comes_to_the_agencys_privacy_officer_and_its_answer_back(
    client: Client, cast: Cast
) -> None:
    case = stories.consented(cast)
    event = read_by(cast.ingrid, case)
    address = reverse("cases:insight_report", args=[case.pk, event])
    assert sign_in(client, cast.ingrid).post(address, {}).status_code == 422
    assert client.post(address, {"why": WhyReported.KNOWS_READER}).status_code == 302
    assert "Personvernombudet hos tjenesten vurderer det" in log_page(client, cast.ingrid, case)

    with acting_as(cast.pia):
        review = LookUpReview.objects.get()
        assert (review.employee, review.reasons, review.event_ids) == (cast.ingrid.user, ["reported"], [event])
        log_review.settle(review.pk, ReviewOutcome.LAWFUL, by=cast.pia)
    assert "Personvernombudet mener at oppslaget var lovlig" in log_page(client, cast.ingrid, case)


@pytest.mark.django_db
def test_a_look_is_asked_about_once_and_never_one_that_is_not_shown(cast: Cast) -> None:
    case = stories.consented(cast)
    seen, hidden, elsewhere = (
        read_by(cast.nils, case),
        read_by(cast.leif, case),
        read_by(cast.nils, stories.assigned(cast)),
    )
    withheld(cast, case, hidden)

    with acting_as(cast.ingrid):
        insight.report(case, seen, WhyReported.CURIOUS, by=cast.ingrid)
        for event in (seen, hidden, elsewhere, uuid.uuid4()):
            with pytest.raises(NotNow):
                insight.report(case, event, WhyReported.CURIOUS, by=cast.ingrid)
    with acting_as(cast.nils):
        assert LookUpReview.objects.get().reported_by_agency == cast.ingrid.agency
    with acting_as(cast.pia):
        assert not LookUpReview.objects.exists()
