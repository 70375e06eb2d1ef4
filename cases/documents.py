"""The young person's log on paper: everything the page shows, for the person to take along (PDF/UA-1, G11)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.templatetags.samlos import moment
from audit import clock
from cases.models import Case, LogWithholding

# More than this nobody reads on paper; the page shows all.
MOST = 2000


@dataclass(frozen=True)
class LogDocument:
    """Everything that stands on the paper. `days` are the log's entries in words, under their days, newest first."""

    case_label: str
    person_name: str
    municipality: str
    lead: str
    lead_phone: str
    made_at: dt.datetime
    days: Sequence[tuple[dt.date, Sequence[object]]]
    told: Sequence[LogWithholding]
    is_cut: bool

    @property
    def title(self) -> str:
        """What a viewer's window and the browser's history show: a label, never a name."""
        return _("Hvem har lest om deg, sak %(label)s") % {"label": self.case_label}

    @property
    def made_for(self) -> str:
        """The foot of every page: whose copy this is, so that a stray one can be traced."""
        return _("Laget for %(reader)s, %(moment)s") % {"reader": self.person_name, "moment": moment(self.made_at)}

    @property
    def file_name(self) -> str:
        """A date and nothing about anybody."""
        return f"logg-{self.made_at.astimezone(clock.local_zone()):%Y-%m-%d}.pdf"


def log_for(
    actor: Actor,
    case: Case,
    *,
    days: Sequence[tuple[dt.date, Sequence[object]]],
    told: Sequence[LogWithholding],
    is_cut: bool,
) -> LogDocument:
    """The paper for the case's person, handed over by the lead. The caller has asked `may_show_log`."""
    return LogDocument(
        case_label=case.label,
        person_name=case.person.name,
        municipality=actor.agency.municipality.name,
        lead=case.lead_agency.name,
        lead_phone=case.lead_agency.phone,
        made_at=actor.at,
        days=days,
        told=told,
        is_cut=is_cut,
    )


def render_log(document: LogDocument) -> bytes:
    """The document as a PDF/UA-1 file. RuntimeError when something it needs is not among our own static files."""
    html = render_to_string(
        "pdf/cases/insight.html",
        {"document": document, "demonstration": settings.DEMONSTRATION, "language": get_language()},
    )
    # Loading WeasyPrint takes a second and a half: only the process that prints pays for it, at its first paper.
    from agencies.printing import to_pdf

    return to_pdf(html)
