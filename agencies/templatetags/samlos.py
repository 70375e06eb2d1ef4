"""The visual vocabulary of the pages: `{% load samlos %}`.

Every tag fills one template in `templates/components/`, so the look of a thing is changed in one place and everything
is escaped by the template engine. Words and times follow the language and the zone of the reader's municipality.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template.context import Context
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from agencies.enums import Part
from agencies.templatetags.icons import PATHS
from audit import clock

register = template.Library()

TONES = frozenset({"neutral", "info", "success", "warning", "danger"})


# --- words and signs --------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, tone: str = "") -> SafeString:
    """One icon by name, hidden from screen readers: the words beside it carry the meaning. Tone: "yes" or "no"."""
    classes = f"app-icon app-{tone}" if tone else "app-icon"
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        classes,
        mark_safe(PATHS[name]),  # noqa: S308 (a constant of ours)
    )


@register.inclusion_tag("components/part_tag.html")
def part_tag(part: str) -> dict[str, Any]:
    """The purple tag that always and only means an information part. ValueError for an unknown part."""
    return {"label": Part(part).label}


@register.inclusion_tag("components/part_tags.html")
def part_tags(parts: Iterable[str], label: str = "") -> dict[str, Any]:
    """A list of information parts, named for screen readers by `label` ("Kan se")."""
    return {"labels": [Part(part).label for part in parts], "label": label}


@register.inclusion_tag("components/state_tag.html")
def state_tag(label: Any, tone: str = "neutral") -> dict[str, Any]:
    """A state in words on its tone. A member of a TextChoices with a `tone` brings its own."""
    tone = getattr(label, "tone", tone)
    if tone not in TONES:
        message = f"Unknown tone {tone!r}: one of {', '.join(sorted(TONES))}."
        raise ValueError(message)
    return {"label": getattr(label, "label", label), "tone": tone}


@register.filter
def masked_national_id(number: str) -> str:
    """The birth date of a national identity number, the rest masked: "131285 *****", Swedish "20050514-****"."""
    digits = "".join(character for character in str(number) if character.isdigit())
    if len(digits) == 11:
        return f"{digits[:6]} *****"
    if len(digits) == 12:
        return f"{digits[:8]}-****"
    return "*" * 11


# --- dates and times ----------------------------------------------------------------------------------------------------


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    return value.astimezone(clock.local_zone()) if isinstance(value, dt.datetime) else value


def _day_of(value: dt.date | dt.datetime) -> dt.date:
    local = _local(value)
    return local.date() if isinstance(local, dt.datetime) else local


@register.filter
def day(value: dt.date | dt.datetime) -> str:
    """ "20. november 2026"."""
    return date_format(_local(value), pgettext("date format", "j. F Y"))


@register.filter
def weekday(value: dt.date | dt.datetime) -> str:
    """ "fredag 27. november"."""
    return date_format(_local(value), pgettext("date format", "l j. F"))


@register.filter
def full_day(value: dt.date | dt.datetime) -> str:
    """ "fredag 27. november 2026"."""
    return date_format(_local(value), pgettext("date format", "l j. F Y"))


@register.filter
def month_day(value: dt.date | dt.datetime) -> str:
    """ "16. november": where the year goes without saying."""
    return date_format(_local(value), pgettext("date format", "j. F"))


@register.filter
def clock_time(value: dt.time | dt.datetime) -> str:
    """ "13.00", in the municipality's zone."""
    local = _local(value) if isinstance(value, dt.datetime) else value
    return local.strftime(pgettext("time format", "%H.%M"))


@register.filter
def moment(value: dt.datetime) -> str:
    """ "20. november 2026 kl. 13.00"."""
    return gettext("%(day)s kl. %(time)s") % {"day": day(value), "time": clock_time(value)}


@register.filter
def last_day(end: dt.datetime) -> str:
    """The last day a right that ends at `end` covers: what stands after "til og med"."""
    return day(clock.last_day(end))


@register.filter
def iso(value: dt.date | dt.datetime) -> str:
    """For `<time datetime>`: the date, or the instant to the minute with its offset."""
    local = _local(value)
    return local.isoformat(timespec="minutes") if isinstance(local, dt.datetime) else local.isoformat()


