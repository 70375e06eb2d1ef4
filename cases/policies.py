"""Who may do what with a case: the only place a rule about people is written.

Each function answers with a Decision whose reason the person reads. They expect a case that is visible to the actor
(`Case.objects.visible_to`); what is not visible is not there.
"""

from collections.abc import Set as AbstractSet

from django.utils.translation import gettext as _

from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.decisions import ALLOWED, Decision, all_of, denied
from agencies.enums import AgencyKind, Part, ProtectionLevel, Role
from cases.enums import WRITTEN_BY_HAND, CaseState, ClosingReason, FactKind, NeedStatus, ProtectionOutcome
from cases.grants import is_assigned
from cases.models import (
    BasicNeed,
    Case,
    CaseAccess,
    Conflict,
    Conversation,
    Entry,
    LogWithholding,
    LookUpReview,
    ProtectionChange,
    ResourcePerson,
)
from cases.workflow import (
    ATTEMPTS_BEFORE_NO_CONTACT,
    BEFORE_INFORMED,
    BEFORE_ROUTING,
    OPEN,
    RESTS_ON_CONSENT,
    REVIEWABLE,
    SUMMONABLE,
    answers_in,
    missing_for,
)

# The kinds of agency that some programme lets lead: a menu cannot ask every programme at every page.
LEADING_KINDS = frozenset({AgencyKind.HEALTH_WELFARE_OFFICE, AgencyKind.SOCIAL_SERVICES})


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


def may_fetch_heads(actor: Actor) -> Decision:
    """G8: an agency's own system keeps the signed heads of the agency's log; a person has no use for them."""
    if actor.user.is_machine:
        return ALLOWED
    return denied(_("Bare tjenestens fagsystem kan hente signerte punkter."), "not_machine")


def may_do_intake(actor: Actor) -> Decision:
    """U23-09: a report is handled by those who hold the functional intake role."""
    if actor.agency.kind == AgencyKind.INTAKE_OFFICE and actor.has_role(Role.INTAKE):
        return ALLOWED
    return denied(_("Bare mottaket kan behandle nye meldinger."), "not_intake")


def may_take_cases(actor: Actor) -> Decision:
    """New cases come to the managers of the agencies that lead: they decide who gets each of them (T4)."""
    if actor.agency.kind in LEADING_KINDS and actor.has_role(Role.MANAGER):
        return ALLOWED
    return denied(_("Bare ledere ved kontorene som leder saker, tar imot nye saker."), "not_lead_manager")


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
    return all_of(takes_part(actor, case), _is_open(case))


def may_work_on(actor: Actor, case: Case) -> Decision:
    """The lead's assigned caseworkers and its managers carry the case forward."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    decision = all_of(leads(actor, case), _is_open(case))
    if decision and not actor.has_role(Role.MANAGER) and not is_assigned(actor, case):
        return denied(_("Du må være tildelt saken for å gjøre dette."), "not_assigned")
    return decision


def may_write_entry(actor: Actor, case: Case, part: str) -> Decision:
    """An agency writes in the parts it may itself know: the lead in all, others in those their right covers. Whereabouts of
    a person with a hidden address are written in the sealed place alone (F-19).
    """
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER, Role.COORDINATOR):
        return denied(_("Rollen din kan ikke skrive i saker."), "wrong_role")
    closed = _is_open(case)
    if not closed:
        return closed
    if part == Part.CONTACT and case.person.is_sealed:
        return denied(
            _("Adresse og telefon til en person med skjermet adresse skrives bare under «Skjermede opplysninger»."),
            "sealed",
        )
    if case.is_led_by(actor.agency) or part in parts_open_to(actor, case):
        return takes_part(actor, case)
    return denied(
        _("Tjenesten din har ikke tilgang til delen «%(part)s» i denne saken.") % {"part": Part(part).label},
        "wrong_part",
    )


def may_correct_entry(actor: Actor, case: Case, entry: Entry) -> Decision:
    """Whoever wrote a line by hand corrects it, as long as they may still write in its part."""
    if entry.author_agency_id != actor.agency.pk or entry.author_id != actor.user.pk:
        return denied(_("Bare den som skrev teksten, kan rette den."), "not_author")
    if entry.kind not in WRITTEN_BY_HAND:
        return denied(_("Linjer som Samlos skriver selv, rettes der hendelsen ble registrert."), "not_by_hand")
    return may_write_entry(actor, case, entry.part)


def takes_part(actor: Actor, case: Case) -> Decision:
    """The actor is in the case on the agency's behalf. Break-glass lets its one user read, and nothing else (F-39)."""
    if case.opened_with is not None and case.opened_with[0] == actor:
        alone = case.opened_by_glass
    else:
        named = CaseAccess.objects.naming(actor).filter(case=case).exists()
        alone = named and not Case.objects.filter(pk=case.pk).worked_on_by(actor).exists()
    return denied(_("Nødtilgangen lar deg lese, ikke gjøre noe i saken."), "break_glass") if alone else ALLOWED


