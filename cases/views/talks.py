"""Calling the person to a talk, and registering what came of it."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.http import Request
from audit import clock
from cases import policies
from cases.enums import CaseState, FactKind
from cases.forms.talks import SummonsForm, TalkForm
from cases.models import Case
from cases.services import talks
from cases.views.loading import open_case
from cases.views.outcomes import carried_out
from cases.views.shell import shell
from cases.workflow import ATTEMPTS_BEFORE_NO_CONTACT, TRANSITIONS, answers_in, missing_for


@require_GET
def talk(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Where the calling stands, what can be registered now, and what has been (U23-16, U23-17)."""
    case = _led(request, case_id)
    return _page(request, case)


@require_POST
def summon(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Register that the person was called (T6, T6x, T14)."""
    case = _led(request, case_id)
    form = SummonsForm(request.POST, prefix="call", refuse_places=case.person.stores_no_whereabouts)
    if not form.is_valid():
        return _page(request, case, summons_form=form, status=422)
    done = _("Innkallingen er registrert.")
    carried_out(request, lambda: talks.summon(case, by=request.actor, **form.summons()), done=done)
    return redirect("cases:talk", case_id=case.pk)


@require_POST
def did_not_come(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Register that the person did not come (T6x)."""
    case = _led(request, case_id)
    done = _("Registrert at personen ikke kom. Kall inn på nytt.")
    carried_out(request, lambda: talks.did_not_come(case, by=request.actor), done=done)
    return redirect("cases:talk", case_id=case.pk)


@require_POST
def hold_talk(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Register the talk (T7, T8). A "no" is read back before it is kept: the ordinary routine takes over (U23-26)."""
    case = _led(request, case_id)
    form = _talk_form(case, request.POST)
    if not form.is_valid():
        return _page(request, case, talk_form=form, status=422)
    if form.says_no and "confirmed" not in request.POST:
        return render(request, "cases/talk_declined.html", shell(request, case, tab="talk") | {"form": form})
    held = form.talk()
    done = _("Samtalen er registrert.") if held.told_all else ""
    carried_out(request, lambda: talks.hold(case, by=request.actor, talk=held), done=done)
    return redirect("cases:talk", case_id=case.pk)


def _led(request: Request, case_id: uuid.UUID) -> Case:
    """The case, when the actor's agency leads it: what is said in the talks is the lead's alone."""
    case = open_case(request, case_id)
    policies.leads(request.actor, case).enforce()
    return case


def _talk_form(case: Case, data: object = None) -> TalkForm:
    state = CaseState(case.state)
    return TalkForm(
        data,
        prefix="talk",
        wishes=answers_in(state),
        told=state != CaseState.SUMMONED,
        initial={"held_on": clock.today()},
    )


def _page(
    request: Request,
    case: Case,
    *,
    summons_form: SummonsForm | None = None,
    talk_form: TalkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, state = request.actor, CaseState(case.state)
    awaited = talks.awaited(case)
    can_talk = bool(answers_in(state)) and (awaited is not None or state != CaseState.SUMMONED)
    held = [row for row in talks.conversations_of(case) if row.held_on or row.did_not_come]
    context = shell(request, case, tab="talk") | {
        "may_summon": policies.may_summon(actor, case),
        "may_hold": policies.may_hold_talk(actor, case),
        "awaited": awaited,
        "missing": _missing_before_summons(case),
        "summons_form": None
        if awaited
        else summons_form
        or SummonsForm(
            prefix="call",
            initial={"summoned_on": clock.today()},
            refuse_places=case.person.stores_no_whereabouts,
        ),
        "talk_form": (talk_form or _talk_form(case)) if can_talk else None,
        "form": summons_form or talk_form,
        "history": held[::-1],
        "not_told": bool(held) and state == CaseState.SUMMONED and held[-1].held_on is not None,
        "attempts": policies.vain_attempts(case),
        "enough_attempts": ATTEMPTS_BEFORE_NO_CONTACT,
        "programme": case.programme_version.definition,
    }
    return render(request, "cases/talk.html", context, status=status)


def _missing_before_summons(case: Case) -> list[str]:
    """What must be reviewed before the person may be called, in words; empty when nothing is missing."""
    state = CaseState(case.state)
    if (state, CaseState.SUMMONED) not in TRANSITIONS:
        return []
    facts = case.facts_in_force() | {FactKind.SUMMONED}
    return [str(fact.label) for fact in missing_for(state, CaseState.SUMMONED, facts).facts]
