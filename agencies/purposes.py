"""What each page is for: the log says why somebody looked, and the young person reads it (C-579/21).

purposes.register("meetings:", Purpose.MEETING)        # in AppConfig.ready(): every page of the namespace
purposes.register("cases:assign", Purpose.STAFFING)    # the longest beginning that fits decides
"""

from django.http import HttpRequest

from audit.enums import Purpose

_by_beginning: dict[str, Purpose] = {}


def register(beginning: str, purpose: Purpose) -> None:
    """Let every view name that begins so have this purpose. Two purposes for one beginning: RuntimeError."""
    if _by_beginning.setdefault(beginning, purpose) != purpose:
        raise RuntimeError(f"Two purposes are registered for {beginning!r}.")


def purpose_of(request: HttpRequest) -> Purpose:
    """The purpose of the page that is asked for. RuntimeError for a page nobody gave one: it would be read unexplained."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    fitting = [beginning for beginning in _by_beginning if name.startswith(beginning)]
    if not fitting:
        raise RuntimeError(f"The page {name!r} has no purpose: register one in its app's ready().")
    return _by_beginning[max(fitting, key=len)]
