"""What time alone makes due: reports and new cases nobody has taken hold of, the nightly looks at the access table and the
log, and the weekly report of who can see what.
"""

import logging
import uuid
from collections.abc import Collection, Mapping

from celery import shared_task
from django.db import DatabaseError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import Actor
from agencies.enums import AgencyKind, Role
from agencies.models import Agency, Membership, User
from audit import clock
from audit.context import acting
from audit.services import AuditUnavailableError
from cases.enums import CaseState
from cases.models import Case, ConcernReport, LookUpReview
from cases.policies import LEADING_KINDS, may_review_look_ups
from cases.services import access_report, access_verified, log_review
from cases.services.access_report_read import reports_for
from reminders.rules import Rule
from reminders.services import raise_reminder

log = logging.getLogger(__name__)

REPORT_WAITING = "report_waiting"
WAITING = (CaseState.SUBMITTED, CaseState.RECEIVED, CaseState.ROUTED)
_ANSWERS: dict[str, Role] = {AgencyKind.INTAKE_OFFICE: Role.INTAKE, **dict.fromkeys(LEADING_KINDS, Role.MANAGER)}


def remind_of_waiting_reports(*, agency: Agency) -> int:
    """Remind those who answer for the agency of each report and new case whose deadline has passed, once a deadline."""
    role = _ANSWERS.get(agency.kind)
    if role is None:
        return 0
    late = Case.objects.led_by(agency).in_states(*WAITING).overdue()
    cases = [(pk, state, due_at) for pk, state, due_at in late.values_list("pk", "state", "due_at") if due_at]
    if not cases:
        return 0
    members = Membership.objects.in_force().filter(agency=agency, role=role, user__is_active=True)
    holders = list(User.objects.filter(pk__in=members.values("user")))
    raised = 0
    for case_id, state, due_at in cases:
        day = due_at.astimezone(clock.local_zone()).date()
        for holder in holders:
            raised += raise_reminder(
                REPORT_WAITING,
                recipient=holder,
                agency=agency,
                subject_id=case_id,
                occurrence=f"{state}-{day.isoformat()}",
                due_at=due_at,
            )
    return raised


