"""The section "Plan" of a case: what this reader may see of it, and, for the lead, what can be changed."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from actionplans import policies
from actionplans.models import FollowUp, Measure
from actionplans.reading import read_plan
from actionplans.views.shown import own_measure_ids, who_sees_plan
from agencies.http import Request
from cases.models import Case
from cases.services.lifecycle import demand
from cases.views.loading import open_case
from cases.views.shell import shell
from cases.workflow import BEFORE_INFORMED


@require_GET
def detail(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The plan as this reader may see it."""
    case = open_case(request, case_id)
    if case.state in BEFORE_INFORMED:
        raise Http404
    return render(request, "actionplans/detail.html", _page(request, case))


@require_GET
def edit(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The same page with what the lead can change beside each line."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    context = _page(request, case)
    everything = {measure.id for measure in context["plan"].measures}
    context |= {"editing": True, "reports_on": everything, "removed": _just_removed(request, case)}
    return render(request, "actionplans/detail.html", context)


@require_GET
def of_measure(request: Request, measure_id: uuid.UUID) -> HttpResponse:
    """Where a reminder of a measure leads."""
    measure = get_object_or_404(Measure.objects.standing().seen_by(request.actor), pk=measure_id)
    return redirect("actionplans:progress", measure.case_id, measure.pk)


@require_GET
def of_follow_up(request: Request, follow_up_id: uuid.UUID) -> HttpResponse:
    """Where a reminder of a follow-up leads."""
    follow_up = get_object_or_404(FollowUp.objects.standing().seen_by(request.actor), pk=follow_up_id)
    return redirect("actionplans:detail", follow_up.case_id)


def _page(request: Request, case: Case) -> dict[str, Any]:
    actor = request.actor
    plan = read_plan(case, actor)
    may_edit = policies.may_edit(actor, case)
    return shell(request, case, tab="plan") | {
        "plan": plan,
        "may_edit": may_edit,
        "may_export": policies.may_export(actor, case),
        "may_hand_over": policies.may_hand_over(actor, case),
        "reports_on": own_measure_ids(actor, case, plan),
        "who_sees": who_sees_plan(actor, case),
        "editing": False,
        "removed": None,
    }


def _just_removed(request: Request, case: Case) -> Measure | None:
    """The measure that was taken out a moment ago, offered to be put back."""
    try:
        measure_id = uuid.UUID(request.GET.get("fjernet", ""))
    except ValueError:
        return None
    gone = Measure.objects.filter(case=case, removed_at__isnull=False).contributed_by(request.actor.agency)
    return gone.filter(pk=measure_id).first()
