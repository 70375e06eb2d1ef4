"""Writing in the case: what it is, which part it belongs to, and the words."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import Part
from agencies.forms import Form
from cases.enums import EntryKind

TEXT_LENGTH = 8000
# A status is asked for before a meeting and written there (U23-30).
CHOICES = [(kind.value, kind.label) for kind in (EntryKind.NOTE, EntryKind.CONVERSATION, EntryKind.AGREEMENT)]


class EntryForm(Form):
    """A new line of the timeline. `parts` are those the actor may write in now (cases.services.entries)."""

    kind = forms.ChoiceField(label=_("Hva er det?"), choices=CHOICES)
    part = forms.ChoiceField(label=_("Hvilken del av saken?"))
    text = forms.CharField(
        label=_("Tekst"),
        help_text=_("Skriv bare det de andre trenger for å hjelpe. Ikke skriv navn på venner eller søsken."),
        widget=forms.Textarea,
        max_length=TEXT_LENGTH,
    )

    def __init__(self, *args: Any, parts: Sequence[Part], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # None is chosen beforehand: whoever writes decides who will read.
        choices = [("", _("Velg del")), *((part.value, part.label) for part in parts)]
        self.fields["part"].choices = choices  # type: ignore[attr-defined]


class CorrectionForm(Form):
    """What the line should have said. Kind and part stand: a wrong part is a new line."""

    text = forms.CharField(
        label=_("Riktig tekst"),
        help_text=_("Den gamle teksten blir stående som rettet, og de samme tjenestene ser begge."),
        widget=forms.Textarea,
        max_length=TEXT_LENGTH,
    )
