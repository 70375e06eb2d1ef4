"""How every page of a case gets its case: visible or not there, and the look-up is logged once."""

import uuid
from collections.abc import Collection, Iterable

from django.http import Http404

from agencies.enums import Part
from agencies.http import Request
from agencies.purposes import purpose_of
from audit.services import record, record_once
from cases.models import Case, CaseAccess


def open_case(request: Request, case_id: uuid.UUID) -> Case:
    """The case, if the actor may know of it now. Raises Http404 otherwise, the same as for one that does not exist.

    Writes the request's one `case.read` event, with the parts that were open, what they rest on and what for (G7).
    """
    actor = request.actor
    case = (
        Case.objects.visible_to(actor)
        .select_related("person", "lead_agency", "opened_by_agency", "programme_version__programme")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise Http404
    rows = CaseAccess.objects.in_force_for(actor).filter(case=case)
    lines = list(rows.values_list("parts", "reason", "received_only"))
    case.opened_with = (
        actor,
        frozenset(part for parts, _, received_only in lines if not received_only for part in parts),
    )
    record_once(
        "case.read",
        case_id=case.pk,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        parts={part for parts, _, _ in lines for part in parts},
        basis=",".join(sorted({reason for _, reason, _ in lines})),
        purpose=purpose_of(request),
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
    """Write the one event of a page that shows many cases: which ones, what of them, on which bases, what for (G7).

    `parts` are those that are shown of any of them: a list shows label, name and state, which are the core. `basis` is
    said where no right is used (one's own words).
    """
    actor = request.actor
    shown = sorted(set(case_ids))
    if basis is None:
        reasons = CaseAccess.objects.in_force_for(actor).filter(case__in=shown).values_list("reason", flat=True)
        basis = ",".join(sorted(set(reasons.distinct())))
    record(
        kind,
        user_id=actor.user.pk,
        agency_id=actor.agency.pk,
        role=actor.role_codes,
        case_ids=shown,
        parts=parts if shown else (),
        basis=basis,
        purpose=purpose_of(request),
        object_type=object_type,
        object_id=object_id,
    )
