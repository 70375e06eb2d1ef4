"""Plays an invented world into PostgreSQL, event by event, as the owner and at the very instants it happened.

Only rows of truth are written. What follows from them is left to the application's own triggers, functions and
querysets, which are what the oracle is held against.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, cast

import psycopg
from psycopg import sql

from audit import clock
from tests.oracle.rule import (
    EPOCH,
    GLASS_LASTS,
    AccountSet,
    AssignmentSet,
    ConflictSet,
    ConsentRecorded,
    ConsentRevoked,
    DisclosureApproved,
    DisclosureEnded,
    DisclosureRecorded,
    Event,
    GlassBroken,
    GlassClosed,
    LeadSet,
    LevelSet,
    MembershipEnded,
    MembershipGiven,
    Written,
)
from tests.oracle.worlds import BEGINNING, TICKS, World

# The world's numbers, moved out of the way of the demonstration's people.
AGENCIES, USERS, MEMBERSHIPS = 900_000, 900_000, 900_000
REGISTRAR, SECOND = USERS - 1, USERS - 2  # who writes things down, and the other of every two persons
ORDER_OF_LEVELS = ("none", "marked", "confidential", "strictly_confidential", "fictitious_id")

GROWING = (
    "cases_case", "cases_caseaccess", "cases_caselead", "cases_concernreport", "cases_entry", "cases_reportinformation",
    "cases_caseuserobjectpermission", "cases_conflict", "cases_person", "consent_consent", "consent_consentscope",
    "consent_disclosure", "consent_breakglass", "agencies_membership", "agencies_user",
)  # fmt: skip


def agency_id(agency: int) -> int:
    return AGENCIES + agency


def user_id(user: int) -> int:
    return USERS + user


@cache
def row_id(kind: str, number: int) -> uuid.UUID:
    """The same id for the same thing of the world, every time."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"world:{kind}:{number}")


def moment(t: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=t)


