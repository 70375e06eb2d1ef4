"""The log is only ever added to, chained at commit, and nothing is answered that it did not take."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from agencies.models import DemonstrationStep
from audit.context import acting
from audit.models import Event, Link
from audit.services import AuditUnavailableError, record
from tests import databases
from tests.agencies.pages import CASE, SECRET
from tests.cast import acting_as, sign_in

pytestmark = pytest.mark.urls("tests.agencies.pages")

CHAIN = """
    SELECT l.position, l.digest, samlos.audit_digest(e, l.chain, l.position,
               coalesce(lag(l.digest) OVER (ORDER BY l.position), '')), e.kind
      FROM audit_link l JOIN audit_event e ON e.id = l.event_id WHERE l.chain = %s ORDER BY l.position
"""


@pytest.fixture
def owner(own_database, owner_url):
    """The owner's own connection to the test's database."""
    with databases.connect(owner_url, own_database) as link:
        yield link


@pytest.fixture
def log(cast):
    """Add one event as an actor, in a transaction of its own."""

    def add(actor, kind="test.read"):
        with acting_as(actor):
            record(kind, user_id=actor.user.pk, agency_id=actor.agency.pk, case_id=CASE)

    return add


def chain(owner, actor):
    return owner.execute(CHAIN, [actor.agency.pk]).fetchall()


def is_whole(links):
    """Whether positions run from 1, and each digest is that of its event and the digest before it."""
    return all(
        at == position and bytes(digest) == bytes(right)
        for position, (at, digest, right, _kind) in enumerate(links, start=1)
    )


# --- only ever added to ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET kind = 'test.other'",
        "UPDATE audit_event SET user_id = NULL",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "INSERT INTO audit_link SELECT chain, position + 1, event_id, digest FROM audit_link",
        "UPDATE audit_link SET position = 0",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link",
        "UPDATE samlos.audit_chain SET position = 0",
        "DELETE FROM samlos.audit_chain",
    ],
)
def test_the_application_can_neither_change_nor_remove_an_event(own_database, cast, log, statement):
    log(cast.ingrid)

    with acting_as(cast.ingrid), pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)

    with acting_as(cast.ingrid):
        assert Event.objects.get().kind == "test.read"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET kind = 'test.other'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_link SET position = 0",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link",
    ],
)
def test_not_even_the_owner_of_the_database_can(owner, cast, log, statement):
    log(cast.ingrid)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement)


@pytest.mark.django_db
def test_nobody_writes_in_another_name(cast):
    nora, ingrid = cast.nora, cast.ingrid

    with acting_as(ingrid):
        with pytest.raises(AuditUnavailableError), transaction.atomic():
            record("test.read", user_id=nora.user.pk, agency_id=ingrid.agency.pk)
        with pytest.raises(AuditUnavailableError), transaction.atomic():
            record("test.read", user_id=ingrid.user.pk, agency_id=nora.agency.pk)
        record("test.read", user_id=ingrid.user.pk, agency_id=ingrid.agency.pk)


@pytest.mark.django_db
def test_an_agency_reads_its_own_log_and_no_others(cast, log):
    log(cast.ingrid)
    log(cast.nora)

    with acting_as(cast.ingrid):
        assert {event.agency_id for event in Event.objects.all()} == {cast.ingrid.agency.pk}
    assert Event.objects.count() == 0, "asked for nobody, the log is empty"


def test_an_agency_reads_its_own_chain_and_nobody_that_of_nobody(own_database, cast, log):
    log(cast.ingrid)
    log(cast.nora)
    with acting(user_id=None, agency_id=None):
        record("test.nobodys", user_id=None, agency_id=None)

    with acting_as(cast.ingrid):
        assert set(Link.objects.values_list("chain", "position")) == {(cast.ingrid.agency.pk, 1)}
    assert not Link.objects.exists()
    with acting(user_id=None, agency_id=None):
        assert not Link.objects.exists()


# --- chained at commit -----------------------------------------------------------------------------------------------


def test_each_agency_has_one_unbroken_chain(owner, cast, log):
    for actor in (cast.ingrid, cast.nora, cast.mona, cast.nora):
        log(actor)

    assert [len(chain(owner, actor)) for actor in (cast.ingrid, cast.nora)] == [2, 2]
    assert is_whole(chain(owner, cast.ingrid))
    assert is_whole(chain(owner, cast.nora))


def test_several_events_of_one_transaction_stand_one_after_the_other(owner, cast):
    with acting_as(cast.ingrid):
        for kind in ("test.first", "test.second", "test.third"):
            record(kind, user_id=cast.ingrid.user.pk, agency_id=cast.ingrid.agency.pk)

    links = chain(owner, cast.ingrid)

    assert [link[3] for link in links] == ["test.first", "test.second", "test.third"]
    assert is_whole(links)


def test_eight_who_begin_a_chain_at_once_stand_one_after_the_other(owner, own_database, cast, log):
    start = threading.Barrier(8)

    def add_three():
        connection.ensure_connection()
        start.wait(timeout=20)
        for _time in range(3):
            log(cast.nora)
        connection.close()

    with ThreadPoolExecutor(max_workers=8) as threads:
        for done in [threads.submit(add_three) for _reader in range(8)]:
            done.result()

    links = chain(owner, cast.nora)
    assert len(links) == 24
    assert is_whole(links)


def test_who_reads_the_past_adds_nothing_to_a_chain_that_has_gone_on(owner, owner_url, own_database, cast, log):
    """A transaction that sees the database as it was when it began cannot see where the chain stands: it fails."""
    adds = "INSERT INTO audit_event (at, kind, outcome, agency_id, role, case_ids, parts, object_type, object_id, basis, purpose)"
    log(cast.nora)
    with psycopg.connect(owner_url, dbname=own_database) as late:
        late.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        late.execute(
            f"{adds} VALUES (samlos.now(), 'test.late', 'allowed', %s, '', '{{}}', '{{}}', '', '', '', '')",
            [cast.nora.agency.pk],
        )
        log(cast.nora)
        with pytest.raises(psycopg.errors.SerializationFailure):
            late.commit()

    links = chain(owner, cast.nora)
    assert [link[3] for link in links] == ["test.read", "test.read"]
    assert is_whole(links)


def test_what_is_rolled_back_leaves_no_gap(owner, cast, log):
    log(cast.ingrid)
    with acting_as(cast.ingrid):
        record("test.lost", user_id=cast.ingrid.user.pk, agency_id=cast.ingrid.agency.pk)
        transaction.set_rollback(True)
    log(cast.ingrid)

    links = chain(owner, cast.ingrid)

    assert [link[0] for link in links] == [1, 2]
    assert is_whole(links)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET user_id = 1 WHERE kind = 'test.second'",
        "UPDATE audit_event SET at = at - interval '1 hour' WHERE kind = 'test.second'",
        "UPDATE audit_event SET parts = '{health}' WHERE kind = 'test.second'",
        "DELETE FROM audit_event WHERE kind = 'test.second'",
    ],
)
def test_whoever_switches_the_locks_off_breaks_the_chain(owner, cast, log, tampering):
    for kind in ("test.first", "test.second", "test.third"):
        log(cast.ingrid, kind)
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")

    owner.execute(tampering)

    assert not is_whole(chain(owner, cast.ingrid))


# --- nothing is answered that was not logged --------------------------------------------------------------------------


def test_a_page_that_cannot_be_logged_is_not_shown_and_changes_nothing(owner, cast, client):
    sign_in(client, cast.ingrid)
    owner.execute(f"REVOKE INSERT ON audit_event FROM {application(owner)}")

    answer = client.get("/write/kept/")

    assert answer.status_code == 503
    assert SECRET not in answer.content.decode()
    assert "loggføre" in answer.content.decode()
    assert not DemonstrationStep.objects.filter(code="written:kept").exists()


def test_a_log_that_fails_at_commit_stops_the_answer_too(owner, cast, client):
    sign_in(client, cast.ingrid)
    owner.execute("ALTER TABLE samlos.audit_chain RENAME TO lost_chain")

    answer = client.get("/write/kept/")

    assert answer.status_code == 503
    assert SECRET not in answer.content.decode()
    assert not DemonstrationStep.objects.filter(code="written:kept").exists()


def test_a_refusal_that_cannot_be_logged_is_answered_as_closed(owner, cast, client):
    sign_in(client, cast.ingrid)
    owner.execute("ALTER TABLE samlos.audit_chain RENAME TO lost_chain")

    assert client.get("/write/refused/").status_code == 503


def test_the_log_heals_when_its_table_is_back(owner, cast, client):
    sign_in(client, cast.ingrid)
    owner.execute("ALTER TABLE samlos.audit_chain RENAME TO lost_chain")
    client.get("/write/kept/")
    owner.execute("ALTER TABLE samlos.lost_chain RENAME TO audit_chain")

    assert client.get("/write/kept/").status_code == 200
    assert is_whole(chain(owner, cast.ingrid))


def test_a_refusal_is_kept_for_good_although_the_request_was_rolled_back(owner, cast, client):
    sign_in(client, cast.ingrid)

    client.get("/write/refused/")

    assert [link[3] for link in chain(owner, cast.ingrid)] == ["access.refused"]


# --- one event a request and case --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 5])
def test_a_page_that_shows_a_case_in_many_pieces_is_one_event(cast, client, times):
    sign_in(client, cast.ingrid)

    client.get(f"/read/{times}/")

    with acting_as(cast.ingrid):
        assert Event.objects.filter(kind="case.read", case_id=CASE).count() == 1


@pytest.mark.django_db
def test_two_requests_are_two_events_of_two_requests(cast, client):
    sign_in(client, cast.ingrid)

    client.get("/read/1/")
    client.get("/read/1/")

    with acting_as(cast.ingrid):
        events = Event.objects.filter(kind="case.read")
        assert len({event.request_id for event in events}) == 2


def application(owner):
    """The application's role, as the grants know it."""
    (name,) = owner.execute(
        "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 'audit_event'"
        " AND privilege_type = 'INSERT' AND grantee <> current_user"
    ).fetchone()
    return f'"{name}"'


def test_after_a_real_commit_the_connection_asks_for_nobody(own_database, cast, log):
    log(cast.ingrid)

    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.user_id(), samlos.agency_id()")
        assert cursor.fetchone() == (None, None)
    assert not Event.objects.exists()
