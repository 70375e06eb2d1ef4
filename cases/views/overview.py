"""The case's first page: what is next, how the needs stand, writing in the case, the timeline, who takes part."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from agencies.decisions import ALLOWED, Decision, NotNow
from agencies.enums import Part
from agencies.http import Request
from cases import policies
from cases.enums import EntryKind, NeedStatus
from cases.forms.entries import CorrectionForm, EntryForm
from cases.models import Case, Entry
from cases.services import entries, needs, readers
from cases.views import next_steps, sections, words
from cases.views.loading import open_case
from cases.views.shell import shell
from cases.views.timeline import lines_of, timeline
from cases.workflow import Turn


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The overview, and writing in the case. A POST with `preview` only shows again who would see it."""
    case = open_case(request, case_id)
    parts = entries.writable_parts(request.actor, case)
    if request.method != "POST" or "preview" in request.POST:
        typed = request.POST if request.method == "POST" else request.GET
        form = EntryForm(parts=parts, initial={name: typed.get(name, "") for name in ("kind", "part", "text")})
        return _overview(request, case, form, parts)
    form = EntryForm(request.POST, parts=parts)
    if not form.is_valid():
        return _overview(request, case, form, parts, status=422)
    entry = entries.write(
        case,
        kind=EntryKind(form.cleaned_data["kind"]),
        part=Part(form.cleaned_data["part"]),
        text=form.cleaned_data["text"],
        by=request.actor,
    )
    messages.success(request, _("Lagret i tidslinjen under %(part)s.") % {"part": Part(entry.part).label})
    return redirect("cases:detail", case_id=case.pk)


