"""Break-glass: opening a case in an emergency, being done with it, and the second person's control (F-39)."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.http import Request, step_up_required
from audit.enums import Purpose
from audit.services import record
from consent import policies, services
from consent.enums import GlassOutcome
from consent.forms.glass import OpenGlassForm, ReviewGlassForm
from consent.models import BreakGlass
from consent.views.glass_shown import GlassShown, counts_by_month, readable_in_emergency

# What waits is shown whole; what is over is history, of which the newest is enough.
SHOWN = 50


@require_http_methods(["GET", "HEAD"])
def glasses(request: Request) -> HttpResponse:
    """One's own, what waits for one's control, the flagged first, and for the privacy officer how often each did it."""
    actor = request.actor
    may_open, may_follow = policies.may_break_glass(actor), policies.may_follow_glasses(actor)
    if not may_open:
        may_follow.enforce()
    known = BreakGlass.objects.visible_to(actor).select_related("user", "agency", "reviewed_by")
    mine = list(known.filter(user=actor.user, agency=actor.agency).newest_first()[:SHOWN])
    others = known.exclude(user=actor.user) if may_follow else known.none()
    waiting = list(others.unreviewed().order_by("flagged_at", "valid_from", "pk")[:SHOWN])
    reviewed = list(others.exclude(reviewed_at=None).newest_first()[:SHOWN])
    shown = GlassShown.all_of([*mine, *waiting, *reviewed], actor)
    _record(request, "glass.listed", [row for row in shown if row.label_known])
    context = {
        "may_open": may_open,
        "may_follow": may_follow,
        "mine": shown[: len(mine)],
        "waiting": shown[len(mine) : len(mine) + len(waiting)],
        "reviewed": shown[len(mine) + len(waiting) :],
        "counts": counts_by_month(actor),
    }
    return render(request, "consent/glasses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def open_in_emergency(request: Request) -> HttpResponse:
    """The form, and what came of it. What was typed stays when nothing was found, so that a slip can be put right."""
    policies.may_break_glass(request.actor).enforce()
    form = OpenGlassForm(request.POST if request.method == "POST" else None, actor=request.actor)
    answer = None
    if request.method == "POST" and form.is_valid():
        answer = _opened(request, form)
        if answer is not None and answer.outcome == GlassOutcome.OPENED:
            messages.success(
                request, _("Saken er åpnet for deg alene i 60 minutter. De som kontrollerer det, har fått beskjed.")
            )
            return redirect("cases:detail", case_id=answer.case_id)
    status = 422 if form.is_bound and answer is None else 200
    return render(request, "consent/open_glass.html", {"form": form, "answer": answer}, status=status)


@require_http_methods(["GET", "HEAD"])
def glass(request: Request, glass_id: uuid.UUID) -> HttpResponse:
    """One of them: who, when, which parts, on which law and why; and for its user, while it lasts, what it opened."""
    row = _find(request, glass_id)
    (shown,) = GlassShown.all_of([row], request.actor)
    opened = readable_in_emergency(request.actor, row)
    _record(request, "glass.read", [shown], parts=row.parts if opened else ())
    return render(request, "consent/glass.html", {"shown": shown, "opened": opened})


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def review(request: Request, glass_id: uuid.UUID) -> HttpResponse:
    """The second person confirms or objects."""
    row = _find(request, glass_id)
    policies.may_confirm_glass(request.actor, row).enforce()
    form = ReviewGlassForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        say = services.confirm_glass if form.cleaned_data["verdict"] == "confirmed" else services.object_to_glass
        try:
            say(row, by=request.actor, note=form.cleaned_data["note"])
        except NotNow as too_late:
            messages.error(request, str(too_late.reason))
        else:
            messages.success(request, _("Kontrollen er lagret. Navnet ditt står på den."))
        return redirect("consent:glass", glass_id=row.pk)
    (shown,) = GlassShown.all_of([row], request.actor)
    _record(request, "glass.read", [shown])
    status = 422 if form.is_bound else 200
    return render(request, "consent/review_glass.html", {"shown": shown, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, glass_id: uuid.UUID) -> HttpResponse:
    """«Jeg er ferdig», or a control that stops it: what happens, then the button."""
    row = _find(request, glass_id)
    decision = policies.may_end_glass(request.actor, row)
    decision.enforce()
    if request.method != "POST":
        (shown,) = GlassShown.all_of([row], request.actor)
        return render(request, "consent/end_glass.html", {"shown": shown, "decision": decision})
    try:
        services.end_glass(row, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Nødtilgangen er avsluttet. Saken er ikke lenger åpen på det grunnlaget."))
    return redirect("consent:glass", glass_id=row.pk)


def _opened(request: Request, form: OpenGlassForm) -> BreakGlass | None:
    """What came of it; None when the form must be put right."""
    try:
        return services.open_glass(
            form.wanted(),
            [Part(code) for code in form.cleaned_data["parts"]],
            by=request.actor,
            basis=form.chosen_law(),
            reason=form.cleaned_data["reason"],
        )
    except ValidationError as wrong:
        for field, sentences in wrong.message_dict.items():
            form.add_error(field, sentences)
        return None


def _find(request: Request, glass_id: uuid.UUID) -> BreakGlass:
    known = BreakGlass.objects.visible_to(request.actor).select_related("user", "agency", "reviewed_by", "ended_by")
    found: BreakGlass = get_object_or_404(known, pk=glass_id)
    return found


def _record(request: Request, kind: str, rows: list[GlassShown], parts: list[str] | tuple[str, ...] = ()) -> None:
    """Whose break-glasses were looked at, and when it was one's own, that the case was read in the emergency (G7)."""
    actor = request.actor
    cases = {row.case_id for row in rows if row.case_id is not None and row.label_known}
    own = len(rows) == 1 and rows[0].is_own
    record(
        kind,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        case_id=next(iter(cases)) if len(rows) == 1 and cases else None,
        case_ids=cases if len(rows) != 1 else (),
        parts={"core", *parts} if cases else (),
        basis=rows[0].glass.legal_basis if own else "",
        purpose=Purpose.EMERGENCY if own else Purpose.CONTROL,
        object_type="break_glass",
        object_id=rows[0].glass.pk if len(rows) == 1 else "",
    )
