"""The specification of access, row by row: which right gives whom which parts from whom, and from when until when.

Everywhere else the rows are read through the table derived from them, where many rights stand side by side and one that
is missing or too wide is hidden by another. Here the truth is written down by hand, and so is what must come of it.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from agencies.enums import Part
from tests import handwritten
from tests.handwritten import Rows

ZERO = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
INSTANT = dt.timedelta(microseconds=1)
OURS, THEIRS = uuid.UUID(int=1), uuid.UUID(int=2)
# Agencies and a person, by number: the specification only ever compares them.
OFFICE, INTAKE, NAV, SCHOOL, POLICE, ELSEWHERE = 1, 2, 3, 4, 5, 6
SOMEBODY = 77
EVERYTHING = tuple(str(part) for part in Part)

# Of one right: agency, user, parts, givers, whether received only, reason, source, line, from when, until when.
Right = tuple[int, int | None, tuple[str, ...], tuple[int, ...] | None, bool, str, str, int, dt.datetime, Any]


def at(hours: float) -> dt.datetime:
    return ZERO + dt.timedelta(hours=hours)


class Truth:
    """The rows of truth, and what comes of them. `name` is what a row's rights are called by."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.names: dict[uuid.UUID, str] = {}

    def put(self, table: str, name: str, **values: Any) -> uuid.UUID:
        row = uuid.uuid4()
        self.names[row] = name
        self.rows.put(table, id=row, **values)
        return row

    def lead(self, name: str, agency: int, begin: float, end: float | None, case: uuid.UUID = OURS) -> None:
        until = None if end is None else at(end)
        self.put("cases_caselead", name, case_id=case, agency_id=agency, valid_from=at(begin), valid_until=until)

    def report(self, author: int, case: uuid.UUID = OURS) -> None:
        label = f"B-{author}-{case.int}"
        self.put("cases_concernreport", label, label=label, case_id=case, author_agency_id=author)

    def consent(
        self,
        name: str,
        *,
        givers: list[int],
        scopes: dict[int, list[str]],
        forum: tuple[tuple[str, int], ...] = (),
        ended: dt.datetime | None = None,
    ) -> None:
        version = len(self.names)
        consent = self.put(
            "consent_consent", name, case_id=OURS, version=version, givers=givers, valid_from=at(1), valid_until=at(9),
            valid_until_date=at(9).date(), ended_at=ended, end_reason="revoked" if ended else "",
        )  # fmt: skip
        for agency, parts in scopes.items():
            for part in parts:
                self.rows.put("consent_consentscope", consent_id=consent, agency_id=agency, part=part)
        for kind, agency in forum:
            self.rows.put("consent_consentforum", consent_id=consent, agency_id=agency, forum=kind)

    def disclosure(self, name: str, **values: Any) -> None:
        values = {"case_id": OURS, "valid_from": at(1), "valid_until": at(9), **values}
        values |= {"approved_by_id": 2} if "approved_at" in values else {}
        self.put(
            "consent_disclosure", name, author_agency_id=OFFICE, recipient_id=SCHOOL, parts=["economy", "health"],
            author_id=1, subject_informed=True, valid_until_date=at(9).date(), **values,
        )  # fmt: skip

    def glass(self, name: str, case: uuid.UUID | None = OURS, ended: dt.datetime | None = None) -> None:
        self.put(
            "consent_breakglass", name, case_id=case, outcome="opened" if case else "nothing", parts=["health"],
            user_id=SOMEBODY, agency_id=NAV, valid_from=at(1), valid_until=at(2), ended_at=ended,
        )  # fmt: skip

    def rights(self, case: uuid.UUID | None = OURS) -> set[Right]:
        """What the specification makes of it for this case, each source by its name. AssertionError for one right twice."""
        rows = self.rows.found(
            "SELECT agency_id, user_id, parts, givers, received_only, reason, source_type, source_id, line, valid_from,"
            " valid_until FROM samlos.access_specification WHERE case_id IS NOT DISTINCT FROM %s",
            [case],
        )
        found: list[Right] = [
            (agency, user, tuple(parts), None if givers is None else tuple(givers), only, reason, self._source(kind, id_),
             line, begin, end)
            for agency, user, parts, givers, only, reason, kind, id_, line, begin, end in rows
        ]  # fmt: skip
        assert len(found) == len(set(found))
        return set(found)

    def _source(self, kind: str, row: uuid.UUID) -> str:
        return f"{kind} {self.names[row]}".strip()


