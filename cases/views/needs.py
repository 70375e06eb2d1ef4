"""The six basic needs, the network, what is considered, and starting the collaboration."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.decisions import NotNow
from agencies.http import Request
from cases import policies
from cases.enums import CoordinationKind, FactKind, NeedStatus
from cases.forms.needs import AssessmentForm, CooperationMeetingForm, NeedsForm, ResourcePersonForm
from cases.models import Case, ResourcePerson
from cases.services import needs as needs_service
from cases.views import words
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.sections import has_network
from cases.views.shell import shell

# Where each thing that T10 asks for is done.
STEP_PAGES = {
    FactKind.CONSENT_GIVEN: "consent:detail",
    FactKind.BASIC_NEEDS_ASSESSED: "cases:needs",
    FactKind.COOPERATION_MEETING_CALLED: "cases:assessments",
    FactKind.RESPONSIBILITY_GROUP_ASSESSED: "cases:assessments",
    FactKind.INDIVIDUAL_PLAN_ASSESSED: "cases:assessments",
}


@require_http_methods(["GET", "HEAD", "POST"])
def needs(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """All needs the actor may know of on one page, with a form for those they may assess (U23-23)."""
    case = open_case(request, case_id)
    actor = request.actor
    every = case.programme_version.definition.basic_needs
    mine = [need for need in every if policies.may_assess_needs(actor, case, need.part)]
    knowing = needs_service.agencies_who_may_know(actor, case) if mine else {}
    latest = needs_service.latest_needs(actor, case)
    if request.method != "POST":
        return _needs_page(request, case, NeedsForm(needs=mine, latest=latest, agencies=knowing))
    if not mine:
        policies.may_assess_needs(actor, case, every[0].part).enforce()
    form = NeedsForm(request.POST, needs=mine, latest=latest, agencies=knowing)
    if not form.is_valid():
        return _needs_page(request, case, form, status=422)
    _assess(request, case, form)
    return redirect("cases:needs", case_id=case.pk)


def _assess(request: Request, case: Case, form: NeedsForm) -> None:
    try:
        changed = needs_service.assess_needs(case, by=request.actor, answers=form.answers())
    except NotNow as stopped:
        messages.error(request, str(stopped.reason))
        return
    done = ngettext("%(count)d behov er oppdatert.", "%(count)d behov er oppdatert.", changed) % {"count": changed}
    messages.success(request, done if changed else _("Ingenting var endret."))


def _needs_page(request: Request, case: Case, form: NeedsForm, *, status: int = 200) -> HttpResponse:
    actor = request.actor
    sections, history = form.sections(), needs_service.history_of_needs(actor, case)
    rows = []
    for need in case.programme_version.definition.basic_needs:
        # What may be neither written nor read is absent: no gap, no count.
        if need.code not in sections and need.code not in history:
            continue
        past = history.get(need.code, [])
        standing = NeedStatus(past[0].status) if past else NeedStatus.NOT_ASSESSED
        rows.append(
            {
                "need": need,
                "section": sections.get(need.code),
                "latest": past[0] if past else None,
                "older": [(NeedStatus(row.status).label, row) for row in past[1:]],
                "status": standing.label,
                "tone": words.NEED_TONES[standing],
            }
        )
    context = shell(request, case, tab="needs") | {
        "form": form,
        "rows": rows,
        "may_assess": bool(sections),
        "has_network": has_network(request.actor, case),
    }
    return render(request, "cases/needs.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def network(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Resource persons: those who can help, and adding one (U23-19)."""
    case = open_case(request, case_id)
    typed = request.POST if request.method == "POST" else None
    form = ResourcePersonForm(typed, refuse_places=case.person.stores_no_whereabouts)
    if request.method == "POST" and form.is_valid():
        done = _("Ressurspersonen er ført opp.")
        add = needs_service.add_resource_person
        carried_out(request, lambda: add(case, by=request.actor, **form.person()), done=done)
        return redirect("cases:network", case_id=case.pk)
    context = shell(request, case, tab="needs") | {
        "form": form,
        "people": [
            (person, policies.may_remove_resource_person(request.actor, person))
            for person in needs_service.network_of(request.actor, case)
        ],
        "may_map": policies.may_map_network(request.actor, case),
    }
    return render(request, "cases/network.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_resource_person(request: Request, case_id: uuid.UUID, person_id: uuid.UUID) -> HttpResponse:
    """Take a resource person away, after having been told that the name is deleted."""
    case = open_case(request, case_id)
    readable = ResourcePerson.objects.readable_by(request.actor).filter(case=case)
    person = get_object_or_404(readable.exclude(protection_level__in=request.actor.levels_hidden), pk=person_id)
    if request.method == "POST":
        done = _("Ressurspersonen er fjernet, og opplysningene er slettet.")
        remove = needs_service.remove_resource_person
        carried_out(request, lambda: remove(case, person_id, by=request.actor), done=done)
        return redirect("cases:network", case_id=case.pk)
    policies.may_remove_resource_person(request.actor, person).enforce()
    return render(request, "cases/network_remove.html", shell(request, case, tab="needs") | {"resource": person})


@require_GET
def assessments(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """What is considered before collaborating: responsibility group, individual plan, the meeting (U23-24, U23-25)."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    return _assessments_page(request, case)


@require_POST
def assess(request: Request, case_id: uuid.UUID, kind: str) -> HttpResponse:
    """Keep one of the three."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    if kind not in CoordinationKind.values:
        raise Http404
    form = _assessment_form(CoordinationKind(kind), request.POST)
    if not form.is_valid():
        return _assessments_page(request, case, form, kind, status=422)
    assessed = form.assessment()
    keep = needs_service.assess_coordination
    done = _("Lagret: %(what)s.") % {"what": CoordinationKind(kind).label}
    carried_out(request, lambda: keep(case, by=request.actor, kind=CoordinationKind(kind), **assessed), done=done)
    return redirect("cases:assessments", case_id=case.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def start_collaboration(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """From mapping to collaborating, with what is in place and what is missing (T10)."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    if request.method == "POST":
        done = _("Samarbeidet er i gang.")
        if carried_out(request, lambda: needs_service.start_collaboration(case, by=request.actor), done=done):
            return redirect("cases:detail", case_id=case.pk)
        return redirect("cases:start_collaboration", case_id=case.pk)
    context = shell(request, case, tab="needs") | {
        "steps": [(step, STEP_PAGES[step.fact]) for step in needs_service.steps_to_collaboration(request.actor, case)],
        "decision": policies.may_start_collaboration(request.actor, case),
    }
    return render(request, "cases/needs_start.html", context)


def _assessment_form(kind: CoordinationKind, data: object = None) -> AssessmentForm | CooperationMeetingForm:
    form = CooperationMeetingForm if kind == CoordinationKind.COOPERATION_MEETING else AssessmentForm
    return form(data, prefix=kind)


def _assessments_page(
    request: Request,
    case: Case,
    bound: AssessmentForm | CooperationMeetingForm | None = None,
    kind: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    past = needs_service.assessments_of(case)
    helps = {item.code: item.help for item in case.programme_version.definition.assessments}
    meeting = _(
        "Møtet holdes med personen selv, og med dem som skal hjelpe. Kall det inn utenfor Samlos, og registrer det her."
    )
    rows = [
        {
            "kind": each,
            "help": helps.get(each, meeting),
            "form": bound if bound is not None and each == kind else _assessment_form(each),
            "past": past.get(each, []),
        }
        for each in CoordinationKind
    ]
    context = shell(request, case, tab="needs") | {
        "rows": rows,
        "form": bound,
        "may_assess": policies.may_assess_coordination(request.actor, case),
    }
    return render(request, "cases/needs_assessments.html", context, status=status)
