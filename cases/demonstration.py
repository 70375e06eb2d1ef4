"""The demonstration's reports, each as far on its way as its owner has come. Everybody in them is invented."""

import datetime as dt
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from django.db import transaction

from agencies.actors import Actor
from agencies.demonstration import MAIL_DOMAIN, build_once
from agencies.demonstration_actors import acting, actor_called
from agencies.enums import Part, ProtectionLevel
from agencies.models import Agency, User
from audit import clock
from cases import demonstration_work
from cases.enums import RejectionReason
from cases.models import Case
from cases.services import assignments, national_ids, reports
from cases.services.reports import Address, Information, Subject, Submission

EAST, WEST, MIDDLE = "7031", "7021", "7011"
NOWHERE = "7900"  # in no district of Fjordvik


class Work(Protocol):
    def __call__(self, case: Case, *, by: Actor) -> None: ...


@dataclass(frozen=True)
class Story:
    """A report and how far it has come: received by intake, passed on to an office, given to somebody, sent back."""

    name: tuple[str, str]
    age: int
    lives: str
    information: tuple[Information, ...]
    criteria: frozenset[str] = field(default_factory=lambda: frozenset({"crime", "repeated"}))
    registered: str = ""
    is_received: bool = False
    office: str = ""
    caseworker: str = ""
    manager: str = ""
    rejected: RejectionReason | None = None
    # How hidden the person is: such a case is there for those cleared alone.
    protection: ProtectionLevel = ProtectionLevel.NONE
    # What the caseworker has done since.
    work: Work | None = None


def _found(part: Part, text: str) -> Information:
    return Information(part, text, verified=True)


def _heard(part: Part, text: str) -> Information:
    return Information(part, text, verified=False)


STORIES = (
    Story(
        ("Elias", "Prøvedal"),
        21,
        EAST,
        (
            _found(Part.CRIME, "Stanset med tyveri i butikk fire ganger siden august."),
            _heard(Part.SUBSTANCE_USE, "Sier selv at han røyker hasj i helgene."),
            _heard(Part.HOUSING, "Skal ha sovet hos venner de siste ukene."),
        ),
        criteria=frozenset({"crime", "drugs", "repeated"}),
        is_received=True,
        office="hvk-ost",
        manager="mona",
        caseworker="ingrid",
        work=demonstration_work.told_and_willing,
    ),
    Story(
        ("Noah", "Testeng"),
        23,
        WEST,
        (_found(Part.CRIME, "Kjørt uten førerkort to ganger i høst."),),
        is_received=True,
        office="hvk-vest",
        manager="vidar",
        caseworker="hanne",
        work=demonstration_work.called_in_vain,
    ),
    Story(
        ("Emil", "Eksempelstad"),
        24,
        EAST,
        (
            _found(Part.CRIME, "Hærverk på byggeplass, tre forhold."),
            _heard(Part.OCCUPATION_SCHOOL, "Har ikke hatt jobb siden i vår."),
        ),
        is_received=True,
        office="hvk-ost",
    ),
    Story(
        ("Sofie", "Demoli"),
        19,
        MIDDLE,
        (_found(Part.CRIME, "Tyveri på treningssenter."),),
        is_received=True,
        rejected=RejectionReason.NOT_RESIDENT,
    ),
    Story(
        ("Jonas", "Testland"),
        22,
        WEST,
        (
            _found(Part.CRIME, "Anmeldt for tre innbrudd i boder siden september."),
            _found(Part.SUBSTANCE_USE, "Tatt med en liten mengde amfetamin."),
            _heard(Part.FAMILY, "Skal ha flyttet fra foreldrene etter en krangel."),
        ),
        criteria=frozenset({"crime", "drugs", "repeated"}),
        registered=EAST,
        is_received=True,
    ),
    Story(
        ("Sander", "Prøvhaug"),
        19,
        WEST,
        (_found(Part.CRIME, "To slagsmål i sentrum i oktober."),),
        criteria=frozenset({"violence", "repeated"}),
    ),
    Story(("Amina", "Demosen"), 20, NOWHERE, (_found(Part.CRIME, "Vinning i butikk, gjentatte ganger."),)),
    Story(
        ("Mathias", "Demodal"),
        20,
        EAST,
        (_found(Part.CRIME, "Tatt for naskeri to ganger i oktober."),),
        is_received=True,
        office="hvk-ost",
        manager="mona",
        caseworker="ingrid",
        work=demonstration_work.told_and_willing,
    ),
    Story(
        ("Frida", "Testlien"),
        19,
        EAST,
        (
            _found(Part.CRIME, "Tatt i butikktyveri to ganger etter at hun flyttet."),
            _heard(Part.CONTACT, "Skal bo på et krisesenter fram til jul."),
        ),
        is_received=True,
        office="hvk-ost",
        manager="mona",
        caseworker="oda",
        protection=ProtectionLevel.STRICTLY_CONFIDENTIAL,
    ),
)


