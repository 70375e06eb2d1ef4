"""What a recipient would read if this were shared now: "Dette vil de se" (design.md, "Why is a feature").

Nothing here foretells the rule. The right is written as it would be, in a savepoint that is never released; the database is
asked on behalf of the recipient, through the same querysets and under the same second lock as its own pages; and all
of it is undone. Of what the recipient would find, the one who asks is shown what they may read themselves: what other
agencies wrote stays theirs, also its number.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.utils.functional import Promise

from agencies.actors import CLEARANCE_ORDER, Actor
from agencies.enums import Part, Role
from agencies.models import Agency, User
from audit import clock, context
from cases.models import Case, CaseContent
from cases.services.lifecycle import record_change
from cases.shown import kinds
from consent.contents import Contents
from consent.enums import EndReason
from consent.models import Consent, ConsentForum, ConsentScope, Disclosure

Found = set[tuple[int, uuid.UUID]]  # which kind of content, and the row


@dataclass(frozen=True)
class Piece:
    """One row of content as the recipient would find it. `is_new`: it does not read it today."""

    kind: str | Promise
    title: str
    text: str
    part: Part
    author: str
    at: dt.datetime
    is_new: bool


@dataclass(frozen=True)
class Preview:
    """What one recipient would find, of what the asker may read: the parts that open, and the pieces in their order."""

    agency: Agency
    parts: tuple[Part, ...]
    pieces: tuple[Piece, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many pieces of each kind, in words: ("Tidslinjen", 4)."""
        return list(Counter(str(piece.kind) for piece in self.pieces).items())

    @property
    def by_part(self) -> list[tuple[Part, list[Piece]]]:
        """The parts that open, each with its pieces, newest first."""
        return [(part, [piece for piece in self.pieces if piece.part == part]) for part in self.parts]


def of_consent(case: Case, contents: Contents, *, by: Actor) -> list[Preview]:
    """What each agency on a consent that is being typed in would read, by name. Writes nothing but an event in the log."""

    def share() -> None:
        _record_consent(case, contents, by)

    told = contents.recipients()
    recipients = [agency for agency in Agency.objects.filter(pk__in=told).order_by("name") if agency != by.agency]
    parts = {pk: {Part.CORE, *map(Part, opened)} for pk, opened in told.items()}
    return _previews(case, recipients, parts, share, by=by, kind="consent.previewed")


def of_disclosure(
    case: Case, recipient: Agency, parts: Collection[Part], *, by: Actor, includes_report: bool = False
) -> Preview:
    """What `recipient` would read of these parts, once approved where that is needed. Writes nothing but an event."""

    def share() -> None:
        _record_disclosure(case, recipient, parts, by, includes_report=includes_report)

    opened = {recipient.pk: {Part.CORE, *parts}}
    (preview,) = _previews(case, [recipient], opened, share, by=by, kind="disclosure.previewed")
    return preview


def _previews(
    case: Case,
    recipients: Sequence[Agency],
    parts: dict[int, set[Part]],
    share: Callable[[], None],
    *,
    by: Actor,
    kind: str,
) -> list[Preview]:
    """Four questions a recipient and one a kind of content, however much there is."""
    if not recipients:
        return []
    before = {agency.pk: _found_by(agency, case) for agency in recipients}
    with _undone():
        share()
        after = {agency.pk: _found_by(agency, case) for agency in recipients}
    pieces = _pieces(case, set().union(*after.values()), by)
    record_change(
        kind, case, by=by, parts=set().union(*(parts[agency.pk] for agency in recipients)),
        purpose=",".join(agency.slug for agency in recipients),
    )  # fmt: skip
    return [
        Preview(
            agency,
            tuple(part for part in Part if part in parts[agency.pk]),
            tuple(
                piece(key not in before[agency.pk])
                for key, piece in sorted(pieces.items(), key=lambda one: one[1](False).at, reverse=True)
                if key in after[agency.pk]
            ),
        )
        for agency in recipients
    ]


