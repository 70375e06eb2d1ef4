"""Which office a report should go to: suggested from where the person is registered and lives (U23-10)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from agencies.actors import Actor
from agencies.enums import ProtectionLevel
from agencies.models import Agency, District
from cases.enums import AddressKind
from cases.models import Case, PersonContact
from cases.services.reports import offices_for

# Beyond these the whereabouts are hidden, and no address may lead anybody anywhere (F-19).
SHOWN_LEVELS = frozenset({ProtectionLevel.NONE, ProtectionLevel.MARKED})


@dataclass(frozen=True)
class Residence:
    """One address the report gave, and the district its postal code is registered in (None: in none of ours)."""

    contact: PersonContact
    district: District | None


@dataclass(frozen=True)
class Suggestion:
    """Where the person is registered and lives, and the office that follows when both say the same."""

    residences: tuple[Residence, ...]
    offices: tuple[Agency, ...]
    chosen: Agency | None

    @property
    def differ(self) -> bool:
        """Whether the addresses lie in different districts: then a person decides, not a postal code."""
        return len({residence.district for residence in self.residences}) > 1

    def kinds_pointing_to(self, office: Agency) -> list[str]:
        """The addresses that lie in the office's district, in words."""
        return [
            str(AddressKind(residence.contact.kind).label)
            for residence in self.residences
            if residence.district is not None and residence.district.pk == office.district_id
        ]


def suggest(case: Case, *, actor: Actor) -> Suggestion:
    """The offices to choose between, and the suggested one. Nothing is suggested for a hidden address."""
    offices = tuple(offices_for(case))
    if case.person.protection_level not in SHOWN_LEVELS:
        return Suggestion((), offices, None)
    by_code = _districts_by_postal_code(actor)
    contacts = PersonContact.objects.readable_by(actor).filter(case=case).order_by("kind")
    residences = tuple(Residence(row, by_code.get(row.postal_code)) for row in contacts if row.postal_code)
    districts = {residence.district for residence in residences}
    only = districts.pop() if len(districts) == 1 else None
    chosen = next((office for office in offices if only is not None and office.district_id == only.pk), None)
    return Suggestion(residences, offices, chosen)


def districts_of(cases: Collection[Case], *, actor: Actor) -> dict[uuid.UUID, str]:
    """The suggested district of each of these cases by name, "" where it is not clear. Two queries, however many."""
    by_code = _districts_by_postal_code(actor)
    shown = [case.pk for case in cases if case.person.protection_level in SHOWN_LEVELS]
    found: dict[uuid.UUID, set[str]] = {case.pk: set() for case in cases}
    contacts = PersonContact.objects.readable_by(actor).filter(case__in=shown).exclude(postal_code="")
    for case_id, code in contacts.values_list("case_id", "postal_code"):
        found[case_id].add(by_code[code].name if code in by_code else "")
    return {case_id: names.pop() if len(names) == 1 else "" for case_id, names in found.items()}


def _districts_by_postal_code(actor: Actor) -> dict[str, District]:
    districts = District.objects.filter(municipality=actor.agency.municipality)
    return {code: district for district in districts for code in district.postal_codes}
