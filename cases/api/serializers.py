"""What a concern report looks like on its way in, and what its sender may follow afterwards."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from agencies.actors import Actor
from agencies.api.strict import StrictBoolean, StrictChoice, StrictDate, StrictObject, StrictPattern, StrictText
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import ProgrammeVersion
from audit import clock
from cases.enums import ReportState
from cases.models import ReportReceipt
from cases.models.people import OPEN_LEVELS
from cases.services import eligibility, national_ids
from cases.services.protection import somebody_cleared
from cases.services.reports import Address, Information, Subject, Submission

LONGEST_TEXT = 4000
MOST_INFORMATION = 100
POSTAL_CODE_DIGITS = {"NO": 4, "SE": 5}
REPORTABLE = [(part.value, part.label) for part in Part if part != Part.CORE]


class InProgramme(StrictObject):
    """A part of the report whose rules depend on the programme and on the database's date."""

    @property
    def version(self) -> ProgrammeVersion | None:
        """The programme reported to; None when it is not one the sender may report to."""
        version: ProgrammeVersion | None = self.context["version"]
        return version

    @property
    def today(self) -> dt.date:
        today: dt.date = self.context["today"]
        return today


class AddressSerializer(StrictObject):
    street = StrictText(max_length=120)
    postal_code = StrictPattern(r"[0-9]{4,5}", gettext_lazy("Postnummeret må være fire sifre."))
    city = StrictText(max_length=60)

    def rules(self, sound: dict[str, Any]) -> dict[str, ErrorDetail]:
        digits = POSTAL_CODE_DIGITS[self.context["country"]]
        if len(sound.get("postal_code", "0" * digits)) == digits:
            return {}
        message = _("Postnummeret må ha %(digits)d sifre.") % {"digits": digits}
        return {"postal_code": ErrorDetail(message, code="invalid")}


class PersonSerializer(InProgramme):
    national_id = StrictPattern(
        r"[0-9]{11}",
        gettext_lazy("Et fødselsnummer har elleve sifre."),
        required=False,
        help_text="Norwegian national identity number, D-number, or synthetic number where those are used.",
    )
    given_name = StrictText(max_length=80)
    family_name = StrictText(max_length=80)
    birth_date = StrictDate()
    protection_level = StrictChoice(
        choices=ProtectionLevel.choices,
        required=False,
        help_text="How hidden the person's whereabouts are; none when left out. From confidential up the address may be "
        "left out, and is shown to cleared people alone.",
    )
    address = AddressSerializer(
        required=False,
        help_text="Where the person lives, as far as the sender knows. Required unless protection_level hides it.",
    )
    registered_address = AddressSerializer(
        required=False, help_text="Where the person is registered, when that is known to be another place."
    )
    phone = StrictPattern(
        r"\+?[0-9 ]{5,20}",
        gettext_lazy("Et telefonnummer har bare sifre, mellomrom og + først."),
        required=False,
        max_length=20,
    )

    def rules(self, sound: dict[str, Any]) -> dict[str, ErrorDetail]:
        found: dict[str, ErrorDetail] = {}
        birth_date: dt.date | None = sound.get("birth_date")
        if birth_date is not None:
            found |= self._age_mistakes(birth_date)
        level = ProtectionLevel(sound.get("protection_level", ProtectionLevel.NONE))
        if "address" not in sound and level in OPEN_LEVELS:
            found["address"] = ErrorDetail(_("Feltet mangler."), code="required")
        if not self._is_received(level):
            message = _(
                "Ingen ved mottaket er klarert for dette vernet, så meldingen kan ikke sendes her. Ring mottaket."
            )
            found["protection_level"] = ErrorDetail(message, code="no_cleared_intake")
        if "national_id" in sound:
            try:
                identity = national_ids.read(sound["national_id"])
            except national_ids.ImpossibleNumberError:
                found["national_id"] = ErrorDetail(
                    _("Ingen kan ha dette fødselsnummeret."), code="impossible_national_id"
                )
            else:
                if birth_date is not None and not identity.fits(birth_date):
                    found["national_id"] = ErrorDetail(
                        _("Fødselsnummeret og fødselsdatoen stemmer ikke med hverandre."), code="birth_date_mismatch"
                    )
        return found

    def _is_received(self, level: ProtectionLevel) -> bool:
        """Whether somebody at intake could see the report at all (F-19). Asked only when the level hides anything."""
        intake = eligibility.intake_of(self.version, self.context["actor"].agency) if self.version else None
        return intake is None or level in OPEN_LEVELS or somebody_cleared(intake, Role.INTAKE, level=level)

    def _age_mistakes(self, birth_date: dt.date) -> dict[str, ErrorDetail]:
        if birth_date > self.today:
            return {"birth_date": ErrorDetail(_("Datoen kan ikke være i framtiden."), code="future_date")}
        if self.version is None:
            return {}
        objection = eligibility.age_objection(birth_date, self.version.definition, on=self.today)
        return {"birth_date": ErrorDetail(objection, code="outside_age")} if objection else {}


class CriteriaSerializer(StrictObject):
    crime = StrictBoolean()
    violence = StrictBoolean()
    drugs = StrictBoolean()
    repeated = StrictBoolean()


