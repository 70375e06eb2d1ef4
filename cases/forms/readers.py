"""The instant one asks about: a day and a time of day that have been. Kept in the address: it says nothing of a person."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from agencies.forms import DateField, Form, TimeField
from audit import clock


class InstantForm(Form):
    """When: read in the municipality's zone."""

    on = DateField(label=_("Dato"))
    at = TimeField(label=_("Klokkeslett"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "on" in cleaned and "at" in cleaned and self.instant > clock.now():
            self.add_error("on", _("Velg et tidspunkt som har vært. Det som kommer, kan endre seg."))
        return cleaned

    @property
    def instant(self) -> dt.datetime:
        """The instant that was typed; ask only when both fields are in order."""
        day, time = self.cleaned_data["on"], self.cleaned_data["at"]
        return dt.datetime.combine(day, time, tzinfo=clock.local_zone())
