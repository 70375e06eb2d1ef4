"""What the product costs on this machine, in one table: `make bench`. Writes bench.json, and fails when a limit is passed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.bench import demonstration, world
from config.bench.rows import HEADING, Row, line, written

PARTS = ("demonstration", "scale", "log")


class Command(BaseCommand):
    help = "Measure pages, memory, start, reading among many cases, and the log on this machine, against the limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=PARTS, help="one part instead of all")
        parser.add_argument(
            "--sizes", help="how many cases, with commas between", default=",".join(map(str, world.SIZES))
        )
        parser.add_argument(
            "--flat", action="store_true", help="measure it against the database of few cases beside it"
        )
        parser.add_argument("--inside-log", action="store_true", help="measure the log of that database instead")
        parser.add_argument(
            "--inside", type=int, help="measure the database the settings name, which holds so many cases"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["inside"] or options["inside_log"]:
            self._inside(options["inside"], flat=options["flat"])
            return
        signal.signal(signal.SIGTERM, _stop)
        rows: list[Row] = []
        self.stdout.write(HEADING)
        home = Path(settings.SAMLOS_HOME) / "bench"
        for row in self._rows(home, options["only"], [int(size) for size in options["sizes"].split(",")]):
            rows.append(row)
            self.stdout.write(line(row))
        written(rows, Path(settings.SAMLOS_HOME) / "bench.json")
        if late := [row.work for row in rows if row.is_over]:
            raise CommandError(f"over grensen: {', '.join(late)}")

    def _rows(self, home: Path, only: str | None, sizes: list[int]) -> Iterator[Row]:
        if only in {None, "demonstration"}:
            yield from demonstration.measure(home)
        if only in {None, "scale"}:
            with world.servers(home / "scale") as environment:
                before = 0
                for size in sizes:
                    world.grow(environment["DATABASE_OWNER_URL"], before + 1, size)
                    if not before:
                        world.copy(environment["DATABASE_OWNER_URL"], world.FEW)
                    before = size
                    yield from _measured_in_a_process(environment, "--inside", str(size))
                if len(sizes) > 1:
                    yield from _measured_in_a_process(environment, "--inside", str(before), "--flat")
        if only in {None, "log"}:
            with world.servers(home / "log") as environment:
                world.grow(environment["DATABASE_OWNER_URL"], 1, min(sizes))
                yield from _measured_in_a_process(environment, "--inside-log")

    def _inside(self, cases: int | None, *, flat: bool) -> None:
        from config.bench import log, scale  # the suite's settings have guardian; only here is it asked

        of_cases = scale.flatness if flat else scale.measure
        for row in of_cases(cases) if cases else log.measure():
            self.stdout.write(json.dumps(asdict(row)))


def _measured_in_a_process(environment: dict[str, str], *inside: str) -> Iterator[Row]:
    command = [sys.executable, "manage.py", "bench", *inside]
    done = subprocess.run(  # noqa: S603 (our own program)
        command, cwd=settings.BASE_DIR, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True
    )
    for row in done.stdout.splitlines():
        yield Row(**json.loads(row))


def _stop(_signal: int, _frame: object) -> None:
    """Leave by way of every `finally`, so that no server is left behind."""
    raise SystemExit(143)
