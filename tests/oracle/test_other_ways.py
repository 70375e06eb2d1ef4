"""The same questions as a visitor puts them: `user.has_perm`, and the case's page with what stands on it."""

from itertools import groupby

from django.test import Client
from django.urls import reverse

from agencies.models import User
from audit import context
from cases.models import Case
from tests.cast import sign_in
from tests.oracle.asking import acting_in, owner_too, standing_at
from tests.oracle.database import Stage, agency_id, row_id, user_id
from tests.oracle.rule import Rule
from tests.oracle.worlds import Round, Teller, World, rounds


def permitted(asked: Round, cases: list[int]) -> set[int]:
    """The cases `user.has_perm` says may be viewed. Asked with rows nobody filtered: a policy would hide the answer."""
    with context.acting(user_id=user_id(asked.user), agency_id=agency_id(asked.agency)):
        user = User.objects.get(pk=user_id(asked.user))
        return {case for case in cases if user.has_perm("cases.view_case", Case(pk=row_id("case", case)))}


def shown(client: Client, world: World, case: int) -> set[int] | None:
    """The entries of the case whose text stands on its page; None when the page is not there."""
    response = client.get(reverse("cases:detail", args=[row_id("case", case)]))
    if response.status_code == 404:
        return None
    assert response.status_code == 200
    html = response.content.decode()
    return {content for content in entries(world, case) if f"innhold-{content}-her" in html}


def entries(world: World, case: int) -> list[int]:
    return [written.content for written in world.contents.values() if written.case == case and not written.sent]


def test_permissions_and_pages_answer_as_the_oracle_does(own_database: str, owner_url: str, client: Client) -> None:
    asked_permissions = asked_pages = 0
    with owner_too(owner_url, own_database) as owner:
        world = Teller(27, agencies=5, users=20, cases=28).tell()
        stage, rule = Stage(owner, world), Rule(world.events)
        # A page costs fifty times a query: of a tick's four instants the first two, just before it and at it.
        asked_rounds = (one for n, one in enumerate(rounds(world, rule, 27, rounds_an_instant=1)) if n % 4 < 2)
        for t, group in groupby(asked_rounds, key=lambda asked: asked.at):
            with standing_at(stage, t):
                for asked in group:
                    cases = list(range(1, world.cases + 1))
                    known = {case for case in cases if rule.may_know(asked.user, asked.agency, case, t)}
                    assert permitted(asked, cases) == known, asked
                    asked_permissions += len(cases)
                    (actor,) = acting_in([asked])
                    if actor is None:
                        continue
                    sign_in(client, actor)
                    # One that is there, where there is one, and mostly one that is not: a page costs fifty times a query.
                    absent = [case for case in cases if case not in known]
                    for case in [*sorted(known)[-1:], *(absent[:1] if t % 6 else [])]:
                        page = shown(client, world, case)
                        seen = rule.seen(asked.user, asked.agency, entries(world, case), t)
                        assert page == (seen if case in known else None), (asked, case)
                        asked_pages += 1 + len(entries(world, case))
    assert asked_permissions >= 1_400
    assert asked_permissions + asked_pages >= 2_000
