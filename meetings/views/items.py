"""One case at a meeting: telling what is new before it, and writing what was said after."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.decisions import Refused, denied
from agencies.enums import Part
from agencies.http import Request
from meetings import policies
from meetings.forms.agenda import DecisionForm, MinutesForm, StatusForm
from meetings.models import CaseItem, ItemDecision
from meetings.services import minutes, planning, reading
from meetings.views.loading import open_item, posted
from meetings.views.meetings import trail_to


@require_http_methods(["GET", "POST"])
def status(request: Request, item_id: uuid.UUID) -> HttpResponse:
    """What is new today from the reader's agency, before the meeting (U23-30)."""
    item = open_item(request, item_id)
    parts = policies.writable_parts(request.actor, item)
    if not parts:
        decision = policies.may_write_status(request.actor, item, item.parts[0])
        policies.enforce(decision if not decision else denied(_("Rollen din kan ikke skrive i saker."), "wrong_role"))
    form = StatusForm(posted(request), parts=parts, initial={"part": parts[0]})
    if request.method == "POST" and form.is_valid():
        part = Part(form.cleaned_data["part"])
        minutes.write_status(item, by=request.actor, part=part, text=form.cleaned_data["text"])
        messages.success(request, _("Statusen er lagret. De som hører saken og får vite om delen, ser den."))
        return redirect("meetings:detail", meeting_id=item.meeting_id)
    context = {
        "form": form,
        "item": item,
        "meeting": item.meeting,
        "line": reading.line_for(item, request.actor),
        "due_on": planning.status_due_on(item.meeting),
        "trail": trail_to(_("Status"), item.meeting),
    }
    return render(request, "meetings/status.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def record(request: Request, item_id: uuid.UUID) -> HttpResponse:
    """The record of one case: its text and its decisions. Each of the two forms is sent alone."""
    item = open_item(request, item_id)
    policies.enforce(policies.may_write_minutes(request.actor, item))
    line = reading.line_for(item, request.actor)
    own = next((row for row in line.minutes if row.author_agency_id == request.actor.agency.pk), None)
    deciding = request.method == "POST" and "what" in request.POST
    text_form = MinutesForm(
        request.POST if request.method == "POST" and not deciding else None, initial={"text": own.text if own else ""}
    )
    decision_form = DecisionForm(request.POST if deciding else None, hearers=line.hearers)
    form = decision_form if deciding else text_form
    if form.is_bound and form.is_valid():
        if deciding:
            minutes.decide(item, by=request.actor, **form.cleaned_data)
            messages.success(request, _("Beslutningen er skrevet ned."))
        else:
            minutes.write_minutes(item, by=request.actor, text=form.cleaned_data["text"])
            messages.success(request, _("Referatet er lagret."))
        return redirect("meetings:record", item_id=item.pk)
    context: dict[str, Any] = {
        "form": form,
        "text_form": text_form,
        "decision_form": decision_form,
        "item": item,
        "line": line,
        "meeting": item.meeting,
        "trail": trail_to(_("Referat"), item.meeting),
    }
    return render(request, "meetings/record.html", context, status=422 if form.is_bound else 200)


@require_POST
def remove_decision(request: Request, item_id: uuid.UUID, decision_id: uuid.UUID) -> HttpResponse:
    """Take back a decision that was written by mistake."""
    item = open_item(request, item_id)
    decision = _decision(item, decision_id, request)
    minutes.take_back(decision, by=request.actor)
    messages.success(request, _("Beslutningen er fjernet."))
    return redirect("meetings:record", item_id=item.pk)


def _decision(item: CaseItem, decision_id: uuid.UUID, request: Request) -> ItemDecision:
    found = (
        ItemDecision.objects.heard_by(request.actor).filter(item=item, pk=decision_id).select_related("item").first()
    )
    if found is None:
        raise Http404
    if found.author_agency_id != request.actor.agency.pk:
        raise Refused(denied(_("Bare tjenesten som skrev beslutningen, kan fjerne den."), "not_author"))
    return found
