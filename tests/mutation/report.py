"""docs/mutation.md: what is mutated, how many faults each file's tests notice, and every one that lives, with why."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.mutation.runs import FILES, Result

LIMIT = 0.95
REASONS = Path(__file__).with_name("survivors.yaml")

HEAD = """# Mutation testing of the rules of access

Made by `make mutation`; not part of `make test`. Small faults are put, one at a time, into the policies (`*/policies.py`),
the one object backend (`cases/grants.py`), the sentence (`cases/models/sentence.py`), the list and the search that write it
into SQL of their own (`cases/models/listing.py`, `cases/models/found.py`) and the views of the specification
(`samlos.access_specification` and the five views it joins). A fault is *killed* when a test that passes without it fails.

The faults: a comparison flipped or moved to its boundary; `and` for `or`; a condition left out, negated, or always or never
holding; an argument of `all_of`, `has_role` or a filter forgotten; a step of a query forgotten; another member of an
enumeration; a rule that answers yes, or no, whatever it is asked; a constant changed; in SQL also a date or column taken
for another, `least` for `greatest`, a part or a branch left out. The words people read, and codes beside them, are not
mutated. A fault that cannot be loaded is not counted.

Every fault is shown to the tests that reach its statement, quickest first, and lives when none of the first {seconds} seconds of them
fails. Survivors count against the score, also those that change nothing (*equivalent*).
"""


@dataclass(frozen=True)
class Tally:
    """How it went in one file, or all."""

    mutants: int
    killed: int

    @property
    def score(self) -> float:
        """The share that was killed, of 1."""
        return self.killed / self.mutants if self.mutants else 0.0

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Tally":
        """Counts those that could be loaded."""
        counted = [result for result in results if result.outcome != "invalid"]
        return cls(len(counted), sum(result.outcome == "killed" for result in counted))


def reasons() -> dict[tuple[str, str, str, str], str]:
    """Why a fault that lives may: by file, function, and the words before and after."""
    entries: list[dict[str, Any]] = yaml.safe_load(REASONS.read_text("utf-8")) or []
    return {(one["file"], one["function"], one["before"], one["after"]): one["why"] for one in entries}


def written(results: list[Result], seconds: int) -> str:
    """The page. `seconds`: how long each fault was shown to tests."""
    lines = [HEAD.format(seconds=seconds), "| File | Faults | Killed | Living | Score |", "|---|--:|--:|--:|--:|"]
    for file in (*FILES, ""):
        tally = Tally.of(result for result in results if file in {"", result.file})
        name = f"`{file}`" if file else "**All**"
        living = tally.mutants - tally.killed
        score = f"{tally.score:.1%}" if tally.mutants else "not run"
        lines.append(f"| {name} | {tally.mutants} | {tally.killed} | {living} | {score} |")
    lines += ["", "## Those that live", ""]
    known = reasons()
    for file in FILES:
        living_here = [result for result in results if result.file == file and result.outcome == "survived"]
        if not living_here:
            continue
        lines += [f"### `{file}`", ""]
        for one in sorted(living_here, key=lambda result: (result.line, result.before, result.after)):
            why = known.get((one.file, one.function, one.before, one.after), "Not explained yet.")
            where = f"`{one.function}`" if one.function else "outside any function"
            lines += [f"- {where}: `{one.before}` → `{one.after}`. {why}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