def build() -> None:
    """Hand in every report, and let intake and the offices do what they have done. Each once: a start that was killed
    goes on with the next.
    """
    for number, story in enumerate(STORIES, start=1):
        with transaction.atomic():
            build_once(f"cases-{number}", partial(_tell, story, number))


def _tell(story: Story, number: int) -> None:
    police, intake = actor_called("aksel", "police-analysis"), actor_called("rune", "intake")
    with acting(police):
        receipt = reports.submit(_submission(story, number), by=police)
    with acting(intake):
        case = Case.objects.get(concernreports__receipt=receipt)
        if story.is_received:
            case = reports.receive(case, by=intake)
        if story.rejected:
            reports.reject(case, reason=story.rejected, by=intake)
        if story.office:
            reports.route(case, office=Agency.objects.get(slug=story.office), by=intake)
    if story.caseworker:
        manager = actor_called(story.manager, story.office)
        with acting(manager):
            case = assignments.assign(case, user=_user(story.caseworker), by=manager)
    if story.work:
        story.work(case, by=actor_called(story.caseworker, story.office))


def _submission(story: Story, number: int) -> Submission:
    born = _birth_date(story.age, number)
    given_name, family_name = story.name
    return Submission(
        programme="u23_trondheim",
        sender_reference=f"FJO-{clock.today().year}-{120 + number:05d}",
        subject=Subject(
            given_name=given_name,
            family_name=family_name,
            birth_date=born,
            address=Address(f"Testveien {number}", story.lives, "Fjordvik"),
            registered_address=Address(f"Prøveveien {number}", story.registered, "Fjordvik")
            if story.registered
            else None,
            national_id=synthetic_number(born, serial=500 + number),
            phone=f"00 00 01 {number:02d}",
            protection_level=story.protection,
        ),
        criteria={code: code in story.criteria for code in ("crime", "violence", "drugs", "repeated")},
        legal_basis="NO-PREG-27-4",
        necessity="Kommunen kan ikke tilby hjelp i tide uten å kjenne til mønsteret i det som har skjedd.",
        proportionality="Bare det som trengs for å komme i kontakt og vurdere hjelp, er tatt med.",
        decided_by="Seksjonsleder ved analysegruppen",
        information=story.information,
    )


def _birth_date(age: int, number: int) -> dt.date:
    """A birthday some months back, another for each."""
    day = clock.today() - dt.timedelta(days=31 * number + 5)
    return day.replace(year=day.year - age, day=min(day.day, 28))


def synthetic_number(birth_date: dt.date, *, serial: int) -> str:
    """A possible synthetic national number (80 added to the month), the first from `serial` on with check digits."""
    date = f"{birth_date:%d}{birth_date.month + national_ids.SYNTHETIC_MONTH}{birth_date:%y}"
    for individual in range(serial, 1000):
        first = _check_digit(f"{date}{individual:03d}", national_ids.FIRST_WEIGHTS)
        second = _check_digit(f"{date}{individual:03d}{first}", national_ids.SECOND_WEIGHTS)
        if first < 10 and second < 10:
            return f"{date}{individual:03d}{first}{second}"
    raise ValueError("no number left for this date")


def _check_digit(digits: str, weights: tuple[int, ...]) -> int:
    """10 means that there is none: such a number is not given to anybody."""
    return -sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11


def _user(key: str) -> User:
    return User.objects.get(email=f"{key}@{MAIL_DOMAIN}")
