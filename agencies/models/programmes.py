"""Programmes as they were loaded, version by version, and the catalogue of legal bases.

Neither holds anything about a person: they are the product's rules as data. The rows are written by the loaders in
`agencies.services` only; a running case keeps the version it was opened under.
"""

import datetime as dt
import re
import uuid
from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.enums import LegalEffect, LegalUse
from agencies.models.programme_definition import ProgrammeDefinition

#: F-31: law moves. A row not read again within this many days is shown with a warning.
REVIEW_DUE_AFTER = dt.timedelta(days=365)
#: "25 og 29" names two sections, "44 første, andre og tredje ledd" one.
SEVERAL_SECTIONS = re.compile(r"(,| og) \d")


class Programme(models.Model):
    """One way of working together, such as Trondheim's U23 routine. Its content is in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("kode"), max_length=60, unique=True)
    name = models.CharField(_("navn"), max_length=120)
    country = models.CharField(_("land"), max_length=2)

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programmer")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def current_version(self) -> "ProgrammeVersion":
        """The version new cases are opened under: the newest. A programme always has one."""
        return self.versions.latest("number")


class ProgrammeVersion(models.Model):
    """A programme file as it was on the day it was loaded. Never changed afterwards (U23-01)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("nummer"))
    checksum = models.CharField(max_length=64, editable=False)
    document = models.JSONField(_("innhold"))
    loaded_at = models.DateTimeField(_("lest inn"))

    class Meta:
        verbose_name = _("programversjon")
        verbose_name_plural = _("programversjoner")
        ordering = ["programme", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="programme_version_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="programme_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return _("%(programme)s, versjon %(number)s") % {"programme": self.programme, "number": self.number}

    @cached_property
    def definition(self) -> ProgrammeDefinition:
        """The document as typed objects, parsed once per instance."""
        return ProgrammeDefinition.from_document(self.document)


class LegalBasisQuerySet(models.QuerySet["LegalBasis"]):
    """Reads of the catalogue."""

    def in_force(self, on: dt.date) -> "LegalBasisQuerySet":
        """The enabled rows whose provision is in force on that date; both ends are included."""
        begun = models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=on)
        not_ended = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
        return self.filter(begun, not_ended, enabled=True)

    def usable_for(self, use: LegalUse, *, on: dt.date, country: str) -> "LegalBasisQuerySet":
        """The rows a person in that country may choose for that use on that date."""
        return self.in_force(on).filter(country=country, document__uses__contains=[use.value])


class LegalBasis(models.Model):
    """One provision that makes, lifts or shapes secrecy (requirements.md part D). Not legal advice: a lawyer approves
    every row before production use.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    country = models.CharField(_("land"), max_length=2)
    code = models.CharField(_("kode"), max_length=40)
    label = models.CharField(_("betegnelse"), max_length=200)
    statute = models.CharField(_("lov"), max_length=200)
    section = models.CharField(_("paragraf"), max_length=120)
    effect = models.CharField(_("virkning"), max_length=20, choices=LegalEffect)
    document = models.JSONField(_("innhold"))
    valid_from = models.DateField(_("gjelder fra"), null=True, blank=True)
    valid_to = models.DateField(_("gjelder til og med"), null=True, blank=True)
    reviewed_on = models.DateField(_("sist lest"))
    enabled = models.BooleanField(_("kan brukes"))

    objects = LegalBasisQuerySet.as_manager()

    class Meta:
        verbose_name = _("rettsgrunnlag")
        verbose_name_plural = _("rettsgrunnlag")
        ordering = ["country", "code"]
        constraints = [
            models.UniqueConstraint(fields=["country", "code"], name="legal_basis_code_once_per_country"),
            models.CheckConstraint(
                condition=models.Q(effect__in=LegalEffect.values), name="legal_basis_effect_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_to__isnull=True)
                | models.Q(valid_from__lte=models.F("valid_to")),
                name="legal_basis_begins_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.citation

    @property
    def citation(self) -> str:
        """As a lawyer would cite it: "Politiregisterloven § 27 fjerde ledd", "Socialtjänstlagen (2025:400) 19 kap. 4 §"."""
        if self.country != "NO":
            return f"{self.statute} {self.section}"
        sign = "§§" if SEVERAL_SECTIONS.search(self.section) else "§"
        return f"{self.statute.partition(' (')[0]} {sign} {self.section}"

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be true in the case at hand, each a sentence to answer with facts (C4, rule 4)."""
        return tuple(self.document["conditions"])

    @property
    def requires(self) -> frozenset[str]:
        """What the product demands before it lets the row be used, such as `controller_decision`."""
        return frozenset(self.document["requires"])

    @property
    def decider_role(self) -> str | None:
        """Who decides for the discloser (F-16), or None where the row decides nothing."""
        decider: str | None = self.document["decider_role"]
        return decider

    def review_is_due(self, *, on: dt.date) -> bool:
        """F-31: whether nobody has read the provision again for a year. Shown as a warning; use is not blocked."""
        return on - self.reviewed_on > REVIEW_DUE_AFTER
