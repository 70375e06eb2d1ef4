"""Calling a meeting, moving it, and saying who attends."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.forms import DateField, Form, TimeField
from agencies.models import Agency, Membership, ProgrammeVersion, User
from agencies.models.programme_definition import Forum
from audit import clock
from meetings.models import ATTENDING_ROLES, Meeting
from meetings.services import calling


class TimeAndPlaceForm(Form):
    """When and where. A meeting begins and ends on the same day."""

    day = DateField(label=_("Dato"))
    starts = TimeField(label=_("Begynner"))
    ends = TimeField(label=_("Slutter"))
    place = forms.CharField(label=_("Sted"), max_length=120, help_text=_("Et møterom, aldri hjemme hos noen."))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        day, starts, ends = data.get("day"), data.get("starts"), data.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("Møtet må slutte etter at det begynner."))
        if day and starts:
            data["starts_at"] = _at(day, starts)
            if data["starts_at"] <= clock.now():
                self.add_error("day", _("Velg et tidspunkt som ikke har vært."))
        if day and ends:
            data["ends_at"] = _at(day, ends)
        return data

    @staticmethod
    def initial_of(meeting: Meeting) -> dict[str, Any]:
        """What stands on the meeting, in the municipality's time."""
        starts, ends = (instant.astimezone(clock.local_zone()) for instant in (meeting.starts_at, meeting.ends_at))
        return {"day": starts.date(), "starts": starts.time(), "ends": ends.time(), "place": meeting.place}


class MeetingForm(TimeAndPlaceForm):
    """A new meeting: of which forum, when, where, and which agencies are called."""

    agencies = forms.ModelMultipleChoiceField(
        label=_("Hvem er innkalt"),
        queryset=Agency.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("De som arbeider med saker i tjenesten, får innkallingen. Du kan navngi hvem som møter etterpå."),
        error_messages={"required": _("Velg minst én tjeneste.")},
    )
    field_order = ("forum", "day", "starts", "ends", "place", "agencies")

    def __init__(self, *args: Any, forums: list[tuple[ProgrammeVersion, Forum]], actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.forums = {f"{version.pk}:{forum.code}": (version, forum) for version, forum in forums}
        if len(forums) > 1:
            self.fields["forum"] = forms.ChoiceField(
                label=_("Møte"), choices=[(key, forum.name) for key, (_version, forum) in self.forums.items()]
            )
            self.order_fields(self.field_order)
        known = {
            agency.pk for version, forum in forums for agency in calling.candidates(version, forum.code, actor.agency)
        }
        self.fields["agencies"].queryset = Agency.objects.filter(pk__in=known)  # type: ignore[attr-defined]
        self.fields["agencies"].initial = sorted(known)

    def chosen_forum(self) -> tuple[ProgrammeVersion, Forum]:
        """The forum that was chosen, or the only one there is."""
        return self.forums[self.cleaned_data.get("forum") or next(iter(self.forums))]


ANYBODY, NOBODY = "all", "none"


class AttendeesForm(Form):
    """For each agency of the forum: not called, whoever works on cases there, or somebody by name."""

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agencies = {
            str(agency.pk): agency
            for agency in calling.candidates(meeting.programme_version, meeting.forum, meeting.convenor)
        }
        standing = {invitation.agency_id: invitation for invitation in meeting.invitations.standing()}
        self.people = _attending_people(self.agencies.values())
        for key, agency in self.agencies.items():
            invitation = standing.get(agency.pk)
            chosen = NOBODY if invitation is None else str(invitation.user_id or ANYBODY)
            people = [(str(user.pk), user.name) for user in self.people.get(agency.pk, {}).values()]
            self.fields[f"agency_{key}"] = forms.ChoiceField(
                label=agency.name,
                initial=chosen,
                choices=[(NOBODY, _("Ikke innkalt")), (ANYBODY, _("Alle som arbeider med saker")), *people],
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["called"] = {
            agency: None if choice == ANYBODY else self.people[agency.pk][int(choice)]
            for key, agency in self.agencies.items()
            if (choice := data.get(f"agency_{key}", NOBODY)) != NOBODY
        }
        if not self.errors and not data["called"]:
            raise forms.ValidationError(_("Velg minst én tjeneste."))
        return data


class GeneralItemForm(Form):
    """A theme of part 1. It is about nobody: case numbers and identity numbers are refused (LIL-21)."""

    title = forms.CharField(label=_("Tema"), max_length=120)
    text = forms.CharField(
        label=_("Beskrivelse"),
        required=False,
        max_length=4000,
        widget=forms.Textarea,
        help_text=_("Ingen navn og ingen saker. Alle som er innkalt, kan lese dette."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in list(data.items()):
            if NAMES_A_CASE.search(str(value)):
                self.add_error(
                    name, _("Ta bort saksnummeret eller fødselsnummeret. Denne delen handler ikke om personer.")
                )
        return data


class GeneralMinutesForm(GeneralItemForm):
    """The theme once more, with what was said of it."""

    minutes = forms.CharField(
        label=_("Referat"),
        required=False,
        max_length=8000,
        widget=forms.Textarea,
        help_text=_("Leses av alle som er innkalt. Ingen navn og ingen saker."),
    )


# "26-0417", "M-26-0091", and eleven digits however they are spaced.
NAMES_A_CASE = re.compile(r"\b\d{2}-\d{4}\b|\b\d{6}[ -]?\d{5}\b")


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=clock.local_zone())


def _attending_people(agencies: Iterable[Agency]) -> dict[int, dict[int, User]]:
    memberships = (
        Membership.objects.in_force()
        .filter(agency__in=list(agencies), role__in=ATTENDING_ROLES, user__is_active=True, user__is_machine=False)
        .select_related("user")
        .order_by("user__name")
    )
    found: dict[int, dict[int, User]] = {}
    for membership in memberships:
        found.setdefault(membership.agency_id, {})[membership.user_id] = membership.user
    return found
