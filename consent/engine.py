"""The engine that decides one disclosure: may this agency tell that one this, here and now (requirements.md C4)?

It answers for what the asking agency itself may know: a consent is read by the case's lead alone.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, LegalEffect, LegalUse, Part
from agencies.models import Agency
from agencies.models.programmes import LegalBasis
from audit import clock
from cases.models import Case
from cases.workflow import BEFORE_INFORMED
from consent.contents import definition_of, whereabouts_are_sealed
from consent.enums import Verdict
from consent.models import Consent

# Whose law it is: a row of these statutes carries only what that kind of agency tells (the catalogue's `from`).
LAW_OF_ONE_KIND = {
    "NO-PREG-": AgencyKind.POLICE,
    "NO-BVL-": AgencyKind.CHILD_WELFARE,
    "NO-NAV-": AgencyKind.NAV,
}
LAW_OF_PUBLIC_BODIES = ("NO-FVL-", "NO-FVL2025-")
DUTIES = frozenset({LegalEffect.DUTY, LegalEffect.DUTY_ON_REQUEST, LegalEffect.ORDER})


@dataclass(frozen=True)
class Ruling:
    """The engine's answer and the sentence that explains it; `consent` when one carries it."""

    verdict: Verdict
    reason: str | Promise
    consent: Consent | None = None

    @property
    def permits(self) -> bool:
        """Whether the person's name and these parts may be told at all."""
        return self.verdict in {Verdict.ALLOW, Verdict.ALLOW_WITH_RECORD, Verdict.MUST}


def decide(
    *,
    discloser: Agency,
    recipient: Agency,
    case: Case,
    parts: Collection[str],
    forum: str = "",
    basis: LegalBasis | None = None,
    at: dt.datetime | None = None,
) -> Ruling:
    """May `discloser` tell `recipient` these parts of `case` (in `forum`) at `at`, default now?

    Asked in the order of C4: prohibitions, duty, consent, statutory right, without identity, else no. `basis` is the
    row of the catalogue the discloser would rest on without consent.
    """
    instant = at or clock.now()
    return (
        _prohibition(case, parts, forum)
        or _duty(basis, case, instant)
        or _consent(discloser, recipient, case, parts, forum, instant)
        or _statutory_right(basis, discloser, case, instant)
        or _without_identity(case, forum, instant)
        or Ruling(Verdict.DENY, _("Det er verken samtykke eller lovgrunnlag for å dele dette."))
    )


def _prohibition(case: Case, parts: Collection[str], forum_code: str) -> Ruling | None:
    definition = definition_of(case)
    if forum_code and definition.forum(forum_code).kind.never_hears_individuals:
        return Ruling(Verdict.DENY, _("Dette møtet kan aldri snakke om enkeltpersoner."))  # SLT-21
    if Part.CONTACT in parts and whereabouts_are_sealed(case):
        return Ruling(Verdict.DENY, _("Personen har adressesperre. Kontaktopplysninger deles ikke."))  # F-19
    if not set(parts) <= {*definition.parts, Part.CORE}:
        return Ruling(Verdict.DENY, _("Programmet omfatter ikke alle delene."))
    return None


def _duty(basis: LegalBasis | None, case: Case, at: dt.datetime) -> Ruling | None:
    if basis is None or basis.effect not in DUTIES or not _is_usable(basis, LegalUse.MANDATORY_REPORT, case, at):
        return None
    return Ruling(
        Verdict.MUST, _("%(law)s gir plikt til å melde, til mottakeren loven nevner.") % {"law": basis.citation}
    )


def _consent(
    discloser: Agency, recipient: Agency, case: Case, parts: Collection[str], forum_code: str, at: dt.datetime
) -> Ruling | None:
    if case.state in BEFORE_INFORMED:
        return None
    consent = (
        Consent.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), case=case, valid_from__lte=at, valid_until__gt=at)
        .filter(givers__contains=[discloser.pk])
        .first()
    )
    if consent is None:
        return None
    scoped = set(consent.scopes.filter(agency=recipient).values_list("part", flat=True))
    in_forum = set(consent.forums.filter(agency=recipient).values_list("forum", flat=True))
    if forum_code and forum_code not in in_forum:
        return None
    if not (scoped or in_forum) or not set(parts) <= scoped | {Part.CORE}:
        return None
    return Ruling(Verdict.ALLOW, _("Samtykket dekker dette."), consent)


def is_law_of(discloser: Agency, basis: LegalBasis) -> bool:
    """Whether that provision speaks to an agency of this kind at all. What it demands beyond that, people judge."""
    if basis.code.startswith(LAW_OF_PUBLIC_BODIES):
        return discloser.is_public_body
    return all(discloser.kind == kind for prefix, kind in LAW_OF_ONE_KIND.items() if basis.code.startswith(prefix))


def _statutory_right(basis: LegalBasis | None, discloser: Agency, case: Case, at: dt.datetime) -> Ruling | None:
    if basis is None or not is_law_of(discloser, basis) or not _is_usable(basis, LegalUse.DISCLOSURE, case, at):
        return None
    return Ruling(Verdict.ALLOW_WITH_RECORD, _("%(law)s gir rett til å dele.") % {"law": basis.citation})


def _without_identity(case: Case, forum_code: str, at: dt.datetime) -> Ruling | None:
    """C7: only a talk can be held without saying whom it is about; a copy of what somebody knows cannot."""
    if not forum_code:
        return None
    rows = LegalBasis.objects.in_force(_day(at)).filter(
        country=definition_of(case).country, effect=LegalEffect.NON_IDENTIFYING
    )
    if not rows.exists():
        return None
    return Ruling(Verdict.ANONYMOUS_ONLY, _("Dere kan bare drøfte dette uten at noen kan kjenne igjen personen."))


def _is_usable(basis: LegalBasis, use: LegalUse, case: Case, at: dt.datetime) -> bool:
    usable = LegalBasis.objects.usable_for(use, on=_day(at), country=definition_of(case).country)
    return usable.filter(pk=basis.pk).exists()


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(clock.local_zone()).date()
