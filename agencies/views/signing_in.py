"""What is ours about signing in and out; the rest is allauth's."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe


@login_not_required  # also for who stopped at the code: half a sign-in is left the same way
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and leave nothing of it in a browser that others may use next (security.md 3.5, row 24)."""
    response: HttpResponse = account.logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = '"*"'
    return response


@require_safe
def first_password(request: HttpRequest) -> HttpResponse:
    """Who has no password yet gets one as whoever forgot it: by a link to the address the account is known by."""
    return redirect("account_reset_password")
