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
from collections.abc import Iterator

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
ROUNDS, READERS, TURNS, TURN_SECONDS = 300, 8, 4, 4.0
EVENTS, AGENCIES = 1_000_000, 5

# Chained in one go: the trigger takes a lock and an update for each row, which is right for one request and slow for
# a million. What comes out is the same chain.
FILL = """
    DO $$
    DECLARE
        link samlos.audit_chain;
        next audit_event;
    BEGIN
        FOR link IN SELECT * FROM samlos.audit_chain WHERE chain IN
                (SELECT group_id FROM agencies_agency ORDER BY group_id LIMIT {agencies}) LOOP
            FOR place IN link.position + 1 .. link.position + {each} LOOP
                next.id := gen_random_uuid(); next.at := now(); next.kind := 'case.read'; next.outcome := 'allowed';
                next.user_id := 1 + place % 2000; next.agency_id := link.chain; next.role := 'caseworker';
                next.case_id := gen_random_uuid(); next.case_ids := '{{}}'; next.parts := '{{core,economy,housing}}';
                next.object_type := 'case'; next.object_id := next.case_id::text; next.basis := 'consent';
                next.purpose := 'case_work'; next.request_id := gen_random_uuid();
                next.chain := link.chain; next.position := place; next.previous := link.digest;
                next.digest := samlos.audit_digest(next, link.digest);
                INSERT INTO audit_event SELECT (next).*;
                link.digest := next.digest;
            END LOOP;
            UPDATE samlos.audit_chain SET position = link.position + {each}, digest = link.digest WHERE chain = link.chain;
        END LOOP;
    END $$
"""


def measure() -> Iterator[Row]:
    """The log's rows, in the database Django speaks to as the application; `DATABASE_OWNER_URL` leads to it too."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        reader = Reader("1 %", owner)
        yield _a_read(reader)
        yield _eight_readers(reader, owner)
        _fill(owner)
    yield _verification()


def _a_read(reader: Reader) -> Row:
    """What the row adds to a transaction that reads: medians of the two in turns."""
    actor = reader.actor()
    plain: list[float] = []
    logged: list[float] = []
    for _round in range(ROUNDS):
        for times, is_logged in ((plain, False), (logged, True)):
            before = time.perf_counter()
            with context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk):
                case_id = Case.objects.visible_to(actor).values_list("pk", flat=True).first()
                if is_logged:
                    record(
                        "case.read", user_id=actor.user.pk, agency_id=actor.agency.pk, role=actor.role_codes,
                        case_id=case_id, parts=("core",), basis="consent", purpose="case_work",
                    )  # fmt: skip
            times.append((time.perf_counter() - before) * 1000)
    return Row("loggens rad i et oppslag", statistics.median(logged) - statistics.median(plain), READ_LIMIT_MS)


def _eight_readers(reader: Reader, owner: psycopg.Connection) -> Row:
    """Pages eight people of one agency open at once, with the chain and without it, in turns."""
    answered = {"ENABLE": 0, "DISABLE": 0}
    for turn in range(2 * TURNS):
        state = ("ENABLE", "DISABLE")[turn % 2]
        owner.execute(f"ALTER TABLE audit_event {state} TRIGGER audit_chain")
        answered[state] += _pages_in(TURN_SECONDS, reader)
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")
    slower = answered["DISABLE"] / answered["ENABLE"]
    return Row("åtte samtidige lesere, uten kjede / med", slower, CHAIN_LIMIT, ratio=1 / slower, unit="×")


def _pages_in(seconds: float, reader: Reader) -> int:
    clients = [_client_of(user, reader) for user in _colleagues(reader)]
    counts = [0] * len(clients)
    wrong: list[int] = []
    until = time.monotonic() + seconds

    def read(number: int) -> None:
        while time.monotonic() < until:
            status = clients[number].get(reverse("cases:list")).status_code
            if status != 200:
                wrong.append(status)
                break
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"the list of cases was answered with {wrong}")
    return sum(counts)


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
    owner.execute("DELETE FROM audit_event WHERE chain IS NULL")
    owner.execute(
        "INSERT INTO samlos.audit_chain (chain, position, digest) SELECT group_id, 0, '' FROM agencies_agency"
        " ORDER BY group_id LIMIT %s ON CONFLICT DO NOTHING",
        [AGENCIES],
    )
    owner.execute(FILL.format(agencies=AGENCIES, each=EVENTS // AGENCIES))
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    owner.execute("VACUUM ANALYZE audit_event")


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
