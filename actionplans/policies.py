"""Who may do what with the plan: the only place a rule about people and plans is written.

They expect a case that is visible to the actor. What a reader sees of the plan is no rule of this file: each row is
read by its part and author (`readable_by`), like everything else in a case.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.db import connection
from django.db.models import DateTimeField, Func, Q
from django.utils.translation import gettext as _

from actionplans.models import Measure
from agencies.actors import Actor
from agencies.decisions import ALLOWED, Decision, all_of, denied
from agencies.enums import Part, Role
from agencies.models import Agency
from cases.enums import CaseState
from cases.grants import is_assigned
from cases.models import Case, CaseAccess
from cases.policies import leads, may_work_on, may_write_entry, takes_part
from cases.workflow import RESTS_ON_CONSENT
from consent.models import Consent


def may_edit(actor: Actor, case: Case) -> Decision:
    """The lead writes the plan with the young person: on a consent in force, or, when sharing was refused, with
    measures of its own alone (U23-25, T9b).
    """
    return all_of(may_work_on(actor, case), _has_basis(case))


def may_be_responsible(case: Case, agency: Agency, part: str, reach: "Reach") -> Decision:
    """A measure is only given to an agency that may itself read it now: the lead, or one that a consent or a disclosure
    lets know the part from the lead.
    """
    if case.is_led_by(agency):
        return ALLOWED
    names = {"agency": agency.name, "part": Part(part).label}
    if case.state == CaseState.CONSENT_REFUSED:
        return denied(
            _("Ungdommen har ikke samtykket til samarbeid. Da kan bare egen tjeneste ha tiltak."), "no_consent"
        )
    if agency.pk not in reach.parts:
        return denied(_("%(agency)s er ikke med i samtykket, og kan ikke få et tiltak.") % names, "no_right")
    if part not in reach.parts[agency.pk]:
        return denied(
            _("%(agency)s kan ikke få vite om «%(part)s», og kan ikke ha tiltak der. Samtykket må utvides først.")
            % names,
            "wrong_part",
        )
    return ALLOWED


def may_report_progress(actor: Actor, measure: Measure) -> Decision:
    """Whoever is responsible says how a measure goes; the lead may too, when the plan is gone through together."""
    carries = _carries(actor, measure)
    if carries or not measure.case.is_led_by(actor.agency):
        return carries
    return may_edit(actor, measure.case)


def may_report(actor: Actor, case: Case) -> Decision:
    """Whether the actor reports on measures of their agency in this case at all: those who do its work there."""
    if not actor.has_role(Role.CASEWORKER, Role.MANAGER):
        return denied(_("Bare saksbehandlere og ledere kan gjøre dette."), "wrong_role")
    return may_write_entry(actor, case, Part.CORE)


def may_export(actor: Actor, case: Case) -> Decision:
    """Managers of the agencies that see the case, and whoever works on it for its lead, take the plan out on paper."""
    reading_only = takes_part(actor, case)
    if not reading_only:
        return reading_only
    if actor.has_role(Role.MANAGER):
        return ALLOWED
    if case.is_led_by(actor.agency) and actor.has_role(Role.CASEWORKER) and is_assigned(actor, case):
        return ALLOWED
    return denied(
        _("Bare ledere, og den som arbeider med saken i tjenesten som leder den, kan lage PDF."), "not_exporter"
    )


def may_hand_over(actor: Actor, case: Case) -> Decision:
    """The young person gets a copy of their own from those who work on the case for its lead."""
    return all_of(leads(actor, case), may_export(actor, case))


@dataclass(frozen=True)
class Reach:
    """What each agency may know of the lead's own words now: agency id → parts. Empty for anyone but the lead."""

    parts: Mapping[int, AbstractSet[str]]


def reach_of(case: Case) -> Reach:
    """Whom what the lead writes now would reach, and in which parts, on consents and disclosures in force."""
    with connection.cursor() as cursor:
        # A line that names a user is that one person's break-glass, and lets no agency know anything.
        cursor.execute(
            "SELECT agency_id, parts FROM samlos.case_readers(%s, samlos.now()) WHERE NOT received_only"
            " AND user_id IS NULL AND (givers IS NULL OR %s = ANY(givers))",
            [case.pk, case.lead_agency_id],
        )
        parts: dict[int, set[str]] = {}
        for agency_id, covered in cursor.fetchall():
            parts.setdefault(agency_id, set()).update(covered)
    return Reach(parts)


def _has_basis(case: Case) -> Decision:
    if case.state == CaseState.CONSENT_REFUSED:
        return ALLOWED
    if case.state not in RESTS_ON_CONSENT:
        return denied(_("Planen lages når ungdommen har samtykket til samarbeid."), "wrong_state")
    if not Consent.objects.in_force().filter(case=case).exists():
        return denied(_("Samtykket har gått ut. Planen kan ikke endres før det er fornyet."), "no_consent")
    return ALLOWED


def _carries(actor: Actor, measure: Measure) -> Decision:
    if measure.responsible_agency_id != actor.agency.pk:
        return denied(_("Bare tjenesten som har ansvaret, kan melde framdrift."), "not_responsible")
    return all_of(may_report(actor, measure.case), may_write_entry(actor, measure.case, measure.part))


# The lines through which an actor reads a case, each with the end it had.
Rights = frozenset[tuple[object, ...]]


class _ThisMoment(Func):
    """The instant by the wall clock: `samlos.now()` stands still while a transaction lasts, and rendering takes time."""

    template = "(samlos.now() + (clock_timestamp() - now()))"
    output_field = DateTimeField()
    arity = 0


def rights_now(actor: Actor, case: Case) -> Rights:
    """The lines in force for `actor` in `case` at this very moment, asked in a statement of its own."""
    lines = CaseAccess.objects.in_force_for(actor).filter(case=case)
    lines = lines.filter(Q(valid_until=None) | Q(valid_until__gt=_ThisMoment()))
    names = ("reason", "source_type", "source_id", "line", "parts", "givers", "valid_until")
    return frozenset(
        tuple(tuple(value) if isinstance(value, list) else value for value in line)
        for line in lines.values_list(*names)
    )


def rights_still_hold(actor: Actor, case: Case, before: Rights) -> bool:
    """Whether the case is still there for `actor` and none of the rights of `before` has been ended or narrowed since.

    A right that somebody ended after this transaction began still lies ahead by its clock; that its end has changed
    tells of it.
    """
    return before <= rights_now(actor, case) and Case.objects.visible_to(actor).filter(pk=case.pk).exists()
