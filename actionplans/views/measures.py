"""Measures: added, changed, put in order, taken out and put back by the lead; reported on by those who carry them."""

import uuid
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from actionplans import policies
from actionplans.enums import Progress
from actionplans.forms import Carriers, MeasureForm, ProgressForm
from actionplans.models import Measure, MeasureProgress, local_day
from actionplans.services import measures as services
from actionplans.views.answers import attempt, back_to_plan, form_page
from actionplans.views.shown import who_sees_plan
from agencies.enums import Role
from agencies.http import Request
from agencies.models import Agency, Membership, User
from cases.enums import CaseState
from cases.models import Case
from cases.services.lifecycle import demand
from cases.views.loading import open_case


@require_http_methods(["GET", "POST"])
def add(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Put a new measure into the plan."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    form = MeasureForm(request.POST or None, definition=case.programme_version.definition, carriers=_carriers(case))
    if form.is_valid() and attempt(
        request, form, lambda: services.add(case, form.terms, by=request.actor), _("Tiltaket står i planen.")
    ):
        return back_to_plan(case, editing=True)
    return _measure_page(request, case, form, title=_("Nytt tiltak"), submit=_("Legg til tiltaket"))


@require_http_methods(["GET", "POST"])
def change(request: Request, case_id: uuid.UUID, measure_id: uuid.UUID) -> HttpResponse:
    """Change what is agreed about a measure."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    measure = _own(request, case, measure_id)
    form = MeasureForm(
        request.POST or None,
        initial=MeasureForm.typed(measure),
        definition=case.programme_version.definition,
        carriers=_carriers(case, also=measure),
    )
    if form.is_valid() and attempt(
        request, form, lambda: services.change(measure, form.terms, by=request.actor), _("Tiltaket er endret.")
    ):
        return back_to_plan(case, editing=True)
    return _measure_page(request, case, form, title=_("Endre tiltaket"), submit=_("Lagre tiltaket"))


@require_POST
def move(request: Request, case_id: uuid.UUID, measure_id: uuid.UUID) -> HttpResponse:
    """One step up or down among the measures of its area."""
    case = open_case(request, case_id)
    measure = _own(request, case, measure_id)
    up = request.POST.get("way") == "up"
    attempt(request, None, lambda: services.move(measure, up=up, by=request.actor), _("Rekkefølgen er endret."))
    return back_to_plan(case, editing=True)


@require_POST
def remove(request: Request, case_id: uuid.UUID, measure_id: uuid.UUID) -> HttpResponse:
    """Take a measure out of the plan, and offer to put it back."""
    case = open_case(request, case_id)
    measure = _own(request, case, measure_id)
    removed = attempt(
        request, None, lambda: services.remove(measure, by=request.actor), _("Tiltaket er tatt ut av planen.")
    )
    query = f"?{urlencode({'fjernet': measure.pk})}" if removed else ""
    return redirect(reverse("actionplans:edit", args=[case.pk]) + query)


@require_POST
def restore(request: Request, case_id: uuid.UUID, measure_id: uuid.UUID) -> HttpResponse:
    """Put back what was taken out."""
    case = open_case(request, case_id)
    gone = Measure.objects.filter(case=case).contributed_by(request.actor.agency)
    measure = get_object_or_404(gone.select_related("responsible_agency", "case"), pk=measure_id)
    attempt(request, None, lambda: services.restore(measure, by=request.actor), _("Tiltaket står i planen igjen."))
    return back_to_plan(case, editing=True)


@require_http_methods(["GET", "POST"])
def progress(request: Request, case_id: uuid.UUID, measure_id: uuid.UUID) -> HttpResponse:
    """Say how a measure goes: whoever carries it, or the lead."""
    case = open_case(request, case_id)
    actor = request.actor
    readable = (
        Measure.objects.filter(case=case)
        .standing()
        .readable_by(actor)
        .select_related("responsible_agency", "responsible")
    )
    measure = get_object_or_404(readable, pk=measure_id)
    measure.case = case
    demand(policies.may_report_progress(actor, measure))
    known = MeasureProgress.objects.known_to(actor).filter(measure=measure).newest_first().first()
    initial = {"status": known.status, "count": known.count} if known else {"status": Progress.NOT_BEGUN}
    form = ProgressForm(request.POST or None, initial={"happened_on": local_day(actor.at)} | initial, measure=measure)
    if form.is_valid() and attempt(
        request, form, lambda: services.report_progress(measure, **form.said, by=actor), _("Framdriften er meldt.")
    ):
        return back_to_plan(case)
    return form_page(
        request, case, form, title=_("Meld framdrift"), submit=_("Meld framdrift"), measure=measure,
        template="actionplans/progress.html",
    )  # fmt: skip


def _own(request: Request, case: Case, measure_id: uuid.UUID) -> Measure:
    own = Measure.objects.filter(case=case).standing().contributed_by(request.actor.agency)
    measure: Measure = get_object_or_404(own.select_related("responsible_agency"), pk=measure_id)
    return measure


def _carriers(case: Case, *, also: Measure | None = None) -> Carriers:
    """Who may be asked: the agencies that some of the plan reaches, the lead first, each with its workers. `also` keeps
    whoever carries a measure now to be chosen, so that the form can say why that no longer goes.
    """
    ids = {case.lead_agency_id}
    if case.state != CaseState.CONSENT_REFUSED:
        ids |= set(policies.reach_of(case).parts)
    if also is not None:
        ids.add(also.responsible_agency_id)
    members = Membership.objects.in_force().filter(
        agency__in=ids, role__in=[Role.CASEWORKER, Role.MANAGER], user__is_active=True, user__is_machine=False
    )
    workers: dict[int, dict[int, User]] = {}
    for member in members.select_related("user").order_by("user__name", "user_id"):
        workers.setdefault(member.agency_id, {})[member.user_id] = member.user
    if also is not None and also.responsible is not None:
        workers.setdefault(also.responsible_agency_id, {})[also.responsible.pk] = also.responsible
    agencies = sorted(
        Agency.objects.filter(pk__in=ids), key=lambda agency: (agency.pk != case.lead_agency_id, agency.name)
    )
    return [(agency, list(workers.get(agency.pk, {}).values())) for agency in agencies]


def _measure_page(request: Request, case: Case, form: MeasureForm, *, title: str, submit: str) -> HttpResponse:
    return form_page(
        request, case, form, title=title, submit=submit, who_sees=who_sees_plan(request.actor, case),
        areas=case.programme_version.definition.plan_areas,
    )  # fmt: skip
