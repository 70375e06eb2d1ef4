"""The catalogue of legal bases: loading it, and asking which rows can be used for what on a date."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.enums import LegalUse
from agencies.models import LegalBasis
from agencies.models.programmes import LegalBasisQuerySet
from agencies.services import programmes, yaml_files
from agencies.services.yaml_files import Problem, YamlFile

FOLDER = programmes.FOLDER / "legal_bases"
SCHEMA = FOLDER / "schema.json"

#: What a row holds when its file leaves the key out.
EMPTY: dict[str, Any] = {
    "uses": [],
    "conditions": [],
    "requires": [],
    "limits": [],
    "narrows": [],
    "cited_by": [],
    "from": "",
    "to": "",
    "rule": "",
    "note": "",
    "deadline": None,
    "overrides_secrecy": False,
    "personal_duty": False,
    "decider_role": None,
}


@dataclass(frozen=True)
class LoadedBases:
    """How many rows of a country's catalogue are new, changed, or switched off since they left the file."""

    country: str
    created: int
    changed: int
    retired: int

    @property
    def anything_changed(self) -> bool:
        """Whether the database now differs from before."""
        return bool(self.created or self.changed or self.retired)


def usable_for(use: LegalUse | str, *, on: dt.date, country: str = "NO") -> LegalBasisQuerySet:
    """The legal bases a person may choose for that use on that date.

    A concern report by the police rests on politiregisterloven § 27 fourth paragraph, § 27 second paragraph nr. 1 or
    § 30 (part B, T1); a disclosure on any right in the catalogue. Only enabled rows in force on the date; a row whose
    yearly reading is due is still offered, with a warning (F-31, `LegalBasis.review_is_due`). ValueError: unknown use.
    """
    return LegalBasis.objects.usable_for(LegalUse(use), on=on, country=country)


def load(path: Path) -> LoadedBases:
    """Load one country's catalogue. Rows that left the file are kept for what rests on them, but switched off.

    A row that someone has disabled or enabled in the database follows the file again. Raises BrokenFileError, whose
    text names the file, line and key of everything that is wrong, and then nothing has changed.
    """
    document = read(path).document
    country = document["country"]
    created = changed = 0
    with transaction.atomic():
        known = {basis.code: basis for basis in LegalBasis.objects.select_for_update().filter(country=country)}
        for row in document["bases"]:
            fields = _fields(row, reviewed_on=document["reviewed_on"])
            basis = known.pop(row["code"], None)
            if basis is None:
                LegalBasis.objects.create(country=country, code=row["code"], **fields)
                created += 1
            elif any(getattr(basis, name) != value for name, value in fields.items()):
                LegalBasis.objects.filter(pk=basis.pk).update(**fields)
                changed += 1
        left = [basis.pk for basis in known.values() if basis.enabled]
        retired = LegalBasis.objects.filter(pk__in=left).update(enabled=False) if left else 0
    return LoadedBases(country, created, changed, retired)


def read(path: Path) -> YamlFile:
    """The catalogue, valid in itself and against the schema. Raises BrokenFileError."""
    file = yaml_files.read(path)
    problems = yaml_files.check(file, yaml_files.load_schema(SCHEMA))
    problems = problems or list(contradictions(file))
    if problems:
        raise yaml_files.BrokenFileError(path, problems)
    return file


def contradictions(file: YamlFile) -> Iterator[Problem]:
    """Codes that stand twice, belong to another country or point nowhere, and dates the wrong way round."""
    country = file.document["country"]
    codes = [row["code"] for row in file.document["bases"]]
    for position, row in enumerate(file.document["bases"]):
        code = row["code"]
        key = ("bases", position)
        if code in codes[:position]:
            yield file.problem((*key, "code"), _("«%(code)s» står to ganger. Ta bort den ene.") % {"code": code})
        if not code.startswith(f"{country}-"):
            message = _("«%(code)s» må begynne med landkoden, %(country)s.")
            yield file.problem((*key, "code"), message % {"code": code, "country": country})
        for at, narrowed in enumerate(row.get("narrows", [])):
            if narrowed not in codes:
                message = _("«%(code)s» finnes ikke i denne filen.")
                yield file.problem((*key, "narrows", at), message % {"code": narrowed})
        begins, ends = row.get("valid_from"), row.get("valid_to")
        if begins and ends and ends < begins:
            yield file.problem((*key, "valid_to"), _("Hjemmelen slutter før den begynner."))


def _fields(row: dict[str, Any], *, reviewed_on: str) -> dict[str, Any]:
    """The columns of a row. What is a column of its own is not repeated in the document."""
    columns = {
        "code",
        "label",
        "statute",
        "section",
        "effect",
        "valid_from",
        "valid_to",
        "reviewed_on",
        "enabled_default",
    }
    return {
        "label": row["label"],
        "statute": row["statute"],
        "section": row["section"],
        "effect": row["effect"],
        "document": EMPTY | {name: value for name, value in row.items() if name not in columns},
        "valid_from": _date(row.get("valid_from")),
        "valid_to": _date(row.get("valid_to")),
        "reviewed_on": _date(row.get("reviewed_on", reviewed_on)),
        "enabled": row.get("enabled_default", True),
    }


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
