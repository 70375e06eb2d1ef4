"""A programme file as typed, frozen objects: what the rest of the product reads instead of a dictionary.

`programmes/schema.json` says what a file may hold and the loader has checked it, so nothing is checked again here. Words
for people (labels, help texts, purposes) are the file's own and stand in the programme's language.
"""

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from agencies.enums import AgencyKind, ForumBasis, ForumKind, Part, Role, Standing

Document = dict[str, Any]


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


_C = TypeVar("_C", bound=_Coded)


@dataclass(frozen=True)
class Routine:
    """The controlled document behind the programme (U23-01). Blank dates are blank in the source."""

    title: str
    category: str
    scope: str
    approved_by: str | None
    approved_on: str | None
    changed_on: str | None
    last_revised_on: str | None
    next_revision_on: str | None


@dataclass(frozen=True)
class AgeBand:
    """Whole years, both ends included: 18 to 25 lasts until the day before the 26th birthday (U23-03). None: no end."""

    min: int
    max: int | None

    def includes(self, age: int) -> bool:
        """Whether someone who has turned `age` is within the band."""
        return self.min <= age and (self.max is None or age <= self.max)


@dataclass(frozen=True)
class Function:
    """A role in a kind of agency: whom a programme speaks of instead of a person's name (U23-07, U23-09)."""

    kind: AgencyKind
    role: Role


@dataclass(frozen=True)
class Criterion:
    """One ground for proposing a person (U23-04)."""

    code: str
    label: str


@dataclass(frozen=True)
class Selection:
    """Which criteria a proposal must state: one or more of `at_least_one_of`, and an answer to each of `asked`."""

    criteria: tuple[Criterion, ...]
    at_least_one_of: frozenset[str]
    asked: frozenset[str]

    def is_met_by(self, answers: dict[str, bool]) -> bool:
        """Whether the answers name one of the grounds and leave none of the asked questions open."""
        return any(answers.get(code) for code in self.at_least_one_of) and self.asked <= answers.keys()


@dataclass(frozen=True)
class Party:
    """A kind of agency within the programme's scope, and whether it owns the programme or takes part (U23-05, U23-06)."""

    kind: AgencyKind
    standing: Standing


@dataclass(frozen=True)
class Cadence:
    """How often a forum meets: so many times a year, or every so many weeks. Reported, never enforced (F-11)."""

    unit: str  # "per_year" or "every_weeks"
    min: int
    max: int | None
    valid_from: str | None
    valid_to: str | None


@dataclass(frozen=True)
class AgendaPart:
    """A part of an agenda; only a part about persons can hold an individual case (LIL-21, LIL-22)."""

    code: str
    label: str
    about_persons: bool


@dataclass(frozen=True)
class LeadTimes:
    """How long before the meeting things are due, in working days (F-10). Warned about, not enforced."""

    agenda: int
    status: int


@dataclass(frozen=True)
class Forum:
    """A meeting place with its mandate, members, cadence, and whether and on what it may hear about named persons."""

    code: str
    name: str
    kind: ForumKind
    mandate: str
    convenor: Function
    members: tuple[AgencyKind, ...]
    cadences: tuple[Cadence, ...]
    individual_cases: frozenset[ForumBasis]
    agenda_parts: tuple[str, ...]
    lead_times: LeadTimes

    @property
    def hears_individual_cases(self) -> bool:
        """Whether a named person can come on this forum's agenda at all."""
        return bool(self.individual_cases)


@dataclass(frozen=True)
class InformedItem:
    """One thing the person is told before signing (C3, informed items shown)."""

    code: str
    label: str
    text: str


@dataclass(frozen=True)
class ConsentTemplate:
    """The consent form's text and limits (U23-20). The purpose is in the first person, to be read aloud."""

    form_version: str
    purpose: str
    default_months: int
    max_months: int
    parts: tuple[Part, ...]
    informed_items: tuple[InformedItem, ...]
    not_opened: tuple[str, ...]


@dataclass(frozen=True)
class FollowUpQuestion:
    """An assessment that one particular answer makes mandatory (U23-15)."""

    code: str
    when: str
    label: str
    help: str


