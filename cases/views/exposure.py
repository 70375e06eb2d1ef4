"""«Hvem kunne se?»: the breach question, asked by number and answered on the same page, never in an address."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.http import Request
from audit import clock
from cases import policies
from cases.enums import RightReason
from cases.forms.exposure import ExposureForm
from cases.services import exposure
from cases.services.log_words import role_words


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request) -> HttpResponse:
    """The form; and who could have seen the part, who did, and by what right."""
    policies.may_ask_who_could_see(request.actor).enforce()
    form = ExposureForm(request.POST if request.method == "POST" else None, initial=_proposed())
    found = _answered(request, form) if form.is_bound and form.is_valid() else None
    context: dict[str, Any] = {
        "form": form,
        "trail": [{"url": reverse("home"), "label": _("Min dag")}, {"url": "", "label": _("Hvem kunne se?")}],
    }
    if found is not None:
        rows = [_row(one) for one in found]
        context |= {
            "rows": rows,
            "could": sum(1 for one in found if one.stretches),
            "did": sum(1 for one in found if one.times_read),
            "without_right": sum(1 for one in found if one.without_right),
            "agencies": len({one.agency.pk for one in found}),
            "part": form.cleaned_data["part"],
            "asked": form.cleaned_data,
        }
    return render(request, "cases/exposure.html", context, status=422 if form.errors else 200)


def _answered(request: Request, form: ExposureForm) -> list[exposure.Exposed] | None:
    """The answer; None, with the form saying why, when there is no such case or no time between the two instants."""
    case = exposure.find_case(form.cleaned_data["number"], by=request.actor)
    if case is None:
        form.add_error("number", _("Tjenesten din leder ingen sak med dette nummeret."))
        return None
    part, since, until = Part(form.cleaned_data["part"]), form.cleaned_data["since"], form.cleaned_data["until"]
    try:
        return exposure.ask(case, part, since, until, by=request.actor)
    except NotNow as empty:
        form.add_error("until_day", str(empty.reason))
        return None


def _proposed() -> dict[str, Any]:
    now = clock.now().astimezone(clock.local_zone())
    return {
        "from_day": now.date(),
        "from_time": now.replace(hour=0, minute=0).time(),
        "until_day": now.date(),
        "until_time": now.time(),
    }


def _row(one: exposure.Exposed) -> dict[str, Any]:
    """A person's line: their own agency's by name, others' by number."""
    return {
        "one": one,
        "who": one.user.name if one.user else _("Ansatt %(number)d") % {"number": one.number},
        "role": role_words(",".join(one.roles)) or _("Ingen rolle vi kjenner til"),
        "rights": [
            {
                "words": RightReason(stretch.reason).label,
                "received_only": stretch.received_only,
                "since": stretch.valid_from,
                "until": stretch.valid_until,
            }
            for stretch in one.stretches
        ],
    }
