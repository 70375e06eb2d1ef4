"""How every page of a case gets its case: visible or not there, and the look-up is logged once."""

import uuid
from collections.abc import Collection, Iterable

from django.db import models
from django.shortcuts import get_object_or_404

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
    """Write the one event of a page that shows many cases: which ones, what of them, on which bases, what for (G7).

    `parts` are those that are shown of any of them: a list shows label, name and state, which are the core. `basis` is
    said where no right is used (one's own words).
    """
    actor = request.actor
    shown = sorted(set(case_ids))
    if basis is None:
        lines = CaseAccess.objects.in_force_for(actor).filter(case__in=shown)
        glass = models.Case(
            models.When(reason=RightReason.BREAK_GLASS, then="source_id")
        )  # which one matters there alone
        basis = emergency.bases_in_log(lines.values_list("reason", glass).distinct())
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
