"""Odd look-ups, found each night and judged in one click by the agency's privacy officer, who sees no case (G21).

A log nobody reads stops nobody (security.md 0, point 8). What is flagged is not wrong: it is what a neighbour, a relative
or the curious would look like. It serves lawful access and nothing else, never how much somebody works.
"""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.models import Agency
from audit import clock
from audit.services import record
from cases import policies
from cases.enums import FollowUpOfBreach, ReviewOutcome
from cases.models import LookUpReview
from cases.services.log_words import READS

# Soft limits of security.md 5 ("Rate limits"): what is beyond is looked at, not stopped.
RULES = {
    "evening": 22,
    "morning": 6,
    "cases_an_hour": 60,
    "misses": 10,
    "task_days": 7,
    # Trying counts too; what others say of it afterwards does not.
    "glass": ["glass.opened", "glass.not_found"],
    # What is no task of one's own: looking, and making a paper of what one sees.
    "reads": sorted(READS | {"plan.exported", "insight.exported"}),
}
# A look-up without a task is one only when a week has passed; the night after that week still finds it.
LOOKED_BACK = dt.timedelta(days=RULES["task_days"] + 7)  # type: ignore[operator]
UNDONE_WITHIN = dt.timedelta(days=1)
IN_TIME = dt.timedelta(days=14)
COUNTED = dt.timedelta(days=90)
BREACH_CLOCK = dt.timedelta(hours=72)  # GDPR art. 33: from when the agency knows


def look_for_odd(*, agency: Agency) -> int:
    """Put the odd look-ups of the agency's own people into its queue; answers how many items are new.

    Must run on the agency's behalf. Running it again changes nothing: what waits is not asked twice, and what was judged
    is not asked again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.flag_look_ups(%s, %s, %s)",
            [clock.now() - LOOKED_BACK, str(clock.local_zone()), json.dumps(RULES)],
        )
        return int(cursor.fetchone()[0])


def look_now(*, by: Actor) -> int:
    """As `look_for_odd`, because the privacy officer asked for it."""
    policies.may_review_look_ups(by).enforce()
    found = look_for_odd(agency=by.agency)
    _record("log_review.looked", by=by)
    return found


# --- the queue ---------------------------------------------------------------------------------------------------------


def waiting_ids(actor: Actor) -> list[uuid.UUID]:
    """The items of the actor's agency that nobody has judged, what the person asked about first, then the oldest."""
    if not policies.may_review_look_ups(actor):
        return []
    rows = LookUpReview.objects.of(actor.agency).unsettled()
    return list(
        rows.order_by(F("reported_by_agency").asc(nulls_last=True), "found_at", "pk").values_list("pk", flat=True)
    )


def just_settled_ids(actor: Actor) -> list[uuid.UUID]:
    """What the actor has judged and may still take back, newest first."""
    rows = LookUpReview.objects.of(actor.agency).filter(
        settled_by=actor.user, settled_at__gt=clock.now() - UNDONE_WITHIN, followed_up_at=None
    )
    return list(rows.order_by("-settled_at", "pk").values_list("pk", flat=True))


def breach_ids(actor: Actor) -> list[uuid.UUID]:
    """What was found unlawful: those not followed up first, by when the 72 hours end, then the newest."""
    if not policies.may_review_look_ups(actor):
        return []
    rows = LookUpReview.objects.of(actor.agency).breaches()
    order = (F("followed_up_at").desc(nulls_first=True), "settled_at", "pk")
    return list(rows.order_by(*order).values_list("pk", flat=True))


def open_breaches(agency: Agency) -> int:
    """How many unlawful look-ups wait to be followed up."""
    return LookUpReview.objects.of(agency).breaches().filter(followed_up_at=None).count()


def items(ids: Sequence[uuid.UUID]) -> list[LookUpReview]:
    """These items in their order. One query, whatever their number."""
    found = LookUpReview.objects.select_related("employee", "settled_by", "followed_up_by").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True)
