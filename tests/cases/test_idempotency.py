"""A retry gets the same answer and no second effect, also when all come at once."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from agencies.api.idempotency import forget_old_answers
from agencies.models import IdempotentAnswer
from cases.models import ReportReceipt
from tests.cases.reporting import mistakes, post, report, token
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.usefixtures("police")
database = pytest.mark.django_db


def receipts(cast: Cast) -> int:
    with acting_as(cast.aksel):
        return ReportReceipt.objects.count()


@database
def test_the_same_key_and_body_get_the_same_answer_and_one_report(client: Client, cast: Cast) -> None:
    first, second = post(client, report(), key="k1"), post(client, report(), key="k1")

    assert (first.status_code, first.json(), first.headers["Location"]) == (
        second.status_code,
        second.json(),
        second.headers["Location"],
    )
    assert receipts(cast) == 1


@database
def test_another_key_is_another_report(client: Client, cast: Cast) -> None:
    assert post(client, report(), key="k1").json()["id"] != post(client, report(), key="k2").json()["id"]
    assert receipts(cast) == 2


@database
def test_the_same_key_with_another_body_is_refused(client: Client, cast: Cast) -> None:
    post(client, report(), key="k1")

    response = post(client, report(sender_reference="another"), key="k1")

    assert response.status_code == 422
    assert mistakes(response) == {"#": "idempotency_key_reused"}
    assert receipts(cast) == 1


@database
def test_a_corrected_body_may_use_the_key_of_the_wrong_one(client: Client) -> None:
    assert post(client, report(programme="u99"), key="k1").status_code == 422
    assert post(client, report(), key="k1").status_code == 201


@database
def test_a_key_is_forgotten_after_a_day_and_its_row_is_purged(client: Client, cast: Cast, shift_clock: Any) -> None:
    post(client, report(), key="k1")
    post(client, report(), key="k2")
    police = cast.agency("police-analysis")
    assert forget_old_answers(agency=police) == 0

    shift_clock(hours=24, minutes=1)

    assert post(client, report(sender_reference="another"), key="k1").status_code == 201
    assert forget_old_answers(agency=police) == 1
    assert forget_old_answers(agency=cast.agency("nav")) == 0
    assert IdempotentAnswer.objects.count() == 1


@database
def test_what_is_kept_of_an_answer_tells_nothing_of_the_person(client: Client) -> None:
    post(client, report(), key="my-own-key")

    (kept,) = IdempotentAnswer.objects.values()

    assert set(kept["body"]) == {"id", "state", "received_at"}
    assert "Prøvedal" not in str(kept) and "my-own-key" not in str(kept)


def test_many_at_once_with_one_key_make_one_report(own_database: str, cast: Cast) -> None:
    bearer, document = token(), report()
    answers: list[Any] = []
    start = threading.Barrier(8)

    def send() -> None:
        try:
            start.wait()
            answers.append(post(Client(), document, key="k1", bearer=bearer))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    by_status = {answer.status_code for answer in answers}
    created = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(answers) == 8 and by_status <= {201, 409}
    assert created and len(set(created)) == 1
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 409)
    assert receipts(cast) == 1


def test_while_a_key_is_being_answered_others_are_asked_to_come_back(own_database: str, cast: Cast) -> None:
    digest = IdempotentAnswer.digest(b"k1")
    number = int.from_bytes(digest[:8], "big", signed=True) ^ cast.agency("police-analysis").pk
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [number])
            holding.set()
            done.wait(10)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    busy = post(Client(), report(), key="k1")
    other = post(Client(), report(), key="k2")
    done.set()
    holder.join()

    assert (busy.status_code, busy.headers["Retry-After"], other.status_code) == (409, "1", 201)
    assert busy.json()["type"] == "urn:samlos:problem:in-progress"
    assert post(Client(), report(), key="k1").status_code == 201
