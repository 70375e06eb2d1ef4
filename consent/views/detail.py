"""The section "Samtykke" of a case: what is in force and what it says, or why there is none and what to do."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from agencies.actors import Actor
from agencies.enums import Part
from agencies.http import Request
from cases.enums import RightReason
from cases.models import Case, CaseAccess
from cases.views.loading import open_case
from cases.views.shell import shell
from consent import policies
from consent.contents import signer_rule, template_of
from consent.models import Consent, Disclosure
from consent.views.shown import ConsentShown, DisclosureShown
from consent.wording import read_consent_aloud

TAB = "consent"


@require_GET
def detail(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """What the actor's agency may know of consents and disclosures in the case."""
    case = open_case(request, case_id)
    of_whom = (
        _for_lead(request.actor, case)
        if policies.may_see_consents(request.actor, case)
        else _for_others(request.actor, case)
    )
    context = {
        **shell(request, case, tab=TAB),
        **of_whom,
        "disclosures": _disclosures(request.actor, case),
        "may_disclose": policies.may_disclose(request.actor, case),
    }
    return render(request, "consent/detail.html", context)


@require_GET
def of_consent(request: Request, consent_id: uuid.UUID) -> HttpResponse:
    """From a consent's own id, as a reminder knows it, to its case."""
    found = Consent.objects.filter(pk=consent_id).first()
    if found is None or not Case.objects.visible_to(request.actor).filter(pk=found.case_id).exists():
        raise Http404
    return redirect("consent:detail", case_id=found.case_id)


def _for_lead(actor: Actor, case: Case) -> dict[str, Any]:
    history = list(
        case.consents.newest_first()
        .select_related("case__programme_version", "author", "ended_by")
        .prefetch_related("scopes", "forums", "signatures")
    )
    running = next((one for one in history if one.valid_from <= actor.at < one.ends_at), None)
    template = template_of(case)
    return {
        "running": ConsentShown.of(running, actor.at) if running else None,
        "sentences": read_consent_aloud(running) if running else [],
        "history": [ConsentShown.of(one, actor.at) for one in history],
        "may_record": policies.may_record(actor, case),
        "may_refuse": policies.may_refuse(actor, case),
        "may_ask_again": policies.may_ask_again(actor, case),
        "may_revoke": policies.may_revoke(actor, running) if running else None,
        "signer_rule": signer_rule(case),
        "not_opened": template.not_opened,
        "holds_consents": True,
    }


def _for_others(actor: Actor, case: Case) -> dict[str, Any]:
    lines = CaseAccess.objects.in_force_for(actor).filter(case=case, reason=RightReason.CONSENT)
    return {
        "own_lines": [
            {"parts": [part for part in Part if part in line.parts], "valid_until": line.valid_until}
            for line in lines.order_by("valid_until", "pk")
        ],
        "holds_consents": False,
    }


def _disclosures(actor: Actor, case: Case) -> list[DisclosureShown]:
    rows = (
        Disclosure.objects.filter(case=case)
        .newest_first()
        .select_related("case", "author_agency", "recipient", "author", "approved_by")
    )
    return DisclosureShown.all_of(rows, actor)
