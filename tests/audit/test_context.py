"""On whose behalf the database is asked, and that nobody is left behind."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from audit import context
from audit.models import Event
from audit.services import record
from tests.cast import acting_as

pytestmark = pytest.mark.django_db


def asked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.user_id(), samlos.agency_id()")
        return cursor.fetchone()


def names(actor):
    return (actor.user.pk, actor.agency.pk)


def test_outside_the_database_answers_nobody():
    assert asked() == (None, None)
    assert context.current() is None


def test_a_setting_that_was_emptied_counts_as_none():
    context.set_database_context(None, None)

    assert asked() == (None, None)
    assert not Event.objects.exists()


def test_inside_it_answers_the_one_who_acts_and_afterwards_nobody(cast):
    with acting_as(cast.ingrid) as behalf:
        assert asked() == names(cast.ingrid)
        assert context.current() is behalf

    assert asked() == (None, None)


def test_an_inner_actor_takes_over_and_gives_back(cast):
    with acting_as(cast.ingrid):
        with acting_as(cast.nora):
            assert asked() == names(cast.nora)
        assert asked() == names(cast.ingrid)


def test_an_inner_actor_that_fails_gives_back_too(cast):
    with acting_as(cast.ingrid):
        with pytest.raises(ZeroDivisionError), acting_as(cast.nora):
            raise ZeroDivisionError
        assert asked() == names(cast.ingrid)
    assert asked() == (None, None)


def test_a_block_whose_transaction_is_marked_for_rollback_gives_back(cast):
    with acting_as(cast.ingrid):
        transaction.set_rollback(True)

    assert asked() == (None, None)


def on_a_connection_of_its_own(work):
    """What `work` answers where no transaction is running: the test itself is within one."""

    def done():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        return threads.submit(done).result()


@pytest.mark.parametrize("fails", [False, True])
def test_with_its_transaction_the_outermost_block_leaves_nobody_behind(cast, fails):
    ingrid = cast.ingrid

    def work():
        with acting_as(ingrid):
            within = asked()
            transaction.set_rollback(fails)
        return within, asked()

    assert on_a_connection_of_its_own(work) == (names(ingrid), (None, None))


def test_a_block_the_database_gave_up_is_not_taken_for_done(cast):
    """PostgreSQL would answer its COMMIT as one that went well, and the row would be gone (G7)."""
    ingrid = cast.ingrid
    with acting_as(ingrid), pytest.raises(DatabaseError), acting_as(ingrid):
        passed_over()

    def work():
        with acting_as(ingrid):
            passed_over()

    with pytest.raises(DatabaseError):
        on_a_connection_of_its_own(work)


def passed_over():
    """The database has ended the transaction, and nobody has marked it so."""
    with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def test_inner_and_outer_belong_to_the_same_request(cast):
    with acting_as(cast.ingrid) as outer, acting_as(cast.nora) as inner:
        assert inner.request_id == outer.request_id


def test_an_agency_acts_alone_when_only_time_has_passed(cast):
    agency = cast.agency("nav")

    with context.acting(user_id=None, agency_id=agency.pk):
        record("test.swept", user_id=None, agency_id=agency.pk)
        assert Event.objects.get().kind == "test.swept"


def test_becoming_somebody_needs_a_running_block(cast):
    with pytest.raises(RuntimeError):
        context.become(*names(cast.ingrid))


def test_becoming_somebody_lasts_until_the_block_ends(cast):
    with context.acting(user_id=None, agency_id=None):
        context.become(*names(cast.ingrid))
        assert asked() == names(cast.ingrid)

    assert asked() == (None, None)
