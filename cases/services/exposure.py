"""The breach question: who could have seen a part of a case between two instants, by what right, and who did (G21).

The access rule is replayed over its dated rows by one database function (cases/sql/exposure.sql), which answers the
agency that leads the case, and the database's owner.
"""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from agencies.actors import ANSWERING_ROLES, Actor
from agencies.decisions import NotNow
from agencies.enums import Part, Role
from agencies.models import Agency, User
from audit.enums import Purpose
from audit.services import record
from cases import policies
from cases.enums import RightReason
from cases.models import Case

WORKING_ROLES = (*ANSWERING_ROLES, Role.CASEWORKER)


@dataclass(frozen=True)
class Stretch:
    """One right of one person: `[valid_from, valid_until)`, both within what was asked."""

    reason: RightReason
    source_type: str
    source_id: uuid.UUID
    received_only: bool
    roles: tuple[str, ...]
    valid_from: dt.datetime
    valid_until: dt.datetime


@dataclass(frozen=True)
class Exposed:
    """One person in one agency: what they could see when, and whether they did.

    `user` is None for people of other agencies, who are numbered: their own agency knows their names. Without
    stretches they read the part and no right we know of lets them: the first to ask about.
    """

    agency: Agency
    number: int
    user: User | None
    roles: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    times_read: int
    first_read: dt.datetime | None
    last_read: dt.datetime | None

    @property
    def without_right(self) -> bool:
        return not self.stretches


def find_case(number: str, *, by: Actor) -> Case | None:
    """The case of that number that the actor's agency leads; None otherwise, whether or not there is one.

    A manager must see it. A privacy officer sees no case, whatever its protection: the answer holds nothing of what the
    case says, and a breach in a protected person's case is the one that must be asked about.
    """
    policies.may_ask_who_could_see(by).enforce()
    led = Case.objects.led_by(by.agency).filter(number=number.strip())
    if not by.has_role(Role.PRIVACY_OFFICER):
        led = led.filter(pk__in=Case.objects.visible_to(by).values("pk"))
    return led.first()


def ask(case: Case, part: Part, since: dt.datetime, until: dt.datetime, *, by: Actor) -> list[Exposed]:
    """Who could have seen `part` of `case` in `[since, until)`, those who did first. The question is logged.

    NotNow when there is nothing between the two instants. What is to come is not asked about: `until` is at most now.
    """
    policies.may_ask_who_could_see(by).enforce()
    until = min(until, by.at)
    if since >= until:
        raise NotNow(_("Velg et tidsrom som begynner før det slutter, og ikke i framtiden."), "empty_span")
    found = replay(case, part, since, until)
    record(
        "exposure.asked",
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=case.pk,
        parts=[part],
        object_type="case",
        object_id=case.pk,
        purpose=Purpose.CONTROL,
    )
    return found


def replay(case: Case, part: Part, since: dt.datetime, until: dt.datetime) -> list[Exposed]:
    """The answer itself, three queries: for the lead on whose behalf the database is asked, or for its owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM samlos.exposure(%s, %s, %s, %s, %s::text[], %s::text[])",
            [
                case.pk,
                part,
                since,
                until,
                [role.value for role in ANSWERING_ROLES],
                [role.value for role in WORKING_ROLES],
            ],
        )
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    agencies = Agency.objects.in_bulk({row["agency_id"] for row in rows})
    users = User.objects.in_bulk({row["user_id"] for row in rows if row["user_id"] is not None})
    people = [
        _exposed(list(group), agencies, users)
        for _key, group in itertools.groupby(rows, key=lambda row: (row["agency_id"], row["person"]))
    ]
    return sorted(people, key=lambda one: (not one.without_right, one.times_read == 0, one.agency.name, one.number))


def _exposed(rows: list[dict[str, Any]], agencies: dict[int, Agency], users: dict[int, User]) -> Exposed:
    first = rows[0]
    stretches = tuple(
        Stretch(
            reason=RightReason(row["reason"]),
            source_type=str(row["source_type"]),
            source_id=row["source_id"],
            received_only=bool(row["received_only"]),
            roles=tuple(row["roles"]),
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
        )
        for row in rows
        if row["reason"] is not None
    )
    return Exposed(
        agency=agencies[first["agency_id"]],
        number=first["person"],
        user=users.get(first["user_id"]),
        roles=_together(row["roles"] for row in rows),
        stretches=stretches,
        times_read=first["times_read"],
        first_read=first["first_read"],
        last_read=first["last_read"],
    )


def _together(lists: Iterable[list[str]]) -> tuple[str, ...]:
    known = {role for roles in lists for role in roles}
    return tuple(role.value for role in Role if role in known)
