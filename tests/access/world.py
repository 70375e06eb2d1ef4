"""One young person's case with everything in it, each text a canary that says for whose eyes it is, and what the sentence
of design.md ("Access") lets each of the cast see of it.

What a reader may see is worked out here from the world's own terms (who leads, what the consent says, who is assigned),
never from the application: it is the expected answer of the proofs beside this file.
"""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from actionplans.enums import Progress
from actionplans.models import Commitment, FollowUp, Measure
from actionplans.services import follow_ups, goals
from agencies.actors import Actor
from agencies.enums import Part, Role
from agencies.models import Membership
from audit import clock
from cases import grants
from cases.enums import CoordinationKind, EntryKind, NeedStatus
from cases.models import Case, Entry
from cases.services import needs
from cases.services.needs import NeedAnswer
from consent.models import Disclosure
from meetings.models import ItemDecision, ItemMinutes
from meetings.services import agenda
from reminders.models import Reminder
from tests import stories
from tests.actionplans import planning
from tests.cast import MEMBERS, Cast, acting_as
from tests.consent import test_disclose as disclosing
from tests.meetings import tables
from tests.retold import retold

LEAD, NAV = "hvk-ost", "nav"
# What the consent says apart from NAV, which is the recipient whose right the proofs give and take.
OTHERS: dict[str, tuple[str, ...]] = {
    LEAD: ("economy", "occupation_school", "health", "leisure_network"),
    "stavne": ("occupation_school",),
    "mental-health": ("health",),
}
AT_THE_TABLE = ("slt", LEAD)
CALLED = ("hvk-ost", "nav", "stavne", "police-analysis")
WORKERS = {NAV: "nora", "stavne": "stine", "mental-health": "siv", "probation": "frode"}
PARTS = ("core", "economy", "occupation_school", "health", "housing", "crime")
CANARY = re.compile(r"zq[a-zæøå]+")

# Texts of the stories that serve as canaries: received with the report, or the lead's own working papers.
FAMILY_NAME = "Prøvedal"
RECEIVED = ("Stanset med tyveri i butikk", "Opplyser selv at han ruser", "Testveien 1", "00 00 00 99")
OF_THE_LEAD = ("Fastlege siden 2019", "Bestefar er viktig", "Kontor Øst, rom 2", "Avklart i samtalen")


NONE_OF_THESE = (
    "change_id", "row_id", "event_id", "withholding_id", "review_id", "request_id", "sign_in_id", "conflict_id", "glass_id",
    "report_id",
)  # fmt: skip


def canary(part: str, slug: str, kind: str = "") -> str:
    """A word nothing else holds: content of `part` written by agency `slug`."""
    return f"zq{kind}{part.replace('_', '')}q{slug.replace('-', '')}"


@dataclass(frozen=True)
class Terms:
    """What is in force in a world, as the sentence asks for it. `disclosed`: (giver, recipient, parts)."""

    consent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    givers: frozenset[str] | None = None
    table: frozenset[str] = frozenset()
    disclosed: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    assigned: frozenset[str] = frozenset()
    conflicted: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()  # whose membership has ended

    def has_right(self, slug: str) -> bool:
        """Whether the agency has any right in force in the case."""
        return (
            slug == LEAD
            or self.takes_part(slug)
            or any(slug == recipient for _giver, recipient, _parts in self.disclosed)
        )

    def takes_part(self, slug: str) -> bool:
        """Whether a consent in force names the agency, as a reader or at the table."""
        return slug in self.consent or (bool(self.consent) and slug in self.table)

    def sees_case(self, key: str, slug: str) -> bool:
        """Whether this member of the cast, acting for the agency, may know that the case is there."""
        role = MEMBERS[key].role
        answers = role in {Role.MANAGER, Role.INTAKE, Role.COORDINATOR}
        return (
            key not in self.gone
            and key not in self.conflicted
            and self.has_right(slug)
            and (answers or (role == Role.CASEWORKER and key in self.assigned))
        )

    def may_read(self, key: str, slug: str, part: str, author: str) -> bool:
        """Whether the member reads content of `part` by agency `author` on the case's pages."""
        if not self.sees_case(key, slug):
            return False
        if LEAD == slug == author or (part == "core" and LEAD in {slug, author}):
            return True  # what the lead wrote itself; what it says of state and name is in every right, and it has all of it
        by_consent = part in self.consent.get(slug, ()) or (part == "core" and self.takes_part(slug))
        if by_consent and (self.givers is None or author in self.givers):
            return True
        return any(
            slug == recipient and author == giver and part in (*parts, "core")
            for giver, recipient, parts in self.disclosed
        )

    def is_called(self, key: str, slug: str) -> bool:
        """Whether the member has a seat at the meeting: the convenor's or a called agency's."""
        role = MEMBERS[key].role
        return key not in self.gone and (slug == "slt" or slug in CALLED) and role in {
            Role.CASEWORKER, Role.MANAGER, Role.COORDINATOR,
        }  # fmt: skip

    def hears(self, key: str, slug: str) -> bool:
        """Whether the member hears the item about money on the agenda, or reads it as its own on the case's page."""
        return (
            self.is_called(key, slug)
            and (slug in self.table or slug == LEAD)
            and self.may_read(key, slug, "economy", LEAD)
        )

    def opens_item(self, key: str, slug: str) -> bool:
        """Whether the item's own pages open. Without a consent that seats somebody in the forum it may not speak of the case
        at all: then they open to nobody, not even to the lead (F-12, LIL-23).
        """
        return bool(self.consent) and self.hears(key, slug)


