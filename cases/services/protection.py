"""How hidden a person is: raised by one at once, lowered by two, and whereabouts in one place for those cleared (F-19)."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import ANSWERING_ROLES, CLEARANCE_ORDER, Actor, actor_for
from agencies.decisions import Decision, NotNow
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, Membership, User
from audit import clock
from cases import policies
from cases.enums import ProtectionOutcome, WhereaboutsKind
from cases.grants import assignments_of
from cases.models import Case, Conflict, ProtectionChange, SealedWhereabouts
from cases.services.lifecycle import demand, lock, record_change
from reminders.rules import Rule
from reminders.services import raise_reminder, withdraw

PROTECTION_CHANGED, LOWER_REQUESTED = "protection_changed", "protection_lower_requested"
# How long the manager is told that the level was changed: then it is what the case is like.
TOLD_FOR_DAYS = 30


def levels_above(case: Case) -> list[ProtectionLevel]:
    """The levels stricter than the person's, mildest first."""
    return CLEARANCE_ORDER[CLEARANCE_ORDER.index(ProtectionLevel(case.person.protection_level)) + 1 :]


def levels_below(case: Case) -> list[ProtectionLevel]:
    """The levels milder than the person's, strictest first."""
    return CLEARANCE_ORDER[: CLEARANCE_ORDER.index(ProtectionLevel(case.person.protection_level))][::-1]


# --- who loses sight --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sight:
    """Who of the actor's agency would still see the case at a level, and who would not, by name; and the other agencies
    with how many of their people would not."""

    keep: list[User]
    lose: list[User]
    others: list[tuple[Agency, int]]


def sight_at(case: Case, level: str, *, by: Actor) -> Sight:
    """What would happen to those who see the case now if the person had `level`: shown before anybody confirms it."""
    now = _actors_who_see(case, by.agency)
    keep = [actor.user for actor in now if actor.is_cleared_for(level)]
    lose = [actor.user for actor in now if not actor.is_cleared_for(level)]
    before, after = _people(case, case.person.protection_level), _people(case, level)
    lost = {agency: count - after.get(agency, 0) for agency, count in before.items() if agency != by.agency.pk}
    agencies = Agency.objects.filter(pk__in=[agency for agency, count in lost.items() if count]).order_by("name")
    return Sight(keep, lose, [(agency, lost[agency.pk]) for agency in agencies])


def _actors_who_see(case: Case, agency: Agency) -> list[Actor]:
    """Those of the agency who see the case now: assigned or answering, without a conflict, cleared for the level."""
    assigned = set(assignments_of(case, agency).values_list("user_id", flat=True))
    conflicted = Conflict.objects.in_force().filter(case=case).values("user")
    members = Membership.objects.in_force().filter(agency=agency, user__is_active=True, user__is_machine=False)
    users = User.objects.filter(pk__in=members.values("user")).exclude(pk__in=conflicted).order_by("name")
    actors = [actor for actor in (actor_for(user, agency) for user in users) if actor is not None]
    return [
        actor
        for actor in actors
        if (actor.answers_for_agency or (actor.works_on_cases and actor.user.pk in assigned))
        and actor.is_cleared_for(case.person.protection_level)
    ]


def _people(case: Case, level: str) -> dict[int, int]:
    cleared = [clearance.value for clearance in CLEARANCE_ORDER[CLEARANCE_ORDER.index(ProtectionLevel(level)) :]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agency_id, people FROM samlos.people_behind_rights(%s, %s::varchar[], %s::varchar[])",
            [case.pk, [role.value for role in ANSWERING_ROLES], cleared],
        )
        return dict(cursor.fetchall())


