"""Tilgangsrapport: each week, who can see what in the agency's cases, for its privacy officers."""

import uuid
from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.actors import Actor
from agencies.http import Request
from audit.enums import Purpose
from audit.models import Event
from audit.services import record
from cases import policies
from cases.registers import DayRow
from cases.services import access_report_read
from cases.services.access_report_read import reports_for
from cases.views.loading import record_list

PAGE = 26  # half a year
READ = "access.report_read"


@require_safe
def weeks(request: Request) -> HttpResponse:
    """The weeks there is a report of, the newest first, with what this officer has not read marked."""
    _only_officers(request.actor)
    page = Paginator(reports_for(request.actor), PAGE).get_page(request.GET.get("page"))
    reports = list(page.object_list)
    read = _read_by(request.actor, [report.pk for report in reports])
    record(
        "access.reports_listed",
        user_id=request.actor.user.pk,
        agency_id=request.actor.agency.pk,
        role=request.actor.role_codes,
        object_type="access_report",
        purpose=Purpose.CONTROL,
    )
    rows = [{"report": report, "is_new": report.pk not in read} for report in reports]
    return render(request, "cases/access_reports.html", {"page": page, "rows": rows})


@require_safe
def week(request: Request, report_id: uuid.UUID) -> HttpResponse:
    """One week: what sticks out first, then what changed, and then how things stood."""
    _only_officers(request.actor)
    report = access_report_read.read(report_id, by=request.actor)
    if report is None:
        raise Http404
    record_list(request, READ, report.shown_cases, object_type="access_report", object_id=report.row.pk)
    context = {
        "report": report,
        "trail": [
            {"url": reverse("cases:access_reports"), "label": _("Tilgangsrapport")},
            {"url": "", "label": _("Uke %(week)d") % {"week": report.row.week}},
        ],
        "sees_all_levels": not request.actor.levels_hidden,
    }
    return render(request, "cases/access_report.html", context)


def day_rows(actor: Actor) -> Iterable[DayRow]:
    """On "Min dag": the newest report, until the officer has opened it."""
    newest = reports_for(actor).first()
    if newest is not None and not _read_by(actor, [newest.pk]):
        yield DayRow(
            due_at=None,
            title=_("Ukerapporten er klar"),
            context=_("Hvem som kan se hva, uke %(week)d") % {"week": newest.week},
            action=_("Les rapporten"),
            url=reverse("cases:access_report", args=[newest.pk]),
        )


def _only_officers(actor: Actor) -> None:
    """To everybody else these pages are not there: that an agency has reports is nothing to guess about."""
    if not policies.may_read_access_reports(actor):
        raise Http404


def _read_by(actor: Actor, report_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the reports that this very user has opened: the log knows."""
    opened = Event.objects.filter(
        user_id=actor.user.pk, agency_id=actor.agency.pk, kind=READ, object_id__in=[str(pk) for pk in report_ids]
    )
    return {uuid.UUID(pk) for pk in opened.values_list("object_id", flat=True)}
