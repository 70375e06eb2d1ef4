"""Sharing on a legal basis: choosing the law, writing why, and ending or approving what was shared."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.http import Request
from agencies.models.programmes import LegalBasis
from cases.models import Case
from cases.views.loading import open_case
from cases.views.shell import shell
from consent import policies, services
from consent.forms.disclosing import DiscloseForm
from consent.models import Disclosure
from consent.services import preview
from consent.services.disclosures import usable_bases
from consent.views import previewing
from consent.views.detail import TAB
from consent.views.shown import DisclosureShown


@require_http_methods(["GET", "POST"])
def disclose(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """First the law (`?lov=` names a row of the catalogue), then what and why."""
    case = open_case(request, case_id)
    policies.may_disclose(request.actor, case).enforce()
    bases = usable_bases(case, request.actor.agency)
    basis = next((one for one in bases if one.code == request.GET.get("lov")), None)
    if basis is None:
        return render(request, "consent/choose_basis.html", {**shell(request, case, tab=TAB), "bases": bases})
    objection = policies.objection_is_known(case)
    data = request.POST if request.method == "POST" else None
    form = DiscloseForm(data, case=case, actor=request.actor, objection=objection)
    found = None
    if request.method == "POST" and previewing.is_asked(request):
        form, found = _looked_at(request, case, form, objection=objection)
        if found is not None and "preview_for" in request.POST:
            return previewing.as_recipient_page(request, case, found)
    elif request.method == "POST" and form.is_valid():
        answer = _shared(request, case, basis, form)
        if answer is not None:
            return answer
    context = {**shell(request, case, tab=TAB), "form": form, "basis": basis, "objection": objection}
    context["previews"] = [found] if found else []
    return render(request, "consent/disclose.html", context, status=422 if form.is_bound and form.errors else 200)


def _looked_at(
    request: Request, case: Case, form: DiscloseForm, *, objection: bool
) -> tuple[DiscloseForm, preview.Preview | None]:
    """The form as it was typed, and what the recipient would see once recipient and parts are chosen.

    Nothing else is asked for yet: errors are told of the two alone.
    """
    form.is_valid()
    chosen = form.cleaned_data
    if "recipient" in form.errors or "parts" in form.errors:
        for name in set(form.errors) - {"recipient", "parts"}:
            del form.errors[name]
        return form, None
    found = preview.of_disclosure(
        case,
        chosen["recipient"],
        [Part(part) for part in chosen["parts"]],
        by=request.actor,
        includes_report=chosen.get("includes_report", False),
    )
    typed = {name: request.POST.getlist(name) if name == "parts" else request.POST.get(name) for name in form.fields}
    return DiscloseForm(case=case, actor=request.actor, objection=objection, typed=typed), found


def _shared(request: Request, case: Case, basis: LegalBasis, form: DiscloseForm) -> HttpResponse | None:
    """The answer when it was shared or cannot be now; None when the form must be put right."""
    try:
        shared = services.disclose(
            case,
            form.cleaned_data["recipient"],
            [Part(part) for part in form.cleaned_data["parts"]],
            form.grounds(basis),
            by=request.actor,
            valid_until_date=form.cleaned_data["valid_until_date"],
            includes_report=form.cleaned_data.get("includes_report", False),
        )
    except ValidationError as wrong:
        for field, sentences in wrong.message_dict.items():
            form.add_error(field if field in form.fields else None, sentences)
        return None
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        waiting = _("Vedtaket er skrevet. Mottakeren ser ikke noe før en leder har godkjent det.")
        done = _("%(agency)s ser nå delene du valgte.") % {"agency": shared.recipient.name}
        messages.success(request, waiting if shared.needs_approval else done)
    return redirect("consent:detail", case_id=case.pk)


@require_http_methods(["GET", "POST"])
def end(request: Request, case_id: uuid.UUID, disclosure_id: uuid.UUID) -> HttpResponse:
    """Stop sharing: who loses sight of what, then the button."""
    case, shared = _disclosure(request, case_id, disclosure_id)
    if request.method == "GET":
        return _confirm(request, case, shared, "consent/end_disclosure.html")
    try:
        services.end_disclosure(shared, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Delingen er avsluttet. Mottakeren ser ikke mer."))
    return redirect("consent:detail", case_id=case.pk)


@require_http_methods(["GET", "POST"])
def approve(request: Request, case_id: uuid.UUID, disclosure_id: uuid.UUID) -> HttpResponse:
    """A manager reads why it should be shared against a no, and stands behind it."""
    case, shared = _disclosure(request, case_id, disclosure_id)
    if request.method == "GET":
        return _confirm(request, case, shared, "consent/approve_disclosure.html")
    try:
        services.approve(shared, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Delingen er godkjent og gjelder fra nå."))
    return redirect("consent:detail", case_id=case.pk)


def _disclosure(request: Request, case_id: uuid.UUID, disclosure_id: uuid.UUID) -> tuple[Case, Disclosure]:
    case = open_case(request, case_id)
    rows = Disclosure.objects.select_related("case", "author_agency", "recipient", "author", "approved_by")
    return case, get_object_or_404(rows, pk=disclosure_id, case=case)


def _confirm(request: Request, case: Case, shared: Disclosure, template_name: str) -> HttpResponse:
    (shown,) = DisclosureShown.all_of([shared], request.actor)
    decision = policies.may_approve(request.actor, shared) if "approve" in template_name else shown.may_end
    return render(request, template_name, {**shell(request, case, tab=TAB), "shown": shown, "decision": decision})
