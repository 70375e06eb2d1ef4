"""The demonstration's consent: Elias has said yes to four services, and they have begun. Everybody in it is invented."""

from django.db import transaction

from agencies.actors import Actor
from agencies.demonstration_actors import acting, actor_called
from agencies.enums import Part
from agencies.models import Agency
from audit import clock
from cases import demonstration_work
from cases.enums import CaseState, EntryKind
from cases.grants import assign
from cases.models import Case
from cases.services import entries
from consent import demonstration_control, services
from consent.contents import Contents, Signed, default_end, template_of

YES_TO = {
    "hvk-ost": (Part.ECONOMY, Part.HOUSING, Part.OCCUPATION_SCHOOL, Part.LEISURE_NETWORK),
    "nav": (Part.ECONOMY, Part.OCCUPATION_SCHOOL, Part.HOUSING),
    "stavne": (Part.OCCUPATION_SCHOOL, Part.LEISURE_NETWORK),
    "mental-health": (Part.HEALTH, Part.SUBSTANCE_USE),
    "slt": (Part.OCCUPATION_SCHOOL,),
}
AROUND_THE_TABLE = ("hvk-ost", "nav", "stavne", "slt")
SAID = {
    "ingrid": (Part.HOUSING, "Moren sier at han kan bo hos henne ut vinteren."),
    "nora": (Part.ECONOMY, "Søknad om økonomisk sosialhjelp er sendt sammen med ham."),
    "stine": (Part.OCCUPATION_SCHOOL, "Han kan begynne på verkstedet på mandag, tre dager i uka."),
}
WORKERS = {"nora": "nav", "stine": "stavne", "siv": "mental-health"}


@transaction.atomic
def build() -> None:
    """Record the consent of the oldest of Ingrid's cases that waits for one, let the others come in, and give those who
    control something to control.
    """
    ingrid = actor_called("ingrid", "hvk-ost")
    with acting(ingrid):
        waiting = Case.objects.visible_to(ingrid).in_states(CaseState.CONSENT_PENDING).order_by("number")
        case = waiting.select_related("person", "lead_agency", "programme_version__programme")[0]
        services.record(case, _paper(case, ingrid), by=ingrid)
    for key, slug in WORKERS.items():
        worker = actor_called(key, slug)
        with acting(worker):
            assign(case, worker.user, by=worker)
    demonstration_work.mapped(case, by=ingrid)
    for key, (part, text) in SAID.items():
        writer = actor_called(key, WORKERS.get(key, "hvk-ost"))
        with acting(writer):
            entries.write(case, by=writer, kind=EntryKind.NOTE, part=part, text=text)
    demonstration_control.build(case)


def _paper(case: Case, by: Actor) -> Contents:
    today = clock.today()
    return Contents(
        scopes={_agency(slug): parts for slug, parts in YES_TO.items()},
        forums={"working_group": [_agency(slug) for slug in AROUND_THE_TABLE]},
        valid_until_date=default_end(case, today),
        signed_on=today,
        place="Fjordvik",
        signatures=[Signed(case.person.name)],
        informed_items=[item.code for item in template_of(case).informed_items],
        collector_name=by.user.name,
        collector_phone=by.agency.phone,
        copy_handed_over=True,
        research_follow_up=False,
    )


def _agency(slug: str) -> Agency:
    return Agency.objects.select_related("municipality").get(slug=slug)
