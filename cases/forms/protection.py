"""Hiding a person better or less, and what stands in the sealed place."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import ProtectionLevel
from agencies.forms import Form
from cases.enums import WhereaboutsKind

REASON_LENGTH = 2000
TEXT_LENGTH = 500


class _LevelForm(Form):
    level = forms.ChoiceField(label=_("Nytt vern"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Hvorfor?"),
        help_text=_("De som er klarert ved tjenesten, kan lese dette. Skriv ikke hvor personen er."),
        widget=forms.Textarea,
        max_length=REASON_LENGTH,
    )

    def __init__(self, *args: Any, levels: Sequence[ProtectionLevel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(level.value, level.label) for level in levels]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]

    def change(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        typed = self.cleaned_data
        return {**typed, "level": ProtectionLevel(typed["level"])}


class RaiseForm(_LevelForm):
    """A stricter level, at once."""


class LowerForm(_LevelForm):
    """A milder level, asked for."""

    covers_children = forms.BooleanField(
        label=_("Det gjelder også barn og søsken som er ført opp i nettverket"),
        help_text=_("Ellers beholder de vernet de har nå."),
        required=False,
    )


class SealedForm(Form):
    """One piece of whereabouts, for the sealed place."""

    kind = forms.ChoiceField(label=_("Hva er det?"), choices=[("", _("Velg")), *WhereaboutsKind.choices])
    text = forms.CharField(
        label=_("Opplysning"),
        help_text=_("Skriv bare det noen må ha skriftlig. Alle som er klarert, kan lese det."),
        widget=forms.Textarea(attrs={"rows": "3"}),
        max_length=TEXT_LENGTH,
    )

    def written(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        return {"kind": WhereaboutsKind(self.cleaned_data["kind"]), "text": self.cleaned_data["text"]}
