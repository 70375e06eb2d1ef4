"""Closing a case, after having been told who loses sight of it and how long it is kept."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.http import Request
from audit import clock
from cases import policies
from cases.enums import ClosingReason
from cases.forms.closing import ClosingForm
from cases.services import closing
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Why the case ends, and what happens then (T13)."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    typed = request.POST if request.method == "POST" else None
    form = ClosingForm(typed, reasons=closing.reason_choices(request.actor, case))
    decision = policies.may_close(request.actor, case)
    if request.method == "POST" and decision and form.is_valid():
        reason = ClosingReason(form.cleaned_data["reason"])
        done = _("Saken er avsluttet.")
        carried_out(request, lambda: closing.close(case, by=request.actor, reason=reason), done=done)
        return redirect("cases:detail", case_id=case.pk)
    context = shell(request, case, tab="overview") | {
        "form": form,
        "decision": decision,
        "losers": closing.who_loses_sight(request.actor, case),
        "kept_until": closing.kept_until(case, clock.today()),
    }
    return render(request, "cases/close.html", context, status=422 if form.errors else 200)
