"""Each chain's last position is signed every five minutes and copied to the agency, and nothing of it stops anybody."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit import head_store, heads, signing, verification
from audit.context import acting
from audit.models import Head
from audit.services import record
from config import startup
from reminders.models import Reminder
from reminders.services import reminders_for
from tests import databases
from tests.audit.sealing import as_owner
from tests.cast import acting_as
from tests.people import employ


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    """A head store of the test's own."""
    settings.AUDIT_HEAD_DIR = str(tmp_path / "heads")
    return tmp_path / "heads"


@pytest.fixture
def owner(own_database, owner_url):
    with databases.connect(owner_url, own_database) as link:
        yield link


@pytest.fixture
def log(own_database, cast):
    """Add one event as an actor, in a transaction of its own."""

    def add(actor, times=1):
        for _time in range(times):
            with acting_as(actor):
                record("test.read", user_id=actor.user.pk, agency_id=actor.agency.pk)

    return add


def of(actor) -> heads.Chain:
    return heads.Chain(actor.agency.pk, actor.agency.slug)


def known(actor) -> list[Head]:
    with acting(user_id=None, agency_id=actor.agency.pk):
        return list(Head.objects.order_by("number"))


def kept(store, actor):
    return head_store.read(store / actor.agency.slug / head_store.FILE)


def verified(owner_url, database, store):
    copies: dict[int, list[dict[str, Any]]] = {}
    for file in store.glob("*/heads.jsonl"):
        for head in head_store.read(file):
            copies.setdefault(head["chain"], []).append(head)
    with as_owner(owner_url, database):
        return verification.verify(copies)


# --- signed ------------------------------------------------------------------------------------------------------------


def test_a_head_says_where_the_chain_stands_and_bears_our_signature(cast, log):
    log(cast.ingrid, times=3)

    heads.seal_all()

    (head,) = known(cast.ingrid)
    assert (head.number, head.position, head.count) == (1, 3, 3)
    claimed = heads.claims(head)
    assert signing.is_signed(heads.message(claimed), key=head.key, signature=bytes(head.signature))
    for name, other in {"position": 2, "count": 2, "digest": "00", "at": "2020-01-01T00:00:00+00:00"}.items():
        forged = heads.message(claimed | {name: other})
        assert not signing.is_signed(forged, key=head.key, signature=bytes(head.signature)), name


def test_nobodys_events_have_a_chain_and_heads_too(own_database, store):
    with acting(user_id=None, agency_id=None):
        record("test.swept", user_id=None, agency_id=None)

    heads.seal_all()

    assert [head["position"] for head in head_store.read(store / "_system" / head_store.FILE)] == [1]


def test_a_chain_that_stands_still_is_signed_again_only_after_a_day(cast, log, shift_clock):
    log(cast.ingrid)
    heads.seal_all()
    heads.seal_all()
    assert len(known(cast.ingrid)) == 1

    shift_clock(hours=25)
    heads.seal_all()

    first, second = known(cast.ingrid)
    assert (second.position, second.digest) == (first.position, first.digest)
    assert second.at - first.at > dt.timedelta(days=1)


def test_an_agency_without_events_has_nothing_to_sign(own_database, cast):
    assert heads.seal_all() == []

    assert known(cast.ingrid) == []


def test_an_old_key_still_proves_what_it_signed_and_an_unknown_one_nothing(cast, log, settings):
    log(cast.ingrid)
    heads.seal_all()
    (head,) = known(cast.ingrid)
    old = signing.published()[head.key]
    settings.AUDIT_SIGNING_KEY = "A" * 43 + "="

    def is_good():
        return signing.is_signed(heads.message(heads.claims(head)), key=head.key, signature=bytes(head.signature))

    assert not is_good()
    settings.AUDIT_EARLIER_SIGNERS = [old]
    assert is_good()


@pytest.mark.parametrize("key", ["", "not base64!", "AAAA", "A" * 60])
def test_nothing_starts_with_a_key_that_cannot_sign(settings, key):
    settings.AUDIT_SIGNING_KEY = key

    with pytest.raises(ImproperlyConfigured, match="AUDIT_SIGNING_KEY"):
        startup.refuse_unusable_signing_key()


