"""The agenda's own pages: themes, times, and proposing a case after having read who will hear it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.http import Request
from agencies.models import Agency
from audit.clock import Now
from cases.models import Case
from cases.views.loading import open_case
from cases.views.shell import shell
from meetings import policies
from meetings.enums import ItemState
from meetings.forms.agenda import ProposeForm, SlotForm
from meetings.forms.calling import GeneralItemForm, GeneralMinutesForm
from meetings.models import CaseItem, Meeting
from meetings.services import agenda, reading
from meetings.views.loading import open_item, open_meeting, open_theme, posted
from meetings.views.meetings import agenda_page, trail_to

TAB = "meetings"


@require_http_methods(["GET", "POST"])
def add_theme(request: Request, meeting_id: uuid.UUID) -> HttpResponse:
    """A new theme in part 1."""
    meeting = open_meeting(request, meeting_id)
    policies.enforce(policies.may_change(request.actor, meeting))
    form = GeneralItemForm(posted(request))
    if request.method == "POST" and form.is_valid():
        agenda.add_general(meeting, by=request.actor, **form.cleaned_data)
        messages.success(request, _("Temaet står på saklisten."))
        return redirect("meetings:detail", meeting_id=meeting.pk)
    context = {"form": form, "meeting": meeting, "theme": None, "trail": trail_to(_("Nytt tema"), meeting)}
    return render(request, "meetings/theme.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def theme(request: Request, theme_id: uuid.UUID) -> HttpResponse:
    """Change a theme, write what was said of it, or take it off the agenda."""
    item = open_theme(request, theme_id)
    policies.may_run(request.actor, item.meeting).enforce()
    if "remove" in request.POST:
        agenda.remove_general(item, by=request.actor)
        messages.success(request, _("Temaet er tatt av saklisten."))
        return redirect("meetings:detail", meeting_id=item.meeting_id)
    form = GeneralMinutesForm(
        posted(request), initial={"title": item.title, "text": item.text, "minutes": item.minutes}
    )
    if request.method == "POST" and form.is_valid():
        agenda.change_general(item, by=request.actor, **form.cleaned_data)
        messages.success(request, _("Temaet er lagret."))
        return redirect("meetings:detail", meeting_id=item.meeting_id)
    context = {
        "form": form,
        "meeting": item.meeting,
        "theme": item,
        "may_remove": policies.may_change(request.actor, item.meeting),
        "trail": trail_to(item.title, item.meeting),
    }
    return render(request, "meetings/theme.html", context, status=422 if form.is_bound else 200)


@require_POST
def answer(request: Request, meeting_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Put a proposed case on the agenda at a time, or leave it out; one the coordinator may not hear alike."""
    meeting = open_meeting(request, meeting_id)
    policies.may_run(request.actor, meeting).enforce()
    verdict = ItemState.DECLINED if "decline" in request.POST else ItemState.ACCEPTED
    form = SlotForm(request.POST, meeting=meeting, auto_id=f"slot-{item_id}-%s")
    if verdict == ItemState.ACCEPTED and not form.is_valid():
        return agenda_page(request, meeting, slot=form, slot_of=item_id, status=422)
    slot = (
        {"starts_at": form.cleaned_data["starts_at"], "minutes": form.cleaned_data["minutes"]}
        if form.is_valid()
        else {}
    )
    heard = reading.heard_item(item_id, request.actor)
    try:
        if heard is not None and heard.meeting_id == meeting.pk:
            agenda.answer(heard, verdict, by=request.actor, **slot)
        else:
            agenda.answer_unheard(meeting, item_id, verdict, by=request.actor, **slot)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        on_it = verdict == ItemState.ACCEPTED
        messages.success(request, _("Saken står på saklisten.") if on_it else _("Saken er ikke tatt med."))
    return redirect("meetings:detail", meeting_id=meeting.pk)