def somebody_cleared(agency: Agency, *roles: Role, level: str) -> bool:
    """Whether some person with one of `roles` in `agency` could see somebody at `level`: asked before a case goes there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.somebody_cleared(%s, %s::varchar[], %s)", [agency.pk, list(roles), level])
        found: bool = cursor.fetchone()[0]
    return found


# --- raising and lowering ---------------------------------------------------------------------------------------------


@transaction.atomic
def raise_level(case: Case, *, level: ProtectionLevel, reason: str, by: Actor) -> None:
    """Hide the person better from this instant. Who is not cleared has lost the case at the next request, the actor
    perhaps among them; the whereabouts are moved to the sealed place by the database.

    Raises Refused, and NotNow for a level that is no stricter.
    """
    case = lock(case)
    policies.may_view(by, case).enforce()
    _demand(policies.may_raise_protection(by, case, level))
    change = _change(case, level, reason, ProtectionOutcome.RAISED, by=by)
    record_change("protection.raised", case, by=by, parts=[Part.CONTACT])
    _tell(PROTECTION_CHANGED, case, change, by=by)
    withdraw(LOWER_REQUESTED, subject_id=case.pk)
    # A request to lower the old level is about something that is no longer so.
    for request in ProtectionChange.objects.waiting().filter(case=case):
        _answer(
            request, ProtectionOutcome.REFUSED if request.requested_by != by.user else ProtectionOutcome.WITHDRAWN, by
        )
    case.person.protection_level = level
    case.person.save(update_fields=["protection_level"])


@transaction.atomic
def request_lower(
    case: Case, *, level: ProtectionLevel, reason: str, covers_children: bool = False, by: Actor
) -> ProtectionChange:
    """Ask that the person be hidden less. Nothing changes before a second person approves it.

    Raises Refused, and NotNow for a level that is no milder or while another request waits.
    """
    case = lock(case)
    policies.may_view(by, case).enforce()
    _demand(policies.may_request_lower(by, case, level))
    change = _change(case, level, reason, ProtectionOutcome.REQUESTED, covers_children=covers_children, by=by)
    record_change("protection.lower_requested", case, by=by, parts=[Part.CONTACT])
    _tell(LOWER_REQUESTED, case, change, by=by)
    return change


@transaction.atomic
def approve_lower(case: Case, change: ProtectionChange, *, by: Actor) -> None:
    """The second person says yes: the level is lowered now. Below fortrolig adresse the whereabouts are put back."""
    case, change = _locked(case, change, by=by)
    _demand(policies.may_approve_lower(by, case, change))
    _answer(change, ProtectionOutcome.APPROVED, by)
    case.person.protection_level = change.to_level
    case.person.save(update_fields=["protection_level"])
    record_change("protection.lowered", case, by=by, parts=[Part.CONTACT])
    withdraw(LOWER_REQUESTED, subject_id=case.pk)
    _tell(PROTECTION_CHANGED, case, change, by=by)


@transaction.atomic
def refuse_lower(case: Case, change: ProtectionChange, *, by: Actor) -> None:
    """The second person says no, or whoever asked takes it back: the level stands."""
    case, change = _locked(case, change, by=by)
    is_own = change.requested_by_id == by.user.pk
    _demand((policies.may_withdraw_lower if is_own else policies.may_approve_lower)(by, case, change))
    _answer(change, ProtectionOutcome.WITHDRAWN if is_own else ProtectionOutcome.REFUSED, by)
    record_change("protection.lower_withdrawn" if is_own else "protection.lower_refused", case, by=by)
    withdraw(LOWER_REQUESTED, subject_id=case.pk)


def changes_of(case: Case) -> QuerySet[ProtectionChange]:
    """What was changed and asked in the case, newest first: the lead's own paper, for those cleared."""
    return ProtectionChange.objects.filter(case=case).select_related("requested_by", "decided_by")


def _locked(case: Case, change: ProtectionChange, *, by: Actor) -> tuple[Case, ProtectionChange]:
    case = lock(case)
    policies.may_view(by, case).enforce()
    return case, ProtectionChange.objects.get(pk=change.pk, case=case)


def _demand(decision: Decision) -> None:
    """A level that is no longer the case's is about the case, not about the person."""
    if not decision and decision.code in {"wrong_level", "already_asked", "wrong_state", "not_sealed"}:
        raise NotNow(decision.reason, decision.code)
    demand(decision)


def _change(
    case: Case,
    level: ProtectionLevel,
    reason: str,
    outcome: ProtectionOutcome,
    *,
    covers_children: bool = False,
    by: Actor,
) -> ProtectionChange:
    return ProtectionChange.objects.create(
        case=case,
        author_agency=by.agency,
        from_level=case.person.protection_level,
        to_level=level,
        reason=reason,
        covers_children=covers_children,
        requested_by=by.user,
        requested_at=clock.now(),
        outcome=outcome,
    )


def _answer(change: ProtectionChange, outcome: ProtectionOutcome, by: Actor) -> None:
    change.outcome, change.decided_by, change.decided_at = outcome, by.user, clock.now()
    change.save(update_fields=["outcome", "decided_by", "decided_at"])


# --- the sealed place -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sealed:
    """One thing that stands in the sealed place: an address is one line, however many fields it came from."""

    id: uuid.UUID
    kind: WhereaboutsKind
    text: str
    author_agency: Agency
    written_by_hand: bool


# An address as people write it; other fields stand alone.
_ADDRESS = ("street", "postal_code", "city")


