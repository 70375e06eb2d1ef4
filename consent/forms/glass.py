"""Opening a case in an emergency, and the second person's word about it (F-39)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.forms import DateField, Form
from agencies.models.programmes import LegalBasis
from consent.models import GLASS_REASON_LENGTH
from consent.policies import parts_in_emergency
from consent.services.glass import Wanted, usable_laws

LENGTH = 2000


class OpenGlassForm(Form):
    """Who, which parts, on which law and why. Sent in the body, so that no name lands in an address or a log."""

    national_id = forms.CharField(
        label=_("Fødselsnummer"),
        help_text=_("Elleve siffer. Har du ikke nummeret, fyll ut hele navnet og fødselsdatoen under."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "app-short"}),
    )
    given_name = forms.CharField(
        label=_("Fornavn"),
        help_text=_("Alle fornavn, slik de står i folkeregisteret."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    family_name = forms.CharField(
        label=_("Etternavn"), required=False, max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    birth_date = DateField(label=_("Fødselsdato"), required=False)
    parts = forms.MultipleChoiceField(
        label=_("Hva må du vite om?"),
        help_text=_("Velg bare det som trengs for å hjelpe nå. Navn, alder og hvem som leder saken, er alltid med."),
        widget=forms.CheckboxSelectMultiple,
    )
    basis = forms.ChoiceField(label=_("Hvilken lov gir deg rett til det?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Hva er det som haster?"),
        help_text=_("Hva faren er, hvem den gjelder, og hvorfor det ikke kan vente. De som kontrollerer, leser dette."),
        widget=forms.Textarea,
        min_length=GLASS_REASON_LENGTH,
        max_length=LENGTH,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.laws = {law.code: law for law in usable_laws(actor.agency)}
        self.fields["parts"].choices = [(part.value, part.label) for part in parts_in_emergency(actor)]  # type: ignore[attr-defined]
        self.fields["basis"].choices = [  # type: ignore[attr-defined]
            (law.code, f"{law.label} ({law.citation})") for law in self.laws.values()
        ]

    def clean_national_id(self) -> str:
        """As people write it: with a space after the date, or a dash."""
        return "".join(sign for sign in self.cleaned_data["national_id"] if sign not in " -.\u00a0")

    def clean(self) -> dict[str, Any]:
        """One whole person: who is looked for is never guessed from a part of a name."""
        cleaned = super().clean() or {}
        named = [name for name in ("given_name", "family_name", "birth_date") if cleaned.get(name)]
        if (
            "national_id" in cleaned
            and not cleaned["national_id"]
            and len(named) < 3
            and not self.errors.keys() & {"birth_date"}
        ):
            self.add_error("national_id", _("Skriv fødselsnummeret, eller hele navnet og fødselsdatoen."))
        return cleaned

    def wanted(self) -> Wanted:
        """The person of a valid form. The number decides when both are written."""
        cleaned = self.cleaned_data
        if cleaned["national_id"]:
            return Wanted(national_id=cleaned["national_id"])
        return Wanted(
            given_name=" ".join(cleaned["given_name"].split()),
            family_name=" ".join(cleaned["family_name"].split()),
            birth_date=cleaned["birth_date"],
        )

    def chosen_law(self) -> LegalBasis:
        """The law of a valid form."""
        return self.laws[self.cleaned_data["basis"]]


class ReviewGlassForm(Form):
    """Was it an emergency? An objection says why."""

    verdict = forms.ChoiceField(
        label=_("Var det en nødsituasjon?"),
        choices=[
            ("confirmed", _("Ja. Det var rett å åpne saken")),
            ("objected", _("Nei. Jeg innvender mot at saken ble åpnet")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Hva bygger du det på?"),
        help_text=_("Må fylles ut når du innvender. Den som åpnet, og personvernombudene leser det."),
        widget=forms.Textarea,
        max_length=LENGTH,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("verdict") == "objected" and not cleaned.get("note", "").strip():
            self.add_error("note", _("Skriv hvorfor du innvender."))
        return cleaned
