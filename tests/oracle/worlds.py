"""Invented worlds and the questions to ask of them, made so that the questions hurt.

Random worlds at random times are worthless: almost everything is denied, and nothing happens at the instant asked
about (security.md, 0.5). So events fall on few instants; half the questions are put at an event of the very case or
user, or a microsecond before or after it; and most are about pairs of user and case between which a right exists at
some time.
"""

import datetime as dt
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.oracle.rule import (
    ANSWERING_ROLES,
    ASSIGNED_ROLES,
    CORE,
    GLASS_LASTS,
    LEVELS,
    MINUTE,
    AccountSet,
    AssignmentSet,
    ConflictSet,
    ConsentRecorded,
    ConsentRevoked,
    DisclosureApproved,
    DisclosureEnded,
    DisclosureRecorded,
    Event,
    GlassBroken,
    GlassClosed,
    LeadSet,
    LevelSet,
    MembershipEnded,
    MembershipGiven,
    Rule,
    Written,
    day_ends,
    instant,
)

# Days whose ends are instants of the worlds: among them both nights the clocks change, and a year's end.
LAST_DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in ("2026-10-23", "2026-10-24", "2026-10-25", "2026-11-30", "2026-12-31", "2027-03-27", "2027-03-28", "2027-04-30")
)  # fmt: skip
# In the middle of a day, to the microsecond; each also has the instants 25 and 60 minutes later, when a glass ends.
WORKING_HOURS = tuple(
    instant(dt.datetime.fromisoformat(moment))
    for moment in (
        "2026-10-23T09:15:00.000001+00:00", "2026-10-24T20:29:59.999999+00:00", "2026-10-26T12:00:00+00:00",
        "2026-11-27T11:11:11.111111+00:00", "2026-12-31T22:30:00+00:00", "2027-03-26T08:00:00.500000+00:00",
    )
)  # fmt: skip
EARLY = 25 * MINUTE
BEGINNING = instant(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC))
TICKS = tuple(
    sorted(
        {
            *map(day_ends, LAST_DAYS),
            *WORKING_HOURS,
            *(tick + after for tick in WORKING_HOURS for after in (EARLY, GLASS_LASTS)),
        }
    )
)

