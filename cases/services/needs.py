"""Mapping with the person: the six basic needs, the network, and what is considered before collaborating (T10)."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel
from agencies.models import Agency
from audit import clock
from cases import policies, workflow
from cases.enums import CaseState, CoordinationKind, EntryKind, FactKind, NeedStatus
from cases.models import BasicNeed, Case, CoordinationAssessment, ResourcePerson
from cases.services.lifecycle import change_state, demand, fact_ensured, lock, record_change, write_entry
from cases.services.readers import readers_of

_FACT_OF_ASSESSMENT = {
    CoordinationKind.RESPONSIBILITY_GROUP: FactKind.RESPONSIBILITY_GROUP_ASSESSED,
    CoordinationKind.INDIVIDUAL_PLAN: FactKind.INDIVIDUAL_PLAN_ASSESSED,
    CoordinationKind.COOPERATION_MEETING: FactKind.COOPERATION_MEETING_CALLED,
}


@dataclass(frozen=True)
class NeedAnswer:
    """How one need stands now, in one agency's eyes."""

    need: str
    status: NeedStatus
    text: str = ""
    responsible_agency: Agency | None = None
    due_on: dt.date | None = None

    def repeats(self, latest: BasicNeed | None) -> bool:
        """Whether this says nothing new: what is not changed is not written again."""
        if latest is None:
            return self == NeedAnswer(self.need, NeedStatus.NOT_ASSESSED)
        return (latest.status, latest.text, latest.responsible_agency_id, latest.due_on) == (
            self.status,
            self.text,
            self.responsible_agency.pk if self.responsible_agency else None,
            self.due_on,
        )


# --- the six needs ----------------------------------------------------------------------------------------------------


def latest_needs(actor: Actor, case: Case) -> dict[str, BasicNeed]:
    """The newest assessment of each need that `actor` may read, by the need's code."""
    rows = (
        BasicNeed.objects.readable_by(actor)
        .filter(case=case)
        .select_related("author_agency", "responsible_agency", "author")
        .order_by("need", "-created_at", "-pk")
        .distinct("need")
    )
    return {row.need: row for row in rows}


def history_of_needs(actor: Actor, case: Case) -> dict[str, list[BasicNeed]]:
    """Every assessment `actor` may read, by the need's code, newest first."""
    history: dict[str, list[BasicNeed]] = {}
    rows = BasicNeed.objects.readable_by(actor).filter(case=case).select_related("author_agency", "responsible_agency")
    for row in rows.order_by("-created_at", "-pk"):
        history.setdefault(row.need, []).append(row)
    return history


def agencies_who_may_know(actor: Actor, case: Case) -> dict[Agency, set[str]]:
    """The parts each agency may know of now: those who can be responsible for something. The lead, all of them.

    As far as `actor` may know it: the lead sees all agencies in the case, others themselves and the lead.
    """
    return {
        reader.agency: {str(part) for part in Part}
        if reader.leads
        else {part for line in reader.lines if line.user_id is None and not line.received_only for part in line.parts}
        for reader in readers_of(actor, case)
    }


@transaction.atomic
def assess_needs(case: Case, *, by: Actor, answers: Iterable[NeedAnswer]) -> int:
    """Write down how the needs stand; each change is a new row (U23-23). Returns how many changed.

    Raises NotNow when a responsible agency may not know of the need, and Refused for a part that is not the actor's.
    """
    case = lock(case)
    definition = case.programme_version.definition
    latest = latest_needs(by, case)
    changed = [answer for answer in answers if not answer.repeats(latest.get(answer.need))]
    who = agencies_who_may_know(by, case) if changed else {}
    instant = clock.now()
    parts = []
    for answer in changed:
        need = definition.basic_need(answer.need)
        demand(policies.may_assess_needs(by, case, need.part))
        if answer.responsible_agency and need.part not in who.get(answer.responsible_agency, set()):
            raise NotNow(
                _("%(agency)s har ikke tilgang til «%(need)s» og kan ikke ha ansvaret.")
                % {"agency": answer.responsible_agency.name, "need": need.label},
                "agency_without_right",
            )
        BasicNeed.objects.create(
            case=case,
            part=need.part,
            need=answer.need,
            status=answer.status,
            text=answer.text,
            responsible_agency=answer.responsible_agency,
            due_on=answer.due_on,
            author=by.user,
            author_agency=by.agency,
            created_at=instant,
        )
        if need.part not in parts:
            parts.append(need.part)
    for part in parts:
        write_entry(case, kind=EntryKind.NEEDS, part=part, by=by)
    if changed:
        _note_when_all_assessed(case, by=by)
        record_change("needs.assessed", case, by=by, parts=parts)
    return len(changed)


def _note_when_all_assessed(case: Case, *, by: Actor) -> None:
    """The lead, who carries the step, must see all six; another agency sees only some and cannot tell."""
    if case.is_led_by(by.agency) and not policies.needs_not_assessed(by, case):
        fact_ensured(case, FactKind.BASIC_NEEDS_ASSESSED, by=by)


