"""Reports on their way in: intake's queue and the report itself; for an office's manager, the cases without a caseworker."""

import datetime as dt
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.actors import Actor
from agencies.enums import Part
from agencies.http import Request
from audit import clock
from cases import policies
from cases.enums import CaseState, RejectionReason
from cases.forms.reports import RejectForm, RouteForm
from cases.models import Case, CaseLead, ConcernReport
from cases.models.case import CaseQuerySet
from cases.services import access_explained, reports, routing
from cases.services.lifecycle import deadline_for
from cases.views import report_page
from cases.views.loading import open_case, record_list
from cases.views.outcomes import carried_out
from cases.views.shell import shell
from cases.workflow import BEFORE_ROUTING

PAGE = 25
LATE_ONLY = "over"
STATUS = {
    CaseState.SUBMITTED: (gettext_lazy("Ny"), "neutral"),
    CaseState.RECEIVED: (gettext_lazy("Mottatt"), "info"),
    CaseState.ROUTED: (gettext_lazy("Uten saksbehandler"), "warning"),
}


def has_inbox(actor: Actor) -> bool:
    """Whether reports come to this actor: to intake, and to the managers of the offices that lead cases."""
    return bool(policies.may_do_intake(actor) or policies.may_take_cases(actor))


@require_GET
def inbox(request: Request) -> HttpResponse:
    """What waits, eldest first. Labels, deadlines and districts; a name is shown when a report is opened."""
    actor = request.actor
    if not has_inbox(actor):
        policies.may_do_intake(actor).enforce()
    waiting = _waiting(actor)
    late_only = request.GET.get("vis") == LATE_ONLY
    chosen = waiting.overdue() if late_only else waiting
    cases = chosen.select_related("person", "programme_version").order_by("opened_at", "pk")
    page = Paginator(cases, PAGE).get_page(request.GET.get("page"))
    rows = _rows(list(page.object_list), actor)
    record_list(request, "case.listed", [row["case"].pk for row in rows], parts=(Part.CORE, Part.CRIME))
    context = {
        "page": page,
        "rows": rows,
        "late_only": late_only,
        "waiting": waiting.count(),
        "late": waiting.overdue().count(),
        "is_intake": policies.may_do_intake(actor).allowed,
        "routed": _routed_this_month(actor),
        "month": actor.at,
    }
    return render(request, "cases/inbox.html", context)


def _waiting(actor: Actor) -> CaseQuerySet:
    """The actor's queue: at intake what is not routed, at an office what has no caseworker yet."""
    states = BEFORE_ROUTING if policies.may_do_intake(actor) else {CaseState.ROUTED}
    return Case.objects.visible_to(actor).led_by(actor.agency).in_states(*states)


def _routed_this_month(actor: Actor) -> int:
    """How many cases the agency's lead of has ended this month: for intake, those it passed on."""
    month = clock.start_of(actor.at.astimezone(clock.local_zone()).date().replace(day=1))
    return CaseLead.objects.filter(agency=actor.agency, valid_until__gte=month).count()


def _rows(cases: list[Case], actor: Actor) -> list[dict[str, Any]]:
    found = ConcernReport.objects.readable_by(actor).filter(case__in=cases).select_related("author_agency")
    newest = {report.case_id: report for report in found.order_by("created_at")}
    districts = routing.districts_of(cases, actor=actor)
    return [_row(case, newest.get(case.pk), districts[case.pk], actor) for case in cases]


def _row(case: Case, report: ConcernReport | None, district: str, actor: Actor) -> dict[str, Any]:
    words, tone = STATUS[CaseState(case.state)]
    return {
        "case": case,
        "report": report,
        "criteria": report_page.criteria_of(case, report) if report else "",
        "waited": waited(actor.at - case.opened_at),
        "district": district,
        "status": words,
        "tone": tone,
    }


def waited(time: dt.timedelta) -> str:
    """How long something has waited, in its largest unit: "3 dager", "5 timer", "40 minutter"."""
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(count)d minutt", "%(count)d minutter", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(count)d time", "%(count)d timer", hours) % {"count": hours}
    days = hours // 24
    return ngettext("%(count)d dag", "%(count)d dager", days) % {"count": days}


@require_GET
def report(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The report in full: at intake with what can be done about it, for the office that leads as a page of its case."""
    case = _open_report(request, case_id)
    if not policies.may_do_intake(request.actor):
        context = shell(request, case, tab="report") | report_page.contents(case, actor=request.actor)
        return render(request, "cases/case_report.html", context)
    suggestion = routing.suggest(case, actor=request.actor)
    return _report_page(request, case, RouteForm(suggestion=suggestion), suggestion)


@require_POST
def receive(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Intake takes the report in (T2)."""
    case = _open_report(request, case_id)
    carried_out(
        request,
        lambda: reports.receive(case, by=request.actor),
        done=_("Meldingen er mottatt. Politiet ser at den er kommet fram."),
    )
    return redirect("cases:report", case_id=case.pk)


@require_POST
def route(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Intake passes the report on (T3), and from then on does not see it."""
    case = _open_report(request, case_id)
    policies.may_do_intake(request.actor).enforce()
    suggestion = routing.suggest(case, actor=request.actor)
    form = RouteForm(request.POST, suggestion=suggestion)
    if not form.is_valid():
        return _report_page(request, case, form, suggestion, status=422)
    office = form.chosen_office()
    done = _("Meldingen er fordelt til %(office)s. Dere ser den ikke lenger.") % {"office": office.name}
    if not carried_out(request, lambda: reports.route(case, office=office, by=request.actor), done=done):
        return redirect("cases:report", case_id=case.pk)
    return redirect("cases:inbox")


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Intake sends the report back (T2x): the page says what is deleted before it is."""
    case = _open_report(request, case_id)
    policies.may_do_intake(request.actor).enforce()
    form = RejectForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"case": case, "form": form, "report": report_page.newest_report(case, actor=request.actor)}
        context["why"] = access_explained.explain(request.actor, case)
        context["decision"] = policies.may_reject(request.actor, case)
        return render(request, "cases/reject.html", context, status=422 if form.is_bound else 200)
    reason = RejectionReason(form.cleaned_data["reason"])
    done = _("Meldingen er sendt tilbake, og opplysningene er slettet.")
    if not carried_out(request, lambda: reports.reject(case, reason=reason, by=request.actor), done=done):
        return redirect("cases:report", case_id=case.pk)
    return redirect("cases:inbox")


def _open_report(request: Request, case_id: uuid.UUID) -> Case:
    """The case, for the agency that leads it: its report is nobody else's page. Raises Http404 otherwise."""
    case = open_case(request, case_id)
    if not policies.leads(request.actor, case):
        raise Http404
    return case


def _report_page(
    request: Request, case: Case, form: RouteForm, suggestion: routing.Suggestion, *, status: int = 200
) -> HttpResponse:
    actor = request.actor
    context = report_page.contents(case, actor=actor) | {
        "case": case,
        "why": access_explained.explain(actor, case),
        "form": form,
        "suggestion": suggestion,
        "is_new": case.state == CaseState.SUBMITTED,
        "may_receive": policies.may_receive(actor, case),
        "may_route": policies.may_route(actor, case),
        "earlier": report_page.earlier_cases(case),
        "review_by": deadline_for(case, CaseState.INITIAL_REVIEW, since=actor.at),
    }
    return render(request, "cases/report.html", context, status=status)
