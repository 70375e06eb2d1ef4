"""Who works where, as what, and from when until when. Staff, never clients."""

import hashlib
import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind, ProtectionLevel, Role, Standing
from audit.clock import Now


class Municipality(models.Model):
    """The municipality whose agencies work together: the country decides which law is used."""

    name = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2, choices=[("NO", _("Norge")), ("SE", _("Sverige"))])

    class Meta:
        verbose_name = _("kommune")

    def __str__(self) -> str:
        return self.name


class District(models.Model):
    """A part of the municipality, with the postal codes registered in it: what routing suggests from (U23-10)."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="districts")
    name = models.CharField(max_length=60)
    postal_codes = ArrayField(models.CharField(max_length=5), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["municipality", "name"], name="district_named_once")]

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """One service with its own secrecy: two services of one municipality are two agencies (F-15).

    The primary key is that of the agency's auth group, so that guardian's view of the agency keys stays one table
    (access.md). The group has no members: memberships are dated rows.
    """

    group = models.OneToOneField(Group, models.PROTECT, primary_key=True, related_name="agency")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="agencies")
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="agencies")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=30, choices=AgencyKind)
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.PARTICIPANT)
    # F-08: politiregisterloven § 27(4) reaches public bodies only; every agency is tagged.
    is_public_body = models.BooleanField(default=True)
    organisation_number = models.CharField(max_length=10, unique=True)
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("tjeneste")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Accounts are made for people by their agency; nobody registers alone and there is no superuser."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. `is_superuser` stays false: the database refuses anything else."""

    email = models.EmailField(_("e-post"), unique=True)
    name = models.CharField(_("navn"), max_length=120)
    title = models.CharField(_("stilling"), max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(db_default=Now())
    # A machine's own account never signs in in a browser (agencies.api.tokens).
    is_machine = models.BooleanField(default=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("bruker")
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_no_superuser"),
            models.CheckConstraint(condition=Q(is_staff=False), name="user_no_staff"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        return self.name.split(" ")[0]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self) -> "MembershipQuerySet":
        """Those in force at this instant by the database's clock: `[valid_from, valid_until)`."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=Now()), valid_from__lte=Now())


class Membership(models.Model):
    """A user works in an agency in a role, from one instant until another. An end date is a fact, not a deletion."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # LIL-29: may commit the agency in a meeting.
    mandate_to_commit = models.BooleanField(default=False)
    # The highest protection level this membership may see: raised deliberately, by name.
    clearance = models.CharField(max_length=30, choices=ProtectionLevel, default=ProtectionLevel.MARKED)
    # A role or clearance that gives rights stands on a request that a second person approved.
    grant = models.OneToOneField("GrantRequest", models.PROTECT, null=True, blank=True, related_name="membership")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "agency"], name="membership_by_user")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="membership_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.agency_id}"


class MachineClient(models.Model):
    """A system of an agency that may knock at the API. Its token is verified each time and lives shortly; this row is
    asked each time too, so that disabling it takes effect at the next request (G15).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="machine_clients")
    # The account in whose name it acts: an ordinary membership decides what it may.
    user = models.ForeignKey(User, models.PROTECT, related_name="machine_clients")
    client_id = models.CharField(max_length=80, unique=True)
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    disabled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.client_id


class IdempotentAnswer(models.Model):
    """What was answered to a key, so that a retry gets the same answer and no second effect. Kept for 24 hours."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    key_digest = models.BinaryField(max_length=32)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    location = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key_digest"], name="idempotency_one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.answered_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def digest(value: bytes) -> bytes:
        return hashlib.sha256(value).digest()
