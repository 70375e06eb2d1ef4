"""How a case came where a test needs it: told through the services, one step after the other, as people would.

Each is called outside any context and sets its own. What it returns is read again where it is used.
"""

import datetime as dt
import itertools
from collections.abc import Collection, Mapping

from agencies.enums import Part
from audit import clock
from cases.enums import Answer, ClosingReason, CoordinationKind, NeedStatus, SummonsWay, WishForHelp
from cases.models import Case
from cases.services import assignments, closing, needs, reports, review, talks
from cases.services.needs import NeedAnswer
from cases.services.reports import Address as Address
from cases.services.reports import Information, Submission
from cases.services.reports import Subject as Subject
from cases.services.review import ReviewAnswers
from cases.services.talks import Talk
from consent import services as consent_services
from consent.contents import Contents, Signed
from tests.cast import Cast, acting_as
from tests.retold import retold

# The programme's points, all gone through before signing.
INFORMED_ITEMS = ("why", "what", "with_whom", "from_whom", "who_processes", "voluntary", "revocable", "consequences")

_references = itertools.count(1)
EAST, WEST = "7031", "7021"

FOUND = Information(Part.CRIME, "Stanset med tyveri i butikk tre ganger denne høsten.", verified=True)
HEARD = Information(Part.SUBSTANCE_USE, "Opplyser selv at han ruser seg i helgene.", verified=False)


def years_ago(years: int) -> dt.date:
    """A birthday that was some weeks before the database's today, so many years back."""
    day = clock.today() - dt.timedelta(days=60)
    return day.replace(year=day.year - years, day=min(day.day, 28))


def subject(**changed: object) -> Subject:
    """Elias Prøvedal, 21, who lives in the east of Fjordvik."""
    known: dict[str, object] = {
        "given_name": "Elias",
        "family_name": "Prøvedal",
        "birth_date": years_ago(21),
        "address": Address("Testveien 1", EAST, "Fjordvik"),
        "phone": "00 00 00 99",
    }
    return Subject(**(known | changed))  # type: ignore[arg-type]


def submission(*, about: Subject | None = None, **changed: object) -> Submission:
    """A report in order; what is named is changed."""
    known: dict[str, object] = {
        "programme": "u23_trondheim",
        "sender_reference": f"FJO-2026-{next(_references):05d}",
        "subject": about or subject(),
        "criteria": {"crime": True, "violence": False, "drugs": True, "repeated": True},
        "legal_basis": "NO-PREG-27-4",
        "necessity": "Kommunen kan ikke hjelpe uten å kjenne til mønsteret.",
        "proportionality": "Bare det som trengs for å komme i kontakt, er tatt med.",
        "decided_by": "Seksjonsleder ved analysegruppen",
        "information": (FOUND, HEARD),
    }
    return Submission(**(known | changed))  # type: ignore[arg-type]


@retold
def submitted(cast: Cast, *, about: Subject | None = None, **changed: object) -> Case:
    """The police have handed in a report: intake leads the case and has not opened it."""
    with acting_as(cast.aksel):
        receipt = reports.submit(submission(about=about, **changed), by=cast.aksel)
    with acting_as(cast.rune):
        return Case.objects.get(concernreports__receipt=receipt)


@retold
def received(cast: Cast, case: Case | None = None) -> Case:
    """Intake has taken the report in."""
    case = case or submitted(cast)
    with acting_as(cast.rune):
        return reports.receive(case, by=cast.rune)


@retold
def routed(cast: Cast, case: Case | None = None, *, office: str = "hvk-ost") -> Case:
    """Intake has passed the report on to an office, which leads the case from now on."""
    case = case or received(cast)
    with acting_as(cast.rune):
        return reports.route(case, office=cast.agency(office), by=cast.rune)


@retold
def assigned(cast: Cast, case: Case | None = None) -> Case:
    """The office's manager, Mona, has given the case to Ingrid: the initial review has begun."""
    case = case or routed(cast)
    with acting_as(cast.mona):
        return assignments.assign(case, user=cast.ingrid.user, by=cast.mona)


@retold
def reviewed(cast: Cast, case: Case | None = None, *, has_children: Answer = Answer.NO) -> Case:
    """Ingrid has done the initial review: services, family and children are answered."""
    case = case or assigned(cast)
    about_children = {
        "child_assessment": "Barnet bor hos den andre forelderen og er trygt der.",
        "duty_applies": False,
    }
    answers = ReviewAnswers(
        services="Fastlege siden 2019. Ingen andre.",
        family="Bor hos mor. Bestefar er viktig for ham.",
        has_children=has_children,
        **(about_children if has_children == Answer.YES else {}),  # type: ignore[arg-type]
    )
    with acting_as(cast.ingrid):
        review.complete(case, by=cast.ingrid, answers=answers)
        return case_now(case)


@retold
def summoned(cast: Cast, case: Case | None = None) -> Case:
    """Ingrid has called the person to a talk in three days."""
    case = case or reviewed(cast)
    with acting_as(cast.ingrid):
        talks.summon(
            case,
            by=cast.ingrid,
            summoned_on=clock.today(),
            how=SummonsWay.LETTER,
            appointment_at=clock.now() + dt.timedelta(days=3),
            place="Kontor Øst, rom 2",
        )
        return case_now(case)