@contextmanager
def _undone() -> Iterator[None]:
    """A savepoint that is always rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _found_by(agency: Agency, case: Case) -> Found:
    """What anybody in `agency` whose role answers for its cases, and who is cleared for everything, finds of the case."""
    reader = Actor(
        user=User(pk=0),
        agency=agency,
        roles=frozenset({Role.MANAGER}),
        clearance=CLEARANCE_ORDER[-1],
        at=clock.now(),
    )
    with context.acting(user_id=None, agency_id=agency.pk):
        if not Case.objects.visible_to(reader).filter(pk=case.pk).exists():
            return set()
        return _ids(case, lambda model: model.objects.readable_by(reader))


def _ids(case: Case, readable: "Callable[[type[CaseContent]], QuerySet[CaseContent]]") -> Found:
    questions = [
        readable(model)
        .filter(case=case, **(kind.standing or {}))
        .order_by()
        .annotate(kind_of=Value(number))
        .values_list("kind_of", "pk")
        for number, (model, kind) in enumerate(kinds().items())
    ]
    return set(questions[0].union(*questions[1:], all=True))


def _pieces(case: Case, wanted: Found, by: Actor) -> dict[tuple[int, uuid.UUID], Callable[[bool], Piece]]:
    """Of what is wanted, what the asker may read or wrote for their own agency, each waiting to hear whether it is new."""
    mine = _ids(case, lambda model: model.objects.readable_by(by)) | _ids(
        case, lambda model: model.objects.filter(Q(author_agency=by.agency))
    )
    pieces: dict[tuple[int, uuid.UUID], Callable[[bool], Piece]] = {}
    for number, (model, kind) in enumerate(kinds().items()):
        ids = [pk for one, pk in wanted & mine if one == number]
        if not ids:
            continue
        for row in model.objects.filter(pk__in=ids).select_related("author_agency", "case__programme_version"):
            pieces[number, row.pk] = _piece_of(row, kind.label, kind.title(row), kind.text(row))
    return pieces


def _piece_of(row: CaseContent, kind: str | Promise, title: str, text: str) -> Callable[[bool], Piece]:
    def piece(is_new: bool) -> Piece:
        return Piece(kind, title, text, Part(row.part), row.author_agency.name, row.created_at, is_new)

    return piece


def _record_consent(case: Case, contents: Contents, by: Actor) -> None:
    """The rows of the right as `consents.record` writes them, without what the right does not ask for."""
    now = clock.now()
    case.consents.in_force().update(ended_at=now, end_reason=EndReason.REPLACED, ended_by=by.user)
    newest = case.consents.newest_first().first()
    consent = Consent.objects.create(
        case=case,
        version=newest.version + 1 if newest else 1,
        author_agency=by.agency,
        author=by.user,
        signed_on=clock.today(),
        valid_from=now,
        valid_until_date=clock.today(),
        valid_until=clock.end_of(clock.today()),
        givers=sorted(contents.giver_ids(case.lead_agency)),
    )
    ConsentForum.objects.bulk_create(
        ConsentForum(consent=consent, forum=code, agency=agency)
        for code, participants in contents.forums.items()
        for agency in participants
    )
    ConsentScope.objects.bulk_create(
        ConsentScope(consent=consent, agency=agency, part=part)
        for agency, parts in contents.scopes.items()
        for part in parts
    )


def _record_disclosure(
    case: Case, recipient: Agency, parts: Collection[Part], by: Actor, *, includes_report: bool
) -> None:
    """As it would be once nothing more is needed: a preview asks for no second person."""
    Disclosure.objects.create(
        case=case,
        author_agency=by.agency,
        author=by.user,
        recipient=recipient,
        parts=sorted(str(part) for part in parts),
        includes_report=includes_report,
        subject_informed=True,
        valid_from=clock.now(),
        valid_until_date=clock.today(),
        valid_until=clock.end_of(clock.today()),
    )
