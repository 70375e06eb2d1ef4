"""What a page answers when something was done, or cannot be done now."""

from collections.abc import Callable

from django.contrib import messages

from agencies.decisions import NotNow, Refused
from agencies.http import Request


def carried_out(request: Request, act: Callable[[], object], *, done: str = "") -> bool:
    """Do `act` and tell on the next page that it is `done`, or why it cannot be done now. True when it was."""
    try:
        act()
    except NotNow as stopped:
        messages.error(request, str(stopped.reason))
        return False
    except Refused as refused:
        if refused.decision.code != "wrong_state":
            raise
        # Somebody, perhaps the same person with a double click, was first: nothing to refuse anybody.
        messages.error(request, str(refused.decision.reason))
        return False
    if done:
        messages.success(request, done)
    return True
