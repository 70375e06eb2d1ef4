"""Why somebody sees a case, in sentences: the checks of the access rule with their real sources and dates (G4)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from agencies.actors import ANSWERING_ROLES, Actor
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, LegalBasis, Membership
from agencies.templatetags.samlos import clock_time, day, last_day
from cases import emergency
from cases.enums import RightReason
from cases.grants import assignments_of
from cases.models import Case, CaseAccess, CaseUserObjectPermission


@dataclass(frozen=True)
class Check:
    """One condition of the rule that holds, and where it comes from."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class PartReasons:
    """Parts that are open for the same reasons: "Helse og bolig", and one sentence a right, with whose words and until when."""

    parts: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Why `actor` sees the case at `at`: one sentence, the conditions one by one, and the rights part by part."""

    summary: str
    at: dt.datetime
    checks: tuple[Check, ...]
    by_part: tuple[PartReasons, ...]
    is_assigned: bool


def explain(actor: Actor, case: Case) -> Explanation:
    """Answers "Hvorfor ser jeg dette?" for a case that is visible to the actor (design.md, "Access").

    Always five queries or fewer, however many rights there are.
    """
    rights = list(CaseAccess.objects.in_force_for(actor).filter(case=case).order_by("reason", "valid_from", "line"))
    assignment = assignments_of(case, actor.agency).filter(user=actor.user).first()
    names = _names(rights, case)
    checks = (
        Check(_("Du er logget inn med høyt sikkerhetsnivå")),
        _membership(actor),
        _place(actor, rights, assignment),
        *_rights(rights, actor.agency, names),
        *_protection(case),
        Check(_("Du har ikke meldt fra om at du er inhabil i saken")),
    )
    return Explanation(
        summary=_summary(actor, rights, assigned=assignment is not None),
        at=actor.at,
        checks=checks,
        by_part=_by_part(rights, actor.agency, names),
        is_assigned=assignment is not None,
    )


def _place(actor: Actor, rights: list[CaseAccess], assignment: CaseUserObjectPermission | None) -> Check:
    """Need to know: the assignment, the role that answers, or the break-glass that names the user."""
    if assignment is not None:
        words = {"name": assignment.assigned_by.name, "day": day(assignment.assigned_at)}
        return Check(_("Du er tildelt saken"), _("Av %(name)s, %(day)s.") % words)
    if actor.answers_for_agency and any(right.user_id is None for right in rights):
        return Check(_("Rollen din svarer for tjenestens saker"), _("Du er %(role)s.") % {"role": _role_words(actor)})
    return Check(_("Nødtilgangen gjelder deg selv"), _("Ingen andre i tjenesten ser saken av den grunn."))


def listed(words: Sequence[str]) -> str:
    """ "a, b og c"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(most)s og %(last)s") % {"most": ", ".join(words[:-1]), "last": words[-1]}


def part_words(parts: Iterable[str]) -> str:
    """The parts in the order of the closed list, in lower case: "kjerne, helse og økonomi"."""
    known = set(parts)
    return listed([str(part.label).lower() for part in Part if part in known])


def _summary(actor: Actor, rights: list[CaseAccess], *, assigned: bool) -> str:
    """The strongest right there is, until when, and what makes it this person's to see."""
    if not rights:  # ended between the two questions of one request
        return _("Tilgangen din til denne saken er slutt.")
    reasons = {right.reason for right in rights}
    words = {"agency": actor.agency.name}
    if RightReason.LEAD in reasons:
        because = _("%(agency)s leder den") % words
    elif RightReason.CONSENT in reasons:
        words["end"] = _last_day_of(rights, RightReason.CONSENT)
        because = _("den unge har samtykket til at %(agency)s får vite noe om den til og med %(end)s") % words
    elif RightReason.DISCLOSURE in reasons:
        words["end"] = _last_day_of(rights, RightReason.DISCLOSURE)
        because = _("%(agency)s har fått opplysninger om den på lovgrunnlag, til og med %(end)s") % words
    else:
        words["time"] = clock_time(max(right.valid_until for right in rights if right.valid_until))
        return (
            _("Du ser denne saken fordi du har åpnet en nødtilgang for %(agency)s. Den slutter kl. %(time)s.") % words
        )
    own = _("du er tildelt den") if assigned else _("du er %(role)s der") % {"role": _role_words(actor)}
    return _("Du ser denne saken fordi %(because)s, og %(own)s.") % {"because": because, "own": own}


def _last_day_of(rights: list[CaseAccess], reason: RightReason) -> str:
    return last_day(max(right.valid_until for right in rights if right.reason == reason and right.valid_until))


def _role_words(actor: Actor) -> str:
    return listed([str(role.label).lower() for role in ANSWERING_ROLES if role in actor.roles])


def _membership(actor: Actor) -> Check:
    rows = Membership.objects.in_force().filter(user=actor.user, agency=actor.agency).order_by("valid_from", "pk")
    details = []
    for row in rows:
        words = {"role": Role(row.role).label, "since": day(row.valid_from)}
        if row.valid_until is None:
            details.append(_("%(role)s siden %(since)s, til du slutter.") % words)
        else:
            words["end"] = last_day(row.valid_until)
            details.append(_("%(role)s siden %(since)s, senest til og med %(end)s.") % words)
    return Check(_("Du arbeider i %(agency)s") % {"agency": actor.agency.name}, " ".join(details))


def _names(rights: list[CaseAccess], case: Case) -> dict[int, str]:
    """The agencies this reader may be told the names of. A consent's other parties are not: only the lead is in every right."""
    givers = {giver for right in rights if right.reason == RightReason.DISCLOSURE for giver in right.givers or ()}
    return dict(Agency.objects.filter(pk__in=givers | {case.lead_agency_id}).values_list("pk", "name"))


