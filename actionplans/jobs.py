"""What time alone makes due in the plans: a measure whose last day is over, and a follow-up that comes near."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q

from actionplans.models import FollowUp, Measure, local_day
from actionplans.notifications import FOLLOW_UP_DUE, MEASURE_OVERDUE
from agencies.actors import Actor, actor_for
from agencies.models import Agency, User
from audit import clock
from cases.models import CaseUserObjectPermission
from reminders.services import raise_reminder


def remind_of_overdue_measures(*, agency: Agency) -> int:
    """Tell whoever carries a measure for `agency` when its last day is over, once for each last day it was given."""
    raised = 0
    for worker in _workers(agency):
        overdue = Measure.objects.standing().overdue(local_day(worker.at)).seen_by(worker).for_worker(worker)
        for measure in overdue.with_progress_known_to(worker).unfinished().order_by("pk"):
            raised += raise_reminder(
                MEASURE_OVERDUE,
                recipient=worker.user,
                agency=agency,
                subject_id=measure.pk,
                occurrence=measure.last_day.isoformat(),
                due_at=clock.end_of(measure.last_day),
            )
    return raised


def remind_of_follow_ups(*, agency: Agency) -> int:
    """Tell those concerned so many days before a follow-up as the programme says. Only the nearest is raised, so that
    one agreed on short notice gives one message; a new date is told of anew.
    """
    raised = 0
    for worker in _workers(agency):
        ahead = FollowUp.objects.filter(starts_at__gt=worker.at).coming().seen_by(worker).of_interest_to(worker)
        for row in ahead.select_related("case__programme_version"):
            day = local_day(row.starts_at)
            left = (day - local_day(worker.at)).days
            days = min(
                (n for n in row.case.programme_version.definition.reminders.follow_up if left <= n), default=None
            )
            if days is None:
                continue
            raised += raise_reminder(
                FOLLOW_UP_DUE,
                recipient=worker.user,
                agency=agency,
                subject_id=row.pk,
                occurrence=f"{day.isoformat()} {days}",
                due_at=clock.start_of(day - dt.timedelta(days=days)),
            )
    return raised


def _workers(agency: Agency) -> Iterator[Actor]:
    """Those of the agency who work on some case now, or are named in a measure: a manager can carry one without being
    assigned. What each may see is asked for each.
    """
    assigned = CaseUserObjectPermission.objects.filter(agency=agency).values("user")
    named = (
        Measure.objects.standing().filter(responsible_agency=agency, responsible__isnull=False).values("responsible")
    )
    concerned = User.objects.filter(Q(pk__in=assigned) | Q(pk__in=named), is_active=True)
    for user in concerned.order_by("pk"):
        worker = actor_for(user, agency)
        if worker is not None:
            yield worker