def test_production_does_not_start_without_a_key():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUDIT_SIGNING_KEY")}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.production", "PUBLIC_URL": "https://samlos.example"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=databases.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "Set the AUDIT_SIGNING_KEY environment variable" in done.stderr


# --- copied ------------------------------------------------------------------------------------------------------------


def test_each_agency_gets_its_own_heads_and_the_public_key(cast, log, store):
    log(cast.ingrid)
    log(cast.nora, times=2)

    heads.seal_all()

    assert [head["chain"] for head in kept(store, cast.ingrid)] == [cast.ingrid.agency.pk]
    assert [head["position"] for head in kept(store, cast.nora)] == [2]
    published = json.loads((store / cast.nora.agency.slug / head_store.KEYS).read_text("utf-8"))
    assert published == signing.published()


def test_what_a_full_disk_kept_back_is_caught_up_in_order(cast, log, store):
    log(cast.ingrid)
    heads.seal_all()
    folder = store / cast.ingrid.agency.slug
    folder.rename(store / "away")
    folder.write_text("a file where the folder should be", "utf-8")

    for _interval in range(3):
        log(cast.ingrid)
        assert [chain.number for chain in heads.seal_all()] == [cast.ingrid.agency.pk]
    folder.unlink()
    (store / "away").rename(folder)

    assert heads.seal_all() == []
    assert [head["number"] for head in kept(store, cast.ingrid)] == [1, 2, 3, 4]


def test_a_line_a_crash_cut_short_is_written_again(cast, log, store):
    log(cast.ingrid)
    heads.seal_all()
    log(cast.ingrid)
    heads.seal_all()
    file = store / cast.ingrid.agency.slug / head_store.FILE
    file.write_bytes(file.read_bytes()[:-40])

    heads.seal_all()

    assert [head["number"] for head in kept(store, cast.ingrid)] == [1, 2]


def test_a_store_that_cannot_be_written_tells_the_privacy_officer_once_and_stops_no_request(cast, log, store):
    nora = cast.nora
    employ(nora.user, nora.agency, "privacy_officer")
    store.mkdir()
    folder = store / nora.agency.slug
    folder.write_text("a file where the folder should be", "utf-8")
    log(nora)

    heads.seal_all()
    heads.seal_all()

    log(nora)  # a request is answered all the same
    officer = cast.nora
    with acting_as(officer):
        assert Reminder.objects.filter(kind="audit_heads_unwritable", recipient=officer.user).count() == 1
        (told,) = [told for told in reminders_for(officer) if told.kind == "audit_heads_unwritable"]
        assert "Kopien av revisjonsloggen er ikke oppdatert" in told.words
    folder.unlink()
    heads.seal_all()
    with acting_as(officer):
        assert not [told for told in reminders_for(officer) if told.kind == "audit_heads_unwritable"]


def test_one_agencys_broken_store_leaves_the_others_alone(cast, log, store):
    log(cast.ingrid)
    log(cast.nora)
    store.mkdir()
    (store / cast.ingrid.agency.slug).write_text("", "utf-8")

    assert [chain.slug for chain in heads.seal_all()] == [cast.ingrid.agency.slug]
    assert len(kept(store, cast.nora)) == 1


def test_a_database_put_back_in_time_is_seen_at_the_next_interval(owner, cast, log, store):
    log(cast.ingrid)
    heads.seal_all()
    log(cast.ingrid)
    heads.seal_all()
    owner.execute("ALTER TABLE audit_head DISABLE TRIGGER USER; DELETE FROM audit_head WHERE number = 2")

    assert [chain.number for chain in heads.seal_all()] == [cast.ingrid.agency.pk]