def parts_open_to(actor: Actor, case: Case) -> set[str]:
    """The information parts some right in force lets the actor know of in this case, whoever wrote them.

    A page asks this for every button: what its case was opened with, at this very instant and for this actor, holds.
    """
    if case.opened_with is not None and case.opened_with[0] == actor:
        return set(case.opened_with[1])
    lines = CaseAccess.objects.in_force_for(actor).filter(case=case, received_only=False)
    return {part for parts in lines.values_list("parts", flat=True) for part in parts}


def may_review(actor: Actor, case: Case) -> Decision:
    """The office checks services, family and children, and mends its answers as long as the case is open (T5, U23-13)."""
    return all_of(may_work_on(actor, case), _reached(case, REVIEWABLE))


def may_summon(actor: Actor, case: Case) -> Decision:
    """The lead calls the person to a talk: first, again after not coming, and after having declined (T6, T6x, T14)."""
    return all_of(may_work_on(actor, case), _reached(case, SUMMONABLE))


def may_hold_talk(actor: Actor, case: Case) -> Decision:
    """The lead tells the person of the report and asks whether they want help (T7, T8a, T8b; U23-16, U23-17)."""
    in_time = ALLOWED if answers_in(CaseState(case.state)) else _not_here()
    return all_of(may_work_on(actor, case), in_time)


def may_assess_needs(actor: Actor, case: Case, part: str) -> Decision:
    """The lead assesses all six needs, another agency those in the parts its right covers (U23-23)."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    own = may_work_on(actor, case) if case.is_led_by(actor.agency) else ALLOWED
    return all_of(own, may_write_entry(actor, case, part), _reached(case, REVIEWABLE))


def may_map_network(actor: Actor, case: Case) -> Decision:
    """Resource persons are mapped once consent is given, by those who may know of the network (U23-18, U23-19)."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    if case.state not in RESTS_ON_CONSENT:
        return denied(_("Ressurspersoner kan føres opp når personen har samtykket."), "no_consent")
    own = may_work_on(actor, case) if case.is_led_by(actor.agency) else ALLOWED
    return all_of(own, may_write_entry(actor, case, Part.LEISURE_NETWORK))


