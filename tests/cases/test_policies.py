"""Who may do what with a case, walked for the whole cast: the same answer for the button, the service and the 403."""

import inspect
import re
from collections.abc import Callable, Collection

import pytest

from agencies.actors import Actor
from agencies.decisions import Decision
from agencies.enums import Part
from cases import policies
from cases.models import Case
from cases.services import assignments
from tests import stories
from tests.cases import test_policies_by_role, test_policies_say_why
from tests.cast import MEMBERS, Cast, acting_as

Policy = Callable[[Actor, Case], Decision]

STORIES: dict[str, Callable[[Cast], Case]] = {
    "submitted": stories.submitted,
    "received": stories.received,
    "routed": stories.routed,
    "assigned": stories.assigned,
    "summoned": stories.summoned,
    "consent_pending": stories.consent_pending,
    "consented": stories.consented,
    "closed": lambda cast: stories.closed(cast, stories.consented(cast)),
}
LEAD = {"ingrid", "mona"}


def allowed(cast: Cast, case: Case, asked: Collection[Policy]) -> dict[Policy, set[str]]:
    """For each policy, those of the cast who see the case and may."""
    found: dict[Policy, set[str]] = {policy: set() for policy in asked}
    for name, actor in cast.everyone().items():
        with acting_as(actor):
            here = Case.objects.visible_to(actor).filter(pk=case.pk).first()
            if here is None:
                continue
            for policy in asked:
                if policy(actor, here):
                    found[policy].add(name)
    return found


# Policy, and for each story who may: nobody where it is not named.
MATRIX: dict[Policy, dict[str, set[str]]] = {
    policies.may_receive: {"submitted": {"rune"}},
    policies.may_reject: {"submitted": {"rune"}, "received": {"rune"}},
    policies.may_route: {"received": {"rune"}},
    policies.may_work_on: {
        "routed": {"mona"},
        "assigned": LEAD,
        "summoned": LEAD,
        "consent_pending": LEAD,
        "consented": LEAD,
    },
    policies.may_review: {"assigned": LEAD, "summoned": LEAD, "consent_pending": LEAD, "consented": LEAD},
    policies.may_summon: {"assigned": LEAD, "summoned": LEAD},
    policies.may_hold_talk: {"summoned": LEAD, "consent_pending": LEAD},
    policies.may_map_network: {"consented": LEAD},
    policies.may_assess_coordination: {"consented": LEAD},
    policies.may_start_collaboration: {},
    policies.may_close: {
        "routed": {"mona"},
        "assigned": LEAD,
        "summoned": LEAD,
        "consent_pending": LEAD,
        "consented": LEAD,
    },
}


@pytest.mark.req("U23-09")
@pytest.mark.parametrize("story", STORIES)
def test_each_step_is_open_to_exactly_those_whose_it_is(cast: Cast, story: str) -> None:
    may = allowed(cast, STORIES[story](cast), MATRIX)

    for policy, who in MATRIX.items():
        assert may[policy] == who.get(story, set()), f"{policy.__name__} when {story}"


def test_every_policy_about_a_case_is_asked_of_the_whole_cast_or_in_every_role() -> None:
    written = {name for name in vars(policies) if name.startswith("may_")}
    asked = "".join(map(inspect.getsource, (test_policies_by_role, test_policies_say_why)))
    in_every_role = set(re.findall(r"policies\.(may_\w+)", asked))
    # the sentence itself: test_visible_to.py and tests/oracle
    by_name = {"may_view"}

    assert written == {policy.__name__ for policy in MATRIX} | in_every_role | by_name


@pytest.mark.req("U23-07")
def test_only_the_polices_analyst_reports(cast: Cast) -> None:
    assert {name for name, actor in cast.everyone().items() if policies.may_submit_report(actor)} == {"aksel"}


@pytest.mark.req("U23-23")
@pytest.mark.parametrize(
    ("part", "who"),
    [
        (Part.ECONOMY, {"ingrid", "mona", "nils", "nora"}),
        (Part.HOUSING, {"ingrid", "mona"}),
        (Part.HEALTH, {"ingrid", "mona"}),
    ],
)
def test_needs_are_assessed_by_the_lead_and_by_those_the_consent_names_for_the_part(
    cast: Cast, part: Part, who: set[str]
) -> None:
    case = stories.consented(cast)
    with acting_as(cast.nils):
        assignments.assign(case, user=cast.nora.user, by=cast.nils)

    may = allowed(cast, case, [lambda actor, here: policies.may_assess_needs(actor, here, part)])

    assert list(may.values()) == [who]


def test_every_refusal_has_a_reason_a_person_can_act_on(cast: Cast) -> None:
    case = stories.consented(cast)

    for actor in cast.everyone().values():
        with acting_as(actor):
            here = Case.objects.visible_to(actor).filter(pk=case.pk).first()
            if here is None:
                continue
            for policy in MATRIX:
                decision = policy(actor, here)
                assert decision or str(decision.reason).endswith(".")


def test_the_cast_of_the_matrix_is_the_whole_cast(cast: Cast) -> None:
    assert set(cast.everyone()) == set(MEMBERS)
