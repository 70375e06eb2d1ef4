"""How every page of a case gets its case: visible or not there, and the look-up is logged once."""

import uuid
from collections.abc import Collection, Iterable

from django.db import models
from django.shortcuts import get_object_or_404

from agencies.actors import Actor
from agencies.enums import Part
from agencies.http import Request
from agencies.purposes import purpose_of
from audit.enums import Purpose
from audit.services import record, record_once
from cases import emergency
from cases.enums import RightReason
from cases.models import Case, CaseAccess


def open_case(request: Request, case_id: uuid.UUID) -> Case:
    """The case, if the actor may know of it now. Raises Http404 otherwise, the same as for one that does not exist.

    Writes the request's one `case.read` event, with the parts that were open, what they rest on and what for (G7).
    """
    actor = request.actor
    beside = ("person", "lead_agency", "opened_by_agency", "programme_version__programme")
    case = get_object_or_404(Case.objects.visible_to(actor).select_related(*beside), pk=case_id)
    rows = CaseAccess.objects.in_force_for(actor).filter(case=case)
    lines = list(rows.only("parts", "reason", "received_only", "user", "source_id"))
    case.opened_with = (actor, frozenset(part for line in lines if not line.received_only for part in line.parts))
    in_emergency = any(line.user_id is not None for line in lines)
    case.opened_by_glass = in_emergency and all(line.user_id is not None for line in lines)
    if case.opened_by_glass:
        emergency.may_be_asked(request).enforce()
    record_once(
        "case.read",
        case_id=case.pk,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        parts={part for line in lines for part in line.parts},
        basis=emergency.bases_in_log((line.reason, line.source_id) for line in lines),
        purpose=Purpose.EMERGENCY if in_emergency else purpose_of(request),
        object_type="case",
        object_id=case.pk,
    )
    return case


def record_list(
    request: Request,
    kind: str,
    case_ids: Iterable[uuid.UUID],
    *,
    parts: Collection[str] = (Part.CORE,),
    basis: str | None = None,
    object_type: str = "case",
    object_id: object = "",
) -> None:
    """Write the events of a page that shows many cases: which ones, what of them, on which bases, what for (G7). One event
    for the cases that are shown on the same bases, since each person is told theirs; a case stands in one of them.

    `parts` are those that are shown of any of them: a list shows label, name and state, which are the core. `basis` is
    said where no right is used (one's own words).
    """
    actor = request.actor
    shown = sorted(set(case_ids))
    for said, on_it in ({basis: shown} if basis is not None else _by_bases(actor, shown)).items():
        record(
            kind,
            user_id=actor.user.pk,
            agency_id=actor.agency.pk,
            role=actor.role_codes,
            case_ids=on_it,
            parts=parts if on_it else (),
            basis=said,
            purpose=purpose_of(request),
            object_type=object_type,
            object_id=object_id,
        )


def _by_bases(actor: Actor, shown: list[uuid.UUID]) -> dict[str, list[uuid.UUID]]:
    """The cases by what the log says they are known on. A page that showed none is logged too: none, on nothing."""
    glass = models.Case(models.When(reason=RightReason.BREAK_GLASS, then="source_id"))  # which one matters there alone
    lines = CaseAccess.objects.in_force_for(actor).filter(case__in=shown)
    reasons: dict[uuid.UUID, set[tuple[str, uuid.UUID | None]]] = {case_id: set() for case_id in shown}
    for case_id, reason, source in lines.values_list("case_id", "reason", glass).distinct():
        reasons[case_id].add((reason, source))
    alike: dict[frozenset[tuple[str, uuid.UUID | None]], list[uuid.UUID]] = {}
    for case_id in shown:
        alike.setdefault(frozenset(reasons[case_id]), []).append(case_id)
    found: dict[str, list[uuid.UUID]] = {}
    for seen, case_ids in alike.items():  # two emergencies on the same law are said alike
        found.setdefault(emergency.bases_in_log(seen), []).extend(case_ids)
    return found or {"": []}
