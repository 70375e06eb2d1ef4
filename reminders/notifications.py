"""The one mail Samlos sends: "something new, sign in".

It has no parameter that could hold a person, a case or an agency, so no caller can put one in (security.md, lesson 7:
mail is where this field has actually been hurt). A calendar part says "meeting" and when; its maker answers for that.
"""

import re
from email.mime.text import MIMEText
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import User


@runtime_checkable
class AnswersAboutMail(Protocol):
    """A mail backend that can say whether it holds a message already. SMTP has no such question."""

    def has_message(self, message_id: str) -> bool: ...


def send_mail(recipient: User, message_id: str, calendar: bytes | None = None) -> None:
    """Hand one mail to the relay. `message_id` is the same at every try for the same thing, "<…@samlos>".

    Raises what the backend raises (OSError, SMTPException): whether the relay took it is then unknown.
    """
    words = {"address": settings.PUBLIC_URL + reverse("reminders")}
    message = EmailMultiAlternatives(
        subject=_("Du har noe nytt i Samlos"),
        body=render_to_string("mail/something_new.txt", words),
        to=[recipient.email],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/something_new.html", words), "text/html")
    if calendar is not None:
        message.attach(_calendar_part(calendar))
    message.send()


def is_known_to_be_sent(message_id: str) -> bool:
    """Whether the backend says that it has this mail. False also when it cannot say: then the same mail is handed over
    again under the same Message-ID, and a relay that does not recognise it delivers it twice.
    """
    connection = get_connection()
    return isinstance(connection, AnswersAboutMail) and connection.has_message(message_id)


def _calendar_part(calendar: bytes) -> MIMEText:
    """The invitation as calendars expect it: its method (REQUEST, CANCEL) stands in the part's header too."""
    part = MIMEText(calendar.decode(), "calendar", "utf-8")
    if method := re.search(rb"^METHOD:([A-Z]+)\s*$", calendar, re.MULTILINE):
        part.set_param("method", method[1].decode())
    part.add_header("Content-Disposition", "attachment", filename="innkalling.ics")
    return part
