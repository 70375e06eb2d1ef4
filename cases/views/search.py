"""Searching: what the database's own functions find, which apply the access condition, narrowed to the user."""

import uuid

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agencies.actors import Actor
from agencies.enums import Part
from agencies.http import Request
from cases.forms.search import SearchForm
from cases.grants import assigned_case_ids
from cases.models import Case
from cases.models.found import FoundLine, readable_lines
from cases.models.sentence import IsOneOf
from cases.views.case_list import case_rows
from cases.views.loading import record_list

SHOWN = 30
# The functions answer for the agency, and the user may see fewer. Of cases more is asked for when that leaves too few to
# show; lines are narrowed where they are found.
ASKED = (2 * SHOWN, 500)


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: Request) -> HttpResponse:
    """The form, and on POST what was found among the cases the actor may know of. Nothing counts what is hidden."""
    if request.method != "POST":
        return render(request, "cases/search.html", {"form": SearchForm()})
    form = SearchForm(request.POST)
    if not form.is_valid():
        return render(request, "cases/search.html", {"form": form}, status=422)
    actor, wanted = request.actor, form.cleaned_data["words"]
    cases = _cases(actor, wanted)
    lines = found_lines(actor, wanted)
    record_list(
        request,
        "case.searched",
        {*cases, *(line.case_id for line in lines)},
        parts={Part.CORE, *(line.part for line in lines)},
    )
    rows = case_rows(actor, cases, assigned_case_ids(actor))
    return render(request, "cases/search.html", {"form": form, "searched": True, "cases": rows, "lines": lines})


def _cases(actor: Actor, wanted: str) -> list[uuid.UUID]:
    """Cases whose person or number fits, by name."""
    for most in ASKED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT case_id FROM samlos.search_people(%s, %s)", [wanted, most])
            found = [case_id for (case_id,) in cursor.fetchall()]
        looked_up = Case.objects.visible_to(actor, row_by_row=True).filter(IsOneOf("pk", found))
        visible = set(looked_up.values_list("pk", flat=True))
        if len(visible) >= SHOWN or len(found) < most:
            break
    return [case_id for case_id in found if case_id in visible][:SHOWN]


def found_lines(actor: Actor, wanted: str) -> list[FoundLine]:
    """Lines of the timeline that hold the words, newest first; not those that have been corrected since."""
    return readable_lines(actor, wanted, asked=ASKED[-1], shown=SHOWN)
