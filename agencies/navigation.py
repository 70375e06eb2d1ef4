"""The main menu: each app registers its entries at start-up, so that lower apps need not know the upper ones."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from agencies.actors import Actor


@dataclass(frozen=True)
class Entry:
    """One entry: its words, its address by name, its place, and for whom it is shown."""

    label: str | Promise
    url_name: str
    order: int
    shown_to: Callable[[Actor], bool]
    # Prefix of the path under which the entry counts as current; its own address when empty.
    prefix: str = ""


_entries: list[Entry] = []


def register(entry: Entry) -> None:
    """Add an entry; called from AppConfig.ready()."""
    if entry.url_name not in {known.url_name for known in _entries}:
        _entries.append(entry)


def menu_for(actor: Actor, path: str) -> list[dict[str, object]]:
    """The entries shown to `actor`, in order, the current one marked."""
    shown = sorted((entry for entry in _entries if entry.shown_to(actor)), key=lambda entry: entry.order)
    menu: list[dict[str, object]] = []
    for entry in shown:
        url = reverse(entry.url_name)
        menu.append({"url": url, "label": entry.label, "current": path.startswith(entry.prefix or url)})
    return menu


@dataclass
class Counter:
    """How many new reminders the bell shows; set by the reminders app."""

    count: Callable[[Actor], int] = lambda actor: 0


bell = Counter()
