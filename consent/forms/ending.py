"""Taking a consent back: as easy as giving it (C5)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form
from consent.enums import RevocationChannel


class RevokeForm(Form):
    """Spoken is enough, and nobody is asked why."""

    channel = forms.ChoiceField(
        label=_("Hvordan sa ungdommen fra?"),
        help_text=_("Det holder å si det. Ingen trenger å si hvorfor."),
        choices=RevocationChannel,
        widget=forms.RadioSelect,
        initial=RevocationChannel.SPOKEN,
    )
    wants_help = forms.ChoiceField(
        label=_("Ønsker ungdommen fortsatt hjelp fra dere?"),
        choices=[
            ("yes", _("Ja, eller vi vet ikke ennå. Saken venter på et nytt samtykke")),
            ("no", _("Nei. Saken følger den vanlige rutinen")),
        ],
        widget=forms.RadioSelect,
        initial="yes",
    )
