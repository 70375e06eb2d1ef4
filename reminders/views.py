"""The list behind the bell, and the demonstration's mailbox."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.http import Request
from reminders import mailbox as kept
from reminders import services


@require_safe
def reminders(request: Request) -> HttpResponse:
    """What was said to this person and still holds, checked now: the new first, then what was opened."""
    told = services.reminders_for(request.actor)
    return render(
        request,
        "reminders/list.html",
        {"new": [one for one in told if not one.seen], "seen": [one for one in told if one.seen]},
    )


@require_safe
def open_reminder(request: Request, reminder_id: uuid.UUID) -> HttpResponse:
    """Go where it can be acted on. To open is to have seen it, so this GET leaves a mark, as reading a case does."""
    url = services.open_reminder(reminder_id, by=request.actor)
    if url is None:
        raise Http404
    return HttpResponseRedirect(url) if url else redirect("reminders")


@require_http_methods(["POST"])
def mark_all_seen(request: Request) -> HttpResponse:
    """Empty the bell without opening each."""
    services.mark_all_seen(by=request.actor)
    messages.success(request, _("Alle varsler er merket som sett."))
    return redirect("reminders")


@require_safe
def mailbox(request: Request) -> HttpResponse:
    """The mails the signed-in person has got. Only in the demonstration: elsewhere mail is read in a mail program."""
    _only_in_the_demonstration()
    return render(request, "reminders/mailbox.html", {"mails": kept.mails_to(request.user)})


@require_safe
def invitation(request: Request, name: str) -> HttpResponse:
    """The calendar file of one of these mails."""
    _only_in_the_demonstration()
    mail = kept.mail_to(request.user, name)
    if mail is None or mail.calendar is None:
        raise Http404
    return HttpResponse(
        mail.calendar,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="innkalling.ics"'},
    )


def _only_in_the_demonstration() -> None:
    if not settings.DEMONSTRATION:
        raise Http404
