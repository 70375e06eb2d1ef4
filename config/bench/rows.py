"""One measured line of the bench, how it is printed and when it is over its limit."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`ours_ms` is what was measured, `limit_ms` what it may be, in `unit` (ms unless it says otherwise). None is the limit
    of what is there to compare with.

    Where the limit is a multiple of something measured in the same run, `ratio` is ours to that, and `limit_ms` that
    multiple. `guardian_ms` is django-guardian's own way over the same data, where there is one.
    """

    work: str
    ours_ms: float
    limit_ms: float | None
    cases: int | None = None
    agency: str = ""
    guardian_ms: float | None = None
    ratio: float | None = None
    unit: str = "ms"

    @property
    def is_over(self) -> bool:
        return self.limit_ms is not None and self.ours_ms > self.limit_ms


HEADING = f"{'':52} {'saker':>7} {'ser':>6} {'målt':>9} {'grense':>9} {'guardian':>9} {'forhold':>8}"


def line(row: Row) -> str:
    """A row as the table shows it, marked when it is over."""
    cells = [
        f"{row.work:52}",
        f"{row.cases or '':>7}",
        f"{row.agency:>6}",
        f"{row.ours_ms:>9.2f}",
        f"{row.limit_ms:>9.2f}" if row.limit_ms is not None else " " * 9,
        f"{row.guardian_ms:>9.1f}" if row.guardian_ms is not None else " " * 9,
        f"{row.ratio:>8.2f}" if row.ratio is not None else " " * 8,
        row.unit,
        "OVER" if row.is_over else "",
    ]
    return " ".join(cells).rstrip()


def written(rows: Iterable[Row], path: Path) -> None:
    """Keep the rows as JSON for whoever compares two runs."""
    kept = [
        {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(row).items()}
        for row in rows
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"rows": kept}, indent=1, ensure_ascii=False), encoding="utf-8")