def may_remove_resource_person(actor: Actor, person: ResourcePerson) -> Decision:
    """The agency that wrote a resource person down takes the name away again, also when the consent has ended."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    if person.author_agency_id != actor.agency.pk:
        return denied(_("Bare tjenesten som førte opp personen, kan fjerne den."), "not_author")
    return ALLOWED


def may_assess_coordination(actor: Actor, case: Case) -> Decision:
    """The lead considers a responsibility group and an individual plan and calls the meeting (U23-24, U23-25)."""
    decision = may_work_on(actor, case)
    if decision and case.state not in RESTS_ON_CONSENT:
        return denied(_("Dette gjøres når personen har samtykket til samarbeid."), "wrong_state")
    return decision


def may_start_collaboration(actor: Actor, case: Case) -> Decision:
    """The lead starts the collaboration from the mapping, once all that T10 asks for is in place."""
    # The table also lets a case come back from the group's follow-up: that is another step, with another page.
    decision = all_of(may_work_on(actor, case), _reached(case, frozenset({CaseState.MAPPING})))
    missing = missing_for(CaseState.MAPPING, CaseState.COLLABORATING, facts_as_seen(actor, case)) if decision else None
    if missing:
        lacking = ", ".join(str(FactKind(fact).label) for fact in missing.facts)
        return denied(_("Dette mangler først: %(facts)s.") % {"facts": lacking}, "facts_missing")
    return decision


def facts_as_seen(actor: Actor, case: Case) -> set[FactKind]:
    """The facts in force, with the needs as they can be seen now: what another agency wrote may have come or gone."""
    facts = case.facts_in_force() - {FactKind.BASIC_NEEDS_ASSESSED}
    return facts if needs_not_assessed(actor, case) else facts | {FactKind.BASIC_NEEDS_ASSESSED}


def needs_not_assessed(actor: Actor, case: Case) -> list[str]:
    """The labels of the basic needs that the actor can see no assessment of (U23-23)."""
    newest = (
        BasicNeed.objects.readable_by(actor).filter(case=case).order_by("need", "-created_at", "-pk").distinct("need")
    )
    assessed = {need for need, status in newest.values_list("need", "status") if status != NeedStatus.NOT_ASSESSED}
    return [need.label for need in case.programme_version.definition.basic_needs if need.code not in assessed]


def may_close(actor: Actor, case: Case, reason: ClosingReason | None = None) -> Decision:
    """The lead closes a case that has come past intake, with a reason (T13). "No contact" is one only after calling in
    vain several times, as long as the person was never reached (T6x).
    """
    decision = all_of(may_work_on(actor, case), _reached(case, OPEN - BEFORE_ROUTING))
    never_reached = reason == ClosingReason.NO_CONTACT and case.state in BEFORE_INFORMED
    if decision and never_reached and vain_attempts(case) < ATTEMPTS_BEFORE_NO_CONTACT:
        why = _(
            "Saken kan avsluttes fordi dere ikke fikk kontakt, når personen er innkalt %(count)d ganger uten å komme."
        )
        return denied(why % {"count": ATTEMPTS_BEFORE_NO_CONTACT}, "too_few_attempts")
    return decision


def vain_attempts(case: Case) -> int:
    """How many times the person was called and did not come, since the case was last moved to being summoned (T6x)."""
    if case.state != CaseState.SUMMONED:
        return 0
    return Conversation.objects.filter(case=case, did_not_come=True, created_at__gte=case.state_since).count()


def may_raise_protection(actor: Actor, case: Case, level: str | None = None) -> Decision:
    """One person of the lead hides a person better at once, whatever state the case is in (F-19)."""
    decision = _may_decide_protection(actor, case)
    if decision and level is not None and is_covered(case.person.protection_level, level):
        return denied(_("Velg et vern som er strengere enn det saken har nå."), "wrong_level")
    return decision


def may_request_lower(actor: Actor, case: Case, level: str | None = None) -> Decision:
    """Somebody of the lead who is cleared asks to hide a person less; it changes nothing before a second has answered."""
    decision = _may_decide_protection(actor, case)
    if decision and not actor.is_cleared_for(case.person.protection_level):
        return denied(_("Du er ikke klarert for dette vernet."), "not_cleared")
    if decision and level is not None and is_covered(level, case.person.protection_level):
        return denied(_("Velg et vern som er mildere enn det saken har nå."), "wrong_level")
    if decision and ProtectionChange.objects.waiting().filter(case=case).exists():
        return denied(_("Noen har alt bedt om å senke vernet. Svar på det først."), "already_asked")
    return decision


def may_approve_lower(actor: Actor, case: Case, change: ProtectionChange) -> Decision:
    """A second cleared person of the lead lowers the level; never the one who asked (security.md 3.5, row 3)."""
    if change.requested_by_id == actor.user.pk:
        return denied(_("Du ba om dette selv. En annen som er klarert, må svare."), "same_person")
    return all_of(_may_decide_protection(actor, case, everybody=True), _may_answer_lower(actor, case, change))


def may_withdraw_lower(actor: Actor, case: Case, change: ProtectionChange) -> Decision:
    """Whoever asked to lower the level takes that back as long as nobody has answered."""
    if change.requested_by_id != actor.user.pk:
        return denied(_("Bare den som ba om det, kan trekke det."), "not_author")
    return _may_answer_lower(actor, case, change)


def may_open_sealed(actor: Actor, case: Case) -> Decision:
    """The lead's cleared people open the one place where a hidden person's whereabouts stand (F-19)."""
    if not actor.is_cleared_for(case.person.protection_level):
        return denied(_("Du er ikke klarert for dette vernet."), "not_cleared")
    return leads(actor, case)


def may_write_sealed(actor: Actor, case: Case) -> Decision:
    """They also write there, from fortrolig adresse up: below that, whereabouts stand where they always do."""
    if not case.person.is_sealed:
        return denied(_("Personen har ikke skjermet adresse. Skriv det der det hører hjemme i saken."), "not_sealed")
    return all_of(may_open_sealed(actor, case), _may_decide_protection(actor, case))


def may_store_whereabouts(actor: Actor, case: Case) -> Decision:
    """From strengt fortrolig adresse up, no place and no number is written outside the sealed place (F-19)."""
    if not case.person.stores_no_whereabouts:
        return ALLOWED
    return denied(whereabouts_refused(), "whereabouts_sealed")


def whereabouts_refused() -> str:
    """What a form says instead of taking a place or a number down."""
    return _(
        "Personen har så strengt vern at steder, adresser og telefonnumre ikke kan stå her. La feltet stå tomt, og "
        "avtal det muntlig. Må noen ha det skriftlig, skriver en som er klarert, det under «Skjermede opplysninger»."
    )


def is_covered(level: str, other: str) -> bool:
    """Whether protection `level` is at least as strict as `other`."""
    return CLEARANCE_ORDER.index(ProtectionLevel(level)) >= CLEARANCE_ORDER.index(ProtectionLevel(other))


def _may_decide_protection(actor: Actor, case: Case, *, everybody: bool = False) -> Decision:
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER, Role.INTAKE):
        return denied(_("Bare saksbehandlere, ledere og mottaket kan gjøre dette."), "wrong_role")
    decision = leads(actor, case)
    answers = everybody or actor.has_role(Role.MANAGER, Role.INTAKE)
    if decision and not answers and not is_assigned(actor, case):
        return denied(_("Du må være tildelt saken for å gjøre dette."), "not_assigned")
    return decision


def _may_answer_lower(actor: Actor, case: Case, change: ProtectionChange) -> Decision:
    if change.outcome != ProtectionOutcome.REQUESTED or change.from_level != case.person.protection_level:
        return denied(_("Noen har alt svart, eller vernet er endret siden."), "wrong_state")
    if not actor.is_cleared_for(change.from_level):
        return denied(_("Du er ikke klarert for dette vernet."), "not_cleared")
    return leads(actor, case)


def may_keep_conflicts(actor: Actor, case: Case) -> Decision:
    """A manager notes that one of the agency's own people has a conflict of interest, and sees who has (fvl. § 8)."""
    if actor.has_role(Role.MANAGER):
        return ALLOWED
    return denied(_("Bare en leder kan melde andre inhabile."), "not_manager")


