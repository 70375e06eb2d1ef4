"""Calling a meeting, changing it, calling it off, and marking it as held."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.models import Agency, ProgrammeVersion, User
from audit import clock
from audit.services import record
from meetings import notifications, policies
from meetings.enums import MeetingState
from meetings.models import Invitation, Meeting
from meetings.services import follow_up
from reminders.services import raise_reminder, withdraw


def candidates(version: ProgrammeVersion, forum_code: str, convenor: Agency) -> list[Agency]:
    """The municipality's agencies of the kinds that are members of the forum (U23-27)."""
    members = version.definition.forum(forum_code).members
    return list(Agency.objects.filter(municipality=convenor.municipality_id, kind__in=members))


@transaction.atomic
def call(
    version: ProgrammeVersion,
    forum_code: str,
    *,
    by: Actor,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    place: str,
    agencies: Collection[Agency],
) -> Meeting:
    """Call a forum together and tell everybody who is called. Raises NotNow for a time that has been, and
    when the convenor has called the same forum to the same start already: sent twice, it is one meeting.
    """
    policies.may_convene(by, version.definition.forum(forum_code)).enforce()
    _check_times(starts_at, ends_at)
    _check_members(version, forum_code, by.agency, agencies)
    _check_not_called(version, forum_code, by.agency, starts_at)
    meeting = Meeting.objects.create(
        programme_version=version, forum=forum_code, convenor=by.agency, called_by=by.user,
        starts_at=starts_at, ends_at=ends_at, place=place,
    )  # fmt: skip
    Invitation.objects.bulk_create([Invitation(meeting=meeting, agency=agency) for agency in agencies])
    _record("meeting.called", meeting, by=by)
    _tell(meeting, by=by)
    return meeting


@transaction.atomic
def move(meeting: Meeting, *, by: Actor, starts_at: dt.datetime, ends_at: dt.datetime, place: str) -> Meeting:
    """Change time or place, and tell everybody again. Saving what already stands changes nothing."""
    meeting = _lock(meeting)
    policies.enforce(policies.may_change(by, meeting))
    if (meeting.starts_at, meeting.ends_at, meeting.place) == (starts_at, ends_at, place):
        return meeting
    _check_times(starts_at, ends_at)
    meeting.starts_at, meeting.ends_at, meeting.place = starts_at, ends_at, place
    meeting.sequence += 1
    meeting.save(update_fields=["starts_at", "ends_at", "place", "sequence"])
    _record("meeting.moved", meeting, by=by)
    _tell(meeting, by=by)
    return meeting


@transaction.atomic
def call_agencies(meeting: Meeting, *, by: Actor, called: Mapping[Agency, User | None]) -> Meeting:
    """Say which agencies are called, each by name or (None) whoever works on cases there. New ones are told; one left
    out loses sight of the meeting at once.
    """
    meeting = _lock(meeting)
    policies.enforce(policies.may_change(by, meeting))
    _check_members(meeting.programme_version, meeting.forum, by.agency, called)
    standing = {invitation.agency_id: invitation for invitation in meeting.invitations.standing()}
    wanted = {agency.pk: (agency, user) for agency, user in called.items()}
    gone = [
        invitation.pk
        for agency_id, invitation in standing.items()
        if agency_id not in wanted or wanted[agency_id][1] != invitation.user
    ]
    Invitation.objects.filter(pk__in=gone).update(withdrawn_at=clock.now())
    new = [
        Invitation(meeting=meeting, agency=agency, user=user)
        for agency_id, (agency, user) in wanted.items()
        if agency_id not in standing or standing[agency_id].pk in gone
    ]
    Invitation.objects.bulk_create(new)
    if gone or new:
        _record("meeting.agencies_called", meeting, by=by)
        _tell(meeting, by=by)
    return meeting


@transaction.atomic
def cancel(meeting: Meeting, *, by: Actor) -> Meeting:
    """Call the meeting off and tell everybody: their calendars take it out."""
    meeting = _lock(meeting)
    policies.enforce(policies.may_change(by, meeting))
    _end(meeting, MeetingState.CANCELLED)
    _record("meeting.cancelled", meeting, by=by)
    _tell(meeting, by=by)
    return meeting


@transaction.atomic
def hold(meeting: Meeting, *, by: Actor) -> Meeting:
    """Mark the meeting as held. The cases on its agenda that the actor hears are followed up by the group from now on
    (T11); those the actor may not hear, the case's lead carries on.
    """
    meeting = _lock(meeting)
    policies.enforce(policies.may_hold(by, meeting))
    _end(meeting, MeetingState.HELD)
    withdraw(notifications.KIND, subject_id=meeting.pk)
    follow_up.begin_for_all(meeting, by=by)
    _record("meeting.held", meeting, by=by)
    return meeting


def _lock(meeting: Meeting) -> Meeting:
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("programme_version", "convenor")
        .get(pk=meeting.pk)
    )


def _end(meeting: Meeting, state: MeetingState) -> None:
    if not policies.may_end(meeting, state):
        raise NotNow(_("Møtet er allerede holdt eller avlyst."), "wrong_state")
    meeting.state = state
    meeting.ended_at = clock.now()
    meeting.sequence += 1
    meeting.save(update_fields=["state", "ended_at", "sequence"])


def _check_times(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise NotNow(_("Møtet må slutte etter at det begynner."), "wrong_time")
    if starts_at <= clock.now():
        raise NotNow(_("Velg et tidspunkt som ikke har vært."), "wrong_time")


def _check_members(version: ProgrammeVersion, forum_code: str, convenor: Agency, agencies: Collection[Agency]) -> None:
    members = {agency.pk for agency in candidates(version, forum_code, convenor)}
    if not agencies or not {agency.pk for agency in agencies} <= members:
        raise NotNow(_("Velg minst én tjeneste, og bare tjenester som er med i møtet."), "wrong_members")


def _check_not_called(version: ProgrammeVersion, forum_code: str, convenor: Agency, starts_at: dt.datetime) -> None:
    """Two calls at the same instant find no row of each other's to lock, so the convenor's calls wait in line."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('meetings.call'), %s)", [convenor.pk])
    planned = Meeting.objects.planned().filter(convenor=convenor, forum=forum_code, starts_at=starts_at)
    if planned.filter(programme_version__programme=version.programme_id).exists():
        raise NotNow(_("Dette møtet er innkalt fra før. Velg et annet tidspunkt, eller endre møtet."), "said_before")


def _tell(meeting: Meeting, *, by: Actor) -> None:
    """Raise the invitation for everybody called but whoever does it; each change is an occurrence of its own."""
    withdraw(notifications.KIND, subject_id=meeting.pk)
    for user, invitation in notifications.recipients(meeting):
        if user != by.user:
            raise_reminder(
                notifications.KIND,
                recipient=user,
                agency=invitation.agency,
                subject_id=meeting.pk,
                occurrence=str(meeting.sequence),
                due_at=clock.now(),
            )


def _record(kind: str, meeting: Meeting, *, by: Actor) -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        object_type="meeting",
        object_id=meeting.pk,
    )
