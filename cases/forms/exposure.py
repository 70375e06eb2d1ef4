"""The breach question: which case, which part, from when until when."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import Part
from agencies.forms import DateField, Form, TimeField
from audit import clock


class ExposureForm(Form):
    """The stretch is half-open: what was seen exactly at its end is not in it."""

    number = forms.CharField(
        label=_("Saksnummer"), help_text=_("En sak tjenesten din leder."), max_length=20, strip=True
    )
    part = forms.ChoiceField(label=_("Hvilken del?"), choices=Part.choices)
    from_day = DateField(label=_("Fra dato"))
    from_time = TimeField(label=_("Fra klokkeslett"))
    until_day = DateField(label=_("Til dato"))
    until_time = TimeField(label=_("Til klokkeslett"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if {"from_day", "from_time", "until_day", "until_time"} <= data.keys():
            data["since"] = self._instant("from")
            data["until"] = self._instant("until")
            if data["since"] >= data["until"]:
                self.add_error("until_day", _("Tidsrommet må slutte etter at det begynner."))
            elif data["since"] >= clock.now():
                self.add_error("from_day", _("Velg et tidspunkt som har vært."))
        return data

    def _instant(self, which: str) -> dt.datetime:
        day, time = self.cleaned_data[f"{which}_day"], self.cleaned_data[f"{which}_time"]
        return dt.datetime.combine(day, time, tzinfo=clock.local_zone())
