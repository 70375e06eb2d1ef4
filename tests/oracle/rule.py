"""The sentence of the design, once more and from the text alone: may this user see this content at this instant?

It replays events in plain Python and imports nothing of the application, so that a mistake in the application's rule
cannot be repeated here by copying it. Instants are integers, microseconds since 1970 UTC. Everything that holds holds
in `[from, until)`: at its first instant it holds, at its end it does not.

The rule is cut into small methods, each one clause of the sentence, so that a mutant (`mutants.py`) is one method
answered wrongly.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar
from zoneinfo import ZoneInfo

CORE = "core"
MINUTE = 60 * 1_000_000
GLASS_LASTS = 60 * MINUTE
ZONE = ZoneInfo("Europe/Oslo")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# From the least to the most hidden. A clearance covers its own level and those before it.
LEVELS = ("none", "marked", "confidential", "strictly_confidential", "fictitious_id")

# Who works with cases only where assigned, and who answers for all of the agency's. An analyst follows the receipts, a
# privacy officer reviews the log, an administrator sees to people and roles: none of them sees a case.
ASSIGNED_ROLES = frozenset({"caseworker"})
ANSWERING_ROLES = frozenset({"manager", "intake", "coordinator"})


def instant(moment: dt.datetime) -> int:
    """An aware moment as microseconds, exactly: no float on the way."""
    gone = moment - EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


@cache
def day_ends(day: dt.date) -> int:
    """ "T.o.m. 1 May" ends at the first instant of 2 May where the municipality lies, whatever the clocks do that night."""
    return instant(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tzinfo=ZONE))


# --- what happened ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event:
    at: int


@dataclass(frozen=True, kw_only=True)
class AccountSet(Event):
    user: int
    active: bool


@dataclass(frozen=True, kw_only=True)
class MembershipGiven(Event):
    """`begins` may lie ahead; `ends` is known from the start or comes with a `MembershipEnded`."""

    membership: int
    user: int
    agency: int
    role: str
    clearance: str
    begins: int
    ends: int | None = None


@dataclass(frozen=True, kw_only=True)
class MembershipEnded(Event):
    membership: int


@dataclass(frozen=True, kw_only=True)
class AssignmentSet(Event):
    case: int
    user: int
    agency: int
    given: bool


@dataclass(frozen=True, kw_only=True)
class ConflictSet(Event):
    case: int
    user: int
    declared: bool


@dataclass(frozen=True, kw_only=True)
class LevelSet(Event):
    case: int
    level: str


@dataclass(frozen=True, kw_only=True)
class LeadSet(Event):
    case: int
    agency: int


@dataclass(frozen=True, kw_only=True)
class Written(Event):
    """Content in a part, by an agency. `sent` is what came with the report, or was routed with it: it is received by
    whoever leads. The rest is what an agency wrote for its own account.
    """

    content: int
    case: int
    author: int
    part: str
    sent: bool


@dataclass(frozen=True, kw_only=True)
class ConsentRecorded(Event):
    """Who may know what (`boxes`: recipient and part), from whom (`givers`), from `begins` to the end of `last_day`."""

    consent: int
    case: int
    boxes: frozenset[tuple[int, str]]
    givers: frozenset[int]
    begins: int
    last_day: dt.date


@dataclass(frozen=True, kw_only=True)
class ConsentRevoked(Event):
    consent: int


@dataclass(frozen=True, kw_only=True)
class DisclosureRecorded(Event):
    """One discloser, one recipient, these parts, on a legal basis. Against a no it waits for a second person."""

    disclosure: int
    case: int
    giver: int
    recipient: int
    parts: frozenset[str]
    hands_on_report: bool
    needs_approval: bool
    begins: int
    last_day: dt.date


@dataclass(frozen=True, kw_only=True)
class DisclosureApproved(Event):
    disclosure: int


@dataclass(frozen=True, kw_only=True)
class DisclosureEnded(Event):
    disclosure: int


@dataclass(frozen=True, kw_only=True)
class GlassBroken(Event):
    """One user, acting for one agency, one case, these parts, sixty minutes."""

    glass: int
    case: int
    user: int
    agency: int
    parts: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class GlassClosed(Event):
    glass: int


# --- the rule ---------------------------------------------------------------------------------------------------


class Rule:
    """Answers from the events alone. Ask in any order; events may come in any order.

    What a clause answers depends on its arguments and on nothing else, so two answers that are asked for again and again
    are kept: a user's memberships in force, and the rights usable at the instant asked about last.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.accounts: dict[int, list[AccountSet]] = defaultdict(list)
        self.memberships: dict[tuple[int, int], list[MembershipGiven]] = defaultdict(list)
        self.assignments: dict[tuple[int, int, int], list[AssignmentSet]] = defaultdict(list)
        self.conflicts: dict[tuple[int, int], list[ConflictSet]] = defaultdict(list)
        self.levels: dict[int, list[LevelSet]] = defaultdict(list)
        self.leads: dict[int, list[LeadSet]] = defaultdict(list)
        # By case and recipient: only whom a right names can have it.
        self.consents: dict[tuple[int, int], list[ConsentRecorded]] = defaultdict(list)
        self.disclosures: dict[tuple[int, int], list[DisclosureRecorded]] = defaultdict(list)
        self.glasses: dict[int, list[GlassBroken]] = defaultdict(list)
        self.contents: dict[int, Written] = {}
        self.contents_of: dict[int, list[Written]] = defaultdict(list)
        self.membership_ended: dict[int, int] = {}
        self.revoked: dict[int, int] = {}
        self.approved: dict[int, int] = {}
        self.disclosure_ended: dict[int, int] = {}
        self.glass_closed: dict[int, int] = {}
        self.kept_memberships: dict[tuple[int, int, int], list[MembershipGiven]] = {}
        self.kept_rights: dict[tuple[int, int, int], list[Right]] = {}
        self.kept_at: int | None = None
        for event in sorted(events, key=lambda event: event.at):
            self._hear(event)

    def _hear(self, event: Event) -> None:
        match event:
            case AccountSet():
                self.accounts[event.user].append(event)
            case MembershipGiven():
                self.memberships[event.user, event.agency].append(event)
            case MembershipEnded():
                self.membership_ended[event.membership] = event.at
            case AssignmentSet():
                self.assignments[event.case, event.user, event.agency].append(event)
            case ConflictSet():
                self.conflicts[event.case, event.user].append(event)
            case LevelSet():
                self.levels[event.case].append(event)
            case LeadSet():
                self.leads[event.case].append(event)
            case Written():
                self.contents[event.content] = event
                self.contents_of[event.case].append(event)
            case ConsentRecorded():
                for recipient in {recipient for recipient, _part in event.boxes}:
                    self.consents[event.case, recipient].append(event)
            case ConsentRevoked():
                self.revoked[event.consent] = event.at
            case DisclosureRecorded():
                self.disclosures[event.case, event.recipient].append(event)
            case DisclosureApproved():
                self.approved[event.disclosure] = event.at
            case DisclosureEnded():
                self.disclosure_ended[event.disclosure] = event.at
            case GlassBroken():
                self.glasses[event.case].append(event)
            case GlassClosed():
                self.glass_closed[event.glass] = event.at
            case _:
                raise TypeError(f"Nobody said what {type(event).__name__} means.")

    # --- the questions

    def may_see(self, user: int, agency: int, content: int, t: int) -> bool:
        """Whether `user`, acting for `agency`, sees this content at `t`."""
        return content in self.seen(user, agency, [content], t)

    def may_know(self, user: int, agency: int, case: int, t: int) -> bool:
        """Whether the case is there at all for `user` acting for `agency` at `t`: core comes with every right."""
        return bool(self.usable_rights(user, agency, case, t))

    def seen(self, user: int, agency: int, contents: Iterable[int], t: int) -> set[int]:
        """Those of `contents` that `user`, acting for `agency`, sees at `t`."""
        rights: dict[int, list[Right]] = {}
        found = set()
        for content in contents:
            written = self.contents[content]
            if written.case not in rights:
                rights[written.case] = self.usable_rights(user, agency, written.case, t)
            usable = rights[written.case]
            if usable and written.at <= t and any(right.covers(written) for right in usable):
                found.add(content)
        return found

    def usable_rights(self, user: int, agency: int, case: int, t: int) -> list["Right"]:
        """The rights in force that this user may use: what the whole sentence leaves of the agency's."""
        if t != self.kept_at:
            self.kept_at, self.kept_rights = t, {}
        kept = self.kept_rights
        if (user, agency, case) not in kept:
            kept[user, agency, case] = self.find_usable_rights(user, agency, case, t)
        return kept[user, agency, case]

    def find_usable_rights(self, user: int, agency: int, case: int, t: int) -> list["Right"]:
        """`usable_rights`, worked out."""
        if not self.may_act(user, agency, case, t):
            return []
        return [
            right for right in self.rights(user, agency, case, t) if self.needs_to_know(user, agency, case, right, t)
        ]

    # --- the clauses about the user

    def may_act(self, user: int, agency: int, case: int, t: int) -> bool:
        return (
            self.account_is_good(user, t)
            and self.role_permits(self.roles(user, agency, t))
            and not self.is_in_conflict(user, case, t)
            and self.is_cleared(user, agency, case, t)
        )

    def account_is_good(self, user: int, t: int) -> bool:
        said = last(self.accounts[user], t)
        return said is not None and said.active

    def memberships_in_force(self, user: int, agency: int, t: int) -> list[MembershipGiven]:
        if (user, agency, t) not in self.kept_memberships:
            self.kept_memberships[user, agency, t] = [
                given
                for given in self.memberships[user, agency]
                if given.at <= t and self.has_begun(given.begins, t) and t < self.membership_end(given)
            ]
        return self.kept_memberships[user, agency, t]

    def membership_end(self, given: MembershipGiven) -> int:
        return earliest(given.ends, self.membership_ended.get(given.membership))

    def roles(self, user: int, agency: int, t: int) -> frozenset[str]:
        return frozenset(given.role for given in self.memberships_in_force(user, agency, t))

    def role_permits(self, roles: frozenset[str]) -> bool:
        return not roles.isdisjoint(ASSIGNED_ROLES | ANSWERING_ROLES)

    def is_in_conflict(self, user: int, case: int, t: int) -> bool:
        said = last(self.conflicts[case, user], t)
        return said is not None and said.declared

    def is_cleared(self, user: int, agency: int, case: int, t: int) -> bool:
        said = last(self.levels[case], t)
        level = LEVELS.index(said.level) if said else 0
        return any(level <= LEVELS.index(given.clearance) for given in self.memberships_in_force(user, agency, t))

    def needs_to_know(self, user: int, agency: int, case: int, right: "Right", t: int) -> bool:
        """Assigned, or in a role that answers for the agency's cases. Breaking the glass is a need of one's own."""
        return right.own or self.answers(user, agency, t) or self.is_assigned(user, agency, case, t)

    def answers(self, user: int, agency: int, t: int) -> bool:
        return not self.roles(user, agency, t).isdisjoint(ANSWERING_ROLES)

    def is_assigned(self, user: int, agency: int, case: int, t: int) -> bool:
        said = last(self.assignments[case, user, agency], t)
        return said is not None and said.given

    # --- the clauses about the agency's right

    def rights(self, user: int, agency: int, case: int, t: int) -> Iterator["Right"]:
        yield from self.rights_of_lead(agency, case, t)
        yield from self.rights_by_consent(agency, case, t)
        yield from self.rights_by_disclosure(agency, case, t)
        yield from self.rights_by_glass(user, agency, case, t)

    def rights_of_lead(self, agency: int, case: int, t: int) -> Iterator["Right"]:
        if self.leads_at(agency, case, t):
            yield Right(lambda written: written.part == CORE or self.lead_receives(agency, written))

    def leads_at(self, agency: int, case: int, t: int) -> bool:
        said = last(self.leads[case], t)
        return said is not None and said.agency == agency

    def lead_receives(self, agency: int, written: Written) -> bool:
        """Leading is not owning: what it wrote, and what was sent to it."""
        return written.author == agency or written.sent

    def rights_by_consent(self, agency: int, case: int, t: int) -> Iterator["Right"]:
        for consent in self.consents[case, agency]:
            if self.consent_holds(consent, t):
                yield Right(partial(self.consent_covers, consent, agency))

    def consent_holds(self, consent: ConsentRecorded, t: int) -> bool:
        return (
            consent.at <= t
            and self.has_begun(consent.begins, t)
            and t < earliest(self.day_ends(consent.last_day), self.consent_revoked(consent))
        )

    def consent_revoked(self, consent: ConsentRecorded) -> int | None:
        return self.revoked.get(consent.consent)

    def consent_covers(self, consent: ConsentRecorded, agency: int, written: Written) -> bool:
        """Core is no box of the form and comes along; who wrote it is asked all the same."""
        return (written.part == CORE or (agency, written.part) in consent.boxes) and written.author in consent.givers

    def rights_by_disclosure(self, agency: int, case: int, t: int) -> Iterator["Right"]:
        for disclosure in self.disclosures[case, agency]:
            if self.disclosure_holds(disclosure, t):
                yield Right(partial(self.disclosure_covers, disclosure))

    def disclosure_holds(self, disclosure: DisclosureRecorded, t: int) -> bool:
        return (
            disclosure.at <= t
            and self.has_begun(disclosure.begins, t)
            and t < earliest(self.day_ends(disclosure.last_day), self.disclosure_ended.get(disclosure.disclosure))
            and self.is_approved(disclosure, t)
        )

    def is_approved(self, disclosure: DisclosureRecorded, t: int) -> bool:
        return not disclosure.needs_approval or self.approved.get(disclosure.disclosure, NEVER) <= t

    def disclosure_covers(self, disclosure: DisclosureRecorded, written: Written) -> bool:
        """The discloser's own words; with a copy of the report, what was received with it too."""
        return (written.part == CORE or written.part in disclosure.parts) and (
            written.author == disclosure.giver or (disclosure.hands_on_report and written.sent)
        )

    def rights_by_glass(self, user: int, agency: int, case: int, t: int) -> Iterator["Right"]:
        for glass in self.glasses[case]:
            if self.glass_is_for(glass, user, agency) and self.glass_holds(glass, t):
                yield Right(partial(self.glass_covers, glass), own=True)

    def glass_holds(self, glass: GlassBroken, t: int) -> bool:
        return glass.at <= t < earliest(glass.at + GLASS_LASTS, self.glass_closed.get(glass.glass))

    def glass_covers(self, glass: GlassBroken, written: Written) -> bool:
        return written.part == CORE or written.part in glass.parts

    def glass_is_for(self, glass: GlassBroken, user: int, agency: int) -> bool:
        return glass.user == user and glass.agency == agency

    # --- time

    def has_begun(self, begins: int, t: int) -> bool:
        return begins <= t

    def day_ends(self, day: dt.date) -> int:
        return day_ends(day)


@dataclass(frozen=True)
class Right:
    """What one right covers; `own` when it is this very user's and nobody else's in the agency."""

    covers: Callable[[Written], bool]
    own: bool = False


NEVER = 1 << 62


def earliest(one: int | None, other: int | None) -> int:
    """The first of two ends; an end nobody has set lies beyond all time."""
    return min(NEVER if one is None else one, NEVER if other is None else other)


Said = TypeVar("Said", bound=Event)


def last(said: list[Said], t: int) -> Said | None:
    """What was said last at or before `t`."""
    heard = None
    for event in said:
        if event.at > t:
            break
        heard = event
    return heard


class SecondLock(Rule):
    """What the database holds alone, with the application's filter switched off: agency, user, part, author and time.

    Assignment, conflict, protection level and role are the first lock's; and an agency's own words are its own.
    """

    def may_act(self, user: int, agency: int, case: int, t: int) -> bool:
        return True

    def needs_to_know(self, user: int, agency: int, case: int, right: Right, t: int) -> bool:
        return True

    def rights(self, user: int, agency: int, case: int, t: int) -> Iterator[Right]:
        yield from super().rights(user, agency, case, t)
        yield Right(lambda written: written.author == agency)
