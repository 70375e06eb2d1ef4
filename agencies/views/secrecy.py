"""The declaration of secrecy: the first page somebody meets in an agency, and until it is accepted the only one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from agencies.http import Request
from agencies.services import secrecy


@require_http_methods(["GET", "HEAD", "POST"])
def declare_secrecy(request: Request) -> HttpResponse:
    """What secrecy means, in plain words, and the button that accepts it."""
    asked_for = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = asked_for.startswith("/") and url_has_allowed_host_and_scheme(asked_for, allowed_hosts=None)
    onward = asked_for if is_ours else ""
    if request.method == "POST":
        secrecy.declare(by=request.actor)
        return redirect(onward or "home")
    context = {
        "sentences": secrecy.SENTENCES,
        "declared": secrecy.has_declared(request.user, request.actor.agency),
        "next": onward,
    }
    return render(request, "agencies/secrecy.html", context)


declare_secrecy.open_without_declaration = True  # type: ignore[attr-defined]
