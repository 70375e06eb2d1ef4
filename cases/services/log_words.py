"""What stands in the young person's log, in plain words: what was done, by whom as what, what for and on what basis.

The log keeps codes (`case.read`); a kind without words of its own gets those of its family, and one of an unknown family a
sentence that is still true, so that no entry can be left out for want of words.
"""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.enums import Part, Role
from audit.enums import Purpose
from cases.enums import RightReason
from cases.services.access_explained import listed

_KINDS: dict[str, str | Promise] = {
    "case.read": gettext_lazy("åpnet saken din"),
    "case.listed": gettext_lazy("så saken din i en liste"),
    "case.searched": gettext_lazy("fant saken din i et søk"),
    "case.assigned": gettext_lazy("ga saken din til en saksbehandler"),
    "case.unassigned": gettext_lazy("tok saken din fra en saksbehandler"),
    "case.state_changed": gettext_lazy("flyttet saken din et steg videre"),
    "case.routed": gettext_lazy("sendte saken din til kontoret som skal hjelpe deg"),
    "case.closed": gettext_lazy("avsluttet saken din"),
    "contributions.listed": gettext_lazy("leste det de selv har skrevet om deg"),
    "report.submitted": gettext_lazy("sendte en bekymringsmelding om deg"),
    "report.received": gettext_lazy("tok imot bekymringsmeldingen om deg"),
    "report.rejected": gettext_lazy("sendte bekymringsmeldingen om deg tilbake"),
    "entry.corrected": gettext_lazy("rettet noe de hadde skrevet om deg"),
    "talk.summoned": gettext_lazy("kalte deg inn til en samtale"),
    "talk.held": gettext_lazy("skrev om samtalen dere hadde"),
    "talk.did_not_come": gettext_lazy("skrev at det ikke ble noen samtale"),
    "consent.recorded": gettext_lazy("skrev ned at du sa ja til å dele"),
    "consent.refused": gettext_lazy("skrev ned at du sa nei til å dele"),
    "consent.revoked": gettext_lazy("skrev ned at du tok tilbake et ja"),
    "consent.expired": gettext_lazy("noterte at samtykket ditt gikk ut"),
    "disclosure.recorded": gettext_lazy("delte noe om deg etter loven, uten samtykke"),
    "disclosure.approved": gettext_lazy("godkjente at noe om deg deles etter loven"),
    "disclosure.ended": gettext_lazy("sluttet å dele noe om deg"),
    "plan.exported": gettext_lazy("laget en utskrift av planen din"),
    "plan.approved": gettext_lazy("noterte at planen din er godkjent"),
    "meeting.agenda_read": gettext_lazy("leste saklisten til et møte om deg"),
    "meeting.case_proposed": gettext_lazy("foreslo å snakke om deg i et møte"),
    "meeting.case_answered": gettext_lazy("svarte på om et møte skal snakke om deg"),
    "meeting.case_withdrawn": gettext_lazy("tok saken din av et møte"),
    "meeting.minutes_written": gettext_lazy("skrev referat fra et møte om deg"),
    "meeting.status_written": gettext_lazy("skrev hvordan det går, til et møte om deg"),
    "glass.opened": gettext_lazy("åpnet saken din i en nødsituasjon, uten å spørre deg først"),
    "glass.read": gettext_lazy("så på en nødåpning av saken din"),
    "glass.listed": gettext_lazy("så saken din i en liste over nødåpninger"),
    "glass.confirmed": gettext_lazy("så på nødåpningen og mente at den var riktig"),
    "glass.objected": gettext_lazy("så på nødåpningen og mente at den ikke var riktig"),
    "glass.ended": gettext_lazy("avsluttet nødåpningen"),
    "glass.flagged": gettext_lazy("merket at ingen har godkjent nødåpningen"),
    "insight.exported": gettext_lazy("laget en utskrift av denne loggen til deg"),
    "insight.reported": gettext_lazy("meldte fra om et oppslag for deg"),
    "exposure.asked": gettext_lazy("undersøkte hvem som kunne ha lest om deg"),
    "access.explained": gettext_lazy("kontrollerte hvem som kan se saken din"),
    "protection.raised": gettext_lazy("skjermet adressen din bedre"),
    "protection.lowered": gettext_lazy("skjermet adressen din mindre, etter at to personer var enige"),
    "protection.sealed_opened": gettext_lazy("åpnet de skjermede opplysningene om deg"),
    "protection.sealed_written": gettext_lazy("skrev i de skjermede opplysningene om deg"),
    "protection.sealed_removed": gettext_lazy("fjernet noe fra de skjermede opplysningene om deg"),
    "conflict.declared": gettext_lazy("noterte at en ansatt ikke skal arbeide med saken din"),
}
# What a kind without words of its own says, by what stands before its dot.
_FAMILIES: dict[str, str | Promise] = {
    "case": gettext_lazy("gjorde noe med saken din"),
    "contributions": gettext_lazy("leste det de selv har skrevet om deg"),
    "report": gettext_lazy("arbeidet med bekymringsmeldingen om deg"),
    "entry": gettext_lazy("skrev noe i saken din"),
    "review": gettext_lazy("vurderte hva du kan trenge hjelp til"),
    "talk": gettext_lazy("skrev om en samtale med deg"),
    "needs": gettext_lazy("skrev om hva du trenger"),
    "network": gettext_lazy("skrev om noen som kan hjelpe deg"),
    "coordination": gettext_lazy("vurderte hvordan tjenestene skal samarbeide"),
    "consent": gettext_lazy("arbeidet med samtykket ditt"),
    "disclosure": gettext_lazy("arbeidet med å dele noe om deg etter loven"),
    "plan": gettext_lazy("skrev i planen din"),
    "meeting": gettext_lazy("arbeidet med et møte om deg"),
    "glass": gettext_lazy("gjorde noe med en nødåpning av saken din"),
    "protection": gettext_lazy("arbeidet med å beskytte adressen din"),
    "whereabouts": gettext_lazy("arbeidet med de skjermede opplysningene om deg"),
    "conflict": gettext_lazy("noterte hvem som ikke skal arbeide med saken din"),
    "insight": gettext_lazy("arbeidet med denne loggen"),
    "exposure": gettext_lazy("undersøkte hvem som kunne ha lest om deg"),
    "access": gettext_lazy("kontrollerte hvem som kan se saken din"),
}

