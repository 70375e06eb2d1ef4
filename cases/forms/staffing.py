"""Who may not have a case, and moving cases from one caseworker to another."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form
from agencies.models import User
from cases.models import Case
from cases.services.handover import Receiver

REASON_LENGTH = 2000


class ConflictForm(Form):
    """Whom a manager notes as disqualified."""

    user = forms.ModelChoiceField(
        label=_("Hvem er inhabil?"),
        queryset=User.objects.none(),
        empty_label=_("Velg"),
        help_text=_("Skriv ikke hvorfor. Avtal det muntlig."),
    )

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = candidates  # type: ignore[attr-defined]


class EndConflictForm(Form):
    """Why it no longer holds."""

    reason = forms.CharField(
        label=_("Hvorfor kan personen ha saken igjen?"), widget=forms.Textarea, max_length=REASON_LENGTH
    )


class HandOverForm(Form):
    """Which of a caseworker's cases go to whom. Sent once to be read back, and once to be done."""

    cases = forms.MultipleChoiceField(label=_("Hvilke saker?"), widget=forms.CheckboxSelectMultiple)
    receiver = forms.ChoiceField(label=_("Hvem skal ha dem?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, cases: Sequence[Case], receivers: Iterable[Receiver], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cases = {str(case.pk): case for case in cases}
        self._receivers = {str(receiver.user.pk): receiver.user for receiver in receivers}
        self.fields["cases"].choices = [  # type: ignore[attr-defined]
            (key, f"{case.label} {case.person.short_name}") for key, case in self._cases.items()
        ]
        choices = [(str(receiver.user.pk), receiver.words) for receiver in receivers]
        self.fields["receiver"].choices = choices  # type: ignore[attr-defined]

    def chosen_cases(self) -> list[Case]:
        return [self._cases[key] for key in self.cleaned_data["cases"]]

    def chosen_receiver(self) -> User:
        return self._receivers[self.cleaned_data["receiver"]]
