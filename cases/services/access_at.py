"""Whether a user could see a case at any instant, part by part, and which clause of the rule said no (design.md, "Access").

The answer is read from the dated rows themselves: memberships, assignment periods, conflicts, protection and the lines of
rights. It is an operator's answer about others, so it needs the database's owner: the application sees only its own.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, Membership, User
from agencies.templatetags.samlos import moment
from audit import clock
from cases.enums import ProtectionOutcome, RightReason
from cases.models import AssignmentPeriod, Case, CaseAccess, Conflict, ProtectionChange

# The clauses of the one sentence, in the order in which they are asked.
ACCOUNT, MEMBERSHIP, ROLE = "account", "membership", "role"
ASSIGNMENT, CONFLICT, PROTECTION, RIGHT = "assignment", "conflict", "protection_level", "right"
CLAUSES = (ACCOUNT, MEMBERSHIP, ROLE, ASSIGNMENT, CONFLICT, PROTECTION, RIGHT)


@dataclass(frozen=True)
class Right:
    """One right to one part. `source` names the row it comes from; `givers` None: whoever wrote it."""

    reason: RightReason
    source: str
    givers: tuple[str, ...] | None
    valid_from: dt.datetime
    valid_until: dt.datetime | None


@dataclass(frozen=True)
class Answer:
    """Which parts the user could see and by what right, or the first clause that failed and why, in words."""

    parts: dict[Part, list[Right]] = field(default_factory=dict)
    failed: str = ""
    why: str = ""

    @property
    def allowed(self) -> bool:
        return not self.failed

    @property
    def denied_because(self) -> str:
        """The clause and the sentence, "conflict: …"; empty when the user could see the case."""
        return f"{self.failed}: {self.why}" if self.failed else ""


def answer(user: User, case: Case, *, at: dt.datetime, agency: Agency | None = None) -> Answer:
    """Whether `user` could see `case` at `at`, acting for `agency`, or for any agency when none is named.

    Who works in several agencies acts for one at a time. Without `agency` each is tried: the case is seen when one of
    them lets it be seen, the parts are those of all that do, and a refusal is that of the agency that came furthest
    through the sentence. An account that is closed now was not necessarily closed then: it counts for now and later.
    """
    if user.date_joined > at:
        return _no(ACCOUNT, _("Kontoen fantes ikke %(at)s.") % {"at": moment(at)})
    if not user.is_active and at >= clock.now():
        return _no(ACCOUNT, _("Kontoen er stengt."))
    memberships = _dated(Membership.objects.filter(user=user), at).select_related("agency")
    if agency is not None:
        memberships = memberships.filter(agency=agency)
    of_agency: dict[Agency, list[Membership]] = {}
    for membership in memberships.order_by("agency__name", "valid_from", "pk"):
        of_agency.setdefault(membership.agency, []).append(membership)
    if not of_agency:
        where = agency.name if agency is not None else _("noen tjeneste")
        return _no(MEMBERSHIP, _("Brukeren arbeidet ikke i %(where)s %(at)s.") % {"where": where, "at": moment(at)})
    answers = [_acting_for(_actor(user, one, rows, at), case) for one, rows in of_agency.items()]
    allowed = [one for one in answers if one.allowed]
    if not allowed:
        return max(answers, key=lambda one: CLAUSES.index(one.failed))
    return Answer(
        parts={
            part: found for part in Part if (found := [right for one in allowed for right in one.parts.get(part, [])])
        }
    )


def _no(clause: str, why: str) -> Answer:
    return Answer(failed=clause, why=why)


def _dated(rows: "QuerySet[Membership]", at: dt.datetime) -> "QuerySet[Membership]":
    return rows.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)


def _actor(user: User, agency: Agency, memberships: list[Membership], at: dt.datetime) -> Actor:
    """The user as the memberships of that instant made them: roles and clearance are asked as in a request."""
    return Actor(
        user=user,
        agency=agency,
        roles=frozenset(Role(one.role) for one in memberships),
        clearance=max((ProtectionLevel(one.clearance) for one in memberships), key=CLEARANCE_ORDER.index),
        at=at,
    )


def _acting_for(actor: Actor, case: Case) -> Answer:
    words = {"agency": actor.agency.name, "at": moment(actor.at)}
    if not actor.works_on_cases:
        words["roles"] = ", ".join(sorted(str(role.label).lower() for role in actor.roles))
        return _no(ROLE, _("Rollen (%(roles)s) i %(agency)s arbeider ikke med saker.") % words)
    lines = list(_lines(actor, case))
    needs_to_know = actor.answers_for_agency or _was_assigned(actor, case)
    if not needs_to_know:
        # A break-glass names its user in the assignment's stead, and opens nothing else of what the agency may know.
        lines = [line for line in lines if line.user_id == actor.user.pk]
    if not needs_to_know and not lines:
        return _no(ASSIGNMENT, _("Brukeren var ikke tildelt saken i %(agency)s %(at)s.") % words)
    conflict = _conflict(actor, case)
    if conflict is not None:
        words["since"] = moment(conflict.declared_at)
        return _no(CONFLICT, _("Brukeren meldte fra om at de er inhabile i saken %(since)s.") % words)
    level = protection_level_at(case, actor.at)
    if not actor.is_cleared_for(level):
        words |= {"level": str(level.label).lower(), "clearance": str(actor.clearance.label).lower()}
        return _no(
            PROTECTION, _("Personen har vernet «%(level)s», og brukeren er klarert for «%(clearance)s».") % words
        )
    if not lines:
        return _no(RIGHT, _("%(agency)s hadde ingen rett i saken %(at)s.") % words)
    return Answer(parts=_by_part(lines))


def _lines(actor: Actor, case: Case) -> "QuerySet[CaseAccess]":
    """The lines of rights at the actor's instant: the agency's, and break-glass of this very user."""
    return CaseAccess.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=actor.at),
        Q(user=None) | Q(user=actor.user),
        case=case,
        agency=actor.agency,
        valid_from__lte=actor.at,
    ).order_by("reason", "valid_from", "source_id", "line")


def _was_assigned(actor: Actor, case: Case) -> bool:
    """Whether the user was assigned to the case at the actor's instant."""
    periods = AssignmentPeriod.objects.filter(case=case, user=actor.user, agency=actor.agency)
    return periods.filter(Q(valid_until=None) | Q(valid_until__gt=actor.at), valid_from__lte=actor.at).exists()


