"""The list of cases: ids first from the rights in force, then the rows of one page by key (access.md)."""

import uuid
from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agencies.actors import Actor
from agencies.http import Request
from cases.enums import CaseState
from cases.forms.listing import CaseFilter
from cases.grants import assigned_case_ids
from cases.models import Case, CaseAccess, ConcernReport, recent_case_ids
from cases.models.sentence import IsOneOf
from cases.views import words
from cases.views.loading import record_list

PAGE = 25
# A count beyond this is "1000+", and other orders than the newest are made over so many (access.md, "The shape").
MOST = 1000


@require_GET
def cases(request: Request) -> HttpResponse:
    """The cases the actor may know of, the soonest deadline first."""
    actor = request.actor
    form = CaseFilter(request.GET, all_of_agency=actor.answers_for_agency)
    form.is_valid()
    mine = assigned_case_ids(actor)
    ids = permitted_ids(actor, mine, form)
    start = _after(ids, request.GET.get("etter", ""))
    page = ids[start : start + PAGE]
    rows = case_rows(actor, page, mine)
    record_list(request, "case.listed", page)
    context = {
        "form": form,
        "rows": rows,
        "count": _("%(count)d+") % {"count": MOST} if len(ids) > MOST else str(len(ids)),
        "is_capped": len(ids) > MOST,
        "first": start + 1,
        "last": start + len(rows),
        "next": page[-1] if start + PAGE < len(ids) and page else None,
        "is_first_page": start == 0,
        "is_filtered": form.is_narrowed,
    }
    return render(request, "cases/list.html", context)


def case_rows(actor: Actor, ids: list[uuid.UUID], mine: set[uuid.UUID]) -> list[dict[str, object]]:
    """What a list shows of each of these cases, in their order. As many queries, by key, whatever their number."""
    shown = Case.objects.visible_to(actor).filter(IsOneOf("pk", ids))
    # The same few agencies lead them all: joined, each was fetched with every case.
    found = {case.pk: case for case in shown.select_related("person").prefetch_related("lead_agency")}
    reports = report_labels(actor, found.values())
    rows = [found[case_id] for case_id in ids if case_id in found]
    return [_row(actor, case, reports.get(case.pk, ""), assigned=case.pk in mine) for case in rows]


def report_labels(actor: Actor, cases: Iterable[Case]) -> dict[uuid.UUID, str]:
    """What cases without a number yet are called: by their report. Intake's queue bears no names (a name appears when
    a report is opened).
    """
    unnumbered = [case.pk for case in cases if case.number is None]
    return dict(ConcernReport.objects.filter(case__in=unnumbered).readable_by(actor).values_list("case_id", "label"))


def _row(actor: Actor, case: Case, report: str, *, assigned: bool) -> dict[str, object]:
    leads = case.is_led_by(actor.agency)
    return {
        "case": case,
        "label": case.number or report,
        "person": case.person.short_name if case.number else "",
        "state": CaseState(case.state).label,
        "turn": words.whose_turn(actor, case, assigned=assigned),
        "is_mine": words.is_turn_of(actor, case, assigned=assigned),
        "deadline": words.deadline_day(case) if leads else None,
        "lead": case.lead_agency.name,
    }


def permitted_ids(actor: Actor, mine: set[uuid.UUID], form: CaseFilter) -> list[uuid.UUID]:
    """At most MOST + 1 ids of visible cases that the filter lets through.

    The soonest deadline first among those the agency leads; the others by what last happened that it may read: their
    deadlines are their lead's own.
    """
    if form.only_mine or not actor.answers_for_agency:
        named = CaseAccess.objects.naming(actor).values_list("case_id", flat=True)
        candidates = sorted(mine if form.only_mine else mine.union(named))
    else:
        candidates = [case_id for _activity, case_id in recent_case_ids(actor, limit=MOST + 1)]
    found = form.narrow(Case.objects.visible_to(actor).filter(IsOneOf("pk", candidates)), actor)
    deadlines = {pk: (lead, due_at) for pk, lead, due_at in found.values_list("pk", "lead_agency_id", "due_at")}
    ours = {pk: due_at for pk, (lead, due_at) in deadlines.items() if lead == actor.agency.pk and due_at is not None}
    newest = {pk: place for place, pk in enumerate(candidates)}
    others = [pk for pk in candidates if pk in deadlines and pk not in ours]
    return [*sorted(ours, key=lambda pk: (ours[pk], newest[pk])), *others]


def _after(ids: list[uuid.UUID], cursor: str) -> int:
    """Where the page after case `cursor` begins; the first page when that case is not in the list (any longer)."""
    try:
        return ids.index(uuid.UUID(cursor)) + 1
    except ValueError:
        return 0