# --- the network ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_resource_person(
    case: Case,
    *,
    by: Actor,
    name: str,
    relation: str,
    contact: str = "",
    is_private: bool = True,
    is_child: bool = False,
) -> ResourcePerson:
    """Write down somebody who can help (U23-19): no more than needed to reach them, and no access for them.

    `is_child`: a child or sibling of the person, who has at least the person's protection level from now on (F-19).
    """
    case = lock(case)
    demand(policies.may_map_network(by, case))
    if contact:
        demand(policies.may_store_whereabouts(by, case))
    if ResourcePerson.objects.filter(
        case=case, author_agency=by.agency, name=name, relation=relation, removed_at=None
    ).exists():
        raise NotNow(_("Denne personen er alt ført opp."), "already_there")
    person = ResourcePerson.objects.create(
        case=case,
        part=Part.LEISURE_NETWORK,
        name=name,
        relation=relation,
        contact=contact,
        is_private=is_private,
        is_child=is_child,
        protection_level=case.person.protection_level if is_child else ProtectionLevel.NONE,
        author=by.user,
        author_agency=by.agency,
        created_at=clock.now(),
    )
    record_change("network.added", case, by=by, parts=[Part.LEISURE_NETWORK])
    return person


@transaction.atomic
def remove_resource_person(case: Case, person_id: uuid.UUID, *, by: Actor) -> None:
    """Take a resource person away, with what stood about them: someone outside the case is not kept for its history.

    Raises NotNow when it is done already.
    """
    person = ResourcePerson.objects.select_for_update().filter(case=case, pk=person_id).first()
    if person is None or person.removed_at is not None:
        raise NotNow(_("Personen er alt fjernet."), "already_removed")
    demand(policies.may_remove_resource_person(by, person))
    person.name = person.relation = person.contact = ""
    person.removed_at = clock.now()
    person.save(update_fields=["name", "relation", "contact", "removed_at"])
    record_change("network.removed", case, by=by, parts=[Part.LEISURE_NETWORK])


def network_of(actor: Actor, case: Case) -> list[ResourcePerson]:
    """The resource persons `actor` may know of, by when they were written down."""
    rows = ResourcePerson.objects.readable_by(actor).filter(case=case, removed_at=None)
    # A child keeps the level when the case's is lowered, and is then there for those cleared alone (F-19).
    shown = rows.exclude(protection_level__in=actor.levels_hidden).select_related("author_agency")
    return list(shown.order_by("created_at", "pk"))


# --- what is considered, and the step ------------------------------------------------------------------------------


def assessments_of(case: Case) -> dict[str, list[CoordinationAssessment]]:
    """What was considered, by kind, newest first: the lead's own papers."""
    found: dict[str, list[CoordinationAssessment]] = {}
    rows = CoordinationAssessment.objects.filter(case=case).select_related("author")
    for row in rows.order_by("-assessed_at", "-pk"):
        found.setdefault(row.kind, []).append(row)
    return found


@transaction.atomic
def assess_coordination(
    case: Case, *, by: Actor, kind: CoordinationKind, wanted: bool, why: str, meeting_on: dt.date | None = None
) -> CoordinationAssessment:
    """Note whether a responsibility group or an individual plan is called for, and why (U23-25), or that the cooperation
    meeting is called with the person invited (U23-24).

    Raises NotNow for a cooperation meeting without a date or without the person, and for saying the same again.
    """
    case = lock(case)
    demand(policies.may_assess_coordination(by, case))
    if kind == CoordinationKind.COOPERATION_MEETING and not (wanted and meeting_on):
        raise NotNow(
            _("Samarbeidsmøtet holdes med personen. Sett en dato, og kall inn personen også."), "person_missing"
        )
    latest = CoordinationAssessment.objects.filter(case=case, kind=kind).order_by("-assessed_at", "-pk").first()
    if latest and (latest.wanted, latest.why, latest.meeting_on) == (wanted, why, meeting_on):
        raise NotNow(_("Dette er alt lagret."), "already_assessed")
    assessment = CoordinationAssessment.objects.create(
        case=case,
        kind=kind,
        wanted=wanted,
        why=why,
        meeting_on=meeting_on,
        author=by.user,
        author_agency=by.agency,
        assessed_at=clock.now(),
    )
    fact_ensured(case, _FACT_OF_ASSESSMENT[kind], by=by, source_type="coordination_assessment", source_id=assessment.pk)
    if kind == CoordinationKind.COOPERATION_MEETING:
        write_entry(
            case,
            kind=EntryKind.MEETING,
            part=Part.CORE,
            by=by,
            text=_("Samarbeidsmøte er kalt inn, og personen er invitert."),
            source_type="coordination_assessment",
            source_id=assessment.pk,
        )
    record_change("coordination.assessed", case, by=by, purpose=kind)
    return assessment


@dataclass(frozen=True)
class Step:
    """One thing that must be in place before the collaboration begins."""

    fact: FactKind
    is_done: bool


def steps_to_collaboration(actor: Actor, case: Case) -> list[Step]:
    """What T10 asks for, and what of it is in place, as the lead sees it now."""
    facts = policies.facts_as_seen(actor, case)
    order = [kind for kind in FactKind if kind in workflow.MAPPED]
    return [Step(kind, kind in facts) for kind in order]


@transaction.atomic
def start_collaboration(case: Case, *, by: Actor) -> Case:
    """Move from mapping to collaborating (T10). Raises NotNow with what is missing."""
    case = lock(case)
    demand(policies.may_start_collaboration(by, case))
    _note_when_all_assessed(case, by=by)
    return change_state(case, CaseState.COLLABORATING, by=by)
