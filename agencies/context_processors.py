from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agencies.navigation import bell, menu_for


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the page frame shows: the menu for whom one acts, the bell, and whether this is the demonstration."""
    actor = getattr(request, "actor", None)
    return {
        "demonstration": settings.DEMONSTRATION,
        "navigation": menu_for(actor, request.path) if actor else [],
        # Asked only where it is shown, and not where the page has counted already.
        "reminder_count": SimpleLazyObject(lambda: bell.count(actor)) if actor else 0,
        "now": actor.at if actor else None,
    }
