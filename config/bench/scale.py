"""Reading, searching and granting among many cases, each beside hand-written SQL that answers the same (access.md).

Everything is measured in one process, in turns, and compared as a ratio: this machine's mood cancels out.
"""

import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import psycopg
from django.contrib.auth.models import Group
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from guardian.shortcuts import get_objects_for_user

from agencies.actors import Actor, actor_for
from agencies.middleware import AGENCY_KEY, DECLARED_KEY
from agencies.models import Agency, Membership, User
from agencies.services import secrecy
from audit import context
from cases.enums import CaseState
from cases.models import Case
from cases.models.case import CaseQuerySet
from cases.models.listing import CaseList
from cases.views import case_list, search
from config.bench.rows import Row
from config.bench.world import FEW, LEAD, SHARES

ROUNDS = 15
# A question is planned anew until it has been prepared and asked five times more.
WARM_PAGES = 8
WARM_GRANTS = 8
LIST_LIMIT, ONE_LIMIT, SEARCH_LIMIT, LOCKS_LIMIT, GRANT_LIMIT, FLAT_LIMIT = 6.0, 5.0, 5.0, 1.2, 2.0, 1.5
COUNT_LIMIT_MS = 3.0
# The dearest question of the list: nothing it walks past is to be forgotten. No limit is set for it but patience.
NOTHING_LIMIT_MS = 2000.0
RARE, COMMON = "sjeldenord", "samtale"

# By hand too, the clock is asked once.
IN_FORCE = "a.valid_from <= (SELECT samlos.now()) AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now()))"
# What each page asks, as somebody would write it by hand who trusts the caller: no policy, no reasons, no models.
SHOWN = "SELECT c.id, c.number, c.state, c.due_at, p.given_name, p.family_name, l.name"
BESIDE = "JOIN cases_person p ON p.case_id = c.id JOIN agencies_agency l ON l.group_id = c.lead_agency_id"
FREE = """c.state <> 'closed' AND p.protection_level IN ('none', 'marked')
       AND NOT EXISTS (SELECT 1 FROM cases_conflict f WHERE f.case_id = c.id AND f.user_id = %(user)s AND f.ended_at IS NULL)"""
FIRST_PAGE = f"""
    ({SHOWN} FROM cases_case c {BESIDE}
      WHERE c.lead_agency_id = %(agency)s AND c.due_at IS NOT NULL AND {FREE}
        AND EXISTS (SELECT 1 FROM cases_caseaccess a WHERE a.case_id = c.id AND a.agency_id = %(agency)s AND {IN_FORCE})
      ORDER BY c.due_at, c.id LIMIT 25)
    UNION ALL
    ({SHOWN} FROM cases_caseaccess a JOIN cases_case c ON c.id = a.case_id {BESIDE}
      WHERE a.agency_id = %(agency)s AND {IN_FORCE} AND (c.lead_agency_id <> %(agency)s OR c.due_at IS NULL) AND {FREE}
      ORDER BY a.activity_at DESC, a.case_id DESC LIMIT 25)
    LIMIT 25
"""  # noqa: S608
ONE_CASE = f"""
    SELECT c.*, p.*, l.*, o.*, v.*, g.* FROM cases_case c JOIN cases_person p ON p.case_id = c.id
      JOIN agencies_agency l ON l.group_id = c.lead_agency_id JOIN agencies_agency o ON o.group_id = c.opened_by_agency_id
      JOIN agencies_programmeversion v ON v.id = c.programme_version_id JOIN agencies_programme g ON g.id = v.programme_id
     WHERE c.id = %(case)s AND p.protection_level IN ('none', 'marked')
       AND EXISTS (SELECT 1 FROM cases_caseaccess a WHERE a.case_id = c.id AND a.agency_id = %(agency)s AND {IN_FORCE})
       AND NOT EXISTS (SELECT 1 FROM cases_conflict f WHERE f.case_id = c.id AND f.user_id = %(user)s AND f.ended_at IS NULL)
"""  # noqa: S608
FOUND_LINES = f"""
    SELECT e.*, c.number, u.name, g.name FROM cases_entry e JOIN cases_case c ON c.id = e.case_id
      JOIN agencies_user u ON u.id = e.author_id JOIN agencies_agency g ON g.group_id = e.author_agency_id
     WHERE e.search @@ websearch_to_tsquery('norwegian', %(words)s)
       AND EXISTS (SELECT 1 FROM cases_caseaccess a WHERE a.case_id = e.case_id AND a.agency_id = %(agency)s
                    AND e.part = ANY(a.parts) AND (a.givers IS NULL OR e.author_agency_id = ANY(a.givers)) AND {IN_FORCE})
     ORDER BY e.occurred_at DESC LIMIT 30
"""  # noqa: S608

