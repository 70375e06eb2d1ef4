"""The consent form as it is typed in from the signed paper: a matrix of agencies and parts, and all of C3."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import Part
from agencies.forms import DateField, Form
from agencies.models import Agency
from audit import clock
from cases.models import Case
from consent.contents import (
    Candidate,
    Contents,
    Signed,
    candidates,
    default_end,
    forums_of,
    parts_of,
    problems,
    template_of,
)
from consent.models import Consent
from consent.services.effects import recipients_of
from consent.wording import forums_on

if TYPE_CHECKING:
    from agencies.models.programme_definition import Forum

YES_NO = [("yes", _("Ja")), ("no", _("Nei"))]
GIVERS = [("all", _("Alle som er krysset av over, og vi som leder saken")), ("some", _("Bare disse:"))]


class AskedWhenNeeded(forms.MultipleChoiceField):
    """Whether it must be answered depends on another answer, so it is not called optional; `contents.problems` asks."""

    widget = forms.CheckboxSelectMultiple

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class RecordForm(Form):
    """`running` is the consent a new one would replace; its choices are where the form begins.

    A box of the matrix is called "nav:economy": the agency's short name and the part. With `preview` nothing is
    demanded: it only shows what the choices so far would do.
    """

    scope = AskedWhenNeeded(label=_("Hvem kan få vite hva"))
    givers_are = forms.ChoiceField(label=_("Hvem kan fortelle det de vet?"), choices=GIVERS, widget=forms.RadioSelect)
    givers = AskedWhenNeeded(label=_("Disse kan fortelle"))
    valid_until_date = DateField(label=_("Gjelder til og med"))
    signed_on = DateField(label=_("Underskrevet dato"))
    place = forms.CharField(label=_("Sted"), max_length=80)
    signed_name = forms.CharField(label=_("Navn på den som skrev under"), max_length=160)
    informed_items = AskedWhenNeeded(label=_("Dette har ungdommen fått vite"))
    collector_name = forms.CharField(label=_("Innhentet av"), max_length=120)
    collector_phone = forms.CharField(label=_("Telefon"), max_length=20)
    language = forms.CharField(label=_("Språk skjemaet ble lest på"), max_length=40, initial="bokmål")
    interpreter = forms.BooleanField(label=_("Tolk var med"), required=False)
    copy_handed_over = forms.BooleanField(label=_("Ungdommen har fått en kopi"), required=False)
    # SIG-42: a question of its own, without an answer chosen beforehand.
    research_follow_up = forms.ChoiceField(
        label=_("Kan forskere ta kontakt inntil fem år etter at saken er avsluttet?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)
    # What the losses looked like when they were shown: the same must still be true when the form is saved.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        case: Case,
        running: Consent | None,
        collector: tuple[str, str],
        preview: bool = False,
        **kwargs: Any,
    ) -> None:
        self.case = case
        self.preview = preview
        self.candidates: list[Candidate] = candidates(case)
        self.parts: list[Part] = parts_of(case)
        self.forums: list[Forum] = forums_of(case)
        self.agencies: dict[str, Agency] = {one.agency.slug: one.agency for one in self.candidates}
        initial = self._beginning(running, collector) | (kwargs.pop("initial", None) or {})
        super().__init__(*args, initial=initial, **kwargs)
        self._choices()
        self._add_forums()

    def full_clean(self) -> None:
        """A preview demands nothing, but what is asked for is still marked as asked for."""
        asked = [field for field in self.fields.values() if field.required] if self.preview else []
        for field in asked:
            field.required = False
        super().full_clean()
        for field in asked:
            field.required = True

    def _beginning(self, running: Consent | None, collector: tuple[str, str]) -> dict[str, Any]:
        today = clock.today()
        name, phone = collector
        begin: dict[str, Any] = {
            "valid_until_date": default_end(self.case, today),
            "signed_on": today,
            "signed_name": self.case.person.name,
            "collector_name": name,
            "collector_phone": phone,
            "givers_are": "all",
            "replaces": running.pk if running else None,
        }
        if running is None:
            return begin
        slugs = {one.agency.pk: one.agency.slug for one in self.candidates}
        told = recipients_of(running)
        begin["scope"] = [f"{slugs[pk]}:{part}" for pk, parts in told.items() if pk in slugs for part in sorted(parts)]
        if set(running.givers) != {*told, self.case.lead_agency_id}:
            begin["givers_are"] = "some"
            begin["givers"] = [slugs[pk] for pk in running.givers if pk in slugs]
        seats = forums_on(running)
        for forum in self.forums:
            present = [slugs[pk] for pk in seats.get(forum.code, ()) if pk in slugs]
            begin |= {f"hears_{forum.code}": "yes" if present else "no", f"forum_{forum.code}": present}
        return begin

    def _choices(self) -> None:
        names = [(one.agency.slug, one.agency.name) for one in self.candidates]
        boxes = [(f"{slug}:{part}", f"{name}: {part.label}") for slug, name in names for part in self.parts]
        items = [(item.code, f"{item.label}: {item.text}") for item in template_of(self.case).informed_items]
        for field, choices in (("scope", boxes), ("givers", names), ("informed_items", items)):
            self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _add_forums(self) -> None:
        for forum in self.forums:
            members = [one.agency for one in self.candidates if one.agency.kind in forum.members]
            self.fields[f"hears_{forum.code}"] = hears = forms.ChoiceField(
                label=_("Kan %(forum)s snakke om saken?") % {"forum": forum.name},
                choices=YES_NO,
                widget=forms.RadioSelect,
            )
            hears.error_messages["required"] = _("Svar ja eller nei.")
            self.fields[f"forum_{forum.code}"] = AskedWhenNeeded(
                label=_("Hvem deltar når %(forum)s snakker om saken?") % {"forum": forum.name},
                help_text=_(
                    "Bare de som er berørt. De andre går ut og ser ikke saken på saklisten. Den som leder møtet, må være med."
                ),
                choices=[(agency.slug, agency.name) for agency in members],
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.preview:
            for field, message in problems(self.contents(), self.case).items():
                if field not in self.errors:
                    self.add_error(field if field in self.fields else None, str(message))
        return cleaned

    def contents(self) -> Contents:
        """What was typed, as the service takes it. A preview has only the choices; the rest is blank."""
        cleaned = self.cleaned_data
        today = clock.today()
        return Contents(
            scopes=self._scopes(cleaned.get("scope") or []),
            forums={
                forum.code: self._agencies(cleaned.get(f"forum_{forum.code}") or [])
                for forum in self.forums
                if cleaned.get(f"hears_{forum.code}") == "yes"
            },
            givers=self._agencies(cleaned.get("givers") or []) if cleaned.get("givers_are") == "some" else None,
            valid_until_date=cleaned.get("valid_until_date") or default_end(self.case, today),
            signed_on=cleaned.get("signed_on") or today,
            place=cleaned.get("place", ""),
            signatures=[Signed(cleaned["signed_name"])] if cleaned.get("signed_name") else [],
            informed_items=cleaned.get("informed_items") or [],
            collector_name=cleaned.get("collector_name", ""),
            collector_phone=cleaned.get("collector_phone", ""),
            language=cleaned.get("language", ""),
            interpreter=cleaned.get("interpreter", False),
            copy_handed_over=cleaned.get("copy_handed_over", False),
            research_follow_up={"yes": True, "no": False}.get(cleaned.get("research_follow_up", "")),
        )

    def _scopes(self, boxes: Iterable[str]) -> dict[Agency, list[Part]]:
        scopes: dict[Agency, list[Part]] = {}
        for box in boxes:
            slug, _colon, part = box.partition(":")
            scopes.setdefault(self.agencies[slug], []).append(Part(part))
        return scopes

    def _agencies(self, slugs: Iterable[str]) -> list[Agency]:
        return [self.agencies[slug] for slug in slugs]
