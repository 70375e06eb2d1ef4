"""The demonstration's office work: how far the caseworkers have come with the cases they were given.

`cases.demonstration` calls the first two when a case is given to its caseworker. `mapped` takes a case with a consent on
to the collaboration, for the apps above that show one.
"""

import datetime as dt

from agencies.actors import Actor
from audit import clock, context
from cases.enums import Answer, CoordinationKind, NeedStatus, SummonsWay, WishForHelp
from cases.models import Case
from cases.services import needs, review, talks
from cases.services.needs import NeedAnswer
from cases.services.review import ReviewAnswers
from cases.services.talks import Talk

REVIEWED = ReviewAnswers(
    services="Fastlege siden 2019. Var innom NAV i vår, men har ingen avtale der nå.",
    family="Bor hos moren i perioder. Bestefaren betyr mye. Ikke kontakt med faren.",
    has_children=Answer.NO,
)
TOLD = Talk(
    held_on=dt.date.min,  # set to the day the demonstration is built
    present="Personen selv og saksbehandleren",
    told_of_report=True,
    told_source=True,
    wish=WishForHelp.YES,
    note="Kjente seg igjen i meldingen. Vil ha jobb og et fast sted å bo.",
)
ANSWERS = {
    "housing": (NeedStatus.PARTLY, "Bor hos moren i ukedagene og hos venner i helgene."),
    "income": (NeedStatus.NOT_MET, "Ingen inntekt siden sommeren. Har en regning til inkasso."),
    "assessment_treatment": (NeedStatus.MET, "Ferdig utredet. Ingen behandling er nødvendig nå."),
    "nav_contact": (NeedStatus.NOT_MET, "Ingen veileder. Ønsker hjelp til å bestille time."),
    "occupation": (NeedStatus.PARTLY, "Jobber av og til på et verksted, ellers ingenting på dagtid."),
    "day_evening_follow_up": (NeedStatus.PARTLY, "Ringer bestefaren. Har ingen å møte i helgene."),
}
WHY = {
    CoordinationKind.RESPONSIBILITY_GROUP: (False, "Tre tjenester er med. De holder kontakten i samarbeidsmøtene."),
    CoordinationKind.INDIVIDUAL_PLAN: (
        False,
        "Har ikke behov for langvarige tjenester nå. Vurderes på nytt til våren.",
    ),
    CoordinationKind.COOPERATION_MEETING: (
        True,
        "Personen selv, NAV og kontoret. Vi blir enige om de første tiltakene.",
    ),
}


def told_and_willing(case: Case, *, by: Actor) -> None:
    """The review is done, the talk held, and the person wants help: the consent can be signed."""
    _called(case, by=by, days=3)
    with context.acting(user_id=by.user.pk, agency_id=by.agency.pk):
        held = {**vars(TOLD), "held_on": clock.today()}
        talks.hold(case, by=by, talk=Talk(**held))


def called_in_vain(case: Case, *, by: Actor) -> None:
    """The person did not come the first time, and is called again."""
    _called(case, by=by, days=2)
    with context.acting(user_id=by.user.pk, agency_id=by.agency.pk):
        talks.did_not_come(case, by=by)
        _call(case, by=by, how=SummonsWay.PHONE, days=6)


def mapped(case: Case, *, by: Actor) -> None:
    """All that is considered before collaborating is considered, and the collaboration has begun (T10)."""
    with context.acting(user_id=by.user.pk, agency_id=by.agency.pk):
        every = case.programme_version.definition.basic_needs
        answers = [NeedAnswer(need.code, *ANSWERS[need.code]) for need in every]
        needs.assess_needs(case, by=by, answers=answers)
        for kind, (wanted, why) in WHY.items():
            meeting_on = clock.today() + dt.timedelta(days=12) if kind == CoordinationKind.COOPERATION_MEETING else None
            needs.assess_coordination(case, by=by, kind=kind, wanted=wanted, why=why, meeting_on=meeting_on)
        needs.start_collaboration(case, by=by)


def _called(case: Case, *, by: Actor, days: int) -> None:
    with context.acting(user_id=by.user.pk, agency_id=by.agency.pk):
        review.complete(case, by=by, answers=REVIEWED)
        _call(case, by=by, how=SummonsWay.LETTER, days=days)


def _call(case: Case, *, by: Actor, how: SummonsWay, days: int) -> None:
    day = clock.today() + dt.timedelta(days=days)
    at = dt.datetime.combine(day, dt.time(13), tzinfo=clock.local_zone())
    talks.summon(case, by=by, summoned_on=clock.today(), how=how, appointment_at=at, place="Kontoret, møterom 2")
