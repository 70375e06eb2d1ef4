"""The young person as the case's lead knows them. One row a case; who is the same human is intake's knowledge."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import ProtectionLevel
from agencies.models import Agency, User
from audit import clock
from audit.clock import Now
from cases.enums import AddressKind
from cases.models.access import ReceivedContent
from cases.models.case import Case

# Beyond these the whereabouts are hidden, and no address may lead anybody anywhere (F-19).
OPEN_LEVELS = frozenset({ProtectionLevel.NONE, ProtectionLevel.MARKED})


class Person(models.Model):
    """Name, birth date and protection level: the core everybody with a right to the case may know."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="person")
    given_name = models.CharField(_("fornavn"), max_length=80)
    family_name = models.CharField(_("etternavn"), max_length=80)
    # PostgreSQL's collations differ between machines; this column sorts alike everywhere (stack.md 7).
    sort_key = models.CharField(max_length=200)
    birth_date = models.DateField(_("fødselsdato"))
    protection_level = models.CharField(max_length=30, choices=ProtectionLevel, default=ProtectionLevel.NONE)

    class Meta:
        # Every list asks who of its people is protected: nearly nobody.
        indexes = [models.Index(fields=["case"], name="person_protected", condition=~models.Q(protection_level="none"))]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def short_name(self) -> str:
        """Given name and initial: what lists show."""
        return f"{self.given_name} {self.family_name[:1]}."

    @property
    def is_sealed(self) -> bool:
        """Whether whereabouts stand in the sealed place alone: from fortrolig adresse up (F-19)."""
        return self.protection_level not in OPEN_LEVELS

    @property
    def stores_no_whereabouts(self) -> bool:
        """Whether nothing outside that place takes whereabouts down at all: from strengt fortrolig adresse up."""
        return self.is_sealed and self.protection_level != ProtectionLevel.CONFIDENTIAL


class PersonIdentity(ReceivedContent):
    """The national identity number, encrypted, with a blind index to find the same human again. Shown masked.

    The index is not unique: a violation would tell a stranger that the person exists (access.md).
    """

    number_encrypted = models.BinaryField()
    number_index = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["number_index"], name="identity_blind_index")]


class PersonContact(ReceivedContent):
    """Whereabouts: address and phone. Part `contact`; sealed at the higher protection levels (F-19)."""

    kind = models.CharField(max_length=12, choices=AddressKind, default=AddressKind.STATED)
    street = models.CharField(_("adresse"), max_length=120, blank=True)
    postal_code = models.CharField(_("postnummer"), max_length=5, blank=True)
    city = models.CharField(_("poststed"), max_length=60, blank=True)
    phone = models.CharField(_("telefon"), max_length=20, blank=True)


class PersonLink(models.Model):
    """That two cases are believed to be about one human. Readable by intake alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Case, models.PROTECT, related_name="+")
    second = models.ForeignKey(Case, models.PROTECT, related_name="+")
    linked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class ConflictQuerySet(models.QuerySet["Conflict"]):
    def in_force(self) -> "ConflictQuerySet":
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=Now()), declared_at__lte=Now())


class Conflict(models.Model):
    """A declared conflict of interest: from then on the case is not there for that worker, in whatever role.

    Declared by the worker, or by a manager of the agency; ended by a manager who is not the worker, with a reason. The
    database fills in who declared it for which agency, and keeps the row as it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="conflicts")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    declared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    declared_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    end_reason = models.TextField(_("begrunnelse"), blank=True, db_default="")

    objects = ConflictQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "user"], name="conflict_by_case")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.declared_at:%Y-%m-%d}"
