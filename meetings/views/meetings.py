"""The list of meetings, one meeting with its agenda, and what the coordinator does with it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.decisions import NotNow, Refused, denied
from agencies.http import Request
from agencies.templatetags.samlos import full_day, month_day
from audit import clock
from audit.clock import Now
from cases.views.loading import record_list
from meetings import documents, policies
from meetings.forms.agenda import SlotForm
from meetings.forms.calling import AttendeesForm, MeetingForm, TimeAndPlaceForm
from meetings.models import Meeting
from meetings.services import calling, planning, reading
from meetings.views.loading import open_meeting, posted

PAST_SHOWN = 20


@require_GET
def meetings(request: Request) -> HttpResponse:
    """The meetings the reader has a seat at: coming ones first, then the latest past ones."""
    found = Meeting.objects.visible_to(request.actor).select_related("programme_version", "called_by")
    convened = [forum for _version, forum in policies.forums_convened_by(request.actor)]
    context = {
        "coming": list(found.planned().filter(ends_at__gt=Now()).order_by("starts_at", "pk")),
        "past": list(found.exclude(state="planned", ends_at__gt=Now()).order_by("-starts_at", "pk")[:PAST_SHOWN]),
        "may_convene": bool(convened),
        "cadences": [known for forum in convened if (known := planning.cadence(forum, by=request.actor))],
    }
    return render(request, "meetings/list.html", context)


@require_http_methods(["GET", "POST"])
def create(request: Request) -> HttpResponse:
    """Call a forum together."""
    forums = policies.forums_convened_by(request.actor)
    if not forums:
        raise Refused(denied(_("Bare den som leder et møte, kan innkalle til det."), "not_convenor"))
    form = MeetingForm(posted(request), forums=forums, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        version, forum = form.chosen_forum()
        try:
            meeting = calling.call(
                version, forum.code, by=request.actor, starts_at=data["starts_at"], ends_at=data["ends_at"],
                place=data["place"], agencies=data["agencies"],
            )  # fmt: skip
        except NotNow as wrong:
            form.add_error(None, str(wrong.reason))
        else:
            messages.success(request, _("Møtet er innkalt. De som skal møte, har fått beskjed."))
            return redirect("meetings:detail", meeting_id=meeting.pk)
    context = {"form": form, "forum": forums[0][1], "trail": trail_to(_("Nytt møte"))}
    return render(request, "meetings/create.html", context, status=422 if form.is_bound else 200)


@require_GET
def detail(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """The agenda as this very reader may know it now."""
    return agenda_page(request, open_meeting(request, meeting_id))


def agenda_page(
    request: Request,
    meeting: Meeting,
    *,
    slot: SlotForm | None = None,
    slot_of: uuid.UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    """The agenda's page, with a time that could not be set (`slot`, of the line `slot_of`) kept as it was typed."""
    actor = request.actor
    agenda = reading.agenda_for(meeting, actor)
    record_list(
        request,
        "meeting.agenda_read",
        [item.case_id for item in agenda.items],
        parts={part for item in agenda.items for part in item.parts},
        object_type="meeting",
        object_id=meeting.pk,
    )
    context: dict[str, Any] = {
        "meeting": meeting,
        "agenda": agenda,
        "trail": trail_to(full_day(meeting.starts_at)),
        "may_change": policies.may_change(actor, meeting),
        "may_run": policies.may_run(actor, meeting),
        "status_due_on": planning.status_due_on(meeting),
    }
    if context["may_run"]:
        context |= {
            "may_hold": policies.may_hold(actor, meeting),
            "invitations": list(
                meeting.invitations.standing().select_related("agency", "user").order_by("agency__name")
            ),
            "short_notice": planning.is_short_notice(meeting),
            "out_of_scope": set(meeting.programme_version.definition.members_out_of_scope(meeting.definition)),
        }
        _offer_slots(meeting, agenda, slot, slot_of)
    return render(request, "meetings/detail.html", context, status=status)


@require_http_methods(["GET", "POST"])
def change(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """Move the meeting: everybody called is told, and their calendars follow."""
    meeting = open_meeting(request, meeting_id)
    policies.enforce(policies.may_change(request.actor, meeting))
    form = TimeAndPlaceForm(posted(request), initial=TimeAndPlaceForm.initial_of(meeting))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        calling.move(
            meeting, by=request.actor, starts_at=data["starts_at"], ends_at=data["ends_at"], place=data["place"]
        )
        messages.success(request, _("Møtet er endret. De som er innkalt, har fått beskjed."))
        return redirect("meetings:detail", meeting_id=meeting.pk)
    context = {"form": form, "meeting": meeting, "trail": trail_to(_("Endre"), meeting)}
    return render(request, "meetings/change.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def attendees(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """Which agencies are called, and who comes for each."""
    meeting = open_meeting(request, meeting_id)
    policies.enforce(policies.may_change(request.actor, meeting))
    form = AttendeesForm(posted(request), meeting=meeting)
    if request.method == "POST" and form.is_valid():
        calling.call_agencies(meeting, by=request.actor, called=form.cleaned_data["called"])
        messages.success(request, _("Innkallingen er lagret. De som er innkalt, har fått beskjed."))
        return redirect("meetings:detail", meeting_id=meeting.pk)
    context = {"form": form, "meeting": meeting, "trail": trail_to(_("Hvem møter"), meeting)}
    return render(request, "meetings/attendees.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def cancel(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """Call the meeting off, after having read what happens."""
    meeting = open_meeting(request, meeting_id)
    policies.enforce(policies.may_change(request.actor, meeting))
    if request.method == "POST":
        calling.cancel(meeting, by=request.actor)
        messages.success(request, _("Møtet er avlyst. De som var innkalt, har fått beskjed."))
        return redirect("meetings:detail", meeting_id=meeting.pk)
    return render(request, "meetings/cancel.html", {"meeting": meeting, "trail": trail_to(_("Avlys"), meeting)})


@require_POST
def hold(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """Mark the meeting as held."""
    meeting = open_meeting(request, meeting_id)
    try:
        calling.hold(meeting, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Møtet er holdt. Sakene følges opp i arbeidsgruppen."))
    return redirect("meetings:detail", meeting_id=meeting.pk)


@require_GET
def calendar(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """The meeting for the reader's own calendar: that there is one, and when."""
    meeting = open_meeting(request, meeting_id)
    response = HttpResponse(
        documents.calendar_entry(meeting, request.user), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="mote.ics"'
    return response


def _offer_slots(meeting: Meeting, agenda: reading.Agenda, slot: SlotForm | None, slot_of: uuid.UUID | None) -> None:
    """Give each line the form for its time, the next free time filled in."""
    free = max([line.ends_at for line in agenda.lines if line.ends_at], default=meeting.starts_at)
    free = free if free < meeting.ends_at else meeting.starts_at
    for line in [*agenda.lines, *agenda.proposed]:
        if line.id == slot_of and slot is not None:
            line.slot = slot
            continue
        local = (line.starts_at or free).astimezone(clock.local_zone())
        line.slot = SlotForm(
            meeting=meeting, initial={"starts": local.time(), "minutes": line.length}, auto_id=f"slot-{line.id}-%s"
        )


def trail_to(last: str, meeting: Meeting | None = None) -> list[dict[str, str]]:
    trail = [{"url": reverse("meetings:list"), "label": _("Møter")}]
    if meeting is not None:
        trail.append({"url": reverse("meetings:detail", args=[meeting.pk]), "label": month_day(meeting.starts_at)})
    return [*trail, {"url": "", "label": last}]
