"""A HEAD gets what a GET would, without the body, and never changes anything."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from cases.models import Case
from tests import stories
from tests.browser.test_every_page import LOOKED_AT_BY, Things, addresses
from tests.cast import Cast, acting_as, sign_in
from tests.consent import test_disclose as disclosing


def test_every_address_answers_a_head_as_a_get_and_without_a_body(cast: Cast, shift_clock: Callable[..., None]) -> None:
    things = Things(cast, shift_clock)
    clients: dict[str, Client] = {}
    differing, asked = {}, 0

    for name, wanted in addresses():
        try:
            address = reverse(name, kwargs={each: things.of(name, each) for each in wanted})
        except (NoReverseMatch, KeyError):
            continue
        key = LOOKED_AT_BY.get(name, "ingrid")
        if key not in clients:
            clients[key] = sign_in(Client(), getattr(cast, key)) if key else Client()
        head, get = clients[key].head(address), clients[key].get(address)
        asked += 1
        if head.status_code != get.status_code or head.content:
            differing[name] = (head.status_code, get.status_code, len(head.content))

    assert differing == {}
    assert asked > 60


def test_a_head_of_a_page_with_a_button_does_not_press_it(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    shared = disclosing.disclosed(cast, case)
    waiting = stories.consent_pending(cast)
    sign_in(client, cast.ingrid)

    ended = client.head(reverse("consent:end_disclosure", args=[case.pk, shared.pk]))
    refused = client.head(reverse("consent:refuse", args=[waiting.pk]))

    assert ended.status_code == refused.status_code == 200
    with acting_as(cast.ingrid), connection.cursor() as cursor:
        shared.refresh_from_db()
        assert shared.ended_at is None
        assert Case.objects.get(pk=waiting.pk).state == waiting.state
        cursor.execute("SELECT count(*) FROM cases_fact WHERE kind = 'consent_refused'")
        assert cursor.fetchone() == (0,)
