"""Våre bidrag: what the agency wrote itself stays findable when the case is gone for it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agencies.http import Request
from audit.services import record
from cases import registers
from cases.models import Case

PAGE = 25


@require_GET
def contributions(request: Request) -> HttpResponse:
    """The agency's own words with label, kind and date; a link to the case only while it is visible."""
    actor = request.actor
    page = Paginator(registers.contributions_of(actor), PAGE).get_page(request.GET.get("page"))
    case_ids = {row.case_id for row in page.object_list if row.case_id is not None}
    visible = set(Case.objects.visible_to(actor).filter(pk__in=case_ids).values_list("pk", flat=True))
    record(
        "contributions.listed",
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        case_ids=case_ids,
        parts={row.part for row in page.object_list if row.part},
        object_type="contribution",
    )
    context = {"page": page, "visible": visible, "answers": actor.answers_for_agency}
    return render(request, "cases/contributions.html", context)
