"""The manager's page: cases nobody works on, who has how many, and moving them from one caseworker to another."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from agencies.actors import Actor
from agencies.enums import Role
from agencies.http import Request
from cases import policies
from cases.forms.staffing import HandOverForm
from cases.services import handover as services
from cases.views.loading import record_list
from cases.views.outcomes import carried_out


def is_manager(actor: Actor) -> bool:
    """For whom the menu has the page."""
    return actor.has_role(Role.MANAGER)


@require_GET
def staffing(request: Request) -> HttpResponse:
    """Uten saksbehandler, and everybody who has open cases."""
    policies.may_hand_over(request.actor).enforce()
    cases = services.without_worker(by=request.actor)
    record_list(request, "case.listed", [case.pk for case in cases])
    context = {"cases": cases, "workers": services.workers(by=request.actor)}
    return render(request, "cases/staffing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: Request, worker_id: int) -> HttpResponse:
    """Choose cases and a receiver, read it back, and do it: all of them or none."""
    actor = request.actor
    policies.may_hand_over(actor).enforce()
    worker = next((row for row in services.workers(by=actor) if row.user.pk == worker_id), None)
    if worker is None:
        raise Http404
    cases = services.cases_of(worker.user, by=actor)
    record_list(request, "case.listed", [case.pk for case in cases])
    form = HandOverForm(
        request.POST if request.method == "POST" else None,
        cases=cases,
        receivers=services.receivers(by=actor, worker=worker.user),
        initial={"cases": [str(case.pk) for case in cases]},
    )
    if not form.is_valid():
        context = {"form": form, "worker": worker}
        return render(request, "cases/hand_over.html", context, status=422 if form.is_bound else 200)
    chosen, receiver = form.chosen_cases(), form.chosen_receiver()
    if "confirmed" not in request.POST:
        steps = services.preview(chosen, to=receiver, by=actor)
        context = {
            "worker": worker,
            "receiver": receiver,
            "steps": steps,
            "possible": not any(step.obstacle for step in steps),
        }
        return render(request, "cases/hand_over_confirm.html", context)
    done = ngettext(
        "%(count)d sak er overdratt til %(name)s.", "%(count)d saker er overdratt til %(name)s.", len(chosen)
    ) % {"count": len(chosen), "name": receiver.name}
    carried_out(request, lambda: services.hand_over(chosen, worker=worker.user, to=receiver, by=actor), done=done)
    return redirect("cases:staffing")
