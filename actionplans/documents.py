"""The plan on paper: made for one reader, from what that reader's agency may know at this instant (G3, G11).

PDF/UA-1: tagged, in the reader's language, fonts embedded. Its title and file name hold no person.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actionplans.reading import PlanSeen, read_plan
from agencies.actors import Actor
from agencies.templatetags.samlos import moment
from audit import clock
from cases.models import Case
from cases.services.access_explained import explain


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
    # On what right the reader has it; the young person needs none but that it is about them.
    why: str
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
        why="" if is_own_copy else explain(actor, case).summary,
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
    # Loading WeasyPrint takes a second and a half: only the process that prints pays for it, at its first paper.
    from agencies.printing import to_pdf

    return to_pdf(html)