@dataclass
class World:
    """Where everything is (`things`: what stands in an address, by the address's own word) and what is in force."""

    case_id: uuid.UUID
    things: dict[str, uuid.UUID | str | int]
    instead: dict[str, dict[str, uuid.UUID | str | int]]
    terms: Terms

    def arguments(self, view: str, names: list[str]) -> dict[str, uuid.UUID | str | int]:
        """What to put into the address of `view`. KeyError for a word nobody has said what stands for."""
        return {name: self.instead.get(view, {}).get(name, self.things[name]) for name in names}

    def forbidden_words(self, key: str, slug: str) -> list[str]:
        """The canaries this member must find nowhere, what it wrote itself apart (that it finds under "Våre bidrag")."""
        terms = self.terms
        words = [] if terms.sees_case(key, slug) else [FAMILY_NAME, "Elias"]
        if slug != "police-analysis" and not (slug == LEAD and terms.sees_case(key, slug)):
            words += RECEIVED
        if slug != LEAD or not terms.sees_case(key, slug):
            words += OF_THE_LEAD
        own_again = key not in terms.gone and key not in terms.conflicted
        for part, author in self.authored():
            mine = own_again and author == slug
            if not mine and not terms.may_read(key, slug, part, author):
                words += [canary(part, author, kind) for kind in ("", "x")]
        if not terms.hears(key, slug):
            words += ["zqspørsmål", "zqreferat", "zqbeslutning"]
        return words

    def allowed_words(self, key: str, slug: str) -> list[str]:
        """The canaries of the timeline this member may find: what shows that a probe is not blind."""
        return [
            canary(part, author) for part, author in self.authored() if self.terms.may_read(key, slug, part, author)
        ]

    def authored(self) -> Iterator[tuple[str, str]]:
        for author in (LEAD, *OTHERS, NAV):
            for part in PARTS:
                yield part, author


@retold
def world(
    cast: Cast, *, nav: tuple[str, ...] = ("economy", "occupation_school"), givers: tuple[str, ...] = ()
) -> World:
    """Elias's case: agreed with NAV about the parts `nav` (none: NAV is not named), told by `givers` (empty: by all)."""
    scopes = OTHERS | ({NAV: nav} if nav else {})
    table = (*AT_THE_TABLE, *([NAV] if nav else []))
    case = stories.consented(cast, scopes=scopes, forum=table, givers=set(givers) or None)
    assigned = {"ingrid"}
    for slug in scopes:
        if slug != LEAD:
            worker = getattr(cast, WORKERS[slug])
            assigned.add(WORKERS[slug])
            with acting_as(worker):
                grants.assign(case, worker.user, by=worker)
    entries = _written(cast, case, scopes)
    _planned(cast, case, NAV if "economy" in nav else "stavne")
    shared = disclosing.disclosed(cast, case, to="probation", parts=("housing",))
    with acting_as(cast.frode):
        grants.assign(case, cast.frode.user, by=cast.frode)
    things, instead = _things(cast, case, scopes, entries, shared)
    terms = Terms(
        consent=scopes,
        givers=frozenset(givers) or None,
        table=frozenset(table),
        disclosed=((LEAD, "probation", ("housing",)),),
        assigned=frozenset({*assigned, "frode"}),
    )
    return World(case.pk, things, instead, terms)


def _written(cast: Cast, case: Case, scopes: dict[str, tuple[str, ...]]) -> list[Entry]:
    """A line in each part by each agency with a right, and the lead's papers."""
    entries = []
    for slug in scopes:
        author = cast.ingrid if slug == LEAD else getattr(cast, WORKERS[slug])
        with acting_as(author):
            entries += Entry.objects.bulk_create(
                Entry(
                    case=case, kind=EntryKind.NOTE, part=part, text=f"zqord {canary(part, slug)}", author=author.user,
                    author_agency=author.agency, created_at=clock.now(), occurred_at=clock.now(),
                )
                for part in PARTS
            )  # fmt: skip
    with acting_as(cast.ingrid):
        every = case.programme_version.definition.basic_needs
        answers = [
            NeedAnswer(need.code, NeedStatus.PARTLY, canary(need.part, LEAD, "x") if need.part in PARTS else "")
            for need in every
        ]
        needs.assess_needs(case, by=cast.ingrid, answers=answers)
        for kind in CoordinationKind:
            called = kind == CoordinationKind.COOPERATION_MEETING
            needs.assess_coordination(
                case, by=cast.ingrid, kind=kind, wanted=called, why=OF_THE_LEAD[3],
                meeting_on=clock.today() + dt.timedelta(days=10) if called else None,
            )  # fmt: skip
    return entries


