"""The case's own section "Møter": where it is, was and will be spoken of, as the reader may know."""

import uuid

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.actors import Actor
from agencies.decisions import Decision, NotNow
from agencies.http import Request
from cases.enums import CaseState
from cases.models import Case
from cases.policies import may_work_on
from cases.views.loading import open_case
from cases.views.shell import shell
from meetings import policies
from meetings.models import CaseItem
from meetings.services import follow_up, reading
from meetings.views.agenda import TAB
from meetings.views.loading import open_item
from meetings.workflow import WAITING_OR_ON


@require_GET
def section(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The meetings that take up, took up or were asked to take up this case."""
    case = open_case(request, case_id)
    actor = request.actor
    heard = CaseItem.objects.heard_by(actor).filter(case=case).values("pk")
    items = (
        CaseItem.objects.filter(Q(pk__in=heard) | Q(author_agency=actor.agency), case=case)
        .prefetch_related(
            "meeting__programme_version",
            "case__person",
            "case__lead_agency",
            "case__programme_version",
            "author_agency",
        )
        .order_by("-meeting__starts_at", "-created_at")
    )
    lines = reading.lines_of_case(items, actor)
    known = set(CaseItem.objects.filter(pk__in=heard).values_list("pk", flat=True))
    for line in lines:
        line.heard = line.id in known
    coming = [line for line in lines if line.item and line.item.meeting.is_planned and line.item.state in WAITING_OR_ON]
    context = {
        **shell(request, case, tab=TAB),
        "coming": sorted(coming, key=lambda line: line.item.meeting.starts_at if line.item else actor.at),
        "past": [line for line in lines if line not in coming],
        "may_propose": _may_propose(actor, case),
        "may_work": may_work_on(actor, case),
        "is_followed_up": case.state == CaseState.WORKING_GROUP_FOLLOW_UP,
        "may_begin": case.state == CaseState.COLLABORATING,
    }
    return render(request, "meetings/of_case.html", context)


@require_POST
def begin_follow_up(request: Request, case_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """The lead says that the group follows the case up."""
    open_case(request, case_id)
    item = open_item(request, item_id)
    try:
        follow_up.begin(item, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Saken følges opp i arbeidsgruppen."))
    return redirect("meetings:case", case_id=case_id)


@require_POST
def finish_follow_up(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The group's follow-up is done."""
    case = open_case(request, case_id)
    try:
        follow_up.finish(case, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Oppfølgingen i arbeidsgruppen er ferdig. Samarbeidet går videre."))
    return redirect("meetings:case", case_id=case.pk)


def shown_to(actor: Actor, case: Case) -> bool:
    """The lead always has something to do here; others when they hear something."""
    return case.is_led_by(actor.agency) or CaseItem.objects.heard_by(actor).filter(case=case).exists()


def _may_propose(actor: Actor, case: Case) -> Decision:
    """For the button: a yes from any forum of the programme, else the first reason why not."""
    forums = [forum for forum in case.programme_version.definition.forums if forum.hears_individual_cases]
    decisions = [policies.may_propose(actor, case, forum.code) for forum in forums]
    if not decisions:
        return Decision(allowed=False, reason=_("Programmet har ingen møter som snakker om enkeltpersoner."))
    return next((decision for decision in decisions if decision), decisions[0])
