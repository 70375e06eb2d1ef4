"""What the lead and the others do in a case: the timeline, the review, the talk, the needs, the network."""

import uuid
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, GeneratedField
from django.utils.translation import gettext_lazy as _

from agencies.enums import ProtectionLevel
from agencies.models import Agency, User
from audit import clock
from cases.enums import Answer, CoordinationKind, EntryKind, NeedStatus, SummonsWay, WishForHelp
from cases.models.access import CaseContent
from cases.models.case import Case


class Entry(CaseContent):
    """A line of the case's one timeline. Never edited: a correction is a new line that supersedes the old."""

    kind = models.CharField(max_length=20, choices=EntryKind)
    text = models.TextField(_("tekst"), blank=True)
    occurred_at = models.DateTimeField(default=clock.now)
    source_type = models.CharField(max_length=40, blank=True)
    source_id = models.UUIDField(null=True, blank=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    search = GeneratedField(
        expression=SearchVector("text", config="norwegian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            models.Index(F("case"), F("occurred_at").desc(), F("id").desc(), name="entry_timeline"),
            GinIndex(fields=["search"], name="entry_search"),
        ]


class InitialReview(models.Model):
    """The office's first review (T5): a working paper of the lead, shown to nobody else (U23-13, U23-14)."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="initial_review")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    services = models.TextField(_("ordinære tilbud"), blank=True)
    family = models.TextField(_("familiesituasjon"), blank=True)
    has_children = models.CharField(max_length=8, choices=Answer, blank=True)
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.case_id)


class ChildReportAssessment(models.Model):
    """Whether the child and family service must be told (U23-15; stjl. § 45 makes it a duty, not a choice).

    Lives with the lead alone: the group never sees that a mandatory report was made (F-34).
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="child_report_assessment")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    assessment = models.TextField(_("vurdering"), blank=True)
    duty_applies = models.BooleanField(_("meldeplikten gjelder"), null=True)
    sent_on = models.DateField(_("meldt dato"), null=True, blank=True)
    assessed_at = models.DateTimeField(null=True, blank=True)  # None while it is a draft

    def __str__(self) -> str:
        return str(self.case_id)


class Conversation(models.Model):
    """A summons and what came of it: the talk in which the person is told that the report came from the police
    (U23-16) and asked whether they want help (U23-17). A working paper of the lead.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="conversations")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    summoned_on = models.DateField(_("innkalt dato"))
    summoned_how = models.CharField(_("hvordan"), max_length=20, choices=SummonsWay)
    appointment_at = models.DateTimeField(_("tid for samtalen"), null=True, blank=True)
    place = models.CharField(_("sted"), max_length=120, blank=True)
    held_on = models.DateField(_("samtalen ble holdt"), null=True, blank=True)
    did_not_come = models.BooleanField(default=False)
    present = models.TextField(_("til stede"), blank=True)
    told_of_report = models.BooleanField(_("orientert om meldingen"), default=False)
    told_source = models.BooleanField(_("orientert om at den kom fra politiet"), default=False)
    wish = models.CharField(max_length=10, choices=WishForHelp, blank=True)
    note = models.TextField(_("notat"), blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        return str(self.pk)


class BasicNeed(CaseContent):
    """How one of the six basic needs stands (U23-23). Each new assessment is a new row; the newest counts."""

    need = models.CharField(max_length=30)  # a key of the programme's list
    status = models.CharField(max_length=15, choices=NeedStatus)
    text = models.TextField(_("vurdering"), blank=True)
    responsible_agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    responsible = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField(_("frist"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(F("case"), F("need"), F("created_at").desc(), name="need_latest")]


class ResourcePerson(CaseContent):
    """Somebody in the person's own or public network who can help (U23-19). Minimal data, no access to the case."""

    name = models.CharField(_("navn"), max_length=120)
    relation = models.CharField(_("relasjon"), max_length=120)
    contact = models.CharField(_("kontakt"), max_length=120, blank=True)
    is_private = models.BooleanField(_("privatperson"), default=True)
    # F-19: a child has at least the level of the person the case is about, until it is lowered for the child as well.
    is_child = models.BooleanField(_("barn eller søsken"), default=False, db_default=False)
    protection_level = models.CharField(
        max_length=30, choices=ProtectionLevel, default=ProtectionLevel.NONE, db_default=ProtectionLevel.NONE
    )
    removed_at = models.DateTimeField(null=True, blank=True)


class CoordinationAssessment(models.Model):
    """Whether a responsibility group and an individual plan are called for, and why (U23-25)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="coordination_assessments")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=CoordinationKind)
    wanted = models.BooleanField()
    why = models.TextField(_("hvorfor"))
    meeting_on = models.DateField(_("møtedato"), null=True, blank=True)  # of a cooperation meeting alone (U23-24)
    assessed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kind
