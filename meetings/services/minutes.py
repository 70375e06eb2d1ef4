"""What the agencies tell before the meeting, and what is written down after: one sealed record for each case (F-17)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.models import Agency
from audit import clock
from audit.services import record
from cases.enums import EntryKind
from cases.models import Entry
from cases.services.lifecycle import write_entry
from meetings import policies
from meetings.models import CaseItem, ItemDecision, ItemMinutes
from meetings.services import reading
from meetings.services.follow_up import SOURCE


@transaction.atomic
def write_minutes(item: CaseItem, *, by: Actor, text: str) -> ItemMinutes:
    """Write what was said of one case; what the agency wrote before is kept, and this counts. `item` is heard by `by`.

    Saving the same words again changes nothing.
    """
    item = _heard(item, by)
    policies.enforce(policies.may_write_minutes(by, item))
    CaseItem.objects.select_for_update(of=("self",)).get(pk=item.pk)  # one at a time numbers its record
    newest = reading.newest_minutes(item, by.agency)
    if newest is not None and newest.text == text:
        return newest
    minutes = ItemMinutes.objects.create(
        item=item,
        number=newest.number + 1 if newest else 1,
        case=item.case,
        parts=item.parts,
        text=text,
        author_agency=by.agency,
        author=by.user,
    )
    _record("meeting.minutes_written", item, by=by)
    return minutes


@transaction.atomic
def decide(item: CaseItem, *, by: Actor, what: str, owner: Agency, due_on: dt.date) -> ItemDecision:
    """Write down what was agreed, who sees to it, and by when. Only somebody who heard it can be given it."""
    item = _heard(item, by)
    policies.enforce(policies.may_write_minutes(by, item))
    hearers = reading.hearers_of([item]).get(item.pk, [])
    policies.may_own_decision(owner.pk, (agency.pk for agency in hearers)).enforce()
    if due_on < clock.today():
        raise NotNow(_("Velg en frist som ikke har vært."), "wrong_time")
    known = item.decisions.filter(
        what=what, owner=owner, due_on=due_on, author_agency=by.agency, removed_at=None
    ).first()
    if known is not None:
        return known
    decision = ItemDecision.objects.create(
        item=item, case=item.case, parts=item.parts, what=what, owner=owner, due_on=due_on,
        author_agency=by.agency, author=by.user,
    )  # fmt: skip
    _record("meeting.decision_written", item, by=by)
    return decision


@transaction.atomic
def take_back(decision: ItemDecision, *, by: Actor) -> None:
    """Remove a decision the actor's agency wrote by mistake; it is kept, and shown to nobody."""
    item = _heard(decision.item, by)
    policies.enforce(policies.may_write_minutes(by, item))
    if decision.author_agency_id != by.agency.pk:
        raise NotNow(_("Bare tjenesten som skrev beslutningen, kan fjerne den."), "not_author")
    if ItemDecision.objects.filter(pk=decision.pk, removed_at=None).update(removed_at=clock.now()):
        _record("meeting.decision_removed", item, by=by)


@transaction.atomic
def write_status(item: CaseItem, *, by: Actor, part: Part, text: str) -> Entry:
    """Tell what is new today before the meeting: a line on the case's timeline, in its own part (U23-30)."""
    item = _heard(item, by)
    policies.enforce(policies.may_write_status(by, item, part))
    known = Entry.objects.filter(source_id=item.pk, author=by.user, part=part, text=text).first()
    if known is not None:
        return known
    entry = write_entry(
        item.case, kind=EntryKind.STATUS, part=part, by=by, text=text, source_type=SOURCE, source_id=item.pk
    )
    _record("meeting.status_written", item, by=by)
    return entry


def _heard(item: CaseItem, by: Actor) -> CaseItem:
    """The item as it is now, if it is still heard: a consent may have ended while the page stood open."""
    found = (
        CaseItem.objects.heard_by(by)
        .filter(pk=item.pk)
        .prefetch_related("meeting__programme_version", "case__lead_agency", "case__programme_version")
        .first()
    )
    if found is None:
        raise NotNow(_("Saken står ikke på saklisten din lenger."), "gone")
    return found


def _record(kind: str, item: CaseItem, *, by: Actor) -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=item.case_id,
        parts=item.parts,
        object_type="case_item",
        object_id=item.pk,
    )
