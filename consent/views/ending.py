"""No to sharing, yes after all, and taking a consent back."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.decisions import NotNow
from agencies.http import Request, step_up_required
from cases.models import Case
from cases.views.loading import open_case
from cases.views.shell import shell
from consent import policies, services
from consent.enums import RevocationChannel
from consent.forms.ending import RevokeForm
from consent.models import Consent, Disclosure
from consent.services.effects import effects_of_end
from consent.views.detail import TAB


@require_http_methods(["GET", "POST"])
def refuse(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The person wants help, but no sharing: said in full before it is noted (T9b)."""
    case = open_case(request, case_id)
    if request.method == "GET":
        context = {**shell(request, case, tab=TAB), "may_refuse": policies.may_refuse(request.actor, case)}
        return render(request, "consent/refuse.html", context)
    try:
        services.refuse(case, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Det er skrevet ned at ungdommen ikke vil samtykke. Dere hjelper videre alene."))
    return redirect("consent:detail", case_id=case.pk)


@require_POST
def ask_again(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The person wants to talk about sharing after all (T8a)."""
    case = open_case(request, case_id)
    try:
        services.ask_again(case, by=request.actor)
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Saken venter på samtykke igjen."))
    return redirect("consent:detail", case_id=case.pk)


@require_http_methods(["GET", "POST"])
@step_up_required
def revoke(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Ending the consent: who loses sight of what stands above the one button (C5)."""
    case = open_case(request, case_id)
    consent = _running(request, case)
    if consent is None:
        messages.error(request, _("Det er ikke noe samtykke som gjelder nå."))
        return redirect("consent:detail", case_id=case.pk)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _revoke_page(request, case, consent, form, status=422 if form.is_bound else 200)
    try:
        services.revoke(
            consent,
            by=request.actor,
            channel=RevocationChannel(form.cleaned_data["channel"]),
            wants_help=form.cleaned_data["wants_help"] == "yes",
        )
    except NotNow as too_late:
        messages.error(request, str(too_late.reason))
    else:
        messages.success(request, _("Samtykket er avsluttet. De andre tjenestene ser ikke saken lenger."))
    return redirect("consent:detail", case_id=case.pk)


def _running(request: Request, case: Case) -> Consent | None:
    """Only the lead holds the form; to others there is no such page."""
    if not policies.may_see_consents(request.actor, case):
        raise Http404
    return case.consents.in_force().select_related("case").prefetch_related("scopes", "forums").first()


def _revoke_page(request: Request, case: Case, consent: Consent, form: RevokeForm, *, status: int) -> HttpResponse:
    kept = Disclosure.objects.filter(case=case).in_force().newest_first().select_related("recipient")
    context = {
        **shell(request, case, tab=TAB),
        "form": form,
        "consent": consent,
        "effects": effects_of_end(consent),
        "kept": kept,
        "may_revoke": policies.may_revoke(request.actor, consent),
    }
    return render(request, "consent/revoke.html", context, status=status)
