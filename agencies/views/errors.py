"""Pages for when something stops: they say what to do, and never what exists."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agencies.middleware import refusal_reason


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's page was too old or came from elsewhere: go back, reload, send again."""
    return render(request, "403_csrf.html", status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """You see this, but may not do that: with the policy's own reason."""
    return render(request, "403.html", {"reason": refusal_reason(exception)}, status=403)
