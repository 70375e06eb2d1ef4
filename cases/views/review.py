"""The office's first review on one page: kept as a draft, completed, and mended later."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.http import Request
from cases import policies
from cases.forms.review import ReviewForm
from cases.models import Case, InitialReview
from cases.services import review as reviews
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The review and, when there are children, the assessment that must be made (U23-13 to U23-15)."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    checklist = case.programme_version.definition.initial_review
    if request.method != "POST":
        saved = ReviewForm.initial_of(reviews.answers_of(case))
        return _page(request, case, ReviewForm(checklist=checklist, initial=saved))
    whole = "complete" in request.POST
    form = ReviewForm(request.POST, checklist=checklist, whole=whole)
    if not form.is_valid():
        return _page(request, case, form, status=422)
    keep = reviews.complete if whole else reviews.save_draft
    done = _("Vurderingen er gjort ferdig. Kall inn til samtale.") if whole else _("Utkastet er lagret.")
    if carried_out(request, lambda: keep(case, by=request.actor, answers=form.answers()), done=done) and whole:
        return redirect("cases:talk", case_id=case.pk)
    return redirect("cases:review", case_id=case.pk)


def _page(request: Request, case: Case, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    context = shell(request, case, tab="review") | {
        "form": form,
        "saved": InitialReview.objects.filter(case=case).select_related("author").first(),
        "may_review": policies.may_review(request.actor, case),
    }
    return render(request, "cases/review.html", context, status=status)
