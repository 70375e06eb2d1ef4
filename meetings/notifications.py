"""Who is told of a meeting, and what: that there is one, and when."""

import uuid
from collections.abc import Collection, Mapping

from django.db.models import Q
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.enums import Role
from agencies.models import Membership, User
from agencies.templatetags.samlos import clock_time, weekday
from audit.clock import Now
from meetings.enums import MeetingState
from meetings.models import Invitation, Meeting

KIND = "meeting_invited"
# Whoever works on cases or runs meetings; a manager attends when called by name.
CALLED_ROLES = (Role.CASEWORKER, Role.COORDINATOR)


def recipients(meeting: Meeting) -> list[tuple[User, Invitation]]:
    """Those called now: by name, else everybody in the agency who works on cases; never a machine."""
    invitations = {
        invitation.agency_id: invitation
        for invitation in meeting.invitations.standing().select_related("agency", "user")
    }
    memberships = (
        Membership.objects.in_force()
        .filter(agency__in=invitations, user__is_active=True, user__is_machine=False)
        .select_related("user")
        .order_by("agency", "user")
    )
    found = {}
    for membership in memberships:
        invitation = invitations[membership.agency_id]
        called = membership.user_id == invitation.user_id if invitation.user_id else membership.role in CALLED_ROLES
        if called:
            found[membership.user_id, membership.agency_id] = (membership.user, invitation)
    return list(found.values())


def to_tell(meeting_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Of these, the meetings to come that the actor still has a seat at, in words without a person."""
    meetings = (
        Meeting.objects.visible_to(actor)
        .filter(Q(state=MeetingState.PLANNED) | Q(state=MeetingState.CANCELLED), pk__in=meeting_ids, ends_at__gt=Now())
        .select_related("programme_version")
    )
    return {meeting.pk: in_words(meeting) for meeting in meetings}


def in_words(meeting: Meeting) -> str:
    """ "Arbeidsgruppen for U23, torsdag 26. november kl. 10.00", and whether it is called off."""
    words = _("%(forum)s, %(day)s kl. %(time)s") % {
        "forum": meeting.name,
        "day": weekday(meeting.starts_at),
        "time": clock_time(meeting.starts_at),
    }
    return _("Avlyst: %(meeting)s") % {"meeting": words} if meeting.state == MeetingState.CANCELLED else words
