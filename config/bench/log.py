"""What the log costs a reader, and how long it takes to reckon a million of its events anew (security.md G7, G8)."""

import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from agencies.models import Membership, User
from audit import context
from audit.services import record
from cases.models import Case
from config.bench.rows import Row
from config.bench.scale import Reader

READ_LIMIT_MS, VERIFY_LIMIT_MS = 1.0, 15_000.0
# With the chain, eight readers of one agency do at least nine tenths of what they do without it.
CHAIN_LIMIT = 1 / 0.9
ROUNDS, READERS, TURNS, TURN_SECONDS = 300, 8, 8, 2.0
EVENTS, AGENCIES = 1_000_000, 5

# Chained in one go: the trigger takes a lock, a row and an update for each event, which is right for one request and slow
# for a million. What comes out are the same chains, their rows among each other's as when many agencies are at work.
FILL = """
    DO $$
    DECLARE
        links samlos.audit_chain[] := ARRAY(SELECT c FROM samlos.audit_chain c WHERE chain IN
            (SELECT group_id FROM agencies_agency ORDER BY group_id LIMIT {agencies}));
        link samlos.audit_chain;
        next audit_event;
    BEGIN
        FOR number IN 1 .. {each} LOOP
            FOR nth IN 1 .. cardinality(links) LOOP
                link := links[nth];
                next.id := uuidv7(); next.at := now(); next.kind := 'case.read'; next.outcome := 'allowed';
                next.user_id := 1 + number % 2000; next.agency_id := link.chain; next.role := 'caseworker';
                next.case_id := gen_random_uuid(); next.case_ids := '{{}}'; next.parts := '{{core,economy,housing}}';
                next.object_type := 'case'; next.object_id := next.case_id::text; next.basis := 'consent';
                next.purpose := 'case_work'; next.request_id := gen_random_uuid();
                link.position := link.position + 1;
                link.digest := samlos.audit_digest(next, link.chain, link.position, link.digest);
                INSERT INTO audit_event SELECT (next).*;
                INSERT INTO audit_link VALUES (link.chain, link.position, next.id, link.digest);
                links[nth] := link;
            END LOOP;
        END LOOP;
        UPDATE samlos.audit_chain c SET position = l.position, digest = l.digest FROM unnest(links) AS l WHERE c.chain = l.chain;
    END $$
"""


