"""The page to pick one of the demonstration's people. Elsewhere it does not exist."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies import accounts
from agencies.demonstration import CAST, OFFICES, CastMember
from agencies.models import User

# Those who carry the story from the report to the plan, in the order they meet it.
LEADING_PARTS = ("aksel", "rune", "mona", "ingrid", "nils", "nora", "marte", "oda")
AGENCY_NAMES = {office.slug: office.name for office in OFFICES}


@dataclass(frozen=True)
class Card:
    """One person one can be, as the page shows them."""

    member: CastMember

    @property
    def agencies(self) -> str:
        return str(_(" og ")).join(AGENCY_NAMES[slug] for slug in self.member.agencies)

    @property
    def first_name(self) -> str:
        return self.member.name.split(" ")[0]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def demo_cast(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast with one click. Counts as strong there, and only there."""
    if not settings.DEMONSTRATION:
        raise Http404
    if request.method == "POST":
        member = next((member for member in CAST if member.key == request.POST.get("person")), None)
        if member is None:
            raise Http404
        _sign_in_as(request, member)
        return redirect("home")
    cards = {member.key: Card(member) for member in CAST}
    leading = [cards.pop(key) for key in LEADING_PARTS]
    return render(request, "agencies/cast.html", {"leading": leading, "others": list(cards.values())})


def _sign_in_as(request: HttpRequest, member: CastMember) -> None:
    """A session of its own for this person: nothing of who sat here before. One agency is chosen by the middleware."""
    user = get_object_or_404(User, email=member.email)
    logout(request)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    accounts.record_cast_sign_in(request)
