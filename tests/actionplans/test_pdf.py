"""The plan on paper: made for one reader, tagged, and not handed over when the right ended meanwhile."""

import io
import re
import resource

import pikepdf
import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from actionplans import documents
from agencies.actors import Actor
from agencies.printing import OwnStaticFiles
from audit.models import Event
from cases.models import Case
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in
from tests.databases import connect


def download(client: Client, reader: Actor, case: Case, url_name: str = "pdf") -> bytes:
    response = sign_in(client, reader).get(reverse(f"actionplans:{url_name}", args=[case.pk]))
    assert response.status_code == 200, response.content[:500]
    assert response["Content-Type"] == "application/pdf"
    content: bytes = response.content
    return content


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.django_db
def test_the_managers_copy_holds_what_that_agency_may_read_and_says_whose_it_is(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    lead, nav = words(download(client, cast.mona, case)), words(download(client, cast.nils, case))

    assert planning.MONEY in lead and planning.TALK in lead and planning.PROMISE in lead
    assert planning.MONEY in nav and planning.PROMISE in nav
    assert planning.TALK not in nav and "Noen å snakke med" not in nav and "Helse" not in nav.replace("Helse- og", "")
    assert re.search(r"Laget for NAV Fjordvik, Nils [^,]+, \d+\. \w+ \d{4} kl\. \d\d\.\d\d", nav)
    assert "Side 1 av" in nav and "Demo" in nav


@pytest.mark.django_db
def test_a_caseworker_of_another_agency_and_the_police_get_no_paper(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    assert sign_in(client, cast.nora).get(reverse("actionplans:pdf", args=[case.pk])).status_code == 403
    assert sign_in(client, cast.nils).get(reverse("actionplans:own_pdf", args=[case.pk])).status_code == 403
    assert sign_in(client, cast.leif).get(reverse("actionplans:pdf", args=[case.pk])).status_code == 404


@pytest.mark.django_db
@pytest.mark.req("SIG-70")
def test_the_young_person_gets_the_whole_plan_in_their_own_person(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    text = words(download(client, cast.ingrid, case, "own_pdf"))

    assert "Min plan" in text and "Det jeg har sagt ja til" in text and "Underskrifter" in text
    assert planning.MONEY in text and planning.TALK in text and planning.SCHOOL in text
    assert "Laget for Elias Prøvedal" in text


@pytest.mark.django_db
def test_the_file_is_tagged_for_screen_readers_and_its_label_holds_no_person(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    response = sign_in(client, cast.mona).get(reverse("actionplans:pdf", args=[case.pk]))

    with pikepdf.open(io.BytesIO(response.content)) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert str(pdf.Root.Lang) == "nb"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        metadata = str(pdf.open_metadata())
        assert "pdfuaid" in metadata
        assert str(pdf.docinfo["/Title"]) == f"Plan, sak {case.label}"
        for secret in ("Elias", "Prøvedal", "Ingrid", "Mona"):
            assert secret not in metadata and secret not in str(dict(pdf.docinfo))
        for page in pdf.pages:
            for font in page.Resources.Font.values():
                described = font.DescendantFonts[0].FontDescriptor
                assert "/FontFile2" in described or "/FontFile3" in described
                assert "Inter" in str(described.FontName)
    assert re.fullmatch(r'attachment; filename="plan-\d{4}-\d\d-\d\d\.pdf"', response["Content-Disposition"])
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_making_a_paper_is_logged_with_the_parts_it_holds(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    download(client, cast.nils, case)

    with acting_as(cast.nils):
        event = Event.objects.get(kind="plan.exported")
        assert event.parts == ["core", "economy", "occupation_school"]
        assert event.user_id == cast.nils.user.pk


@pytest.mark.req("SIG-63")
def test_a_consent_taken_back_while_the_paper_is_made_leaves_nothing_to_hand_over(
    own_database: str, owner_url: str, client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = planning.planned(cast)
    real = documents.render

    def slowly(document: documents.PlanDocument) -> bytes:
        pdf = real(document)
        with connect(owner_url, own_database) as elsewhere:
            end_consent(elsewhere, case)
        return pdf

    monkeypatch.setattr(documents, "render", slowly)
    response = sign_in(client, cast.nils).get(reverse("actionplans:pdf", args=[case.pk]))

    assert response.status_code == 404
    with acting_as(cast.nils):
        assert not Event.objects.filter(kind="plan.exported").exists()


def end_consent(elsewhere: psycopg.Connection, case: Case) -> None:
    """Somebody else's transaction, committed while ours still runs."""
    elsewhere.execute(
        "UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'revoked' WHERE case_id = %s", [case.pk]
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.css",
        "http://localhost/a.css",
        "file:///etc/passwd",
        "data:text/css,body{}",
        "https://static.invalid/../config/settings/base.py",
        "https://static.invalid/css/absent.css",
    ],
)
def test_nothing_but_our_own_static_files_is_fetched(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        OwnStaticFiles().fetch(address)


@pytest.mark.django_db
def test_a_plan_of_two_hundred_measures_is_printed_and_ten_papers_do_not_fill_the_memory(
    client: Client, cast: Cast
) -> None:
    case = planning.planned(cast)
    planning.many(cast, case, 197)
    text = words(download(client, cast.mona, case))
    assert "Tiltak nummer 196" in text

    small = planning.planned(cast)
    download(client, cast.mona, small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _again in range(10):
        download(client, cast.mona, small)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40_000, f"{grown} kB more"


@pytest.mark.django_db
def test_after_the_consent_only_the_lead_prints_its_own_plan(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    stories.revoked(cast, case)

    assert sign_in(client, cast.nils).get(reverse("actionplans:pdf", args=[case.pk])).status_code == 404
    assert planning.MONEY in words(download(client, cast.mona, case))
