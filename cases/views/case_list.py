"""The list of cases: the ids of one page first, from the rights in force, then its rows by key (access.md)."""

import uuid
from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agencies.actors import Actor
from agencies.http import Request
from agencies.models import Agency
from audit.asked import Asked
from cases.enums import CaseState
from cases.forms.listing import CaseFilter
from cases.grants import assigned_case_ids
from cases.models import Case, CaseAccess, ConcernReport
from cases.models.listing import CaseList
from cases.models.sentence import IsOneOf
from cases.views import words
from cases.views.loading import record_list

PAGE = 25
# A count beyond this is "100+". Each case counted is asked of both locks, since closed and hidden ones do not count.
MOST = 100
_LEADS = Asked(lambda ids: Agency.objects.filter(IsOneOf("pk", ids)), [-1])


@require_GET
def cases(request: Request) -> HttpResponse:
    """The cases the actor may know of, the soonest deadline first."""
    actor = request.actor
    form = CaseFilter(request.GET, all_of_agency=actor.answers_for_agency)
    form.is_valid()
    mine = assigned_case_ids(actor)
    listed = listed_cases(actor, mine, form)
    after = _uuid(request.GET.get("etter", ""))
    place = listed.place(after) if after else None
    ids = listed.ids(PAGE + 1, after=place)
    page = ids[:PAGE]
    rows = case_rows(actor, page, mine)
    record_list(request, "case.listed", page)
    count = listed.count(MOST + 1)
    before = _number(request.GET.get("nr", "")) if place else 0
    context = {
        "form": form,
        "rows": rows,
        "count": _("%(count)d+") % {"count": MOST} if count > MOST else str(count),
        "is_capped": count > MOST,
        "first": before + 1,
        "last": before + len(rows),
        "next": page[-1] if len(ids) > PAGE else None,
        "is_first_page": place is None,
        "is_filtered": form.is_narrowed,
    }
    return render(request, "cases/list.html", context)


def case_rows(actor: Actor, ids: list[uuid.UUID], mine: set[uuid.UUID]) -> list[dict[str, object]]:
    """What a list shows of each of these cases, in their order. As many queries, by key, whatever their number."""
    shown = Case.objects.visible_to(actor, row_by_row=True).filter(IsOneOf("pk", ids))
    found = {case.pk: case for case in shown.select_related("person")}
    # The same few agencies lead them all: joined, each was fetched with every case, and the database began with them.
    leads = {actor.agency.pk: actor.agency}
    if others := {case.lead_agency_id for case in found.values()} - leads.keys():
        leads |= {lead.pk: lead for lead in _LEADS.answer(sorted(others))}
    reports = report_labels(actor, found.values())
    rows = [found[case_id] for case_id in ids if case_id in found]
    for case in rows:
        # A caseworker has a case by being assigned, or reads it on a break-glass and is not in it on the agency's behalf.
        case.opened_by_glass = not actor.answers_for_agency and case.pk not in mine
        case.lead_agency = leads[case.lead_agency_id]
    return [_row(actor, case, reports.get(case.pk, ""), assigned=case.pk in mine) for case in rows]


def report_labels(actor: Actor, cases: Iterable[Case]) -> dict[uuid.UUID, str]:
    """What cases without a number yet are called: by their report. Intake's queue bears no names (a name appears when
    a report is opened).
    """
    unnumbered = [case.pk for case in cases if case.number is None]
    if not unnumbered:
        return {}
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


def listed_cases(actor: Actor, mine: set[uuid.UUID], form: CaseFilter) -> CaseList:
    """The visible cases that the filter lets through. Who does not answer for the agency's has the assigned, and those a
    break-glass names.
    """
    only: set[uuid.UUID] | None = None
    if form.only_mine:
        only = mine
    elif not actor.answers_for_agency:
        only = mine.union(CaseAccess.objects.naming(actor).values_list("case_id", flat=True))
    return CaseList(actor, state=form.only_state, late=form.only_late, only=only)


def _uuid(said: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(said)
    except ValueError:
        return None


def _number(said: str) -> int:
    """How many the pages before showed: for the eye alone, so what makes no sense is none."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0
