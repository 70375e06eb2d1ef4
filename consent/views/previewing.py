"""The page on which one reads a case as a recipient would, before anything is shared. It works without JavaScript: what was
typed travels along in the form, and back again.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agencies.http import Request
from cases.models import Case
from cases.views.shell import shell
from consent.services.preview import Preview
from consent.views.detail import TAB

# What the browser sends beside the fields: the two buttons and the form's own protection.
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "preview", "preview_for"})


def is_asked(request: HttpRequest) -> bool:
    """Whether a preview was asked for instead of saving."""
    return "preview" in request.POST or "preview_for" in request.POST


def as_recipient_page(request: Request, case: Case, found: Preview) -> HttpResponse:
    """The case as `found.agency` would find it, and the way back to the form with everything that was typed."""
    typed = [(name, value) for name in request.POST if name not in NOT_TYPED for value in request.POST.getlist(name)]
    context = {
        **shell(request, case, tab=TAB),
        "preview": found,
        "typed": typed,
        "back": request.get_full_path(),
    }
    return render(request, "consent/preview.html", context)
