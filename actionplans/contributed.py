"""What this app adds to pages of the cases: rows of "Min dag", and what an agency wrote in plans."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from actionplans.enums import Progress
from actionplans.models import AreaGoal, Commitment, FollowUp, MainGoal, Measure, MeasureProgress
from agencies.actors import Actor
from audit import clock
from cases.models import CaseContent, CaseContentQuerySet
from cases.models.access import Row
from cases.registers import Contribution, DayRow
from cases.services.contributions import labels_for

# A day's page is for acting: what is further ahead stands in the plans.
MOST = 60
AHEAD = dt.timedelta(days=30)
MOST_CONTRIBUTIONS = 500


def day_rows(actor: Actor) -> Iterable[DayRow]:
    """The measures this person carries that have a last day, and the follow-ups they take part in."""
    yield from _measures(actor)
    yield from _follow_ups(actor)


def _measures(actor: Actor) -> Iterator[DayRow]:
    near = Measure.objects.standing().filter(due_on__lte=(actor.at + AHEAD).date()).seen_by(actor).for_worker(actor)
    rows = near.with_progress_known_to(actor).unfinished().select_related("case__person").order_by("due_on", "pk")
    for row in rows[:MOST]:
        yield DayRow(
            due_at=clock.deadline_on(row.last_day),
            title=row.title,
            context=_context(row),
            action=_("Meld framdrift"),
            url=reverse("actionplans:progress", args=[row.case_id, row.pk]),
            case_id=row.case_id,
            part=row.part,
        )


def _follow_ups(actor: Actor) -> Iterator[DayRow]:
    near = FollowUp.objects.filter(starts_at__lte=actor.at + AHEAD).coming().seen_by(actor).of_interest_to(actor)
    for row in near.select_related("case__person")[:MOST]:
        to_register = row.starts_at <= actor.at and row.author_agency_id == actor.agency.pk
        yield DayRow(
            due_at=row.starts_at,
            title=_("Registrer oppfølgingen av planen") if to_register else _("Oppfølging av planen"),
            context=_context(row),
            action=_("Registrer") if to_register else _("Åpne planen"),
            url=reverse("actionplans:hold_follow_up", args=[row.case_id, row.pk])
            if to_register
            else reverse("actionplans:detail", args=[row.case_id]),
            is_appointment=not to_register,
            case_id=row.case_id,
        )


def _context(row: Measure | FollowUp) -> str:
    return _("Sak %(label)s · %(person)s") % {"label": row.case.label, "person": row.case.person.short_name}


def contributions(actor: Actor) -> list[Contribution]:
    """The agency's own words in plans, also in cases it no longer sees: a worker's own, and all for those who answer."""
    found = list(_written(actor))
    labels = labels_for(actor, {row.case_id for row, _kind, _text in found})
    return [
        Contribution(row.created_at, labels[row.case_id], kind, text, row.part, row.case_id)
        for row, kind, text in found
        if row.case_id in labels
    ]


def _written(actor: Actor) -> Iterator[tuple[CaseContent, str | Promise, str]]:
    told: tuple[tuple[CaseContentQuerySet[Any], str], ...] = (
        (MainGoal.objects.all(), _("Hovedmål i planen")),
        (AreaGoal.objects.exclude(text=""), _("Mål i planen")),
        (Commitment.objects.standing(), _("Ungdommens avtale i planen")),
    )
    for rows, kind in told:
        for row in _own(actor, rows):
            yield row, kind, row.text
    for measure in _own(actor, Measure.objects.standing()):
        yield measure, _("Tiltak i planen"), "\n".join(filter(None, [measure.title, measure.how]))
    for report in _own(actor, MeasureProgress.objects.all()):
        words = [str(Progress(report.status).label), report.text]
        yield report, _("Framdrift i planen"), ". ".join(filter(None, words))


def _own(actor: Actor, rows: CaseContentQuerySet[Row]) -> CaseContentQuerySet[Row]:
    own = rows.contributed_by(actor.agency).newest_first()
    return (own if actor.answers_for_agency else own.filter(author=actor.user))[:MOST_CONTRIBUTIONS]
