"""The first review: the programme's checklist as a form. A draft may have gaps, a completed one none."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import DateField, Form
from agencies.models.programme_definition import ChecklistItem
from audit import clock
from cases.enums import Answer
from cases.services.review import ReviewAnswers

TEXT_LENGTH = 8000
# Where the answers of the programme's checklist are kept, by the item's code.
_FIELDS = {"ordinary_services": "services", "family": "family", "has_children": "has_children"}
_YES_NO = [("yes", _("Ja, meldeplikten gjelder")), ("no", _("Nei, meldeplikten gjelder ikke"))]


class ReviewForm(Form):
    """Labels and helps come from the programme. `whole` asks for everything, as completing does."""

    services = forms.CharField(widget=forms.Textarea, max_length=TEXT_LENGTH)
    family = forms.CharField(widget=forms.Textarea, max_length=TEXT_LENGTH)
    has_children = forms.ChoiceField(widget=forms.RadioSelect, choices=Answer.choices)
    child_assessment = forms.CharField(widget=forms.Textarea, max_length=TEXT_LENGTH)
    duty_applies = forms.ChoiceField(
        label=_("Gjelder meldeplikten?"),
        help_text=_("Ved mistanke om mishandling eller alvorlig omsorgssvikt er det en plikt å melde, ikke et valg."),
        widget=forms.RadioSelect,
        choices=_YES_NO,
    )
    sent_on = DateField(label=_("Når ble meldingen sendt?"), required=False)

    about_children = ("child_assessment", "duty_applies", "sent_on")

    def __init__(self, *args: Any, checklist: Sequence[ChecklistItem], whole: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.whole = whole
        for item in checklist:
            field = self.fields[_FIELDS[item.code]]
            field.label, field.help_text = item.label, item.help
            if item.follow_up:
                self.fields["child_assessment"].label = item.follow_up.label
                self.fields["child_assessment"].help_text = item.follow_up.help
        self.fields["sent_on"].help_text = _("dd.mm.åååå. La feltet stå tomt hvis dere ikke har meldt.")

    def full_clean(self) -> None:
        """What must be answered depends on the answers (`ReviewAnswers.lacking`), and a draft may have gaps: the fields
        are marked as asked for, and never demanded one by one.
        """
        asked = [field for field in self.fields.values() if field.required]
        for field in asked:
            field.required = False
        super().full_clean()
        for field in asked:
            field.required = True

    def clean_sent_on(self) -> Any:
        sent_on = self.cleaned_data["sent_on"]
        if sent_on and sent_on > clock.today():
            raise forms.ValidationError(_("Datoen kan ikke være etter i dag."))
        return sent_on

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.whole:
            for name, why in self.answers().lacking().items():
                if name not in self.errors:
                    self.add_error(name, why)
        return cleaned

    def answers(self) -> ReviewAnswers:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        return ReviewAnswers(
            services=typed.get("services", ""),
            family=typed.get("family", ""),
            has_children=typed.get("has_children", ""),
            child_assessment=typed.get("child_assessment", ""),
            duty_applies={"yes": True, "no": False}.get(typed.get("duty_applies", "")),
            sent_on=typed.get("sent_on"),
        )

    @staticmethod
    def initial_of(answers: ReviewAnswers) -> dict[str, Any]:
        """What the form shows of saved answers."""
        duty = {True: "yes", False: "no", None: ""}[answers.duty_applies]
        return {**vars(answers), "duty_applies": duty}

    @property
    def about_the_person(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.about_children]

    @property
    def about_the_children(self) -> list[forms.BoundField]:
        return [self[name] for name in self.about_children]
