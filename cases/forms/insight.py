"""The young person's log: asking to withhold an entry for a time, and asking about one for the person."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import DateField, Form
from cases.enums import WhyReported

if TYPE_CHECKING:
    import datetime as dt

    from agencies.models import LegalBasis


class WithholdForm(Form):
    """Why, on which law, until when. `bases` are the rows of the catalogue that can be used."""

    basis = forms.ChoiceField(
        label=_("Hvilken lov gir rett til å vente?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Velg hjemmelen.")},
    )
    reason = forms.CharField(
        label=_("Hvorfor kan oppslaget ikke vises ennå?"),
        help_text=_("Begrunnelsen leses av lederen som avgjør, og av den som behandler en klage."),
        widget=forms.Textarea,
        max_length=4000,
        error_messages={"required": _("Skriv hvorfor oppslaget ikke kan vises ennå.")},
    )
    existence_is_told = forms.ChoiceField(
        label=_("Kan personen få vite at noe er holdt tilbake?"),
        help_text=_("Svar nei bare når det å vite at oppslaget finnes, gjør like stor skade som oppslaget selv."),
        choices=[("yes", _("Ja, med hjemmel og sluttdato")), ("no", _("Nei"))],
        widget=forms.RadioSelect,
    )
    valid_until_date = DateField(
        label=_("Holdes tilbake til og med"),
        help_text=_("Senest om ett år. Dagen etter vises oppslaget av seg selv. dd.mm.åååå"),
    )

    def __init__(self, *args: Any, bases: "list[LegalBasis]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bases = {basis.code: basis for basis in bases}
        field = cast("forms.ChoiceField", self.fields["basis"])
        field.choices = [(basis.code, f"{basis.citation}: {basis.label}") for basis in bases]

    def chosen(self) -> "tuple[LegalBasis, str, bool, dt.date]":
        """What a valid form holds: basis, reason, whether its existence is told, and the last day."""
        data = self.cleaned_data
        told = data["existence_is_told"] == "yes"
        return self._bases[data["basis"]], data["reason"], told, data["valid_until_date"]


class ReportForm(Form):
    """Why the person asks: a choice, since the answer is written by another agency than the one that hears it."""

    why = forms.ChoiceField(
        label=_("Hva lurer du på?"),
        choices=WhyReported.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Velg det som passer best.")},
    )
