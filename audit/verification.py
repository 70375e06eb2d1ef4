"""Is the log what it was? Reckoned anew from the rows, by code that shares nothing with what wrote them (G8).

The chain shows changed, removed and slipped-in rows; the signed heads show a cut tail and a chain reckoned anew; the
copies outside show heads that were removed or a whole table put back. Whoever holds only a copy can run the same.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import pairwise
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _
from psycopg import sql

from audit import signing
from audit.heads import INTERVAL, document, message
from audit.models import Head

# An event bears the instant its transaction began and its place is given when it ends: so far may two be out of order.
TOLERANCE = dt.timedelta(minutes=5)
# How long a head may be on its way to the store it is copied to.
ON_ITS_WAY = 2 * INTERVAL
MOST_FINDINGS = 25
# How many chains are read side by side.
AT_ONCE = 2

# Each place of a chain, and the text of its event as it was hashed: none where the event is gone, or another agency's.
# PostgreSQL only spells it; what is believed is reckoned in `_read_chain`. Columns that must not be empty may have been made so.
ROWS = """
    SELECT coalesce(l.position, 0), coalesce(l.digest, ''), coalesce(extract(epoch FROM e.at)::float8, 0),
           CASE WHEN e.id IS NOT NULL THEN
               convert_to(json_build_array(e.id, extract(epoch FROM e.at), e.kind, e.outcome, e.user_id, e.agency_id,
                   e.role, e.case_id, to_jsonb(e.case_ids), to_jsonb(e.parts), e.object_type, e.object_id, e.basis,
                   e.purpose, e.request_id, l.chain, l.position)::text, 'UTF8') END
      FROM audit_link l LEFT JOIN audit_event e ON e.id = l.event_id AND coalesce(e.agency_id, 0) = l.chain
     WHERE l.chain = %s ORDER BY l.position
"""
_TYPES = ("int8", "bytea", "float8", "bytea")
_HEADS = (
    "SELECT chain, number, position, count, digest, at, key, signature FROM audit_head WHERE chain = %s ORDER BY number"
)
# The chain is read along indexes, which whoever bends the log could bend too: these are counted without any.
_COUNTED = """
    SELECT chain, sum(links)::bigint, sum(events)::bigint
      FROM (SELECT chain, count(*) AS links, 0 AS events FROM audit_link GROUP BY chain
            UNION ALL
            SELECT coalesce(agency_id, 0), 0, count(*) FROM audit_event GROUP BY 1) AS counted
     GROUP BY chain
"""
_TOO_MANY = "SELECT count(event_id) - count(DISTINCT event_id) FROM audit_link"
_INDEXES = """
    SELECT t.wanted || '_pkey' FROM unnest(%s::text[]) AS t (wanted)
     WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass(t.wanted || '_pkey') AND i.indisprimary
                          AND i.indisvalid AND i.indrelid = t.wanted::regclass)
"""
KEYED = ["audit_event", "audit_link"]
_LOCKS = """
    SELECT t.wanted FROM unnest(%s::text[]) AS t (wanted)
     WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgname = t.wanted AND g.tgenabled IN ('O', 'A')
                          AND g.tgrelid IN ('audit_event'::regclass, 'audit_link'::regclass,
                                            'audit_head'::regclass))
"""
TRIGGERS = [
    "audit_chain", "audit_refuse_row_change", "audit_refuse_truncate", "audit_refuse_link_change",
    "audit_refuse_link_truncate", "audit_refuse_head_change", "audit_refuse_head_truncate",
]  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written. `code` is for machines; `position` is the event's, 0 for none."""

    code: str
    words: str
    position: int = 0


@dataclass
class Account:
    """What one chain was found to be. `findings` holds the first ones; `count` says how many there were."""

    chain: int
    events: int = 0
    heads: int = 0
    copies: int = 0
    findings: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, code: str, words: str, position: int = 0) -> None:
        self.count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code, words, position))

    @property
    def is_whole(self) -> bool:
        return not self.count


