"""Confirming that it is you: what gives rights away or takes them is done only right after a strong sign-in.

`step_up_required` goes on the view (`from agencies.http import step_up_required`). Who signed in less than five minutes
ago notices nothing. Others are asked when they open the form; and when the five minutes pass while they write, they are
asked as they send it, on a page that carries what they wrote, so that nothing is lost (security.md 5, "Step-up").
"""

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any, ParamSpec, overload
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from agencies import accounts
from agencies.forms.accounts import ConfirmCastForm, ConfirmIdentityForm

P = ParamSpec("P")
View = Callable[P, HttpResponse]
ANSWER_PREFIX = "confirm"
_OURS = ("csrfmiddlewaretoken", f"{ANSWER_PREFIX}-")


@overload
def step_up_required(view: View[P], /) -> View[P]: ...
@overload
def step_up_required(*, unless: Callable[[HttpRequest], bool]) -> Callable[[View[P]], View[P]]: ...
def step_up_required(
    view: Callable[..., HttpResponse] | None = None, *, unless: Callable[[HttpRequest], bool] = lambda request: False
) -> Any:
    """Let `view` answer only when the person confirmed who they are within the last five minutes.

    `unless(request)` lets through what changes nothing, such as a preview that shares the form's address.
    """
    if view is None:
        return partial(step_up_required, unless=unless)

    @wraps(view)
    def confirmed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if accounts.stepped_up(request) or unless(request):
            return view(request, *args, **kwargs)
        if request.method != "POST":
            onward = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('confirm_identity')}?{onward}")
        form = confirmation_form(request)
        if form.is_bound and form.is_valid():
            form.save()
            request.POST = _without_answer(request.POST)  # type: ignore[assignment]
            return view(request, *args, **kwargs)
        return ask(request, form, carried=_without_answer(request.POST))

    return confirmed


def confirmation_form(request: HttpRequest) -> ConfirmIdentityForm | ConfirmCastForm:
    """The password and a code; in the demonstration, whose people have neither, only a button. Bound once it was sent."""
    kind = ConfirmCastForm if accounts.is_cast(request) else ConfirmIdentityForm
    was_sent = f"{ANSWER_PREFIX}-sent" in request.POST
    return kind(request.POST if was_sent else None, request=request, prefix=ANSWER_PREFIX)


def ask(request: HttpRequest, form: ConfirmIdentityForm | ConfirmCastForm, **context: Any) -> HttpResponse:
    """The page that asks. `carried`: what was typed on the form it came between, sent along unseen."""
    carried = context.pop("carried", None)
    context |= {
        "form": form,
        "sent_field": f"{ANSWER_PREFIX}-sent",
        "carried": list(_pairs(carried)) if carried else [],
        "is_cast": isinstance(form, ConfirmCastForm),
        "minutes": settings.ACCOUNT_REAUTHENTICATION_TIMEOUT // 60,
    }
    return render(request, "agencies/confirm_identity.html", context, status=422 if form.errors else 200)


def _without_answer(posted: QueryDict) -> QueryDict:
    rest = posted.copy()
    for name in list(rest):
        if name.startswith(_OURS):
            del rest[name]
    return rest


def _pairs(posted: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in posted.lists():
        for value in values:
            yield name, str(value)
