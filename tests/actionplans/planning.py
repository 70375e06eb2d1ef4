"""A plan as Ingrid would have written it with Elias, made through the services."""

import copy
import datetime as dt
import uuid

from actionplans.enums import Progress
from actionplans.models import Measure
from actionplans.services import follow_ups, goals, measures
from actionplans.services.measures import Terms
from agencies.actors import Actor
from agencies.enums import Part
from audit import clock
from cases.grants import assign
from cases.models import Case
from tests import stories
from tests.cast import Cast, acting_as
from tests.retold import retold

GOAL = "Jeg vil ha en jobb å gå til."
MONEY, TALK, SCHOOL = "Lage betalingsavtale med namsmannen", "Samtale hver onsdag", "Praksis på verkstedet"
PROMISE = "Jeg møter til timen på onsdager."
SCOPES = {
    "hvk-ost": ["economy", "occupation_school", "health", "leisure_network"],
    "nav": ["economy", "occupation_school"],
    "stavne": ["occupation_school"],
    "mental-health": ["health"],
}


@retold
def consented(cast: Cast, case: Case | None = None) -> Case:
    """Elias has said yes to NAV on money and school, Stavne on school and mental health on health; each has a worker."""
    case = stories.consented(cast, case, scopes=SCOPES, forum=["slt", "hvk-ost", "nav"])
    for manager, worker in ((cast.nils, cast.nora), (cast.stine, cast.stine), (cast.siv, cast.siv)):
        with acting_as(manager):
            assign(case, worker.user, by=manager)
    return case


def terms(cast: Cast, slug: str = "nav", **changed: object) -> Terms:
    """An agreement with NAV about money, due in ten days; what is named is changed."""
    with acting_as(cast.ingrid):
        known: dict[str, object] = {
            "area": "economy",
            "title": MONEY,
            "how": "Vi ringer sammen med Elias.",
            "documented": "Avtalen legges i saken",
            "agency": cast.agency(slug),
            "person": None,
            "role": "",
            "due_on": clock.today() + dt.timedelta(days=10),
            "recurrence": "",
            "target": None,
            "unit": "",
        }
    return Terms(**(known | changed))  # type: ignore[arg-type]


def measure(cast: Cast, case: Case, slug: str = "nav", **changed: object) -> Measure:
    """A measure in the plan of `case`."""
    agreed = terms(cast, slug, **changed)
    with acting_as(cast.ingrid):
        return measures.add(case, agreed, by=cast.ingrid)


def many(cast: Cast, case: Case, count: int) -> None:
    """So many more measures like the first one about money, as the service would have written them one by one."""
    with acting_as(cast.ingrid):
        pattern = Measure.objects.filter(case=case, area="economy").in_order().get(position=1)
        copies = []
        for number in range(count):
            like = copy.copy(pattern)
            like.pk, like.title, like.position = uuid.uuid4(), f"Tiltak nummer {number}", number + 2
            copies.append(like)
        Measure.objects.bulk_create(copies)


@retold
def planned(cast: Cast, case: Case | None = None) -> Case:
    """A plan with a goal, three measures at three agencies, a promise and a follow-up, approved once."""
    case = case or consented(cast)
    measure(cast, case, person=cast.nora.user)
    measure(
        cast,
        case,
        "mental-health",
        area="health",
        title=TALK,
        due_on=None,
        recurrence="Hver onsdag",
        target=8,
        unit="samtaler",
    )
    measure(cast, case, "stavne", area="occupation_school", title=SCHOOL, role="verksmester")
    with acting_as(cast.ingrid):
        by = cast.ingrid
        goals.set_main_goal(case, text=GOAL, written_on=clock.today(), part=Part.CORE, by=by)
        goals.set_area_goals(case, goals={"economy": "Gjelden er betalt", "health": "Noen å snakke med"}, by=by)
        goals.add_commitment(
            case, text=PROMISE, part=Part.CORE, status=Progress.IN_PROGRESS, note="2 av 2 ganger", by=by
        )
        goals.approve(case, approved_on=clock.today(), attendance="Elias og Nora fra NAV", by=by)
        follow_ups.plan(
            case, starts_at=clock.now() + dt.timedelta(days=14), place="Bydelshuset, rom 2", young_person_attends=True,
            is_urgent=False, by=by,
        )  # fmt: skip
    return case


def report(
    cast: Cast, reporter: Actor, about: Measure, status: Progress = Progress.IN_PROGRESS, count: int | None = None
) -> None:
    """What `reporter` says of a measure."""
    with acting_as(reporter):
        row = Measure.objects.select_related("case").get(pk=about.pk)
        measures.report_progress(row, status=status, count=count, happened_on=clock.today(), text="", by=reporter)
