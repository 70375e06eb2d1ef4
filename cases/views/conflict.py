"""Saying that one is disqualified in a case: confirmed first, since it takes one's own sight away."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.http import Request
from cases.services import conflicts
from cases.views.loading import open_case
from cases.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def declare_conflict(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """What happens, and the button. Afterwards the case is not there for this person any longer."""
    case = open_case(request, case_id)
    if request.method == "POST":
        conflicts.declare(case, by=request.actor)
        messages.success(request, _("Du har meldt fra om at du er inhabil, og ser ikke saken lenger."))
        return redirect("home")
    return render(request, "cases/declare_conflict.html", shell(request, case, tab="overview"))
