"""The end of a case (T13), and the end of what is kept of it (F-23)."""

import calendar
import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction

from agencies.actors import Actor
from agencies.enums import Part
from agencies.models import Agency
from audit import clock
from audit.services import record
from cases import policies, registers
from cases.enums import CaseState, ClosingReason, EntryKind
from cases.models import Case
from cases.services.lifecycle import change_state, demand, lock, record_change, write_entry
from cases.services.needs import agencies_who_may_know


@dataclass(frozen=True)
class Loser:
    """An agency that stops seeing the case when it closes, and the parts it sees until then."""

    agency: Agency
    parts: tuple[str, ...]


def who_loses_sight(actor: Actor, case: Case) -> list[Loser]:
    """The other agencies with a right now, by name, as the lead may know them."""
    order = [str(part) for part in Part]
    known = agencies_who_may_know(actor, case).items()
    return [
        Loser(agency, tuple(sorted(parts, key=order.index))) for agency, parts in known if not case.is_led_by(agency)
    ]


def kept_until(case: Case, closed_on: dt.date) -> dt.date:
    """The last day the case is kept when it closes on `closed_on`: the programme's months later (F-23)."""
    months = case.programme_version.definition.retention.closed_months
    year, month = divmod(closed_on.year * 12 + closed_on.month - 1 + months, 12)
    return dt.date(year, month + 1, min(closed_on.day, calendar.monthrange(year, month + 1)[1]))


@transaction.atomic
def close(case: Case, *, by: Actor, reason: ClosingReason) -> Case:
    """Close the case. Everybody else's sight of it ends at the same instant, and the time it is kept begins.

    Raises NotNow when it is closed already, or when "no contact" is given too early.
    """
    case = lock(case)
    demand(policies.may_close(by, case, reason))
    case = change_state(
        case,
        CaseState.CLOSED,
        by=by,
        closed_at=clock.now(),
        closing_reason=reason,
        retain_until=kept_until(case, clock.today()),
    )
    write_entry(case, kind=EntryKind.CLOSED, part=Part.CORE, by=by)
    registers.closed(case, by)
    record_change("case.closed", case, by=by, purpose=reason)
    return case


def reason_choices(actor: Actor, case: Case) -> list[tuple[str, str]]:
    """The reasons that can be given now, with their words."""
    return [(reason.value, str(reason.label)) for reason in ClosingReason if policies.may_close(actor, case, reason)]


def cases_past_their_date() -> list[Case]:
    """The closed cases whose time is over and that nothing holds back: only the owner's role sees them all."""
    return list(
        Case.objects.filter(state=CaseState.CLOSED, legal_hold=False, retain_until__lt=clock.today()).order_by(
            "retain_until", "pk"
        )
    )


@transaction.atomic
def purge(case: Case) -> bool:
    """Delete the case and all that hangs on it, for good. False when it is held or not past its date.

    The log keeps that it was done, with the case's id and nothing of what it held.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.purge_case(%s)", [case.pk])
        (done,) = cursor.fetchone()
    if done:
        record("case.purged", user_id=None, agency_id=case.lead_agency_id, case_id=case.pk, object_type="case")
    return bool(done)
