"""What time alone makes due: telling the lead that a consent is about to end, letting a case follow one that has, and
marking break-glasses that nobody controlled.
"""

import datetime as dt

from agencies.actors import agency_itself
from agencies.models import Agency
from audit import clock
from cases.grants import assignments_of
from cases.models import Case
from cases.workflow import RESTS_ON_CONSENT
from consent.models import Consent
from consent.services import end_expired, glass
from consent.services.consents import ENDING
from reminders.services import raise_reminder


def remind_of_ending(*, agency: Agency) -> int:
    """Tell the lead's assigned caseworkers when a consent has 30, 14 and 3 days left (the programme's days).

    Only the nearest is raised, so that a short consent or a long stop gives one message and not three.
    """
    raised = 0
    running = Consent.objects.in_force().filter(case__lead_agency=agency).select_related("case__programme_version")
    for consent in running.order_by("valid_until", "pk"):
        days = _reached(consent)
        if days is None:
            continue
        for assignment in assignments_of(consent.case, agency):
            raised += raise_reminder(
                ENDING,
                recipient=assignment.user,
                agency=agency,
                subject_id=consent.pk,
                occurrence=str(days),
                due_at=clock.start_of(consent.valid_until_date - dt.timedelta(days=days)),
            )
    return raised


def follow_expired(*, agency: Agency) -> int:
    """Move the agency's cases whose consent has run out (T12). Their sharing ended by the clock already."""
    itself = agency_itself(agency)
    resting = Case.objects.led_by(agency).in_states(*RESTS_ON_CONSENT).order_by("pk")
    lapsed = resting.exclude(pk__in=Consent.objects.in_force().values("case"))
    return sum(end_expired(case, by=itself) for case in lapsed)


def flag_glasses(*, agency: Agency) -> int:
    """Mark the break-glasses the agency should have controlled within 24 hours and did not (F-39)."""
    return glass.flag_unreviewed(agency=agency)


def _reached(consent: Consent) -> int | None:
    """The smallest of the programme's days that is reached; None while the end is further away than all of them."""
    left = consent.days_left(clock.now())
    reached = [days for days in consent.case.programme_version.definition.reminders.consent_ending if left <= days]
    return min(reached, default=None)
