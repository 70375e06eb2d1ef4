"""How every page of a case gets its case: visible or not there, and the look-up is logged once."""

import uuid

from django.http import Http404

from agencies.http import Request
from audit.services import record_once
from cases.models import Case, CaseAccess


def open_case(request: Request, case_id: uuid.UUID) -> Case:
    """The case, if the actor may know of it now. Raises Http404 otherwise, the same as for one that does not exist.

    Writes the request's one `case.read` event, with the parts that were open and what they rest on (G7).
    """
    actor = request.actor
    case = (
        Case.objects.visible_to(actor)
        .select_related("person", "lead_agency", "opened_by_agency", "programme_version__programme")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise Http404
    lines = list(CaseAccess.objects.in_force_for(actor).filter(case=case).values_list("parts", "reason"))
    record_once(
        "case.read",
        case_id=case.pk,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        parts={part for parts, _ in lines for part in parts},
        basis=",".join(sorted({reason for _, reason in lines})),
        purpose=request.resolver_match.view_name if request.resolver_match else "",
        object_type="case",
        object_id=case.pk,
    )
    return case
