"""Consents, disclosures and break-glasses: the rows of truth that let somebody know what another agency wrote (part C of
the requirements, F-39).

Nothing here is edited. A change is a new version that replaces the old; the database refuses anything else than
setting the end of one.
"""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.enums import Part, Role
from agencies.models import Agency, User
from audit import clock
from audit.clock import Now
from cases.models import Case
from consent.enums import EndReason, GlassOutcome, GlassVerdict, RevocationChannel, SignatureMethod, SignerRole

# F-39: one hour by the database's clock, and a second person's word within a day.
GLASS_LASTS = dt.timedelta(minutes=60)
GLASS_REVIEWED_WITHIN = dt.timedelta(hours=24)
GLASS_REASON_LENGTH = 20


def running() -> Q:
    """What gives access at this instant: `[valid_from, valid_until)`, not ended."""
    return Q(Q(ended_at=None) | Q(ended_at__gt=Now()), valid_from__lte=Now(), valid_until__gt=Now())


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> "ConsentQuerySet":
        """Those that give access at this instant. A case has at most one."""
        return self.filter(running())

    def newest_first(self) -> "ConsentQuerySet":
        return self.order_by("-version")


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def in_force(self) -> "DisclosureQuerySet":
        """Those that give access at this instant: running, and approved where that is needed."""
        return self.filter(running(), Q(despite_objection="") | Q(approved_at__lte=Now()))

    def awaiting_approval(self) -> "DisclosureQuerySet":
        """Those that go against a no and have no second person behind them yet."""
        return self.filter(running(), approved_at=None).exclude(despite_objection="")

    def newest_first(self) -> "DisclosureQuerySet":
        return self.order_by("-recorded_at", "-pk")


class Consent(models.Model):
    """One signed, written consent (SIG-59, U23-18): who may know what from whom, and until when.

    `valid_until_date` is what stands on the form ("t.o.m."); `valid_until` is the first instant after it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="consents")
    version = models.PositiveIntegerField()
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    form_version = models.CharField(max_length=40)
    purpose = models.TextField(_("formål"))
    language = models.CharField(_("språk"), max_length=40, default="bokmål")
    interpreter = models.BooleanField(_("tolk"), default=False)
    copy_handed_over = models.BooleanField(_("kopi er gitt"), default=False)
    # C3: what the person was told before signing, as codes of the programme's list.
    informed_items = ArrayField(models.CharField(max_length=40), default=list)
    collector_name = models.CharField(_("innhentet av"), max_length=120)
    collector_phone = models.CharField(_("telefon"), max_length=20, blank=True)
    place = models.CharField(_("sted"), max_length=80)
    signed_on = models.DateField(_("underskrevet"))
    valid_from = models.DateTimeField()
    valid_until_date = models.DateField(_("gjelder til og med"))
    valid_until = models.DateTimeField()
    # C3: which agencies may tell what they know. A recipient reads only what these wrote.
    givers = ArrayField(models.IntegerField())
    # SIG-42: a question of its own, without a default, never a condition.
    research_follow_up = models.BooleanField(null=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_by_whom = models.CharField(max_length=20, choices=SignerRole, blank=True)
    revocation_channel = models.CharField(max_length=10, choices=RevocationChannel, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="consent_version_once"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="consent_ends_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="consent_end_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["case", "-recorded_at"], name="consent_by_case")]

    def __str__(self) -> str:
        return f"{self.case_id} v{self.version}"

    @property
    def ends_at(self) -> dt.datetime:
        """The first instant at which it gives nothing any more."""
        return min(self.valid_until, self.ended_at) if self.ended_at else self.valid_until

    def days_left(self, at: dt.datetime) -> int:
        """Whole days after today in which it still holds, in the municipality's zone; 0 on its last day."""
        return (clock.last_day(self.ends_at) - at.astimezone(clock.local_zone()).date()).days


class ConsentScope(models.Model):
    """One box of the form: this agency may know this part. Core comes with every right and is not a box."""

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="scopes")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    part = models.CharField(max_length=30, choices=Part)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "agency", "part"], name="scope_once")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.part}"


class ConsentForum(models.Model):
    """LIL-23: in which forum the case may be spoken of, and which agencies take part then. Stated in the consent."""

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="forums")
    forum = models.CharField(max_length=40)  # the forum's code in the programme
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "forum", "agency"], name="consent_forum_once")]

    def __str__(self) -> str:
        return f"{self.forum} {self.agency_id}"


class Signature(models.Model):
    """Who signed, as what, when and how."""

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=20, choices=SignerRole)
    name = models.CharField(_("navn"), max_length=160)
    method = models.CharField(max_length=20, choices=SignatureMethod)
    signed_on = models.DateField(_("dato"))

    def __str__(self) -> str:
        return f"{self.role} {self.signed_on}"


