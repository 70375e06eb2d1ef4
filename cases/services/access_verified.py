"""Whether the access table says what its specification says, and the alarm when it does not (access.md)."""

import datetime as dt
import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass, fields

from django.db import connection

from agencies.enums import Role
from agencies.models import Agency, Membership, User
from audit import clock
from audit.context import acting
from audit.services import record
from reminders.services import raise_reminder

log = logging.getLogger(__name__)

ACCESS_DIFFERS = "access_differs"  # a kind of reminder
# Who is told: those who answer for the log and for people and roles. Neither sees the case.
TOLD = (Role.PRIVACY_OFFICER, Role.AGENCY_ADMINISTRATOR)


@dataclass(frozen=True)
class Difference:
    """One line that is `missing` from the table, `unfounded` in the specification, or `changed` in `columns`. Ids only."""

    difference: str
    case_id: uuid.UUID
    agency_id: int
    lead_agency_id: int | None
    reason: str
    source_type: str
    source_id: uuid.UUID
    line: int
    columns: tuple[str, ...]


def differences(cases: Collection[uuid.UUID] | None = None) -> list[Difference]:
    """Every line in which table and specification disagree, in all cases or in these. None when all is well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM samlos.access_differences(%s)", [None if cases is None else list(cases)])
        rows = cursor.fetchall()
    names = [field.name for field in fields(Difference)]
    return [Difference(**dict(zip(names, (*row[:-1], tuple(row[-1])), strict=True))) for row in rows]


def verify() -> list[Difference]:
    """Compare all cases, and raise the alarm when anything differs: a critical line in the log with ids alone, an event
    and a reminder in each agency concerned. Run each night, and by `manage.py access verify`.
    """
    with acting(user_id=None, agency_id=None):
        found = differences()
    for difference in found:
        log.critical(
            "access table differs: %s case=%s agency=%s source=%s:%s line=%s columns=%s",
            difference.difference,
            difference.case_id,
            difference.agency_id,
            difference.source_type,
            difference.source_id,
            difference.line,
            ",".join(difference.columns),
        )
    concerned = {one.agency_id for one in found} | {one.lead_agency_id for one in found if one.lead_agency_id}
    for agency in Agency.objects.filter(pk__in=concerned).order_by("pk"):
        _alarm(agency, {one.case_id for one in found if agency.pk in {one.agency_id, one.lead_agency_id}})
    return found


def _alarm(agency: Agency, case_ids: set[uuid.UUID]) -> None:
    with acting(user_id=None, agency_id=agency.pk):
        record("access.differs", user_id=None, agency_id=agency.pk, case_ids=sorted(case_ids), object_type="case")
        now = clock.now()
        for recipient in _told_in(agency):
            for case_id in sorted(case_ids):
                raise_reminder(
                    ACCESS_DIFFERS,
                    recipient=recipient,
                    agency=agency,
                    subject_id=case_id,
                    occurrence=_night(now),
                    due_at=now,
                )


def _told_in(agency: Agency) -> list[User]:
    members = Membership.objects.in_force().filter(agency=agency, role__in=TOLD, user__is_active=True)
    return list(User.objects.filter(pk__in=members.values("user")).order_by("pk"))


def _night(now: dt.datetime) -> str:
    """Once a day for as long as it lasts."""
    return now.astimezone(clock.local_zone()).date().isoformat()