CONSENT = """
    INSERT INTO consent_consent (id, case_id, version, recorded_at, form_version, purpose, language, interpreter,
        copy_handed_over, informed_items, collector_name, collector_phone, place, signed_on, valid_from, valid_until_date,
        valid_until, givers, end_reason, revoked_by_whom, revocation_channel, author_agency_id, author_id)
    SELECT %(id)s, %(case)s, 2, samlos.now(), '1', '', 'nb', false, true, '{}', 'Bench', '', '', samlos.now()::date,
           samlos.now(), samlos.now()::date + 30, samlos.now() + interval '30 days', ARRAY[%(lead)s::integer], '', '', '',
           %(lead)s,
           (SELECT min(id) FROM agencies_user)
"""
SCOPES = """
    INSERT INTO consent_consentscope (consent_id, agency_id, part)
    SELECT %(id)s, unnest(%(agencies)s::integer[]), 'housing'
"""
LINES = """
    INSERT INTO cases_caseaccess (case_id, agency_id, parts, received_only, reason, source_type, source_id, line, valid_from,
        valid_until, activity_at)
    SELECT %(case)s, unnest(%(agencies)s::integer[]), '{core,housing}', false, 'consent', 'consent', %(id)s, 0,
           samlos.now(), samlos.now() + interval '30 days', samlos.now()
"""


def in_turns(*works: Callable[[], object], rounds: int = ROUNDS, warm: int = WARM_PAGES) -> list[float]:
    """The median milliseconds of each work, all run to warm up, as a server that has been up for a minute is, and then in
    turns.
    """
    for _ in range(warm):
        for work in works:
            work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for kept, work in zip(times, works, strict=True):
            start = time.perf_counter()
            work()
            kept.append((time.perf_counter() - start) * 1000)
    return [statistics.median(kept) for kept in times]