@dataclass(frozen=True)
class ChecklistItem:
    """A question that must be answered in a step, in the information part it belongs to."""

    code: str
    label: str
    help: str
    answer: str  # "text" or "yes_no_unknown"
    part: Part
    follow_up: FollowUpQuestion | None


@dataclass(frozen=True)
class Assessment:
    """Something to be considered and answered yes or no with a reason (U23-25)."""

    code: str
    label: str
    help: str
    part: Part


@dataclass(frozen=True)
class BasicNeed:
    """One of the needs that is always checked (U23-23)."""

    code: str
    label: str
    help: str
    part: Part


@dataclass(frozen=True)
class PlanArea:
    """An area of the individual plan with the help text shown beside it (SIG-67, SIG-69)."""

    code: str
    label: str
    help: str
    part: Part


@dataclass(frozen=True)
class ContractKind:
    """A contract the programme offers, and how long it runs (FA-04)."""

    code: str
    label: str
    months: int
    part: Part


@dataclass(frozen=True)
class Deadline:
    """A case leaves `state` within so many working days, counted from when it entered `since`."""

    state: str
    since: str
    working_days: int
    label: str


@dataclass(frozen=True)
class ReminderDays:
    """How many days before each date people are reminded, largest first."""

    consent_ending: tuple[int, ...]
    follow_up: tuple[int, ...]
    measure_due: tuple[int, ...]
    ageing_out: tuple[int, ...]


@dataclass(frozen=True)
class Review:
    """How often the plan and the basic needs are gone through again, in weeks."""

    plan_weeks: int
    needs_weeks: int


@dataclass(frozen=True)
class Retention:
    """How long a case is kept: months after it closed (F-23), days after a report was rejected at intake (T2x)."""

    closed_months: int
    rejected_days: int


