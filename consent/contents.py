"""What stands on a signed consent form, and what must stand there (requirements.md C3). One place for the form and the service."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta
from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from agencies.actors import CLEARANCE_ORDER
from agencies.enums import ForumBasis, Part, ProtectionLevel
from agencies.models import Agency
from agencies.models.programme_definition import ConsentTemplate, Forum, ProgrammeDefinition
from audit import clock
from cases.ages import age_on
from cases.models import Case
from consent.enums import SignatureMethod, SignerRole
from consent.signers import SignerRule, rule_for


@dataclass(frozen=True)
class Signed:
    """One signature on the paper."""

    name: str
    role: SignerRole = SignerRole.YOUNG_PERSON
    method: SignatureMethod = SignatureMethod.PAPER


@dataclass(frozen=True)
class Contents:
    """The form as signed. `scopes`: which agency may know which parts, core going without saying. `forums`: which
    agencies take part when a forum speaks of the case (LIL-23). `givers` None: everybody on the form, and the lead.
    """

    scopes: Mapping[Agency, Collection[Part]]
    forums: Mapping[str, Collection[Agency]]
    valid_until_date: dt.date
    signed_on: dt.date
    place: str
    signatures: Collection[Signed]
    informed_items: Collection[str]
    collector_name: str
    collector_phone: str = ""
    language: str = "bokmål"
    interpreter: bool = False
    copy_handed_over: bool = False
    research_follow_up: bool | None = None
    givers: Collection[Agency] | None = field(default=None)

    def recipients(self) -> dict[int, set[str]]:
        """Agency id → the parts it may know; forum participants without any have an empty set: core alone."""
        told: dict[int, set[str]] = {
            agency.pk: {str(part) for part in parts} for agency, parts in self.scopes.items() if parts
        }
        for participants in self.forums.values():
            for agency in participants:
                told.setdefault(agency.pk, set())
        return told

    def giver_ids(self, lead: Agency) -> set[int]:
        """Who may tell what it knows: those chosen, else all on the form and the lead."""
        if self.givers is not None:
            return {agency.pk for agency in self.givers}
        return {*self.recipients(), lead.pk}


@dataclass(frozen=True)
class Candidate:
    """An agency that can stand on the form. Out of scope: in a forum but not among the programme's parties (U23-27)."""

    agency: Agency
    is_lead: bool
    out_of_scope: bool


def definition_of(case: Case) -> ProgrammeDefinition:
    return case.programme_version.definition


def template_of(case: Case) -> ConsentTemplate:
    """The programme's consent form. LookupError when the programme asks for none."""
    template = definition_of(case).consent
    if template is None:
        raise LookupError(case.programme_version_id)
    return template


def forums_of(case: Case) -> list[Forum]:
    """The forums that may hear a named person on consent."""
    return [forum for forum in definition_of(case).forums if ForumBasis.CONSENT in forum.individual_cases]


def candidates(case: Case) -> list[Candidate]:
    """The agencies of the municipality that the programme's scope or forums name, the lead first.

    Not intake, whose work ended when the case was routed, nor other offices that could have led it: the case moves to
    one of those by a new lead, not by consent.
    """
    definition = definition_of(case)
    in_scope = {party.kind for party in definition.parties}
    in_forums = {kind for forum in forums_of(case) for kind in forum.members}
    left_out = {*definition.lead_kinds, *([definition.intake.kind] if definition.intake else [])}
    found = Agency.objects.filter(
        municipality=case.lead_agency.municipality_id, kind__in=(in_scope | in_forums) - left_out
    ).exclude(pk=case.lead_agency_id)
    others = [Candidate(agency, False, agency.kind not in in_scope) for agency in found]
    return [Candidate(case.lead_agency, True, False), *others]


def signer_rule(case: Case) -> SignerRule:
    """Who must sign in this case today."""
    definition = definition_of(case)
    return rule_for(definition.country, age_on(case.person.birth_date, clock.today()))


def whereabouts_are_sealed(case: Case) -> bool:
    """F-19: from "fortrolig" upwards, where somebody lives is told to nobody, whatever they sign."""
    level = ProtectionLevel(case.person.protection_level)
    return CLEARANCE_ORDER.index(level) >= CLEARANCE_ORDER.index(ProtectionLevel.CONFIDENTIAL)


def parts_of(case: Case) -> list[Part]:
    """The columns of the form: the programme's parts, without whereabouts where those are sealed."""
    sealed = whereabouts_are_sealed(case)
    return [part for part in template_of(case).parts if not (sealed and part == Part.CONTACT)]


def default_end(case: Case, start: dt.date) -> dt.date:
    """The last day the programme suggests for a consent that starts on `start`."""
    return start + relativedelta(months=template_of(case).default_months, days=-1)


def latest_end(case: Case, start: dt.date) -> dt.date:
    """The last day a consent that starts on `start` may cover (C3: at most so many months)."""
    return start + relativedelta(months=template_of(case).max_months, days=-1)


def problems(contents: Contents, case: Case) -> dict[str, str | Promise]:
    """What keeps this form from being recorded: the field and a sentence that says what to do. Empty when nothing does."""
    found: dict[str, str | Promise] = {}
    today = clock.today()
    _check_scope(contents, case, found)
    _check_forums(contents, case, found)
    latest = latest_end(case, today)
    if contents.valid_until_date < today:
        found["valid_until_date"] = _("Velg en sluttdato som ikke har vært.")
    elif contents.valid_until_date > latest:
        found["valid_until_date"] = _("Velg en sluttdato før %(day)s. Et samtykke kan vare i %(months)d måneder.") % {
            "day": date_format(latest + dt.timedelta(days=1), "j. F Y"),
            "months": template_of(case).max_months,
        }
    if contents.signed_on > today:
        found["signed_on"] = _("Skriv datoen arket ble skrevet under. Den kan ikke være fram i tid.")
    if {item.code for item in template_of(case).informed_items} - set(contents.informed_items):
        found["informed_items"] = _(
            "Gå gjennom alle punktene før ungdommen skriver under, og kryss av for hvert av dem."
        )
    if signer_rule(case).lacking([signature.role for signature in contents.signatures]):
        found["signed_name"] = _("Skriv navnet til den som skrev under.")
    return found


def _check_scope(contents: Contents, case: Case, found: dict[str, str | Promise]) -> None:
    allowed = {candidate.agency.pk for candidate in candidates(case)}
    parts = {str(part) for part in parts_of(case)}
    told = contents.recipients()
    if not any(told.values()):
        found["scope"] = _("Kryss av for minst én tjeneste og det den kan få vite.")
    elif not told.keys() <= allowed or not set().union(*told.values()) <= parts:
        found["scope"] = _("Velg bare tjenester og deler som står i skjemaet.")
    if contents.givers is not None:
        if not contents.givers:
            found["givers"] = _("Velg minst én tjeneste som kan fortelle det den vet.")
        elif not {agency.pk for agency in contents.givers} <= allowed:
            found["givers"] = _("Velg bare tjenester som står i skjemaet.")


def _check_forums(contents: Contents, case: Case, found: dict[str, str | Promise]) -> None:
    known = {forum.code: forum for forum in forums_of(case)}
    for code, participants in contents.forums.items():
        forum = known.get(code)
        if forum is None:
            found["forums"] = _("Dette møtet kan ikke snakke om enkeltpersoner.")
        elif not participants:
            found[f"forum_{code}"] = _("Velg hvem som deltar. Bare de som er berørt, kan være med.")
        elif any(agency.kind not in forum.members for agency in participants):
            found[f"forum_{code}"] = _("Velg bare tjenester som er med i møtet.")