@retold
def informed(cast: Cast, case: Case | None = None, *, wish: WishForHelp = WishForHelp.UNDECIDED) -> Case:
    """The talk is held, the person knows that the police reported, and has answered `wish`."""
    case = case or summoned(cast)
    with acting_as(cast.ingrid):
        talk = Talk(
            held_on=clock.today(),
            present="Elias og Ingrid",
            told_of_report=True,
            told_source=True,
            wish=wish,
            next_at=clock.now() + dt.timedelta(days=7) if wish == WishForHelp.UNDECIDED else None,
        )
        return talks.hold(case, by=cast.ingrid, talk=talk)


@retold
def consent_pending(cast: Cast, case: Case | None = None) -> Case:
    """The person wants help: the consent can be asked for."""
    return informed(cast, case, wish=WishForHelp.YES)


# What the young person says yes to unless a test says otherwise: agencies, and the parts each may know.
SAID_YES: dict[str, tuple[Part, ...]] = {
    "hvk-ost": (Part.ECONOMY, Part.HOUSING, Part.OCCUPATION_SCHOOL, Part.LEISURE_NETWORK),
    "nav": (Part.ECONOMY, Part.OCCUPATION_SCHOOL),
    "stavne": (Part.OCCUPATION_SCHOOL,),
}
AROUND_THE_TABLE = ("slt", "hvk-ost", "nav", "stavne")


def paper(
    cast: Cast,
    *,
    scopes: Mapping[str, Collection[str]] | None = None,
    forum: Collection[str] | None = None,
    givers: Collection[str] | None = None,
    until: dt.date | None = None,
    **changed: object,
) -> Contents:
    """A signed form in order. `forum` are those who take part in the working group; empty: it may not hear the case."""
    boxes = SAID_YES if scopes is None else scopes
    present = AROUND_THE_TABLE if forum is None else forum
    known: dict[str, object] = {
        "scopes": {cast.agency(slug): [Part(part) for part in parts] for slug, parts in boxes.items()},
        "forums": {"working_group": [cast.agency(slug) for slug in sorted(present)]} if present else {},
        "givers": None if givers is None else [cast.agency(slug) for slug in givers],
        "valid_until_date": until or clock.today() + dt.timedelta(days=180),
        "signed_on": clock.today(),
        "place": "Fjordvik",
        "signatures": [Signed("Elias Prøvedal")],
        "informed_items": INFORMED_ITEMS,
        "collector_name": cast.ingrid.user.name,
        "collector_phone": "00 00 00 11",
        "copy_handed_over": True,
    }
    return Contents(**(known | changed))  # type: ignore[arg-type]


@retold
def consented(
    cast: Cast,
    case: Case | None = None,
    *,
    scopes: Mapping[str, Collection[str]] | None = None,
    forum: Collection[str] | None = None,
    givers: Collection[str] | None = None,
    until: dt.date | None = None,
) -> Case:
    """The person has signed, and Ingrid has recorded it; a consent already in force is replaced."""
    case = case or consent_pending(cast)
    with acting_as(cast.ingrid):
        running = case.consents.in_force().first()
        contents = paper(cast, scopes=scopes, forum=forum, givers=givers, until=until)
        consent_services.record(case, contents, by=cast.ingrid, replaces=running.pk if running else None)
        return case_now(case)


@retold
def revoked(cast: Cast, case: Case | None = None, *, wants_help: bool = True) -> Case:
    """The person has taken the consent back."""
    case = case or consented(cast)
    with acting_as(cast.ingrid):
        return consent_services.revoke(case.consents.in_force().get(), by=cast.ingrid, wants_help=wants_help)


def needs_assessed(cast: Cast, case: Case) -> Case:
    """Ingrid has assessed all six basic needs."""
    with acting_as(cast.ingrid):
        every = case.programme_version.definition.basic_needs
        answers = [NeedAnswer(need.code, NeedStatus.PARTLY, "Avklart i samtalen.") for need in every]
        needs.assess_needs(case, by=cast.ingrid, answers=answers)
        return case_now(case)


@retold
def collaborating(cast: Cast, case: Case | None = None) -> Case:
    """All that is considered first is considered, and the collaboration has begun."""
    case = needs_assessed(cast, case or consented(cast))
    with acting_as(cast.ingrid):
        for kind in CoordinationKind:
            called = kind == CoordinationKind.COOPERATION_MEETING
            day = clock.today() + dt.timedelta(days=10) if called else None
            needs.assess_coordination(
                case, by=cast.ingrid, kind=kind, wanted=called, why="Vurdert sammen med Elias.", meeting_on=day
            )
        return needs.start_collaboration(case, by=cast.ingrid)


@retold
def closed(cast: Cast, case: Case | None = None, *, reason: ClosingReason = ClosingReason.GOAL_MET) -> Case:
    """The office has closed the case."""
    case = case or collaborating(cast)
    with acting_as(cast.ingrid):
        return closing.close(case, by=cast.ingrid, reason=reason)


def case_now(case: Case) -> Case:
    """The case as it stands, to whoever acts."""
    return Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