@pytest.mark.parametrize("what", ["event", "link", "both"])
def test_a_tail_cut_off_is_seen_at_the_next_interval_and_nothing_is_signed_over_it(owner, cast, log, what):
    log(cast.ingrid, times=3)
    heads.seal_all()
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    owner.execute("ALTER TABLE audit_link DISABLE TRIGGER USER")
    if what != "link":
        owner.execute("DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_link WHERE position = 3)")
    if what != "event":
        owner.execute("DELETE FROM audit_link WHERE position = 3")

    assert [chain.number for chain in heads.seal_all()] == [cast.ingrid.agency.pk]
    assert len(known(cast.ingrid)) == 1


INSERT = "INSERT INTO audit_head (id, chain, number, position, count, digest, at, key, signature)"

# --- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET position = 0",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        f"{INSERT} SELECT gen_random_uuid(), 0, 9, 9, 9, '', samlos.now(), '', ''",
        f"{INSERT} SELECT gen_random_uuid(), samlos.agency_id(), 9, 9, 9, '', '2020-01-01', '', ''",
    ],
)
def test_the_application_changes_no_head_and_writes_none_for_others_or_other_times(cast, log, statement):
    log(cast.ingrid)
    heads.seal_all()

    with acting_as(cast.ingrid), pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)

    assert len(known(cast.ingrid)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_head SET position = 0", "DELETE FROM audit_head", "TRUNCATE audit_head"]
)
def test_not_even_the_owner_changes_a_head(owner, cast, log, statement):
    log(cast.ingrid)
    heads.seal_all()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement)


def test_an_agency_reads_its_own_heads_and_no_others(cast, log):
    log(cast.ingrid)
    log(cast.nora)
    heads.seal_all()

    with acting_as(cast.ingrid):
        assert set(Head.objects.values_list("chain", flat=True)) == {cast.ingrid.agency.pk}
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_position, added FROM samlos.audit_tip(0)")
            assert cursor.fetchone() == (1, 1)


# --- verified ----------------------------------------------------------------------------------------------------------


def test_an_honest_log_is_whole(own_database, owner_url, cast, log, store):
    for _interval in range(3):
        log(cast.ingrid, times=4)
        log(cast.nora)
        heads.seal_all()
    log(cast.ingrid)

    accounts = verified(owner_url, own_database, store)

    assert all(account.is_whole for account in accounts), accounts
    found = {account.chain: (account.events, account.heads, account.copies) for account in accounts}
    assert found[cast.ingrid.agency.pk] == (13, 3, 3)
    assert found[cast.nora.agency.pk] == (3, 3, 3)


def test_an_event_taken_away_before_it_was_signed_accuses_no_head_after_it(
    owner, own_database, owner_url, cast, log, store
):
    log(cast.ingrid, times=3)
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    owner.execute("DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_link WHERE position = 2)")
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    heads.seal_all()
    log(cast.ingrid)
    heads.seal_all()

    (account,) = verified(owner_url, own_database, store)

    assert [(one.code, one.position) for one in account.findings] == [("missing", 2)]


def test_what_is_added_while_the_chains_are_read_side_by_side_is_left_for_the_next_time(
    own_database, owner, owner_url, cast, log, store, monkeypatch
):
    log(cast.ingrid)
    log(cast.nora)
    heads.seal_all()
    side_by_side = verification._side_by_side

    def meanwhile(*asked):
        with owner.transaction():
            owner.execute(
                "INSERT INTO audit_event (at, kind, outcome, agency_id, role, case_ids, parts, object_type, object_id, basis,"
                " purpose) VALUES (samlos.now(), 'test.read', 'allowed', %s, '', '{}', '{}', '', '', '', '')",
                [cast.nora.agency.pk],
            )
        return side_by_side(*asked)

    monkeypatch.setattr(verification, "_side_by_side", meanwhile)
    accounts = verified(owner_url, own_database, store)
    monkeypatch.undo()

    assert all(account.is_whole for account in accounts), accounts
    assert [account.events for account in accounts] == [1, 1]
    assert sum(account.events for account in verified(owner_url, own_database, store)) == 3
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() AND usename = current_user"
    deadline = time.monotonic() + 10  # a server ends a moment after its client has gone
    while owner.execute(others, [own_database]).fetchone() != (0,):
        assert time.monotonic() < deadline, "none of the connections is left"
        time.sleep(0.05)