@pytest.fixture
def truth(owner_url: str, django_db_setup: None) -> Iterator[Truth]:
    with handwritten.rows(owner_url) as rows:
        yield Truth(rows)


# --- who leads ----------------------------------------------------------------------------------------------------------


def of_lead(name: str, agency: int, begin: float, end: float | None, *received_from: int) -> set[Right]:
    """What leading gives: the case itself, one's own words, and what came with a report and the leads before."""
    dates = (at(begin), None if end is None else at(end))
    rights: set[Right] = {
        (agency, None, ("core",), None, False, "lead", f"lead {name}", 0, *dates),
        (agency, None, EVERYTHING, (agency,), False, "lead", f"lead {name}", 1, *dates),
    }
    if received_from:
        rights.add((agency, None, EVERYTHING, received_from, True, "lead", f"lead {name}", 2, *dates))
    return rights


def test_a_lead_knows_the_case_and_its_own_words_and_what_was_sent_before_it_led(truth: Truth) -> None:
    truth.lead("first", INTAKE, 1, 3)
    truth.lead("beside", SCHOOL, 1, 4)
    truth.lead("next", OFFICE, 3, 5)
    truth.lead("now", NAV, 6, None)
    truth.report(POLICE)
    truth.lead("of theirs", ELSEWHERE, 0, 1, THEIRS)
    truth.report(ELSEWHERE, THEIRS)

    assert truth.rights() == (
        of_lead("first", INTAKE, 1, 3, POLICE)
        | of_lead("beside", SCHOOL, 1, 4, POLICE)
        | of_lead("next", OFFICE, 3, 5, INTAKE, POLICE)
        | of_lead("now", NAV, 6, None, OFFICE, INTAKE, SCHOOL, POLICE)
    )


def test_where_no_report_was_sent_the_lead_has_received_nothing(truth: Truth) -> None:
    truth.lead("only", OFFICE, 1, None, THEIRS)
    truth.report(POLICE)

    assert truth.rights(THEIRS) == of_lead("only", OFFICE, 1, None)
    assert truth.rights(OURS) == set()


def test_a_lead_who_took_over_in_the_same_instant_received_what_the_one_before_wrote_and_not_an_instant_earlier(
    truth: Truth,
) -> None:
    truth.report(POLICE)
    truth.lead("before", INTAKE, 1, 3)
    for name, agency, begin in (("as it ended", OFFICE, at(3)), ("an instant earlier", NAV, at(3) - INSTANT)):
        truth.put("cases_caselead", name, case_id=OURS, agency_id=agency, valid_from=begin, valid_until=at(9))

    received = {source: givers for _, _, _, givers, only, _, source, *_ in truth.rights() if only}

    assert received == {
        "lead before": (POLICE,),
        "lead as it ended": (INTAKE, POLICE),
        "lead an instant earlier": (POLICE,),
    }


# --- consents -----------------------------------------------------------------------------------------------------------


def by_consent(
    name: str, agency: int, parts: tuple[str, ...], givers: tuple[int, ...], until: dt.datetime, kind: str = "consent"
) -> Right:
    return (agency, None, ("core", *parts), givers, False, "consent", f"{kind} {name}", 0, at(1), until)


def test_each_agency_of_a_consent_knows_its_own_boxes_from_those_who_may_tell(truth: Truth) -> None:
    truth.consent("one", givers=[OFFICE, NAV], scopes={NAV: ["housing", "economy"], SCHOOL: ["health"]})
    truth.consent("two", givers=[SCHOOL], scopes={NAV: ["family"]})

    assert truth.rights() == {
        by_consent("one", NAV, ("economy", "housing"), (OFFICE, NAV), at(9)),
        by_consent("one", SCHOOL, ("health",), (OFFICE, NAV), at(9)),
        by_consent("two", NAV, ("family",), (SCHOOL,), at(9)),
    }


ENDS = {"not ended": None, "before its last day": at(4), "after its last day": at(12)}


@pytest.mark.parametrize("ended", ENDS)
def test_a_consent_gives_until_its_last_day_or_until_it_was_ended(truth: Truth, ended: str) -> None:
    truth.consent("it", givers=[OFFICE], scopes={NAV: ["health"]}, forum=(("slt", POLICE),), ended=ENDS[ended])

    until = at(4) if ended == "before its last day" else at(9)
    assert truth.rights() == {
        by_consent("it", NAV, ("health",), (OFFICE,), until),
        by_consent("it", POLICE, (), (OFFICE,), until, "consent_forum"),
    }


