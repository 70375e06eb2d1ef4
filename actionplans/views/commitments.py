"""What the young person has said yes to doing: written down by the lead."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from actionplans import policies
from actionplans.enums import Progress
from actionplans.forms import CommitmentForm
from actionplans.models import Commitment
from actionplans.services import goals as services
from actionplans.views.answers import attempt, back_to_plan, form_page
from actionplans.views.shown import who_sees_plan
from agencies.enums import Part
from agencies.http import Request
from cases.models import Case
from cases.services.lifecycle import demand
from cases.views.loading import open_case


@require_http_methods(["GET", "POST"])
def add(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Write down something the young person has said yes to."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    form = CommitmentForm(
        request.POST or None,
        initial={"part": Part.CORE, "status": Progress.NOT_BEGUN},
        definition=case.programme_version.definition,
    )
    if form.is_valid() and attempt(
        request,
        form,
        lambda: services.add_commitment(case, **form.cleaned_data, by=request.actor),
        _("Avtalen står i planen."),
    ):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Ny avtale"),
        submit=_("Lagre avtalen"),
        who_sees=who_sees_plan(request.actor, case),
    )


@require_http_methods(["GET", "POST"])
def change(request: Request, case_id: uuid.UUID, commitment_id: uuid.UUID) -> HttpResponse:
    """Change a commitment, or how far it has come."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    commitment = _own(request, case, commitment_id)
    form = CommitmentForm(
        request.POST or None, initial=CommitmentForm.typed(commitment), definition=case.programme_version.definition
    )
    if form.is_valid() and attempt(
        request,
        form,
        lambda: services.change_commitment(commitment, **form.cleaned_data, by=request.actor),
        _("Avtalen er endret."),
    ):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Endre avtalen"),
        submit=_("Lagre avtalen"),
        who_sees=who_sees_plan(request.actor, case),
    )


@require_POST
def remove(request: Request, case_id: uuid.UUID, commitment_id: uuid.UUID) -> HttpResponse:
    """Take a commitment out of the plan."""
    case = open_case(request, case_id)
    commitment = _own(request, case, commitment_id)
    attempt(
        request,
        None,
        lambda: services.remove_commitment(commitment, by=request.actor),
        _("Avtalen er tatt ut av planen."),
    )
    return back_to_plan(case, editing=True)


def _own(request: Request, case: Case, commitment_id: uuid.UUID) -> Commitment:
    own = Commitment.objects.filter(case=case).standing().contributed_by(request.actor.agency)
    commitment: Commitment = get_object_or_404(own, pk=commitment_id)
    return commitment
