"""Closing a case: why, and having read what happens."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form


class ClosingForm(Form):
    """`reasons` are those that can be given now."""

    reason = forms.ChoiceField(label=_("Hvorfor avsluttes saken?"), widget=forms.RadioSelect)
    has_read = forms.BooleanField(
        label=_("Jeg har lest hva som skjer, og saken skal avsluttes"),
        error_messages={"required": _("Les hva som skjer, og kryss av før du avslutter.")},
    )

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]
