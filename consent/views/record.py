"""Recording a signed consent: the matrix, what would happen, and saving it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.http import Request, step_up_required
from cases.models import Case
from cases.views.loading import open_case
from cases.views.shell import shell
from consent import policies, services
from consent.contents import signer_rule, template_of
from consent.forms.record import RecordForm
from consent.models import Consent
from consent.services import preview
from consent.services.effects import effects_of, recipients_of
from consent.views.detail import TAB
from consent.views.previewing import as_recipient_page, is_asked
from consent.wording import read_aloud


@require_http_methods(["GET", "POST"])
@step_up_required(unless=is_asked)
def record(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """The form of a new consent, beginning with what the running one says. `preview` shows its effects, unsaved."""
    case = open_case(request, case_id)
    decision = policies.may_record(request.actor, case)
    if not decision:
        return _not_now(request, case, decision.reason)
    running = case.consents.in_force().prefetch_related("scopes", "forums").first()
    if request.method == "GET":
        return _page(request, case, running, _form(request, case, running))
    if "preview" in request.POST or "preview_for" in request.POST:
        form = _form(request, case, running, preview=True)
        form.is_valid()
        if "preview_for" in request.POST:
            return _as_recipient(request, case, running, form)
        return _page(request, case, running, form)
    form = _form(request, case, running)
    if form.is_valid() and _losses_were_seen(form, case, running):
        try:
            services.record(case, form.contents(), by=request.actor, replaces=form.cleaned_data["replaces"])
        except NotNow as too_late:
            return _not_now(request, case, too_late.reason)
        messages.success(request, _("Samtykket er registrert og gjelder fra nå."))
        return redirect("consent:detail", case_id=case.pk)
    return _page(request, case, running, form, status=422)


def _as_recipient(request: Request, case: Case, running: Consent | None, form: RecordForm) -> HttpResponse:
    """The case as one agency on the form would find it; the form itself again when it would find nothing."""
    previews = preview.of_consent(case, form.contents(), by=request.actor)
    chosen = next((one for one in previews if one.agency.slug == request.POST["preview_for"]), None)
    if chosen is None:
        return _page(request, case, running, form)
    return as_recipient_page(request, case, chosen)


def _form(request: Request, case: Case, running: Consent | None, *, preview: bool = False) -> RecordForm:
    actor = request.actor
    data = request.POST if request.method == "POST" else None
    return RecordForm(
        data, case=case, running=running, collector=(actor.user.name, actor.agency.phone), preview=preview
    )


def _losses_were_seen(form: RecordForm, case: Case, running: Consent | None) -> bool:
    """Whoever takes sight away has been shown from whom: else the page comes back with it (confirmation)."""
    if effects_of(form.contents(), case, running).losses_digest in {"", form.cleaned_data["seen"]}:
        return True
    form.add_error(None, _("Noen ser mindre enn før. Se over «Dette skjer», og lagre en gang til."))
    return False


def _not_now(request: Request, case: Case, reason: Any) -> HttpResponse:
    messages.error(request, str(reason))
    return redirect("consent:detail", case_id=case.pk)


def _page(
    request: Request, case: Case, running: Consent | None, form: RecordForm, *, status: int = 200
) -> HttpResponse:
    typed = _typed(form, case, running, request.actor)
    template = template_of(case)
    context = {
        **shell(request, case, tab=TAB),
        "form": form,
        "running": running,
        "version": (case.consents.newest_first().values_list("version", flat=True).first() or 0) + 1,
        "template": template,
        "rows": _matrix(form, running),
        "forum_fields": [(form[f"hears_{forum.code}"], form[f"forum_{forum.code}"]) for forum in form.forums],
        "signer_rule": signer_rule(case),
        **typed,
    }
    return render(request, "consent/record.html", context, status=status)


def _typed(form: RecordForm, case: Case, running: Consent | None, by: Actor) -> dict[str, Any]:
    """What the choices so far say and do; nothing for a form nobody has typed in yet."""
    if not form.is_bound:
        form = RecordForm(_as_data(form), case=case, running=running, collector=("", ""), preview=True)
    form.is_valid()
    contents = form.contents()
    forums = {code: [agency.pk for agency in present] for code, present in contents.forums.items()}
    told = contents.recipients()
    givers = contents.giver_ids(case.lead_agency) if told else set()
    return {
        "effects": effects_of(contents, case, running),
        "sentences": read_aloud(case, told, givers, forums),
        "previews": preview.of_consent(case, contents, by=by),
    }


def _as_data(form: RecordForm) -> dict[str, Any]:
    return {name: value for name, value in form.initial.items() if value is not None}


def _matrix(form: RecordForm, running: Consent | None) -> list[dict[str, Any]]:
    """The rows of the table: an agency, how its row compares with the running consent, and a box for each part."""
    ticked = set(form["scope"].value() or ())
    told = recipients_of(running) if running else {}
    rows = []
    for candidate in form.candidates:
        agency = candidate.agency
        cells = [
            {
                "value": f"{agency.slug}:{part}",
                "id": f"id_scope_{agency.slug}_{part}",
                "part": part,
                "checked": f"{agency.slug}:{part}" in ticked,
            }
            for part in form.parts
        ]
        now = {str(cell["part"]) for cell in cells if cell["checked"]}
        rows.append({"candidate": candidate, "cells": cells, "note": _compared(now, told.get(agency.pk), running)})
    return rows


def _compared(now: set[str], before: set[str] | None, running: Consent | None) -> str:
    if running is None or not (now or before):
        return ""
    if not before:
        return _("Ny")
    if not now:
        return _("Tas ut")
    return _("Som før") if now == before else _("Endret")
