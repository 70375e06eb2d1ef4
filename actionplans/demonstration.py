"""The demonstration's plans: for every case of Ingrid's on which a consent is in force. Everybody in them is invented."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from actionplans import policies
from actionplans.enums import Progress
from actionplans.models import MainGoal, Measure
from actionplans.services import follow_ups, goals, measures
from actionplans.services.measures import Terms
from agencies.actors import Actor, actor_for
from agencies.demonstration_actors import acting, actor_called
from agencies.enums import Part
from agencies.models import Agency, Membership
from audit import clock
from cases.models import Case
from cases.workflow import RESTS_ON_CONSENT

GOAL = "Jeg vil ha et sted å bo og en jobb å gå til."
AREA_GOALS = {
    "occupation_school": "I arbeid tre dager i uka",
    "economy": "Gjelden til butikken er betalt",
    "housing": "Et eget sted å bo",
    "leisure": "To kvelder i uka med noe å gjøre",
}


@dataclass(frozen=True)
class Planned:
    """One measure: its agency, how many days until its last day (None: it only recurs), and what was reported."""

    area: str
    agency: str
    title: str
    how: str
    documented: str
    days: int | None
    recurrence: str = ""
    target: int | None = None
    unit: str = ""
    status: Progress | None = None
    count: int | None = None


PLAN = (
    Planned(
        "occupation_school", "stavne", "Praksis på verkstedet", "Tre dager i uka, sammen med en fast kollega.",
        "Oppmøtet føres i Stavnes logg", 30, target=12, unit="dager", status=Progress.IN_PROGRESS, count=5,
    ),
    Planned(
        "occupation_school", "nav", "Søke om arbeidsrettede tiltak", "NAV og den unge fyller ut søknaden sammen.",
        "Svaret legges i saken", 6, status=Progress.IN_PROGRESS,
    ),
    Planned(
        "economy", "nav", "Lage betalingsavtale for gjelden", "NAV og den unge ringer namsmannen sammen.",
        "Avtalen legges i saken", -2,
    ),
    Planned(
        "economy", "hvk-ost", "Betale 300 kroner i måneden", "", "Kvittering vises fram", None, "Den 1. i måneden",
        target=1500, unit="kr", status=Progress.IN_PROGRESS, count=600,
    ),
    Planned("housing", "hvk-ost", "Søke om kommunal bolig", "", "Vedtaket legges i saken", -9, status=Progress.DONE),
    Planned(
        "leisure", "hvk-ost", "Trening tirsdag og torsdag", "Treneren følger første gangen.", "Den unge sier fra selv", None,
        "Hver uke", target=6, unit="kvelder", status=Progress.IN_PROGRESS, count=5,
    ),
)  # fmt: skip


def build() -> None:
    """Write the plan with each young person who has said yes, as far as the consent lets the agencies know of it."""
    ingrid = actor_called("ingrid", "hvk-ost")
    with acting(ingrid):
        visible = Case.objects.visible_to(ingrid).led_by(ingrid.agency).in_states(*RESTS_ON_CONSENT)
        cases = list(visible.select_related("lead_agency", "programme_version").order_by("number"))
    for case in cases:
        _write_plan(case, ingrid)


@transaction.atomic
def _write_plan(case: Case, ingrid: Actor) -> None:
    today = clock.today()
    with acting(ingrid):
        if not policies.may_edit(ingrid, case) or MainGoal.objects.filter(case=case).exists():
            return
        reach = policies.reach_of(case)
        goals.set_main_goal(case, text=GOAL, written_on=today, part=Part.CORE, by=ingrid)
        made = [(row, _measure(case, row, reach, ingrid)) for row in PLAN]
        areas = {row.area for row, measure in made if measure is not None}
        goals.set_area_goals(case, goals={code: text for code, text in AREA_GOALS.items() if code in areas}, by=ingrid)
        promises = (
            ("Jeg møter på verkstedet, eller sier fra før klokka åtte.", Progress.IN_PROGRESS, "Gjort 5 av 6 ganger"),
            ("Jeg skriver brev til butikken.", Progress.NOT_BEGUN, "Vil gjøre det sammen med Ingrid"),
        )
        for text, status, note in promises:
            goals.add_commitment(case, text=text, part=Part.CORE, status=status, note=note, by=ingrid)
        starts_at = clock.start_of(_workday(today + dt.timedelta(days=7))) + dt.timedelta(hours=13)
        follow_ups.plan(
            case,
            starts_at=starts_at,
            place="Bydelshuset Øst, rom 2",
            young_person_attends=True,
            is_urgent=False,
            by=ingrid,
        )
        goals.approve(case, approved_on=today, attendance="Den unge og Ingrid", by=ingrid)
    for row, measure in made:
        if measure is not None and row.status is not None:
            _report(measure, row, ingrid)


def _measure(case: Case, row: Planned, reach: policies.Reach, by: Actor) -> Measure | None:
    """The measure, or None when the consent does not let its agency know of the area."""
    agency = Agency.objects.get(slug=row.agency)
    part = case.programme_version.definition.plan_area(row.area).part
    if not policies.may_be_responsible(case, agency, part, reach):
        return None
    worker = Membership.objects.in_force().filter(agency=agency, role="caseworker").order_by("user__name").first()
    own = by.user if agency == by.agency else None
    terms = Terms(
        area=row.area, title=row.title, how=row.how, documented=row.documented, agency=agency,
        person=own or (worker.user if worker else None), role="",
        due_on=None if row.days is None else clock.today() + dt.timedelta(days=row.days),
        recurrence=row.recurrence, target=row.target, unit=row.unit,
    )  # fmt: skip
    return measures.add(case, terms, by=by)


def _report(measure: Measure, row: Planned, ingrid: Actor) -> None:
    """Said by whoever carries it, or by Ingrid when the plan was gone through and they have no worker on the case."""
    carrier = measure.responsible
    actor = actor_for(carrier, measure.responsible_agency) if carrier else None
    for reporter in filter(None, (actor, ingrid)):
        with acting(reporter):
            if not Case.objects.visible_to(reporter).filter(pk=measure.case_id).exists():
                continue
            known = Measure.objects.select_related("case").get(pk=measure.pk)
            measures.report_progress(
                known,
                status=row.status or Progress.NOT_BEGUN,
                count=row.count,
                happened_on=clock.today(),
                text="",
                by=reporter,
            )
            return


def _workday(day: dt.date) -> dt.date:
    """`day`, or the Monday after a weekend."""
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
