"""Making the weekly report of who can see what: one an agency and week, once, for its privacy officers.

A folder whose readers nobody looks at stays open for years (security.md, Karmøy): so the agency is told each week who can
see its cases, on what grounds, and what has changed. What is stored is ids, codes, dates and numbers by protection level.
How many cases a colleague sees is asked of `visible_to` itself, in that colleague's own database context: there is no
second rule. `access_report_read` draws it for a reader.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from agencies.actors import actor_for
from agencies.enums import GrantOutcome, Role
from agencies.models import Agency, GrantRequest, Membership, User
from agencies.models.people import MembershipQuerySet
from audit import clock
from audit.context import acting
from audit.services import record
from cases import registers
from cases.models import AccessReport, Case, CaseUserObjectPermission, LookUpReview
from cases.services import log_review
from reminders.services import raise_reminder

READY = "access_report_ready"  # a kind of reminder
WEEK = dt.timedelta(days=7)
# So many cases can be read one by one; of more there is only the number.
FEW = 20

Content = dict[str, Any]
Figures = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Span:
    """The week a report tells of, `[since, until)` in the municipality's zone, from its Monday."""

    monday: dt.date

    @property
    def since(self) -> dt.datetime:
        return clock.start_of(self.monday)

    @property
    def until(self) -> dt.datetime:
        return clock.start_of(self.monday + WEEK)


def last_week() -> Span:
    """The week that was over last."""
    today = clock.today()
    return Span(today - dt.timedelta(days=today.weekday()) - WEEK)


def make(*, agency: Agency) -> AccessReport | None:
    """Make last week's report and tell the agency's privacy officers; None when it is made already.

    Must run on the agency's behalf and nobody's in particular. May run any number of times, also twice at once: the
    database keeps one report an agency and week, and whoever comes second tells nobody.
    """
    span = last_week()
    if AccessReport.objects.filter(agency=agency, monday=span.monday).exists():
        return None
    now = clock.now()
    report, is_new = AccessReport.objects.get_or_create(
        agency=agency, monday=span.monday, defaults={"made_at": now, "content": _content(agency, span, now)}
    )
    if not is_new:
        return None
    record("access.report_made", user_id=None, agency_id=agency.pk, object_type="access_report", object_id=report.pk)
    for officer in officers_of(agency):
        raise_reminder(
            READY, recipient=officer, agency=agency, subject_id=report.pk, occurrence=report.code, due_at=now
        )
    return report


def officers_of(agency: Agency) -> list[User]:
    """The people who read the agency's reports now."""
    members = Membership.objects.in_force().filter(agency=agency, role=Role.PRIVACY_OFFICER)
    return list(User.objects.filter(pk__in=members.values("user"), is_active=True, is_machine=False).order_by("pk"))