def test_who_sits_in_a_forum_without_a_box_knows_that_the_case_is_there_once(truth: Truth) -> None:
    truth.consent(
        "it", givers=[OFFICE], scopes={NAV: ["health"]}, forum=(("slt", NAV), ("slt", POLICE), ("u23", POLICE))
    )
    truth.consent("other", givers=[SCHOOL], scopes={POLICE: ["crime"]}, forum=(("slt", NAV),))
    truth.consent("without a box", givers=[SCHOOL], scopes={}, forum=(("slt", NAV),))

    assert truth.rights() == {
        by_consent("it", NAV, ("health",), (OFFICE,), at(9)),
        by_consent("it", POLICE, (), (OFFICE,), at(9), "consent_forum"),
        by_consent("other", POLICE, ("crime",), (SCHOOL,), at(9)),
        by_consent("other", NAV, (), (SCHOOL,), at(9), "consent_forum"),
        by_consent("without a box", NAV, (), (SCHOOL,), at(9), "consent_forum"),
    }


# --- disclosures --------------------------------------------------------------------------------------------------------


def by_disclosure(
    begin: dt.datetime, until: dt.datetime, givers: tuple[int, ...] = (OFFICE,), *, copy: bool = False
) -> Right:
    parts = ("core", "economy", "health")
    return (SCHOOL, None, parts, givers, copy, "disclosure", "disclosure it", int(copy), begin, until)


# What is recorded; from when until when it gives, or nothing.
DISCLOSED: dict[str, tuple[dict[str, Any], tuple[float, float] | None]] = {
    "without a no": ({}, (1, 9)),
    "approved though nobody had said no": ({"approved_at": at(2)}, (2, 9)),
    "against a no and not yet approved": ({"despite_objection": "Fare for liv."}, None),
    "against a no and approved": ({"despite_objection": "Fare for liv.", "approved_at": at(3)}, (3, 9)),
    "approved before it begins": ({"despite_objection": "Fare for liv.", "approved_at": at(0.5)}, (1, 9)),
    "ended": ({"ended_at": at(4)}, (1, 4)),
    "ended after its last day": ({"ended_at": at(12)}, (1, 9)),
    "ended before anybody approved": ({"despite_objection": "Fare for liv.", "ended_at": at(4)}, None),
}


@pytest.mark.req("U23-31")
@pytest.mark.parametrize("what", DISCLOSED)
def test_a_disclosure_gives_what_its_author_tells_once_it_is_approved_where_that_is_needed(
    truth: Truth, what: str
) -> None:
    recorded, dates = DISCLOSED[what]
    truth.report(POLICE)
    truth.disclosure("it", **recorded)

    assert truth.rights() == ({by_disclosure(at(dates[0]), at(dates[1]))} if dates else set())


@pytest.mark.req("U23-11")
@pytest.mark.parametrize("what", DISCLOSED)
def test_a_copy_of_the_report_goes_with_it_under_the_same_dates(truth: Truth, what: str) -> None:
    recorded, dates = DISCLOSED[what]
    for author in (POLICE, INTAKE):
        truth.report(author)
    truth.report(ELSEWHERE, THEIRS)
    truth.disclosure("it", includes_report=True, **recorded)

    expected: set[Right] = set()
    if dates:
        begin, until = map(at, dates)
        expected = {by_disclosure(begin, until), by_disclosure(begin, until, (INTAKE, POLICE), copy=True)}
    assert truth.rights() == expected


# --- break-glass --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ended", "until"), [(None, 2), (at(1.5), 1.5), (at(3), 2)])
def test_a_break_glass_opens_its_parts_to_its_one_user_whoever_wrote_them(
    truth: Truth, ended: dt.datetime | None, until: float
) -> None:
    truth.glass("it", ended=ended)

    assert truth.rights() == {
        (NAV, SOMEBODY, ("core", "health"), None, False, "break_glass", "break_glass it", 0, at(1), at(until))
    }


def test_a_break_glass_that_found_nobody_opens_nothing(truth: Truth) -> None:
    truth.glass("it", case=None)

    assert truth.rights(None) == set()


def test_every_kind_of_right_stands_beside_the_others(truth: Truth) -> None:
    truth.lead("l", OFFICE, 1, None)
    truth.consent("c", givers=[OFFICE], scopes={NAV: ["health"]}, forum=(("slt", POLICE),))
    truth.disclosure("d")
    truth.glass("b")

    assert {source for *_, source, _line, _begin, _until in truth.rights()} == {
        "lead l", "consent c", "consent_forum c", "disclosure d", "break_glass b",
    }  # fmt: skip
