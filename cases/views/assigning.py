"""Who works on a case: the agency's manager gives it to a caseworker, and takes it back."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.http import Request
from agencies.models import User
from cases import policies
from cases.forms.reports import AssignForm
from cases.models import Case
from cases.services import assignments
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The agency's caseworkers with how many cases each has, and who has this one."""
    case = open_case(request, case_id)
    candidates = assignments.candidates(case, agency=request.actor.agency)
    form = AssignForm(request.POST if request.method == "POST" else None, candidates=candidates)
    if not form.is_valid():
        context = shell(request, case, tab="") | {
            "form": form,
            "has_candidates": bool(form.fields["user"].choices),  # type: ignore[attr-defined]
            "assigned": [candidate.user for candidate in candidates if candidate.is_assigned],
            "may_assign": policies.may_assign(request.actor, case),
        }
        return render(request, "cases/assign.html", context, status=422 if form.is_bound else 200)
    user = form.chosen_user()
    done = _("%(name)s har fått saken.") % {"name": user.name}
    if carried_out(request, lambda: assignments.assign(case, user=user, by=request.actor), done=done):
        return redirect("cases:detail", case_id=case.pk)
    return redirect("cases:assign", case_id=case.pk)


@require_POST
def unassign(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Take the case from a caseworker: asked about first, since sight goes with it."""
    case = open_case(request, case_id)
    policies.may_assign(request.actor, case).enforce()
    user = _assigned_user(request, case)
    if "confirmed" not in request.POST:
        return render(request, "cases/unassign.html", shell(request, case, tab="") | {"caseworker": user})
    done = _("%(name)s har ikke saken lenger.") % {"name": user.name}
    carried_out(request, lambda: assignments.unassign(case, user=user, by=request.actor), done=done)
    return redirect("cases:assign", case_id=case.pk)


def _assigned_user(request: Request, case: Case) -> User:
    """The caseworker the form named, if the agency has them. Raises Http404 otherwise."""
    named = request.POST.get("user", "")
    for candidate in assignments.candidates(case, agency=request.actor.agency):
        if str(candidate.user.pk) == named:
            return candidate.user
    raise Http404
