"""Who may do what with consents and disclosures, and whether a forum may hear a case. Rules about people, only here."""

from dataclasses import dataclass

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import ALLOWED, Decision, all_of, denied
from agencies.enums import AgencyKind, Part, Role
from agencies.enums import ForumBasis as HearsOn
from cases.enums import CaseState, FactKind
from cases.grants import is_assigned
from cases.models import Case
from cases.policies import leads, may_work_on, takes_part
from cases.workflow import BEFORE_INFORMED, BEFORE_ROUTING, RESTS_ON_CONSENT
from consent.contents import signer_rule
from consent.models import BreakGlass, Consent, Disclosure


def may_see_consents(actor: Actor, case: Case) -> Decision:
    """The lead holds the form with all it says; others see their own line of it."""
    return leads(actor, case)


def may_record(actor: Actor, case: Case) -> Decision:
    """U23-18, T9a: asked of somebody who was told of the report and wants help, and signed by those who must."""
    decision = may_work_on(actor, case)
    if not decision:
        return decision
    if case.state not in {CaseState.CONSENT_PENDING, *RESTS_ON_CONSENT}:
        return denied(
            _("Samtykke kan registreres når ungdommen er orientert om meldingen og ønsker bistand."), "wrong_state"
        )
    lacking = {FactKind.TOLD_OF_REPORT, FactKind.WANTS_HELP} - case.facts_in_force()
    if lacking:
        words = ", ".join(sorted(str(FactKind(fact).label) for fact in lacking))
        return denied(_("Dette mangler først: %(facts)s.") % {"facts": words}, "facts_missing")
    rule = signer_rule(case)
    if not rule.young_person_alone:
        return denied(
            _("%(rule)s Her kan bare samtykke fra den som er 18 år eller eldre, registreres.")
            % {"rule": rule.explanation},
            "facts_missing",
        )
    return ALLOWED


def may_refuse(actor: Actor, case: Case) -> Decision:
    """T9b: that the person wants help, but no sharing."""
    return all_of(may_work_on(actor, case), _in_state(case, CaseState.CONSENT_PENDING))


def may_ask_again(actor: Actor, case: Case) -> Decision:
    """T8a: somebody who said no to sharing may change their mind."""
    return all_of(may_work_on(actor, case), _in_state(case, CaseState.CONSENT_REFUSED))


def may_revoke(actor: Actor, consent: Consent) -> Decision:
    """SIG-63, C5: whoever works on the case for its lead writes down that the person has taken the consent back."""
    return may_work_on(actor, consent.case)


def may_disclose(actor: Actor, case: Case) -> Decision:
    """C4 step 4: each agency decides for what it knows itself; only people who work on the case may.

    Intake does as long as it leads the case: the copy to a second agency is a disclosure of its own (T3b, U23-11).
    """
    if case.state == CaseState.CLOSED:
        return denied(_("Saken er avsluttet."), "closed")
    reading_only = takes_part(actor, case)
    if not reading_only:
        return reading_only
    if case.is_led_by(actor.agency):
        if case.state in BEFORE_ROUTING and actor.has_role(Role.INTAKE):
            return ALLOWED
        return may_work_on(actor, case)
    if _works_for_agency(actor, case):
        return ALLOWED
    return denied(_("Bare ledere og de som er tildelt saken, kan dele på lovgrunnlag."), "not_assigned")


def may_approve(actor: Actor, disclosure: Disclosure) -> Decision:
    """C4: against a no, a second person decides too: a manager of the agency that shares, never its author."""
    if disclosure.author_agency_id != actor.agency.pk or not actor.has_role(Role.MANAGER):
        return denied(_("En leder i tjenesten som deler, må godkjenne dette."), "not_manager")
    if disclosure.author_id == actor.user.pk:
        return denied(_("En annen enn den som skrev vedtaket, må godkjenne det."), "own_decision")
    return ALLOWED


def may_end_disclosure(actor: Actor, disclosure: Disclosure) -> Decision:
    """The agency that shares stops it; the lead may too, since it answers for the case."""
    if disclosure.author_agency_id != actor.agency.pk:
        return may_work_on(actor, disclosure.case)
    if _works_for_agency(actor, disclosure.case) or (actor.has_role(Role.INTAKE) and leads(actor, disclosure.case)):
        return ALLOWED
    return denied(_("Bare ledere og de som er tildelt saken, kan avslutte delingen."), "not_assigned")