def _conflict(actor: Actor, case: Case) -> Conflict | None:
    declared = Conflict.objects.filter(case=case, user=actor.user, declared_at__lte=actor.at)
    return declared.filter(Q(ended_at=None) | Q(ended_at__gt=actor.at)).order_by("declared_at").first()


def protection_level_at(case: Case, at: dt.datetime) -> ProtectionLevel:
    """The person's protection level at `at`: what the first change after it found, or else what stands now."""
    changes = ProtectionChange.objects.filter(case=case).annotate(changed_at=Coalesce("decided_at", "requested_at"))
    later = changes.filter(
        outcome__in=[ProtectionOutcome.RAISED, ProtectionOutcome.APPROVED], changed_at__gt=at
    ).order_by("changed_at", "pk")
    first = later.first()
    return ProtectionLevel(first.from_level if first else case.person.protection_level)


def _by_part(lines: list[CaseAccess]) -> dict[Part, list[Right]]:
    named = {giver for line in lines for giver in line.givers or ()}
    slugs = dict(Agency.objects.filter(pk__in=named).values_list("pk", "slug"))
    return {part: found for part in Part if (found := [_right(line, slugs) for line in lines if part in line.parts])}


def _right(line: CaseAccess, slugs: dict[int, str]) -> Right:
    received = "#received" if line.received_only else ""
    return Right(
        reason=RightReason(line.reason),
        source=f"{line.source_type}:{line.source_id}{received}",
        givers=None if line.givers is None else tuple(sorted(slugs[giver] for giver in line.givers)),
        valid_from=line.valid_from,
        valid_until=line.valid_until,
    )
