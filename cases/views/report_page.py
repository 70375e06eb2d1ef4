"""What a report's page shows: the person, where they live, on what basis the police wrote, and what they wrote."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from agencies.actors import Actor
from agencies.enums import ProtectionLevel
from agencies.models import LegalBasis
from audit import clock
from cases.ages import age_on, last_day_within
from cases.models import Case, ConcernReport, PersonIdentity, ReportInformation
from cases.models.case import label_of
from cases.services import national_ids, routing


@dataclass(frozen=True)
class EarlierCase:
    """Another case about somebody with the same national number: its label and whether it is closed, nothing more."""

    label: str
    is_closed: bool


def newest_report(case: Case, *, actor: Actor) -> ConcernReport | None:
    """The latest report of the case the actor may read."""
    found = ConcernReport.objects.readable_by(actor).filter(case=case)
    return found.select_related("author_agency", "received_by", "receipt").order_by("-created_at").first()


def contents(case: Case, *, actor: Actor) -> dict[str, Any]:
    """The report and the person, as far as the actor may read them."""
    report = newest_report(case, actor=actor)
    country = case.programme_version.programme.country
    code = report.legal_basis if report else ""
    today = actor.at.astimezone(clock.local_zone()).date()
    band = case.programme_version.definition.age_band
    return {
        "report": report,
        "person": case.person,
        "age": age_on(case.person.birth_date, today),
        "band": band,
        "band_ends": last_day_within(case.person.birth_date, band) if band else None,
        "national_id": _national_id(case, actor),
        "protection": ProtectionLevel(case.person.protection_level).label,
        "whereabouts_hidden": case.person.protection_level not in routing.SHOWN_LEVELS,
        "residences": routing.suggest(case, actor=actor),
        "criteria": criteria_of(case, report) if report else "",
        "basis": LegalBasis.objects.filter(country=country, code=code).first(),
        "information": ReportInformation.objects.readable_by(actor).filter(case=case).order_by("created_at", "pk"),
    }


def criteria_of(case: Case, report: ConcernReport) -> str:
    """The criteria that are met, in the programme's words: "Kriminalitet, rus, gjentatt"."""
    criteria = case.programme_version.definition.selection.criteria
    met = [criterion.label for criterion in criteria if getattr(report, criterion.code, False)]
    return ", ".join(met).capitalize()


def earlier_cases(case: Case) -> list[EarlierCase]:
    """Other cases about the same human: a question the database answers intake alone, for a case intake leads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, closed FROM samlos.cases_of_same_person(%s)", [case.pk])
        return [EarlierCase(label_of(number), closed) for number, closed in cursor.fetchall()]


def _national_id(case: Case, actor: Actor) -> str:
    """The number, to be shown masked; "" when the report gave none."""
    identity = PersonIdentity.objects.readable_by(actor).filter(case=case).first()
    return national_ids.unseal(bytes(identity.number_encrypted), row_id=identity.pk) if identity else ""
