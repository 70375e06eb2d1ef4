"""Meetings of a forum, who is called, and the agenda: a part about nobody, and the cases (LIL-21, LIL-22).

A meeting says nothing about a young person. What does is `HeardContent`: read only by those who may hear it now, which
one database function answers for page, calendar, print and policy alike (`samlos.may_hear`).
"""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import Part, Role
from agencies.models import Agency, ProgrammeVersion, User
from agencies.models.programme_definition import Forum
from audit import clock
from cases.models import Case
from cases.models.sentence import IsThere, IsWorkedOn
from meetings.enums import ItemState, MeetingState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agencies.actors import Actor

# Who attends for an agency. A privacy officer, an analyst, intake and an administrator have no seat at these tables.
ATTENDING_ROLES = (Role.CASEWORKER, Role.MANAGER, Role.COORDINATOR)


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, actor: "Actor | None") -> "MeetingQuerySet":
        """The meetings `actor` has a seat at: their agency convenes them or is called to them."""
        if actor is None or not actor.has_role(*ATTENDING_ROLES):
            return self.none()
        called = Invitation.objects.standing().filter(meeting=OuterRef("pk"), agency=actor.agency)
        return self.filter(Q(convenor=actor.agency) | Exists(called))

    def planned(self) -> "MeetingQuerySet":
        return self.filter(state=MeetingState.PLANNED)

    def counted_in(self, year: int) -> "MeetingQuerySet":
        """Those that count for the forum's cadence that year: held or still planned (U23-28)."""
        start, end = clock.start_of(dt.date(year, 1, 1)), clock.start_of(dt.date(year + 1, 1, 1))
        return self.exclude(state=MeetingState.CANCELLED).filter(starts_at__gte=start, starts_at__lt=end)


class Meeting(models.Model):
    """One meeting of one forum. `place` is a room, never a person's home."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme_version = models.ForeignKey(ProgrammeVersion, models.PROTECT, related_name="+")
    forum = models.CharField(max_length=40)  # the forum's code in the programme
    convenor = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    called_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    called_at = models.DateTimeField(default=clock.now)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(_("sted"), max_length=120)
    state = models.CharField(max_length=10, choices=MeetingState, default=MeetingState.PLANNED)
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was marked as held, or called off
    # RFC 5546: a calendar takes the invitation with the highest sequence.
    sequence = models.PositiveSmallIntegerField(default=0)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="meeting_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_start"),
            models.CheckConstraint(condition=Q(state__in=MeetingState.values), name="meeting_state_known"),
            models.CheckConstraint(
                condition=Q(state=MeetingState.PLANNED, ended_at=None)
                | (~Q(state=MeetingState.PLANNED) & Q(ended_at__isnull=False)),
                name="meeting_ended_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.forum} {self.starts_at:%Y-%m-%d}"

    @property
    def definition(self) -> Forum:
        """What the programme says of this forum."""
        return self.programme_version.definition.forum(self.forum)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def is_planned(self) -> bool:
        return self.state == MeetingState.PLANNED

    @property
    def is_held(self) -> bool:
        return self.state == MeetingState.HELD

    def is_convened_by(self, agency: Agency) -> bool:
        return bool(self.convenor_id == agency.pk)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def standing(self) -> "InvitationQuerySet":
        return self.filter(withdrawn_at=None)


class Invitation(models.Model):
    """An agency is called to a meeting: by name, or whoever works on cases there. Nothing about a young person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="invitations")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "agency"], condition=Q(withdrawn_at=None), name="invitation_once_an_agency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.agency_id}"


