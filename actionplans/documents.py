"""The plan on paper: made for one reader, from what that reader's agency may know at this instant (G3, G11).

PDF/UA-1: tagged, in the reader's language, fonts embedded. Its title and file name hold no person.
"""

import datetime as dt
import mimetypes
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from actionplans.reading import PlanSeen, read_plan
from agencies.actors import Actor
from agencies.templatetags.samlos import moment
from audit import clock
from cases.models import Case

# No such place exists: our own files are found under it, and nothing else is fetched.
STATIC_PLACE = "https://static.invalid/"


@dataclass(frozen=True)
class PlanDocument:
    """Everything that stands on the paper."""

    case_label: str
    person_name: str
    municipality: str
    lead: str
    lead_phone: str
    contact: str
    reader: str
    made_at: dt.datetime
    is_own_copy: bool
    plan: PlanSeen

    @property
    def title(self) -> str:
        """What a viewer's window and the browser's history show: a label, never a name."""
        words = _("Min plan, sak %(label)s") if self.is_own_copy else _("Plan, sak %(label)s")
        return words % {"label": self.case_label}

    @property
    def made_for(self) -> str:
        """The foot of every page: whose copy this is, so that a stray one can be traced."""
        return _("Laget for %(reader)s, %(moment)s") % {"reader": self.reader, "moment": moment(self.made_at)}

    @property
    def file_name(self) -> str:
        """A date and nothing about anybody."""
        return f"plan-{self.made_at.astimezone(clock.local_zone()):%Y-%m-%d}.pdf"


def plan_for(actor: Actor, case: Case) -> PlanDocument:
    """The plan for the actor's agency. The case must be visible to the actor."""
    return _document(actor, case, reader=f"{actor.agency.name}, {actor.user.name}", is_own_copy=False)


def own_plan(actor: Actor, case: Case) -> PlanDocument:
    """The young person's copy, handed over by the lead: all that the lead may read of the plan."""
    return _document(actor, case, reader=case.person.name, is_own_copy=True)


def _document(actor: Actor, case: Case, *, reader: str, is_own_copy: bool) -> PlanDocument:
    plan = read_plan(case, actor)
    return PlanDocument(
        case_label=case.label,
        person_name=case.person.name,
        municipality=actor.agency.municipality.name,
        lead=case.lead_agency.name,
        lead_phone=case.lead_agency.phone,
        contact=plan.follow_up.contact if plan.follow_up else case.lead_agency.name,
        reader=reader,
        made_at=actor.at,
        is_own_copy=is_own_copy,
        plan=plan,
    )


def render(document: PlanDocument) -> bytes:
    """The document as a PDF/UA-1 file. RuntimeError when something it needs is not among our own static files."""
    html = render_to_string(
        "pdf/actionplans/plan.html",
        {
            "document": document,
            "plan": document.plan,
            "demonstration": settings.DEMONSTRATION,
            "language": get_language(),
        },
    )
    page = HTML(string=html, base_url=STATIC_PLACE, url_fetcher=OwnStaticFiles())
    try:
        pdf: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise RuntimeError(str(error)) from error  # the library's own class would pass by every handler of ours
    return pdf


class OwnStaticFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Serves our own static files and refuses every other address: no network, no file system (security.md 6)."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The file at `url` under STATIC_PLACE. FatalURLFetchingError for anything else, which stops the rendering:
        a plan without its fonts, or one that tried to call out, is not handed to anybody.
        """
        path = _static_path(url.removeprefix(STATIC_PLACE)) if url.startswith(STATIC_PLACE) else None
        if path is None:
            raise FatalURLFetchingError("Only our own static files are printed.")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, BytesIO(path.read_bytes()), {"Content-Type": kind})


def _static_path(name: str) -> Path | None:
    """Where a static file lies: collected, or in its source folder. None for one that is not ours."""
    try:
        if staticfiles_storage.exists(name):
            return Path(staticfiles_storage.path(name))
        found = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(found) if isinstance(found, str) else None
