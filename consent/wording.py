"""What a consent says, in sentences to read aloud together with the young person."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agencies.models import Agency
from cases.models import Case
from cases.services.access_explained import listed, part_words
from consent.contents import forums_of
from consent.models import Consent
from consent.services.effects import recipients_of


@dataclass(frozen=True)
class Sentence:
    """One line: `who` is set in bold, `says` follows it."""

    who: str
    says: str


def read_aloud(
    case: Case, told: Mapping[int, Collection[str]], givers: Collection[int], forums: Mapping[str, Collection[int]]
) -> list[Sentence]:
    """Who may know what, who may tell, and in which meetings: one sentence each. Ids are those of agencies."""
    named = Agency.objects.in_bulk({*told, *givers, *(pk for ids in forums.values() for pk in ids)})
    sentences = [
        Sentence(named[pk].name, _("kan få vite om %(parts)s.") % {"parts": part_words(parts)})
        for pk, parts in _by_name(told, named)
        if parts
    ]
    if givers:
        sentences.append(
            Sentence(listed(_names(givers, named)), _("kan fortelle det de selv vet, innenfor de samme rutene."))
        )
    for forum in forums_of(case):
        present = forums.get(forum.code, ())
        if present:
            sentences.append(
                Sentence(
                    forum.name,
                    _("kan snakke om saken når disse er med: %(who)s.") % {"who": listed(_names(present, named))},
                )
            )
        else:
            sentences.append(Sentence(forum.name, _("kan ikke snakke om saken.")))
    return sentences


def read_consent_aloud(consent: Consent) -> list[Sentence]:
    """The sentences of a recorded consent."""
    return read_aloud(consent.case, recipients_of(consent), consent.givers, forums_on(consent))


def forums_on(consent: Consent) -> dict[str, list[int]]:
    """Forum code → the ids of those who take part when it speaks of the case."""
    forums: dict[str, list[int]] = {}
    for seat in consent.forums.all():
        forums.setdefault(seat.forum, []).append(seat.agency_id)
    return forums


def _by_name(told: Mapping[int, Collection[str]], named: Mapping[int, Agency]) -> Iterable[tuple[int, Collection[str]]]:
    return sorted(told.items(), key=lambda item: named[item[0]].name)


def _names(ids: Iterable[int], named: Mapping[int, Agency]) -> list[str]:
    return sorted(named[pk].name for pk in ids)
