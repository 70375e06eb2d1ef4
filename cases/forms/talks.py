"""Calling to a talk, and what came of it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.forms import DateField, Form, TimeField
from audit import clock
from cases.enums import SummonsWay, WishForHelp
from cases.policies import whereabouts_refused
from cases.services.talks import Talk

TEXT_LENGTH = 8000
_YES_NO = [("yes", _("Ja")), ("no", _("Nei"))]
_WISH_WORDS = {
    WishForHelp.YES: _("Ja, personen ønsker hjelp"),
    WishForHelp.NO: _("Nei, personen ønsker ikke hjelp"),
    WishForHelp.UNDECIDED: _("Personen har ikke bestemt seg"),
}


def local_instant(day: dt.date, time: dt.time) -> dt.datetime:
    """A day and a time of day as people write them, in the municipality's zone."""
    return dt.datetime.combine(day, time, tzinfo=clock.local_zone())


def _not_after_today(day: dt.date) -> dt.date:
    if day > clock.today():
        raise forms.ValidationError(_("Datoen kan ikke være etter i dag."))
    return day


class SummonsForm(Form):
    """When and how the person was called, and to what."""

    summoned_on = DateField(label=_("Når ble personen kalt inn?"))
    how = forms.ChoiceField(label=_("Hvordan?"), widget=forms.RadioSelect, choices=SummonsWay.choices)
    appointment_on = DateField(label=_("Dato for samtalen"))
    appointment_at = TimeField(label=_("Klokkeslett"))
    place = forms.CharField(
        label=_("Sted"), help_text=_("Et sted der personen kan komme uten å bli sett av andre."), max_length=120
    )

    def __init__(self, *args: Any, refuse_places: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refuse_places = refuse_places
        self.fields["place"].required = not refuse_places

    def clean_place(self) -> str:
        place: str = self.cleaned_data["place"]
        if place and self.refuse_places:
            raise forms.ValidationError(whereabouts_refused())
        return place

    def clean_summoned_on(self) -> dt.date:
        return _not_after_today(self.cleaned_data["summoned_on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        called, meant = cleaned.get("summoned_on"), cleaned.get("appointment_on")
        if called and meant and meant < called:
            self.add_error("appointment_on", _("Samtalen kan ikke være før innkallingen."))
        return cleaned

    def summons(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        return {
            "summoned_on": typed["summoned_on"],
            "how": SummonsWay(typed["how"]),
            "appointment_at": local_instant(typed["appointment_on"], typed["appointment_at"]),
            "place": typed["place"],
        }


class TalkForm(Form):
    """What came of a talk. `told` drops the questions of U23-16: the person has been told in an earlier one."""

    held_on = DateField(label=_("Når var samtalen?"))
    present = forms.CharField(label=_("Hvem var til stede?"), max_length=300)
    told_of_report = forms.ChoiceField(
        label=_("Har personen fått vite at det er kommet en bekymringsmelding?"),
        widget=forms.RadioSelect,
        choices=_YES_NO,
    )
    told_source = forms.ChoiceField(
        label=_("Har personen fått vite at meldingen kom fra politiet?"), widget=forms.RadioSelect, choices=_YES_NO
    )
    wish = forms.ChoiceField(label=_("Ønsker personen hjelp til å endre livsstil?"), widget=forms.RadioSelect)
    next_on = DateField(label=_("Når snakkes dere igjen?"), required=False)
    next_at = TimeField(label=_("Klokkeslett for neste samtale"), required=False)
    note = forms.CharField(
        label=_("Notat fra samtalen"),
        help_text=_("Bare tjenesten din ser notatet. Ikke skriv mer om andre enn det som trengs."),
        widget=forms.Textarea,
        max_length=TEXT_LENGTH,
        required=False,
    )

    def __init__(self, *args: Any, wishes: Sequence[WishForHelp], told: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told_before = told
        if told:
            del self.fields["told_of_report"], self.fields["told_source"]
        self.fields["wish"].choices = [(wish.value, _WISH_WORDS[wish]) for wish in wishes]  # type: ignore[attr-defined]
        if WishForHelp.UNDECIDED in wishes:
            hint = _("dd.mm.åååå. Bare når personen ikke har bestemt seg.")
            self.fields["next_on"].help_text = hint
        else:
            del self.fields["next_on"], self.fields["next_at"]

    def full_clean(self) -> None:
        """The wish is asked for, but demanded only of somebody who was told everything first (`clean`)."""
        self.fields["wish"].required = False
        super().full_clean()
        self.fields["wish"].required = True

    def clean_held_on(self) -> dt.date:
        return _not_after_today(self.cleaned_data["held_on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wish = cleaned.get("wish", "")
        if self._told_all and not wish and "wish" not in self.errors:
            self.add_error("wish", _("Svar ja, nei eller ikke bestemt seg."))
        if self._told_all and wish == WishForHelp.UNDECIDED:
            for name in ("next_on", "next_at"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Avtal når dere snakkes igjen."))
            if cleaned.get("next_on") and cleaned["next_on"] < clock.today():
                self.add_error("next_on", _("Skriv en dag som ikke er over."))
        return cleaned

    @property
    def _told_all(self) -> bool:
        typed = self.cleaned_data
        return self.told_before or (typed.get("told_of_report"), typed.get("told_source")) == ("yes", "yes")

    @property
    def says_no(self) -> bool:
        """Whether the answer is a no that counts: it is confirmed before it is kept."""
        return self._told_all and self.cleaned_data["wish"] == WishForHelp.NO

    def talk(self) -> Talk:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        next_on, next_at = typed.get("next_on"), typed.get("next_at")
        return Talk(
            held_on=typed["held_on"],
            present=typed["present"],
            told_of_report=self.told_before or typed["told_of_report"] == "yes",
            told_source=self.told_before or typed["told_source"] == "yes",
            wish=typed["wish"],
            note=typed["note"],
            next_at=local_instant(next_on, next_at) if next_on and next_at else None,
        )
