"""Writing in the timeline by hand, and correcting what one wrote."""

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from cases import policies
from cases.enums import EntryKind
from cases.models import Case, Entry
from cases.services.lifecycle import lock, record_change, write_entry


@transaction.atomic
def write(case: Case, *, kind: EntryKind, part: Part, text: str, by: Actor) -> Entry:
    """Add a note, a conversation or an agreement to the timeline, for those whose right covers its part and author.

    The same words by the same hand within the same part twice in a row are one entry: a second press of the button
    gets the first one back. Raises Refused.
    """
    case = lock(case)
    policies.may_write_entry(by, case, part).enforce()
    latest = Entry.objects.filter(case=case, author=by.user, author_agency=by.agency).newest_first().first()
    if latest is not None and (latest.kind, latest.part, latest.text) == (kind, part, text):
        return latest
    entry = write_entry(case, kind=kind, part=part, text=text, by=by)
    record_change("entry.written", case, by=by, parts=[part])
    return entry


@transaction.atomic
def correct(entry: Entry, *, text: str, by: Actor) -> Entry:
    """Put a new line in the place of `entry`: the old stays, marked as corrected (a record is never rewritten).

    Raises Refused, and NotNow when it has been corrected already.
    """
    case = lock(entry.case)
    policies.may_correct_entry(by, case, entry).enforce()
    if Entry.objects.filter(supersedes=entry).exists():
        raise NotNow(_("Teksten er rettet allerede. Rett den nyeste i stedet."), "superseded")
    new = write_entry(
        case,
        kind=EntryKind(entry.kind),
        part=Part(entry.part),
        text=text,
        by=by,
        occurred_at=entry.occurred_at,
        supersedes=entry,
    )
    record_change("entry.corrected", case, by=by, parts=[entry.part])
    return new


def writable_parts(actor: Actor, case: Case) -> list[Part]:
    """The parts the actor may choose between when writing, in the programme's order; none when they may not write.

    Whereabouts of a person with a hidden address are no choice: `may_write_entry` would refuse them (F-19).
    """
    in_play = [p for p in case.programme_version.definition.parts if p != Part.CONTACT or not case.person.is_sealed]
    if case.is_led_by(actor.agency):
        return in_play if policies.may_write_entry(actor, case, Part.CORE) else []
    open_parts = policies.parts_open_to(actor, case)
    return [part for part in in_play if part in open_parts] if policies.may_write_entry(actor, case, Part.CORE) else []