class InTime:
    """How many of the last 90 days' items were due for an answer, and how many got it within 14 days."""

    due: int
    in_time: int

    @property
    def percent(self) -> int | None:
        """Rounded down, so that it never claims more than was done; None when nothing was due."""
        return None if self.due == 0 else self.in_time * 100 // self.due


def answered_in_time(agency: Agency) -> InTime:
    """The measure of the queue (security.md 4, "Log review": 95 % within 14 days). One query."""
    now = clock.now()
    prompt = Q(settled_at__isnull=False, settled_at__lte=F("found_at") + IN_TIME)
    due = Q(settled_at__isnull=False) | Q(found_at__lte=now - IN_TIME)
    counts = (
        LookUpReview.objects.of(agency)
        .filter(found_at__gt=now - COUNTED)
        .aggregate(due=Count("pk", filter=due), in_time=Count("pk", filter=prompt))
    )
    return InTime(counts["due"], counts["in_time"])


# --- judging -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(review_id: uuid.UUID, outcome: ReviewOutcome, *, by: Actor, note: str = "") -> LookUpReview | None:
    """Judge one item. None when there is no such item for the actor's agency; NotNow when it is judged already."""
    policies.may_review_look_ups(by).enforce()
    review = _locked(review_id, by)
    if review is None:
        return None
    policies.may_settle_look_up(by, review).enforce()
    if review.settled_at is not None:
        raise NotNow(_("Oppslaget er allerede vurdert."), "already_settled")
    review.outcome, review.note = outcome, note.strip()
    review.settled_by, review.settled_at = by.user, clock.now()
    review.save(update_fields=["outcome", "note", "settled_by", "settled_at"])
    _record("log_review.settled", by=by, review=review, purpose=outcome)
    return review


def may_be_undone(review: LookUpReview, *, by: Actor) -> bool:
    """Whether a judgement can be taken back: within a day, by whoever made it, when nothing followed from it."""
    return (
        review.settled_at is not None
        and review.settled_by_id == by.user.pk
        and review.settled_at > clock.now() - UNDONE_WITHIN
        and review.followed_up_at is None
    )


@transaction.atomic
def undo(review_id: uuid.UUID, *, by: Actor) -> LookUpReview | None:
    """Take a judgement back: the item waits again. None when there is no such item; NotNow when it is too late."""
    policies.may_review_look_ups(by).enforce()
    review = _locked(review_id, by)
    if review is None:
        return None
    if not may_be_undone(review, by=by):
        raise NotNow(_("Vurderingen kan ikke angres lenger."), "too_late")
    review.outcome, review.note, review.settled_by, review.settled_at = "", "", None, None
    review.save(update_fields=["outcome", "note", "settled_by", "settled_at"])
    _record("log_review.reopened", by=by, review=review)
    return review


@transaction.atomic
def follow_up(review_id: uuid.UUID, how: FollowUpOfBreach, note: str, *, by: Actor) -> LookUpReview | None:
    """Note what was done about an unlawful look-up (GDPR art. 33 no. 5). None when there is no such breach; NotNow when
    it is followed up already.
    """
    policies.may_review_look_ups(by).enforce()
    review = _locked(review_id, by)
    if review is None or review.outcome != ReviewOutcome.UNLAWFUL:
        return None
    policies.may_settle_look_up(by, review).enforce()
    if review.followed_up_at is not None:
        raise NotNow(_("Avviket er allerede fulgt opp."), "already_followed_up")
    review.follow_up, review.follow_up_note = how, note.strip()
    review.followed_up_by, review.followed_up_at = by.user, clock.now()
    review.save(update_fields=["follow_up", "follow_up_note", "followed_up_by", "followed_up_at"])
    _record("log_review.followed_up", by=by, review=review, purpose=how)
    return review


def _locked(review_id: uuid.UUID, by: Actor) -> LookUpReview | None:
    return LookUpReview.objects.of(by.agency).select_for_update(of=("self",)).filter(pk=review_id).first()


def _record(kind: str, *, by: Actor, review: LookUpReview | None = None, purpose: str = "") -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        object_type="look_up_review",
        object_id=review.pk if review else "",
        purpose=purpose,
    )