def test_a_chain_that_cannot_be_read_fails_the_verification(own_database, owner_url, cast, log, store, monkeypatch):
    log(cast.ingrid)
    log(cast.nora)
    monkeypatch.setattr(verification, "ROWS", verification.ROWS.replace("audit_link l", "no_such_table l"))

    with pytest.raises(psycopg.errors.UndefinedTable):
        verified(owner_url, own_database, store)


def test_heads_that_never_reached_the_store_are_told_of_after_two_intervals(
    own_database, owner_url, cast, log, store, shift_clock
):
    log(cast.ingrid)
    heads.seal_all()
    (store / cast.ingrid.agency.slug / head_store.FILE).unlink()
    assert all(account.is_whole for account in verified(owner_url, own_database, store))

    shift_clock(minutes=11)

    codes = {finding.code for account in verified(owner_url, own_database, store) for finding in account.findings}
    assert codes == {"not_copied"}


def test_the_application_verifies_the_chain_of_whoever_asks(cast, log, own_database):
    log(cast.ingrid, times=2)
    heads.seal_all()

    with acting(user_id=None, agency_id=cast.ingrid.agency.pk):
        (account,) = verification.verify(None, chains=[cast.ingrid.agency.pk])

    assert (account.events, account.heads, account.count) == (2, 1, 0)


def run(owner_url, database, *arguments):
    """What the command prints, and its exit code."""
    said = StringIO()
    with as_owner(owner_url, database):
        try:
            call_command("audit", *arguments, stdout=said)
        except SystemExit as end:
            return said.getvalue(), end.code
    return said.getvalue(), 0


def test_the_command_says_first_whether_the_log_is_whole(owner, own_database, owner_url, cast, log):
    log(cast.ingrid, times=3)
    run(owner_url, own_database, "seal")

    said, code = run(owner_url, own_database, "verify")
    assert (said.splitlines()[0], code) == ("Loggen er hel: 3 hendelser og 1 signerte punkter stemmer.", 0)
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_event SET user_id = 1 WHERE id = (SELECT event_id FROM audit_link WHERE position = 2)")
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    said, code = run(owner_url, own_database, "verify")
    assert said.startswith("Loggen er ikke hel") and "Hendelse 2 er endret." in said
    assert code == 1


def test_the_command_answers_machines_with_every_finding(owner, own_database, owner_url, cast, log, store):
    log(cast.ingrid, times=3)
    log(cast.nora)
    heads.seal_all()
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")

    said, code = run(owner_url, own_database, "verify", "--json")
    report = json.loads(said)
    of_nora, _code = run(
        owner_url, own_database, "verify", "--json", "--heads", str(store / cast.nora.agency.slug / head_store.FILE)
    )

    assert (report["whole"], report["events"], code) == (False, 4, 1)
    by_agency = {row["agency"]: row for row in report["chains"]}
    assert by_agency[cast.ingrid.agency.slug]["count"] == 0
    (around,) = [row for row in report["chains"] if row["chain"] == -1]
    assert {finding["code"] for finding in around["findings"]} == {"locks"}
    assert [row["agency"] for row in json.loads(of_nora)["chains"]] == [cast.nora.agency.slug, None]


def test_the_command_looks_at_one_agency_and_knows_which_there_are(own_database, owner_url, cast, log):
    log(cast.ingrid, times=2)
    log(cast.nora)
    heads.seal_all()

    said, code = run(owner_url, own_database, "verify", "--agency", cast.nora.agency.slug)

    assert (said.startswith("Loggen er hel: 1 hendelser"), code) == (True, 0)
    with pytest.raises(CommandError, match="ingen tjeneste"):
        run(owner_url, own_database, "verify", "--agency", "nowhere")


def test_a_copy_that_is_no_copy_is_said_to_be_unreadable(own_database, owner_url, store):
    folder = store / "nav"
    folder.mkdir(parents=True)
    (folder / head_store.FILE).write_text('{"not": "a head"}\n', "utf-8")

    with pytest.raises(CommandError, match="kan ikke leses"):
        run(owner_url, own_database, "verify")
