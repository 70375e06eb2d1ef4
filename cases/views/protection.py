"""How hidden the person of a case is: raised after seeing who loses sight, lowered by two, and the sealed place."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import ProtectionLevel
from agencies.http import Request, step_up_required
from cases import policies
from cases.enums import ProtectionOutcome
from cases.forms.protection import LowerForm, RaiseForm, SealedForm
from cases.models import Case, ProtectionChange
from cases.services import protection as services
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell


@require_GET
def protection(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The level and what it means, what has been changed and asked, and what one may do about it."""
    case = _of_lead(request, case_id)
    actor = request.actor
    changes = list(services.changes_of(case))
    waiting = next((change for change in changes if change.outcome == ProtectionOutcome.REQUESTED), None)
    context = shell(request, case, tab="") | {
        "level": ProtectionLevel(case.person.protection_level),
        "changes": changes,
        "waiting": waiting,
        "may_approve": policies.may_approve_lower(actor, case, waiting) if waiting else None,
        "may_withdraw": policies.may_withdraw_lower(actor, case, waiting) if waiting else None,
        "may_raise": policies.may_raise_protection(actor, case),
        "can_rise": bool(services.levels_above(case)),
        "may_lower": policies.may_request_lower(actor, case),
        "can_fall": bool(services.levels_below(case)),
        "may_open": policies.may_open_sealed(actor, case),
    }
    return render(request, "cases/protection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def raise_protection(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """A stricter level: asked for, then who loses sight, then done. Whoever is not cleared ends on another page."""
    case = _of_lead(request, case_id)
    policies.may_raise_protection(request.actor, case).enforce()
    form = RaiseForm(request.POST if request.method == "POST" else None, levels=services.levels_above(case))
    if not form.is_valid():
        context = shell(request, case, tab="") | {"form": form}
        return render(request, "cases/protection_raise.html", context, status=422 if form.is_bound else 200)
    change = form.change()
    if "confirmed" not in request.POST:
        sight = services.sight_at(case, change["level"], by=request.actor)
        context = shell(request, case, tab="") | {"form": form, "level": change["level"], "sight": sight}
        return render(request, "cases/protection_confirm.html", context)
    done = _("Vernet er hevet. De som ikke er klarert, ser ikke saken lenger.")
    carried_out(request, lambda: services.raise_level(case, **change, by=request.actor), done=done)
    if request.actor.is_cleared_for(change["level"]):
        return redirect("cases:protection", case_id=case.pk)
    return redirect("home")


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def lower_protection(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Ask for a milder level: a second person must say yes."""
    case = _of_lead(request, case_id)
    policies.may_request_lower(request.actor, case).enforce()
    form = LowerForm(request.POST if request.method == "POST" else None, levels=services.levels_below(case))
    if not form.is_valid():
        context = shell(request, case, tab="") | {"form": form}
        return render(request, "cases/protection_lower.html", context, status=422 if form.is_bound else 200)
    done = _("Du har bedt om å senke vernet. Det blir ikke endret før en annen som er klarert, har sagt ja.")
    carried_out(request, lambda: services.request_lower(case, **form.change(), by=request.actor), done=done)
    return redirect("cases:protection", case_id=case.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@step_up_required
def answer_lower(request: Request, case_id: uuid.UUID, change_id: uuid.UUID) -> HttpResponse:
    """The second person reads what was asked and what happens, and says yes or no; whoever asked takes it back."""
    case = _of_lead(request, case_id)
    change: ProtectionChange = get_object_or_404(services.changes_of(case), pk=change_id)
    if change.outcome != ProtectionOutcome.REQUESTED:
        return redirect("cases:protection", case_id=case.pk)
    approval = policies.may_approve_lower(request.actor, case, change)
    withdrawal = policies.may_withdraw_lower(request.actor, case, change)
    if not approval and not withdrawal:
        approval.enforce()
    if request.method != "POST":
        context = shell(request, case, tab="") | {"change": change, "may_approve": approval}
        return render(request, "cases/protection_answer.html", context)
    if request.POST.get("answer") == "yes":
        done = _("Vernet er senket.")
        carried_out(request, lambda: services.approve_lower(case, change, by=request.actor), done=done)
    else:
        done = _("Vernet står som før.")
        carried_out(request, lambda: services.refuse_lower(case, change, by=request.actor), done=done)
    return redirect("cases:protection", case_id=case.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def sealed(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Skjermede opplysninger: the only page a hidden person's whereabouts stand on. Each opening is logged."""
    case = _of_lead(request, case_id)
    policies.may_open_sealed(request.actor, case).enforce()
    form = SealedForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = _("Lagret blant de skjermede opplysningene.")
        carried_out(request, lambda: services.write_sealed(case, **form.written(), by=request.actor), done=done)
        return redirect("cases:sealed", case_id=case.pk)
    return render(request, "cases/sealed.html", _sealed(request, case, form), status=422 if form.is_bound else 200)


@require_POST
def remove_sealed(request: Request, case_id: uuid.UUID, row_id: uuid.UUID) -> HttpResponse:
    """Take one line away, with its words: asked about first."""
    case = _of_lead(request, case_id)
    rows = {row.id: row for row in services.open_sealed(case, by=request.actor) if row.written_by_hand}
    if row_id not in rows:
        raise Http404
    if "confirmed" not in request.POST:
        return render(request, "cases/sealed_remove.html", shell(request, case, tab="") | {"row": rows[row_id]})
    done = _("Opplysningen er fjernet.")
    carried_out(request, lambda: services.remove_sealed(case, row_id, by=request.actor), done=done)
    return redirect("cases:sealed", case_id=case.pk)


def _of_lead(request: Request, case_id: uuid.UUID) -> Case:
    """The case, for the agency that leads it: the level is the lead's to decide and the place the lead's to open."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    return case


def _sealed(request: Request, case: Case, form: SealedForm) -> dict[str, Any]:
    return shell(request, case, tab="") | {
        "rows": services.open_sealed(case, by=request.actor),
        "form": form,
        "may_write": policies.may_write_sealed(request.actor, case),
    }
