"""Narrowing the list of cases. Kept in the address: it holds no person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import Form
from cases.enums import CaseState

OPEN, CLOSED = "", CaseState.CLOSED.value
MINE, ALL = "mine", ""
LATE = "late"


class CaseFilter(Form):
    """Whose cases, in which state, and whether only late ones. Unknown values narrow nothing."""

    whose = forms.ChoiceField(
        label=_("Hvilke saker"), choices=[(ALL, _("Alle i tjenesten")), (MINE, _("Mine"))], required=False
    )
    state = forms.ChoiceField(
        label=_("Tilstand"),
        choices=[(OPEN, _("Alle åpne")), *CaseState.choices],
        required=False,
    )
    late = forms.ChoiceField(label=_("Frist"), choices=[("", _("Alle")), (LATE, _("Over fristen"))], required=False)

    def __init__(self, *args: Any, all_of_agency: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not all_of_agency:
            del self.fields["whose"]

    @property
    def only_mine(self) -> bool:
        return self.cleaned_data.get("whose") == MINE

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("whose", "state", "late"))

    @property
    def only_state(self) -> CaseState | None:
        """The state asked for; None: any but closed."""
        state = self.cleaned_data.get("state")
        return CaseState(state) if state else None

    @property
    def only_late(self) -> bool:
        return self.cleaned_data.get("late") == LATE
