"""The police's concern report: one person, one case, and a receipt that outlives both."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from audit import clock
from cases.enums import RejectionReason, ReportState
from cases.models.access import ReceivedContent


class ReportReceipt(models.Model):
    """What the sender may follow: its own reference, a state and times. No person and no case, so that it stays when a
    rejected report is purged. Its id is the report's id in the API.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="report_receipts")
    sender_reference = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=ReportState, default=ReportState.SUBMITTED)
    submitted_at = models.DateTimeField(default=clock.now)
    received_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    rejection_reason = models.CharField(max_length=20, choices=RejectionReason, blank=True)

    class Meta:
        indexes = [models.Index(fields=["agency", "-submitted_at"], name="receipt_by_sender")]

    def __str__(self) -> str:
        return self.sender_reference


class ConcernReport(ReceivedContent):
    """U23-08: a concern report on one named person, with the criteria and the legal basis the police decided on (T1)."""

    receipt = models.OneToOneField(ReportReceipt, models.PROTECT, related_name="report")
    label = models.CharField(max_length=12, unique=True)  # M-26-0091
    sender_reference = models.CharField(_("avsenders referanse"), max_length=60)
    crime = models.BooleanField(_("kriminalitet"))
    violence = models.BooleanField(_("vold"))
    drugs = models.BooleanField(_("rus"))
    repeated = models.BooleanField(_("gjentatt"))
    legal_basis = models.CharField(max_length=30)
    necessity = models.TextField(_("nødvendighet"))
    proportionality = models.TextField(_("forholdsmessighet"))
    decided_by = models.CharField(_("besluttet av"), max_length=120)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")


class ReportInformation(ReceivedContent):
    """One piece of information sent with a report, in its own part, verified or not (politiregisterloven § 27)."""

    report = models.ForeignKey(ConcernReport, models.PROTECT, related_name="information")
    text = models.TextField(_("opplysning"))
    verified = models.BooleanField(_("verifisert"))
    occurred_on = models.DateField(_("dato"), null=True, blank=True)
