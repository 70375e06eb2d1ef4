"""A HEAD never changes anything. That it gets what a GET would: tests/access/test_every_address.py."""

from django.db import connection
from django.test import Client
from django.urls import reverse

from cases.models import Case
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.consent import test_disclose as disclosing


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
