"""The plan as a PDF: made for whoever asks, looked at again before it is handed over, and logged (G3, G7)."""

import uuid

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from actionplans import documents, policies
from actionplans.documents import PlanDocument
from agencies.http import Request, step_up_required
from cases.models import Case
from cases.services.lifecycle import record_change
from cases.views.loading import open_case
from cases.workflow import BEFORE_INFORMED


@require_GET
@step_up_required
def plan_pdf(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The plan for the reader's agency."""
    case = _opened(request, case_id)
    policies.may_export(request.actor, case).enforce()
    rights = policies.rights_now(request.actor, case)
    return _handed_over(request, case, documents.plan_for(request.actor, case), rights)


@require_GET
@step_up_required
def own_pdf(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The young person's own copy, for the lead to print and hand over."""
    case = _opened(request, case_id)
    policies.may_hand_over(request.actor, case).enforce()
    rights = policies.rights_now(request.actor, case)
    return _handed_over(request, case, documents.own_plan(request.actor, case), rights)


def _opened(request: Request, case_id: uuid.UUID) -> Case:
    case = open_case(request, case_id)
    if case.state in BEFORE_INFORMED:
        raise Http404
    return case


def _handed_over(request: Request, case: Case, document: PlanDocument, rights: policies.Rights) -> HttpResponse:
    """Rendering takes its time. What ended meanwhile has ended for the paper too: then there is nothing to hand over."""
    pdf = documents.render(document)
    if not policies.rights_still_hold(request.actor, case, rights):
        raise Http404
    record_change(
        "plan.exported",
        case,
        by=request.actor,
        parts=document.plan.parts,
        purpose="own_copy" if document.is_own_copy else "",
    )
    disposition = f'attachment; filename="{document.file_name}"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})
