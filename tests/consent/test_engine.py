"""The engine's order (C4): prohibitions, duty, consent, statutory right, without identity, else no. And forums."""

import pytest
from django.db import connection

from agencies.actors import Actor
from agencies.enums import ForumKind, Part
from agencies.models.programmes import LegalBasis
from cases.models import Case, Person
from consent import policies
from consent.engine import Ruling, decide
from consent.enums import Verdict
from tests import stories
from tests.cast import Cast, acting_as

POLICE_COUNCIL = {
    "code": "police_council",
    "name": "Politirådet",
    "kind": ForumKind.POLICE_COUNCIL.value,
    "mandate": "Trygghet i kommunen.",
    "convenor": {"kind": "police", "role": "manager"},
    "members": ["police", "coordination"],
    "cadences": [],
    "individual_cases": [],
    "agenda_parts": ["general"],
    "lead_times": {"agenda": 5, "status": 5},
}


def ruled(cast: Cast, case: Case, *, to: str = "nav", parts: tuple[str, ...] = ("economy",), forum: str = "", basis: str = "",
          giver: str = "hvk-ost") -> Ruling:  # fmt: skip
    """The engine's answer to Ingrid's office."""
    with acting_as(cast.ingrid):
        row = LegalBasis.objects.get(code=basis) if basis else None
        return decide(
            discloser=cast.agency(giver), recipient=cast.agency(to), case=stories.case_now(case), parts=parts, forum=forum,
            basis=row,
        )  # fmt: skip


def with_police_council(case: Case) -> Case:
    """The case as its programme would be with a police council among its forums."""
    case.programme_version.document = {
        **case.programme_version.document,
        "forums": [*case.programme_version.document["forums"], POLICE_COUNCIL],
    }
    vars(case.programme_version).pop("definition", None)
    return case


@pytest.mark.req("SLT-21")
@pytest.mark.parametrize("basis", ["", "NO-STJL-45", "NO-FVL-13B-5"])
def test_a_police_council_never_hears_a_person_on_any_basis(cast: Cast, basis: str) -> None:
    case = stories.consented(cast)
    with acting_as(cast.ingrid):
        row = LegalBasis.objects.get(code=basis) if basis else None
        ruling = decide(
            discloser=cast.agency("hvk-ost"), recipient=cast.agency("nav"), case=with_police_council(stories.case_now(case)),
            parts=["economy"], forum="police_council", basis=row,
        )  # fmt: skip
        heard = policies.forum_basis(with_police_council(stories.case_now(case)), "police_council")

    assert ruling.verdict == Verdict.DENY
    assert not heard
    assert "aldri" in str(heard.reason_if_none)


@pytest.mark.parametrize("basis", ["", "NO-FVL-13B-5"])
def test_sealed_whereabouts_are_denied_also_to_those_the_consent_names(cast: Cast, basis: str) -> None:
    case = stories.consented(cast, scopes={"nav": ["contact"]})
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(protection_level="confidential")

    assert ruled(cast, case, parts=("contact",), basis=basis).verdict == Verdict.DENY


@pytest.mark.req("U23-31")
def test_a_duty_stands_whatever_the_person_said(cast: Cast) -> None:
    for case in (stories.consented(cast), stories.revoked(cast), stories.assigned(cast)):
        assert ruled(cast, case, to="child-family", parts=("family",), basis="NO-STJL-45").verdict == Verdict.MUST


@pytest.mark.req("LIL-40")
def test_consent_comes_before_a_discretionary_right(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]})

    ruling = ruled(cast, case, basis="NO-FVL-13B-5")

    assert ruling.verdict == Verdict.ALLOW
    assert ruling.consent is not None


@pytest.mark.parametrize(
    "asked",
    [
        {"to": "stavne"},  # not on the form
        {"parts": ("economy", "housing")},  # one part more
        {"giver": "stavne"},  # may not tell
        {"forum": "working_group", "to": "nav"},  # not at the table
    ],
)
def test_consent_covers_discloser_recipient_parts_and_forum_or_nothing(cast: Cast, asked: dict[str, object]) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]}, forum=["slt", "hvk-ost"])

    assert ruled(cast, case).verdict == Verdict.ALLOW
    assert ruled(cast, case, **asked).verdict in {Verdict.DENY, Verdict.ANONYMOUS_ONLY}  # type: ignore[arg-type]


def test_without_consent_a_right_allows_with_a_record(cast: Cast) -> None:
    assert ruled(cast, stories.assigned(cast), basis="NO-FVL-13B-5").verdict == Verdict.ALLOW_WITH_RECORD


@pytest.mark.req("LIL-48", "SLT-31")
def test_with_neither_a_forum_may_only_talk_without_identity_and_a_copy_is_denied(cast: Cast) -> None:
    case = stories.revoked(cast)

    assert ruled(cast, case, forum="working_group").verdict == Verdict.ANONYMOUS_ONLY
    assert ruled(cast, case).verdict == Verdict.DENY
    assert not ruled(cast, case, forum="working_group").permits


def test_a_part_outside_the_programme_is_denied(cast: Cast) -> None:
    assert (
        ruled(cast, stories.assigned(cast), parts=(Part.CHILD_WELFARE,), basis="NO-FVL-13B-5").verdict == Verdict.DENY
    )


@pytest.mark.req("LIL-22", "LIL-23", "U23-29")
def test_a_forum_hears_the_case_with_exactly_those_the_consent_names(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"], "stavne": ["housing"]}, forum=["slt", "nav"])

    with acting_as(cast.marte):
        basis = policies.forum_basis(stories.case_now(case), "working_group")
        assert basis.participants == {cast.agency("slt").pk, cast.agency("nav").pk}
    assert hears(cast.nils, case, Part.ECONOMY)
    assert not hears(cast.nils, case, Part.HOUSING)
    assert not hears(cast.stine, case, Part.HOUSING)


def hears(actor: Actor, case: Case, part: Part) -> bool:
    """Whether the actor's agency may hear the lead's words in this part."""
    with acting_as(actor), connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.may_hear(%s, 'working_group', %s::varchar[], %s)",
            [case.pk, ["core", part], case.lead_agency_id],
        )
        return bool(cursor.fetchone()[0])


def test_no_forum_hears_a_case_without_consent_and_says_why(cast: Cast) -> None:
    told_nothing, withdrawn = stories.assigned(cast), stories.revoked(cast)

    with acting_as(cast.ingrid):
        early = policies.forum_basis(stories.case_now(told_nothing), "working_group")
        late = policies.forum_basis(stories.case_now(withdrawn), "working_group")

    assert not early and "få vite om meldingen" in str(early.reason_if_none)
    assert not late and "samtykke" in str(late.reason_if_none)


def test_somebody_without_a_right_in_the_case_learns_nothing_of_its_forums(cast: Cast) -> None:
    case = stories.consented(cast)
    with acting_as(cast.ingrid):
        loaded = stories.case_now(case)

    with acting_as(cast.sara):
        assert not policies.forum_basis(loaded, "working_group")
