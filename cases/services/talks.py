"""Calling the person to a talk, telling that the report came from the police, and what the person wants (T6 to T8)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from cases import policies, workflow
from cases.enums import CaseState, EntryKind, FactKind, SummonsWay, WishForHelp
from cases.models import Case, Conversation
from cases.services.lifecycle import (
    change_state,
    deadline_for,
    demand,
    fact_ensured,
    facts_ended,
    lock,
    record_change,
    write_entry,
)

_ANSWERS = (FactKind.WANTS_HELP, FactKind.DECLINES_HELP, FactKind.UNDECIDED)


@dataclass(frozen=True)
class Talk:
    """What came of a talk that was held. `wish` is empty when the person could not be asked."""

    held_on: dt.date
    present: str = ""
    told_of_report: bool = False
    told_source: bool = False
    wish: str = ""
    note: str = ""
    next_at: dt.datetime | None = None

    @property
    def told_all(self) -> bool:
        """U23-16 asks for both: that a report came, and that it came from the police."""
        return self.told_of_report and self.told_source


def conversations_of(case: Case) -> QuerySet[Conversation]:
    """The calls and talks of the case, oldest first: the lead's own papers."""
    return Conversation.objects.filter(case=case).select_related("author").order_by("created_at", "pk")


def awaited(case: Case) -> Conversation | None:
    """The appointment nothing has come of yet, or None."""
    return conversations_of(case).filter(held_on=None, did_not_come=False).last()


@transaction.atomic
def summon(
    case: Case,
    *,
    by: Actor,
    summoned_on: dt.date,
    how: SummonsWay,
    appointment_at: dt.datetime,
    place: str = "",
) -> Conversation:
    """Note that the person was called to a talk. Raises NotNow when an appointment stands already.

    The deadline starts anew with every call. After a "no" everything begins anew (T14): what was told and answered
    then belongs to that time.
    """
    case = lock(case)
    demand(policies.may_summon(by, case))
    if place:
        demand(policies.may_store_whereabouts(by, case))
    if awaited(case):
        raise NotNow(_("Personen er alt innkalt. Registrer hva som kom ut av det først."), "already_summoned")
    begins_anew = case.state == CaseState.DECLINED
    if begins_anew:
        facts_ended(case, FactKind.SUMMONED, FactKind.TOLD_OF_REPORT, *_ANSWERS, by=by)
    fact_ensured(case, FactKind.SUMMONED, by=by)
    if case.state == CaseState.SUMMONED:
        case.due_at = deadline_for(case, CaseState.SUMMONED, since=clock.now())
        case.save(update_fields=["due_at"])
    else:
        case = change_state(case, CaseState.SUMMONED, by=by)
    conversation = _appointment(
        case, by=by, summoned_on=summoned_on, how=how, appointment_at=appointment_at, place=place
    )
    write_entry(
        case, kind=EntryKind.SUMMONED, part=Part.CORE, by=by, source_type="conversation", source_id=conversation.pk
    )
    record_change("talk.summoned", case, by=by)
    return conversation


@transaction.atomic
def did_not_come(case: Case, *, by: Actor, note: str = "") -> Conversation:
    """Note that the person did not come to the appointment. Raises NotNow when none stands."""
    case = lock(case)
    demand(policies.may_hold_talk(by, case))
    conversation = awaited(case)
    if conversation is None:
        raise NotNow(_("Det er ingen avtale å registrere dette på. Kall inn på nytt."), "not_summoned")
    conversation.did_not_come = True
    conversation.note = note
    conversation.save(update_fields=["did_not_come", "note"])
    record_change("talk.did_not_come", case, by=by)
    return conversation


@transaction.atomic
def hold(case: Case, *, by: Actor, talk: Talk) -> Case:
    """Note the talk, and take the step its answers lead to. Returns the case as it then stands.

    Nobody goes on before the person was told that a report came and that it came from the police (U23-16): a talk in
    which that could not be done is kept, and the case stays where it is. Raises NotNow when nobody was called, or when
    the answer cannot be given here.
    """
    case = lock(case)
    demand(policies.may_hold_talk(by, case))
    first_talk = case.state == CaseState.SUMMONED
    conversation = awaited(case)
    if conversation is None and first_talk:
        raise NotNow(_("Kall inn til samtale først."), "not_summoned")
    told = talk.told_all or not first_talk
    if told and talk.wish not in workflow.answers_in(CaseState(case.state)):
        raise NotNow(_("Registrer hva personen ønsker: ja, nei eller ikke bestemt seg."), "no_answer")
    if told and talk.wish == WishForHelp.UNDECIDED and talk.next_at is None:
        raise NotNow(_("Avtal når dere snakkes igjen."), "no_next_contact")
    _keep(case, conversation, talk, by=by, told=told)
    record_change("talk.held", case, by=by)
    if not told:
        return case
    if first_talk:
        fact_ensured(case, FactKind.TOLD_OF_REPORT, by=by)
        case = change_state(case, CaseState.INFORMED, by=by)
        write_entry(case, kind=EntryKind.INFORMED, part=Part.CORE, by=by)
    else:
        write_entry(case, kind=EntryKind.CONVERSATION, part=Part.CORE, by=by)
    return _follow(case, WishForHelp(talk.wish), talk.next_at, by=by)


def _follow(case: Case, wish: WishForHelp, next_at: dt.datetime | None, *, by: Actor) -> Case:
    """Let the answer in force be this one, and go where it leads."""
    target = workflow.ANSWERS[(CaseState(case.state), wish)]
    facts_ended(case, *_ANSWERS, by=by)
    fact_ensured(case, workflow.FACT_OF_ANSWER[wish], by=by)
    if target is not None:
        return change_state(case, target, by=by)
    if next_at is not None:
        _appointment(case, by=by, summoned_on=clock.today(), how=SummonsWay.IN_PERSON, appointment_at=next_at, place="")
        case.due_at = clock.deadline_on(next_at.astimezone(clock.local_zone()).date())
        case.save(update_fields=["due_at"])
    return case


def _appointment(
    case: Case, *, by: Actor, summoned_on: dt.date, how: SummonsWay, appointment_at: dt.datetime, place: str
) -> Conversation:
    return Conversation.objects.create(
        case=case,
        author=by.user,
        author_agency=by.agency,
        created_at=clock.now(),
        summoned_on=summoned_on,
        summoned_how=how,
        appointment_at=appointment_at,
        place=place,
    )


def _keep(case: Case, conversation: Conversation | None, talk: Talk, *, by: Actor, told: bool) -> None:
    """Write the talk on the appointment it was held on, or as one that came about without."""
    if conversation is None:
        conversation = Conversation(
            case=case,
            author_agency=by.agency,
            summoned_on=talk.held_on,
            summoned_how=SummonsWay.IN_PERSON,
            created_at=clock.now(),
        )
    conversation.author = by.user
    conversation.held_on = talk.held_on
    conversation.present = talk.present
    conversation.told_of_report = talk.told_of_report
    conversation.told_source = talk.told_source
    conversation.wish = talk.wish if told else ""
    conversation.note = talk.note
    conversation.save()