def may_end_conflict(actor: Actor, case: Case, conflict: Conflict) -> Decision:
    """A manager who is not the person it is about ends it with a reason; the row stays (fvl. § 8)."""
    if conflict.user_id == actor.user.pk:
        return denied(_("Du kan ikke oppheve din egen inhabilitet."), "same_person")
    if conflict.agency_id != actor.agency.pk:
        return denied(_("Den er meldt i en annen tjeneste."), "other_agency")
    return may_keep_conflicts(actor, case)


def may_hand_over(actor: Actor) -> Decision:
    """A manager moves a caseworker's cases to another: leave, or the end of the employment (need to know)."""
    if actor.has_role(Role.MANAGER):
        return ALLOWED
    return denied(_("Bare en leder kan overdra saker."), "not_manager")


def _is_open(case: Case) -> Decision:
    if case.state == CaseState.CLOSED:
        return denied(_("Saken er avsluttet."), "closed")
    return ALLOWED


def _in_states(case: Case, *states: CaseState) -> Decision:
    if case.state in states:
        return ALLOWED
    return denied(_("Saken har kommet lenger enn dette."), "wrong_state")


def _reached(case: Case, states: AbstractSet[CaseState]) -> Decision:
    return ALLOWED if case.state in states else _not_here()


def _not_here() -> Decision:
    return denied(_("Dette gjøres ikke i den tilstanden saken er i nå."), "wrong_state")


