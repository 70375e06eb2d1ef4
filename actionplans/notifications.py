"""What the reminders about plans say, and to whom they still may be said."""

import uuid
from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actionplans.models import FollowUp, Measure, local_day
from agencies.actors import Actor
from agencies.templatetags.samlos import clock_time, month_day, weekday
from reminders.rules import Rule

MEASURE_OVERDUE, FOLLOW_UP_DUE = "measure_overdue", "follow_up_due"


def _overdue(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """The agency's own measures whose last day is over and that nobody has reported as done."""
    measures = (
        Measure.objects.filter(pk__in=subject_ids, responsible_agency=actor.agency)
        .standing()
        .seen_by(actor)
        .overdue(local_day(actor.at))
        .with_progress_known_to(actor)
        .unfinished()
        .select_related("case")
    )
    return {
        measure.pk: _("Sak %(case)s, frist %(day)s") % {"case": measure.case.label, "day": month_day(measure.last_day)}
        for measure in measures.order_by("pk")
    }


def _coming(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those that are still ahead, for the lead and for the agencies that carry something in the plan."""
    ahead = FollowUp.objects.filter(pk__in=subject_ids, starts_at__gt=actor.at).coming().seen_by(actor)
    return {
        row.pk: _("Sak %(case)s, %(day)s kl. %(time)s")
        % {"case": row.case.label, "day": weekday(row.starts_at), "time": clock_time(row.starts_at)}
        for row in ahead.of_interest_to(actor).select_related("case")
    }


RULES = (
    Rule(
        kind=MEASURE_OVERDUE,
        title=gettext_lazy("Et tiltak er over fristen"),
        action=gettext_lazy("Meld framdrift"),
        to_tell=_overdue,
        url=lambda measure_id: reverse("actionplans:of_measure", args=[measure_id]),
    ),
    Rule(
        kind=FOLLOW_UP_DUE,
        title=gettext_lazy("En oppfølging nærmer seg"),
        action=gettext_lazy("Åpne planen"),
        to_tell=_coming,
        url=lambda follow_up_id: reverse("actionplans:of_follow_up", args=[follow_up_id]),
    ),
)
