"""The two keys as django-guardian keeps them. Only `cases.grants` uses these; guardian is imported nowhere else.

They stand here and not in `grants.py` because Django loads models with the app, and guardian finds an object's
permission models by their base class.
"""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from guardian.models.models import GroupObjectPermissionBase, UserObjectPermissionBase

from agencies.models import Agency, User
from audit.clock import now
from cases.models.case import Case

if TYPE_CHECKING:
    from agencies.actors import Actor


class CaseUserObjectPermission(UserObjectPermissionBase):
    """The assignment: this user works on the case for this agency. Given and taken by a person, one row each."""

    content_object = models.ForeignKey(Case, models.PROTECT, related_name="assignments")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(default=now)

    class Meta:
        unique_together: ClassVar = ["user", "permission", "content_object", "agency"]
        indexes = [models.Index(fields=["user", "agency", "content_object"], name="assignment_by_user")]

    @classmethod
    def of(cls, actor: "Actor") -> "models.QuerySet[CaseUserObjectPermission]":
        """The actor's assignments in the agency they act for. Being assigned is only half a right to see a case."""
        return cls.objects.filter(user=actor.user, agency=actor.agency, permission__codename="work_on_case")


class AgencyKey(GroupObjectPermissionBase):
    """The agency key: a read-only view of the access lines in force. The agency's id is its group's id."""

    content_object = models.ForeignKey(Case, models.DO_NOTHING, related_name="agency_keys")

    class Meta:
        managed = False
        db_table = "cases_agencykey"
        unique_together: ClassVar = []


class AssignmentPeriod(models.Model):
    """Who was assigned from when until when: written by the database when an assignment is given or taken."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignment_periods")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["case", "valid_from"], name="assignment_history")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.valid_from:%Y-%m-%d}"