class Disclosure(models.Model):
    """Information shared on a legal basis without consent: one discloser, one recipient, these parts (C4 step 4).

    U23-11: a copy is a disclosure of its own, with its own basis.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="disclosures")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")  # the discloser
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    parts = ArrayField(models.CharField(max_length=30, choices=Part))
    # A copy of the report hands on what was received with it; otherwise only what the discloser wrote itself.
    includes_report = models.BooleanField(default=False)
    legal_basis = models.CharField(max_length=30)
    facts = models.TextField(_("hvorfor vilkårene er oppfylt"))
    necessity = models.TextField(_("nødvendighet"))
    proportionality = models.TextField(_("forholdsmessighet"))
    benefit = models.TextField(_("nytte for ungdommen"))
    why_not_consent = models.TextField(_("hvorfor ikke samtykke"))
    why_not_anonymous = models.TextField(_("hvorfor ikke anonymt"))
    decided_by = models.CharField(_("besluttet av"), max_length=120)
    subject_informed = models.BooleanField(_("ungdommen er orientert"))
    why_not_informed = models.TextField(_("hvorfor ikke orientert"), blank=True)
    despite_objection = models.TextField(_("hvorfor tross nei"), blank=True)
    # C4: after a refusal or revocation a discretionary right needs a second person. Until then nobody sees more.
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=clock.now)
    valid_from = models.DateTimeField()
    valid_until_date = models.DateField(_("gjelder til og med"))
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="disclosure_ends_after_start"),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (Q(approved_at__isnull=False) & ~Q(approved_by=F("author"))),
                name="disclosure_approved_by_another",
            ),
            models.CheckConstraint(condition=~Q(recipient=F("author_agency")), name="disclosure_to_another"),
            models.CheckConstraint(
                condition=Q(subject_informed=True) | ~Q(why_not_informed=""), name="disclosure_informed_or_why_not"
            ),
        ]
        indexes = [models.Index(fields=["case", "-recorded_at"], name="disclosure_by_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.recipient_id}"

    @property
    def ends_at(self) -> dt.datetime:
        """The first instant at which it gives nothing any more."""
        return min(self.valid_until, self.ended_at) if self.ended_at else self.valid_until

    @property
    def needs_approval(self) -> bool:
        """Whether it goes against a no and has no second person behind it yet."""
        return bool(self.despite_objection) and self.approved_at is None


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def running(self) -> "BreakGlassQuerySet":
        """Those that let their user read something at this instant."""
        return self.filter(running()).exclude(case=None)

    def visible_to(self, actor: Actor) -> "BreakGlassQuerySet":
        """One's own; for the privacy officer those of the agency's people; and for whoever works on a case for its lead,
        and the lead's privacy officer, those that opened it or were kept from it.
        """
        known = Q(user=actor.user, agency=actor.agency)
        led = Case.objects.visible_to(actor).worked_on_by(actor).led_by(actor.agency)
        if actor.has_role(Role.PRIVACY_OFFICER):
            known |= Q(agency=actor.agency)
            led = Case.objects.led_by(actor.agency)
        kept_from = BlockedGlass.objects.filter(case__in=led.values("pk")).values("glass")
        return self.filter(known | Q(case__in=led.values("pk")) | Q(pk__in=kept_from))

    def unreviewed(self) -> "BreakGlassQuerySet":
        """Those that no second person has said anything about."""
        return self.filter(reviewed_at=None)

    def newest_first(self) -> "BreakGlassQuerySet":
        return self.order_by("-valid_from", "-pk")


class BreakGlass(models.Model):
    """One person opened one case for an hour because life or health could not wait (F-39), or tried to.

    Written by `samlos.open_glass` alone, which records the act before it looks for anybody. `case` is null when nothing
    was opened. Everything that may follow (an end, a second person's word, a flag) goes through functions of the database
    too: the application may only read.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="break_glasses")
    outcome = models.CharField(max_length=10, choices=GlassOutcome)
    parts = ArrayField(models.CharField(max_length=30, choices=Part))
    legal_basis = models.CharField(max_length=30)
    reason = models.TextField(_("hva som haster"))
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=GlassVerdict, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    review_note = models.TextField(_("merknad"), blank=True)
    # Nobody said anything within 24 hours. Stays, also when somebody does later.
    flagged_at = models.DateTimeField(null=True, blank=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        verbose_name = _("nødtilgang")
        constraints = [
            models.CheckConstraint(condition=Q(valid_until=F("valid_from") + GLASS_LASTS), name="glass_lasts_one_hour"),
            models.CheckConstraint(
                condition=Q(outcome=GlassOutcome.OPENED, case__isnull=False)
                | (~Q(outcome=GlassOutcome.OPENED) & Q(case=None)),
                name="glass_opens_one_case",
            ),
            models.CheckConstraint(condition=Q(parts__len__gt=0), name="glass_names_a_part"),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None, verdict="")
                | (
                    Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(verdict="") & ~Q(reviewed_by=F("user"))
                ),
                name="glass_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("valid_from")), name="glass_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-valid_from"], name="glass_by_case"),
            models.Index(fields=["agency", "-valid_from"], name="glass_by_agency"),
            models.Index(fields=["user", "-valid_from"], name="glass_by_user"),
            models.Index(fields=["valid_from"], name="glass_unreviewed", condition=Q(reviewed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.valid_from:%Y-%m-%d %H:%M}"

    @property
    def ends_at(self) -> dt.datetime:
        """The first instant at which it gives nothing any more."""
        return min(self.valid_until, self.ended_at) if self.ended_at else self.valid_until

    @property
    def review_due_at(self) -> dt.datetime:
        """When it is flagged unless a second person has said something."""
        return self.valid_from + GLASS_REVIEWED_WITHIN

    def is_running(self, at: dt.datetime) -> bool:
        """Whether it lets its user read something at `at`."""
        return self.case_id is not None and self.valid_from <= at < self.ends_at


class BlockedGlass(models.Model):
    """Somebody tried to open a case they may never see: a declared conflict, or a protection they are not cleared for.

    They are told that nothing was found, as if the case did not exist. Whoever leads the case is told of the attempt.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    glass = models.ForeignKey(BreakGlass, models.PROTECT, related_name="blocked")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["glass", "case"], name="glass_blocked_once")]

    def __str__(self) -> str:
        return f"{self.glass_id}"