def objection_is_known(case: Case) -> bool:
    """Whether the person has said no, or taken a yes back, and nothing has replaced it (C4)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.objection_known(%s)", [case.pk])
        (known,) = cursor.fetchone()
    return bool(known)


@dataclass(frozen=True)
class ForumBasis:
    """Which agencies (ids) take part when a forum speaks of a case at this instant; none, and then why not."""

    participants: frozenset[int]
    reason_if_none: str | Promise = ""

    def __bool__(self) -> bool:
        return bool(self.participants)


def forum_basis(case: Case, forum_code: str) -> ForumBasis:
    """Who may hear `case` in that forum now, on consent (LIL-22, LIL-23, U23-29).

    KeyError for a forum the case's programme does not have. An agency without a right in the case gets nobody.
    """
    forum = case.programme_version.definition.forum(forum_code)
    if forum.kind.never_hears_individuals or HearsOn.CONSENT not in forum.individual_cases:
        return ForumBasis(frozenset(), _("%(forum)s kan aldri snakke om enkeltpersoner.") % {"forum": forum.name})
    if case.state in BEFORE_INFORMED:
        return ForumBasis(frozenset(), _("Ungdommen må få vite om meldingen før noe møte kan snakke om saken."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT agency_id FROM samlos.forum_participants(%s, %s)", [case.pk, forum_code])
        participants = frozenset(agency_id for (agency_id,) in cursor.fetchall())
    if participants:
        return ForumBasis(participants)
    return ForumBasis(
        participants, _("Det er ikke noe samtykke som lar %(forum)s snakke om saken nå.") % {"forum": forum.name}
    )


def _works_for_agency(actor: Actor, case: Case) -> bool:
    return actor.has_role(Role.MANAGER) or (actor.has_role(Role.CASEWORKER) and is_assigned(actor, case))


def _in_state(case: Case, state: CaseState) -> Decision:
    if case.state == state:
        return ALLOWED
    return denied(
        _("Saken er i «%(now)s». Dette kan bare gjøres i «%(needed)s».")
        % {"now": CaseState(case.state).label, "needed": state.label},
        "wrong_state",
    )


# --- break-glass (F-39) -------------------------------------------------------------------------------------------------

# The police are told by those who know: no way of their own leads to these (security.md 3.5, row 5).
NEVER_OPENED_BY_POLICE = frozenset({Part.HEALTH, Part.CHILD_WELFARE})
GLASS_CONTROLLERS = frozenset({Role.MANAGER, Role.PRIVACY_OFFICER})


def may_break_glass(actor: Actor) -> Decision:
    """Whoever works on cases, assigned or not, opens named parts of one person's case when life or health cannot wait."""
    if actor.works_on_cases:
        return ALLOWED
    return denied(_("Bare de som arbeider med saker, kan åpne en sak i nødsfall."), "wrong_role")


def parts_in_emergency(actor: Actor) -> list[Part]:
    """The parts that can be named. Core comes with every right; the police never get at health and child welfare."""
    barred = NEVER_OPENED_BY_POLICE if actor.agency.kind == AgencyKind.POLICE else frozenset()
    return [part for part in Part if part != Part.CORE and part not in barred]


def may_confirm_glass(actor: Actor, glass: BreakGlass) -> Decision:
    """The second person: a manager or the privacy officer of the agency that leads the case, at intake the intake role.

    They answer for the case, can tell whether there was an emergency, and have no part in the act. The user's own manager
    is not one: that would be judging one's own house, and would tell a second person there that the case exists. When
    nothing was opened there is no lead, and the privacy officer of the user's own agency is the one. Never the user.
    """
    if glass.user_id == actor.user.pk:
        return denied(_("En annen enn den som åpnet, må kontrollere det."), "own_glass")
    if glass.case_id is None:
        if actor.agency.pk == glass.agency_id and actor.has_role(Role.PRIVACY_OFFICER):
            return ALLOWED
        return denied(_("Personvernombudet i tjenesten til den som søkte, kontrollerer dette."), "not_privacy_officer")
    at_intake = actor.agency.kind == AgencyKind.INTAKE_OFFICE and actor.has_role(Role.INTAKE)
    if not (actor.has_role(*GLASS_CONTROLLERS) or at_intake):
        return denied(
            _("En leder eller personvernombudet i tjenesten som leder saken, kontrollerer dette."), "wrong_role"
        )
    if Case.objects.filter(pk=glass.case_id).led_by(actor.agency).exists():
        return ALLOWED
    return denied(_("Tjenesten som leder saken, kontrollerer dette."), "not_lead")


def may_end_glass(actor: Actor, glass: BreakGlass) -> Decision:
    """Its user, when done, and whoever could be the second person."""
    if glass.user_id == actor.user.pk and glass.agency_id == actor.agency.pk:
        return ALLOWED
    return may_confirm_glass(actor, glass)


def may_follow_glasses(actor: Actor) -> Decision:
    """Those who control: managers, intake, and privacy officers, who also count how often each of their people did it."""
    if actor.has_role(*GLASS_CONTROLLERS) or (
        actor.agency.kind == AgencyKind.INTAKE_OFFICE and actor.has_role(Role.INTAKE)
    ):
        return ALLOWED
    return denied(_("Bare ledere og personvernombudet kontrollerer nødtilganger."), "wrong_role")