class LegalBasisSerializer(InProgramme):
    code = StrictText(max_length=30, help_text="A row of the catalogue of legal bases, such as NO-PREG-27-4.")
    necessity = StrictText(max_length=LONGEST_TEXT)
    proportionality = StrictText(max_length=LONGEST_TEXT)
    decided_by = StrictText(max_length=120, help_text="The function that decided, for the controller.")

    def rules(self, sound: dict[str, Any]) -> dict[str, ErrorDetail]:
        if "code" not in sound or self.version is None:
            return {}
        if eligibility.basis_is_usable(sound["code"], self.version, on=self.today):
            return {}
        message = _("En bekymringsmelding kan ikke bygge på dette rettsgrunnlaget.")
        return {"code": ErrorDetail(message, code="unknown_basis")}


class InformationSerializer(InProgramme):
    part = StrictChoice(choices=REPORTABLE)
    text = StrictText(max_length=LONGEST_TEXT)
    verified = StrictBoolean(help_text="Whether the sender has verified it (politiregisterloven § 20).")
    occurred_on = StrictDate(required=False)

    def rules(self, sound: dict[str, Any]) -> dict[str, ErrorDetail]:
        found: dict[str, ErrorDetail] = {}
        if sound.get("occurred_on", self.today) > self.today:
            found["occurred_on"] = ErrorDetail(_("Datoen kan ikke være i framtiden."), code="future_date")
        if (
            self.version
            and "part" in sound
            and sound["part"] not in eligibility.reportable_parts(self.version.definition)
        ):
            found["part"] = ErrorDetail(_("Programmet bruker ikke denne delen."), code="unknown_part")
        return found


class ConcernReportSerializer(StrictObject):
    """The body of `POST /api/v1/concern-reports/`: one report on one named person (U23-08)."""

    programme = StrictText(max_length=60)
    sender_reference = StrictText(max_length=60, help_text="The sender's own case number. No names.")
    person = PersonSerializer()
    criteria = CriteriaSerializer()
    legal_basis = LegalBasisSerializer()
    information = InformationSerializer(many=True, allow_empty=False, max_length=MOST_INFORMATION)  # type: ignore[call-arg]

    def __init__(self, *args: Any, actor: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Finds the programme first: what it says decides what the rest may hold."""
        assert self.actor is not None, "only a sender's report is read"  # noqa: S101 (a mistake of ours, not the sender's)
        code = data.get("programme") if isinstance(data, dict) else None
        version = None
        if isinstance(code, str) and code.isascii() and "\x00" not in code:
            version = eligibility.programme_open_to(self.actor, code)
        shared: Any = self.context
        shared.update(
            version=version, today=clock.today(), country=self.actor.agency.municipality.country, actor=self.actor
        )
        return super().to_internal_value(data)

    def rules(self, sound: dict[str, Any]) -> dict[str, ErrorDetail]:
        version: ProgrammeVersion | None = self.context["version"]
        if version is None:
            message = _("Programmet finnes ikke, eller tjenesten din kan ikke melde til det.")
            return {"programme": ErrorDetail(message, code="unknown_programme")}
        if "criteria" in sound:
            objection = eligibility.criteria_objection(sound["criteria"], version.definition)
            if objection:
                return {"criteria": ErrorDetail(objection, code="no_criterion")}
        return {}

    def submission(self) -> Submission:
        """The valid report as the service takes it."""
        report = self.validated_data
        person, basis = report["person"], report["legal_basis"]
        registered = person.get("registered_address")
        return Submission(
            programme=report["programme"],
            sender_reference=report["sender_reference"],
            subject=Subject(
                given_name=person["given_name"],
                family_name=person["family_name"],
                birth_date=person["birth_date"],
                address=Address(**person["address"]) if "address" in person else None,
                protection_level=ProtectionLevel(person.get("protection_level", ProtectionLevel.NONE)),
                national_id=person.get("national_id", ""),
                phone=person.get("phone", ""),
                registered_address=Address(**registered) if registered else None,
            ),
            criteria=report["criteria"],
            legal_basis=basis["code"],
            necessity=basis["necessity"],
            proportionality=basis["proportionality"],
            decided_by=basis["decided_by"],
            information=tuple(
                Information(Part(row["part"]), row["text"], row["verified"], row.get("occurred_on"))
                for row in report["information"]
            ),
        )


class AcceptedSerializer(serializers.Serializer[ReportReceipt]):
    """The answer to a report that was taken in: its random id, its state, and when it arrived."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ReportState.choices)
    received_at = serializers.DateTimeField(source="submitted_at", help_text="When the report arrived here.")


class ReceiptSerializer(serializers.ModelSerializer[ReportReceipt]):
    """What the sender may follow: never where a report went, never what came of it."""

    submitted_at = serializers.DateTimeField(help_text="When the report arrived here.")
    received_at = serializers.DateTimeField(allow_null=True, help_text="When intake opened it.")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When intake forwarded it or sent it back.")

    class Meta:
        model = ReportReceipt
        fields = ["id", "sender_reference", "state", "submitted_at", "received_at", "decided_at"]
        read_only_fields = fields


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One mistake, and where it is."""

    detail = serializers.CharField()
    pointer = serializers.CharField(help_text="A JSON pointer to the field, as a fragment: #/person/birth_date.")
    code = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    instance = serializers.CharField(required=False, help_text="The request's number in our log.")
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]
