"""What comes on the agenda: themes without persons, and cases that a consent in force lets the forum speak of."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from audit.services import record
from cases.models import Case
from cases.services import lifecycle
from meetings import policies
from meetings.enums import ItemState
from meetings.models import CaseItem, GeneralItem, Meeting
from meetings.services import reading
from meetings.workflow import WAITING_OR_ON


@transaction.atomic
def propose(
    case: Case, meeting: Meeting, *, by: Actor, parts: Collection[Part], question: str, minutes: int = 10
) -> CaseItem:
    """Propose to take `case` up at `meeting`, with the parts it touches and the question to answer (SIG-46, SIG-47).

    Raises NotNow without a basis for the forum, with a part the agency does not know, or when the case is there already.
    """
    case = lifecycle.lock(case)
    seen = Meeting.objects.visible_to(by).select_related("programme_version").filter(pk=meeting.pk).first()
    if seen is None:
        raise NotNow(_("Tjenesten din er ikke innkalt til møtet."), "not_called")
    meeting = seen
    policies.enforce(policies.may_propose_to(by, case, meeting))
    if not parts or not set(parts) <= set(policies.proposable_parts(by, case)):
        raise NotNow(_("Velg minst én del, og bare deler du selv har tilgang til."), "wrong_parts")
    if meeting.case_items.filter(case=case, state__in=WAITING_OR_ON).exists():
        raise NotNow(_("Saken er allerede foreslått til dette møtet."), "already_there")
    item = CaseItem.objects.create(
        case=case, meeting=meeting, forum=meeting.forum, parts=sorted(parts), question=question, minutes=minutes,
        author_agency=by.agency, author=by.user,
    )  # fmt: skip
    _record("meeting.case_proposed", item, by=by)
    return item


@transaction.atomic
def withdraw(item: CaseItem, *, by: Actor) -> CaseItem:
    """Take the proposal back: nobody else finds it any more."""
    policies.enforce(policies.may_withdraw(by, item))
    item = _lock(item)
    policies.enforce(policies.may_withdraw(by, item))
    item.state = ItemState.WITHDRAWN
    item.save(update_fields=["state"])
    _record("meeting.case_withdrawn", item, by=by)
    return item


@transaction.atomic
def answer(
    item: CaseItem, answer: ItemState, *, by: Actor, starts_at: dt.datetime | None = None, minutes: int | None = None
) -> CaseItem:
    """Put a case that the actor hears on the agenda at a time, move it there, or leave it out."""
    policies.enforce(policies.may_answer(by, item, answer))
    item = _lock(item)
    policies.enforce(policies.may_answer(by, item, answer))
    _check_slot(item.meeting, answer, starts_at)
    item.state, item.answered_at, item.answered_by = answer, clock.now(), by.user
    item.starts_at = starts_at if answer == ItemState.ACCEPTED else None
    item.minutes = minutes or item.minutes
    item.save(update_fields=["state", "answered_at", "answered_by", "starts_at", "minutes"])
    _record("meeting.case_answered", item, by=by, purpose=answer)
    return item


@transaction.atomic
def answer_unheard(
    meeting: Meeting,
    item_id: uuid.UUID,
    answer: ItemState,
    *,
    by: Actor,
    starts_at: dt.datetime | None = None,
    minutes: int = 10,
) -> None:
    """The same for an item the actor may not hear: it gets its time without anybody learning whose case it is.

    Raises NotNow when this meeting has no such item (any more).
    """
    policies.enforce(policies.may_change(by, meeting))
    _check_slot(meeting, answer, starts_at)
    if item_id not in {row.id for row in reading.unheard_items([meeting])}:
        raise NotNow(_("Saken står ikke på saklisten lenger."), "gone")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.answer_unheard(%s, %s, %s, %s)",
            [item_id, answer, starts_at if answer == ItemState.ACCEPTED else None, minutes],
        )
        (found,) = cursor.fetchone()
    if not found:
        raise NotNow(_("Saken står ikke på saklisten lenger."), "gone")
    record(
        "meeting.case_answered", user_id=by.user.pk, agency_id=by.agency.pk, role=by.role_codes,
        object_type="meeting", object_id=meeting.pk, purpose=answer,
    )  # fmt: skip


@transaction.atomic
def add_general(meeting: Meeting, *, by: Actor, title: str, text: str = "") -> GeneralItem:
    """Add a theme to part 1."""
    policies.enforce(policies.may_change(by, meeting))
    item = GeneralItem.objects.create(meeting=meeting, title=title, text=text)
    _record_theme("meeting.theme_added", item, by=by)
    return item


@transaction.atomic
def change_general(item: GeneralItem, *, by: Actor, title: str, text: str, minutes: str) -> GeneralItem:
    """Change a theme, or write what was said of it; everybody called reads it."""
    policies.may_run(by, item.meeting).enforce()
    item.title, item.text, item.minutes = title, text, minutes
    item.save(update_fields=["title", "text", "minutes"])
    _record_theme("meeting.theme_changed", item, by=by)
    return item


@transaction.atomic
def remove_general(item: GeneralItem, *, by: Actor) -> None:
    """Take a theme off the agenda."""
    policies.enforce(policies.may_change(by, item.meeting))
    if GeneralItem.objects.filter(pk=item.pk, removed_at=None).update(removed_at=clock.now()):
        _record_theme("meeting.theme_removed", item, by=by)


def _lock(item: CaseItem) -> CaseItem:
    """The item as it is now, so that two cannot answer at once. A lock finds only rows one may change: ask first."""
    return (
        CaseItem.objects.select_for_update(of=("self",))
        .prefetch_related("meeting__programme_version", "case__lead_agency", "case__programme_version")
        .get(pk=item.pk)
    )


def _check_slot(meeting: Meeting, answer: ItemState, starts_at: dt.datetime | None) -> None:
    if answer not in {ItemState.ACCEPTED, ItemState.DECLINED}:
        raise NotNow(_("Sett saken på saklisten, eller la den være."), "wrong_state")
    if answer == ItemState.ACCEPTED and (starts_at is None or not meeting.starts_at <= starts_at < meeting.ends_at):
        raise NotNow(_("Velg et klokkeslett innenfor møtet."), "wrong_time")


def _record(kind: str, item: CaseItem, *, by: Actor, **details: object) -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=item.case_id,
        parts=item.parts,
        object_type="case_item",
        object_id=item.pk,
        **details,  # type: ignore[arg-type]
    )


def _record_theme(kind: str, item: GeneralItem, *, by: Actor) -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        object_type="general_item",
        object_id=item.pk,
    )