def forget_old(*, agency: Agency) -> int:
    """A sweep: reports older than two years go. How old is the database's to say; the application cannot remove any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.forget_access_reports()")
    return 0


# --- what it holds -------------------------------------------------------------------------------------------------------


def _content(agency: Agency, span: Span, now: dt.datetime) -> Content:
    return {
        "rights": _rights(span, now),
        "colleagues": _colleagues(agency),
        "began": _memberships(_of(agency).filter(valid_from__gte=span.since, valid_from__lt=span.until)),
        "ended": _memberships(_of(agency).filter(valid_until__gte=span.since, valid_until__lt=span.until)),
        "figures": _figures(agency, span),
    }


def _rights(span: Span, now: dt.datetime) -> list[Content]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT what, agency_id, reason, level, first_end, last_end, cases, case_ids"
            " FROM samlos.access_report_rights(%s, %s, %s, %s)",
            [span.since, span.until, now + WEEK, FEW],
        )
        return [
            {
                "what": what,
                "agency": agency_id,
                "reason": reason,
                "level": level,
                "first_end": _instant(first_end),
                "last_end": _instant(last_end),
                "count": count,
                "cases": [str(pk) for pk in case_ids or ()],
            }
            for what, agency_id, reason, level, first_end, last_end, count, case_ids in cursor.fetchall()
        ]


def _colleagues(agency: Agency) -> list[Content]:
    """Everybody with a membership in force and an open account: the machine accounts too, which see what they may."""
    in_force = _of(agency).in_force().filter(user__is_active=True)
    by_user: dict[int, list[Membership]] = {}
    for membership in in_force.order_by("user__name", "user", "valid_from", "pk"):
        by_user.setdefault(membership.user_id, []).append(membership)
    return [_colleague(memberships[0].user, agency, memberships) for memberships in by_user.values()]


def _colleague(user: User, agency: Agency, memberships: list[Membership]) -> Content:
    seen: dict[str, int] = {}
    assigned: dict[str, int] = {}
    with acting(user_id=user.pk, agency_id=agency.pk):
        actor = actor_for(user, agency)
        if actor is not None:
            level = "person__protection_level"
            visible = Case.objects.visible_to(actor).order_by()
            seen = dict(visible.values_list(level).annotate(Count("pk")))
            level = "content_object__person__protection_level"
            given = CaseUserObjectPermission.of(actor).order_by()
            assigned = dict(given.values_list(level).annotate(Count("pk")))
    return {
        "user": user.pk,
        "is_machine": user.is_machine,
        "signed_in_at": _instant(user.last_login),
        "seen": seen,
        "assigned": assigned,
        "memberships": _memberships(memberships),
    }


def _of(agency: Agency) -> MembershipQuerySet:
    return Membership.objects.filter(agency=agency).select_related("user", "grant")


def _memberships(memberships: Iterable[Membership]) -> list[Content]:
    """As they are now: the end of one can be moved later."""
    return [
        {
            "user": membership.user_id,
            "role": membership.role,
            "clearance": membership.clearance,
            "from": _instant(membership.valid_from),
            "until": _instant(membership.valid_until),
            "given_by": membership.granted_by_id,
            "approved_by": membership.grant.decided_by_id if membership.grant else None,
        }
        for membership in memberships
    ]


def _figures(agency: Agency, span: Span) -> Figures:
    figures: Figures = {}
    for source in registers.report_sources():
        for code, level, number in source.count(agency, span.since, span.until):
            if number:
                by_level = figures.setdefault(code, {})
                by_level[level] = by_level.get(level, 0) + number
    return figures


def _instant(value: dt.datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


# --- this app's own numbers ----------------------------------------------------------------------------------------------


def count_own(agency: Agency, since: dt.datetime, until: dt.datetime) -> Iterable[tuple[str, str, int]]:
    """Requests for roles, protection levels, conflicts, and look-ups that wait to be judged."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, level, number FROM samlos.access_report_figures(%s, %s)", [since, until])
        yield from cursor.fetchall()
    asked = GrantRequest.objects.of_agency(agency)
    decided = Q(decided_at__gte=since, decided_at__lt=until)
    for code, number in asked.aggregate(
        grant_approved=Count("pk", filter=decided & Q(outcome=GrantOutcome.APPROVED)),
        grant_declined=Count("pk", filter=decided & Q(outcome=GrantOutcome.DECLINED)),
        grant_waiting=Count("pk", filter=Q(outcome=GrantOutcome.PENDING)),
    ).items():
        yield code, "", number
    late = Q(settled_at=None, found_at__lte=clock.now() - log_review.IN_TIME)
    for code, number in (
        LookUpReview.objects.of(agency)
        .order_by()
        .aggregate(
            look_up_found=Count("pk", filter=Q(found_at__gte=since, found_at__lt=until)),
            look_up_settled=Count("pk", filter=Q(settled_at__gte=since, settled_at__lt=until)),
            look_up_waiting=Count("pk", filter=Q(settled_at=None) & ~late),
            look_up_late=Count("pk", filter=late),
        )
        .items()
    ):
        yield code, "", number
    yield "breach_open", "", log_review.open_breaches(agency)
