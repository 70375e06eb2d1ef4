"""The frame around every page of a case: who it is about, whose turn it is, why one sees it, and the sections.

Templates extend `cases/shell.html` and fill the block `case_content`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.enums import ProtectionLevel
from agencies.http import Request
from agencies.templatetags.samlos import month_day
from audit import clock
from cases import registers
from cases.ages import age_on
from cases.enums import CaseState
from cases.models import Case
from cases.registers import HeaderFact
from cases.services import access_explained
from cases.views import words


@dataclass(frozen=True)
class Now:
    """Where the case is: the state and whose turn it is; for the lead also the deadline and what it is for."""

    state: str
    turn: str
    step: str
    deadline: dt.date | None
    is_late: bool


def shell(request: Request, case: Case, *, tab: str) -> dict[str, Any]:
    """The context of a case's page, `tab` being the code of the section it belongs to ("overview" is this app's)."""
    actor = request.actor
    why = access_explained.explain(actor, case)
    leads = case.is_led_by(actor.agency)
    facts = [*registers.header_facts_for(actor, case), _protection(case), _basis(case, leads=leads)]
    return {
        "case": case,
        "person": case.person,
        "age": age_on(case.person.birth_date, actor.at.astimezone(clock.local_zone()).date()),
        "role_tag": _("Nødtilgang") if case.opened_by_glass else _role_tag(leads=leads, assigned=why.is_assigned),
        "leads": leads,
        "state_now": _now(request, case, leads=leads, assigned=why.is_assigned),
        "facts": facts,
        "stuck": " · ".join(f"{fact.label}: {fact.text}" for fact in facts[:-1]),
        "why": why,
        "tabs": _tabs(request, case, tab),
        "trail": [
            {"url": reverse("home"), "label": _("Min dag")},
            {"url": reverse("cases:list"), "label": _("Saker")},
            {"url": "", "label": case.label},
        ],
    }


def _tabs(request: Request, case: Case, current: str) -> list[dict[str, Any]]:
    first = {"url": reverse("cases:detail", args=[case.pk]), "label": _("Oversikt"), "current": current == "overview"}
    others = [
        {"url": reverse(tab.url_name, kwargs={"case_id": case.pk}), "label": tab.label, "current": tab.code == current}
        for tab in registers.tabs_for(request.actor, case)
    ]
    return [first, *others]


def _now(request: Request, case: Case, *, leads: bool, assigned: bool) -> Now:
    """The deadline is the lead's own; others learn the state and whose turn it is, which every right holds."""
    return Now(
        state=str(CaseState(case.state).label),
        turn=words.whose_turn(request.actor, case, assigned=assigned),
        step=words.deadline_label(case) if leads else "",
        deadline=words.deadline_day(case) if leads else None,
        is_late=leads and case.is_late(request.actor.at),
    )


def _role_tag(*, leads: bool, assigned: bool) -> str:
    if leads:
        return _("Du leder saken") if assigned else _("Tjenesten din leder saken")
    return _("Du deltar i saken") if assigned else _("Tjenesten din deltar i saken")


def _protection(case: Case) -> HeaderFact:
    return HeaderFact(_("Vern"), ProtectionLevel(case.person.protection_level).label)


def _basis(case: Case, *, leads: bool) -> HeaderFact:
    """The programme and its ages. Who reported and when is the lead's knowledge (U23-16)."""
    definition = case.programme_version.definition
    text = definition.name
    band = definition.age_band
    if band is not None and band.max is not None:
        text = _("%(programme)s, %(min)d–%(max)d år") % {"programme": definition.name, "min": band.min, "max": band.max}
    elif band is not None:
        text = ngettext("%(programme)s, fra %(min)d år", "%(programme)s, fra %(min)d år", band.min) % {
            "programme": definition.name,
            "min": band.min,
        }
    note = ""
    if leads:
        note = _("Meldt av %(agency)s %(day)s") % {
            "agency": case.opened_by_agency.name,
            "day": month_day(case.opened_at),
        }
    return HeaderFact(_("Grunnlag"), text, note)
