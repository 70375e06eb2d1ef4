"""Loading a programme file: the same content twice changes nothing, a changed file becomes a new version."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from agencies.enums import ForumKind
from agencies.models import Programme, ProgrammeVersion
from agencies.models.programme_definition import ProgrammeDefinition
from agencies.services import yaml_files
from agencies.services.yaml_files import Key, Problem, YamlFile
from audit import clock

#: Where the product's own programmes stand.
FOLDER = Path(settings.BASE_DIR) / "programmes"
SCHEMA = FOLDER / "schema.json"

#: Lists whose rows are looked up by code, or by kind, so that none may stand twice.
KEYED_LISTS = {
    "parties": "kind",
    "agenda_parts": "code",
    "forums": "code",
    "initial_review": "code",
    "basic_needs": "code",
    "assessments": "code",
    "plan_areas": "code",
    "contracts": "code",
    "deadlines": "state",
}
#: Lists whose rows belong to an information part.
LISTS_IN_PARTS = ("initial_review", "basic_needs", "assessments", "plan_areas", "contracts")


@dataclass(frozen=True)
class Loaded:
    """What loading a file led to. `warnings` are sentences about what is allowed but should be mended."""

    programme: Programme
    version: ProgrammeVersion
    changed: bool
    warnings: tuple[str, ...]


def load(path: Path) -> Loaded:
    """Load one programme file.

    The content decides, not comments or layout: a file that says the same as the newest version makes no new one.
    Older versions stay as they were, for the cases that run under them. Raises BrokenFileError, whose text names the
    file, line and key of everything that is wrong, and then nothing has changed.
    """
    file = read(path)
    document = file.document
    checksum = checksum_of(document)
    with transaction.atomic():
        programme, _created = Programme.objects.update_or_create(
            code=document["code"], defaults={"name": document["name"], "country": document["country"]}
        )
        newest = programme.versions.order_by("-number").first()
        if newest is not None and newest.checksum == checksum:
            return Loaded(programme, newest, changed=False, warnings=tuple(warnings(file)))
        version = programme.versions.create(
            number=newest.number + 1 if newest else 1,
            checksum=checksum,
            document=document,
            loaded_at=clock.now(),
        )
    return Loaded(programme, version, changed=True, warnings=tuple(warnings(file)))


def read(path: Path) -> YamlFile:
    """The file, valid in itself and against the schema. Raises BrokenFileError."""
    file = yaml_files.read(path)
    problems = yaml_files.check(file, yaml_files.load_schema(SCHEMA))
    # Cross-checks read the document as the schema promises it, so they wait until it holds.
    problems = problems or list(contradictions(file))
    if problems:
        raise yaml_files.BrokenFileError(path, problems)
    return file


def checksum_of(document: dict[str, Any]) -> str:
    """SHA-256 over the content in one fixed spelling."""
    spelled = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def warnings(file: YamlFile) -> Iterator[str]:
    """What the source itself leaves odd: a blank next revision (U23-01), members outside the scope (U23-27)."""
    definition = ProgrammeDefinition.from_document(file.document)
    if definition.routine.next_revision_on is None:
        key: Key = ("routine", "next_revision_on")
        message = _("Rutinen har ingen dato for neste revisjon.")
        yield yaml_files.sentence(file.path, file.problem(key, message))
    for position, forum in enumerate(definition.forums):
        outside = definition.members_out_of_scope(forum)
        for kind in outside:
            key = ("forums", position, "members", forum.members.index(kind))
            message = _("%(agency)s er med i forumet, men står ikke i programmets omfang.") % {"agency": kind.label}
            yield yaml_files.sentence(file.path, file.problem(key, message))


def contradictions(file: YamlFile) -> Iterator[Problem]:
    """What no schema sees: names that point nowhere, rows that stand twice, limits the wrong way round."""
    document = file.document
    if document["code"] != file.path.stem:
        message = _("Koden må være den samme som filnavnet, «%(name)s».")
        yield file.problem(("code",), message % {"name": file.path.stem})
    for name, key_name in KEYED_LISTS.items():
        yield from _repeated(file, (name,), key_name)
    yield from _repeated(file, ("selection", "criteria"), "code")
    yield from _dangling_agencies(file)
    yield from _dangling_codes(file)
    yield from _wrong_limits(file)
    for position, forum in enumerate(document["forums"]):
        yield from _impossible_forum(file, ("forums", position), forum)


def _repeated(file: YamlFile, key: Key, name: str) -> Iterator[Problem]:
    """Rows of a keyed list that share their key with an earlier row."""
    rows = _at(file.document, key)
    counted: Counter[str] = Counter()
    for position, row in enumerate(rows):
        counted[row[name]] += 1
        if counted[row[name]] > 1:
            message = _("«%(value)s» står to ganger. Ta bort den ene.")
            yield file.problem((*key, position, name), message % {"value": row[name]})


def _dangling_agencies(file: YamlFile) -> Iterator[Problem]:
    """Agency kinds with a task in the programme that are neither parties nor members of the forum in question."""
    document = file.document
    parties = {row["kind"] for row in document["parties"]}
    message = _("«%(kind)s» står ikke i parties. Legg den til der, eller velg en av dem som står der.")
    for position, kind in enumerate(document["lead_kinds"]):
        if kind not in parties:
            yield file.problem(("lead_kinds", position), message % {"kind": kind})
    functions: list[tuple[Key, dict[str, str]]] = [
        (("proposers", position), row) for position, row in enumerate(document["proposers"])
    ]
    if document["intake"]:
        functions.append((("intake",), document["intake"]))
    for key, row in functions:
        if row["kind"] not in parties:
            yield file.problem((*key, "kind"), message % {"kind": row["kind"]})
    for position, forum in enumerate(document["forums"]):
        kind = forum["convenor"]["kind"]
        if kind not in parties and kind not in forum["members"]:
            yield file.problem(("forums", position, "convenor", "kind"), message % {"kind": kind})


def _dangling_codes(file: YamlFile) -> Iterator[Problem]:
    """Codes and parts that are used in one section and missing from the section that should define them."""
    document = file.document
    criteria = {row["code"] for row in document["selection"]["criteria"]}
    for name in ("at_least_one_of", "asked"):
        yield from _missing(file, ("selection", name), criteria, "selection.criteria")
    agenda_parts = {row["code"] for row in document["agenda_parts"]}
    for position in range(len(document["forums"])):
        yield from _missing(file, ("forums", position, "agenda_parts"), agenda_parts, "agenda_parts")
    parts = set(document["parts"])
    if document["consent"]:
        yield from _missing(file, ("consent", "parts"), parts, "parts")
    for name in LISTS_IN_PARTS:
        for position, row in enumerate(document[name]):
            if row["part"] not in parts:
                yield file.problem((name, position, "part"), _points_nowhere(row["part"], "parts"))


def _missing(file: YamlFile, key: Key, defined: set[str], section: str) -> Iterator[Problem]:
    """The entries of a list that the section does not define."""
    for position, value in enumerate(_at(file.document, key)):
        if value not in defined:
            yield file.problem((*key, position), _points_nowhere(value, section))


def _points_nowhere(value: str, section: str) -> str:
    message = _("«%(value)s» er ikke beskrevet i %(section)s.")
    return message % {"value": value, "section": section}


def _wrong_limits(file: YamlFile) -> Iterator[Problem]:
    """Smallest above largest, and a default above the maximum."""
    document = file.document
    message = _("%(max)s er mindre enn det minste, %(min)s.")
    ranges: list[tuple[Key, dict[str, Any]]] = [(("age",), document["age"])] if document["age"] else []
    for position, forum in enumerate(document["forums"]):
        for at, cadence in enumerate(forum["cadences"]):
            ranges.append((("forums", position, "cadences", at), cadence))
    for key, row in ranges:
        if row["max"] is not None and row["max"] < row["min"]:
            yield file.problem((*key, "max"), message % row)
    consent = document["consent"]
    if consent and consent["default_months"] > consent["max_months"]:
        message = _("Forslaget kan ikke være lengre enn det lengste, %(max)s måneder.")
        yield file.problem(("consent", "default_months"), message % {"max": consent["max_months"]})


def _impossible_forum(file: YamlFile, key: Key, forum: dict[str, Any]) -> Iterator[Problem]:
    """A forum that would hear individuals where it may not (SLT-21), where it has no place for it, or on no basis."""
    if not forum["individual_cases"]:
        return
    kind = ForumKind(forum["kind"])
    if kind.never_hears_individuals:
        message = _("%(kind)s kan aldri ta opp enkeltsaker. La listen være tom.") % {"kind": kind.label}
        yield file.problem((*key, "individual_cases"), message)
    about_persons = {row["code"] for row in file.document["agenda_parts"] if row["about_persons"]}
    if about_persons.isdisjoint(forum["agenda_parts"]):
        message = _("Forumet tar opp enkeltsaker og må ha en del av saklisten for dem.")
        yield file.problem((*key, "agenda_parts"), message)
    if "consent" in forum["individual_cases"] and not file.document["consent"]:
        message = _("Forumet bygger på samtykke, men programmet har ikke noe samtykkeskjema.")
        yield file.problem((*key, "individual_cases"), message)


def _at(document: Any, key: Key) -> Any:
    for step in key:
        document = document[step]
    return document