def verify(
    copies: Mapping[int, list[dict[str, Any]]] | None, *, chains: Collection[int] | None = None, use_heads: bool = True
) -> list[Account]:
    """An account of every chain, or of `chains`. Asked as the database's owner, who sees them all; as the application,
    of the chain of whoever asks.

    `copies` are the heads kept outside, by chain, read BEFORE this is called (a head may be added meanwhile); None where
    none are kept. Everything is read in one snapshot. `use_heads=False` believes the chain alone: what it then misses
    is what the heads are for. The account of what belongs to no chain (-1) is of all there are, whichever were asked of.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        wanted = sorted(_chains(cursor, copies or {}) if chains is None else set(chains))
        cursor.execute(_INDEXES, [KEYED])
        lost = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT samlos.now()")
        (now,) = cursor.fetchone()
        read = partial(_verify_chain, now=now, copies=copies, use_heads=use_heads, by_index=not lost)
        main = connections[DEFAULT_DB_ALIAS]
        if is_outermost and len(wanted) > 1:
            accounts = _side_by_side(main, read, wanted)
        else:
            accounts = [read(main, chain) for chain in wanted]
        whole = _around(cursor, accounts, lost, are_all=chains is None)
    return [*accounts, whole] if whole.count else accounts


def _side_by_side(
    main: BaseDatabaseWrapper, read: Callable[[BaseDatabaseWrapper, int], Account], chains: Iterable[int]
) -> list[Account]:
    """`read` of each chain, two at a time: most of the work is PostgreSQL's, and it does that on one processor a connection.
    Each is asked on a connection of its own, which sees what `main` sees in its transaction.
    """
    with main.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (seen,) = cursor.fetchone()

    def on_its_own(chain: int) -> Account:
        beside = main.copy()
        try:
            with beside.cursor() as cursor:
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # Whoever waits for `main` to let go of a table would else hold up this, which `main` waits for.
                cursor.execute("SET LOCAL lock_timeout = '10s'")
                cursor.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(seen))
            return read(beside, chain)
        finally:
            beside.close()

    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        return list(threads.map(on_its_own, chains))


def _verify_chain(
    asked_on: BaseDatabaseWrapper,
    chain: int,
    *,
    now: dt.datetime,
    copies: Mapping[int, list[dict[str, Any]]] | None,
    use_heads: bool,
    by_index: bool,
) -> Account:
    account = Account(chain)
    with asked_on.cursor() as cursor:
        kept = _heads_of(cursor, chain) if use_heads else []
        outside = (copies or {}).get(chain, []) if use_heads else []
        marks = _trusted(account, kept, outside, now, outside_wanted=copies is not None)
        # By their indexes, where they are there, the rows are spelled while those before them are reckoned; left to itself
        # PostgreSQL puts all of them together first, and aside on disk.
        with _without(cursor, *(["sort", "hashjoin", "mergejoin"] if by_index else [])):
            _read_chain(account, _events(asked_on, chain), marks, now)
        if use_heads:
            _compare_counter(cursor, account, chain)
    return account


def _read_chain(
    account: Account,
    events: Iterable[tuple[int, bytes, float, bytes | None]],
    marks: list[dict[str, Any]],
    now: dt.datetime,
) -> None:
    """Walk the events once, and hold each head against the event it was signed over."""
    expected, before, was_right, latest = 1, b"", b"", float("-inf")
    heads = sorted(marks, key=lambda head: (head["position"], head["number"]))
    signed_at, at_mark = float("-inf"), 0
    tolerance = TOLERANCE.total_seconds()
    for position, digest, at, text in events:
        if position != expected:
            account.add("gap", _("Det mangler hendelser foran nummer %d.") % position, position)
        if text is None:
            account.add("missing", _("Hendelse %d er borte.") % position, position)
            right, at = digest, latest
        else:
            right = sha256(before + text).digest()
            # Behind a gap nothing can be said of it; behind one that was changed, it may follow what stood there before.
            if digest != right and position == expected and digest != sha256(was_right + text).digest():
                account.add("digest", _("Hendelse %d er endret.") % position, position)
        if at < max(latest, signed_at) - tolerance:
            account.add("clock", _("Klokka er stilt tilbake ved hendelse %d.") % position, position)
        while at_mark < len(heads) and heads[at_mark]["position"] <= position:
            head = heads[at_mark]
            if head["position"] != position or head["digest"] != digest.hex() or head["count"] != account.events + 1:
                account.add("head", _("Hendelse %d er ikke den som ble signert.") % head["position"], head["position"])
            signed_at = max(signed_at, _instant(head).timestamp())
            at_mark += 1
        latest = max(latest, at)
        expected, before, was_right = position + 1, digest, right
        account.events += 1
    for head in heads[at_mark:]:
        account.add("truncated", _("Loggen er kortere enn da hendelse %d ble signert.") % head["position"])
    if max(latest, signed_at, *(_instant(head).timestamp() for head in heads)) > now.timestamp() + tolerance:
        account.add("clock", _("Klokka er stilt tilbake etter siste hendelse."))


def _events(asked_on: BaseDatabaseWrapper, chain: int) -> Iterator[tuple[int, bytes, float, bytes | None]]:
    """The rows in their order, as they come: never more than a few in memory however many there are.

    Copied out instead of fetched: PostgreSQL then goes on with the next rows meanwhile.
    """
    copied = f"COPY ({ROWS}) TO STDOUT (FORMAT BINARY)"
    with asked_on.connection.cursor() as cursor, cursor.copy(copied, [chain]) as rows:
        rows.set_types(_TYPES)
        yield from rows.rows()


def _trusted(
    account: Account,
    kept: list[dict[str, Any]],
    outside: list[dict[str, Any]],
    now: dt.datetime,
    *,
    outside_wanted: bool,
) -> list[dict[str, Any]]:
    """The heads whose signature is good, from the table and from outside; what is wrong with the others is told."""
    account.heads, account.copies = len(kept), len(outside)
    good: dict[bytes, dict[str, Any]] = {}
    for head in [*kept, *outside]:
        claimed = {name: value for name, value in head.items() if name != "signature"}
        if signing.is_signed(message(claimed), key=str(head.get("key")), signature=_signature(head)):
            good[message(claimed)] = head
        else:
            account.add("signature", _("Signaturen på punkt %s er ikke vår.") % head.get("number"))
    for number, head in enumerate(kept, start=1):
        if head["number"] != number:
            account.add("heads", _("Det mangler signerte punkter foran nummer %d.") % head["number"])
            break
    of_table = {_text(head) for head in kept}
    copied = {_text(head) for head in outside}
    for head in outside:
        if _text(head) not in of_table:
            account.add("copy", _("Kopien av signert punkt %s stemmer ikke med databasen.") % head.get("number"))
    if outside_wanted:
        for head in kept:
            if _text(head) not in copied and now - _instant(head) > ON_ITS_WAY:
                account.add("not_copied", _("Signert punkt %d er ikke kopiert ut.") % head["number"])
    found = sorted(good.values(), key=lambda head: head["number"])
    for earlier, later in pairwise(found):
        if _instant(later) < _instant(earlier) - TOLERANCE or later["position"] < earlier["position"]:
            account.add("clock", _("Signert punkt %d er eldre enn det foran.") % later["number"])
    return found


def _compare_counter(cursor: Any, account: Account, chain: int) -> None:
    """The counter the next event continues from must stand where the last event stands. Only the owner may look."""
    cursor.execute("SELECT has_table_privilege('samlos.audit_chain', 'SELECT')")
    if not cursor.fetchone()[0]:
        return
    cursor.execute(
        "SELECT c.position, c.digest, l.position, l.digest FROM (SELECT 1) AS one"
        " LEFT JOIN samlos.audit_chain c ON c.chain = %(chain)s LEFT JOIN LATERAL (SELECT position, digest"
        " FROM audit_link WHERE chain = %(chain)s ORDER BY position DESC LIMIT 1) AS l ON true",
        {"chain": chain},
    )
    counter, counted, last, digest = cursor.fetchone()
    if (counter, counted) != (last, digest):
        account.add("counter", _("Telleren for neste hendelse står ikke der loggen slutter."), counter or 0)


def _around(cursor: Any, accounts: list[Account], lost: list[str], *, are_all: bool) -> Account:
    """What belongs to no chain: events that were never chained or were twice, and locks that are off. Rows of a chain that
    its index did not lead to, whoever saw to that, are told in the chain's own account.
    """
    account = Account(-1)
    counted, too_many = _counted(cursor)
    if loose := sum(max(0, events - links) for links, events in counted.values()):
        account.add("unchained", _("%d hendelser står utenfor kjeden.") % loose)
    if too_many:
        account.add("twice", _("%d plasser i kjeden er gitt til hendelser som har én fra før.") % too_many)
    read = {of_chain.chain: of_chain for of_chain in accounts}
    for chain, (links, _events_there) in counted.items():
        if chain not in read and links and are_all:
            account.add(
                "hidden", _("Kjede %(chain)s med %(table)d plasser ble ikke funnet.") % {"chain": chain, "table": links}
            )
    for of_chain in accounts:
        links, _events_there = counted.get(of_chain.chain, (0, 0))
        if links != of_chain.events:
            words = _("Tabellen har %(table)d plasser i kjeden, men %(read)d ble funnet i rekkefølgen.")
            of_chain.add("hidden", words % {"table": links, "read": of_chain.events})
    cursor.execute(_LOCKS, [TRIGGERS])
    for (name,) in cursor.fetchall():
        account.add("locks", _("Sperren %s i databasen er slått av.") % name)
    for name in lost:
        account.add("locks", _("Nøkkelen %s i databasen er borte.") % name)
    return account


def _counted(cursor: Any) -> tuple[dict[int | None, tuple[int, int]], int]:
    """By chain how many places and how many events there are; and how many places there are beyond one an event."""
    with _without(cursor, "indexscan", "indexonlyscan", "bitmapscan"):
        cursor.execute(_COUNTED)
        counted = {chain: (links, events) for chain, links, events in cursor.fetchall()}
        cursor.execute("SET LOCAL work_mem = '64MB'")  # what a million ids are sorted in
        cursor.execute(_TOO_MANY)
        (too_many,) = cursor.fetchone()
        cursor.execute("SET LOCAL work_mem = DEFAULT")
    return counted, too_many


@contextmanager
def _without(cursor: Any, *ways: str) -> Iterator[None]:
    """Let PostgreSQL answer in other ways than these, where there are any."""
    for way in ways:
        cursor.execute(f"SET LOCAL enable_{way} = off")
    yield
    for way in ways:
        cursor.execute(f"SET LOCAL enable_{way} = DEFAULT")


def _chains(cursor: Any, copies: Mapping[int, object]) -> set[int]:
    cursor.execute("SELECT DISTINCT chain FROM audit_link UNION SELECT DISTINCT chain FROM audit_head")
    return {chain for (chain,) in cursor.fetchall() if chain is not None} | set(copies)


def _heads_of(cursor: Any, chain: int) -> list[dict[str, Any]]:
    cursor.execute(_HEADS, [chain])
    names = ("chain", "number", "position", "count", "digest", "at", "key", "signature")
    return [document(Head(**dict(zip(names, row, strict=True)))) for row in cursor.fetchall()]


def _text(head: Mapping[str, Any]) -> str:
    return json.dumps(head, sort_keys=True)


def _instant(head: Mapping[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(head["at"])


def _signature(head: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(head.get("signature")), validate=True)
    except (binascii.Error, ValueError):
        return b""
