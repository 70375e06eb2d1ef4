"""Våre bidrag: what the agency wrote itself stays findable when the case is gone for it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agencies.http import Request
from cases import registers
from cases.models import Case
from cases.views.loading import record_list

PAGE = 25


@require_GET
def contributions(request: Request) -> HttpResponse:
    """The agency's own words with label, kind and date; a link to the case only while it is visible."""
    actor = request.actor
    page = Paginator(registers.contributions_of(actor), PAGE).get_page(request.GET.get("page"))
    case_ids = {row.case_id for row in page.object_list if row.case_id is not None}
    visible = set(Case.objects.visible_to(actor).filter(pk__in=case_ids).values_list("pk", flat=True))
    parts = {row.part for row in page.object_list if row.part}
    record_list(request, "contributions.listed", case_ids, parts=parts, basis="author", object_type="contribution")
    context = {"page": page, "visible": visible, "answers": actor.answers_for_agency}
    return render(request, "cases/contributions.html", context)
