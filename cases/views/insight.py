"""The young person's log: the page opened together with the person, its paper, and what the lead prepares beforehand."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.http import Request, step_up_required
from audit.enums import Purpose
from cases import documents, policies
from cases.enums import WhyReported
from cases.forms.insight import ReportForm, WithholdForm
from cases.models import Case, LogWithholding
from cases.services import insight
from cases.services.lifecycle import record_change
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell

TAB = "insight"
PAGE = 50


@require_safe
def log(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Who has read about the person, day by day. Nothing here tells of an entry whose existence is withheld."""
    case = _opened(request, case_id)
    counted = insight.count_of(case, by=request.actor)
    page = _page(request, counted.entries)
    looks = insight.looks_of(case, most=PAGE, skipped=page.start_index() - 1 if counted.entries else 0)
    context = {
        **shell(request, case, tab=TAB),
        "counted": counted,
        "page": page,
        "days": insight.by_day(insight.in_words(looks, insight.answers_to_reports(case))),
        "told": insight.told_of(case),
        "may_ask_who_could_see": policies.may_ask_who_could_see(request.actor),
    }
    return render(request, "cases/insight.html", context)


@require_safe
@step_up_required
def log_pdf(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The log on paper, for the person to take along. What ended while it was made has ended for the paper too."""
    case = _opened(request, case_id)
    looks = insight.looks_of(case, most=documents.MOST + 1)
    document = documents.log_for(
        request.actor,
        case,
        days=insight.by_day(insight.in_words(looks[: documents.MOST])),
        told=insight.told_of(case),
        is_cut=len(looks) > documents.MOST,
    )
    pdf = documents.render_log(document)
    again = Case.objects.visible_to(request.actor).filter(pk=case.pk).first()
    if again is None or not policies.may_show_log(request.actor, again):
        raise Http404
    record_change("insight.exported", case, by=request.actor, purpose=Purpose.INSIGHT)
    disposition = f'attachment; filename="{document.file_name}"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})


@require_safe
def prepare(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The lead's own page, before the person sits down: every entry, and what is or may be withheld."""
    case = _opened(request, case_id)
    counted = insight.count_of(case, by=request.actor, with_withheld=True)
    page = _page(request, counted.entries)
    skipped = page.start_index() - 1 if counted.entries else 0
    looks = insight.looks_of(case, most=PAGE, skipped=skipped, with_withheld=True)
    decisions = insight.decisions_of(case)
    context = {
        **shell(request, case, tab=TAB),
        "page": page,
        "days": insight.by_day(insight.in_words(looks)),
        "decisions": [
            (one, insight.entry_of(case, one.event_id, with_withheld=True), _may_decide(request, case, one))
            for one in decisions
        ],
        "asked": {one.event_id for one in decisions},
    }
    return render(request, "cases/insight_prepare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def withhold(request: Request, case_id: uuid.UUID, event_id: uuid.UUID) -> HttpResponse:
    """Ask for an entry to be withheld: on which law, why and until when."""
    case = _opened(request, case_id)
    entry = insight.entry_of(case, event_id, with_withheld=True)
    if entry is None:
        raise Http404
    form = WithholdForm(request.POST if request.method == "POST" else None, bases=insight.usable_bases(case))
    if request.method == "POST" and form.is_valid() and _asked(request, case, event_id, form):
        return redirect("cases:insight_prepare", case_id=case.pk)
    context = {**shell(request, case, tab=TAB), "form": form, "entry": entry}
    return render(request, "cases/insight_withhold.html", context, status=422 if form.is_bound else 200)


def _asked(request: Request, case: Case, event_id: uuid.UUID, form: WithholdForm) -> bool:
    """True when it was asked, or cannot be asked now; False when the form must be put right."""
    basis, reason, is_told, last_day = form.chosen()

    def act() -> None:
        insight.ask_to_withhold(
            case, event_id, by=request.actor, basis=basis, reason=reason, existence_is_told=is_told,
            valid_until_date=last_day,
        )  # fmt: skip

    try:
        carried_out(request, act, done=_("Lederen kan nå avgjøre det. Til da vises oppslaget."))
    except ValidationError as wrong:
        for field, sentences in wrong.message_dict.items():
            form.add_error(field if field in form.fields else None, sentences)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def decide(request: Request, case_id: uuid.UUID, withholding_id: uuid.UUID) -> HttpResponse:
    """A manager reads why, and says yes; saying no is the other button, `end_withholding`."""
    case, withholding, entry = _withholding(request, case_id, withholding_id)
    if request.method == "POST":
        done = _("Oppslaget holdes tilbake fra nå.")
        carried_out(request, lambda: insight.approve_withholding(withholding, by=request.actor), done=done)
        return redirect("cases:insight_prepare", case_id=case.pk)
    context = {
        **shell(request, case, tab=TAB),
        "withholding": withholding,
        "entry": entry,
        "decision": _may_decide(request, case, withholding),
    }
    return render(request, "cases/insight_decide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def end_withholding(request: Request, case_id: uuid.UUID, withholding_id: uuid.UUID) -> HttpResponse:
    """Show the entry after all: what happens, and the button."""
    case, withholding, entry = _withholding(request, case_id, withholding_id)
    if request.method == "POST":
        done = _("Oppslaget vises i loggen.")
        carried_out(request, lambda: insight.end_withholding(withholding, by=request.actor), done=done)
        return redirect("cases:insight_prepare", case_id=case.pk)
    context = {**shell(request, case, tab=TAB), "withholding": withholding, "entry": entry}
    return render(request, "cases/insight_end.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, case_id: uuid.UUID, event_id: uuid.UUID) -> HttpResponse:
    """Ask the agency about a look-up, for the person: why, what happens, and the button."""
    case = _opened(request, case_id)
    entry = insight.entry_of(case, event_id)
    if entry is None or not entry.can_be_reported:
        raise Http404
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        why = WhyReported(form.cleaned_data["why"])
        done = _("Det er meldt fra til %(agency)s. Svaret kommer på denne siden.") % {"agency": entry.who}
        carried_out(request, lambda: insight.report(case, event_id, why, by=request.actor), done=done)
        return redirect("cases:insight", case_id=case.pk)
    context = {**shell(request, case, tab=TAB), "form": form, "entry": entry}
    return render(request, "cases/insight_report.html", context, status=422 if form.is_bound else 200)


def _opened(request: Request, case_id: uuid.UUID) -> Case:
    case = open_case(request, case_id)
    policies.may_show_log(request.actor, case).enforce()
    return case


def _withholding(
    request: Request, case_id: uuid.UUID, withholding_id: uuid.UUID
) -> tuple[Case, LogWithholding, insight.Entry | None]:
    case = _opened(request, case_id)
    rows = LogWithholding.objects.filter(case=case, ended_at=None).select_related("case", "basis", "asked_by")
    withholding = get_object_or_404(rows, pk=withholding_id)
    return case, withholding, insight.entry_of(case, withholding.event_id, with_withheld=True)


def _may_decide(request: Request, case: Case, withholding: LogWithholding) -> Any:
    return policies.may_decide_withholding(request.actor, case, withholding)


def _page(request: Request, count: int) -> Page[int]:
    """The asked page of `count` entries, as numbers: the entries themselves are asked of the database, a page at a time."""
    return Paginator(range(count), PAGE).get_page(request.GET.get("page"))