def _now(context: Context, now: dt.datetime | None) -> dt.datetime:
    """The instant to compare with: given, the page's own, the actor's, else the database is asked."""
    if now is None:
        now = context.get("now")
    if now is None:
        request = context.get("request")
        actor = getattr(request, "actor", None)
        now = actor.at if actor else clock.now()
    return now


@register.simple_tag(takes_context=True)
def until(context: Context, when: dt.date | dt.datetime, now: dt.datetime | None = None) -> str:
    """How far ahead a deadline is: "3 dager over", "i dag", "om 48 minutter", "i morgen", "om 8 dager"."""
    return _until(when, _now(context, now))


def _until(when: dt.date | dt.datetime, now: dt.datetime) -> str:
    days = (_day_of(when) - _day_of(now)).days
    if days < 0:
        return ngettext("%(count)d dag over", "%(count)d dager over", -days) % {"count": -days}
    if days == 1:
        return gettext("i morgen")
    if days > 1:
        return ngettext("om %(count)d dag", "om %(count)d dager", days) % {"count": days}
    if not isinstance(when, dt.datetime):
        return gettext("i dag")
    minutes = round((when - now).total_seconds() / 60)
    if minutes < 0:
        return gettext("over fristen")
    if minutes == 0:
        return gettext("nå")
    if minutes < 60:
        return ngettext("om %(count)d minutt", "om %(count)d minutter", minutes) % {"count": minutes}
    hours = minutes // 60
    return ngettext("om %(count)d time", "om %(count)d timer", hours) % {"count": hours}


@register.simple_tag(takes_context=True)
def ago(context: Context, when: dt.date | dt.datetime, now: dt.datetime | None = None) -> str:
    """How long since something happened: "i dag kl. 09.11", "i går", "for 3 dager siden", then the date."""
    return ago_at(when, _now(context, now))


def ago_at(when: dt.date | dt.datetime, now: dt.datetime) -> str:
    """As the tag `ago`, for words put together in a view."""
    days = (_day_of(now) - _day_of(when)).days
    if days <= 0:
        return (
            gettext("i dag kl. %(time)s") % {"time": clock_time(when)}
            if isinstance(when, dt.datetime)
            else gettext("i dag")
        )
    if days == 1:
        return gettext("i går")
    if days < 14:
        return ngettext("for %(count)d dag siden", "for %(count)d dager siden", days) % {"count": days}
    return day(when)


def is_late(when: dt.date | dt.datetime, now: dt.datetime) -> bool:
    """Whether a deadline has passed: a day has when it is over, an instant when it is reached."""
    return when <= now if isinstance(when, dt.datetime) else when < _day_of(now)


@register.inclusion_tag("components/due.html", takes_context=True)
def due(context: Context, when: dt.date | dt.datetime, now: dt.datetime | None = None) -> dict[str, Any]:
    """A deadline with how far it is away, red when it has passed: "16. november, 3 dager over"."""
    instant = _now(context, now)
    return {"when": when, "until": _until(when, instant), "late": is_late(when, instant)}


# --- things on a page -----------------------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def panel(
    context: Context,
    content: SafeString,
    title: str,
    id: str,  # noqa: A002 (the attribute it becomes)
    note: str = "",
    link_url: str = "",
    link_label: str = "",
    level: int = 2,
    size: str = "sm",
    kind: str = "",
    count: int | None = None,
    padded: bool = True,
) -> str:
    """A white sheet with its heading: `{% panel _("Behov") id="needs" %}…{% endpanel %}`.

    `kind` is "late" (a red edge) or "quiet" (dashed, for what is empty). `padded=False` for tables and lists that
    reach the edge. `note` stands to the right of the heading, then a link.
    """
    return _filled(
        context,
        "components/panel.html",
        content=content, title=title, id=id, note=note, link_url=link_url, link_label=link_label,
        level=level, size=size, kind=kind, count=count, padded=padded,
    )  # fmt: skip


