"""Sessions as their owner knows them, and the declaration of secrecy each person has made."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models.people import Agency, User
from audit.clock import Now


class SignInQuerySet(models.QuerySet["SignIn"]):
    def open(self) -> "SignInQuerySet":
        """Those nobody has ended. Whether one has idled out is the session's own to say."""
        return self.filter(ended_at=None)


class SignIn(models.Model):
    """One session of one person. The session holds this row's id and is asked for it at every request: a row that has
    ended, or is gone, ends the session at once, wherever it is kept (G15).

    What is kept is enough to know one's own machine again, and no more: no address, no version numbers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    device = models.CharField(_("enhet"), max_length=60, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="sign_in_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class SecrecyDeclaration(models.Model):
    """That a person has read what secrecy means in this agency and accepted it (strl. § 209). Never changed or removed."""

    user = models.ForeignKey(User, models.PROTECT, related_name="declarations")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="declarations")
    text_version = models.PositiveSmallIntegerField()
    accepted_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("taushetserklæring")
        constraints = [
            models.UniqueConstraint(fields=["user", "agency", "text_version"], name="secrecy_declared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.agency_id} {self.text_version}"