@require_http_methods(["GET", "POST"])
def propose(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Propose a case in two steps: write it, then read who will hear it before the one button."""
    case = open_case(request, case_id)
    form, meetings = _propose_form(request, case)
    decisions = [policies.may_propose(request.actor, case, meeting.forum) for meeting in meetings]
    context: dict[str, Any] = {**shell(request, case, tab=TAB), "form": form, "meetings": meetings}
    context["refused"] = next((decision.reason for decision in decisions if not decision), "")
    if request.method == "GET" or "edit" in request.POST or context["refused"]:
        return render(request, "meetings/propose.html", context)
    if not form.is_valid():
        return render(request, "meetings/propose.html", context, status=422)
    data = form.cleaned_data
    parts = [Part(part) for part in data["parts"]]
    if "confirm" not in request.POST:
        context |= {"confirming": True, "data": data, "parts": parts}
        context |= _who_hears(case, data["meeting"], parts)
        return render(request, "meetings/propose.html", context)
    try:
        agenda.propose(
            case, data["meeting"], by=request.actor, parts=parts, question=data["question"], minutes=data["minutes"]
        )
    except NotNow as wrong:
        messages.error(request, str(wrong.reason))
    else:
        messages.success(request, _("Saken er foreslått. Den som leder møtet, setter den på saklisten."))
    return redirect("meetings:case", case_id=case.pk)


@require_POST
def withdraw(request: Request, case_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Take a proposal back, also one that has lost its basis."""
    case = open_case(request, case_id)
    seen = Meeting.objects.visible_to(request.actor)
    own = CaseItem.objects.contributed_by(request.actor.agency).filter(case=case, meeting__in=seen, pk=item_id).first()
    try:
        agenda.withdraw(own or open_item(request, item_id), by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Forslaget er trukket. Ingen andre finner det lenger."))
    return redirect("meetings:case", case_id=case.pk)


def _propose_form(request: Request, case: Case) -> tuple[ProposeForm, list[Meeting]]:
    definition = case.programme_version.definition
    hearing = [forum.code for forum in definition.forums if forum.hears_individual_cases]
    meetings = list(
        Meeting.objects.visible_to(request.actor)
        .planned()
        .filter(
            forum__in=hearing, programme_version__programme=case.programme_version.programme_id, starts_at__gt=Now()
        )
        .select_related("programme_version")
        .order_by("starts_at")
    )
    typed = posted(request)
    initial: dict[str, Any] = {"meeting": meetings[0].pk} if meetings else {}
    if "edit" in request.POST:
        initial = {
            name: request.POST.getlist(name) if name == "parts" else value for name, value in request.POST.items()
        }
        typed = None
    parts = policies.proposable_parts(request.actor, case)
    return ProposeForm(typed, meetings=meetings, parts=parts, initial=initial), meetings


def _who_hears(case: Case, meeting: Meeting, parts: list[Part]) -> dict[str, Any]:
    """Who will hear the question, who takes part but lacks a part, and who is not called: for the lead to read first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, hears FROM samlos.would_hear(%s, %s, %s::varchar[])", [case.pk, meeting.forum, parts]
        )
        hears = dict(cursor.fetchall())
    called = {*meeting.invitations.standing().values_list("agency", flat=True), meeting.convenor_id}
    readers = []
    for agency in Agency.objects.filter(pk__in=hears).order_by("name"):
        sees = hears[agency.pk] and agency.pk in called
        reason = "" if sees else _("Er ikke innkalt") if hears[agency.pk] else _("Får ikke vite om alle delene")
        readers.append({"name": agency.name, "sees": sees, "detail": reason})
    hearing = sum(bool(reader["sees"]) for reader in readers)
    label = ngettext("Foreslå saken for %(count)d tjeneste", "Foreslå saken for %(count)d tjenester", hearing) % {
        "count": hearing
    }
    return {"readers": readers, "confirm_label": label, "edit_url": reverse("meetings:propose", args=[case.pk])}
