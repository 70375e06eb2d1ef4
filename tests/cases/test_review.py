"""The office's first review: what must be answered, and who never learns of it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from audit import clock
from cases.enums import Answer, CaseState, EntryKind, FactKind
from cases.models import Case, ChildReportAssessment, Entry, InitialReview
from cases.services import review
from cases.services.review import ReviewAnswers
from tests import stories
from tests.cases.sharing import consent_in_force
from tests.cast import Cast, acting_as, sign_in

WHOLE: dict[str, object] = {"services": "Ingen.", "family": "Bor med mor.", "has_children": Answer.NO}
ABOUT_CHILDREN: dict[str, object] = {
    "has_children": Answer.YES,
    "child_assessment": "Barnet er trygt.",
    "duty_applies": False,
}


def complete(cast: Cast, case: Case, answers: dict[str, object], *, by: str = "ingrid") -> None:
    actor = getattr(cast, by)
    with acting_as(actor):
        review.complete(case, by=actor, answers=ReviewAnswers(**answers))  # type: ignore[arg-type]


def facts(cast: Cast, case: Case) -> set[FactKind]:
    with acting_as(cast.ingrid):
        return case.facts_in_force()


@pytest.mark.req("U23-13", "U23-14")
def test_a_completed_review_establishes_its_facts_and_one_line_without_words(cast: Cast) -> None:
    case = stories.assigned(cast)

    complete(cast, case, WHOLE)

    found = facts(cast, case)
    assert {FactKind.SERVICES_REVIEWED, FactKind.FAMILY_REVIEWED, FactKind.CHILDREN_ANSWERED} <= found
    assert FactKind.HAS_CHILDREN not in found
    with acting_as(cast.ingrid):
        assert [entry.text for entry in Entry.objects.filter(case=case, kind=EntryKind.REVIEWED)] == [""]


@pytest.mark.req("U23-13", "U23-14")
@pytest.mark.parametrize("left_out", ["services", "family", "has_children"])
def test_no_question_may_be_left_open(cast: Cast, left_out: str) -> None:
    case = stories.assigned(cast)

    with pytest.raises(NotNow):
        complete(cast, case, WHOLE | {left_out: ""})

    assert FactKind.CHILDREN_ANSWERED not in facts(cast, case)


@pytest.mark.req("U23-14")
def test_not_knowing_about_children_is_an_answer(cast: Cast) -> None:
    case = stories.assigned(cast)

    complete(cast, case, WHOLE | {"has_children": Answer.UNKNOWN})

    assert FactKind.CHILDREN_ANSWERED in facts(cast, case)


@pytest.mark.req("U23-15")
@pytest.mark.parametrize(
    "lacking",
    [
        {"child_assessment": "  "},
        {"duty_applies": None},
        {"duty_applies": True, "sent_on": None},
    ],
)
def test_children_force_the_assessment_and_the_duty_forces_the_report(cast: Cast, lacking: dict[str, object]) -> None:
    case = stories.assigned(cast)

    with pytest.raises(NotNow):
        complete(cast, case, WHOLE | ABOUT_CHILDREN | lacking)

    assert FactKind.CHILD_REPORT_ASSESSED not in facts(cast, case)


@pytest.mark.req("U23-15")
def test_a_report_that_is_a_duty_is_registered_with_the_day_it_was_sent(cast: Cast) -> None:
    case = stories.assigned(cast)

    complete(cast, case, WHOLE | ABOUT_CHILDREN | {"duty_applies": True, "sent_on": clock.today()})

    with acting_as(cast.ingrid):
        kept = ChildReportAssessment.objects.get(case=case)
    assert (kept.duty_applies, kept.sent_on) == (True, clock.today())
    assert FactKind.CHILD_REPORT_ASSESSED in facts(cast, case)


def test_an_answer_mended_to_no_children_lifts_what_children_called_for(cast: Cast) -> None:
    case = stories.reviewed(cast, has_children=Answer.YES)

    complete(cast, case, WHOLE)

    assert not facts(cast, case) & {FactKind.HAS_CHILDREN, FactKind.CHILD_REPORT_ASSESSED}
    with acting_as(cast.ingrid):
        assert Entry.objects.filter(case=case, kind=EntryKind.REVIEWED).count() == 1


def test_other_agencies_learn_nothing_of_the_review_or_the_children(cast: Cast, client: Client) -> None:
    case = stories.reviewed(cast, has_children=Answer.YES)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY, Part.FAMILY, Part.CHILD_WELFARE]})

    html = sign_in(client, cast.nils).get(reverse("cases:detail", args=[case.pk])).content.decode()

    assert "trygg der" not in html
    with acting_as(cast.nils):
        assert not InitialReview.objects.filter(case=case).exists()
        assert not ChildReportAssessment.objects.filter(case=case).exists()
        assert not case.facts_in_force() & {FactKind.HAS_CHILDREN, FactKind.CHILD_REPORT_ASSESSED}


@pytest.mark.parametrize("name", ["oda", "vidar", "nils", "rune", "pia", "arne"])
def test_nobody_outside_the_case_reviews_it(cast: Cast, name: str) -> None:
    case = stories.assigned(cast)

    with pytest.raises((Refused, Case.DoesNotExist)):
        complete(cast, case, WHOLE, by=name)


# --- in the browser ------------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed_and_establishes_nothing(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    address = reverse("cases:review", args=[case.pk])
    sign_in(client, cast.ingrid)

    saved = client.post(address, {"services": "NAV siden mai", "child_assessment": "Må spørre", "draft": "1"})
    html = client.get(saved["Location"]).content.decode()

    assert "NAV siden mai" in html
    assert "Må spørre" in html
    assert "Utkast lagret" in html
    assert facts(cast, case) == {FactKind.CASEWORKER_ASSIGNED}


@pytest.mark.req("U23-15")
def test_completing_with_gaps_says_what_to_do_and_keeps_the_words(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    sign_in(client, cast.ingrid)

    response = client.post(
        reverse("cases:review", args=[case.pk]),
        {"services": "Fastlege", "family": "Mor", "has_children": "yes", "duty_applies": "yes", "complete": "1"},
    )
    html = response.content.decode()

    assert response.status_code == 422
    assert "Send meldingen først" in html
    assert "Fastlege" in html
    assert "Feil:" in html


def test_completing_leads_on_to_calling_the_person(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    sign_in(client, cast.ingrid)

    response = client.post(
        reverse("cases:review", args=[case.pk]),
        {"services": "Fastlege", "family": "Mor", "has_children": "no", "complete": "1"},
    )

    assert response["Location"] == reverse("cases:talk", args=[case.pk])
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.INITIAL_REVIEW


def test_a_day_that_has_not_come_is_not_when_a_report_was_sent(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    tomorrow = (clock.today() + dt.timedelta(days=1)).strftime("%d.%m.%Y")

    response = sign_in(client, cast.ingrid).post(
        reverse("cases:review", args=[case.pk]), {"sent_on": tomorrow, "draft": "1"}
    )

    assert response.status_code == 422
