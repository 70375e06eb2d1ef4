"""The calendar invitation: that there is a meeting, and when. Nothing else leaves the house (security.md 3.5 #8, #9)."""

import datetime as dt
import uuid

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from agencies.actors import Actor
from agencies.models import User
from audit import clock
from meetings.enums import MeetingState
from meetings.models import Meeting

PRODUCT = "-//Samlos//Samlos//NB"


def calendar(meeting_id: uuid.UUID, actor: Actor) -> bytes | None:
    """The calendar part of the mail, as the meeting is now; None when the actor has no seat any more."""
    meeting = Meeting.objects.visible_to(actor).filter(pk=meeting_id).first()
    return calendar_entry(meeting, actor.user) if meeting else None


def calendar_entry(meeting: Meeting, recipient: User) -> bytes:
    """The meeting as RFC 5546 has it: REQUEST, or CANCEL once it is called off. UID stable, SEQUENCE one up a change.

    Neither place, forum, agenda nor organiser by name: a calendar is read by assistants, screens and phones. The only
    person in it is the recipient, by the address the mail went to.
    """
    cancelled = meeting.state == MeetingState.CANCELLED
    event = Event()
    event.add("uid", f"{meeting.pk}@samlos")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", meeting.starts_at.astimezone(dt.UTC))
    event.add("dtend", meeting.ends_at.astimezone(dt.UTC))
    event.add("summary", _("Møte"))
    event.add("description", _("Se Samlos."))
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    organiser = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    organiser.params["CN"] = "Samlos"
    event.add("organizer", organiser)
    attendee = vCalAddress(f"mailto:{recipient.email}")
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