@register.simple_block_tag(takes_context=True)
def empty(context: Context, content: SafeString, title: str) -> str:
    """What stands where nothing is yet: what would appear here, and when."""
    return _filled(context, "components/empty.html", content=content, title=title)


@register.simple_block_tag(takes_context=True)
def table_region(context: Context, content: SafeString, label: str) -> str:
    """A table's frame that scrolls sideways and can be reached with the keyboard."""
    return _filled(context, "components/table_region.html", content=content, label=label)


@register.simple_block_tag(takes_context=True)
def confirmation(context: Context, content: SafeString, title: str, tone: str = "info") -> str:
    """The box before a decision: what happens, who gains sight and who loses it. The button comes after it."""
    return _filled(context, "components/confirmation.html", content=content, title=title, tone=tone)


def _filled(context: Context, template_name: str, **values: Any) -> str:
    if context.template is None:
        raise RuntimeError("A component is filled while a page is rendered, never outside one.")
    component = context.template.engine.get_template(template_name)
    with context.push(**values):
        return mark_safe(component.render(context))  # noqa: S308 (escaped by the engine)


@register.inclusion_tag("components/key_values.html")
def key_values(pairs: Iterable[tuple[Any, Any]] | Mapping[Any, Any]) -> dict[str, Any]:
    """A list of label and value. Pairs without a value are left out."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return {"pairs": [(key, value) for key, value in items if value not in (None, "")]}


@register.inclusion_tag("components/who_sees.html")
def who_sees(readers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Who will or will not see something: mappings of `name`, `sees` (bool) and `detail` (until when, on what basis)."""
    return {"readers": [{"detail": "", **reader} for reader in readers]}


@register.inclusion_tag("components/rows.html", takes_context=True)
def rows(context: Context, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of when, what, which case and one action.

    Each is a mapping of `title` and `url`, and optionally `when` (date or instant), `note` (said instead of how far
    away it is), `meta`, `action` (the button's words) and `is_appointment`: something to be at is never late. Late
    ones get the primary button.
    """
    now = _now(context, None)
    blank = {"when": None, "meta": "", "action": gettext("Åpne")}
    filled = []
    for row in rows:
        when = row.get("when")
        passed = when is not None and is_late(when, now)
        late = passed and not row.get("is_appointment", False)
        begun = passed and row.get("is_appointment", False)
        note = row.get("note") or (gettext("har begynt") if begun else _until(when, now) if when else "")
        timed = {"late": late, "until": note}
        today = isinstance(when, dt.datetime) and _day_of(when) == _day_of(now)
        filled.append({**blank, **row, **timed, "today": today})
    return {"rows": filled}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Any, label: str = "") -> dict[str, Any]:
    """Links to the pages of a list, keeping the filters of the address. Draws nothing for a single page."""
    return {
        "query": context["request"].GET,
        "page": page,
        "numbers": list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
        "ellipsis": page.paginator.ELLIPSIS,
        "label": label or gettext("Sider"),
    }


@register.inclusion_tag("components/file_button.html")
def file_button(url: str, label: str, kind: str = "PDF") -> dict[str, Any]:
    """A link to a file, naming its kind so that nobody opens one unprepared."""
    return {"url": url, "label": label, "kind": kind}


@register.inclusion_tag("components/decision_button.html", takes_context=True)
def decision_button(
    context: Context,
    decision: Any,
    label: str,
    *,
    variant: str = "primary",
    color: str = "",
    size: str = "",
    name: str = "",
    value: str = "",
    url: str = "",
    form: str = "",
) -> dict[str, Any]:
    """A button that follows a Decision: usable when `decision.allowed`, else disabled with its reason beside it.

    A submit button, or a link when `url` is given. `form` names the form it belongs to when it stands outside it.
    """
    counter = context.dicts[0].setdefault("decision_buttons", itertools.count(1))
    return {
        "allowed": decision.allowed, "reason": decision.reason, "label": label, "variant": variant, "color": color,
        "size": size, "name": name, "value": value, "url": url, "form": form, "reason_id": f"why-{next(counter)}",
    }  # fmt: skip
