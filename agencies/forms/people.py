"""Forms about colleagues: who, as what, from when until when."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import ProtectionLevel, Role
from agencies.forms.base import Form
from agencies.forms.fields import DateField
from agencies.models import Agency, Membership
from agencies.services.people import Terms
from audit import clock

# What each role lets one do, beside its name: whoever gives it should know what they give.
ROLE_WORDS = {
    Role.CASEWORKER: _("ser saker de er tildelt"),
    Role.MANAGER: _("ser alle sakene tjenesten har tilgang til, og fordeler dem"),
    Role.COORDINATOR: _("innkaller til møter og ser sakene som skal opp der"),
    Role.ANALYST: _("sender bekymringsmeldinger og følger dem"),
    Role.INTAKE: _("tar imot nye meldinger og fordeler dem til kontorene"),
    Role.PRIVACY_OFFICER: _("går gjennom loggen, ser ingen saker"),
    Role.AGENCY_ADMINISTRATOR: _("styrer folk og roller, ser ingen saker"),
}
_MAY_COMMIT = _("Kan forplikte tjenesten i møter")


def role_choices() -> list[tuple[str, str]]:
    """Each role with what it means, and whether it takes two to give."""
    return [
        (role.value, f"{role.label}: {ROLE_WORDS[role]}" + (f" ({_('krever to')})" if role.grants else ""))
        for role in Role
    ]


class TermsForm(Form):
    """A role and its time."""

    role = forms.ChoiceField(label=_("Rolle"), widget=forms.RadioSelect)
    mandate_to_commit = forms.BooleanField(label=_MAY_COMMIT, required=False)
    valid_from = DateField(label=_("Fra og med"), required=False, help_text=_("dd.mm.åååå. Tomt: fra nå."))
    valid_until = DateField(
        label=_("Til og med"), required=False, help_text=_("dd.mm.åååå. Tomt: inntil rollen avsluttes.")
    )

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agency = agency
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]

    def clean_valid_from(self) -> dt.date | None:
        """What has been is a fact: nobody is given a role in a time that has passed."""
        day: dt.date | None = self.cleaned_data["valid_from"]
        if day is not None and day < clock.today():
            raise forms.ValidationError(
                _("Datoen har vært. Skriv en dato fra i dag, eller la feltet stå tomt."), code="past"
            )
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("valid_from") or clock.today(), cleaned.get("valid_until")
        if ends is not None and ends < begins:
            self.add_error("valid_until", _("Sluttdatoen er før rollen begynner."))
        return cleaned

    def terms(self) -> Terms:
        """What was asked for: "til og med" lasts the whole of that day."""
        begins, ends = self.cleaned_data["valid_from"], self.cleaned_data["valid_until"]
        return Terms(
            role=Role(self.cleaned_data["role"]),
            mandate_to_commit=self.cleaned_data["mandate_to_commit"],
            valid_from=clock.start_of(begins) if begins and begins > clock.today() else None,
            valid_until=clock.end_of(ends) if ends else None,
        )


class InviteForm(TermsForm):
    """Somebody new: the account is known by the e-mail address."""

    field_order = ["email", "name", "title", "role", "mandate_to_commit", "valid_from", "valid_until"]
    email = forms.EmailField(
        label=_("E-postadresse"), help_text=_("Jobbadressen. Personen logger inn med den og får en lenke dit.")
    )
    name = forms.CharField(
        label=_("Navn"), max_length=120, help_text=_("Har personen konto fra før, beholder den sitt navn.")
    )
    title = forms.CharField(label=_("Stilling"), max_length=80, required=False)


class EndForm(Form):
    """When a membership ends."""

    last_day = DateField(
        label=_("Siste dag"), required=False, help_text=_("dd.mm.åååå. Tomt: rollen slutter med en gang.")
    )

    def clean_last_day(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["last_day"]
        if day is not None and day < clock.today():
            raise forms.ValidationError(_("Datoen har vært. La feltet stå tomt for å avslutte nå."), code="past")
        return day

    def at(self) -> dt.datetime | None:
        """The instant it ends; None: now."""
        day = self.cleaned_data["last_day"]
        return clock.end_of(day) if day else None


class ChangeRoleForm(Form):
    """Another role in place of the one there is; the time it lasts stays."""

    role = forms.ChoiceField(label=_("Ny rolle"), widget=forms.RadioSelect)
    mandate_to_commit = forms.BooleanField(label=_MAY_COMMIT, required=False)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        others = [choice for choice in role_choices() if choice[0] != membership.role]
        self.fields["role"].choices = others  # type: ignore[attr-defined]

    def terms(self) -> Terms:
        """The new role. A clearance above what everybody starts with does not follow along: it was given for the old one."""
        return Terms(
            role=Role(self.cleaned_data["role"]),
            mandate_to_commit=self.cleaned_data["mandate_to_commit"],
            valid_until=self.membership.valid_until,
        )


class ClearanceForm(Form):
    """The highest protection level a membership may see."""

    clearance = forms.ChoiceField(label=_("Ser saker om personer med"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.fields["clearance"].choices = [  # type: ignore[attr-defined]
            (level.value, str(_("inntil «%(level)s»")) % {"level": level.label})
            for level in ProtectionLevel
            if level != membership.clearance
        ]

    def terms(self) -> Terms:
        """The same membership with the other clearance."""
        return Terms(
            role=Role(self.membership.role),
            clearance=ProtectionLevel(self.cleaned_data["clearance"]),
            mandate_to_commit=self.membership.mandate_to_commit,
            valid_until=self.membership.valid_until,
        )
