"""How every page of the plan answers: a form around the case's frame, and back to the plan when it is done."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from agencies.decisions import NotNow
from agencies.http import Request
from cases.models import Case
from cases.views.shell import shell


def form_page(
    request: Request,
    case: Case,
    form: BaseForm,
    *,
    title: str | Promise,
    submit: str | Promise,
    intro: str | Promise = "",
    template: str = "actionplans/form.html",
    **also: Any,
) -> HttpResponse:
    """A form within the case; 422 with what was typed when it is not in order."""
    context = shell(request, case, tab="plan") | {"form": form, "title": title, "submit": submit, "intro": intro} | also
    return render(request, template, context, status=422 if form.is_bound else 200)


def back_to_plan(case: Case, *, editing: bool = False) -> HttpResponse:
    """See the plan, where the change stands."""
    return redirect("actionplans:edit" if editing else "actionplans:detail", case.pk)


def attempt(request: Request, form: BaseForm | None, act: Callable[[], object], success: str | Promise) -> bool:
    """Do it and say so. When it cannot be done now, its reason stands on the form, or as a message without one."""
    try:
        act()
    except NotNow as refusal:
        if form is None:
            messages.error(request, str(refusal.reason))
        else:
            form.add_error(None, str(refusal.reason))
        return False
    messages.success(request, str(success))
    return True
