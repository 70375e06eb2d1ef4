"""The words for the plan's content, where it is listed for somebody else (cases.shown)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actionplans.enums import Progress
from actionplans.models import (
    ApprovalAttendance,
    AreaGoal,
    Commitment,
    FollowUp,
    MainGoal,
    Measure,
    MeasureProgress,
    PlanApproval,
)
from agencies.templatetags.samlos import day, moment
from cases.shown import Kind, register

PLAN = gettext_lazy("Planen")
STANDING = {"removed_at": None}


def register_kinds() -> None:
    """Called when the application starts."""
    register(MainGoal, Kind(PLAN, lambda row: _("Hovedmålet"), lambda row: row.text))
    register(AreaGoal, Kind(PLAN, lambda row: _("Mål for et område"), lambda row: row.text))
    register(
        Measure, Kind(PLAN, lambda row: _("Tiltak: %(title)s") % {"title": row.title}, lambda row: row.how, STANDING)
    )
    register(MeasureProgress, Kind(PLAN, _progress, lambda row: row.text))
    register(Commitment, Kind(PLAN, lambda row: _("Det ungdommen har sagt ja til"), lambda row: row.text, STANDING))
    register(FollowUp, Kind(PLAN, _follow_up, lambda row: row.place, STANDING))
    register(
        PlanApproval,
        Kind(
            PLAN,
            lambda row: (
                _("Versjon %(number)s, godkjent %(day)s") % {"number": row.version, "day": day(row.approved_on)}
            ),
        ),
    )
    register(
        ApprovalAttendance, Kind(PLAN, lambda row: _("Hvem som var med da planen ble godkjent"), lambda row: row.text)
    )


def _progress(row: MeasureProgress) -> str:
    return f"{Progress(row.status).label}, {day(row.happened_on)}"


def _follow_up(row: FollowUp) -> str:
    return _("Oppfølging %(when)s") % {"when": moment(row.starts_at)}