def _planned(cast: Cast, case: Case, slug: str) -> None:
    """A plan whose texts are canaries of the part they belong to."""
    with acting_as(cast.ingrid):
        worker = getattr(cast, WORKERS[slug]).user
    area, part = ("economy", "economy") if slug == NAV else ("occupation_school", "occupation_school")
    planning.measure(cast, case, slug, area=area, title=canary(part, LEAD, "x"), person=worker)
    planning.measure(
        cast, case, "mental-health", area="health", title=canary("health", LEAD, "x"), due_on=None,
        recurrence="Hver onsdag", target=8, unit="samtaler",
    )  # fmt: skip
    with acting_as(cast.ingrid):
        by = cast.ingrid
        goals.set_main_goal(case, text="Jeg vil ha en jobb.", written_on=clock.today(), part=Part.CORE, by=by)
        goals.set_area_goals(case, goals={"economy": canary("economy", LEAD, "x")}, by=by)
        goals.add_commitment(
            case, text="Jeg møter til timen.", part=Part.CORE, status=Progress.IN_PROGRESS, note="2 av 2", by=by
        )
        follow_ups.plan(
            case, starts_at=clock.now() + dt.timedelta(days=14), place="Bydelshuset", young_person_attends=True,
            is_urgent=False, by=by,
        )  # fmt: skip


def _things(
    cast: Cast, case: Case, scopes: Mapping[str, Collection[str]], entries: list[Entry], shared: Disclosure
) -> tuple[dict[str, uuid.UUID | str | int], dict[str, dict[str, uuid.UUID | str | int]]]:
    """One of each thing an address can name."""
    meeting = tables.called(cast, agencies=CALLED)
    item = tables.on_agenda(cast, case, meeting, question="zqspørsmål")
    with acting_as(cast.marte):
        theme = agenda.add_general(meeting, by=cast.marte, title="Natteravnene")
    worker = cast.nora if "economy" in scopes.get(NAV, ()) else cast.stine
    with acting_as(cast.ingrid):
        by = cast.ingrid
        ItemMinutes.objects.create(
            item=item, number=1, case=case, parts=item.parts, text="zqreferat", author_agency=by.agency, author=by.user
        )
        decision = ItemDecision.objects.create(
            item=item, case=case, parts=item.parts, what="zqbeslutning", owner=by.agency,
            due_on=clock.today() + dt.timedelta(days=30), author_agency=by.agency, author=by.user,
        )  # fmt: skip
        relative = needs.add_resource_person(case, by=by, name="Odd Prøvedal", relation="bestefar")
        money = next(entry for entry in entries if entry.part == "economy" and entry.author_agency == by.agency)
        things: dict[str, uuid.UUID | str | int] = {
            "case_id": case.pk,
            "entry_id": money.pk,
            "person_id": relative.pk,
            "consent_id": case.consents.get().pk,
            "disclosure_id": shared.pk,
            "kind": "responsibility_group",
            "measure_id": Measure.objects.filter(case=case).earliest("created_at").pk,
            "commitment_id": Commitment.objects.get(case=case).pk,
            "follow_up_id": FollowUp.objects.get(case=case).pk,
            "meeting_id": meeting.pk,
            "theme_id": theme.pk,
            "item_id": item.pk,
            "decision_id": decision.pk,
            "report_id": uuid.UUID(int=0),
            "reminder_id": Reminder.objects.filter(recipient=worker.user).earliest("raised_at").pk,
            "user_id": worker.user.pk,
            "worker_id": worker.user.pk,
            "membership_id": Membership.objects.filter(user=worker.user).earliest("pk").pk,
            # Of these there is none: who may not know of the case is told so before anybody looks.
            **dict.fromkeys(NONE_OF_THESE, uuid.UUID(int=0)),
            "name": "ingen",
            "uidb36": "0",
            "key": "not-a-key",
        }
    return things, {}


def with_terms(known: World, **changed: object) -> World:
    """The same world after something changed in it."""
    return replace(known, terms=replace(known.terms, **changed))  # type: ignore[arg-type]


def slug_of(actor: Actor) -> str:
    return actor.agency.slug
