"""Moving a case along: facts are established, and the state follows when the guards of `workflow.py` are met."""

import datetime as dt
import uuid

from django.db import connection, transaction
from django.utils.translation import gettext as _
from holidays import country_holidays

from agencies.actors import Actor
from agencies.decisions import Decision, NotNow
from agencies.enums import Part
from audit import clock
from audit.services import record
from cases import workflow
from cases.enums import CaseState, EntryKind, FactKind
from cases.models import Case, Entry, Fact

# A transaction's clock stands still, so a right that another ended after it began would still count in it (G4).
_ENDED_MEANWHILE = """
    WITH meanwhile AS (SELECT samlos.now() AS began, samlos.now() + (clock_timestamp() - now()) AS ended)
    SELECT EXISTS (SELECT 1 FROM cases_caseaccess a, meanwhile m WHERE a.case_id = %(case)s
                      AND a.agency_id = samlos.agency_id() AND a.valid_until > m.began AND a.valid_until <= m.ended)
        OR EXISTS (SELECT 1 FROM cases_conflict c, meanwhile m WHERE c.case_id = %(case)s
                      AND c.user_id = samlos.user_id() AND c.declared_at > m.began)
        OR EXISTS (SELECT 1 FROM agencies_membership s, meanwhile m WHERE s.user_id = samlos.user_id()
                      AND s.agency_id = samlos.agency_id() AND s.valid_until > m.began AND s.valid_until <= m.ended)
"""


def lock(case: Case) -> Case:
    """The case read again under a row lock, so that two people cannot both take the same step.

    Raises NotNow when a right of whoever acts ended between the transaction's beginning and the lock: nothing is
    written once a revocation stands, however close the two came. After this a revocation waits for the lock.
    """
    locked = (
        Case.objects.select_for_update(of=("self",)).select_related("lead_agency", "programme_version").get(pk=case.pk)
    )
    with connection.cursor() as cursor:
        cursor.execute(_ENDED_MEANWHILE, {"case": case.pk})
        if cursor.fetchone()[0]:
            raise NotNow(_("Tilgangen til saken ble endret mens du arbeidet. Last siden på nytt."), "right_ended")
    return locked


# Codes of refusals that are about the case and not about the person: "not now" instead of "not you".
_ABOUT_THE_CASE = frozenset(
    {"wrong_state", "closed", "no_consent", "facts_missing", "too_few_attempts", "whereabouts_sealed"}
)


def demand(decision: Decision) -> None:
    """Go on only when allowed. Raises NotNow when the case is in the way, Refused when the person may not."""
    if not decision and decision.code in _ABOUT_THE_CASE:
        raise NotNow(decision.reason, decision.code)
    decision.enforce()


@transaction.atomic
def change_state(case: Case, target: CaseState, *, by: Actor, **also: object) -> Case:
    """Move `case` to `target` when the transition table permits it and its facts are in force.

    Sets the next deadline from the programme, writes the audit row. `also`: fields of the case that the database only
    accepts together with the new state (a closing's reason). Raises NotNow with what is missing.
    """
    case = lock(case)
    current = CaseState(case.state)
    missing = workflow.missing_for(current, target, case.facts_in_force())
    if not missing.permitted:
        raise NotNow(
            _("Saken er i «%(now)s» og kan ikke gå til «%(target)s» herfra.")
            % {"now": current.label, "target": target.label},
            "wrong_state",
        )
    if missing.facts:
        lacking = ", ".join(str(FactKind(fact).label) for fact in missing.facts)
        raise NotNow(_("Dette mangler først: %(facts)s.") % {"facts": lacking}, "facts_missing")
    entered_before, case.state_since = case.state_since, clock.now()
    case.state = target
    # Some deadlines run on from the state before: intake has two days in all, not two more (the programme's `since`).
    deadline = case.programme_version.definition.deadline_for(target)
    runs_on = deadline is not None and deadline.since == current
    case.due_at = deadline_for(case, target, since=entered_before if runs_on else case.state_since)
    for name, value in also.items():
        setattr(case, name, value)
    case.save(update_fields=["state", "state_since", "due_at", *also])
    record_change("case.state_changed", case, by=by, purpose=target)
    return case


def deadline_for(case: Case, state: CaseState, *, since: dt.datetime) -> dt.datetime | None:
    """When the programme wants `case` to have left `state`, entered at `since`; None when it sets no deadline."""
    deadline = case.programme_version.definition.deadline_for(state)
    if deadline is None:
        return None
    return add_working_days(since, deadline.working_days, case.programme_version.programme.country)


@transaction.atomic
def fact_established(
    case: Case, kind: FactKind, *, by: Actor, source_type: str = "", source_id: uuid.UUID | None = None
) -> Fact:
    """Note that something holds from now on. Upper apps call this instead of changing a case's state themselves."""
    return Fact.objects.create(
        case=case,
        kind=kind,
        agency=by.agency,
        established_by=by.user,
        source_type=source_type,
        source_id=source_id,
    )


def fact_ensured(
    case: Case, kind: FactKind, *, by: Actor, source_type: str = "", source_id: uuid.UUID | None = None
) -> None:
    """As `fact_established`, unless it holds already: what is answered again is still one fact."""
    if not Fact.objects.in_force().filter(case=case, kind=kind).exists():
        fact_established(case, kind, by=by, source_type=source_type, source_id=source_id)


@transaction.atomic
def facts_ended(case: Case, *kinds: FactKind, by: Actor) -> int:
    """Note that these hold no longer. Returns how many rows ended."""
    return Fact.objects.in_force().filter(case=case, kind__in=kinds).update(ended_at=clock.now())


def write_entry(
    case: Case,
    *,
    kind: EntryKind,
    part: Part,
    by: Actor,
    text: str = "",
    source_type: str = "",
    source_id: uuid.UUID | None = None,
    occurred_at: dt.datetime | None = None,
    supersedes: Entry | None = None,
) -> Entry:
    """Add a line to the case's one timeline, seen by those whose right covers its part and author.

    It tells of now, or of what happened at `occurred_at`. Asks no policy: the services that call it have asked theirs.
    """
    instant = clock.now()
    return Entry.objects.create(
        case=case,
        kind=kind,
        part=part,
        text=text,
        author_id=by.user.pk,  # None when the agency itself acts: a sweep
        author_agency=by.agency,
        created_at=instant,
        occurred_at=occurred_at or instant,
        source_type=source_type,
        source_id=source_id,
        supersedes=supersedes,
    )


def record_change(kind: str, case: Case, *, by: Actor, **details: object) -> None:
    """One audit event about `case` by this actor."""
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=case.pk,
        object_type="case",
        object_id=case.pk,
        **details,  # type: ignore[arg-type]
    )


def add_working_days(start: dt.datetime, days: int, country: str) -> dt.datetime:
    """The deadline on the `days`-th working day after `start`, in the municipality's zone; holidays of `country` are none."""
    closed = country_holidays(country)
    day = start.astimezone(clock.local_zone()).date()
    while days > 0:
        day += dt.timedelta(days=1)
        if day.weekday() < 5 and day not in closed:
            days -= 1
    return clock.deadline_on(day)
