"""The main goal, the goals of the areas, and the young person's yes to the plan: pages of the lead."""

import uuid

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actionplans import policies
from actionplans.forms import ApprovalForm, AreaGoalsForm, MainGoalForm
from actionplans.models import AreaGoal, MainGoal, local_day
from actionplans.services import goals as services
from actionplans.views.answers import attempt, back_to_plan, form_page
from actionplans.views.shown import who_sees_plan
from agencies.enums import Part
from agencies.http import Request
from cases.services.lifecycle import demand
from cases.views.loading import open_case


@require_http_methods(["GET", "POST"])
def main_goal(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Write or change the main goal, in the young person's words."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    known = MainGoal.objects.filter(case=case).contributed_by(request.actor.agency).first()
    initial = {"text": known.text, "written_on": known.written_on, "part": known.part} if known else {}
    form = MainGoalForm(
        request.POST or None,
        initial={"written_on": local_day(request.actor.at), "part": Part.CORE} | initial,
        definition=case.programme_version.definition,
    )
    if form.is_valid() and attempt(
        request,
        form,
        lambda: services.set_main_goal(case, **form.cleaned_data, by=request.actor),
        _("Hovedmålet er lagret."),
    ):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Hovedmål"),
        submit=_("Lagre hovedmålet"),
        who_sees=who_sees_plan(request.actor, case),
    )


@require_http_methods(["GET", "POST"])
def area_goals(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Write the goal of each area on one page."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    known = AreaGoal.objects.filter(case=case).contributed_by(request.actor.agency)
    form = AreaGoalsForm(
        request.POST or None,
        initial={goal.area: goal.text for goal in known},
        definition=case.programme_version.definition,
    )
    if form.is_valid() and attempt(
        request,
        form,
        lambda: services.set_area_goals(case, goals=form.cleaned_data, by=request.actor),
        _("Målene er lagret."),
    ):
        return back_to_plan(case, editing=True)
    return form_page(
        request,
        case,
        form,
        title=_("Mål for områdene"),
        intro=_("Skriv kort og enkelt hva dere vil oppnå. La et område stå tomt hvis det ikke er noe mål der."),
        submit=_("Lagre målene"),
        who_sees=who_sees_plan(request.actor, case),
    )


@require_http_methods(["GET", "POST"])
def approve(request: Request, case_id: uuid.UUID) -> HttpResponse:
    """Note that the young person read the plan and said yes: the next version."""
    case = open_case(request, case_id)
    demand(policies.may_edit(request.actor, case))
    form = ApprovalForm(request.POST or None, initial={"approved_on": local_day(request.actor.at)})

    def act() -> None:
        data = form.cleaned_data
        services.approve(case, approved_on=data["approved_on"], attendance=data["attendance"], by=request.actor)

    if form.is_valid() and attempt(request, form, act, _("Planen er godkjent.")):
        return back_to_plan(case)
    return form_page(
        request,
        case,
        form,
        title=_("Godkjenn planen"),
        intro=_("Les planen sammen med ungdommen først. Det ungdommen sier ja til, blir en ny versjon av planen."),
        submit=_("Godkjenn"),
    )
