"""Follow-ups: agreed on, moved, called off, and registered when they were held."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from actionplans import policies
from actionplans.forms import FollowUpForm, HeldForm
from actionplans.models import FollowUp, local_day
from actionplans.services import follow_ups as services
from actionplans.views.answers import attempt, back_to_plan, form_page
from actionplans.views.shown import who_sees_plan
from agencies.enums import Part
from agencies.http import Request
from audit import clock
from cases.models import Case
from cases.services.lifecycle import demand
from cases.views.loading import open_case


@require_http_methods(["GET", "POST"])
def add(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Agree on the next follow-up, or on an earlier one because something cannot wait."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    has_one = FollowUp.objects.filter(case=case).contributed_by(request.actor.agency).coming().exists()
    form = FollowUpForm(
        request.POST or None, initial={"young_person_attends": True}, may_be_urgent=has_one, person=case.person
    )

    def act() -> None:
        is_urgent = form.cleaned_data.get("is_urgent", False)
        services.plan(case, **form.agreed, is_urgent=is_urgent, by=request.actor)

    if form.is_valid() and attempt(request, form, act, _("Oppfølgingen er avtalt.")):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Avtal oppfølging"),
        intro=_("Alle som er med i planen, ser tid og sted. De som har tiltak, får en påminnelse."),
        submit=_("Avtal oppfølging"),
    )


@require_http_methods(["GET", "POST"])
def move(request: Request, case_id: uuid.UUID, follow_up_id: uuid.UUID) -> HttpResponse:
    """Change the time or place of one that was agreed on."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    follow_up = _own(request, case, follow_up_id)
    local = follow_up.starts_at.astimezone(clock.local_zone())
    attends = follow_up.young_person_attends
    form = FollowUpForm(
        request.POST or None,
        initial={"day": local.date(), "time": local.time(), "place": follow_up.place, "young_person_attends": attends},
        may_be_urgent=False,
        person=case.person,
    )
    if form.is_valid() and attempt(
        request, form, lambda: services.move(follow_up, **form.agreed, by=request.actor), _("Oppfølgingen er endret.")
    ):
        return back_to_plan(case)
    return form_page(request, case, form, title=_("Endre oppfølgingen"), submit=_("Lagre oppfølgingen"))


@require_http_methods(["GET", "POST"])
def hold(request: Request, case_id: uuid.UUID, follow_up_id: uuid.UUID) -> HttpResponse:
    """Register that a follow-up was held, what came of it, and the next one."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    follow_up = _own(request, case, follow_up_id)
    form = HeldForm(
        request.POST or None,
        initial={"held_on": local_day(request.actor.at), "part": Part.CORE},
        definition=case.programme_version.definition,
        person=case.person,
    )

    def act() -> None:
        data = form.cleaned_data
        following = (data["next_starts_at"], data["next_place"]) if data["next_starts_at"] else None
        said = {name: data[name] for name in ("held_on", "note", "part")}
        services.hold(follow_up, **said, following=following, by=request.actor)

    if form.is_valid() and attempt(request, form, act, _("Oppfølgingen er registrert.")):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Registrer oppfølging"),
        submit=_("Registrer"),
        who_sees=who_sees_plan(request.actor, case),
    )


@require_POST
def cancel(request: Request, case_id: uuid.UUID, follow_up_id: uuid.UUID) -> HttpResponse:
    """Call off one that was not held."""
    case = open_case(request, case_id)
    follow_up = _own(request, case, follow_up_id)
    attempt(request, None, lambda: services.cancel(follow_up, by=request.actor), _("Oppfølgingen er avlyst."))
    return back_to_plan(case, editing=True)


def _own(request: Request, case: Case, follow_up_id: uuid.UUID) -> FollowUp:
    own = FollowUp.objects.filter(case=case).standing().contributed_by(request.actor.agency)
    follow_up: FollowUp = get_object_or_404(own, pk=follow_up_id)
    return follow_up
