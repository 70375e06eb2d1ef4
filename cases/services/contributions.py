"""What an agency wrote itself, which it always finds again: label, kind, date and its own words, nothing else."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from django.db import connection
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.enums import Part
from cases.enums import EntryKind, NeedStatus
from cases.models import BasicNeed, CaseContent, CaseContentQuerySet, ConcernReport, Conflict, Entry, ResourcePerson
from cases.models.case import label_of
from cases.registers import Contribution

Content = TypeVar("Content", bound=CaseContent)

# Each source gives its newest rows; older ones are the archive's business, not a page's.
MOST = 500


def of_this_app(actor: Actor) -> list[Contribution]:
    """The agency's own entries, needs, resource persons and reports, also in cases it no longer sees (design.md,
    "Authorship is no right to a case").

    Need to know holds here too: a worker finds what they wrote themselves, roles that answer find all of the agency's.
    A declared conflict and a protection level above the clearance hide a contribution as they hide the case.
    """
    found = [*_entries(actor), *_needs(actor), *_network(actor), *_reports(actor)]
    labels = labels_for(actor, {case_id for case_id, _row in found})
    return [
        row if row.case_label else replace(row, case_label=labels[case_id])
        for case_id, row in found
        if case_id in labels
    ]


def labels_for(actor: Actor, case_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The labels of those of these cases in which the actor may find the agency's own words again, as they were known
    to the agency. Upper apps ask it for theirs.
    """
    if not case_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id, number, protection_level FROM samlos.labels_once_known(%s)", [list(case_ids)])
        known = {case_id: (number, level) for case_id, number, level in cursor.fetchall()}
    conflicted = set(Conflict.objects.in_force().filter(user=actor.user).values_list("case_id", flat=True))
    labels = {}
    for case_id in case_ids - conflicted:
        number, level = known.get(case_id, (None, None))
        if level is None or actor.is_cleared_for(level):
            labels[case_id] = label_of(number)
    return labels


def _own(actor: Actor, rows: CaseContentQuerySet[Content]) -> CaseContentQuerySet[Content]:
    own = rows.contributed_by(actor.agency)
    return own if actor.answers_for_agency else own.filter(author=actor.user)


def _entries(actor: Actor) -> Iterator[tuple[uuid.UUID, Contribution]]:
    rows = _own(actor, Entry.objects.filter(superseded_by=None).exclude(text="")).order_by("-occurred_at", "-pk")[:MOST]
    for row in rows:
        yield (
            row.case_id,
            Contribution(row.occurred_at, "", EntryKind(row.kind).label, row.text, row.part, row.case_id),
        )


def _needs(actor: Actor) -> Iterator[tuple[uuid.UUID, Contribution]]:
    for row in _own(actor, BasicNeed.objects.all()).newest_first()[:MOST]:
        text = ". ".join(filter(None, [str(NeedStatus(row.status).label), row.text]))
        yield row.case_id, Contribution(row.created_at, "", _("Grunnleggende behov"), text, row.part, row.case_id)


def _network(actor: Actor) -> Iterator[tuple[uuid.UUID, Contribution]]:
    shown = ResourcePerson.objects.filter(removed_at=None).exclude(protection_level__in=actor.levels_hidden)
    for row in _own(actor, shown).newest_first()[:MOST]:
        text = f"{row.name}, {row.relation}"
        yield row.case_id, Contribution(row.created_at, "", _("Ressursperson"), text, row.part, row.case_id)


def _reports(actor: Actor) -> Iterator[tuple[uuid.UUID, Contribution]]:
    """A report bears its sender's own reference: the number of the case it led to is not the sender's to know."""
    rows = _own(actor, ConcernReport.objects.all()).newest_first().prefetch_related("information")[:MOST]
    for row in rows:
        text = "\n".join(piece.text for piece in row.information.all())
        label = row.sender_reference
        yield row.case_id, Contribution(row.created_at, label, _("Bekymringsmelding"), text, Part.CRIME, row.case_id)
