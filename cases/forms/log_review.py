"""What the privacy officer says of a look-up, and what was done about a breach."""

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form
from cases.enums import FollowUpOfBreach, ReviewOutcome


class SettleForm(Form):
    """One click is enough; a remark is optional."""

    outcome = forms.ChoiceField(label=_("Vurdering"), choices=ReviewOutcome.choices)
    note = forms.CharField(label=_("Merknad (kan stå tom)"), max_length=1000, required=False)


class FollowUpForm(Form):
    """GDPR art. 33 no. 5: what happened, what it led to and what was done."""

    how = forms.ChoiceField(
        label=_("Er avviket meldt til Datatilsynet?"),
        choices=FollowUpOfBreach.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Velg om avviket er meldt.")},
    )
    note = forms.CharField(
        label=_("Hva er gjort?"),
        help_text=_("Hva som skjedde, hva det førte til, og hva dere har gjort for at det ikke skal skje igjen."),
        widget=forms.Textarea,
        max_length=4000,
        error_messages={"required": _("Skriv hva som er gjort.")},
    )