# Not `contact`: whereabouts have a sealed place and a rule of their own (F-19).
PARTS = ("leisure_network", "crime", "health", "substance_use", "occupation_school", "economy", "housing", "family")
ROLES = (
    *["caseworker"] * 11, *["manager"] * 4, "coordinator", "intake", "analyst", "privacy_officer", "agency_administrator",
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """What one user, acting for one agency, is asked about at one instant."""

    at: int
    user: int
    agency: int
    cases: tuple[int, ...]
    contents: tuple[int, ...]


@dataclass
class World:
    """Agencies, users, cases and contents are numbered from 1; `events` are in the order they happen."""

    agencies: int
    users: int
    cases: int
    events: list[Event] = field(default_factory=list)
    # The instants at which something begins or ends for a case or a user: what the questions crowd around.
    case_instants: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    user_instants: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    contents: dict[int, Written] = field(default_factory=dict)
    # Pairs between which a right exists at some time: (user, agency) to cases.
    pairs: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    def at_a_boundary(self, user: int, case: int, t: int) -> bool:
        """Whether something begins or ends for this user or this case within a microsecond of `t`."""
        return any(near in self.case_instants[case] or near in self.user_instants[user] for near in (t - 1, t, t + 1))


class Teller:
    """Tells one world. The same seed tells the same world."""

    def __init__(self, seed: int, *, agencies: int, users: int, cases: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
        self.world = World(agencies, users, cases)
        self.numbers: dict[str, int] = defaultdict(int)
        self.members: dict[int, list[MembershipGiven]] = defaultdict(list)  # of an agency, ended ones too
        self.circles: dict[int, list[int]] = {}  # the agencies around a case; the first leads, the second may lead next
        self.case_parts: dict[int, list[str]] = {}
        self.consents: dict[int, ConsentRecorded | None] = {}
        self.states: dict[tuple[object, ...], object] = {}

    def tell(self) -> World:
        for user in range(1, self.world.users + 1):
            self._hire(user)
        for case in range(1, self.world.cases + 1):
            self._open(case)
        for tick in TICKS:
            for user in range(1, self.world.users + 1):
                if self._happens(0.10):
                    self._user_event(user, tick)
            for case in range(1, self.world.cases + 1):
                for _more in range(self.chance.choice((0, 1, 1, 2, 3))):
                    self._case_event(case, tick)
        self._pair()
        self.world.events.sort(key=lambda event: event.at)
        return self.world

    # --- how it begins

    def _hire(self, user: int) -> None:
        self._say(AccountSet(at=BEGINNING, user=user, active=True))
        own = 1 + (user - 1) % self.world.agencies
        for agency in {own, self.chance.randint(1, self.world.agencies) if self._happens(0.35) else own}:
            self._join(user, agency, BEGINNING)

    def _join(self, user: int, agency: int, at: int) -> None:
        begins = self._later(at) if self._happens(0.1) else at
        given = MembershipGiven(
            at=at,
            membership=self._number("membership"),
            user=user,
            agency=agency,
            role=self.chance.choice(ROLES),
            clearance=self.chance.choice(("none", "marked", "marked", "confidential", "confidential", "fictitious_id")),
            begins=begins,
            ends=self._later(begins) if self._happens(0.1) else None,
        )  # fmt: skip
        self._say(given)
        self.members[agency].append(given)
        self.world.user_instants[user] |= {given.begins, given.ends or given.begins}

    def _open(self, case: int) -> None:
        circle = self.circles[case] = self.chance.sample(range(1, self.world.agencies + 1), 5)
        parts = self.case_parts[case] = self.chance.sample(PARTS, 3)
        self.consents[case] = None
        self._say(LevelSet(at=BEGINNING, case=case, level="none"))
        self.states[case, "level"] = "none"
        self.states[case, "lead"] = circle[0]
        self._say(LeadSet(at=BEGINNING, case=case, agency=circle[0]))
        for agency in circle[:4]:
            for member in self.chance.sample(self.members[agency], min(3, len(self.members[agency]))):
                self._toggle_assignment(case, member.user, agency, BEGINNING)
        sender = circle[4]
        for part in parts:
            self._write(case, sender, part, BEGINNING, sent=True)
            for author in self.chance.sample(circle[:3], 2):
                self._write(case, author, part, BEGINNING)
        self._write(case, circle[0], CORE, BEGINNING)
        self._write(case, sender, self.chance.choice(parts), BEGINNING)  # what it writes later, for its own account
        if self._happens(0.7):
            self._consent(case, BEGINNING)
        if self._happens(0.4):
            self._disclose(case, BEGINNING)

    # --- what happens then

    def _user_event(self, user: int, tick: int) -> None:
        self.world.user_instants[user].add(tick)
        open_memberships = [
            given
            for members in self.members.values()
            for given in members
            if given.user == user and given.ends is None and ("left", given.membership) not in self.states
        ]
        match self.chance.choice(("account", "leave", "join", "join")):
            case "account":
                active = not self.states.get((user, "active"), True)
                self.states[user, "active"] = active
                self._say(AccountSet(at=tick, user=user, active=active))
            case "leave" if open_memberships and max(g.begins for g in open_memberships) < tick:
                given = self.chance.choice(open_memberships)
                self.states["left", given.membership] = tick
                self._say(MembershipEnded(at=tick, membership=given.membership))
            case _:
                known = [given.agency for given in open_memberships] or [self.chance.randint(1, self.world.agencies)]
                self._join(user, self.chance.choice(known), tick)

    def _case_event(self, case: int, tick: int) -> None:
        self.world.case_instants[case].add(tick)
        circle = self.circles[case]
        match self.chance.choices(
            ("consent", "revoke", "disclose", "approve", "assign", "conflict", "level", "lead", "glass", "write"),
            (5, 2, 5, 3, 4, 2, 1, 1, 3, 2),
        )[0]:
            case "consent":
                self._consent(case, tick)
            case "revoke":
                self._revoke(case, tick)
            case "disclose":
                self._disclose(case, tick)
            case "approve":
                self._go_on_with_disclosure(case, tick)
            case "assign":
                agency = self.chance.choice(circle[:4])
                self._toggle_assignment(case, self.chance.choice(self.members[agency]).user, agency, tick)
            case "conflict":
                user = self.chance.choice(self.members[self.chance.choice(circle[:4])]).user
                declared = not self.states.get((case, user, "conflict"), False)
                self.states[case, user, "conflict"] = declared
                self._say(ConflictSet(at=tick, case=case, user=user, declared=declared))
            case "level":
                levels = (*LEVELS, "none", "none", "none", "none")
                level = self.chance.choice([one for one in levels if one != self.states[case, "level"]])
                self.states[case, "level"] = level
                self._say(LevelSet(at=tick, case=case, level=level))
            case "lead":
                following = self.chance.choice([agency for agency in circle[:3] if agency != self.states[case, "lead"]])
                self.states[case, "lead"] = following
                self._say(LeadSet(at=tick, case=case, agency=following))
            case "glass":
                self._break_glass(case, tick)
            case "write":
                self._write(case, self.chance.choice(circle), self.chance.choice([CORE, *self.case_parts[case]]), tick)

    def _consent(self, case: int, at: int) -> None:
        """A new version takes the old one's place, so a case has one at a time."""
        self._revoke(case, at)
        begins = self._later(at) if self._happens(0.3) else at
        last_day = self._last_day(begins)
        if last_day is None:
            return
        circle, parts = self.circles[case], self.case_parts[case]
        boxes = {(agency, part) for agency in circle[:4] for part in parts if self._happens(0.7)}
        if not boxes:
            return
        consent = ConsentRecorded(
            at=at,
            consent=self._number("consent"),
            case=case,
            boxes=frozenset(boxes),
            givers=frozenset(agency for agency in circle if self._happens(0.75)) or frozenset(circle[:1]),
            begins=begins,
            last_day=last_day,
        )
        self.consents[case] = consent
        self._say(consent)
        self.world.case_instants[case] |= {begins, day_ends(last_day)}

    def _revoke(self, case: int, at: int) -> None:
        consent = self.consents[case]
        if consent is not None and consent.at < at < day_ends(consent.last_day):
            self._say(ConsentRevoked(at=at, consent=consent.consent))
        self.consents[case] = None

    def _disclose(self, case: int, at: int) -> None:
        begins = self._later(at) if self._happens(0.2) else at
        last_day = self._last_day(begins)
        if last_day is None:
            return
        giver, recipient = self.chance.sample(self.circles[case], 2)
        disclosure = DisclosureRecorded(
            at=at,
            disclosure=self._number("disclosure"),
            case=case,
            giver=giver,
            recipient=recipient,
            parts=frozenset(self.chance.sample(self.case_parts[case], self.chance.randint(1, 3))),
            hands_on_report=self._happens(0.4),
            needs_approval=self._happens(0.5),
            begins=begins,
            last_day=last_day,
        )
        self._say(disclosure)
        self.states[case, "disclosure"] = disclosure
        self.world.case_instants[case] |= {begins, day_ends(last_day)}

    def _go_on_with_disclosure(self, case: int, at: int) -> None:
        """The newest one is approved, where it waits; else ended."""
        disclosure = self.states.get((case, "disclosure"))
        if not isinstance(disclosure, DisclosureRecorded) or not disclosure.at < at < day_ends(disclosure.last_day):
            return
        if disclosure.needs_approval and ("approved", disclosure.disclosure) not in self.states:
            self.states["approved", disclosure.disclosure] = True
            self._say(DisclosureApproved(at=at, disclosure=disclosure.disclosure))
        elif disclosure.begins < at:
            del self.states[case, "disclosure"]
            self._say(DisclosureEnded(at=at, disclosure=disclosure.disclosure))

    def _break_glass(self, case: int, at: int) -> None:
        agency = self.chance.choice(self.circles[case])
        users = [given.user for given in self.members[agency] if given.role in ASSIGNED_ROLES | ANSWERING_ROLES]
        if at not in WORKING_HOURS or not users:
            return
        glass = GlassBroken(
            at=at,
            glass=self._number("glass"),
            case=case,
            user=self.chance.choice(users),
            agency=agency,
            parts=frozenset(self.chance.sample(self.case_parts[case], self.chance.randint(1, 2))),
        )
        self._say(glass)
        self.world.case_instants[case].add(at + GLASS_LASTS)
        if self._happens(0.3):
            self._say(GlassClosed(at=at + EARLY, glass=glass.glass))
            self.world.case_instants[case].add(at + EARLY)

    def _toggle_assignment(self, case: int, user: int, agency: int, at: int) -> None:
        given = not self.states.get((case, user, agency, "assigned"), False)
        self.states[case, user, agency, "assigned"] = given
        self._say(AssignmentSet(at=at, case=case, user=user, agency=agency, given=given))

    def _write(self, case: int, author: int, part: str, at: int, *, sent: bool = False) -> None:
        written = Written(at=at, content=self._number("content"), case=case, author=author, part=part, sent=sent)
        self.world.contents[written.content] = written
        self._say(written)

    # --- how it is told

    def _pair(self) -> None:
        """Who could ever come to see which case: in its circle, and assigned, answering or with a glass of their own."""
        for agency, members in self.members.items():
            for case, circle in self.circles.items():
                if agency in circle:
                    for given in members:
                        if given.role in ANSWERING_ROLES:
                            self.world.pairs[given.user, agency].add(case)
        for event in self.world.events:
            if isinstance(event, AssignmentSet | GlassBroken):
                self.world.pairs[event.user, event.agency].add(event.case)

    def _say(self, event: Event) -> None:
        self.world.events.append(event)

    def _number(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _later(self, at: int) -> int:
        """A later instant of the grid."""
        following = TICKS[bisect_left(TICKS, at + 1) :]
        return self.chance.choice(following) if following else at + 1

    def _last_day(self, begins: int) -> dt.date | None:
        days = [day for day in LAST_DAYS if day_ends(day) > begins]
        return self.chance.choice(days) if days else None


def rounds(world: World, rule: Rule, seed: int, *, rounds_an_instant: int) -> Iterator[Round]:
    """What to ask, in the order of time: at each tick, a microsecond before and after it, and somewhere between; of
    each instant as many different actors. Most of them may work just then: who may not is refused everything.

    Each round asks about much of what the rule lets its user see, so that wrong refusals are found as surely as wrong
    permissions; about rather more of what it does not, from the cases the user has something to do with, those first
    where something happens at that very instant; and about some out of the whole world.
    """
    chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
    everything = sorted(world.contents)
    of_case = defaultdict(list)
    for content in everything:
        of_case[world.contents[content].case].append(content)
    actors = sorted(world.pairs)
    for tick, following in zip(TICKS, [*TICKS[1:], TICKS[-1] + GLASS_LASTS], strict=True):
        touched = [actor for actor in actors if tick in world.user_instants[actor[0]]] or actors
        for at in (tick - 1, tick, tick + 1, chance.randrange(tick + 2, following - 1)):
            working = [
                actor
                for actor in actors
                if rule.account_is_good(actor[0], at) and rule.role_permits(rule.roles(*actor, at))
            ]
            had: set[tuple[int, int]] = set()
            for _round in range(rounds_an_instant):
                # Whose account or membership begins or ends here: just before it and at it, where it shows.
                among = chance.choices((touched, working, actors), (4 if at in {tick - 1, tick} else 1, 6, 1))[0]
                user, agency = chance.choice(
                    [actor for actor in among if actor not in had] or [actor for actor in actors if actor not in had]
                )
                had.add((user, agency))
                granted = sorted(world.pairs[user, agency])
                if chance.random() < 0.03:
                    agency = chance.randint(1, world.agencies)
                at_hand = [case for case in granted if tick in world.case_instants[case]]
                chance.shuffle(at_hand)
                order = [*at_hand, *chance.sample(granted, len(granted))]
                near = [content for case in dict.fromkeys(order) for content in of_case[case]]
                seen = rule.seen(user, agency, near, at)
                allowed = [content for content in near if content in seen][:350]
                refused = [content for content in near if content not in seen][: len(allowed) + 40]
                chosen = {*allowed, *refused, *chance.sample(everything, (len(allowed) + len(refused)) // 2)}
                cases = {world.contents[content].case for content in (*allowed, *refused)}
                yield Round(at, user, agency, tuple(sorted(cases)), tuple(sorted(chosen)))
