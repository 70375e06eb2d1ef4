from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form


class SearchForm(Form):
    """What to look for. Sent in the body, so that no name lands in an address, a log or a history."""

    words = forms.CharField(
        label=_("Søk i sakene dine"),
        help_text=_("Navn, saksnummer eller ord fra tidslinjen. Minst tre tegn."),
        min_length=3,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"min_length": _("Skriv minst tre tegn.")},
    )
