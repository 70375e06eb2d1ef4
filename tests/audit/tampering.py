"""Twelve ways to bend the log, as a database administrator would: the locks off, the algorithm known, counters put right.

What such a person lacks is the signing key and the copies the agencies hold (security.md G8).
"""

import random
import uuid
from collections.abc import Callable

from django.db import connection

Bend = Callable[[random.Random, int], None]

_COLUMNS = "at, kind, outcome, user_id, agency_id, role, case_id, case_ids, parts, object_type, object_id, basis, purpose, request_id"
_COUNTER = """
    UPDATE samlos.audit_chain c SET position = l.position, digest = l.digest
      FROM (SELECT position, digest FROM audit_link WHERE chain = %(chain)s ORDER BY position DESC LIMIT 1) AS l
     WHERE c.chain = %(chain)s
"""
_RECHAIN = """
    DO $$
    DECLARE
        before bytea := coalesce((SELECT digest FROM audit_link WHERE chain = {chain} AND position = {start} - 1), '');
        link audit_link;
        event audit_event;
    BEGIN
        FOR link IN SELECT * FROM audit_link WHERE chain = {chain} AND position >= {start} ORDER BY position LOOP
            SELECT * INTO event FROM audit_event WHERE id = link.event_id;
            UPDATE audit_link SET digest = samlos.audit_digest(event, chain, position, before)
                WHERE chain = link.chain AND position = link.position RETURNING digest INTO before;
        END LOOP;
    END $$
"""
# Events are told apart by their places.
_EVENTS = "IN (SELECT event_id FROM audit_link WHERE chain = %(chain)s AND position"


