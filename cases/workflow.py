"""What may follow what, whose turn it is, and what must be true first. No users, no database: a table to read.

Part B of the requirements (T1-T14), one row a transition.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from cases.enums import CaseState as S
from cases.enums import FactKind as F
from cases.enums import WishForHelp


class Turn(StrEnum):
    """Who has the next step."""

    INTAKE = "intake"
    LEAD_MANAGER = "lead_manager"
    LEAD_CASEWORKER = "lead_caseworker"
    AGENCIES = "agencies"
    NOBODY = "nobody"


OWNERS: dict[S, Turn] = {
    S.SUBMITTED: Turn.INTAKE,
    S.RECEIVED: Turn.INTAKE,
    S.ROUTED: Turn.LEAD_MANAGER,
    S.INITIAL_REVIEW: Turn.LEAD_CASEWORKER,
    S.SUMMONED: Turn.LEAD_CASEWORKER,
    S.INFORMED: Turn.LEAD_CASEWORKER,
    S.CONSENT_PENDING: Turn.LEAD_CASEWORKER,
    S.MAPPING: Turn.LEAD_CASEWORKER,
    S.COLLABORATING: Turn.AGENCIES,
    S.WORKING_GROUP_FOLLOW_UP: Turn.AGENCIES,
    S.DECLINED: Turn.NOBODY,
    S.CONSENT_REFUSED: Turn.LEAD_CASEWORKER,
    S.CLOSED: Turn.NOBODY,
}


@dataclass(frozen=True)
class Transition:
    """One permitted step: `needs` are the facts that must be in force first; `source` is the requirement."""

    source: str
    needs: frozenset[F] = field(default_factory=frozenset)


TOLD = frozenset({F.TOLD_OF_REPORT})
MAPPED = frozenset(
    {
        F.CONSENT_GIVEN,
        F.BASIC_NEEDS_ASSESSED,
        F.COOPERATION_MEETING_CALLED,
        F.RESPONSIBILITY_GROUP_ASSESSED,
        F.INDIVIDUAL_PLAN_ASSESSED,
    }
)
REVIEWED = frozenset({F.SERVICES_REVIEWED, F.FAMILY_REVIEWED, F.CHILDREN_ANSWERED})

TRANSITIONS: dict[tuple[S, S], Transition] = {
    (S.SUBMITTED, S.RECEIVED): Transition("T2"),
    (S.RECEIVED, S.ROUTED): Transition("T3"),
    (S.ROUTED, S.INITIAL_REVIEW): Transition("T4", frozenset({F.CASEWORKER_ASSIGNED})),
    (S.INITIAL_REVIEW, S.SUMMONED): Transition("T6", REVIEWED | {F.SUMMONED}),
    (S.SUMMONED, S.INFORMED): Transition("T7", TOLD),
    (S.INFORMED, S.CONSENT_PENDING): Transition("T8a", TOLD | {F.WANTS_HELP}),
    (S.INFORMED, S.DECLINED): Transition("T8b", TOLD | {F.DECLINES_HELP}),
    (S.CONSENT_PENDING, S.DECLINED): Transition("T8b", TOLD | {F.DECLINES_HELP}),
    (S.CONSENT_PENDING, S.MAPPING): Transition("T9a", TOLD | {F.CONSENT_GIVEN}),
    (S.CONSENT_PENDING, S.CONSENT_REFUSED): Transition("T9b", TOLD | {F.CONSENT_REFUSED}),
    (S.CONSENT_REFUSED, S.CONSENT_PENDING): Transition("T8a", TOLD | {F.WANTS_HELP}),
    (S.MAPPING, S.COLLABORATING): Transition("T10", TOLD | MAPPED),
    (S.COLLABORATING, S.WORKING_GROUP_FOLLOW_UP): Transition(
        "T11", TOLD | {F.CONSENT_GIVEN, F.ON_WORKING_GROUP_AGENDA}
    ),
    (S.WORKING_GROUP_FOLLOW_UP, S.COLLABORATING): Transition("T11", TOLD | {F.CONSENT_GIVEN}),
    # T12: the moment consent ends, whatever it rested on stops.
    (S.MAPPING, S.CONSENT_PENDING): Transition("T12"),
    (S.COLLABORATING, S.CONSENT_PENDING): Transition("T12"),
    (S.WORKING_GROUP_FOLLOW_UP, S.CONSENT_PENDING): Transition("T12"),
    (S.MAPPING, S.DECLINED): Transition("T12", frozenset({F.DECLINES_HELP})),
    (S.COLLABORATING, S.DECLINED): Transition("T12", frozenset({F.DECLINES_HELP})),
    (S.WORKING_GROUP_FOLLOW_UP, S.DECLINED): Transition("T12", frozenset({F.DECLINES_HELP})),
    (S.DECLINED, S.SUMMONED): Transition("T14", frozenset({F.SUMMONED})),
} | {(state, S.CLOSED): Transition("T13") for state in S if state not in {S.SUBMITTED, S.RECEIVED, S.CLOSED}}

# What rests on consent: losing it freezes the shared view at once (T12).
RESTS_ON_CONSENT = frozenset({S.MAPPING, S.COLLABORATING, S.WORKING_GROUP_FOLLOW_UP})
# A report may be sent back only before anybody else has got it (T2x).
BEFORE_ROUTING = frozenset({S.SUBMITTED, S.RECEIVED})
# Nobody outside the lead may be told a name on a consent basis before the person was told (U23-16).
BEFORE_INFORMED = frozenset({S.SUBMITTED, S.RECEIVED, S.ROUTED, S.INITIAL_REVIEW, S.SUMMONED})
OPEN = frozenset(S) - {S.CLOSED}
# The office's working papers: from the day a caseworker has the case (T5).
REVIEWABLE = OPEN - {S.SUBMITTED, S.RECEIVED, S.ROUTED}
# Where the person may be called to a talk: the first time, again after not coming, and after having declined (T14).
SUMMONABLE = frozenset({S.INITIAL_REVIEW, S.SUMMONED, S.DECLINED})
# T6x: so many times the person must have been called in vain before "no contact" is a reason to close. Our choice:
# the routine says only "n attempts".
ATTEMPTS_BEFORE_NO_CONTACT = 3

# Where an answer about wanting help leads (T8a, T8b), by the state it is given in. None: noted, and the case stays.
# An answer that is not here cannot be given there.
ANSWERS: dict[tuple[S, WishForHelp], S | None] = {
    (S.INFORMED, WishForHelp.YES): S.CONSENT_PENDING,
    (S.INFORMED, WishForHelp.NO): S.DECLINED,
    (S.INFORMED, WishForHelp.UNDECIDED): None,
    (S.CONSENT_PENDING, WishForHelp.NO): S.DECLINED,
}
FACT_OF_ANSWER = {
    WishForHelp.YES: F.WANTS_HELP,
    WishForHelp.NO: F.DECLINES_HELP,
    WishForHelp.UNDECIDED: F.UNDECIDED,
}


def answers_in(state: S) -> tuple[WishForHelp, ...]:
    """The answers that can be given in a talk held in `state`. Summoned: the person is told first, so as if informed."""
    told_state = S.INFORMED if state == S.SUMMONED else state
    return tuple(wish for (given_in, wish) in ANSWERS if given_in == told_state)


@dataclass(frozen=True)
class Missing:
    """Why a step cannot be taken now: it leads nowhere from here, or these facts are lacking."""

    permitted: bool
    facts: tuple[F, ...] = ()

    def __bool__(self) -> bool:
        return not self.permitted or bool(self.facts)


def missing_for(current: S, target: S, facts: AbstractSet[F]) -> Missing:
    """What stands between `current` and `target`, given the facts in force. Falsy when the step may be taken.

    "Has children" forces the documented assessment (U23-15): it is asked for wherever the review is.
    """
    transition = TRANSITIONS.get((current, target))
    if transition is None:
        return Missing(permitted=False)
    needs = set(transition.needs)
    if F.CHILDREN_ANSWERED in needs and F.HAS_CHILDREN in facts:
        needs.add(F.CHILD_REPORT_ASSESSED)
    return Missing(permitted=True, facts=tuple(sorted(needs - facts)))
