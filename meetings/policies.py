"""Who may do what with a meeting and its agenda: the only place a rule about people is written.

A state that does not fit answers with one of `NOT_NOW`: the services say "not now" instead of "you may not" then.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import ALLOWED, Decision, NotNow, all_of, denied
from agencies.enums import Part
from agencies.models import Programme, ProgrammeVersion
from agencies.models.programme_definition import Forum
from cases.models import Case
from cases.policies import may_work_on, may_write_entry, parts_open_to
from consent.policies import forum_basis
from meetings.enums import ItemState, MeetingState
from meetings.models import CaseItem, Meeting
from meetings.workflow import ITEM_TRANSITIONS, MEETING_TRANSITIONS

NOT_NOW = frozenset({"wrong_state", "closed", "no_basis", "no_hearer"})
# Whereabouts are never taken up in a meeting, and core needs no meeting: every right holds it (F-19, SIG-46).
NEVER_ON_AGENDA = frozenset({Part.CORE, Part.CONTACT})


def enforce(decision: Decision) -> None:
    """Refused when the person may not; NotNow when the state does not allow it yet or any more."""
    if not decision and decision.code in NOT_NOW:
        raise NotNow(decision.reason, decision.code)
    decision.enforce()


def may_convene(actor: Actor, forum: Forum) -> Decision:
    """A forum is called together by the function its programme names: for U23 the SLT coordinator (U23-27)."""
    if actor.agency.kind == forum.convenor.kind and actor.has_role(forum.convenor.role):
        return ALLOWED
    return denied(
        _("Bare %(role)s kan innkalle til %(forum)s.") % {"role": forum.convenor.role.label, "forum": forum.name},
        "not_convenor",
    )


def forums_convened_by(actor: Actor) -> list[tuple[ProgrammeVersion, Forum]]:
    """The forums the actor may call together, in each programme's current version."""
    versions = (
        programme.current_version() for programme in Programme.objects.filter(country=actor.agency.municipality.country)
    )
    return [
        (version, forum) for version in versions for forum in version.definition.forums if may_convene(actor, forum)
    ]


def may_run(actor: Actor, meeting: Meeting) -> Decision:
    """Whoever may convene the forum, in the agency that called this meeting, prepares and leads it."""
    if not meeting.is_convened_by(actor.agency):
        return denied(_("Bare den som innkaller kan gjøre dette."), "not_convenor")
    return may_convene(actor, meeting.definition)


def may_change(actor: Actor, meeting: Meeting) -> Decision:
    """Time, place, agenda and who is called change until the meeting is held or called off."""
    return all_of(may_run(actor, meeting), _is_planned(meeting))


def may_hold(actor: Actor, meeting: Meeting) -> Decision:
    """A meeting is marked as held once it has begun."""
    begun = ALLOWED if meeting.starts_at <= actor.at else denied(_("Møtet har ikke begynt ennå."), "wrong_state")
    return all_of(may_change(actor, meeting), begun)


def may_propose(actor: Actor, case: Case, forum_code: str) -> Decision:
    """LIL-22, U23-29: the lead takes a case to a forum that a consent in force lets speak of it."""
    decision = may_work_on(actor, case)
    if not decision:
        return decision
    if forum_code not in {forum.code for forum in case.programme_version.definition.forums}:
        return denied(_("Programmet saken følger, har ikke dette møtet."), "no_basis")
    basis = forum_basis(case, forum_code)
    return ALLOWED if basis else denied(basis.reason_if_none, "no_basis")


def may_propose_to(actor: Actor, case: Case, meeting: Meeting) -> Decision:
    """As `may_propose`, to a meeting that is still to come."""
    return all_of(may_propose(actor, case, meeting.forum), _is_planned(meeting))


def proposable_parts(actor: Actor, case: Case) -> list[Part]:
    """The parts the actor can ask about: those the programme has and the agency itself may know."""
    known = parts_open_to(actor, case) - NEVER_ON_AGENDA
    return [part for part in case.programme_version.definition.parts if part in known]


def may_withdraw(actor: Actor, item: CaseItem) -> Decision:
    """The lead takes its proposal back, also one already on the agenda and one without a basis any more."""
    if item.author_agency_id != actor.agency.pk:
        return denied(_("Bare tjenesten som foreslo saken, kan trekke den."), "not_author")
    return all_of(may_work_on(actor, item.case), _is_planned(item.meeting), _may_become(item, ItemState.WITHDRAWN))


def may_answer(actor: Actor, item: CaseItem, answer: ItemState) -> Decision:
    """The coordinator decides what is taken up, and when."""
    return all_of(may_change(actor, item.meeting), _may_become(item, answer))


def may_write_minutes(actor: Actor, item: CaseItem) -> Decision:
    """F-17: whoever leads the meeting, or the case's lead, among those who hear the item. Expects an item heard by the
    actor.
    """
    if item.meeting.state == MeetingState.CANCELLED:
        return denied(_("Møtet er avlyst."), "wrong_state")
    if item.state != ItemState.ACCEPTED:
        return denied(_("Saken står ikke på saklisten."), "wrong_state")
    if item.meeting.starts_at > actor.at:
        return denied(_("Møtet har ikke begynt ennå."), "wrong_state")
    if may_run(actor, item.meeting) or may_work_on(actor, item.case):
        return ALLOWED
    return denied(_("Bare den som leder møtet, og tjenesten som leder saken, kan skrive referat."), "not_writer")


def may_write_status(actor: Actor, item: CaseItem, part: str) -> Decision:
    """U23-30: everyone who attends tells what is new today, each in a part of the item it may write in."""
    if not item.meeting.is_planned:
        return denied(_("Møtet er over."), "wrong_state")
    if part not in item.parts:
        return denied(_("Saken gjelder ikke denne delen."), "wrong_part")
    return may_write_entry(actor, item.case, part)


def may_follow_up(actor: Actor, item: CaseItem) -> Decision:
    """T11: once the case was taken up at a held meeting, the lead can say that the group follows it up."""
    taken_up = item.meeting.is_held and item.state == ItemState.ACCEPTED
    return all_of(
        may_work_on(actor, item.case),
        ALLOWED if taken_up else denied(_("Saken er ikke tatt opp på møtet ennå."), "wrong_state"),
    )


def writable_parts(actor: Actor, item: CaseItem) -> list[Part]:
    """The item's parts in which the actor may write a status."""
    return [Part(part) for part in item.parts if may_write_status(actor, item, part)]


def may_own_decision(agency_id: int, hearers: Iterable[int]) -> Decision:
    """What is agreed is seen to by somebody who heard it."""
    if agency_id in set(hearers):
        return ALLOWED
    return denied(_("Velg en tjeneste som hører saken."), "not_hearer")


def _is_planned(meeting: Meeting) -> Decision:
    if meeting.is_planned:
        return ALLOWED
    word = _("Møtet er avlyst.") if meeting.state == MeetingState.CANCELLED else _("Møtet er holdt.")
    return denied(word, "wrong_state")


def may_end(meeting: Meeting, state: MeetingState) -> bool:
    """Whether the meeting can become `state` from where it is."""
    return (MeetingState(meeting.state), state) in MEETING_TRANSITIONS


def _may_become(item: CaseItem, state: ItemState) -> Decision:
    current = ItemState(item.state)
    if (current, state) in ITEM_TRANSITIONS:
        return ALLOWED
    return denied(_("Saken er allerede «%(state)s».") % {"state": current.label}, "wrong_state")
