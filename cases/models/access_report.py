"""The weekly "who can see what" report of an agency, as its privacy officers read it."""

import datetime as dt
import uuid
from typing import ClassVar

from django.db import models

from agencies.models import Agency


class AccessReport(models.Model):
    """What an agency could see when the week was over, and what had changed in it. One an agency and week, never changed.

    `content` holds ids, codes, dates and numbers alone, the numbers by protection level: names and case numbers are drawn
    when it is read, and only what its reader may know (`cases.services.access_report_read`). `monday` is the first day of
    the week it tells of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    monday = models.DateField()
    made_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-monday"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "monday"], name="access_report_one_a_week"),
            models.CheckConstraint(condition=models.Q(monday__iso_week_day=1), name="access_report_begins_on_a_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.code}"

    @property
    def year(self) -> int:
        """The ISO year of the week: 29 December 2025 is in week 1 of 2026."""
        return self.monday.isocalendar().year

    @property
    def week(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> dt.date:
        """The last day it tells of."""
        return self.monday + dt.timedelta(days=6)

    @property
    def code(self) -> str:
        """ "2026-47"."""
        return f"{self.year}-{self.week:02d}"
