"""The six basic needs on one page, the network, and what is considered before collaborating."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import DateField, Form
from agencies.models import Agency
from agencies.models.programme_definition import BasicNeed as Need
from audit import clock
from cases.enums import NeedStatus
from cases.models import BasicNeed
from cases.policies import whereabouts_refused
from cases.services.needs import NeedAnswer

TEXT_LENGTH = 2000


@dataclass(frozen=True)
class NeedSection:
    """One need of the form: what the programme asks, and its four fields."""

    need: Need
    fields: tuple[forms.BoundField, ...]


class NeedsForm(Form):
    """`needs` are those the actor may assess; `agencies` says which parts each agency may know of, and so be
    responsible for.
    """

    def __init__(
        self,
        *args: Any,
        needs: Sequence[Need],
        latest: Mapping[str, BasicNeed],
        agencies: Mapping[Agency, set[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs
        self.agencies = {str(agency.pk): agency for agency in agencies}
        for need in needs:
            knowing = [(str(agency.pk), agency.name) for agency, parts in agencies.items() if need.part in parts]
            self._add(need, latest.get(need.code), knowing)

    def _add(self, need: Need, row: BasicNeed | None, knowing: list[tuple[str, str]]) -> None:
        words = {"need": need.label}
        self.fields[f"{need.code}-status"] = forms.ChoiceField(
            label=_("Status"),
            choices=NeedStatus.choices,
            initial=row.status if row else NeedStatus.NOT_ASSESSED,
            error_messages={"invalid_choice": _("%(need)s: velg en status.") % words},
        )
        self.fields[f"{need.code}-agency"] = forms.ChoiceField(
            label=_("Hvem har ansvaret?"),
            choices=[("", _("Ingen ennå")), *knowing],
            initial=str(row.responsible_agency_id or "") if row else "",
            required=False,
            error_messages={"invalid_choice": _("%(need)s: velg en tjeneste som kan vite om dette.") % words},
        )
        self.fields[f"{need.code}-due"] = DateField(
            label=_("Frist"),
            initial=row.due_on if row else None,
            required=False,
            error_messages={"invalid": _("%(need)s: skriv fristen som dd.mm.åååå, for eksempel 20.11.2026.") % words},
        )
        self.fields[f"{need.code}-text"] = forms.CharField(
            label=_("Vurdering"),
            widget=forms.Textarea(attrs={"rows": "3"}),
            max_length=TEXT_LENGTH,
            initial=row.text if row else "",
            required=False,
        )

    def sections(self) -> dict[str, NeedSection]:
        """The fields need by need, by the need's code."""
        names = ("status", "agency", "due", "text")
        return {
            need.code: NeedSection(need, tuple(self[f"{need.code}-{name}"] for name in names)) for need in self.needs
        }

    def answers(self) -> list[NeedAnswer]:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        return [
            NeedAnswer(
                need=need.code,
                status=NeedStatus(typed[f"{need.code}-status"]),
                text=typed[f"{need.code}-text"],
                responsible_agency=self.agencies.get(typed[f"{need.code}-agency"]),
                due_on=typed[f"{need.code}-due"],
            )
            for need in self.needs
        ]


class ResourcePersonForm(Form):
    """U23-19: no more than is needed to reach somebody who can help."""

    name = forms.CharField(label=_("Navn"), max_length=120)
    relation = forms.CharField(
        label=_("Hva er de for hverandre?"),
        help_text=_("For eksempel bestefar, trener eller tidligere lærer."),
        max_length=120,
    )
    contact = forms.CharField(
        label=_("Hvordan når dere vedkommende?"), help_text=_("Telefon er nok."), max_length=120, required=False
    )
    is_child = forms.BooleanField(
        label=_("Barn eller søsken av den unge"),
        help_text=_("Får minst det samme vernet som den unge, også om den unges vern senkes senere."),
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("Hvor hører personen til?"),
        widget=forms.RadioSelect,
        choices=[
            ("private", _("Privat: familie, venner, nærmiljø")),
            ("public", _("Offentlig: noen som møter den unge i jobben")),
        ],
    )

    def __init__(self, *args: Any, refuse_places: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refuse_places = refuse_places

    def clean_contact(self) -> str:
        contact: str = self.cleaned_data["contact"]
        if contact and self.refuse_places:
            raise forms.ValidationError(whereabouts_refused())
        return contact

    def person(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        typed = dict(self.cleaned_data)
        return {**typed, "is_private": typed.pop("kind") == "private"}


class AssessmentForm(Form):
    """A responsibility group or an individual plan: yes or no, and why (U23-25)."""

    wanted = forms.ChoiceField(
        label=_("Er det aktuelt?"), widget=forms.RadioSelect, choices=[("yes", _("Ja")), ("no", _("Nei"))]
    )
    why = forms.CharField(label=_("Hvorfor, eller hvorfor ikke?"), widget=forms.Textarea, max_length=TEXT_LENGTH)

    def assessment(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        return {"wanted": self.cleaned_data["wanted"] == "yes", "why": self.cleaned_data["why"]}


class CooperationMeetingForm(Form):
    """The meeting with the person and those who are to help (U23-24): the person is always one of the invited."""

    meeting_on = DateField(label=_("Når er møtet?"))
    why = forms.CharField(
        label=_("Hvem er kalt inn, og hva skal dere avtale?"), widget=forms.Textarea, max_length=TEXT_LENGTH
    )
    person_called = forms.BooleanField(
        label=_("Personen selv er kalt inn"),
        error_messages={"required": _("Samarbeidsmøtet holdes med personen. Kall inn personen, og kryss av her.")},
    )

    def clean_meeting_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["meeting_on"]
        if day < clock.today():
            raise forms.ValidationError(_("Skriv en dag som ikke er over."))
        return day

    def assessment(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        return {"wanted": typed["person_called"], "why": typed["why"], "meeting_on": typed["meeting_on"]}