def ask(statement: str, **values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def one(statement: str, **values: int | str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        answer: int = cursor.fetchone()[0]
    return answer


def locks(state: str) -> None:
    """Switch the log's and the heads' refusals OFF or ON, and leave the chaining alone."""
    word = {"off": "DISABLE", "on": "ENABLE"}[state]
    for table, names in {
        "audit_event": ("audit_refuse_row_change", "audit_refuse_truncate"),
        "audit_link": ("audit_refuse_link_change", "audit_refuse_link_truncate"),
        "audit_head": ("audit_refuse_head_change", "audit_refuse_head_truncate"),
    }.items():
        for name in names:
            ask(f"ALTER TABLE {table} {word} TRIGGER {name}")


def length(chain: int) -> int:
    return one("SELECT count(*) FROM audit_link WHERE chain = %(chain)s", chain=chain)


def add_event(chain: int, *, kind: str = "case.read") -> None:
    """One event as the application would add it, chained at once."""
    ask(
        "INSERT INTO audit_event (id, at, kind, outcome, user_id, agency_id, role, case_id, case_ids, parts, object_type,"
        " object_id, basis, purpose) VALUES (gen_random_uuid(), samlos.now(), %(kind)s, 'allowed', 1 + (random() * 40)::int,"
        " %(chain)s, 'caseworker', gen_random_uuid(), '{}', '{core,health}', 'case', '', 'consent', 'case_work')",
        kind=kind,
        chain=chain,
    )


def shift_by(minutes: int) -> None:
    ask(
        "INSERT INTO samlos.clock (shift) VALUES (make_interval(mins => %(minutes)s))"
        " ON CONFLICT (only_row) DO UPDATE SET shift = excluded.shift",
        minutes=minutes,
    )


# --- the twelve ------------------------------------------------------------------------------------------------------


def edit(pick: random.Random, chain: int) -> None:
    """Another actor, another time, another detail."""
    change = pick.choice(
        [
            "user_id = user_id + 1", "at = at - interval '3 minutes'", "parts = '{core}'", "basis = 'lead'",
            "case_id = gen_random_uuid()", "kind = 'case.listed'", "outcome = 'refused'", "purpose = 'meeting'",
            "role = 'manager'", "request_id = gen_random_uuid()", "object_id = 'x'", "case_ids = array[gen_random_uuid()]",
        ]
    )  # fmt: skip
    ask(
        f"UPDATE audit_event SET {change} WHERE id {_EVENTS} = %(at)s)",  # noqa: S608
        chain=chain,
        at=_place(pick, chain),
    )


def delete(pick: random.Random, chain: int) -> None:
    take_away(chain, _place(pick, chain), pick.choice(["event", "link", "both"]))


def take_away(chain: int, at: int, what: str) -> None:
    """An event, its place in the chain, or both."""
    if what != "link":
        ask(f"DELETE FROM audit_event WHERE id {_EVENTS} = %(at)s)", chain=chain, at=at)  # noqa: S608
    if what != "event":
        ask("DELETE FROM audit_link WHERE chain = %(chain)s AND position = %(at)s", chain=chain, at=at)
    ask(_COUNTER, chain=chain)


def insert(pick: random.Random, chain: int) -> None:
    """Slip one in: those after it move up one place."""
    at, slipped_in = _place(pick, chain), str(uuid.UUID(int=pick.getrandbits(128)))
    _move(chain, at, by=1)
    ask("ALTER TABLE audit_event DISABLE TRIGGER audit_chain")
    ask(
        f"INSERT INTO audit_event (id, {_COLUMNS}) SELECT %(id)s::uuid, {_COLUMNS} FROM audit_event"  # noqa: S608
        f" WHERE id {_EVENTS} = %(after)s)",
        id=slipped_in,
        chain=chain,
        after=at + 1,
    )
    ask("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")
    ask("UPDATE audit_event SET user_id = 7 WHERE id = %(id)s::uuid", id=slipped_in)
    ask(
        "INSERT INTO audit_link SELECT chain, %(at)s, %(id)s::uuid, digest FROM audit_link"
        " WHERE chain = %(chain)s AND position = %(after)s",
        chain=chain,
        at=at,
        id=slipped_in,
        after=at + 1,
    )
    ask(_COUNTER, chain=chain)


def reorder(pick: random.Random, chain: int) -> None:
    """Turn a stretch round, positions put right afterwards."""
    first = pick.randint(1, length(chain) - 3)
    last = pick.randint(first + 2, length(chain))
    ask(
        "UPDATE audit_link SET position = -(%(first)s + %(last)s - position) WHERE chain = %(chain)s"
        " AND position BETWEEN %(first)s AND %(last)s",
        chain=chain,
        first=first,
        last=last,
    )
    ask("UPDATE audit_link SET position = -position WHERE chain = %(chain)s AND position < 0", chain=chain)
    ask(_COUNTER, chain=chain)


def swap(pick: random.Random, chain: int) -> None:
    """Let two events change what they tell, each keeping its place and digests."""
    one_place, other = pick.sample(range(1, length(chain) + 1), 2)
    ask(
        "UPDATE audit_event a SET user_id = b.user_id, case_id = b.case_id, at = b.at FROM audit_event b,"
        " audit_link k, audit_link m WHERE k.chain = %(chain)s AND m.chain = %(chain)s AND a.id = k.event_id"
        " AND b.id = m.event_id AND (k.position, m.position) IN ((%(x)s, %(y)s), (%(y)s, %(x)s))",
        chain=chain,
        x=one_place,
        y=other,
    )


def truncate_tail(pick: random.Random, chain: int) -> None:
    """Cut the end off and put the counter right: the chain that is left is without a fault."""
    _cut(chain, pick.randint(1, length(chain) - 1))
    ask(_COUNTER, chain=chain)


def rechain_suffix(pick: random.Random, chain: int) -> None:
    """Change one event and reckon everything after it anew: again a chain without a fault."""
    start = _place(pick, chain)
    ask(
        f"UPDATE audit_event SET user_id = user_id + 1 WHERE id {_EVENTS} = %(at)s)",  # noqa: S608
        chain=chain,
        at=start,
    )
    ask(_RECHAIN.format(chain=int(chain), start=int(start)))
    ask(_COUNTER, chain=chain)


def replace_table(pick: random.Random, chain: int) -> None:
    """Another log altogether, honestly chained, and the signed heads of the old one thrown away."""
    was = length(chain)
    ask("DELETE FROM audit_event")
    ask("DELETE FROM audit_link")
    ask("DELETE FROM audit_head")
    ask("DELETE FROM samlos.audit_chain")
    for _event in range(was + pick.randint(-3, 5)):
        add_event(chain)


def restore_backup(pick: random.Random, chain: int) -> None:
    """Everything as it was some time ago, the table of heads and the counter included."""
    keep = pick.randint(1, length(chain) - 1)
    _cut(chain, keep)
    ask("DELETE FROM audit_head WHERE chain = %(chain)s AND position > %(keep)s", chain=chain, keep=keep)
    ask(_COUNTER, chain=chain)


def disable_trigger(pick: random.Random, chain: int) -> None:
    """Leave a lock off, or do something while nothing is chained."""
    if pick.random() < 0.5:
        table, name = pick.choice(
            [("audit_event", "audit_refuse_row_change"), ("audit_event", "audit_refuse_truncate"),
             ("audit_link", "audit_refuse_link_change"), ("audit_link", "audit_refuse_link_truncate"),
             ("audit_event", "audit_chain"), ("audit_head", "audit_refuse_head_change")]
        )  # fmt: skip
        locks("on")
        ask(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        return
    ask("ALTER TABLE audit_event DISABLE TRIGGER audit_chain")
    for _event in range(pick.randint(1, 4)):
        add_event(chain)
    ask("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")


def reset_sequence(pick: random.Random, chain: int) -> None:
    """Set the counter elsewhere, ahead so that the next event leaves a gap, or back."""
    if pick.random() < 0.5:
        ask("UPDATE samlos.audit_chain SET position = position + %(by)s", by=pick.randint(1, 9))
        add_event(chain)
    else:
        ask("UPDATE samlos.audit_chain SET position = %(to)s", to=pick.randint(0, length(chain) - 1))


def set_clock_back(pick: random.Random, chain: int) -> None:
    """Put the clock back, so that what is done now seems done then."""
    minutes = one("SELECT extract(epoch FROM shift)::int / 60 FROM samlos.clock")
    shift_by(minutes - pick.randint(6, 5000))
    for _event in range(pick.randint(0, 2)):
        add_event(chain)


TWELVE: list[Bend] = [
    edit, delete, insert, reorder, swap, truncate_tail, rechain_suffix, replace_table, restore_backup, disable_trigger,
    reset_sequence, set_clock_back,
]  # fmt: skip


# --- and what the places of their own invite to ------------------------------------------------------------------------


def hide_behind_another(_pick: random.Random, chain: int) -> None:
    """An event of long ago that has no place, and a second place for the last one, so that there are as many of each."""
    last = length(chain)
    ask("ALTER TABLE audit_event DISABLE TRIGGER audit_chain")
    ask(
        f"INSERT INTO audit_event ({_COLUMNS}) SELECT at - interval '1 year', {_COLUMNS.removeprefix('at, ')}"  # noqa: S608
        f" FROM audit_event WHERE id {_EVENTS} = %(last)s)",
        chain=chain,
        last=last,
    )
    ask("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")
    ask(
        "INSERT INTO audit_link (chain, position, event_id, digest) SELECT l.chain, l.position + 1, l.event_id,"
        " samlos.audit_digest(e, l.chain, l.position + 1, l.digest) FROM audit_link l JOIN audit_event e ON e.id = l.event_id"
        " WHERE l.chain = %(chain)s AND l.position = %(last)s",
        chain=chain,
        last=last,
    )
    ask(_COUNTER, chain=chain)


def swap_places(pick: random.Random, chain: int) -> None:
    """Let two places lead to each other's events."""
    one_place, other = pick.sample(range(1, length(chain) + 1), 2)
    ask(
        "UPDATE audit_link a SET event_id = b.event_id FROM audit_link b WHERE a.chain = %(chain)s AND b.chain = %(chain)s"
        " AND (a.position, b.position) IN ((%(x)s, %(y)s), (%(y)s, %(x)s))",
        chain=chain,
        x=one_place,
        y=other,
    )


def give_to_another_agency(pick: random.Random, chain: int) -> None:
    ask(
        f"UPDATE audit_event SET agency_id = agency_id + 1 WHERE id {_EVENTS} = %(at)s)",  # noqa: S608
        chain=chain,
        at=_place(pick, chain),
    )


def empty_a_digest(pick: random.Random, chain: int) -> None:
    ask("ALTER TABLE audit_link ALTER COLUMN digest DROP NOT NULL")
    ask(
        "UPDATE audit_link SET digest = NULL WHERE chain = %(chain)s AND position = %(at)s",
        chain=chain,
        at=_place(pick, chain),
    )


def empty_a_chain(pick: random.Random, chain: int) -> None:
    """A place in no chain at all."""
    ask("ALTER TABLE audit_link DROP CONSTRAINT audit_link_pkey")
    ask("ALTER TABLE audit_link ALTER COLUMN chain DROP NOT NULL")
    ask(
        "UPDATE audit_link SET chain = NULL WHERE chain = %(chain)s AND position = %(at)s",
        chain=chain,
        at=pick.randint(1, 9),
    )


def drop_an_index(_pick: random.Random, _chain: int) -> None:
    ask("ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey")


def _place(pick: random.Random, chain: int) -> int:
    return pick.randint(1, length(chain))


def _cut(chain: int, keep: int) -> None:
    ask(f"DELETE FROM audit_event WHERE id {_EVENTS} > %(keep)s)", chain=chain, keep=keep)  # noqa: S608
    ask("DELETE FROM audit_link WHERE chain = %(chain)s AND position > %(keep)s", chain=chain, keep=keep)


def _move(chain: int, start: int, *, by: int) -> None:
    ask(
        "UPDATE audit_link SET position = -(position + %(by)s) WHERE chain = %(chain)s AND position >= %(start)s",
        chain=chain,
        start=start,
        by=by,
    )
    ask("UPDATE audit_link SET position = -position WHERE chain = %(chain)s AND position < 0", chain=chain)