def measure() -> Iterator[Row]:
    """The log's rows, in the database Django speaks to as the application; `DATABASE_OWNER_URL` leads to it too."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        reader = Reader("1 %", owner)
        yield from _a_read(reader)
        yield _eight_readers(reader, owner)
        _fill(owner)
    yield _verification()


def _a_read(reader: Reader) -> Iterator[Row]:
    """What the row adds to a transaction that reads, and what a word of anything at all adds to it, since whatever is to
    last must wait for the disk: medians of the three in turns.
    """
    actor = reader.actor()

    def log_it(case_id: uuid.UUID | None) -> None:
        record(
            "case.read", user_id=actor.user.pk, agency_id=actor.agency.pk, role=actor.role_codes, case_id=case_id,
            parts=("core",), basis="consent", purpose="case_work",
        )  # fmt: skip

    def write_a_word(_case_id: uuid.UUID | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_logical_emit_message(true, 'bench', 'x')")

    ways: dict[str, Callable[[uuid.UUID | None], None]] = {
        "plain": lambda _case_id: None, "logged": log_it, "word": write_a_word
    }  # fmt: skip
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _round in range(ROUNDS):
        for way, done in ways.items():
            before = time.perf_counter()
            with context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk):
                done(Case.objects.visible_to(actor).values_list("pk", flat=True).first())
            times[way].append((time.perf_counter() - before) * 1000)
    took = {way: statistics.median(of_way) for way, of_way in times.items()}
    yield Row("loggens rad i et oppslag", took["logged"] - took["plain"], READ_LIMIT_MS)
    yield Row("noe som helst skrevet i et oppslag, til sammenligning", took["word"] - took["plain"], None)


def _eight_readers(reader: Reader, owner: psycopg.Connection) -> Row:
    """Pages eight people of one agency open at once, with the chain and without it, in turns.

    They keep their connections from turn to turn, as the server's threads do: a new one plans everything anew. What the
    switching of the trigger makes them plan again they plan in both.
    """
    pages = {"ENABLE": 0.0, "DISABLE": 0.0}
    clients = [_client_of(user, reader) for user in _colleagues(reader)]
    with ThreadPoolExecutor(max_workers=len(clients)) as threads:
        meet = threading.Barrier(len(clients), timeout=60)
        for turn in range(2 * TURNS + 2):
            state = ("ENABLE", "DISABLE", "DISABLE", "ENABLE")[turn % 4]
            owner.execute(f"ALTER TABLE audit_event {state} TRIGGER audit_chain")
            a_second = sum(threads.map(_pages_a_second, clients, [meet] * len(clients)))
            if turn >= 2:  # the first of each is to warm up
                pages[state] += a_second
        list(threads.map(_leave, [meet] * len(clients)))
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")
    slower = pages["DISABLE"] / pages["ENABLE"]
    return Row("åtte samtidige lesere, uten kjede / med", slower, CHAIN_LIMIT, ratio=1 / slower, unit="×")


def _pages_a_second(client: Client, meet: threading.Barrier) -> float:
    """How often one reader is answered with the list of cases. Begins when all have come, so each is in a thread of its
    own.
    """
    meet.wait()
    count, began = 0, time.monotonic()
    while time.monotonic() < began + TURN_SECONDS:
        status = client.get(reverse("cases:list")).status_code
        if status != 200:
            raise RuntimeError(f"the list of cases was answered with {status}")
        count += 1
    return count / (time.monotonic() - began)


def _leave(meet: threading.Barrier) -> None:
    meet.wait()
    connection.close()


def _colleagues(reader: Reader) -> list[User]:
    """Eight people of the agency: one person has no eight sessions."""
    ids = Membership.objects.filter(agency=reader.agency).order_by("pk").values_list("user", flat=True)[:READERS]
    return list(User.objects.filter(pk__in=list(ids)))


def _client_of(user: User, reader: Reader) -> Client:
    """A browser of that person's, signed in for the reader's agency."""
    its_own = copy.copy(reader)
    its_own.user = user
    return its_own.client()


def _fill(owner: psycopg.Connection) -> None:
    """A million events in five agencies' chains. What was added without a chain above is put aside with them."""
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    owner.execute("DELETE FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_link)")
    owner.execute(
        "INSERT INTO samlos.audit_chain (chain, position, digest) SELECT group_id, 0, '' FROM agencies_agency"
        " ORDER BY group_id LIMIT %s ON CONFLICT DO NOTHING",
        [AGENCIES],
    )
    owner.execute(FILL.format(agencies=AGENCIES, each=EVENTS // AGENCIES))
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    owner.execute("VACUUM ANALYZE audit_event, audit_link")


def _verification() -> Row:
    """`manage.py audit verify` over all of it, with heads signed and copied as they would be."""
    with tempfile.TemporaryDirectory() as heads:
        environment = os.environ | {"AUDIT_HEAD_DIR": heads}
        _manage("seal", environment)
        report = json.loads(_manage("verify", environment, "--json"))
    if not report["whole"] or report["events"] < EVENTS:
        raise RuntimeError(f"the bench's own log is not whole: {report}")
    return Row(
        f"kontroll av {EVENTS:,} hendelser i loggen".replace(",", " "), report["seconds"] * 1000, VERIFY_LIMIT_MS
    )


def _manage(action: str, environment: dict[str, str], *options: str) -> str:
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "manage.py", "audit", action, *options],
        cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    return done.stdout
