"""Who may do what with a case: the only place a rule about people is written.

Each function answers with a Decision whose reason the person reads. They expect a case that is visible to the actor
(`Case.objects.visible_to`); what is not visible is not there.
"""

from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import ALLOWED, Decision, all_of, denied
from agencies.enums import AgencyKind, Part, Role
from cases.enums import CaseState
from cases.grants import is_assigned
from cases.models import Case, CaseAccess
from cases.workflow import BEFORE_ROUTING


def may_view(actor: Actor | None, case: Case) -> Decision:
    """A case is seen by those its one sentence lets see it (design.md, "Access")."""
    if Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        return ALLOWED
    return denied(_("Du har ikke tilgang til denne saken."), "not_visible")


def leads(actor: Actor, case: Case) -> Decision:
    """The actor's agency leads the case."""
    if case.is_led_by(actor.agency):
        return ALLOWED
    return denied(_("Bare tjenesten som leder saken kan gjøre dette."), "not_lead")


def may_submit_report(actor: Actor) -> Decision:
    """U23-07: only the police analysis group may start a referral."""
    if actor.agency.kind == AgencyKind.POLICE and actor.has_role(Role.ANALYST):
        return ALLOWED
    return denied(_("Bare politiets analysegruppe kan sende bekymringsmelding."), "not_reporter")


def may_do_intake(actor: Actor) -> Decision:
    """U23-09: a report is handled by those who hold the functional intake role."""
    if actor.agency.kind == AgencyKind.INTAKE_OFFICE and actor.has_role(Role.INTAKE):
        return ALLOWED
    return denied(_("Bare mottaket kan behandle nye meldinger."), "not_intake")


def may_receive(actor: Actor, case: Case) -> Decision:
    """Intake receives a report that was sent to it (T2)."""
    return all_of(may_do_intake(actor), leads(actor, case), _in_states(case, CaseState.SUBMITTED))


def may_reject(actor: Actor, case: Case) -> Decision:
    """Intake sends a report back as long as nobody else has got it (T2x)."""
    return all_of(may_do_intake(actor), leads(actor, case), _in_states(case, *BEFORE_ROUTING))


def may_route(actor: Actor, case: Case) -> Decision:
    """Intake forwards a received report to the office of the district (T3, U23-10)."""
    return all_of(may_do_intake(actor), leads(actor, case), _in_states(case, CaseState.RECEIVED))


def may_assign(actor: Actor, case: Case) -> Decision:
    """A manager decides who in the agency works on a case the agency has a right to (need to know)."""
    if not actor.has_role(Role.MANAGER):
        return denied(_("Bare en leder kan fordele saken til en saksbehandler."), "not_manager")
    return _is_open(case)


def may_work_on(actor: Actor, case: Case) -> Decision:
    """The lead's assigned caseworkers and its managers carry the case forward."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    decision = all_of(leads(actor, case), _is_open(case))
    if decision and not actor.has_role(Role.MANAGER) and not is_assigned(actor, case):
        return denied(_("Du må være tildelt saken for å gjøre dette."), "not_assigned")
    return decision


def may_write_entry(actor: Actor, case: Case, part: str) -> Decision:
    """An agency writes in the parts it may itself know: the lead in all, others in those their right covers."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER, Role.COORDINATOR):
        return denied(_("Rollen din kan ikke skrive i saker."), "wrong_role")
    closed = _is_open(case)
    if not closed:
        return closed
    if case.is_led_by(actor.agency) or part in parts_open_to(actor, case):
        return ALLOWED
    return denied(
        _("Tjenesten din har ikke tilgang til delen «%(part)s» i denne saken.") % {"part": Part(part).label}, "wrong_part"
    )


def parts_open_to(actor: Actor, case: Case) -> set[str]:
    """The information parts some right in force lets the actor know of in this case, whoever wrote them."""
    lines = CaseAccess.objects.in_force_for(actor).filter(case=case, received_only=False)
    return {part for parts in lines.values_list("parts", flat=True) for part in parts}


def may_close(actor: Actor, case: Case) -> Decision:
    """The lead closes a case, with a reason (T13)."""
    return may_work_on(actor, case)


def _is_open(case: Case) -> Decision:
    if case.state == CaseState.CLOSED:
        return denied(_("Saken er avsluttet."), "closed")
    return ALLOWED


def _in_states(case: Case, *states: CaseState) -> Decision:
    if case.state in states:
        return ALLOWED
    return denied(_("Saken har kommet lenger enn dette."), "wrong_state")
