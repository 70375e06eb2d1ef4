"""The page that asks who it is before somebody opens what only a fresh sign-in may do."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from agencies.http import MaybeActing, reachable_early
from agencies.step_up import ask, confirmation_form


@reachable_early
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_identity(request: MaybeActing) -> HttpResponse:
    """Ask for password and code, and lead back to where the person was going."""
    asked_for = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = asked_for.startswith("/") and url_has_allowed_host_and_scheme(asked_for, allowed_hosts=None)
    onward = asked_for if is_ours else ""
    form = confirmation_form(request)
    if form.is_bound and form.is_valid():
        form.save()
        return redirect(onward or settings.LOGIN_REDIRECT_URL)
    return ask(request, form, next=onward)