# --- the young person's log, and the review of look-ups ---------------------------------------------------------------


def may_show_log(actor: Actor, case: Case) -> Decision:
    """The lead's assigned caseworkers and its managers open the log together with the person, also after closing.

    Not before the person was told of the report (U23-16): the log would tell it first.
    """
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    decision = leads(actor, case)
    if decision and not actor.has_role(Role.MANAGER) and not is_assigned(actor, case):
        return denied(_("Du må være tildelt saken for å gjøre dette."), "not_assigned")
    closed_untold = case.state == CaseState.CLOSED and not case.facts.filter(kind=FactKind.TOLD_OF_REPORT).exists()
    if decision and (case.state in BEFORE_INFORMED or closed_untold):
        return denied(_("Loggen kan vises når personen er orientert om meldingen."), "wrong_state")
    return decision


def may_decide_withholding(actor: Actor, case: Case, withholding: LogWithholding) -> Decision:
    """A manager of the lead decides whether an entry is kept from the person for a time, and never on their own asking."""
    if not actor.has_role(Role.MANAGER):
        return denied(_("Bare en leder kan avgjøre at et oppslag ikke vises ennå."), "not_manager")
    if withholding.asked_by_id == actor.user.pk:
        return denied(_("Den som har bedt om det, kan ikke selv godkjenne det."), "same_person")
    return may_show_log(actor, case)


def may_review_look_ups(actor: Actor) -> Decision:
    """The agency's privacy officer judges its look-ups, and sees no case (G21)."""
    if actor.has_role(Role.PRIVACY_OFFICER):
        return ALLOWED
    return denied(_("Bare personvernombudet kan kontrollere oppslag."), "not_privacy_officer")


def may_settle_look_up(actor: Actor, review: LookUpReview) -> Decision:
    """Nobody judges their own look-ups."""
    if review.employee_id == actor.user.pk:
        return denied(_("Du kan ikke vurdere dine egne oppslag."), "own_look_up")
    return may_review_look_ups(actor)


def may_read_access_reports(actor: Actor) -> Decision:
    """The weekly report of who can see what is the agency's privacy officers' (security.md, Karmøy)."""
    if actor.has_role(Role.PRIVACY_OFFICER):
        return ALLOWED
    return denied(_("Bare personvernombudet leser tilgangsrapportene."), "not_privacy_officer")


def may_ask_who_could_see(actor: Actor) -> Decision:
    """The breach question is asked by the managers and the privacy officer of the agency that leads the case (GDPR art. 33)."""
    if actor.has_role(Role.MANAGER, Role.PRIVACY_OFFICER):
        return ALLOWED
    return denied(_("Bare ledere og personvernombudet kan spørre om dette."), "wrong_role")
