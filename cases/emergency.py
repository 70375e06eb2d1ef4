"""What somebody who opened a case on a break-glass alone may look at (F-39): these pages, and only look.

Everything else in the case is closed to them, whatever else their agency may do there. An upper app opens its own pages
and says which law a break-glass rests on at start-up:

emergency.register_page("actionplans:detail")
emergency.register_laws(laws_of_glasses)
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping

from django.http import HttpRequest
from django.utils.translation import gettext as _

from agencies.decisions import ALLOWED, Decision, denied
from cases.enums import RightReason

LOOKING = frozenset({"GET", "HEAD"})
# Who is disqualified says so at once, wherever they stand.
ALSO_SENT = frozenset({"cases:declare_conflict"})

_pages: set[str] = {"cases:detail", "cases:entry", "cases:needs", "cases:network", "cases:declare_conflict"}
_laws: list[Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, str]]] = []


def register_page(url_name: str) -> None:
    """Open a page that shows only what `readable_by` finds; called from AppConfig.ready()."""
    _pages.add(url_name)


def register_laws(source: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, str]]) -> None:
    """`source(ids)` answers on which row of the catalogue of legal bases each break-glass rests."""
    if source not in _laws:
        _laws.append(source)


def is_open(url_name: str) -> bool:
    """Whether the page shows itself to somebody who only broke the glass."""
    return url_name in _pages


def may_be_asked(request: HttpRequest) -> Decision:
    """Whether this request may be answered to somebody who only broke the glass."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    if not is_open(name):
        return denied(
            _(
                "Nødtilgangen viser oversikten, behovene, nettverket og planen i delene du åpnet. Denne siden er ikke med."
            ),
            "break_glass",
        )
    if request.method not in LOOKING and name not in ALSO_SENT:
        return denied(_("Nødtilgangen lar deg lese, ikke gjøre noe i saken."), "break_glass")
    return ALLOWED


def laws_of(glasses: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The code of the legal basis of each of these break-glasses the actor may know of."""
    return {glass: law for source in _laws for glass, law in source(glasses).items()} if glasses else {}


def bases_in_log(lines: Iterable[tuple[str, uuid.UUID | None]]) -> str:
    """What rights rest on, as the log writes it: the reasons, and for a break-glass also its law, which is its point.

    `lines`: the reason of each and, for a break-glass, its id. At most 60 characters, as the log's column.
    """
    seen = set(lines)
    reasons = {reason for reason, _source in seen}
    glasses = {source for reason, source in seen if reason == RightReason.BREAK_GLASS and source is not None}
    return ",".join([*sorted(reasons), *sorted(set(laws_of(glasses).values()))])[:60]
