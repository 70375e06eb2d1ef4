"""What intake and the office's manager decide about a report: where it goes, why it goes back, who gets the case."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.forms import Form
from cases.enums import RejectionReason

if TYPE_CHECKING:
    from agencies.models import Agency, User
    from cases.services.assignments import Candidate
    from cases.services.routing import Suggestion


class RouteForm(Form):
    """The office that leads the case from now on. Chosen beforehand only when the addresses agree (U23-10)."""

    office = forms.ChoiceField(
        label=gettext_lazy("Hvilket kontor skal ta imot?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Velg kontoret som skal ta imot.")},
    )

    def __init__(self, *args: Any, suggestion: "Suggestion", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["office"])
        self._offices = {str(office.pk): office for office in suggestion.offices}
        field.choices = [
            (key, _with(office.name, suggestion.kinds_pointing_to(office))) for key, office in self._offices.items()
        ]
        if suggestion.chosen is not None:
            field.initial = str(suggestion.chosen.pk)
        elif suggestion.differ:
            field.help_text = _("Bostedene er ikke like. Velg der personen faktisk bor, hvis det er kjent.")
        else:
            field.help_text = _("Vi kan ikke foreslå et kontor ut fra adressen. Spør politiet hvis du er i tvil.")

    def chosen_office(self) -> "Agency":
        """The office of a valid form."""
        return self._offices[self.cleaned_data["office"]]


def _with(name: str, remarks: list[str]) -> str:
    return f"{name} ({', '.join(remark.lower() for remark in remarks)})" if remarks else name


class RejectForm(Form):
    """Why the report goes back."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Hvorfor sender du meldingen tilbake?"),
        widget=forms.RadioSelect,
        choices=RejectionReason.choices,
        error_messages={"required": gettext_lazy("Velg en grunn.")},
    )


class AssignForm(Form):
    """The caseworker who gets the case, shown with how many open cases each has."""

    user = forms.ChoiceField(
        label=gettext_lazy("Hvem skal ha saken?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Velg en saksbehandler.")},
    )

    def __init__(self, *args: Any, candidates: "list[Candidate]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = [candidate for candidate in candidates if not candidate.is_assigned]
        self._users = {str(candidate.user.pk): candidate.user for candidate in free}
        cast("forms.ChoiceField", self.fields["user"]).choices = [(str(row.user.pk), _with_load(row)) for row in free]

    def chosen_user(self) -> "User":
        """The caseworker of a valid form."""
        return self._users[self.cleaned_data["user"]]


def _with_load(candidate: "Candidate") -> str:
    load = ngettext("%(count)d åpen sak", "%(count)d åpne saker", candidate.open_cases) % {
        "count": candidate.open_cases
    }
    return f"{candidate.user.name} ({load})"