def open_sealed(case: Case, *, by: Actor) -> list[Sealed]:
    """What stands there, for the lead's cleared people. Each opening is written in the log, with its part."""
    policies.may_open_sealed(by, case).enforce()
    record_change("protection.sealed_opened", case, by=by, parts=[Part.CONTACT])
    rows = SealedWhereabouts.objects.standing().filter(case=case).select_related("author_agency")
    together: dict[object, list[SealedWhereabouts]] = {}
    for row in rows:
        is_address = row.source_field in _ADDRESS and row.source_id is not None
        together.setdefault(row.source_id if is_address else row.pk, []).append(row)
    return [_as_one(group) for group in together.values()]


def _as_one(group: list[SealedWhereabouts]) -> Sealed:
    first = group[0]
    fields = {row.source_field: row.text for row in group}
    town = " ".join(filter(None, [fields.get("postal_code"), fields.get("city")]))
    text = ", ".join(filter(None, [fields.get("street"), town])) if len(group) > 1 else first.text
    return Sealed(first.pk, WhereaboutsKind(first.kind), text, first.author_agency, first.source_table == "")


@transaction.atomic
def write_sealed(case: Case, *, kind: WhereaboutsKind, text: str, by: Actor) -> SealedWhereabouts:
    """Write whereabouts down in the one place that takes them. The same thing twice is one line."""
    case = lock(case)
    policies.may_view(by, case).enforce()
    _demand(policies.may_write_sealed(by, case))
    known = SealedWhereabouts.objects.standing().filter(case=case, kind=kind, text=text).first()
    if known is not None:
        return known
    row = SealedWhereabouts.objects.create(
        case=case, author_agency=by.agency, author=by.user, kind=kind, text=text, created_at=clock.now()
    )
    record_change("protection.sealed_written", case, by=by, parts=[Part.CONTACT])
    return row


@transaction.atomic
def remove_sealed(case: Case, row_id: uuid.UUID, *, by: Actor) -> None:
    """Take what was written there by hand away, with its words. Raises NotNow when it is done already."""
    case = lock(case)
    policies.may_view(by, case).enforce()
    policies.may_open_sealed(by, case).enforce()
    row = SealedWhereabouts.objects.standing().filter(case=case, pk=row_id, source_table="").first()
    if row is None:
        raise NotNow(_("Opplysningen er alt fjernet."), "already_removed")
    row.text, row.removed_at = "", clock.now()
    row.save(update_fields=["text", "removed_at"])
    record_change("protection.sealed_removed", case, by=by, parts=[Part.CONTACT])


# --- what is told -----------------------------------------------------------------------------------------------------


def _tell(kind: str, case: Case, change: ProtectionChange, *, by: Actor) -> None:
    """Tell the lead's managers, and of a request also the others who may answer it: that something is to be seen, not what."""
    for actor in _actors_who_see(case, by.agency):
        is_concerned = actor.has_role(Role.MANAGER) or (
            kind == LOWER_REQUESTED and actor.is_cleared_for(change.from_level)
        )
        if is_concerned and actor.user != by.user:
            raise_reminder(
                kind,
                recipient=actor.user,
                agency=by.agency,
                subject_id=case.pk,
                occurrence=str(change.pk),
                due_at=clock.now(),
            )


def _labels(cases: QuerySet[Case]) -> dict[uuid.UUID, str]:
    return {case.pk: _("Sak %(case)s") % {"case": case.label} for case in cases.order_by("pk")}


def _changed(case_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those the actor sees and leads whose level was changed lately. Who is not cleared is told nothing."""
    since = actor.at - dt.timedelta(days=TOLD_FOR_DAYS)
    changed = ProtectionChange.objects.exclude(outcome=ProtectionOutcome.REQUESTED).filter(requested_at__gt=since)
    visible = Case.objects.visible_to(actor).led_by(actor.agency).filter(pk__in=case_ids)
    return _labels(visible.filter(pk__in=changed.values("case")))


def _asked(case_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those with a request of somebody else's that waits for an answer."""
    waiting = ProtectionChange.objects.waiting().exclude(requested_by=actor.user)
    visible = Case.objects.visible_to(actor).led_by(actor.agency).filter(pk__in=case_ids)
    return _labels(visible.filter(pk__in=waiting.values("case")))


RULES = (
    Rule(
        kind=PROTECTION_CHANGED,
        title=gettext_lazy("Noe er endret i en sak du svarer for"),
        action=gettext_lazy("Se hva som er endret"),
        to_tell=_changed,
        url=lambda case_id: reverse("cases:protection", args=[case_id]),
    ),
    Rule(
        kind=LOWER_REQUESTED,
        title=gettext_lazy("Noen venter på svar fra en til"),
        action=gettext_lazy("Se hva det gjelder"),
        to_tell=_asked,
        url=lambda case_id: reverse("cases:protection", args=[case_id]),
    ),
)
