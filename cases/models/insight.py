"""The young person's log: what is held back from it for a while, and look-ups that somebody must judge."""

import datetime as dt
import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, LegalBasis, User
from audit import clock
from audit.clock import Now
from cases.enums import FollowUpOfBreach, OddReason, ReviewOutcome, WhyReported
from cases.models.case import Case


class WithholdingQuerySet(models.QuerySet["LogWithholding"]):
    def in_force(self) -> "WithholdingQuerySet":
        """Those that keep their entry out of the person's log now: approved, not ended, their end not reached."""
        return self.filter(approved_at__lte=Now(), ended_at=None, valid_until__gt=Now())

    def waiting(self) -> "WithholdingQuerySet":
        """Those nobody has decided on yet; one whose end has passed meanwhile is no question any longer."""
        return self.filter(approved_at=None, ended_at=None, valid_until__gt=Now())


class LogWithholding(models.Model):
    """One entry of the log that the person is not shown until `valid_until`, on a legal basis and for a reason.

    Asked for by one and approved by another: the database refuses one alone, one without an end, and any change but
    the approval and an earlier end. Without approval the entry is shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="log_withholdings")
    event_id = models.UUIDField()  # an audit.Event: the log has no foreign keys
    basis = models.ForeignKey(LegalBasis, models.PROTECT, related_name="+")
    reason = models.TextField(_("begrunnelse"))
    # Where the person may know that something is held back, the page says so, with the basis and the end.
    existence_is_told = models.BooleanField(default=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = WithholdingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "event_id"], name="withholding_by_event")]
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("asked_at")), name="withholding_ends_later"),
            models.CheckConstraint(
                condition=Q(valid_until__lte=F("asked_at") + dt.timedelta(days=366)), name="withholding_ends_in_a_year"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="withholding_has_reason"),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | (Q(approved_at__isnull=False, approved_by__isnull=False) & ~Q(approved_by=F("asked_by"))),
                name="withholding_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LookUpReviewQuerySet(models.QuerySet["LookUpReview"]):
    def of(self, agency: Agency) -> "LookUpReviewQuerySet":
        return self.filter(agency=agency)

    def unsettled(self) -> "LookUpReviewQuerySet":
        return self.filter(settled_at=None)

    def breaches(self) -> "LookUpReviewQuerySet":
        """What was found unlawful, followed up or not."""
        return self.filter(outcome=ReviewOutcome.UNLAWFUL)


class LookUpReview(models.Model):
    """Look-ups of one employee that somebody must judge: odd ones, found by the nightly control, and reported ones.

    Knows no case: `case_ref` is the same for the same case and leads nowhere, since whoever judges sees no case. It
    outlives the case, as the log does. Made by the control for its own agency, and by the database when a person
    reports a look-up; only its judgement changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    employee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    case_ref = models.CharField(max_length=8, blank=True)  # empty: about several cases, or none
    day = models.DateField()
    reasons = ArrayField(models.CharField(max_length=20, choices=OddReason))
    why_reported = models.CharField(max_length=20, choices=WhyReported, blank=True)
    event_ids = ArrayField(models.UUIDField())
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField(default=clock.now)
    # Whoever asked on the person's behalf and is owed an answer; None where the control found it.
    reported_by_agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=ReviewOutcome, blank=True)
    note = models.TextField(_("merknad"), blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    follow_up = models.CharField(max_length=20, choices=FollowUpOfBreach, blank=True)
    follow_up_note = models.TextField(_("hva som ble gjort"), blank=True)
    followed_up_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    followed_up_at = models.DateTimeField(null=True)

    objects = LookUpReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-found_at", "-last_at", "pk"]
        indexes = [models.Index(fields=["agency", "settled_at", "-found_at"], name="look_up_review_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, outcome="")
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(outcome="")),
                name="look_up_review_settled_whole",
            ),
            models.CheckConstraint(condition=~Q(settled_by=F("employee")), name="look_up_review_by_another"),
            models.CheckConstraint(
                condition=Q(followed_up_at=None) | Q(outcome=ReviewOutcome.UNLAWFUL), name="look_up_review_breach_only"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
