"""Whom a programme is for: asked when a report arrives, and shown again at intake."""

import datetime as dt

from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.enums import LegalUse, Part
from agencies.models import Agency, Programme, ProgrammeVersion
from agencies.models.programme_definition import ProgrammeDefinition
from agencies.services import legal_bases
from cases.ages import age_on


def programme_open_to(actor: Actor, code: str) -> ProgrammeVersion | None:
    """The version new cases of programme `code` are opened under, when the actor's agency and role may propose to it
    (U23-07) and reports to it have an intake; else None.
    """
    programme = Programme.objects.filter(code=code, country=actor.agency.municipality.country).first()
    if programme is None:
        return None
    version = programme.current_version()
    proposers = version.definition.proposers
    if not any(row.kind == actor.agency.kind and actor.has_role(row.role) for row in proposers):
        return None
    return version if intake_of(version, actor.agency) else None


def intake_of(version: ProgrammeVersion, sender: Agency) -> Agency | None:
    """The agency that holds the programme's intake function in the sender's municipality (U23-09): never a person."""
    intake = version.definition.intake
    if intake is None:
        return None
    return Agency.objects.filter(municipality=sender.municipality, kind=intake.kind).order_by("pk").first()


def age_objection(birth_date: dt.date, definition: ProgrammeDefinition, *, on: dt.date) -> str:
    """Why somebody born on `birth_date` is not for the programme on that day, or "" (U23-03)."""
    band = definition.age_band
    if band is None or band.includes(age_on(birth_date, on)):
        return ""
    if band.max is None:
        return _("Personen må ha fylt %(min)d år.") % {"min": band.min}
    return _("Personen må ha fylt %(min)d år og ikke fylt %(end)d år.") % {"min": band.min, "end": band.max + 1}


def criteria_objection(criteria: dict[str, bool], definition: ProgrammeDefinition) -> str:
    """Why the criteria answered do not make a proposal, or "" (U23-04)."""
    if definition.selection.is_met_by(criteria):
        return ""
    labels = {criterion.code: criterion.label for criterion in definition.selection.criteria}
    one_of = ", ".join(labels[code].lower() for code in labels if code in definition.selection.at_least_one_of)
    return _("Minst ett av vilkårene må være oppfylt: %(criteria)s.") % {"criteria": one_of}


def reportable_parts(definition: ProgrammeDefinition) -> frozenset[Part]:
    """The parts a report may hold information in. Never the core, which everybody with a right to the case reads."""
    return frozenset(definition.parts) - {Part.CORE}


def basis_is_usable(code: str, version: ProgrammeVersion, *, on: dt.date) -> bool:
    """Whether a concern report may rest on that legal basis on that day (T1)."""
    country = version.programme.country
    return legal_bases.usable_for(LegalUse.CONCERN_REPORT, on=on, country=country).filter(code=code).exists()