class Stage:
    """The world as it stands in the database. `play_until(t)` lets everything happen that happens at or before `t`."""

    def __init__(self, owner: psycopg.Connection, world: World) -> None:
        self.owner = owner
        self.world = world
        self.waiting = list(world.events)
        self.states: dict[tuple[object, ...], object] = {}
        self.versions: dict[int, int] = defaultdict(int)
        self.disclosers: dict[int, int] = {}
        self.senders: set[int] = set()
        self.blanks: dict[str, dict[str, object]] = {}

    def play_until(self, t: int) -> None:
        while self.waiting and self.waiting[0].at <= t:
            now = self.waiting[0].at
            happening = []
            while self.waiting and self.waiting[0].at == now:
                happening.append(self.waiting.pop(0))
            with self.owner.transaction():
                self.shift_to(now)
                if not self.states:
                    self._people()
                self._play(happening, moment(now))
            if now in {BEGINNING, TICKS[2], TICKS[8]}:
                # As autovacuum would between days: without knowing the tables' sizes the planner takes minutes.
                self.owner.execute(f"ANALYZE {', '.join(GROWING)}")

    def shift_to(self, t: int, *, seen_from: dt.datetime | None = None) -> None:
        """Make `samlos.now()` exactly `t` in a transaction that began at `seen_from`, or in this one."""
        self.owner.execute(
            """INSERT INTO samlos.clock (shift) VALUES (%s - coalesce(%s, now()))
               ON CONFLICT (only_row) DO UPDATE SET shift = excluded.shift""",
            [moment(t), seen_from],
        )

    # --- who there is

    def _people(self) -> None:
        agencies = [agency_id(agency) for agency in range(1, self.world.agencies + 1)]
        municipality = self._one("SELECT min(id) FROM agencies_municipality")
        self._insert("auth_group", [{"id": number, "name": f"world {number}"} for number in agencies])
        self._insert(
            "agencies_agency",
            [
                {
                    "group_id": number,
                    "municipality_id": municipality,
                    "slug": f"world-{number}",
                    "name": f"Tjeneste {number}",
                    "kind": "other",
                    "standing": "participant",
                    "is_public_body": True,
                    "organisation_number": str(number),
                }
                for number in agencies
            ],
        )
        users = [REGISTRAR, SECOND, *(user_id(user) for user in range(1, self.world.users + 1))]
        self._insert(
            "agencies_user",
            [{"id": n, "email": f"world{n}@example.org", "name": f"Verden {n}", "is_active": n < USERS} for n in users],
        )

    # --- what happens

    def _play(self, happening: list[Event], now: dt.datetime) -> None:
        """Everything of one instant, a statement a table. Of two settings of one thing the later counts, as in the
        oracle: nobody can ask between them.
        """
        said: dict[type, list[Any]] = defaultdict(list)
        for event in happening:
            said[type(event)].append(event)
        for event in said[AccountSet]:
            self._do("UPDATE agencies_user SET is_active = %s WHERE id = %s", event.active, user_id(event.user))
        self._memberships(said[MembershipGiven], said[MembershipEnded], now)
        self._leads(said[LeadSet], now)
        self._levels(said[LevelSet], now)
        self._writings(said[Written], now)
        self._assignments(said[AssignmentSet], now)
        self._conflicts(said[ConflictSet], now)
        self._consents(said[ConsentRecorded], said[ConsentRevoked], now)
        self._disclosures(said[DisclosureRecorded], said[DisclosureApproved], said[DisclosureEnded], now)
        self._glasses(said[GlassBroken], said[GlassClosed], now)

    def _memberships(self, given: list[MembershipGiven], ended: list[MembershipEnded], now: dt.datetime) -> None:
        self._insert(
            "agencies_membership",
            [
                {
                    "id": MEMBERSHIPS + one.membership,
                    "user_id": user_id(one.user),
                    "agency_id": agency_id(one.agency),
                    "role": one.role,
                    "clearance": one.clearance,
                    "valid_from": moment(one.begins),
                    "valid_until": None if one.ends is None else moment(one.ends),
                    "granted_by_id": REGISTRAR,
                }
                for one in given
            ],
        )
        self._do(
            "UPDATE agencies_membership SET valid_until = %s WHERE id = ANY(%s)",
            now,
            [MEMBERSHIPS + one.membership for one in ended],
        )

    def _leads(self, said: list[LeadSet], now: dt.datetime) -> None:
        new: list[tuple[int, int]] = []
        changed: list[tuple[int, int]] = []
        for case, agency in {event.case: event.agency for event in said}.items():
            known = self.states.get(("lead", case))
            if known != agency:
                (changed if known else new).append((case, agency))
            self.states["lead", case] = agency
        programme = self._one("SELECT id FROM agencies_programmeversion ORDER BY id LIMIT 1") if new else None
        self._insert(
            "cases_case",
            [
                {
                    "id": row_id("case", case),
                    "number": f"V-{case}",
                    "programme_version_id": programme,
                    "lead_agency_id": agency_id(agency),
                    "opened_by_agency_id": agency_id(agency),
                    "state": "mapping",
                    "state_since": now,
                    "opened_at": now,
                }
                for case, agency in new
            ],
        )
        self._insert(
            "cases_person",
            [
                {
                    "case_id": row_id("case", case),
                    "given_name": "Ung",
                    "family_name": f"Verden {case}",
                    "sort_key": f"verden {case}",
                    "birth_date": "2009-05-17",
                    "protection_level": "none",
                }
                for case, _agency in new
            ],
        )
        for case, agency in changed:
            self._do("UPDATE cases_case SET lead_agency_id = %s WHERE id = %s", agency_id(agency), row_id("case", case))

    def _levels(self, said: list[LevelSet], now: dt.datetime) -> None:
        """Raised by one; lowered by two, one who asks and one who says yes."""
        for case, level in {event.case: event.level for event in said}.items():
            known = str(self.states.get(("level", case), "none"))
            self.states["level", case] = level
            if known == level:
                continue
            lowered = ORDER_OF_LEVELS.index(level) < ORDER_OF_LEVELS.index(known)
            change = uuid.uuid4()
            self._insert(
                "cases_protectionchange",
                [
                    {
                        "id": change,
                        "case_id": row_id("case", case),
                        "author_agency_id": agency_id(cast("int", self.states["lead", case])),
                        "requested_by_id": REGISTRAR,
                        "from_level": known,
                        "to_level": level,
                        "reason": "verden",
                        "outcome": "requested" if lowered else "raised",
                        "requested_at": now,
                    }
                ],
            )
            if lowered:
                self._act_as(SECOND)
                self._do(
                    "UPDATE cases_protectionchange SET outcome = 'approved', decided_by_id = %s, decided_at = %s WHERE id = %s",
                    SECOND, now, change,
                )  # fmt: skip
            self._do("UPDATE cases_person SET protection_level = %s WHERE case_id = %s", level, row_id("case", case))

    def _writings(self, written: list[Written], now: dt.datetime) -> None:
        self._reports({one.case: one for one in written if one.sent}, now)
        common = {
            one.content: {
                "id": row_id("content", one.content),
                "case_id": row_id("case", one.case),
                "author_agency_id": agency_id(one.author),
                "author_id": REGISTRAR,
                "part": one.part,
                "created_at": now,
                "text": f"innhold-{one.content}-her",
            }
            for one in written
        }
        self._insert(
            "cases_reportinformation",
            [
                {**common[one.content], "report_id": row_id("report", one.case), "verified": True}
                for one in written
                if one.sent
            ],
        )
        self._insert(
            "cases_entry",
            [{**common[one.content], "kind": "note", "occurred_at": now} for one in written if not one.sent],
        )

    def _reports(self, firsts: dict[int, Written], now: dt.datetime) -> None:
        """The report that sent content came with: one a case, of its sender."""
        new = [one for case, one in firsts.items() if case not in self.senders]
        self.senders |= {one.case for one in new}
        self._insert(
            "cases_reportreceipt",
            [
                {
                    "id": row_id("receipt", one.case),
                    "agency_id": agency_id(one.author),
                    "sender_reference": f"verden {one.case}",
                    "state": "forwarded",
                    "submitted_at": now,
                }
                for one in new
            ],
        )
        self._insert(
            "cases_concernreport",
            [
                {
                    "id": row_id("report", one.case),
                    "receipt_id": row_id("receipt", one.case),
                    "case_id": row_id("case", one.case),
                    "author_agency_id": agency_id(one.author),
                    "author_id": REGISTRAR,
                    "part": "crime",
                    "created_at": now,
                    "label": f"M-V-{one.case}",
                    "sender_reference": f"verden {one.case}",
                    "legal_basis": "prl-27-1",
                }
                for one in new
            ],
        )

    def _assignments(self, said: list[AssignmentSet], now: dt.datetime) -> None:
        permission = self._one("SELECT id FROM auth_permission WHERE codename = 'work_on_case'") if said else None
        given = []
        for (case, user, agency), assigned in {(e.case, e.user, e.agency): e.given for e in said}.items():
            if self.states.get(("assigned", case, user, agency), False) == assigned:
                continue
            self.states["assigned", case, user, agency] = assigned
            if assigned:
                given.append(
                    {
                        "content_object_id": row_id("case", case),
                        "user_id": user_id(user),
                        "agency_id": agency_id(agency),
                        "permission_id": permission,
                        "assigned_by_id": REGISTRAR,
                        "assigned_at": now,
                    }
                )
            else:
                self._do(
                    "DELETE FROM cases_caseuserobjectpermission WHERE content_object_id = %s AND user_id = %s AND agency_id = %s",
                    row_id("case", case), user_id(user), agency_id(agency),
                )  # fmt: skip
        self._insert("cases_caseuserobjectpermission", given)

    def _conflicts(self, said: list[ConflictSet], now: dt.datetime) -> None:
        """Declared for oneself; ended by another, with a reason."""
        for (case, user), declared in {(event.case, event.user): event.declared for event in said}.items():
            if self.states.get(("conflict", case, user), False) == declared:
                continue
            self.states["conflict", case, user] = declared
            if declared:
                row = {"id": uuid.uuid4(), "case_id": row_id("case", case), "user_id": user_id(user)}
                self._insert("cases_conflict", [{**row, "declared_by_id": user_id(user), "declared_at": now}])
            else:
                self._act_as(SECOND)
                self._do(
                    """UPDATE cases_conflict SET ended_at = %s, ended_by_id = %s, end_reason = 'verden'
                        WHERE case_id = %s AND user_id = %s AND ended_at IS NULL""",
                    now, SECOND, row_id("case", case), user_id(user),
                )  # fmt: skip

    def _consents(self, recorded: list[ConsentRecorded], revoked: list[ConsentRevoked], now: dt.datetime) -> None:
        self._do(
            "UPDATE consent_consent SET ended_at = %s, end_reason = 'revoked' WHERE id = ANY(%s)",
            now,
            [row_id("consent", one.consent) for one in revoked],
        )
        rows = []
        for one in recorded:
            self.versions[one.case] += 1
            rows.append(
                {
                    "id": row_id("consent", one.consent),
                    "case_id": row_id("case", one.case),
                    "version": self.versions[one.case],
                    "author_agency_id": agency_id(cast("int", self.states["lead", one.case])),
                    "author_id": REGISTRAR,
                    "recorded_at": now,
                    "informed_items": [],
                    "signed_on": now.date(),
                    "valid_from": moment(one.begins),
                    "valid_until_date": one.last_day,
                    "valid_until": clock.end_of(one.last_day),
                    "givers": sorted(map(agency_id, one.givers)),
                }
            )
        self._insert("consent_consent", rows)
        self._insert(
            "consent_consentscope",
            [
                {"consent_id": row_id("consent", one.consent), "agency_id": agency_id(agency), "part": part}
                for one in recorded
                for agency, part in sorted(one.boxes)
            ],
        )

    def _disclosures(
        self,
        recorded: list[DisclosureRecorded],
        approved: list[DisclosureApproved],
        ended: list[DisclosureEnded],
        now: dt.datetime,
    ) -> None:
        self._insert(
            "consent_disclosure",
            [
                {
                    "id": row_id("disclosure", one.disclosure),
                    "case_id": row_id("case", one.case),
                    "author_agency_id": agency_id(one.giver),
                    "author_id": REGISTRAR,
                    "recipient_id": agency_id(one.recipient),
                    "parts": sorted(one.parts),
                    "includes_report": one.hands_on_report,
                    "subject_informed": True,
                    "despite_objection": "verden" if one.needs_approval else "",
                    "recorded_at": now,
                    "valid_from": moment(one.begins),
                    "valid_until_date": one.last_day,
                    "valid_until": clock.end_of(one.last_day),
                }
                for one in recorded
            ],
        )
        self.disclosers |= {one.disclosure: one.giver for one in recorded}
        for one in approved:
            self._act_as(SECOND, self.disclosers[one.disclosure])
            self._do(
                "UPDATE consent_disclosure SET approved_at = %s, approved_by_id = %s WHERE id = %s",
                now, SECOND, row_id("disclosure", one.disclosure),
            )  # fmt: skip
        self._do(
            "UPDATE consent_disclosure SET ended_at = %s WHERE id = ANY(%s)",
            now,
            [row_id("disclosure", one.disclosure) for one in ended],
        )

    def _glasses(self, broken: list[GlassBroken], closed: list[GlassClosed], now: dt.datetime) -> None:
        self._insert(
            "consent_breakglass",
            [
                {
                    "id": row_id("glass", one.glass),
                    "case_id": row_id("case", one.case),
                    "user_id": user_id(one.user),
                    "agency_id": agency_id(one.agency),
                    "outcome": "opened",
                    "parts": sorted(one.parts),
                    "valid_from": now,
                    "valid_until": moment(one.at + GLASS_LASTS),
                }
                for one in broken
            ],
        )
        self._do(
            "UPDATE consent_breakglass SET ended_at = %s WHERE id = ANY(%s)",
            now,
            [row_id("glass", one.glass) for one in closed],
        )

    # --- how it is written

    def _act_as(self, user: int, agency: int | None = None) -> None:
        self._do(
            "SELECT set_config('samlos.user_id', %s, true), set_config('samlos.agency_id', %s, true)",
            str(user),
            "" if agency is None else str(agency_id(agency)),
        )

    def _do(self, statement: str, *values: object) -> None:
        self.owner.execute(statement, values)

    def _one(self, statement: str) -> object:
        row = self.owner.execute(statement).fetchone()
        assert row is not None
        return row[0]

    def _insert(self, table: str, rows: Iterable[dict[str, object]]) -> None:
        """All rows in one statement, as an administrator's bulk load would. What a column needs and a world does not
        speak of is blank.
        """
        rows = list(rows)
        if not rows:
            return
        if table not in self.blanks:
            self.blanks[table] = dict(
                self.owner.execute(
                    """SELECT column_name, CASE data_type WHEN 'boolean' THEN 'false'::jsonb ELSE '""'::jsonb END
                         FROM information_schema.columns
                        WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
                          AND data_type IN ('boolean', 'text', 'character varying')""",
                    [table],
                ).fetchall()
            )
        full = [{**self.blanks[table], **row} for row in rows]
        columns = sql.SQL(", ").join(map(sql.Identifier, full[0]))
        self.owner.execute(
            sql.SQL(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)"
            ).format(table=sql.Identifier(table), columns=columns),
            [json.dumps(full, default=str)],
        )
