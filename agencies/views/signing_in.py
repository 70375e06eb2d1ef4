"""What is ours about signing in and out; the rest is allauth's."""

from allauth.account.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


class SignOut(LogoutView):
    """End the session, and leave nothing of it in a browser that others may use next (security.md 3.5, row 24)."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"*"'
        return response


sign_out = SignOut.as_view()


@require_safe
def first_password(request: HttpRequest) -> HttpResponse:
    """Who has no password yet gets one as whoever forgot it: by a link to the address the account is known by."""
    return redirect("account_reset_password")