class Reader:
    """A manager of one of the bench's agencies, and the same questions by hand as the database's owner."""

    def __init__(self, share: str, owner: psycopg.Connection) -> None:
        self.share, self.owner = share, owner
        self.agency = Agency.objects.select_related("municipality").get(slug=(SHARES | LEAD)[share])
        self.user = User.objects.get(
            pk=Membership.objects.filter(agency=self.agency, role="manager").earliest("pk").user_id
        )

    def actor(self) -> Actor:
        found = actor_for(self.user, self.agency)
        if found is None:
            raise RuntimeError("the bench's manager has no membership in force")
        return found

    def by_hand(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        return self.owner.execute(statement, {"agency": self.agency.pk, "user": self.user.pk} | values).fetchall()

    def listed(self, actor: Actor) -> CaseList:
        return CaseList(actor)

    def first_page(self, actor: Actor, rows: int = case_list.PAGE) -> list[dict[str, object]]:
        return case_list.case_rows(actor, self.listed(actor).ids(rows + 1)[:rows], set())

    def client(self) -> Client:
        client = Client()
        client.force_login(self.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        now = time.time()
        session["account_authentication_methods"] = [{"method": "cast", "at": now}]
        session["account_authentication_methods_user"] = str(self.user.pk)
        session[AGENCY_KEY] = self.agency.pk
        session[DECLARED_KEY] = f"{self.agency.pk}:{secrecy.TEXT_VERSION}"
        session.save()
        return client


def measure(cases: int) -> Iterator[Row]:
    """The rows for a database that holds so many cases. Expects Django to speak as the application's role."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for share in (*SHARES, *LEAD):
            reader = Reader(share, owner)
            actor = reader.actor()
            with context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk):
                yield from _list(reader, actor, cases)
                if share in SHARES:
                    yield from _read(reader, actor, cases)
            if share in SHARES:
                yield _with_and_without_locks(reader, cases)
        yield _grant(owner, cases)


def _row(reader: Reader, cases: int, work: str, times: list[float], limit: float, guardian: float | None = None) -> Row:
    ours, hand = times
    return Row(work, ours, limit * hand, cases, reader.share, guardian, ours / hand)


def _list(reader: Reader, actor: Actor, cases: int) -> Iterator[Row]:
    shown = [row["case"].pk for row in reader.first_page(actor)]  # type: ignore[attr-defined]
    by_hand = [case_id for case_id, *_ in reader.by_hand(FIRST_PAGE)]
    if shown != by_hand:
        raise RuntimeError("the first page and the SQL by hand show different cases")
    yield _row(
        reader, cases, "første side av saker",
        in_turns(lambda: reader.first_page(actor), lambda: reader.by_hand(FIRST_PAGE)),
        LIST_LIMIT,
        _guardian(reader, lambda: list(get_objects_for_user(reader.user, "cases.view_case", Case)[: case_list.PAGE])),
    )  # fmt: skip
    (count,) = in_turns(lambda: reader.listed(actor).count(case_list.MOST + 1))
    yield Row("antall saker, høyst 100+", count, COUNT_LIMIT_MS, cases, reader.share)
    closed = CaseList(actor, state=CaseState.CLOSED)
    (nothing,) = in_turns(lambda: closed.ids(case_list.PAGE + 1), rounds=3, warm=1)
    yield Row("siden når filteret ikke slipper noe gjennom", nothing, NOTHING_LIMIT_MS, cases, reader.share)


def _read(reader: Reader, actor: Actor, cases: int) -> Iterator[Row]:
    one, *_rest = reader.listed(actor).ids(1)
    yield _row(
        reader,
        cases,
        "én sak",
        in_turns(lambda: _open(actor, one), lambda: reader.by_hand(ONE_CASE, case=one), rounds=ROUNDS * 3),
        ONE_LIMIT,
        _guardian(reader, lambda: get_objects_for_user(reader.user, "cases.view_case", Case).filter(pk=one).first()),
    )
    for name, words in (("sjeldent", RARE), ("vanlig", COMMON)):
        yield _row(
            reader,
            cases,
            f"søk etter et {name} ord",
            in_turns(lambda: search.found_lines(actor, words), lambda: reader.by_hand(FOUND_LINES, words=words)),  # noqa: B023
            SEARCH_LIMIT,
        )


def _open(actor: Actor, case_id: uuid.UUID) -> Case:
    """As every page of a case gets its case (cases.views.loading)."""
    beside = ("person", "lead_agency", "opened_by_agency", "programme_version__programme")
    return Case.objects.visible_to(actor).select_related(*beside).get(pk=case_id)


def _guardian(reader: Reader, work: Callable[[], object]) -> float:
    """django-guardian's own answer over the same rights, as the owner: it knows nothing of the second lock."""
    with _owners_connection() as there, _through(there):
        reader.user.groups.add(Group.objects.get(pk=reader.agency.pk))
        try:
            (took,) = in_turns(work, rounds=5, warm=1)
        finally:
            reader.user.groups.clear()
    return took


@contextmanager
def _owners_connection() -> Iterator[BaseDatabaseWrapper]:
    """A connection of Django's as the database's owner, whom no policy stops. For the bench alone."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as known:
        about = {"USER": known.info.user, "PASSWORD": known.info.password}
    there = _connection(**about)
    try:
        yield there
    finally:
        there.close()


def _connection(**about: str) -> BaseDatabaseWrapper:
    """A connection like Django's own, but for what is said."""
    made = connections.create_connection("default")
    made.settings_dict = connections["default"].settings_dict | about
    return made


@contextmanager
def _through(there: BaseDatabaseWrapper) -> Iterator[None]:
    """Let everything Django asks meanwhile go through that connection."""
    here = connections["default"]
    connections["default"] = there
    try:
        yield
    finally:
        connections["default"] = here


def flatness(cases: int) -> Iterator[Row]:
    """The first page among all the cases, in turns with one of as many rows in the copy that was made when they were few."""
    many_cases, few_cases = connections["default"], _connection(NAME=FEW)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for share in (*SHARES, *LEAD):
            reader = Reader(share, owner)

            def page(there: BaseDatabaseWrapper, rows: int, reader: Reader = reader) -> int:
                with _through(there):
                    actor = reader.actor()
                    with context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk):
                        return len(reader.first_page(actor, rows))

            rows = page(few_cases, case_list.PAGE)
            ours, at_first = in_turns(lambda: page(many_cases, rows), lambda: page(few_cases, rows))  # noqa: B023
            yield Row(
                "første side, mot den minste databasen",
                ours,
                FLAT_LIMIT * at_first,
                cases,
                share,
                None,
                ours / at_first,
            )
    few_cases.close()


def _with_and_without_locks(reader: Reader, cases: int) -> Row:
    """The page of cases as it is, and with the policies and the filter of who may see what taken away."""
    client = reader.client()

    def page() -> None:
        if client.get("/saker/").status_code != 200:
            raise RuntimeError("the list of cases did not answer")

    def open_house(cases: CaseQuerySet, actor: Actor | None, **_how: bool) -> CaseQuerySet:
        return cases.all()

    with_locks, without = [], []
    with _owners_connection() as open_doors:
        for _ in range(WARM_PAGES + ROUNDS):
            with_locks += in_turns(page, rounds=1, warm=0)
            with _through(open_doors), mock.patch.object(CaseQuerySet, "visible_to", open_house):
                without += in_turns(page, rounds=1, warm=0)
    with_locks, without = with_locks[WARM_PAGES:], without[WARM_PAGES:]
    ours, bare = statistics.median(with_locks), statistics.median(without)
    return Row("siden med saker, med begge låser", ours, LOCKS_LIMIT * bare, cases, reader.share, None, ours / bare)


def _grant(owner: psycopg.Connection, cases: int) -> Row:
    """A consent to six agencies: its rows, and the rights the triggers derive from them, beside the same rows (those of
    the rights too) put in by hand with the triggers off. All of it is rolled back.

    By hand on a connection of its own: switching triggers off makes a connection forget its plans, which no grant does.
    """
    (case_id, lead_id) = owner.execute("SELECT id, lead_agency_id FROM cases_case LIMIT 1").fetchone() or (None, None)
    found = owner.execute("SELECT group_id FROM agencies_agency WHERE slug LIKE 'bench-other-%' ORDER BY slug LIMIT 6")
    about = {"case": case_id, "lead": lead_id, "agencies": [group_id for (group_id,) in found]}
    derived, plain = [], []
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as by_hand:
        for _ in range(WARM_GRANTS + ROUNDS):
            with owner.transaction(force_rollback=True):
                derived.append(_consent_ms(owner, about))
            with by_hand.transaction(force_rollback=True):
                for table in ("consent_consent", "consent_consentscope"):
                    by_hand.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                with by_hand.transaction(force_rollback=True):
                    _consent_ms(by_hand, about, LINES)  # planned again after the switch, as it is below
                plain.append(_consent_ms(by_hand, about, LINES))
    ours, bare = (statistics.median(times[WARM_GRANTS:]) for times in (derived, plain))
    return Row("samtykke til seks tjenester", ours, GRANT_LIMIT * bare, cases, "", None, ours / bare)


def _consent_ms(owner: psycopg.Connection, about: dict[str, object], *also: str) -> float:
    values = {"id": uuid.uuid4()} | about
    start = time.perf_counter()
    for statement in (CONSENT, SCOPES, *also):
        owner.execute(statement, values)
    return (time.perf_counter() - start) * 1000
