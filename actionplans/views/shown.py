"""What the plan's page says beside the plan itself: who sees it, and what this reader reports on."""

import uuid
from collections.abc import Set as AbstractSet

from django.utils.translation import gettext as _

from actionplans import policies
from actionplans.reading import PlanSeen
from agencies.actors import Actor
from agencies.enums import Part
from agencies.models import Agency
from cases.models import Case
from cases.policies import parts_open_to
from cases.services.access_explained import part_words


def who_sees_plan(actor: Actor, case: Case) -> list[dict[str, object]]:
    """For the lead: each agency with the parts of the plan it reads. For others: the young person, the lead and
    themselves, since who else takes part is not theirs to know.
    """
    whole = _("Hele planen")
    rows: list[dict[str, object]] = [{"name": case.person.given_name, "sees": True, "detail": whole}]
    if not case.is_led_by(actor.agency):
        own = parts_open_to(actor, case)
        return [
            *rows,
            {"name": case.lead_agency.name, "sees": True, "detail": whole},
            {"name": actor.agency.name, "sees": True, "detail": _parts(case, own)},
        ]
    reach = policies.reach_of(case).parts
    names = dict(
        Agency.objects.filter(pk__in=reach).exclude(pk=actor.agency.pk).order_by("name").values_list("pk", "name")
    )
    others = [{"name": name, "sees": True, "detail": _parts(case, reach[pk])} for pk, name in names.items()]
    return [*rows, {"name": actor.agency.name, "sees": True, "detail": whole}, *others]


def _parts(case: Case, parts: AbstractSet[str]) -> str:
    """The parts in the plan's own words: what every right holds goes without saying when there is more."""
    areas = {area.part for area in case.programme_version.definition.plan_areas}
    known = {part for part in areas if part in parts and part != Part.CORE}
    if not known:
        return _("Bare det alle i planen kan vite")
    words = part_words(known)
    return words[:1].upper() + words[1:]


def own_measure_ids(actor: Actor, case: Case, plan: PlanSeen) -> set[uuid.UUID]:
    """The measures of the actor's agency that the actor may report on (`policies.may_report_progress`)."""
    if not policies.may_report(actor, case):
        return set()
    return {measure.id for measure in plan.measures if measure.agency_id == actor.agency.pk}
