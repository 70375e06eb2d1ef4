"""The demonstration's municipality, Fjordvik: its districts, its agencies and the people one can be.

Everything is invented. Building it again changes nothing, so a start that was killed is simply started again. The other
apps build their part in a `demonstration.build()` of their own; `manage.py load_demo` calls them in order.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import environ
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind, ProtectionLevel, Role, Standing
from agencies.models import (
    Agency,
    DemonstrationStep,
    District,
    MachineClient,
    Membership,
    Municipality,
    SecrecyDeclaration,
    User,
)
from agencies.services import legal_bases, programmes, secrecy
from audit import clock

MUNICIPALITY = "Fjordvik"
MAIL_DOMAIN = "fjordvik.example"
MACHINE_CLIENT = "politiet-analyse"
MACHINE_SCOPE = "samlos:concernreports"
HEADS_SCOPE = "samlos:auditheads"

# Invented districts over real-looking codes: which office a report is suggested for follows from them (U23-10).
DISTRICTS = {
    "Øst": range(7030, 7059),
    "Vest": range(7020, 7030),
    "Midt": range(7010, 7020),
    "Sør": range(7060, 7100),
}


@dataclass(frozen=True)
class Office:
    """One agency as the demonstration has it. Organisation numbers are synthetic: real ones begin with 8 or 9."""

    slug: str
    name: str
    kind: AgencyKind
    organisation_number: str
    phone: str
    standing: Standing = Standing.PARTICIPANT
    district: str | None = None


@dataclass(frozen=True)
class CastMember:
    """One of those a visitor can be: in which agencies, as what, and what the person comes for."""

    key: str
    name: str
    title: str
    role: Role
    agencies: tuple[str, ...]
    comes_for: str | Promise
    clearance: ProtectionLevel = ProtectionLevel.MARKED
    # Somebody who starts today has not made the declaration of secrecy yet.
    is_new: bool = False

    @property
    def email(self) -> str:
        """The address the account is known by. It can receive nothing: `.example` belongs to nobody (RFC 2606)."""
        return f"{self.key}@{MAIL_DOMAIN}"


# U23-05 and U23-06: the four that own the cooperation, and those that take part. A municipal undertaking (KF) is a part
# of the municipality and so a public body (F-08), as are all here.
OFFICES = (
    Office("police-analysis", "Politiets analysegruppe", AgencyKind.POLICE, "310000124", "00 00 00 01", Standing.OWNER),
    Office("intake", "Service og internkontroll", AgencyKind.INTAKE_OFFICE, "310001139", "00 00 00 02"),
    Office(
        "hvk-ost",
        "Helse- og velferdskontor Øst",
        AgencyKind.HEALTH_WELFARE_OFFICE,
        "310002178",
        "00 00 00 03",
        district="Øst",
    ),
    Office(
        "hvk-vest",
        "Helse- og velferdskontor Vest",
        AgencyKind.HEALTH_WELFARE_OFFICE,
        "310003204",
        "00 00 00 04",
        district="Vest",
    ),
    Office(
        "hvk-midt",
        "Helse- og velferdskontor Midt",
        AgencyKind.HEALTH_WELFARE_OFFICE,
        "310004219",
        "00 00 00 05",
        district="Midt",
    ),
    Office(
        "hvk-sor",
        "Helse- og velferdskontor Sør",
        AgencyKind.HEALTH_WELFARE_OFFICE,
        "310005258",
        "00 00 00 06",
        district="Sør",
    ),
    Office("nav", "NAV Fjordvik", AgencyKind.NAV, "310006289", "00 00 00 07"),
    Office(
        "stavne",
        "Stavne arbeid og kompetanse KF",
        AgencyKind.MUNICIPAL_COMPANY,
        "310007307",
        "00 00 00 08",
        Standing.OWNER,
    ),
    Office("probation", "Friomsorgskontoret", AgencyKind.PROBATION, "310008338", "00 00 00 09", Standing.OWNER),
    Office("mediation", "Konfliktrådet", AgencyKind.MEDIATION, "310009369", "00 00 00 10"),
    Office("child-family", "Barne- og familietjenesten", AgencyKind.CHILD_FAMILY, "310010383", "00 00 00 11"),
    Office("mental-health", "Psykisk helse og rus", AgencyKind.MENTAL_HEALTH, "310011398", "00 00 00 12"),
    Office("outreach", "Uteseksjonen", AgencyKind.OUTREACH, "310012416", "00 00 00 13"),
    Office("slt", "SLT-koordinatorens kontor", AgencyKind.COORDINATION, "310013439", "00 00 00 14", Standing.OWNER),
)

CAST = (
    CastMember(
        "aksel",
        "Aksel Prøvestad",
        "analytiker",
        Role.ANALYST,
        ("police-analysis",),
        _("Følger hva som skjer med meldingene politiet har sendt."),
    ),
    CastMember(
        "leif",
        "Leif Testvold",
        "politikontakt",
        Role.CASEWORKER,
        ("police-analysis",),
        _("Møter i arbeidsgruppen for politiet."),
    ),
    CastMember(
        "rune",
        "Rune Prøvesen",
        "rådgiver",
        Role.INTAKE,
        ("intake",),
        _("Tar imot meldinger og fordeler dem til riktig kontor."),
        clearance=ProtectionLevel.STRICTLY_CONFIDENTIAL,
    ),
    CastMember(
        "mona",
        "Mona Eksempelås",
        "leder",
        Role.MANAGER,
        ("hvk-ost",),
        _("Tildeler nye saker, ser hva som er forsinket og henter planer som PDF."),
        clearance=ProtectionLevel.STRICTLY_CONFIDENTIAL,
    ),
    CastMember(
        "ingrid",
        "Ingrid Testnes",
        "saksbehandler",
        Role.CASEWORKER,
        ("hvk-ost",),
        _("Har saken: samtalen, samtykket, kartleggingen og planen."),
    ),
    CastMember(
        "oda",
        "Oda Demolund",
        "saksbehandler",
        Role.CASEWORKER,
        ("hvk-ost",),
        _("Er kollega til Ingrid, men ser ikke hennes saker. Er klarert for strengt fortrolig adresse."),
        clearance=ProtectionLevel.STRICTLY_CONFIDENTIAL,
    ),
    CastMember(
        "vidar",
        "Vidar Eksempelhaug",
        "leder",
        Role.MANAGER,
        ("hvk-vest",),
        _("Leder et annet kontor og ser bare sakene der."),
    ),
    CastMember(
        "hanne",
        "Hanne Prøvlien",
        "saksbehandler",
        Role.CASEWORKER,
        ("hvk-vest",),
        _("Arbeider på et annet kontor."),
    ),
    CastMember(
        "nils", "Nils Testmo", "avdelingsleder", Role.MANAGER, ("nav",), _("Svarer for NAV i sakene NAV er med i.")
    ),
    CastMember(
        "nora",
        "Nora Eksempelvik",
        "veileder",
        Role.CASEWORKER,
        ("nav",),
        _("Bidrar med arbeid og økonomi når samtykket åpner for det."),
    ),
    CastMember(
        "stine",
        "Stine Demostrand",
        "arbeidsveileder",
        Role.CASEWORKER,
        ("stavne",),
        _("Gir arbeidstrening og følger opp tiltak i planen."),
    ),
    CastMember(
        "tor",
        "Tor Demodal",
        "avdelingsleder",
        Role.MANAGER,
        ("stavne",),
        _("Svarer for Stavne og fordeler sakene der."),
    ),
    CastMember(
        "berit",
        "Berit Prøvang",
        "enhetsleder",
        Role.MANAGER,
        ("mental-health",),
        _("Svarer for psykisk helse og rus og fordeler sakene der."),
    ),
    CastMember(
        "siv",
        "Siv Demoberg",
        "ruskonsulent",
        Role.CASEWORKER,
        ("mental-health",),
        _("Følger opp psykisk helse og rus."),
    ),
    CastMember("sara", "Sara Prøvik", "miljøarbeider", Role.CASEWORKER, ("outreach",), _("Møter de unge der de er.")),
    CastMember(
        "frode", "Frode Testdal", "seniorrådgiver", Role.CASEWORKER, ("probation",), _("Følger opp straff i frihet.")
    ),
    CastMember(
        "kari", "Kari Eksempelheim", "rådgiver", Role.CASEWORKER, ("mediation",), _("Megler mellom dem en sak gjelder.")
    ),
    CastMember(
        "bente",
        "Bente Prøvholt",
        "familieveileder",
        Role.CASEWORKER,
        ("child-family",),
        _("Hjelper når den unge selv har barn."),
    ),
    CastMember(
        "marte",
        "Marte Demovik",
        "SLT-koordinator",
        Role.COORDINATOR,
        ("slt",),
        _("Innkaller arbeidsgruppen, leder møtet og skriver referatet."),
    ),
    CastMember(
        "pia",
        "Pia Testlund",
        "personvernombud",
        Role.PRIVACY_OFFICER,
        ("hvk-ost",),
        _("Ettergår hvem som har lest hva. Ser ingen saker."),
    ),
    CastMember(
        "arne",
        "Arne Demohaug",
        "administrator",
        Role.AGENCY_ADMINISTRATOR,
        ("hvk-ost",),
        _("Styrer ansatte og roller. Ser ingen saker."),
    ),
    CastMember(
        "gro",
        "Gro Prøvdal",
        "administrator",
        Role.AGENCY_ADMINISTRATOR,
        ("hvk-ost",),
        _("Godkjenner det Arne ber om, og omvendt: roller som gir rettigheter, krever to."),
    ),
    CastMember(
        "emil",
        "Emil Testhei",
        "saksbehandler",
        Role.CASEWORKER,
        ("hvk-vest",),
        _("Er ny i dag, og møter taushetserklæringen først."),
        is_new=True,
    ),
    CastMember(
        "tove",
        "Tove Eksempelsen",
        "miljøterapeut",
        Role.CASEWORKER,
        ("outreach", "mental-health"),
        _("Arbeider to steder og velger hvem hun handler for."),
    ),
)


# The municipality's own operators administer people where the agency has nobody of its own for it. Always two: what gives
# rights takes a second person.
OPERATORS = {"drift-1": "Jon Eksempelbø", "drift-2": "Liv Prøvemo"}


class NotADemonstrationError(Exception):
    """Invented people must never meet real ones."""


def refuse_elsewhere() -> None:
    """Raise NotADemonstrationError unless the settings say that this is the demonstration."""
    if not settings.DEMONSTRATION:
        raise NotADemonstrationError(
            "Dette hører til demonstrasjonen. Bruk DJANGO_SETTINGS_MODULE=config.settings.dev."
        )


def build_once(code: str, build: Callable[[], None]) -> None:
    """Run `build` unless a step with this code is done. A step that was killed halfway is run again."""
    refuse_elsewhere()
    if not DemonstrationStep.objects.filter(code=code).exists():
        build()
        DemonstrationStep.objects.get_or_create(code=code, defaults={"done_at": clock.now()})


@contextmanager
def as_owner() -> Iterator[None]:
    """A connection of the owner's role for the block. The application's role can give nobody a role that grants without two
    people who have one already (`agencies/sql/people.sql`), so the very first come from whoever owns the database.
    """
    here = connections[DEFAULT_DB_ALIAS]
    there = connections.create_connection(DEFAULT_DB_ALIAS)
    owner = environ.Env().db("DATABASE_OWNER_URL")
    there.settings_dict = here.settings_dict | {name: owner[name] for name in ("USER", "PASSWORD")}
    connections[DEFAULT_DB_ALIAS] = there
    try:
        yield
    finally:
        there.close()
        connections[DEFAULT_DB_ALIAS] = here


@transaction.atomic
def build() -> None:
    """Make Fjordvik, its agencies and its people, and load the programmes and legal bases. Twice changes nothing.

    The first time it needs the owner's role (`as_owner`).
    """
    refuse_elsewhere()
    for path in sorted(legal_bases.FOLDER.glob("*.yaml")):
        legal_bases.load(path)
    for path in sorted(programmes.FOLDER.glob("*.yaml")):
        programmes.load(path)
    agencies = _build_agencies()
    administrator = _account("arne")
    for member in CAST:
        for slug in member.agencies:
            _employ(
                _account(member.key), agencies[slug], member.role, granted_by=administrator, clearance=member.clearance
            )
            if not member.is_new:
                _declare_secrecy(_account(member.key), agencies[slug])
    _build_operators(agencies, granted_by=administrator)
    _build_machine(agencies["police-analysis"], granted_by=administrator)


def _build_agencies() -> dict[str, Agency]:
    municipality, _created = Municipality.objects.get_or_create(name=MUNICIPALITY, defaults={"country": "NO"})
    districts = {
        name: District.objects.get_or_create(
            municipality=municipality, name=name, defaults={"postal_codes": [str(code) for code in codes]}
        )[0]
        for name, codes in DISTRICTS.items()
    }
    made = {}
    for office in OFFICES:
        group, _created = Group.objects.get_or_create(name=office.slug)
        made[office.slug], _created = Agency.objects.get_or_create(
            group=group,
            defaults={
                "municipality": municipality,
                "district": districts[office.district] if office.district else None,
                "slug": office.slug,
                "name": office.name,
                "kind": office.kind,
                "standing": office.standing,
                "is_public_body": True,
                "organisation_number": office.organisation_number,
                "phone": office.phone,
            },
        )
    return made


def _account(key: str) -> User:
    """The account of one of the cast. Without a password: it is picked on a page that only the demonstration has."""
    member = next(member for member in CAST if member.key == key)
    known = User.objects.filter(email=member.email).first()
    return known or User.objects.create_user(member.email, name=member.name, title=member.title)


def _employ(
    user: User,
    agency: Agency,
    role: Role,
    *,
    granted_by: User,
    clearance: ProtectionLevel = ProtectionLevel.MARKED,
) -> None:
    """A membership from the start of last year to the end of the year after next: end dates are mandatory (G15)."""
    today = clock.today()
    Membership.objects.get_or_create(
        user=user,
        agency=agency,
        role=role,
        defaults={
            "valid_from": clock.start_of(today.replace(year=today.year - 1, month=1, day=1)),
            "valid_until": clock.end_of(today.replace(year=today.year + 2, month=12, day=31)),
            "granted_by": granted_by,
            "clearance": clearance,
            # LIL-29: those who may promise something on their agency's behalf in a meeting.
            "mandate_to_commit": role in {Role.MANAGER, Role.COORDINATOR},
        },
    )


def _declare_secrecy(user: User, agency: Agency) -> None:
    """They did when they began."""
    SecrecyDeclaration.objects.get_or_create(user=user, agency=agency, text_version=secrecy.TEXT_VERSION)


def _build_operators(agencies: dict[str, Agency], *, granted_by: User) -> None:
    served = set(agencies) - {slug for one in CAST if one.role == Role.AGENCY_ADMINISTRATOR for slug in one.agencies}
    for key, name in OPERATORS.items():
        email = f"{key}@{MAIL_DOMAIN}"
        known = User.objects.filter(email=email).first()
        operator = known or User.objects.create_user(email, name=name, title="brukeradministrator")
        for slug in sorted(served):
            _employ(operator, agencies[slug], Role.AGENCY_ADMINISTRATOR, granted_by=granted_by)
            _declare_secrecy(operator, agencies[slug])


def _build_machine(police: Agency, *, granted_by: User) -> None:
    """The police's own system: an account that never signs in, and a client that acts in its name."""
    email = f"{MACHINE_CLIENT}@{MAIL_DOMAIN}"
    machine = User.objects.filter(email=email).first() or User.objects.create_user(
        email, name="Politiets fagsystem", is_machine=True
    )
    _employ(machine, police, Role.ANALYST, granted_by=granted_by)
    MachineClient.objects.get_or_create(
        client_id=MACHINE_CLIENT, defaults={"agency": police, "user": machine, "scopes": [MACHINE_SCOPE, HEADS_SCOPE]}
    )
