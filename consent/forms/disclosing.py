"""Sharing on a legal basis: everything C4 wants written before one agency tells another without consent."""

from typing import Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.enums import Part
from agencies.forms import DateField, Form
from agencies.models import Agency
from agencies.models.programmes import LegalBasis
from audit import clock
from cases.models import Case
from consent.contents import definition_of, whereabouts_are_sealed
from consent.services.disclosures import Grounds

LENGTH = 4000
PROPOSED = relativedelta(months=3, days=-1)


def _text(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, widget=forms.Textarea, max_length=LENGTH)


class _AgencyField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """An agency by its slug. Refuses a zero byte as a text field does: the database would not take the question."""

    def to_python(self, value: Any) -> Any:
        ProhibitNullCharactersValidator()(value)
        return super().to_python(value)


class DiscloseForm(Form):
    """One recipient, its parts, and the grounds. `objection`: whether the person is known to have said no."""

    recipient = _AgencyField(label=_("Hvem skal få vite det?"), queryset=Agency.objects.none(), to_field_name="slug")
    parts = forms.MultipleChoiceField(
        label=_("Hvilke deler?"),
        help_text=_("Mottakeren ser det tjenesten din har skrevet i disse delene, og ikke noe andre har skrevet."),
        widget=forms.CheckboxSelectMultiple,
    )
    includes_report = forms.BooleanField(
        label=_("Mottakeren skal også få kopi av bekymringsmeldingen"),
        help_text=_("Bare det som ble sendt med meldingen, i delene du har valgt. Ikke noe avsenderen skriver senere."),
        required=False,
    )
    facts = _text(
        _("Hvorfor er vilkårene oppfylt?"), _("Svar på hvert vilkår i lovgrunnlaget med det som er sant i saken.")
    )
    necessity = _text(_("Hvorfor er det nødvendig?"), _("Hva mottakeren ikke kan gjøre uten å få vite dette."))
    proportionality = _text(
        _("Hvorfor er det forholdsmessig?"), _("Hva ungdommen mister, og hvorfor det likevel er riktig.")
    )
    benefit = _text(_("Hvordan hjelper det ungdommen?"), "")
    why_not_consent = _text(_("Hvorfor ikke med samtykke?"), "")
    why_not_anonymous = _text(_("Hvorfor ikke uten navn?"), "")
    decided_by = forms.CharField(label=_("Hvem har besluttet det?"), help_text=_("Navn og stilling."), max_length=120)
    subject_informed = forms.ChoiceField(
        label=_("Er ungdommen orientert?"),
        choices=[("yes", _("Ja")), ("no", _("Nei"))],
        widget=forms.RadioSelect,
    )
    why_not_informed = forms.CharField(
        label=_("Hvis nei: hvorfor ikke?"), widget=forms.Textarea, max_length=LENGTH, required=False
    )
    despite_objection = forms.CharField(
        label=_("Ungdommen har sagt nei. Hvorfor deler dere likevel?"),
        help_text=_("En leder må godkjenne det før mottakeren ser noe."),
        widget=forms.Textarea,
        max_length=LENGTH,
    )
    valid_until_date = DateField(label=_("Mottakeren ser det til og med"))

    def __init__(
        self,
        *args: Any,
        case: Case,
        actor: Actor,
        objection: bool,
        typed: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """`typed` is what stood in the fields when only a preview was asked for: shown again, and not judged yet."""
        today = clock.today()
        initial = {
            "valid_until_date": today + PROPOSED,
            "decided_by": f"{actor.user.name}, {actor.user.title}".rstrip(", "),
            **(typed or {}),
        }
        super().__init__(*args, initial=initial, **kwargs)
        others = Agency.objects.filter(municipality=actor.agency.municipality_id).exclude(pk=actor.agency.pk)
        self.fields["recipient"].queryset = others  # type: ignore[attr-defined]
        sealed = whereabouts_are_sealed(case)
        self.fields["parts"].choices = [  # type: ignore[attr-defined]
            (part.value, part.label)
            for part in definition_of(case).parts
            if part != Part.CORE and not (sealed and part == Part.CONTACT)
        ]
        if not objection:
            del self.fields["despite_objection"]
        if not case.is_led_by(actor.agency):
            del self.fields["includes_report"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("subject_informed") == "no" and not cleaned.get("why_not_informed", "").strip():
            self.add_error("why_not_informed", _("Skriv hvorfor ungdommen ikke er orientert."))
        return cleaned

    def grounds(self, basis: LegalBasis) -> Grounds:
        """What was typed, resting on `basis`."""
        cleaned = self.cleaned_data
        words = (
            "facts",
            "necessity",
            "proportionality",
            "benefit",
            "why_not_consent",
            "why_not_anonymous",
            "decided_by",
        )
        informed = cleaned["subject_informed"] == "yes"
        return Grounds(
            basis=basis,
            subject_informed=informed,
            why_not_informed="" if informed else cleaned["why_not_informed"],
            despite_objection=cleaned.get("despite_objection", ""),
            **{name: cleaned[name] for name in words},
        )
