"""How every page gets its meeting or its item: seen by the actor now, or not there."""

import uuid

from django.http import Http404, QueryDict

from agencies.http import Request
from agencies.purposes import purpose_of
from audit.services import record_once
from cases.models import CaseAccess
from meetings.models import CaseItem, GeneralItem, Meeting
from meetings.services import reading


def open_meeting(request: Request, meeting_id: uuid.UUID) -> Meeting:
    """The meeting, if the actor has a seat at it. Raises Http404 otherwise, as for one that does not exist."""
    meeting = (
        Meeting.objects.visible_to(request.actor)
        .select_related("programme_version__programme", "convenor", "called_by")
        .filter(pk=meeting_id)
        .first()
    )
    if meeting is None:
        raise Http404
    return meeting


def open_item(request: Request, item_id: uuid.UUID) -> CaseItem:
    """A case on an agenda, if the actor may hear it now. Raises Http404 otherwise. Writes one `case.read` event (G7)."""
    actor = request.actor
    item = reading.heard_item(item_id, actor)
    if item is None:
        raise Http404
    reasons = CaseAccess.objects.in_force_for(actor).filter(case=item.case_id).values_list("reason", flat=True)
    record_once(
        "case.read",
        case_id=item.case_id,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        parts=item.parts,
        basis=",".join(sorted(set(reasons.distinct()))),
        purpose=purpose_of(request),
        object_type="case_item",
        object_id=item.pk,
    )
    return item


def open_theme(request: Request, theme_id: uuid.UUID) -> GeneralItem:
    """A theme of part 1 of a meeting the actor has a seat at. Raises Http404 otherwise."""
    theme = (
        GeneralItem.objects.filter(pk=theme_id, removed_at=None, meeting__in=Meeting.objects.visible_to(request.actor))
        .select_related("meeting__programme_version", "meeting__convenor")
        .first()
    )
    if theme is None:
        raise Http404
    return theme


def posted(request: Request) -> QueryDict | None:
    """What was sent, for a form to bind: an empty form that is sent is wrong, one that is opened is not."""
    return request.POST if request.method == "POST" else None
