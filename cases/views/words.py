"""What lists and headers say of a case in words: whose turn it is, by when, and the tone of a need."""

import datetime as dt

from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.enums import Role
from audit import clock
from cases.enums import CaseState, NeedStatus
from cases.models import Case
from cases.workflow import OWNERS, Turn

NEED_TONES = {
    NeedStatus.MET: "success",
    NeedStatus.PARTLY: "warning",
    NeedStatus.NOT_MET: "danger",
    NeedStatus.NOT_ASSESSED: "neutral",
}


def turn_of(case: Case) -> Turn:
    """Who has the next step in the state the case is in."""
    return OWNERS[CaseState(case.state)]


def is_turn_of(actor: Actor, case: Case, *, assigned: bool) -> bool:
    """Whether the next step is this very person's: the rule of whose turn it is, put to one actor."""
    if not case.is_led_by(actor.agency):
        return False
    match turn_of(case):
        case Turn.INTAKE:
            return actor.has_role(Role.INTAKE)
        case Turn.LEAD_MANAGER:
            return actor.has_role(Role.MANAGER)
        case Turn.LEAD_CASEWORKER | Turn.AGENCIES:
            return assigned
        case Turn.NOBODY:
            return False


def whose_turn(actor: Actor, case: Case, *, assigned: bool) -> str:
    """ "Du har neste steg.", "Dere har neste steg.", the lead by name, or nothing when nobody has."""
    turn = turn_of(case)
    if turn is Turn.NOBODY:
        return ""
    if turn is Turn.AGENCIES:
        return _("Alle tjenestene følger opp.")
    if is_turn_of(actor, case, assigned=assigned):
        return _("Du har neste steg.")
    if case.is_led_by(actor.agency):
        return _("Dere har neste steg.")
    return _("%(agency)s har neste steg.") % {"agency": case.lead_agency.name}


def deadline_day(case: Case) -> dt.date | None:
    """The last day to take the next step, in the municipality's zone."""
    return clock.last_day(case.due_at) if case.due_at else None


def deadline_label(case: Case) -> str:
    """What the programme wants done by the case's deadline; empty when it sets none in this state."""
    deadline = case.programme_version.definition.deadline_for(case.state)
    return deadline.label if deadline else ""