@require_GET
def who_will_see(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The preview of readers for the chosen part, alone: the piece of the overview that follows the choice."""
    case = open_case(request, case_id)
    if not request.htmx:
        return redirect("cases:detail", case_id=case.pk)
    parts = entries.writable_parts(request.actor, case)
    chosen = _chosen_part(request.GET.get("part", ""), parts)
    context = _preview(request, case, chosen, readers.readers_of(request.actor, case))
    return render(request, "cases/overview.html#readers", context | {"case": case, "is_fragment": True})


@require_GET
def entry(request: Request, case_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """One line of the timeline by its own address, with what it corrected or was corrected by."""
    case = open_case(request, case_id)
    found = _entry(request, case, entry_id)
    related = Entry.objects.filter(case=case).readable_by(request.actor).select_related("author", "author_agency")
    context = shell(request, case, tab="overview") | {
        "line": lines_of(request.actor, [found])[0],
        "newer": related.filter(supersedes=found).first(),
        "older": related.filter(pk=found.supersedes_id).first() if found.supersedes_id else None,
    }
    return render(request, "cases/entry.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Request, case_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Correct one's own line: the old one stays, marked as corrected."""
    case = open_case(request, case_id)
    found = _entry(request, case, entry_id)
    policies.may_correct_entry(request.actor, case, found).enforce()
    form = CorrectionForm(request.POST or None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        try:
            entries.correct(found, text=form.cleaned_data["text"], by=request.actor)
        except NotNow as stopped:
            messages.error(request, str(stopped.reason))
        else:
            messages.success(request, _("Rettet. Den gamle teksten står igjen som rettet."))
        return redirect("cases:detail", case_id=case.pk)
    context = shell(request, case, tab="overview") | {"form": form, "line": lines_of(request.actor, [found])[0]}
    return render(request, "cases/correct_entry.html", context, status=422 if form.errors else 200)


def _entry(request: Request, case: Case, entry_id: uuid.UUID) -> Entry:
    readable = Entry.objects.filter(case=case).readable_by(request.actor).select_related("author", "author_agency")
    found: Entry = get_object_or_404(readable, pk=entry_id)
    return found


def _overview(request: Request, case: Case, form: EntryForm, parts: list[Part], *, status: int = 200) -> HttpResponse:
    actor = request.actor
    # Who else takes part is no part of the case's content, which is all that a break-glass opens.
    taking_part = [] if case.opened_by_glass else readers.readers_of(actor, case)
    chosen = _chosen_part(form["part"].value() or "", parts)
    context = shell(request, case, tab="overview") | {
        "form": form,
        "may_write": bool(parts),
        "why_not_write": policies.may_write_entry(actor, case, Part.CORE).reason,
        "needs": _needs(request, case),
        "timeline": timeline(actor, case, request.GET),
        "taking_part": taking_part,
        "own_agency": actor.agency,
        "step": _step(request, case),
        "more": _more(request, case),
        "is_fragment": False,
    }
    return render(request, "cases/overview.html", context | _preview(request, case, chosen, taking_part), status=status)


def _chosen_part(value: str, parts: list[Part]) -> Part | None:
    return next((part for part in parts if part == value), None)


def _preview(request: Request, case: Case, part: Part | None, taking_part: list[readers.Reader]) -> dict[str, Any]:
    rows = readers.preview(taking_part, part, request.actor.agency) if part else []
    others = sum(1 for row in rows if row["sees"] and row["name"] != request.actor.agency.name)
    return {
        "part": part,
        "will_see": rows,
        "save_label": _save_label(part, others),
        "is_lead": case.is_led_by(request.actor.agency),
    }


def _save_label(part: Part | None, others: int) -> str:
    """The button says the outcome: for how many others it will be shown."""
    if part is None:
        return _("Lagre")
    if others == 0:
        return _("Lagre for tjenesten din")
    words_of_label = ngettext(
        "Lagre og vis for %(count)d tjeneste til", "Lagre og vis for %(count)d tjenester til", others
    )
    return words_of_label % {"count": others}


def _needs(request: Request, case: Case) -> list[dict[str, Any]]:
    """The programme's basic needs, each with its newest assessment the actor may read.

    The lead sees all six, others those in parts their right covers: what may not be seen is absent.
    """
    actor = request.actor
    if not sections.has_needs(actor, case):
        return []
    latest = needs.latest_needs(actor, case)
    open_parts = set(Part) if case.is_led_by(actor.agency) else policies.parts_open_to(actor, case)
    tiles = []
    for need in case.programme_version.definition.basic_needs:
        if need.part not in open_parts and need.code not in latest:
            continue
        row = latest.get(need.code)
        status = NeedStatus(row.status) if row else NeedStatus.NOT_ASSESSED
        tiles.append({"label": need.label, "status": status.label, "tone": words.NEED_TONES[status], "row": row})
    return tiles


def _step(request: Request, case: Case) -> dict[str, Any] | None:
    """The card "Neste steg", for the lead alone."""
    if not case.is_led_by(request.actor.agency):
        return None
    found = next_steps.step_for(case, case.facts_in_force())
    if found is None:
        return None
    step, url = found
    return {"step": step, "url": url, "decision": _may_take_step(request, case)}


def _more(request: Request, case: Case) -> list[dict[str, str]]:
    """What else the actor may do with the case; each page asks its own policy again."""
    actor = request.actor
    links = [
        (policies.may_assign(actor, case), "cases:assign", _("Hvem i tjenesten arbeider med saken")),
        (policies.may_keep_conflicts(actor, case), "cases:conflicts", _("Hvem er inhabil i saken")),
        (policies.may_raise_protection(actor, case), "cases:protection", _("Vern og skjermede opplysninger")),
        (policies.may_close(actor, case), "cases:close", _("Avslutt saken")),
        (ALLOWED, "cases:declare_conflict", _("Meld fra om at du er inhabil")),
    ]
    return [{"url": reverse(name, args=[case.pk]), "label": label} for decision, name, label in links if decision]


def _may_take_step(request: Request, case: Case) -> Decision:
    match words.turn_of(case):
        case Turn.INTAKE:
            return policies.may_do_intake(request.actor)
        case Turn.LEAD_MANAGER:
            return policies.may_assign(request.actor, case)
        case _:
            return policies.may_work_on(request.actor, case)
