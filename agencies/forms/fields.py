"""Dates and times as people write them. `type="date"` would follow the browser's language, not the page's."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# A year outside these is a slip of the finger, such as 0202. Python and PostgreSQL also disagree about the year 1.
FIRST_YEAR, LAST_YEAR = 1900, 2999


class DateField(forms.DateField):
    """A date typed as 20.11.2026 (or 2026-11-20); shown as dd.mm.åååå."""

    widget = forms.DateInput(
        format="%d.%m.%Y", attrs={"class": "app-short", "inputmode": "numeric", "autocomplete": "off"}
    )
    default_error_messages = {
        "required": _("Skriv datoen som dd.mm.åååå."),
        "invalid": _("Skriv datoen som dd.mm.åååå, for eksempel 20.11.2026."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("dd.mm.åååå"))
        super().__init__(input_formats=["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        """Spaces after the dots are what people write: "20. 11. 2026"."""
        day: dt.date | None = super().to_python(value.replace(" ", "") if isinstance(value, str) else value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class TimeField(forms.TimeField):
    """A time of day typed as 13.00, 13:00, 1300 or 13; shown as tt.mm."""

    widget = forms.TimeInput(
        format="%H.%M", attrs={"class": "app-shorter", "inputmode": "numeric", "autocomplete": "off"}
    )
    default_error_messages = {
        "required": _("Skriv klokkeslettet som tt.mm."),
        "invalid": _("Skriv klokkeslettet som tt.mm, for eksempel 13.00."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("tt.mm"))
        super().__init__(input_formats=["%H.%M", "%H:%M", "%H"], **kwargs)

    def to_python(self, value: Any) -> dt.time | None:
        """Four digits are an hour and a minute; three could be either, so they are asked about."""
        if isinstance(value, str) and len(value) == 4 and value.isdigit():
            value = f"{value[:2]}.{value[2:]}"
        return super().to_python(value)