def _by_part(rights: list[CaseAccess], own: Agency, names: dict[int, str]) -> tuple[PartReasons, ...]:
    """The parts that are open, those with the same rights together, in the order of the closed list."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for part in Part:
        covering = tuple(index for index, right in enumerate(rights) if part in right.parts)
        if covering:
            groups.setdefault(covering, []).append(part)
    return tuple(
        PartReasons(capfirst(part_words(parts)), tuple(_part_reason(rights[index], own, names) for index in covering))
        for covering, parts in groups.items()
    )


def _part_reason(right: CaseAccess, own: Agency, names: dict[int, str]) -> str:
    """One right to a part: on what it rests, whose words it opens, from when and until when."""
    words = {"from": day(right.valid_from), "until": last_day(right.valid_until) if right.valid_until else ""}
    if right.reason == RightReason.LEAD:
        if right.received_only:
            return _("Dere leder saken: det som fulgte med meldingen. Fra %(from)s, så lenge dere leder den.") % words
        if right.givers is None:
            return (
                _("Dere leder saken: uansett hvem som har skrevet det. Fra %(from)s, så lenge dere leder den.") % words
            )
        return _("Dere leder saken: det dere selv har skrevet. Fra %(from)s, så lenge dere leder den.") % words
    words["givers"] = _givers(right, own, names)
    if right.reason == RightReason.BREAK_GLASS and right.valid_until:
        words |= {"time": clock_time(right.valid_until), "law": _law_of(right, own)}
        return _("Nødtilgang som du selv har åpnet%(law)s: %(givers)s. Slutter kl. %(time)s.") % words
    if right.reason == RightReason.CONSENT:
        return _("Den unge har samtykket: %(givers)s. Fra %(from)s til og med %(until)s.") % words
    if right.received_only:
        return _("Delt på lovgrunnlag: det som fulgte med meldingen. Fra %(from)s til og med %(until)s.") % words
    return _("Delt på lovgrunnlag: %(givers)s. Fra %(from)s til og med %(until)s.") % words


def _law_of(right: CaseAccess, own: Agency) -> str:
    """On which law a break-glass rests, as a lawyer would cite it: " (Straffeloven § 287)"."""
    code = emergency.laws_of({right.source_id}).get(right.source_id)
    law = LegalBasis.objects.filter(country=own.municipality.country, code=code).first() if code else None
    return f" ({law.citation})" if law else ""


def _givers(right: CaseAccess, own: Agency, names: dict[int, str]) -> str:
    """Whose words a right opens, of those this reader may be told of: "det NAV har skrevet"."""
    if right.givers is None:
        return _("uansett hvem som har skrevet det")
    others = [giver for giver in right.givers if giver != own.pk]
    named = sorted(names[giver] for giver in others if giver in names)
    if not named:
        return _("det de som er med i samtykket, har skrevet")
    if len(named) < len(others):
        return _("det %(givers)s og de andre som er med i samtykket, har skrevet") % {"givers": listed(named)}
    return _("det %(givers)s har skrevet") % {"givers": listed(named)}


def _rights(rights: list[CaseAccess], own: Agency, names: dict[int, str]) -> list[Check]:
    """One line for the lead, and one for each consent, disclosure and break-glass in force."""
    checks = []
    leads = [right for right in rights if right.reason == RightReason.LEAD]
    if leads:
        received = any(right.received_only for right in leads)
        what = (
            _("Dere ser det dere selv har skrevet, og det som fulgte med meldingen.")
            if received
            else _("Dere ser det dere selv har skrevet.")
        )
        since = _("Siden %(day)s, så lenge dere leder saken.") % {"day": day(leads[0].valid_from)}
        checks.append(Check(_("Tjenesten leder saken"), f"{what} {since}"))
    for right in rights:
        if right.reason == RightReason.LEAD:
            continue
        checks.append(Check(_TITLES[RightReason(right.reason)](), _right_detail(right, own, names)))
    return checks


_TITLES = {
    RightReason.CONSENT: lambda: _("Den unge har samtykket"),
    RightReason.DISCLOSURE: lambda: _("Delt med tjenesten på lovgrunnlag"),
    RightReason.BREAK_GLASS: lambda: _("Nødtilgang for deg alene"),
}


def _right_detail(right: CaseAccess, own: Agency, names: dict[int, str]) -> str:
    words = {"parts": part_words(right.parts)}
    if right.givers is None:
        what = _("Dere får vite om %(parts)s.") % words
    else:
        others = [giver for giver in right.givers if giver != own.pk]
        words["givers"] = listed(sorted(names[giver] for giver in others if giver in names))
        if not words["givers"]:
            what = _("Dere får vite om %(parts)s.") % words
        elif all(giver in names for giver in others):
            what = _("Dere får vite om %(parts)s, fra %(givers)s.") % words
        else:
            what = _("Dere får vite om %(parts)s, fra %(givers)s og de andre som er med i samtykket.") % words
    if right.received_only:
        what = _("Dere ser det som fulgte med meldingen om %(parts)s.") % words
    start = day(right.valid_from)
    if right.valid_until is None:
        return f"{what} " + _("Gjelder fra %(start)s.") % {"start": start}
    if right.reason == RightReason.BREAK_GLASS:
        return f"{what} " + _("Slutter kl. %(time)s.") % {"time": clock_time(right.valid_until)}
    return f"{what} " + _("Gjelder fra %(start)s til og med %(end)s.") % {
        "start": start,
        "end": last_day(right.valid_until),
    }


def _protection(case: Case) -> list[Check]:
    level = ProtectionLevel(case.person.protection_level)
    if level == ProtectionLevel.NONE:
        return []
    return [Check(_("Du er klarert for vernet i saken"), str(level.label))]
