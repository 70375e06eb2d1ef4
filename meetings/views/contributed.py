"""What this app adds to pages of the cases app: rows of "Min dag" and of "Våre bidrag"."""

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.actors import Actor
from audit import clock
from audit.clock import Now
from cases.enums import EntryKind
from cases.models import Entry
from cases.registers import Contribution, DayRow
from cases.services.contributions import labels_for
from meetings import policies
from meetings.models import CaseItem, HeardContent, HeardContentQuerySet, ItemDecision, ItemMinutes, Meeting
from meetings.services import planning, reading
from meetings.services.follow_up import SOURCE

_Heard = TypeVar("_Heard", bound=HeardContent)

AHEAD = dt.timedelta(days=14)
MOST = 500


def day_rows(actor: Actor) -> Iterable[DayRow]:
    """Meetings of the next two weeks, the statuses to write before them, and proposals that wait for the coordinator."""
    meetings = list(
        Meeting.objects.visible_to(actor)
        .planned()
        .filter(ends_at__gt=Now(), starts_at__lt=actor.at + AHEAD)
        .select_related("programme_version")
        .order_by("starts_at")
    )
    if not meetings:
        return
    items = list(
        CaseItem.objects.heard_by(actor).on_agenda().filter(meeting__in=meetings).select_related("case").in_order()
    )
    told = set(
        Entry.objects.filter(
            source_type=SOURCE,
            kind=EntryKind.STATUS,
            author_agency=actor.agency,
            source_id__in=[item.pk for item in items],
        ).values_list("source_id", flat=True)
    )
    by_id = {meeting.pk: meeting for meeting in meetings}
    for meeting in meetings:
        cases = sum(item.meeting_id == meeting.pk for item in items)
        words = (
            ngettext("%(count)d sak du hører", "%(count)d saker du hører", cases) % {"count": cases} if cases else ""
        )
        yield DayRow(
            due_at=meeting.starts_at,
            title=meeting.name,
            context=", ".join(filter(None, [meeting.place, words])),
            action=_("Åpne saklisten"),
            url=reverse("meetings:detail", args=[meeting.pk]),
            is_appointment=True,
        )
    for item in items:
        meeting = by_id[item.meeting_id]
        if item.pk not in told and not meeting.is_convened_by(actor.agency):
            yield DayRow(
                due_at=clock.deadline_on(planning.status_due_on(meeting)),
                title=_("Skriv status før møtet"),
                context=_("Sak %(label)s") % {"label": item.case.label},
                action=_("Skriv status"),
                url=reverse("meetings:status", args=[item.pk]),
                case_id=item.case_id,
            )
    yield from _proposals(meetings, actor)


def _proposals(meetings: list[Meeting], actor: Actor) -> Iterable[DayRow]:
    mine = [meeting for meeting in meetings if policies.may_change(actor, meeting)]
    if not mine:
        return
    waiting = [row.meeting_id for row in reading.unheard_items(mine) if row.state == "proposed"]
    waiting += (
        CaseItem.objects.heard_by(actor).filter(meeting__in=mine, state="proposed").values_list("meeting_id", flat=True)
    )
    for meeting in mine:
        count = waiting.count(meeting.pk)
        if count:
            yield DayRow(
                due_at=None,
                title=ngettext("%(count)d sak er foreslått", "%(count)d saker er foreslått", count) % {"count": count},
                context=meeting.name,
                action=_("Sett tider"),
                url=reverse("meetings:detail", args=[meeting.pk]) + "#proposed",
            )


def contributions(actor: Actor) -> Iterable[Contribution]:
    """What the agency itself asked, wrote down and decided, also when the item is gone for it. Of several parts the
    first stands for them.
    """
    found = [
        (item, _("Spørsmål til møte"), item.question) for item in _own(actor, CaseItem.objects.all())
    ] + [
        (written, _("Referat fra møte"), written.text) for written in _own(actor, ItemMinutes.objects.all())
    ] + [
        (decision, _("Beslutning i møte"), decision.what)
        for decision in _own(actor, ItemDecision.objects.filter(removed_at=None))
    ]  # fmt: skip
    labels = labels_for(actor, {row.case_id for row, _kind, _text in found})
    for row, kind, text in found:
        if row.case_id in labels:
            yield Contribution(row.created_at, labels[row.case_id], kind, text, row.parts[0], row.case_id)


def _own(actor: Actor, rows: HeardContentQuerySet[_Heard]) -> HeardContentQuerySet[_Heard]:
    own = rows.contributed_by(actor.agency)
    return (own if actor.answers_for_agency else own.filter(author=actor.user)).order_by("-created_at", "-pk")[:MOST]
