"""Consents and disclosures as the pages show them: words and Decisions, ready for the template."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part
from agencies.models.programmes import LegalBasis
from agencies.templatetags.samlos import day, last_day
from consent import policies
from consent.contents import definition_of
from consent.enums import EndReason
from consent.models import Consent, Disclosure
from consent.services.effects import recipients_of


@dataclass(frozen=True)
class ConsentShown:
    """One version of the consent and where it stands."""

    consent: Consent
    state: str
    since: str
    tone: str
    signed_by: str
    agencies: int
    parts: int
    days_left: int

    @classmethod
    def of(cls, consent: Consent, at: dt.datetime) -> "ConsentShown":
        told = recipients_of(consent)
        state, since, tone = state_of(consent, at)
        return cls(
            consent=consent,
            state=state,
            since=since,
            tone=tone,
            signed_by=", ".join(signature.name for signature in consent.signatures.all()),
            agencies=len(told),
            parts=len(set().union(*told.values())),
            days_left=consent.days_left(at),
        )


def state_of(consent: Consent, at: dt.datetime) -> tuple[str, str, str]:
    """Where a consent stands in a word or two, until or since when, and the tone of its tag."""
    if consent.ended_at is not None and consent.ended_at <= at:
        return str(EndReason(consent.end_reason).label), day(consent.ended_at), "neutral"
    if consent.valid_until <= at:
        return _("Gikk ut"), last_day(consent.valid_until), "neutral"
    return _("Gjelder"), _("til og med %(day)s") % {"day": last_day(consent.valid_until)}, "success"


def summary(consent: Consent, at: dt.datetime) -> str:
    """ "4 tjenester, 6 deler. 11 dager igjen." """
    shown = ConsentShown.of(consent, at)
    return " ".join(
        [
            ngettext("%(n)d tjeneste,", "%(n)d tjenester,", shown.agencies) % {"n": shown.agencies},
            ngettext("%(n)d del.", "%(n)d deler.", shown.parts) % {"n": shown.parts},
            ngettext("%(n)d dag igjen.", "%(n)d dager igjen.", shown.days_left) % {"n": shown.days_left}
            if shown.days_left
            else _("Siste dag."),
        ]
    )


@dataclass(frozen=True)
class DisclosureShown:
    """One disclosure with its law in words, where it stands, and what the actor may do with it."""

    disclosure: Disclosure
    citation: str
    law: str
    parts: list[Part]
    state: str
    since: str
    tone: str
    running: bool
    may_end: Decision
    may_approve: Decision | None

    @classmethod
    def all_of(cls, disclosures: Iterable[Disclosure], actor: Actor) -> "list[DisclosureShown]":
        rows = list(disclosures)
        if not rows:
            return []
        country = definition_of(rows[0].case).country
        codes = {row.legal_basis for row in rows}
        laws = {basis.code: basis for basis in LegalBasis.objects.filter(country=country, code__in=codes)}
        # Whether one may be ended depends on who shares, not on the row: asked once for each agency.
        may_end = {row.author_agency_id: policies.may_end_disclosure(actor, row) for row in _one_of_each(rows)}
        return [cls._one(row, laws[row.legal_basis], actor, may_end[row.author_agency_id]) for row in rows]

    @classmethod
    def _one(cls, row: Disclosure, basis: LegalBasis, actor: Actor, may_end: Decision) -> "DisclosureShown":
        running = row.ends_at > actor.at
        if not running:
            state, since, tone = _("Avsluttet"), day(row.ends_at), "neutral"
        elif row.needs_approval:
            state, since, tone = _("Venter på godkjenning"), _("Mottakeren ser ikke noe ennå"), "warning"
        else:
            state, since, tone = _("Gjelder"), _("til og med %(day)s") % {"day": last_day(row.valid_until)}, "info"
        return cls(
            disclosure=row,
            citation=basis.citation,
            law=basis.label,
            parts=[part for part in Part if part in row.parts],
            state=state,
            since=since,
            tone=tone,
            running=running,
            may_end=may_end,
            may_approve=policies.may_approve(actor, row) if running and row.needs_approval else None,
        )


def _one_of_each(rows: Iterable[Disclosure]) -> Iterable[Disclosure]:
    return {row.author_agency_id: row for row in rows}.values()
