"""What is asked about the plan. Forms know shapes; who may carry what is the policies' to say, in the services."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actionplans.enums import Progress
from actionplans.models import Commitment, Measure
from actionplans.services.measures import Terms
from agencies.enums import Part
from agencies.forms import DateField, Form, TimeField
from agencies.models import Agency, User
from agencies.models.programme_definition import ProgrammeDefinition
from audit import clock
from cases.models import Person
from cases.policies import whereabouts_refused

# An agency's workers to choose between, the agency itself first: "Avklares i NAV".
Carriers = Sequence[tuple[Agency, Sequence[User]]]
# Times, days or kroner; well within what the column holds.
LARGEST_COUNT = 1_000_000


def part_choices(definition: ProgrammeDefinition) -> list[tuple[str, str]]:
    """The programme's parts; core first, in words that say what it means."""
    rest = [(part.value, str(part.label)) for part in definition.parts if part not in {Part.CORE, Part.CONTACT}]
    return [(Part.CORE.value, _("Alle som er med i planen")), *rest]


def _not_ahead(day: dt.date) -> dt.date:
    if day > clock.today():
        raise forms.ValidationError(_("Datoen kan ikke være fram i tid."), code="ahead")
    return day


class MainGoalForm(Form):
    text = forms.CharField(
        label=gettext_lazy("Hovedmål"),
        help_text=gettext_lazy("Skriv det ungdommen selv sier, med ungdommens egne ord."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": "3"}),
    )
    written_on = DateField(label=gettext_lazy("Når skrev dere det?"))
    part = forms.ChoiceField(
        label=gettext_lazy("Hvem skal kunne lese hovedmålet?"),
        help_text=gettext_lazy("Velg en del hvis målet sier noe bare noen av tjenestene skal vite."),
    )

    def __init__(self, *args: Any, definition: ProgrammeDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "part", part_choices(definition))

    def clean_written_on(self) -> dt.date:
        return _not_ahead(self.cleaned_data["written_on"])


class AreaGoalsForm(Form):
    """One line for each area of the programme. An empty line is an area without a goal."""

    def __init__(self, *args: Any, definition: ProgrammeDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for area in definition.plan_areas:
            self.fields[area.code] = forms.CharField(
                label=area.label, help_text=area.help, max_length=300, required=False
            )


class MeasureForm(Form):
    """SIG-44, SIG-66: area, what, how, who, by when or how often, how documented."""

    area = forms.ChoiceField(label=gettext_lazy("Område"))
    title = forms.CharField(
        label=gettext_lazy("Hva skal gjøres?"),
        help_text=gettext_lazy("Kort og enkelt, slik at ungdommen forstår det. Skriv aldri navn på andre unge."),
        max_length=160,
    )
    how = forms.CharField(
        label=gettext_lazy("Hvordan skal det gjøres?"), max_length=1000, required=False, widget=forms.Textarea
    )
    carrier = forms.ChoiceField(
        label=gettext_lazy("Hvem har ansvaret?"),
        help_text=gettext_lazy("Bare tjenester som selv kan få vite om området, kan ha ansvar."),
    )
    role = forms.CharField(
        label=gettext_lazy("En annen som gjør det"),
        help_text=gettext_lazy("For eksempel «mor» eller «trener». Tjenesten over svarer for tiltaket."),
        max_length=80,
        required=False,
    )
    due_on = DateField(label=gettext_lazy("Frist"), required=False)
    recurrence = forms.CharField(
        label=gettext_lazy("Eller hvor ofte"),
        help_text=gettext_lazy("For eksempel «hver tirsdag» eller «1. i måneden»."),
        max_length=60,
        required=False,
    )
    documented = forms.CharField(
        label=gettext_lazy("Hvor blir det skrevet ned?"),
        help_text=gettext_lazy("For eksempel «skolens logg» eller «kvittering vises fram»."),
        max_length=160,
    )
    target = forms.IntegerField(
        label=gettext_lazy("Hvor mange ganger, dager eller kroner i alt?"),
        min_value=1,
        max_value=LARGEST_COUNT,
        required=False,
        widget=forms.TextInput(attrs={"class": "app-shorter", "inputmode": "numeric"}),
    )
    unit = forms.CharField(
        label=gettext_lazy("Hva telles?"),
        help_text=gettext_lazy("For eksempel «ganger», «samtaler» eller «kr»."),
        max_length=30,
        required=False,
    )

    def __init__(self, *args: Any, definition: ProgrammeDefinition, carriers: Carriers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "area", [("", _("Velg område")), *((area.code, area.label) for area in definition.plan_areas)])
        self._agencies = {str(agency.pk): agency for agency, _users in carriers}
        self._people = {f"{agency.pk}:{user.pk}": (agency, user) for agency, users in carriers for user in users}
        groups: list[Any] = [
            (
                agency.name,
                [
                    (str(agency.pk), _("Avklares i %(agency)s") % {"agency": agency.name}),
                    *((f"{agency.pk}:{user.pk}", user.name) for user in users),
                ],
            )
            for agency, users in carriers
        ]
        _choices(self, "carrier", [("", _("Velg hvem")), *groups])

    @staticmethod
    def typed(measure: Measure) -> dict[str, Any]:
        """A measure as it stands in the form."""
        person = f":{measure.responsible_id}" if measure.responsible_id else ""
        return {
            "area": measure.area, "title": measure.title, "how": measure.how, "documented": measure.documented,
            "carrier": f"{measure.responsible_agency_id}{person}", "role": measure.responsible_role,
            "due_on": measure.due_on, "recurrence": measure.recurrence, "target": measure.target, "unit": measure.unit,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "due_on" not in self.errors and not data.get("due_on") and not data.get("recurrence"):
            self.add_error("due_on", _("Skriv en frist, eller hvor ofte det skal skje."))
        if "target" not in self.errors and bool(data.get("target")) != bool(data.get("unit")):
            missing = "unit" if data.get("target") else "target"
            self.add_error(missing, _("Fyll ut både hvor mange og hva som telles, eller ingen av dem."))
        if data.get("role") and data.get("carrier") in self._people:
            self.add_error("role", _("Velg «Avklares i …» over når en annen gjør det, eller la dette stå tomt."))
        return data

    @property
    def terms(self) -> Terms:
        """What was agreed, of a valid form."""
        data = self.cleaned_data
        agency, person = self._people.get(data["carrier"], (self._agencies.get(data["carrier"]), None))
        if agency is None:
            raise RuntimeError("The carrier was validated against these choices.")
        return Terms(
            area=data["area"], title=data["title"], how=data["how"], documented=data["documented"], agency=agency,
            person=person, role=data["role"], due_on=data["due_on"], recurrence=data["recurrence"],
            target=data["target"], unit=data["unit"],
        )  # fmt: skip


class ProgressForm(Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Hvordan går det?"), widget=forms.RadioSelect, choices=Progress.choices
    )
    count = forms.IntegerField(
        label=gettext_lazy("Hvor mange til nå?"),
        min_value=0,
        max_value=LARGEST_COUNT,
        required=False,
        widget=forms.TextInput(attrs={"class": "app-shorter", "inputmode": "numeric"}),
    )
    happened_on = DateField(label=gettext_lazy("Dato"))
    text = forms.CharField(
        label=gettext_lazy("Kort om hvordan det går"),
        help_text=gettext_lazy("Leses av alle som ser tiltaket. Skriv ikke mer enn planen trenger."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
    )

    def __init__(self, *args: Any, measure: Measure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if measure.target is None:
            del self.fields["count"]
        else:
            words = {"target": measure.target, "unit": measure.unit}
            self.fields["count"].help_text = _("Av %(target)d %(unit)s.") % words

    def clean_happened_on(self) -> dt.date:
        return _not_ahead(self.cleaned_data["happened_on"])

    @property
    def said(self) -> dict[str, Any]:
        """What `report_progress` takes, of a valid form."""
        return {"count": None} | self.cleaned_data


class CommitmentForm(Form):
    text = forms.CharField(
        label=gettext_lazy("Hva har ungdommen sagt ja til å gjøre?"),
        help_text=gettext_lazy("Skriv det slik ungdommen sier det: «Jeg møter til timen på onsdager.»"),
        max_length=200,
    )
    part = forms.ChoiceField(label=gettext_lazy("Hvem skal kunne lese dette?"))
    status = forms.ChoiceField(
        label=gettext_lazy("Hvordan går det?"), widget=forms.RadioSelect, choices=Progress.choices
    )
    note = forms.CharField(
        label=gettext_lazy("Kort om hvordan det går"),
        help_text=gettext_lazy("For eksempel «gjort 3 av 3 ganger»."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, definition: ProgrammeDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "part", part_choices(definition))

    @staticmethod
    def typed(commitment: Commitment) -> dict[str, Any]:
        return {name: getattr(commitment, name) for name in ("text", "part", "status", "note")}


class _When(Form):
    """A day and a time of day, as one instant in the municipality's zone."""

    day = DateField(label=gettext_lazy("Dato"))
    time = TimeField(label=gettext_lazy("Klokkeslett"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("day") and data.get("time"):
            data["starts_at"] = dt.datetime.combine(data["day"], data["time"], tzinfo=clock.local_zone())
            if data["starts_at"] <= clock.now():
                self.add_error("day", _("Velg et tidspunkt fram i tid."))
        return data


class FollowUpForm(_When):
    place = forms.CharField(
        label=gettext_lazy("Sted"),
        help_text=gettext_lazy("Skriv aldri adressen hjem til noen."),
        max_length=120,
    )
    young_person_attends = forms.BooleanField(label=gettext_lazy("Ungdommen er med"), required=False, initial=True)
    is_urgent = forms.BooleanField(
        label=gettext_lazy("Det haster: dere møtes før den oppfølgingen som er avtalt"), required=False
    )

    def __init__(self, *args: Any, may_be_urgent: bool, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if not may_be_urgent:
            del self.fields["is_urgent"]
        # Where the place is sealed, an agreement may stand without it.
        self.fields["place"].required = not person.is_sealed

    def clean_place(self) -> str:
        return _place_of(self.person, self.cleaned_data["place"])

    @property
    def agreed(self) -> dict[str, Any]:
        """What `plan` and `move` share, of a valid form."""
        return {name: self.cleaned_data[name] for name in ("starts_at", "place", "young_person_attends")}


class HeldForm(Form):
    """What came of a follow-up, and the next one if it was agreed at once."""

    held_on = DateField(label=gettext_lazy("Når møttes dere?"))
    part = forms.ChoiceField(label=gettext_lazy("Hvem skal kunne lese notatet?"))
    note = forms.CharField(
        label=gettext_lazy("Hva ble dere enige om?"),
        help_text=gettext_lazy("Notatet står i tidslinjen i saken."),
        max_length=4000,
        widget=forms.Textarea,
    )
    next_day = DateField(label=gettext_lazy("Neste oppfølging"), required=False)
    next_time = TimeField(label=gettext_lazy("Klokkeslett"), required=False)
    next_place = forms.CharField(label=gettext_lazy("Sted"), max_length=120, required=False)

    def __init__(self, *args: Any, definition: ProgrammeDefinition, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        _choices(self, "part", part_choices(definition))

    def clean_next_place(self) -> str:
        return _place_of(self.person, self.cleaned_data["next_place"])

    def clean_held_on(self) -> dt.date:
        return _not_ahead(self.cleaned_data["held_on"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        names = ("next_day", "next_time") if self.person.is_sealed else ("next_day", "next_time", "next_place")
        given = [data.get(name) for name in names]
        data["next_starts_at"] = None
        if any(given) and not all(given):
            self.add_error(
                "next_day", _("Skriv dato, klokkeslett og sted for neste oppfølging, eller la alle stå tomme.")
            )
        elif all(given):
            starts_at = dt.datetime.combine(data["next_day"], data["next_time"], tzinfo=clock.local_zone())
            data["next_starts_at"] = starts_at
            if starts_at <= clock.now():
                self.add_error("next_day", _("Velg et tidspunkt fram i tid."))
        return data


class ApprovalForm(Form):
    said_yes = forms.BooleanField(label=gettext_lazy("Ungdommen har lest hele planen og sagt ja til den"))
    approved_on = DateField(label=gettext_lazy("Når sa ungdommen ja?"))
    attendance = forms.CharField(
        label=gettext_lazy("Hvem var til stede?"),
        help_text=gettext_lazy("Bare tjenesten din ser dette."),
        max_length=200,
    )

    def clean_approved_on(self) -> dt.date:
        return _not_ahead(self.cleaned_data["approved_on"])


def _place_of(person: Person, place: str) -> str:
    """The place as it was typed. From strengt fortrolig adresse up none is taken down outside the sealed place (F-19)."""
    if place and person.stores_no_whereabouts:
        raise forms.ValidationError(whereabouts_refused())
    return place


def _choices(form: forms.Form, name: str, choices: Sequence[Any]) -> None:
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no choice.")
    field.choices = choices
