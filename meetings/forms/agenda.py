"""A case on the agenda: proposing it, giving it a time, and writing what was said."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.enums import Part
from agencies.forms import DateField, Form, TimeField
from agencies.models import Agency
from agencies.templatetags.samlos import clock_time, full_day
from audit import clock
from meetings.models import Meeting


class MeetingChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    def label_from_instance(self, obj: Any) -> str:
        """ "Arbeidsgruppen for U23, torsdag 26. november 2026 kl. 10.00"."""
        words = {"meeting": obj.name, "day": full_day(obj.starts_at), "time": clock_time(obj.starts_at)}
        return gettext("%(meeting)s, %(day)s kl. %(time)s") % words


class ProposeForm(Form):
    """Which meeting, which parts the question touches, the question, and how long it takes."""

    meeting = MeetingChoice(label=_("Møte"), queryset=Meeting.objects.none(), empty_label=None)
    parts = forms.MultipleChoiceField(
        label=_("Hva skal det snakkes om?"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Bare de som får vite om alle delene du velger, hører saken. Velg så få som mulig."),
        error_messages={"required": _("Velg minst én del.")},
    )
    question = forms.CharField(
        label=_("Hva er spørsmålet?"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("Ett spørsmål som møtet skal svare på. Ikke skriv mer om ungdommen enn det som trengs."),
    )
    minutes = forms.IntegerField(label=_("Minutter"), min_value=5, max_value=120, initial=10)

    def __init__(self, *args: Any, meetings: Collection[Meeting], parts: Collection[Part], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["meeting"]
        field.queryset = (  # type: ignore[attr-defined]
            Meeting.objects.filter(pk__in=[meeting.pk for meeting in meetings])
            .select_related("programme_version")
            .order_by("starts_at")
        )
        self.fields["parts"].choices = [(part.value, part.label) for part in parts]  # type: ignore[attr-defined]
        self.fields["minutes"].widget.attrs["class"] = "app-shorter"


class SlotForm(Form):
    """When a case is taken up, and for how long."""

    starts = TimeField(label=_("Klokkeslett"))
    minutes = forms.IntegerField(label=_("Minutter"), min_value=5, max_value=120)

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting
        self.fields["minutes"].widget.attrs["class"] = "app-shorter"

    def clean_starts(self) -> dt.time:
        starts: dt.time = self.cleaned_data["starts"]
        day = self.meeting.starts_at.astimezone(clock.local_zone()).date()
        self.cleaned_data["starts_at"] = dt.datetime.combine(day, starts, tzinfo=clock.local_zone())
        if not self.meeting.starts_at <= self.cleaned_data["starts_at"] < self.meeting.ends_at:
            raise forms.ValidationError(
                _("Velg et klokkeslett mellom %(start)s og %(end)s."),
                params={"start": clock_time(self.meeting.starts_at), "end": clock_time(self.meeting.ends_at)},
            )
        return starts


class MinutesForm(Form):
    """What was said of one case."""

    text = forms.CharField(
        label=_("Referat fra saken"),
        max_length=8000,
        widget=forms.Textarea,
        help_text=_("Kan bare leses av dem som hører saken. Skriv kort, og bare det som trengs."),
    )


class DecisionForm(Form):
    """What was agreed, who sees to it, and by when."""

    what = forms.CharField(label=_("Ny beslutning"), max_length=300)
    owner = forms.ModelChoiceField(label=_("Ansvarlig"), queryset=Agency.objects.none(), empty_label=_("Velg tjeneste"))
    due_on = DateField(label=_("Frist"))

    def __init__(self, *args: Any, hearers: Collection[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Agency.objects.filter(  # type: ignore[attr-defined]
            pk__in=[agency.pk for agency in hearers]
        )

    def clean_due_on(self) -> dt.date:
        due_on: dt.date = self.cleaned_data["due_on"]
        if due_on < clock.today():
            raise forms.ValidationError(_("Velg en frist som ikke har vært."))
        return due_on


class StatusForm(Form):
    """What is new today, in one of the item's parts."""

    part = forms.ChoiceField(label=_("Del"))
    text = forms.CharField(
        label=_("Status i dag"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=_("Hvilke tiltak er i gang, og hvordan går det? Leses av dem som får vite om delen du velger."),
    )

    def __init__(self, *args: Any, parts: Collection[Part], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [(part.value, part.label) for part in parts]  # type: ignore[attr-defined]
