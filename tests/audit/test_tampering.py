"""Whatever an administrator does to the log, it is seen within one head interval: 12 ways, 25 times each (G8)."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from audit import heads, verification
from audit.context import acting
from audit.models import Head
from tests import databases
from tests.audit import tampering
from tests.audit.sealing import as_owner

TIMES = 25
EVENTS, BETWEEN_HEADS = 24, 8

Copies = dict[int, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def log(owner_url, django_db_setup, django_db_blocker) -> Iterator[tuple[int, Copies]]:
    """An agency's log of 24 minutes, signed three times, with the copies the agency holds. The owner's connection, in
    one transaction that is never kept.
    """
    with (
        databases.clone(owner_url, databases.template(owner_url)) as name,
        django_db_blocker.unblock(),
        as_owner(owner_url, name),
        transaction.atomic(),
    ):
        yield _written()
        transaction.set_rollback(True)


def _written() -> tuple[int, Copies]:
    chain = heads.chains()[0]
    tampering.ask("SET CONSTRAINTS ALL IMMEDIATE")
    for minute in range(1, EVENTS + 1):
        tampering.shift_by(minute)
        tampering.add_event(chain.number)
        if minute % BETWEEN_HEADS == 0:
            with acting(user_id=None, agency_id=chain.number):
                heads.seal(chain)
    return chain.number, {chain.number: [heads.document(head) for head in Head.objects.order_by("number")]}


def bent(bend: tampering.Bend, log: tuple[int, Copies], *, seed: int, **how: Any) -> list[verification.Account]:
    """What the verifier says after one bending, which is then undone."""
    chain, copies = log
    with transaction.atomic():
        tampering.locks("off")
        before = _state()
        bend(random.Random(seed), chain)  # noqa: S311 (which way, not whose key)
        assert _state() != before, "the bending bent nothing"
        if bend is not tampering.disable_trigger:
            tampering.locks("on")
        accounts = verification.verify(how.pop("copies", copies), **how)
        transaction.set_rollback(True)
    return accounts


def _state() -> object:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT md5(string_agg(e::text, '' ORDER BY e.id)) FROM audit_event e),"
            " (SELECT md5(string_agg(l::text, '' ORDER BY l.chain, l.position)) FROM audit_link l),"
            " (SELECT string_agg(c::text, '') FROM samlos.audit_chain c), (SELECT shift FROM samlos.clock),"
            " (SELECT count(*) FROM pg_constraint WHERE conname LIKE 'audit%'),"
            " (SELECT string_agg(tgenabled::text, '' ORDER BY tgname) FROM pg_trigger WHERE tgname LIKE 'audit%'),"
            " (SELECT count(*) FROM audit_head)"
        )
        return cursor.fetchone()


def codes(accounts: list[verification.Account]) -> set[str]:
    return {finding.code for account in accounts for finding in account.findings}


@pytest.mark.parametrize("bend", tampering.TWELVE, ids=lambda bend: bend.__name__)
def test_it_is_seen_every_time(log, bend):
    missed = [seed for seed in range(TIMES) if not codes(bent(bend, log, seed=seed))]

    assert missed == []


def test_the_honest_log_is_whole_with_and_without_what_came_after_the_last_head(log):
    chain, copies = log

    accounts = verification.verify(copies)
    assert [(account.chain, account.events, account.heads, account.count) for account in accounts] == [
        (chain, 24, 3, 0)
    ]
    with transaction.atomic():
        tampering.add_event(chain)
        accounts = verification.verify(copies)
        transaction.set_rollback(True)
    assert [(account.events, account.count) for account in accounts] == [(25, 0)]


@pytest.mark.parametrize("bend", [tampering.truncate_tail, tampering.rechain_suffix], ids=lambda bend: bend.__name__)
def test_without_heads_a_cut_tail_and_a_chain_reckoned_anew_pass_for_whole(log, bend):
    found = [codes(bent(bend, log, seed=seed, use_heads=False, copies=None)) for seed in range(TIMES)]

    assert found == [set()] * TIMES, "the heads are what shows it, not the chain"


@pytest.mark.parametrize("bend", [tampering.replace_table, tampering.restore_backup], ids=lambda bend: bend.__name__)
def test_without_the_copies_outside_a_table_put_back_passes_for_whole(log, bend):
    found = [codes(bent(bend, log, seed=seed, copies=None)) for seed in range(TIMES)]

    assert any(not seen for seen in found), "the copies are what shows it, not the table of heads"


def test_a_head_signed_with_another_key_convinces_nobody(log, settings):
    chain, copies = log
    forged = {chain: [head | {"position": head["position"] - 1} for head in copies[chain]]}

    assert "signature" in codes(verification.verify(forged))
    settings.AUDIT_SIGNING_KEY = "A" * 43 + "="
    assert "signature" in codes(verification.verify(copies))


def test_each_bending_is_told_by_what_it_did(log):
    told = {bend.__name__: codes(bent(bend, log, seed=1)) for bend in tampering.TWELVE}

    assert "digest" in told["edit"]
    assert "gap" in told["delete"]
    assert "truncated" in told["truncate_tail"]
    assert "head" in told["rechain_suffix"]
    assert "copy" in told["replace_table"] and "copy" in told["restore_backup"]
    assert told["disable_trigger"] & {"locks", "unchained"}
    assert "counter" in told["reset_sequence"] or "gap" in told["reset_sequence"]
    assert told["set_clock_back"] == {"clock"}


@pytest.mark.parametrize(
    ("bend", "found"),
    [
        (tampering.hide_behind_another, {"twice"}),
        (tampering.swap_places, {"digest"}),
        (tampering.give_to_another_agency, {"missing", "unchained"}),
        (tampering.empty_a_digest, {"digest"}),
        (tampering.empty_a_chain, {"gap", "hidden", "locks", "unchained"}),
        (tampering.drop_an_index, {"locks"}),
    ],
)
def test_what_the_places_of_their_own_invite_to_is_told_for_what_it_is(log, bend, found):
    for seed in range(TIMES // 5):
        told = codes(bent(bend, log, seed=seed, use_heads=False, copies=None))
        assert told - {"clock"} == found, seed


@pytest.mark.parametrize(
    ("what", "found"),
    [("event", {"missing"}), ("link", {"gap", "unchained"}), ("both", {"gap"})],
)
def test_of_what_was_taken_away_nothing_else_is_accused(log, what, found):
    told = bent(lambda _pick, chain: tampering.take_away(chain, 5, what), log, seed=0, use_heads=False, copies=None)

    assert codes(told) == found


def test_a_key_that_is_gone_is_named(log):
    (whole,) = [one for one in bent(tampering.drop_an_index, log, seed=0) if one.count]

    assert [finding.words for finding in whole.findings] == ["Nøkkelen audit_event_pkey i databasen er borte."]


def test_a_changed_digest_accuses_its_own_event_alone(log):
    def change(_pick: random.Random, chain: int) -> None:
        tampering.ask(
            "UPDATE audit_link SET digest = sha256(digest) WHERE chain = %(chain)s AND position = 5", chain=chain
        )

    accounts = bent(change, log, seed=0, use_heads=False, copies=None)

    assert [(one.code, one.position) for account in accounts for one in account.findings] == [("digest", 5)]


def test_a_chain_its_index_does_not_lead_to_is_told(log, monkeypatch):
    chain, _copies = log
    monkeypatch.setattr(verification, "_chains", lambda _cursor, _copies: {chain})

    def begin_another(_pick: random.Random, chain: int) -> None:
        tampering.add_event(chain + 1)

    assert codes(bent(begin_another, log, seed=0)) == {"hidden"}
    assert codes(bent(begin_another, log, seed=0, chains=[chain])) == set(), "who asks of one chain is told of one"


def test_the_events_are_spelled_while_they_are_read_and_never_all_put_aside_to_be_sorted(log, monkeypatch):
    _chain, copies = log
    plans: list[str] = []
    read = verification._events

    def explained(link: Any, of_chain: int) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL random_page_cost = 1000")  # as it thinks of two hundred thousand rows
            cursor.execute(f"EXPLAIN {verification.ROWS}", [of_chain])
            plans.extend(line for (line,) in cursor.fetchall())
        return read(link, of_chain)

    monkeypatch.setattr(verification, "_events", explained)
    with transaction.atomic():
        verification.verify(copies)
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_sort")
            assert cursor.fetchone() == ("on",), (
                "how the rest of the transaction is answered is not the verifier's to say"
            )
        transaction.set_rollback(True)

    assert plans and not [line for line in plans if "Sort" in line or "Hash" in line]


def test_a_row_its_index_does_not_lead_to_is_seen(log, monkeypatch):
    chain, copies = log
    read = verification._events

    with transaction.atomic():
        tampering.add_event(chain)
        monkeypatch.setattr(verification, "_events", lambda link, of_chain: list(read(link, of_chain))[:-1])
        told = codes(verification.verify(copies))
        transaction.set_rollback(True)

    assert told == {"hidden"}
