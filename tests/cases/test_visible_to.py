"""List, page and permission answer alike for everybody, in every state (style.md, "List and detail from one source")."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.enums import Part
from cases import grants
from cases.models import Case
from cases.policies import may_view
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import MEMBERS, Cast, acting_as, sign_in

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`

OFFICE = {"mona", "ingrid"}
STORIES: dict[str, tuple[Callable[[Cast], Case], set[str]]] = {
    "submitted": (stories.submitted, {"rune"}),
    "received": (stories.received, {"rune"}),
    "routed": (stories.routed, {"mona"}),
    "assigned": (stories.assigned, OFFICE),
    "reviewed": (stories.reviewed, OFFICE),
    "summoned": (stories.summoned, OFFICE),
    "informed": (stories.informed, OFFICE),
    "consent_pending": (stories.consent_pending, OFFICE),
}


def shared(cast: Cast) -> Case:
    case = stories.consent_pending(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY], "stavne": [Part.HOUSING], "slt": [Part.LEISURE_NETWORK]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    return case


STORIES["shared"] = (shared, OFFICE | {"nils", "nora", "tor", "marte"})


@pytest.mark.req("SIG-46")
@pytest.mark.parametrize("state", STORIES)
def test_list_page_permission_and_policy_agree_for_the_whole_cast(cast: Cast, client: Client, state: str) -> None:
    story, expected = STORIES[state]
    case = story(cast)

    answers = {}
    for key in MEMBERS:
        actor = getattr(cast, key)
        with acting_as(actor):
            listed = Case.objects.visible_to(actor).filter(pk=case.pk).exists()
            permitted = actor.user.has_perm("cases.view_case", case)
            decided = bool(may_view(actor, case))
        sign_in(client, actor)
        page = client.get(reverse("cases:detail", args=[case.pk])).status_code
        rows = client.get(reverse("cases:list")).context["rows"]
        in_list = case.pk in {row["case"].pk for row in rows}
        assert page in {200, 404}
        assert {listed, permitted, decided, page == 200, in_list} in ({True}, {False}), (key, listed, permitted, page)
        answers[key] = listed

    assert {key for key, sees in answers.items() if sees} == expected


def test_nobody_acting_for_nobody_sees_anything(cast: Cast) -> None:
    case = stories.assigned(cast)

    assert not Case.objects.visible_to(None).exists()
    assert not Case.objects.filter(pk=case.pk).exists(), "without a context the database itself gives nothing"


def test_a_person_with_two_agencies_sees_a_case_only_for_the_one_that_has_the_right(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    consent_in_force(cast, case, {"mental-health": [Part.HEALTH]})
    here, there = cast.acting_for("tove", "mental-health"), cast.acting_for("tove", "outreach")

    with acting_as(here):
        assert not Case.objects.visible_to(here).exists(), "a right of the agency is not yet an assignment"
        grants.assign(case, here.user, by=here)
        assert Case.objects.visible_to(here).exists()
    with acting_as(there):
        assert not Case.objects.visible_to(there).exists()


def test_the_list_narrows_by_whose_state_and_deadline_and_counts_what_is_shown(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    mine, waiting = stories.assigned(cast), stories.routed(cast)
    shift_clock(days=4)
    sign_in(client, cast.mona)

    def listed(**query: str) -> set[object]:
        return {row["case"].pk for row in client.get(reverse("cases:list"), query).context["rows"]}

    assert listed() == {mine.pk, waiting.pk}
    assert listed(state="routed") == {waiting.pk}
    assert listed(late="late") == {waiting.pk}, "two working days to assign have passed, five to review have not"
    assert listed(whose="mine") == set()
    assert listed(state="tull", late="tull") == {mine.pk, waiting.pk}


def test_the_list_goes_on_where_it_ended_and_asks_no_more_of_a_full_page(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.case_list.PAGE", 2)
    cases = {stories.routed(cast).pk for _number in range(5)}
    sign_in(client, cast.mona).get(reverse("home"))
    seen: list[object] = []
    query: dict[str, str] = {}
    counts, shown = [], []

    for _page in range(3):
        with CaptureQueriesContext(connection) as queries:
            context = client.get(reverse("cases:list"), query).context
        counts.append(len(queries))
        seen += [row["case"].pk for row in context["rows"]]
        shown.append((context["first"], context["last"], context["count"], context["is_first_page"]))
        query = {"etter": str(context["next"]), "nr": str(context["last"])}

    assert shown == [(1, 2, "5", True), (3, 4, "5", False), (5, 5, "5", False)]
    assert len(seen) == 5 and set(seen) == cases and context["next"] is None
    assert counts[1:] == [counts[0] + 1] * 2, "one question more: where the last case of the page before stands"


@pytest.mark.parametrize(
    "forged",
    [
        {"etter": "tull"},
        {"etter": str(uuid.uuid4()), "nr": "25"},
        {"nr": "25"},
        {"nr": "²"},
    ],
)
def test_a_page_nobody_was_led_to_begins_with_the_first(cast: Cast, client: Client, forged: dict[str, str]) -> None:
    case = stories.routed(cast)
    context = sign_in(client, cast.mona).get(reverse("cases:list"), forged).context

    assert [row["case"].pk for row in context["rows"]] == [case.pk]
    assert (context["first"], context["last"], context["is_first_page"]) == (1, 1, True)


@pytest.mark.parametrize("forged", ["", "tull", "-3", "²", "9" * 40])
def test_a_number_that_makes_no_sense_begins_the_count_anew(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch, forged: str
) -> None:
    monkeypatch.setattr("cases.views.case_list.PAGE", 1)
    cases = {stories.routed(cast).pk, stories.routed(cast).pk}
    cursor = sign_in(client, cast.mona).get(reverse("cases:list")).context["next"]
    context = client.get(reverse("cases:list"), {"etter": str(cursor), "nr": forged}).context

    assert {row["case"].pk for row in context["rows"]} == cases - {cursor}
    assert (context["first"], context["last"]) == (1, 1)


def test_an_empty_list_says_what_would_appear(cast: Cast, client: Client) -> None:
    html = sign_in(client, cast.siv).get(reverse("cases:list")).content.decode()

    assert "Ingen saker ennå" in html
