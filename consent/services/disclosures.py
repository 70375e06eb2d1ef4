"""Sharing on a legal basis, without consent: one recipient, its parts, the law, and why (C4 step 4, U23-11, U23-31)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow, denied
from agencies.enums import LegalUse, Part
from agencies.models import Agency
from agencies.models.programmes import LegalBasis
from audit import clock
from cases.models import Case
from cases.services.lifecycle import demand, lock, record_change
from consent import policies
from consent.contents import definition_of
from consent.engine import decide, is_law_of
from consent.enums import Verdict
from consent.models import Disclosure

LONGEST = relativedelta(months=12)


@dataclass(frozen=True)
class Grounds:
    """Why sharing without consent is right here: what C4 wants written down before anything is told."""

    basis: LegalBasis
    facts: str
    necessity: str
    proportionality: str
    benefit: str
    why_not_consent: str
    why_not_anonymous: str
    decided_by: str
    subject_informed: bool
    why_not_informed: str = ""
    despite_objection: str = ""


def usable_bases(case: Case, discloser: Agency) -> list[LegalBasis]:
    """The rows of the catalogue that can carry what `discloser` tells in this case today."""
    country = definition_of(case).country
    usable = LegalBasis.objects.usable_for(LegalUse.DISCLOSURE, on=clock.today(), country=country)
    return [basis for basis in usable if is_law_of(discloser, basis)]


@transaction.atomic
def disclose(
    case: Case,
    recipient: Agency,
    parts: Collection[Part],
    grounds: Grounds,
    *,
    by: Actor,
    valid_until_date: dt.date,
    includes_report: bool = False,
) -> Disclosure:
    """Let `recipient` know these parts of what the actor's agency itself wrote, until the end of that day.

    With `includes_report`, also what was sent with the concern report (U23-11), and nothing its sender writes later;
    only the agency that received it hands it on. When the person is known to object, it takes effect only when a
    second person has approved it. Raises ValidationError for grounds that are not complete.
    """
    case = lock(case)
    demand(policies.may_disclose(by, case))
    _check(case, recipient, parts, grounds, by=by, valid_until_date=valid_until_date, includes_report=includes_report)
    ruling = decide(discloser=by.agency, recipient=recipient, case=case, parts=parts, basis=grounds.basis)
    if ruling.verdict == Verdict.ALLOW and not includes_report:
        raise NotNow(_("Samtykket lar allerede mottakeren få vite dette."), "covered_by_consent")
    if not ruling.permits:
        denied(ruling.reason, ruling.verdict).enforce()
    disclosure = Disclosure.objects.create(
        case=case,
        author_agency=by.agency,
        author=by.user,
        recipient=recipient,
        parts=sorted(str(part) for part in parts),
        includes_report=includes_report,
        legal_basis=grounds.basis.code,
        facts=grounds.facts,
        necessity=grounds.necessity,
        proportionality=grounds.proportionality,
        benefit=grounds.benefit,
        why_not_consent=grounds.why_not_consent,
        why_not_anonymous=grounds.why_not_anonymous,
        decided_by=grounds.decided_by,
        subject_informed=grounds.subject_informed,
        why_not_informed=grounds.why_not_informed,
        despite_objection=grounds.despite_objection,
        valid_from=clock.now(),
        valid_until_date=valid_until_date,
        valid_until=clock.end_of(valid_until_date),
    )
    record_change("disclosure.recorded", case, by=by, parts=disclosure.parts, basis=grounds.basis.code)
    return disclosure


@transaction.atomic
def approve(disclosure: Disclosure, *, by: Actor) -> Disclosure:
    """A second person stands behind sharing against a no; from this instant the recipient sees it (C4)."""
    lock(disclosure.case)
    disclosure = Disclosure.objects.select_for_update(of=("self",)).select_related("case").get(pk=disclosure.pk)
    demand(policies.may_approve(by, disclosure))
    if disclosure.ends_at <= clock.now():
        raise NotNow(_("Delingen er allerede avsluttet."), "already_ended")
    if not disclosure.needs_approval:
        raise NotNow(_("Delingen er allerede godkjent."), "already_approved")
    disclosure.approved_by, disclosure.approved_at = by.user, clock.now()
    disclosure.save(update_fields=["approved_by", "approved_at"])
    record_change("disclosure.approved", disclosure.case, by=by, parts=disclosure.parts, basis=disclosure.legal_basis)
    return disclosure


@transaction.atomic
def end_disclosure(disclosure: Disclosure, *, by: Actor) -> Disclosure:
    """Stop sharing now. What the recipient has read stays lawful; it reads no more (C5)."""
    lock(disclosure.case)
    disclosure = Disclosure.objects.select_for_update(of=("self",)).select_related("case").get(pk=disclosure.pk)
    demand(policies.may_end_disclosure(by, disclosure))
    if disclosure.ends_at <= clock.now():
        raise NotNow(_("Delingen er allerede avsluttet."), "already_ended")
    disclosure.ended_at, disclosure.ended_by = clock.now(), by.user
    disclosure.save(update_fields=["ended_at", "ended_by"])
    record_change("disclosure.ended", disclosure.case, by=by, parts=disclosure.parts, basis=disclosure.legal_basis)
    return disclosure


def _check(
    case: Case,
    recipient: Agency,
    parts: Collection[Part],
    grounds: Grounds,
    *,
    by: Actor,
    valid_until_date: dt.date,
    includes_report: bool,
) -> None:
    found: dict[str, str] = {}
    today = clock.today()
    if recipient.pk in {by.agency.pk, case.lead_agency_id if includes_report else None}:
        found["recipient"] = _("Velg en annen tjeneste enn deres egen.")
    if not parts:
        found["parts"] = _("Velg minst én del.")
    if grounds.basis.pk not in {basis.pk for basis in usable_bases(case, by.agency)}:
        found["basis"] = _("Velg et lovgrunnlag som kan brukes til å dele.")
    if not today <= valid_until_date < today + LONGEST:
        found["valid_until_date"] = _("Velg en sluttdato fra i dag og inntil tolv måneder fram.")
    if not grounds.subject_informed and not grounds.why_not_informed.strip():
        found["why_not_informed"] = _("Skriv hvorfor ungdommen ikke er orientert.")
    if includes_report and not case.is_led_by(by.agency):
        found["includes_report"] = _("Bare tjenesten som har mottatt bekymringsmeldingen, kan sende den videre.")
    if policies.objection_is_known(case):
        if not grounds.despite_objection.strip():
            found["despite_objection"] = _("Ungdommen har sagt nei. Skriv hvorfor dere deler likevel.")
    elif grounds.despite_objection:
        found["despite_objection"] = _("La dette stå tomt: det er ikke skrevet ned noe nei i saken.")
    if found:
        raise ValidationError(found)
    same = Disclosure.objects.filter(
        case=case, author_agency=by.agency, recipient=recipient, parts=sorted(str(part) for part in parts),
        includes_report=includes_report, legal_basis=grounds.basis.code, ended_at=None, valid_until__gt=clock.now(),
    )  # fmt: skip
    if same.exists():
        raise NotNow(_("Dette er allerede delt med mottakeren."), "already_shared")