class GeneralItem(models.Model):
    """Part 1 of the agenda: information and coordination, without persons (LIL-21). It has no case and can get none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="general_items")
    title = models.CharField(_("tema"), max_length=120)
    text = models.TextField(_("beskrivelse"), blank=True)
    minutes = models.TextField(_("referat"), blank=True)
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class MayHear(models.Func):
    """`samlos.may_hear`: whether the agency the database is being asked for may hear this, at this instant."""

    function = "samlos.may_hear"
    output_field = models.BooleanField()


_Heard = TypeVar("_Heard", bound="HeardContent")


class HeardContentQuerySet(models.QuerySet[_Heard]):
    forum_path = "forum"

    def contributed_by(self, agency: Agency) -> Self:
        """What `agency` wrote itself, which it always finds under "Våre bidrag"."""
        return self.filter(author_agency=agency)

    def heard_by(self, actor: "Actor") -> Self:
        """What `actor` may hear: they are in the case for their agency, which takes part when the forum speaks of it and
        may know all of its parts (F-12, LIL-23). Ask within the actor's own database context.
        """
        if not actor.works_on_cases:
            return self.none()
        return self.filter(
            MayHear("case_id", self.forum_path, "parts", "author_agency_id"),
            IsThere("case_id", actor=actor),
            IsWorkedOn("case_id", actor=actor),
        )


class HeardContent(models.Model):
    """What is said of a case in a forum. It bears all the parts it touches, and whoever lacks one of them hears nothing:
    derived text inherits the strictest label (security.md 3.5 #5).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="%(class)ss")
    parts = ArrayField(models.CharField(max_length=30, choices=Part))
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class CaseItemQuerySet(HeardContentQuerySet["CaseItem"]):
    def heard_by(self, actor: "Actor") -> Self:
        """As for all heard content, at meetings the actor has a seat at."""
        return super().heard_by(actor).filter(meeting__in=Meeting.objects.visible_to(actor))

    def on_agenda(self) -> "CaseItemQuerySet":
        return self.filter(state=ItemState.ACCEPTED)

    def in_order(self) -> "CaseItemQuerySet":
        """As the meeting takes them: by time, then as they were proposed."""
        return self.order_by(F("starts_at").asc(nulls_last=True), "created_at", "pk")


class CaseItem(HeardContent):
    """Part 2 of the agenda: one case, with the parts it touches and the question to be answered (SIG-46).

    The author is who proposed it: the case's lead. Nothing of it changes but what becomes of it and when it is taken up.
    """

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="case_items")
    forum = models.CharField(max_length=40)
    question = models.TextField(_("spørsmål"))
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.PROPOSED)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutter"), default=10, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )

    objects = CaseItemQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["meeting"], name="case_item_by_meeting")]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "case"], condition=Q(state__in=["proposed", "accepted"]), name="case_once_on_agenda"
            ),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="case_item_state_known"),
            models.CheckConstraint(condition=~Q(parts=[]), name="case_item_has_parts"),
            models.CheckConstraint(
                condition=~Q(state=ItemState.ACCEPTED) | Q(starts_at__isnull=False), name="case_item_on_agenda_has_time"
            ),
        ]

    @property
    def ends_at(self) -> dt.datetime | None:
        return self.starts_at + dt.timedelta(minutes=self.minutes) if self.starts_at else None


class WithItemQuerySet(HeardContentQuerySet[_Heard]):
    forum_path = "item__forum"

    def heard_by(self, actor: "Actor") -> Self:
        """What was written to items the actor may hear, by agencies the actor may hear."""
        return super().heard_by(actor).filter(item__in=CaseItem.objects.heard_by(actor))

    def of_heard(self, items: "Iterable[CaseItem]", actor: "Actor") -> Self:
        """The same for items that were found by `heard_by` in this very transaction, whose clock stands still."""
        return super().heard_by(actor).filter(item__in=[item.pk for item in items])


class ItemMinutes(HeardContent):
    """What was said of one case: a sealed record of its own, read by those who might hear it (F-17). A correction is a
    new row; the newest of each agency counts.
    """

    item = models.ForeignKey(CaseItem, models.PROTECT, related_name="written_minutes")
    number = models.PositiveSmallIntegerField()  # the agency's first, second, … of this item
    text = models.TextField(_("referat"))

    objects = WithItemQuerySet["ItemMinutes"].as_manager()

    class Meta:
        verbose_name_plural = "item minutes"
        constraints = [
            models.UniqueConstraint(fields=["item", "author_agency", "number"], name="minutes_numbered_once")
        ]


class ItemDecision(HeardContent):
    """What was agreed about one case: what, which agency sees to it, and by when."""

    item = models.ForeignKey(CaseItem, models.PROTECT, related_name="decisions")
    what = models.CharField(_("hva"), max_length=300)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    due_on = models.DateField(_("frist"))
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = WithItemQuerySet["ItemDecision"].as_manager()