def _still_waiting(case_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those of the cases that the actor sees, leads, and that are still late, each by its label."""
    visible = Case.objects.visible_to(actor).led_by(actor.agency).in_states(*WAITING).overdue()
    cases = visible.filter(pk__in=case_ids).in_bulk()
    labels = ConcernReport.objects.readable_by(actor).filter(case__in=cases).order_by("created_at")
    reports = dict(labels.values_list("case_id", "label"))
    return {
        pk: _("Sak %(number)s") % {"number": case.number}
        if case.number
        else _("Melding %(label)s") % {"label": reports.get(pk, case.label)}
        for pk, case in cases.items()
    }


WAITING_RULE = Rule(
    kind=REPORT_WAITING,
    title=gettext_lazy("En melding har ventet for lenge"),
    action=gettext_lazy("Åpne meldingen"),
    to_tell=_still_waiting,
    url=lambda case_id: reverse("cases:report", args=[case_id]),
)


@shared_task(name="cases.jobs.verify_access")
def verify_access() -> None:
    """Compare the access table with its specification, for all cases. Woken by beat each night."""
    access_verified.verify()


def _still_differing(case_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those of the cases in which a line still differs, without saying which case it is: the reader sees no cases."""
    if not actor.has_role(*access_verified.TOLD):
        return {}
    found = access_verified.differences(case_ids)
    mine = {one.case_id for one in found if actor.agency.pk in {one.agency_id, one.lead_agency_id}}
    return {pk: _("Noen kan se for mye eller for lite. Gi beskjed til dem som drifter Samlos.") for pk in mine}


DIFFERS_RULE = Rule(
    kind=access_verified.ACCESS_DIFFERS,
    title=gettext_lazy("Tilgangene i en sak stemmer ikke med det de bygger på"),
    action=gettext_lazy("Merk som lest"),
    to_tell=_still_differing,
    url=lambda case_id: "",
)


@shared_task(name="cases.jobs.review_look_ups")
def review_look_ups() -> None:
    """Look for odd look-ups in every agency, each on its own behalf. Woken by beat each night."""
    for agency in Agency.objects.all():
        try:
            with acting(user_id=None, agency_id=agency.pk):
                log_review.look_for_odd(agency=agency)
        except DatabaseError:
            # One agency's fault must not silence the others.
            log.exception("look-ups of agency %s were not controlled", agency.pk)


LOOK_UPS_WAIT = "look_ups_wait"


def _queue_of(agency: Agency) -> uuid.UUID:
    """What the weekly reminder is about: the queue as such, so that judging one item does not say it all again."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{LOOK_UPS_WAIT}:{agency.pk}")


def remind_of_look_ups(*, agency: Agency) -> int:
    """Tell the agency's privacy officers that look-ups wait: once a week, and at once for each that a person asked about."""
    waiting = LookUpReview.objects.of(agency).unsettled()
    if not waiting.exists():
        return 0
    officers = Membership.objects.in_force().filter(
        agency=agency, role=Role.PRIVACY_OFFICER, user__is_active=True, user__is_machine=False
    )
    year, week, _day = clock.today().isocalendar()
    reported = waiting.filter(reported_by_agency__isnull=False)
    said = [(pk, "reported") for pk in reported.values_list("pk", flat=True)]
    said.append((_queue_of(agency), f"{year}-{week:02d}"))
    raised = 0
    for officer in User.objects.filter(pk__in=officers.values("user")):
        for review_id, occurrence in said:
            raised += raise_reminder(
                LOOK_UPS_WAIT,
                recipient=officer,
                agency=agency,
                subject_id=review_id,
                occurrence=occurrence,
                due_at=clock.now(),
            )
    return raised


def _still_to_judge(review_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those of the look-ups that still wait, for whoever may judge them. The words name neither employee nor case."""
    if not may_review_look_ups(actor):
        return {}
    waiting = LookUpReview.objects.of(actor.agency).unsettled()
    words = dict.fromkeys(
        waiting.filter(pk__in=review_ids).values_list("pk", flat=True), _("Meldt av den oppslaget gjelder")
    )
    queue = _queue_of(actor.agency)
    if queue in review_ids and waiting.exists():
        words[queue] = _("Personvernombudets liste")
    return words


LOOK_UPS_RULE = Rule(
    kind=LOOK_UPS_WAIT,
    title=gettext_lazy("Oppslag venter på vurdering"),
    action=gettext_lazy("Åpne loggkontrollen"),
    to_tell=_still_to_judge,
    url=lambda review_id: reverse("cases:log_review"),
)


@shared_task(name="cases.jobs.report_access")
def report_access() -> None:
    """Make last week's report of who can see what in every agency that has none yet, each on its own behalf.

    Woken by beat each night: the report comes on the night to Monday, and a night that was lost is caught up by the next.
    """
    for agency in Agency.objects.all():
        try:
            with acting(user_id=None, agency_id=agency.pk):
                access_report.make(agency=agency)
        except (DatabaseError, AuditUnavailableError):
            # One agency's fault must not silence the others.
            log.exception("the report of agency %s was not made", agency.pk)


def _newest_report(report_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """The newest of the reports, for a privacy officer: what an older one tells is told by a newer one."""
    newest = reports_for(actor).first()
    if newest is None or newest.pk not in report_ids:
        return {}
    return {newest.pk: _("Uke %(week)d i %(year)d") % {"week": newest.week, "year": newest.year}}


REPORT_RULE = Rule(
    kind=access_report.READY,
    title=gettext_lazy("Ukerapporten er klar"),
    action=gettext_lazy("Les hvem som kan se hva"),
    to_tell=_newest_report,
    url=lambda report_id: reverse("cases:access_report", args=[report_id]),
)