@dataclass(frozen=True)
class ProgrammeDefinition:
    """Everything one version of a programme says. Look things up by code: `definition.plan_area("health")`."""

    code: str
    name: str
    title: str
    country: str
    language: str
    purpose: str
    priority: bool
    routine: Routine
    lead_kinds: tuple[AgencyKind, ...]
    intake: Function | None
    proposers: tuple[Function, ...]
    age_band: AgeBand | None
    selection: Selection
    parties: tuple[Party, ...]
    forums: tuple[Forum, ...]
    agenda_parts: tuple[AgendaPart, ...]
    consent: ConsentTemplate | None
    parts: tuple[Part, ...]
    initial_review: tuple[ChecklistItem, ...]
    basic_needs: tuple[BasicNeed, ...]
    assessments: tuple[Assessment, ...]
    plan_areas: tuple[PlanArea, ...]
    contracts: tuple[ContractKind, ...]
    deadlines: tuple[Deadline, ...]
    reminders: ReminderDays
    review: Review
    retention: Retention

    def forum(self, code: str) -> Forum:
        """The forum with that code. KeyError when the programme has none."""
        return _by_code(self.forums, code)

    def agenda_part(self, code: str) -> AgendaPart:
        """The agenda part with that code. KeyError when the programme has none."""
        return _by_code(self.agenda_parts, code)

    def basic_need(self, code: str) -> BasicNeed:
        """The basic need with that code. KeyError when the programme has none."""
        return _by_code(self.basic_needs, code)

    def plan_area(self, code: str) -> PlanArea:
        """The plan area with that code. KeyError when the programme has none."""
        return _by_code(self.plan_areas, code)

    def deadline_for(self, state: str) -> Deadline | None:
        """The deadline for leaving a state, or None when the programme sets none."""
        return next((deadline for deadline in self.deadlines if deadline.state == state), None)

    def standing_of(self, kind: AgencyKind) -> Standing | None:
        """Whether agencies of that kind own the programme or take part; None outside its scope (U23-27)."""
        return next((party.standing for party in self.parties if party.kind == kind), None)

    def members_out_of_scope(self, forum: Forum) -> tuple[AgencyKind, ...]:
        """The forum's members that the programme's scope does not list (U23-27)."""
        return tuple(kind for kind in forum.members if self.standing_of(kind) is None)

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a document that the loader has validated."""
        consent = document["consent"]
        age = document["age"]
        intake = document["intake"]
        return cls(
            code=document["code"],
            name=document["name"],
            title=document["title"],
            country=document["country"],
            language=document["language"],
            purpose=document["purpose"],
            priority=document["priority"],
            routine=Routine(**document["routine"]),
            lead_kinds=tuple(AgencyKind(kind) for kind in document["lead_kinds"]),
            intake=_function(intake) if intake else None,
            proposers=tuple(_function(row) for row in document["proposers"]),
            age_band=AgeBand(min=age["min"], max=age["max"]) if age else None,
            selection=_selection(document["selection"]),
            parties=tuple(Party(AgencyKind(row["kind"]), Standing(row["standing"])) for row in document["parties"]),
            forums=tuple(_forum(row) for row in document["forums"]),
            agenda_parts=tuple(AgendaPart(**row) for row in document["agenda_parts"]),
            consent=_consent(consent) if consent else None,
            parts=tuple(Part(part) for part in document["parts"]),
            initial_review=tuple(_checklist_item(row) for row in document["initial_review"]),
            basic_needs=tuple(BasicNeed(**_with_part(row)) for row in document["basic_needs"]),
            assessments=tuple(Assessment(**_with_part(row)) for row in document["assessments"]),
            plan_areas=tuple(PlanArea(**_with_part(row)) for row in document["plan_areas"]),
            contracts=tuple(ContractKind(**_with_part(row)) for row in document["contracts"]),
            deadlines=tuple(_deadline(row) for row in document["deadlines"]),
            reminders=ReminderDays(
                **{kind: tuple(sorted(days, reverse=True)) for kind, days in document["reminders"].items()}
            ),
            review=Review(**document["review"]),
            retention=Retention(**document["retention"]),
        )


def _by_code(rows: tuple[_C, ...], code: str) -> _C:
    for row in rows:
        if row.code == code:
            return row
    raise KeyError(code)


def _function(row: Document) -> Function:
    return Function(kind=AgencyKind(row["kind"]), role=Role(row["role"]))


def _with_part(row: Document) -> Document:
    return {**row, "part": Part(row["part"])}


def _selection(row: Document) -> Selection:
    return Selection(
        criteria=tuple(Criterion(**criterion) for criterion in row["criteria"]),
        at_least_one_of=frozenset(row["at_least_one_of"]),
        asked=frozenset(row["asked"]),
    )


def _cadence(row: Document) -> Cadence:
    return Cadence(
        unit=row["unit"],
        min=row["min"],
        max=row["max"],
        valid_from=row.get("valid_from"),
        valid_to=row.get("valid_to"),
    )


def _forum(row: Document) -> Forum:
    return Forum(
        code=row["code"],
        name=row["name"],
        kind=ForumKind(row["kind"]),
        mandate=row["mandate"],
        convenor=_function(row["convenor"]),
        members=tuple(AgencyKind(kind) for kind in row["members"]),
        cadences=tuple(_cadence(cadence) for cadence in row["cadences"]),
        individual_cases=frozenset(ForumBasis(basis) for basis in row["individual_cases"]),
        agenda_parts=tuple(row["agenda_parts"]),
        lead_times=LeadTimes(**row["lead_times"]),
    )


def _consent(row: Document) -> ConsentTemplate:
    return ConsentTemplate(
        form_version=row["form_version"],
        purpose=row["purpose"],
        default_months=row["default_months"],
        max_months=row["max_months"],
        parts=tuple(Part(part) for part in row["parts"]),
        informed_items=tuple(InformedItem(**item) for item in row["informed_items"]),
        not_opened=tuple(row["not_opened"]),
    )


def _checklist_item(row: Document) -> ChecklistItem:
    follow_up = row.get("follow_up")
    return ChecklistItem(
        code=row["code"],
        label=row["label"],
        help=row["help"],
        answer=row["answer"],
        part=Part(row["part"]),
        follow_up=FollowUpQuestion(**follow_up) if follow_up else None,
    )


def _deadline(row: Document) -> Deadline:
    return Deadline(
        state=row["state"],
        since=row["since"] if "since" in row else row["state"],
        working_days=row["working_days"],
        label=row["label"],
    )