_PARTS: dict[str, str | Promise] = {
    Part.CONTACT: gettext_lazy("hvordan man når deg"),
    Part.CRIME: gettext_lazy("lovbrudd"),
    Part.HEALTH: gettext_lazy("helsen din"),
    Part.SUBSTANCE_USE: gettext_lazy("rus"),
    Part.OCCUPATION_SCHOOL: gettext_lazy("skole og arbeid"),
    Part.ECONOMY: gettext_lazy("pengene dine"),
    Part.HOUSING: gettext_lazy("hvor du bor"),
    Part.FAMILY: gettext_lazy("familien din"),
    Part.LEISURE_NETWORK: gettext_lazy("fritiden din og dem du kjenner"),
    Part.CHILD_WELFARE: gettext_lazy("barnevern"),
}
_BASES: dict[str, str | Promise] = {
    RightReason.LEAD: gettext_lazy("De har ansvaret for saken din."),
    RightReason.CONSENT: gettext_lazy("Du har sagt ja til det."),
    RightReason.DISCLOSURE: gettext_lazy("Loven lar dem få vite det uten samtykke."),
    RightReason.BREAK_GLASS: gettext_lazy("Det hastet for liv eller helse, og de brukte nødtilgang."),
    "own_words": gettext_lazy("Alle kan lese det de selv har skrevet."),
}

READS = frozenset(
    {
        "case.read",
        "case.listed",
        "case.searched",
        "contributions.listed",
        "meeting.agenda_read",
        "glass.read",
        "glass.listed",
    }
)


def has_words(kind: str) -> bool:
    """Whether the log can say in words of its own what an event of this kind was."""
    return kind in _KINDS or kind.partition(".")[0] in _FAMILIES


def what_was_done(kind: str, purpose: str) -> str:
    """The end of the sentence that begins with the agency's name: "åpnet saken din"."""
    if kind == "case.read" and purpose == Purpose.INSIGHT:
        return _("så på denne loggen")
    return str(_KINDS.get(kind) or _FAMILIES.get(kind.partition(".")[0]) or _("gjorde noe i saken din"))


def could_read(parts: Iterable[str]) -> str:
    """Which parts were open: "Der kunne de lese om helsen din og rus." Every right shows the name, age and lead."""
    known = set(parts)
    words = [str(_PARTS[part]) for part in Part if part in known and part in _PARTS]
    if words:
        return _("Der kunne de lese om %(parts)s.") % {"parts": listed(words)}
    return _("Der så de navnet, alderen og hvem som har ansvaret.") if known else ""


def role_words(roles: str) -> str:
    """The roles of an event, "caseworker,manager", as people say them; the system itself has none."""
    labels = {role.value: str(role.label) for role in Role}
    words = [labels[code] for code in roles.split(",") if code in labels]
    return listed([words[0], *(word.lower() for word in words[1:])]) if words else ""


def purpose_words(purpose: str) -> str:
    """What it was for: "Følge opp saken"; empty where the log has no purpose we know."""
    return str(Purpose(purpose).label) if purpose in Purpose.values else ""


def basis_words(basis: str, citations: Mapping[str, str]) -> str:
    """What it rested on, in sentences; a row of the catalogue of legal bases is cited by `citations`."""
    sentences = []
    for code in basis.split(","):
        if code in _BASES:
            sentences.append(str(_BASES[code]))
        elif code in citations:
            sentences.append(_("Loven de viser til, er %(citation)s.") % {"citation": citations[code]})
    return " ".join(sentences)


def is_exception(kind: str, basis: str) -> bool:
    """Whether somebody looked without having been let in beforehand: shown as the exception it is."""
    return kind == "glass.opened" or RightReason.BREAK_GLASS in basis.split(",")
