"""Every catalogue is complete: no message missing, none marked fuzzy. Run by `make check`.

Sentences are written in bokmål in the code, so in the nb catalogue a message without a translation is the original.
"""

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
SOURCE_LANGUAGE = "nb"


def shortcomings(catalogue: Path) -> tuple[int, int]:
    """How many messages of one catalogue are missing and how many are fuzzy."""
    entries = [entry for entry in polib.pofile(str(catalogue)) if not entry.obsolete]
    fuzzy = sum(entry.fuzzy for entry in entries)
    if catalogue.parts[-3] == SOURCE_LANGUAGE:
        return 0, fuzzy
    return sum(not entry.translated() and not entry.fuzzy for entry in entries), fuzzy


def main() -> int:
    """Print a line for each catalogue; 1 when any falls short."""
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    found = {catalogue: shortcomings(catalogue) for catalogue in catalogues}
    for catalogue, (missing, fuzzy) in found.items():
        print(f"{catalogue.relative_to(ROOT)}: {missing} missing, {fuzzy} fuzzy")
    if not any(catalogue.parts[-3] == SOURCE_LANGUAGE for catalogue in catalogues):
        print(f"{SOURCE_LANGUAGE}: written in the code itself, 0 missing, 0 fuzzy")
    return int(any(sum(counts) for counts in found.values()))


if __name__ == "__main__":
    sys.exit(main())
