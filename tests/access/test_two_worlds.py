"""Two worlds that differ only in what the reader may not know answer the same to the byte: bodies, headers, order, counts
and the number of questions the database is asked (G5).

A pair is one surface asked by one reader in one world and in the other. The other world is the first one with one thing
more in it, undone afterwards, so nothing else can differ; the clock stands still in the test's one transaction.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from django.test import Client

from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Membership, User
from audit import clock
from audit.services import record
from cases import grants
from cases.enums import EntryKind, NeedStatus
from cases.models import Case, Person
from cases.services import conflicts, entries, needs
from consent import services as consent_services
from consent.models import Disclosure
from meetings.models import Meeting
from reminders.models import Reminder
from tests import stories
from tests.access import surfaces
from tests.access.attacks import written
from tests.access.states import case_of
from tests.access.stillness import Answer, answer, difference, stay_signed_in, still, undone
from tests.access.surfaces import Kind, Surface
from tests.access.world import LEAD, World, world
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in
from tests.consent import test_disclose as disclosing
from tests.meetings import tables

__all__ = ["still"]

OUTSIDE = frozenset({"vidar", "sara", "oda", "marte", "pia"})
IN_ANOTHER_AGENCY = frozenset({"nora", "stine"})
SEEN_BY_LEAD_ALONE = OUTSIDE | IN_ANOTHER_AGENCY
_names = count(1)


@dataclass(frozen=True)
class Difference:
    """One thing more in the other world, and which readers may not know of it."""

    make: Callable[[Cast, World], object]
    hidden_from: frozenset[str]


# --- what the other world has more of ----------------------------------------------------------------------------------


def another_case(cast: Cast, known: World) -> None:
    stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast, about=_somebody()))))


def another_report_at_intake(cast: Cast, known: World) -> None:
    stories.received(cast, stories.submitted(cast, about=_somebody()))


def a_report_on_the_same_person(cast: Cast, known: World) -> None:
    stories.submitted(cast)


def many_lines_in_another_part(cast: Cast, known: World) -> None:
    for number in range(30):
        written(cast.siv, case_of(cast, known), Part.HEALTH, f"Om helsen, linje {number}.")


def the_leads_own_line(cast: Cast, known: World) -> None:
    case = case_of(cast, known)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.CRIME, text="Et eget notat.", by=cast.ingrid)


def a_shared_line(cast: Cast, known: World) -> None:
    written(cast.ingrid, case_of(cast, known), Part.ECONOMY, "Leseren har aldri hatt noe med saken.")


def a_measure_about_health(cast: Cast, known: World) -> None:
    planning.measure(
        cast, case_of(cast, known), "mental-health", area="health", title="Time hos legen", due_on=None,
        recurrence="Hver fredag", target=4, unit="timer",
    )  # fmt: skip


def a_need_assessed_anew(cast: Cast, known: World) -> None:
    case = case_of(cast, known)
    health = next(need for need in case.programme_version.definition.basic_needs if need.part == "health")
    with acting_as(cast.ingrid):
        answers = [needs.NeedAnswer(health.code, NeedStatus.MET, "Har fått fastlege.")]
        needs.assess_needs(case, by=cast.ingrid, answers=answers)


def a_disclosure_to_somebody_else(cast: Cast, known: World) -> None:
    disclosing.disclosed(cast, case_of(cast, known), to="mediation", parts=("crime",))


def a_disclosure_nobody_approved(cast: Cast, known: World) -> None:
    case = case_of(cast, known)
    with acting_as(cast.ingrid):
        shared = Disclosure.objects.get(case=case, recipient=cast.agency("probation"))
        consent_services.end_disclosure(shared, by=cast.ingrid)


def somebody_else_is_put_on_the_case(cast: Cast, known: World) -> None:
    with acting_as(cast.berit):
        grants.assign(Case.objects.get(pk=known.case_id), cast.berit.user, by=cast.berit)


def a_colleague_in_another_agency(cast: Cast, known: World) -> None:
    newcomer = User.objects.create_user(f"ny-{next(_names)}@fjordvik.example", name="Nyansatt Prøvevik")
    Membership.objects.create(
        user=newcomer, agency=cast.agency("hvk-sor"), role=Role.CASEWORKER, valid_from=clock.now(),
        granted_by=cast.arne.user,
    )  # fmt: skip


def somebody_is_disqualified(cast: Cast, known: World) -> None:
    case = case_of(cast, known)
    with acting_as(cast.siv):
        conflicts.declare(case, by=cast.siv)


def protection_is_raised(cast: Cast, known: World) -> None:
    with acting_as(cast.mona):
        Person.objects.filter(case=known.case_id).update(protection_level=ProtectionLevel.STRICTLY_CONFIDENTIAL)


def another_case_on_the_agenda(cast: Cast, known: World) -> None:
    with acting_as(cast.ingrid):
        meeting = Meeting.objects.get(pk=str(known.things["meeting_id"]))
    other = stories.submitted(cast, about=_somebody())
    other = stories.consent_pending(cast, stories.summoned(cast, stories.reviewed(cast, _assigned(cast, other))))
    other = stories.consented(cast, other, scopes={LEAD: ("economy",)}, forum=("slt", LEAD))
    tables.proposed(cast, other, meeting, question="Et spørsmål leseren ikke hører.")


def a_reminder_to_somebody_else(cast: Cast, known: World) -> None:
    Reminder.objects.create(
        kind="consent_ending", recipient=cast.ingrid.user, agency=cast.ingrid.agency, subject_id=str(known.things["consent_id"]),
        occurrence="to-verdener", due_at=clock.now(), deliver_after=clock.now(),
    )  # fmt: skip


def others_have_read(cast: Cast, known: World) -> None:
    with acting_as(cast.ingrid):
        record("case.read", user_id=cast.ingrid.user.pk, agency_id=cast.ingrid.agency.pk, case_id=known.case_id)


def consent_is_withdrawn(cast: Cast, known: World) -> None:
    stories.revoked(cast, case_of(cast, known))


def _somebody() -> stories.Subject:
    return stories.subject(given_name="Nora", family_name=f"Annensdatter {next(_names)}")


def _assigned(cast: Cast, case: Case) -> Case:
    return stories.assigned(cast, stories.routed(cast, stories.received(cast, case)))


DIFFERENCES: dict[str, Difference] = {
    "another case": Difference(another_case, SEEN_BY_LEAD_ALONE),
    "another report at intake": Difference(another_report_at_intake, SEEN_BY_LEAD_ALONE),
    "a second report on the same person": Difference(a_report_on_the_same_person, SEEN_BY_LEAD_ALONE),
    "thirty lines in another part": Difference(many_lines_in_another_part, SEEN_BY_LEAD_ALONE),
    "a line of the lead's own": Difference(the_leads_own_line, SEEN_BY_LEAD_ALONE),
    "a line for those who share": Difference(a_shared_line, OUTSIDE | {"stine"}),
    "a measure in another part": Difference(a_measure_about_health, SEEN_BY_LEAD_ALONE),
    "a need in another part": Difference(a_need_assessed_anew, SEEN_BY_LEAD_ALONE),
    "a disclosure to somebody else": Difference(a_disclosure_to_somebody_else, SEEN_BY_LEAD_ALONE),
    "a disclosure to somebody else ended": Difference(a_disclosure_nobody_approved, SEEN_BY_LEAD_ALONE),
    "an assignment elsewhere": Difference(somebody_else_is_put_on_the_case, SEEN_BY_LEAD_ALONE),
    "a colleague elsewhere": Difference(a_colleague_in_another_agency, SEEN_BY_LEAD_ALONE - {"marte"}),
    "somebody else is disqualified": Difference(somebody_is_disqualified, SEEN_BY_LEAD_ALONE),
    "protection raised on a case one does not see": Difference(protection_is_raised, OUTSIDE - {"marte"}),
    "another case on the agenda": Difference(another_case_on_the_agenda, SEEN_BY_LEAD_ALONE - {"marte"}),
    "a reminder to somebody else": Difference(a_reminder_to_somebody_else, SEEN_BY_LEAD_ALONE),
    "somebody else has read": Difference(others_have_read, SEEN_BY_LEAD_ALONE),
    "the consent is withdrawn": Difference(consent_is_withdrawn, OUTSIDE - {"marte"}),
}

# What each reader is asked about at every commit: where lists, counts and orders are made, and one page of the case, a
# different one from difference to difference. Deep: every surface there is.
LISTS = ("home", "search", "cases:list", "cases:contributions", "meetings:list", "reminders")
INSIDE = ("cases:detail", "meetings:detail", "actionplans:detail", "consent:detail", "meetings:case", "cases:needs")
AT_EVERY_COMMIT: dict[str, tuple[str, ...]] = {
    "nora": ("search", "cases:list", "reminders"),
    "stine": ("cases:list",),
    "vidar": (*LISTS, "cases:inbox"),
    "marte": ("search", "cases:list", "meetings:list", "reminders"),
    "oda": ("search", "cases:list", "cases:contributions", "meetings:list", "reminders", "mailbox"),
    "sara": ("mailbox", "search", "cases:list", "cases:contributions", "meetings:list", "reminders"),
}
SEARCHED_FOR = ("zqord", "Elias", "helsen")


class Pairs:
    """The first world's answers, the readers' clients, and what was found to differ in the other."""

    def __init__(self, cast: Cast, readers: Iterable[str], *, everywhere: bool) -> None:
        self.cast, self.known, self.everywhere = cast, world(cast), everywhere
        self.clients = {reader: sign_in(Client(), getattr(cast, reader)) for reader in readers}
        self.first: dict[tuple[str, str], Answer] = {}
        self.compared = 0
        self.wrong: list[str] = []

    def compare(self, number: int, name: str) -> None:
        """Make the difference called `name`, the `number`-th, and ask everybody who may not know of it in both worlds."""
        one = DIFFERENCES[name]
        readers = [reader for reader in self.clients if reader in one.hidden_from]
        for reader in readers:
            for where, surface in self.asked(reader, number):
                if (reader, where) not in self.first:
                    self.first[reader, where] = self.answer(reader, where, surface)
        with undone():
            one.make(self.cast, self.known)
            for reader in readers:
                for where, surface in self.asked(reader, number):
                    self.compared += 1
                    if found := difference(self.first[reader, where], self.answer(reader, where, surface)):
                        self.wrong.append(f"{reader} can tell «{name}» by {where}: {found}")

    def asked(self, reader: str, number: int) -> Iterator[tuple[str, Surface]]:
        """The surfaces this reader is asked at, each with a name; the search once for each of its words."""
        names = (*AT_EVERY_COMMIT.get(reader, ()), INSIDE[number % len(INSIDE)])
        for surface in surfaces.sorted_surfaces(Kind.CASE, Kind.MEETING, Kind.ITEM, Kind.OWN, Kind.STAFF):
            if not self.everywhere and surface.name not in names:
                continue
            if surface.name != "search":
                yield surface.name, surface
            elif self.everywhere:
                yield from ((f"search {words}", surface) for words in SEARCHED_FOR)
            else:
                yield f"search {SEARCHED_FOR[number % 3]}", surface

    def answer(self, reader: str, where: str, surface: Surface) -> Answer:
        url = surface.url(self.known)
        if surface.name == "search":
            return answer(self.clients[reader], surface, url, "POST", {"words": where.removeprefix("search ")})
        return answer(self.clients[reader], surface, url)


@pytest.mark.req("LIL-23", "U23-21")
@pytest.mark.usefixtures("still")
def test_what_one_may_not_know_changes_no_byte(cast: Cast) -> None:
    pairs = Pairs(cast, AT_EVERY_COMMIT, everywhere=False)

    for number, name in enumerate(DIFFERENCES):
        pairs.compare(number, name)

    assert not pairs.wrong, "\n".join(pairs.wrong)
    assert pairs.compared >= 500


@pytest.mark.deep
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_one_may_not_know_changes_no_byte_anywhere(cast: Cast, settings: Any, name: str) -> None:
    stay_signed_in(settings)
    pairs = Pairs(cast, (*AT_EVERY_COMMIT, "pia"), everywhere=True)

    pairs.compare(0, name)

    assert not pairs.wrong, "\n".join(pairs.wrong)
    assert pairs.compared >= 90 * len(DIFFERENCES[name].hidden_from)
