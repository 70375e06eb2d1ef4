"""Break-glasses as the pages show them: words and Decisions, ready for the template."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part, Role
from agencies.models.programmes import LegalBasis
from agencies.templatetags.samlos import clock_time, moment
from audit import clock
from cases.models import Case, ReportInformation
from cases.registers import DayRow, HeaderFact
from cases.services.access_explained import explain
from consent import policies
from consent.enums import GlassOutcome, GlassVerdict
from consent.models import BreakGlass
from consent.notifications import labels_of_glasses

MONTHS_COUNTED = 12


@dataclass(frozen=True)
class GlassShown:
    """One break-glass with its law in words, where it stands, and what the actor may do with it."""

    glass: BreakGlass
    label: str
    label_known: bool
    case_id: uuid.UUID | None
    citation: str
    law: str
    parts: list[Part]
    state: str
    since: str
    tone: str
    control: str
    control_tone: str
    running: bool
    is_own: bool
    may_end: Decision
    may_confirm: Decision

    @classmethod
    def all_of(cls, glasses: Iterable[BreakGlass], actor: Actor) -> "list[GlassShown]":
        """Three queries and one for each that may be controlled by the actor's agency's roles."""
        rows = list(glasses)
        if not rows:
            return []
        codes = {row.legal_basis for row in rows}
        laws = {
            basis.code: basis
            for basis in LegalBasis.objects.filter(country=actor.agency.municipality.country, code__in=codes)
        }
        labels = labels_of_glasses(rows, actor)
        visible = set(
            Case.objects.visible_to(actor)
            .filter(pk__in=[row.case_id for row in rows if row.case_id])
            .values_list("pk", flat=True)
        )
        return [cls._one(row, laws[row.legal_basis], labels[row], row.case_id in visible, actor) for row in rows]

    @classmethod
    def _one(cls, row: BreakGlass, law: LegalBasis, label: str, visible: bool, actor: Actor) -> "GlassShown":
        running = row.is_running(actor.at)
        state, since, tone = _state(row, actor.at)
        control, control_tone = _control(row)
        return cls(
            glass=row,
            label=label,
            label_known=bool(row.case_id) and (visible or actor.has_role(Role.PRIVACY_OFFICER)),
            case_id=row.case_id if visible else None,
            citation=law.citation,
            law=law.label,
            parts=[part for part in Part if part in row.parts],
            state=state,
            since=since,
            tone=tone,
            control=control,
            control_tone=control_tone,
            running=running,
            is_own=row.user_id == actor.user.pk and row.agency_id == actor.agency.pk,
            may_end=policies.may_end_glass(actor, row),
            may_confirm=policies.may_confirm_glass(actor, row),
        )


def _state(row: BreakGlass, at: dt.datetime) -> tuple[str, str, str]:
    if row.outcome != GlassOutcome.OPENED:
        return str(GlassOutcome(row.outcome).label), _("Ingenting ble vist"), "neutral"
    if row.is_running(at):
        return _("Åpen nå"), _("til kl. %(time)s") % {"time": clock_time(row.ends_at)}, "warning"
    return _("Avsluttet"), moment(row.ends_at), "neutral"


def _control(row: BreakGlass) -> tuple[str, str]:
    if row.verdict:
        return str(GlassVerdict(row.verdict).label), "success" if row.verdict == GlassVerdict.CONFIRMED else "danger"
    if row.flagged_at:
        return _("Ikke kontrollert innen 24 timer"), "danger"
    return _("Venter på kontroll"), "info"


@dataclass(frozen=True)
class MonthCount:
    """How often one of the agency's people broke the glass in a month, and how often nothing was found."""

    month: dt.date
    name: str
    count: int


def counts_by_month(actor: Actor) -> list[MonthCount]:
    """For the privacy officer: each of the agency's people and month of the last year, the newest first (security.md 3.5)."""
    if not actor.has_role(Role.PRIVACY_OFFICER):
        return []
    since = clock.now() - dt.timedelta(days=31 * MONTHS_COUNTED)
    rows = (
        BreakGlass.objects.filter(agency=actor.agency, valid_from__gte=since)
        .annotate(month=TruncMonth("valid_from", tzinfo=clock.local_zone()))
        .values("month", "user__name")
        .annotate(count=Count("pk"))
        .order_by("-month", "-count", "user__name")
    )
    return [MonthCount(row["month"].date(), row["user__name"], row["count"]) for row in rows]


def readable_in_emergency(actor: Actor, glass: BreakGlass) -> dict[str, Any] | None:
    """What stands on no other page of the case that an emergency opens: the report's words, and where the person lives.
    None when it is not the actor's own or is over. Read as everything else is, by part and giver.
    """
    if glass.case_id is None or glass.user_id != actor.user.pk or not glass.is_running(actor.at):
        return None
    visible = Case.objects.visible_to(actor).select_related("person", "lead_agency")
    case = visible.filter(pk=glass.case_id).first()
    if case is None:
        return None
    contacts = case.personcontacts.readable_by(actor).order_by("-created_at", "pk")
    information = ReportInformation.objects.readable_by(actor).filter(case=case)
    return {
        "case": case,
        "why": explain(actor, case),
        "contacts": contacts,
        "information": information.select_related("author_agency").order_by("created_at", "pk"),
    }


def header_fact(actor: Actor, case: Case) -> HeaderFact | None:
    """Until when, and whom to ask: the lead's name and number, in the head of a case opened in an emergency."""
    if not case.opened_by_glass:
        return None
    running = BreakGlass.objects.running().filter(case=case, user=actor.user, agency=actor.agency)
    last = max((row.ends_at for row in running), default=None)
    if last is None:
        return None
    lead = case.lead_agency
    note = _("%(agency)s leder saken, tlf. %(phone)s") % {"agency": lead.name, "phone": lead.phone}
    return HeaderFact(_("Nødtilgang"), _("Til kl. %(time)s") % {"time": clock_time(last)}, note)


def day_rows(actor: Actor) -> Iterable[DayRow]:
    """One's own while they last, and what waits for one's control."""
    running = BreakGlass.objects.running().filter(user=actor.user, agency=actor.agency).newest_first()
    for row in running:
        yield DayRow(
            due_at=row.ends_at,
            title=_("Du har en nødtilgang åpen"),
            context=_("Slutter kl. %(time)s") % {"time": clock_time(row.ends_at)},
            action=_("Se den eller avslutt"),
            url=reverse("consent:glass", args=[row.pk]),
            is_appointment=True,
            case_id=row.case_id,
        )
    if not policies.may_follow_glasses(actor):
        return
    waiting = list(
        BreakGlass.objects.visible_to(actor).unreviewed().exclude(user=actor.user).order_by("valid_from", "pk")
    )
    labels = labels_of_glasses(waiting, actor)
    for row in waiting:
        if policies.may_confirm_glass(actor, row):
            yield DayRow(
                due_at=row.review_due_at,
                title=_("Kontroller en nødtilgang"),
                context=labels[row],
                action=_("Les og kontroller"),
                url=reverse("consent:glass", args=[row.pk]),
                case_id=row.case_id,
            )
