"""Why somebody sees a case, in sentences: the checks of the access rule with their real sources and dates (G4)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agencies.actors import ANSWERING_ROLES, Actor
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, Membership
from agencies.templatetags.samlos import clock_time, day, last_day
from cases.enums import RightReason
from cases.grants import assignments_of
from cases.models import Case, CaseAccess


@dataclass(frozen=True)
class Check:
    """One condition of the rule that holds, and where it comes from."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why `actor` sees the case at `at`: one sentence, and the conditions one by one."""

    summary: str
    at: dt.datetime
    checks: tuple[Check, ...]
    is_assigned: bool


def explain(actor: Actor, case: Case) -> Explanation:
    """Answers "Hvorfor ser jeg dette?" for a case that is visible to the actor (design.md, "Access")."""
    rights = list(CaseAccess.objects.in_force_for(actor).filter(case=case).order_by("reason", "valid_from", "line"))
    assignment = assignments_of(case, actor.agency).filter(user=actor.user).first()
    if assignment is not None:
        place = Check(
            _("Du er tildelt saken"),
            _("Av %(name)s, %(day)s.") % {"name": assignment.assigned_by.name, "day": day(assignment.assigned_at)},
        )
    else:
        place = Check(_("Rollen din svarer for tjenestens saker"), _("Du er %(role)s.") % {"role": _role_words(actor)})
    checks = (
        Check(_("Du er logget inn med høyt sikkerhetsnivå")),
        _membership(actor),
        place,
        *_rights(rights, case, actor.agency),
        *_protection(case),
        Check(_("Du har ikke meldt fra om at du er inhabil i saken")),
    )
    return Explanation(
        summary=_summary(actor, rights, assigned=assignment is not None),
        at=actor.at,
        checks=checks,
        is_assigned=assignment is not None,
    )


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
    reasons = {right.reason for right in rights}
    if RightReason.LEAD in reasons:
        because = _("%(agency)s leder den")
    elif RightReason.CONSENT in reasons:
        because = _("den unge har samtykket til at %(agency)s får vite noe om den")
    elif RightReason.DISCLOSURE in reasons:
        because = _("%(agency)s har fått opplysninger om den på lovgrunnlag")
    else:
        because = _("du har åpnet en nødtilgang for %(agency)s")
    because %= {"agency": actor.agency.name}
    own = _("du er tildelt den") if assigned else _("du er %(role)s der") % {"role": _role_words(actor)}
    return _("Du ser denne saken fordi %(because)s, og %(own)s.") % {"because": because, "own": own}


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


def _rights(rights: list[CaseAccess], case: Case, own: Agency) -> list[Check]:
    """One line for the lead, and one for each consent, disclosure and break-glass in force."""
    givers = {giver for right in rights if right.reason == RightReason.DISCLOSURE for giver in right.givers or ()}
    # A consent's other parties are not this reader's to know: of them only the lead, which is in every right.
    names = dict(Agency.objects.filter(pk__in=givers | {case.lead_agency_id}).values_list("pk", "name"))
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
