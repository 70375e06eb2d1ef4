"""What a second person must say yes to before it takes effect: roles that give rights, and a sign-in made anew."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import GrantKind, GrantOutcome, ProtectionLevel, Role
from agencies.models.people import Agency, Membership, User
from audit.clock import Now


class GrantRequestQuerySet(models.QuerySet["GrantRequest"]):
    def pending(self) -> "GrantRequestQuerySet":
        """Those nobody has decided yet."""
        return self.filter(outcome=GrantOutcome.PENDING)

    def of_agency(self, agency: Agency) -> "GrantRequestQuerySet":
        return self.filter(agency=agency)


class GrantRequest(models.Model):
    """One administrator asks, another person decides. Until then nothing is given; afterwards the row never changes.

    The database holds the rule (`agencies/sql/people.sql`): a membership that gives rights is inserted only together with
    the approval of its request, by somebody who neither asked nor gets it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="grant_requests")
    user = models.ForeignKey(User, models.PROTECT, related_name="grant_requests")
    kind = models.CharField(max_length=20, choices=GrantKind)
    role = models.CharField(max_length=30, choices=Role, blank=True)
    clearance = models.CharField(max_length=30, choices=ProtectionLevel, blank=True)
    mandate_to_commit = models.BooleanField(default=False)
    # None: from the approval.
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    # The membership that ends when this one begins: another role, or a higher clearance in the same.
    replaces = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=12, choices=GrantOutcome, default=GrantOutcome.PENDING)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = GrantRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("forespørsel")
        indexes = [models.Index(fields=["agency", "outcome"], name="grant_request_by_agency")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="pending", decided_by=None, decided_at=None)
                | (~Q(outcome="pending") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="grant_request_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="approved") | (~Q(decided_by=F("requested_by")) & ~Q(decided_by=F("user"))),
                name="grant_request_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.role} {self.user_id}"
