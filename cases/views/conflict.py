"""Disqualified in a case: said of oneself, or by a manager of somebody else, and ended by a manager with a reason."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.http import Request
from cases import policies
from cases.forms.staffing import ConflictForm, EndConflictForm
from cases.services import conflicts as services
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def declare_conflict(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """What happens, and the button. Afterwards the case is not there for this person any longer."""
    case = open_case(request, case_id)
    if request.method == "POST":
        services.declare(case, by=request.actor)
        messages.success(request, _("Du har meldt fra om at du er inhabil, og ser ikke saken lenger."))
        return redirect("home")
    return render(request, "cases/declare_conflict.html", shell(request, case, tab="overview"))


@require_http_methods(["GET", "HEAD", "POST"])
def conflicts(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Who of the agency is disqualified, now and before, and noting one more: read back before it is done."""
    case = open_case(request, case_id)
    actor = request.actor
    policies.may_keep_conflicts(actor, case).enforce()
    form = ConflictForm(
        request.POST if request.method == "POST" else None, candidates=services.candidates(case, by=actor)
    )
    if not form.is_valid():
        rows = list(services.conflicts_of(case, by=actor))
        context = shell(request, case, tab="") | {
            "form": form,
            "standing": [row for row in rows if row.ended_at is None],
            "ended": [row for row in rows if row.ended_at is not None],
        }
        return render(request, "cases/conflicts.html", context, status=422 if form.is_bound else 200)
    user = form.cleaned_data["user"]
    if "confirmed" not in request.POST:
        return render(request, "cases/conflict_confirm.html", shell(request, case, tab="") | {"person_noted": user})
    done = _("%(name)s er meldt inhabil og ser ikke saken lenger.") % {"name": user.name}
    carried_out(request, lambda: services.declare_for(case, user=user, by=actor), done=done)
    return redirect("cases:conflicts", case_id=case.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def end_conflict(request: Request, case_id: uuid.UUID, conflict_id: uuid.UUID) -> HttpResponse:
    """Why somebody may have the case again."""
    case = open_case(request, case_id)
    found = get_object_or_404(services.conflicts_of(case, by=request.actor), pk=conflict_id)
    policies.may_end_conflict(request.actor, case, found).enforce()
    form = EndConflictForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = shell(request, case, tab="") | {"form": form, "conflict": found}
        return render(request, "cases/conflict_end.html", context, status=422 if form.is_bound else 200)
    done = _("%(name)s kan få saken igjen. Tildel den hvis det skal skje nå.") % {"name": found.user.name}
    carried_out(request, lambda: services.end(found, reason=form.cleaned_data["reason"], by=request.actor), done=done)
    return redirect("cases:conflicts", case_id=case.pk)
