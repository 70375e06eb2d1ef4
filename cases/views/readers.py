""" "Hvem kan se dette?": the page on which the lead sees who can read each part, now and at any past instant."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.http import Request
from audit import clock
from cases import policies
from cases.forms.readers import InstantForm
from cases.services import readers_at
from cases.views.loading import open_case
from cases.views.shell import shell


@require_safe
def readers(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Who can read what now; with a date and a time in the address, who could then."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    local = request.actor.at.astimezone(clock.local_zone())
    asked = "on" in request.GET or "at" in request.GET
    form = InstantForm(request.GET if asked else None, initial={"on": local.date(), "at": local.time()})
    context = {**shell(request, case, tab="overview"), "form": form, "asked": asked}
    if asked and not form.is_valid():
        return render(request, "cases/readers.html", context, status=422)
    instant = form.instant if asked else request.actor.at
    context |= {"instant": instant, "rows": readers_at.who_could_read(case, at=instant, by=request.actor)}
    return render(request, "cases/readers.html", context)
