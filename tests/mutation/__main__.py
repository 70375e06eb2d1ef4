"""`python -m tests.mutation`: try every fault, write docs/mutation.md, and fail under 95 %. Needs running servers."""

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.databases import ROOT
from tests.mutation import report, runs, session
from tests.mutation.runs import Result, Trial
from tests.mutation.trace import traced

PAGE = ROOT / "docs/mutation.md"


def main() -> int:
    """Answers the exit code: 0 when the score is reached."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", nargs="*", help=f"only these of {', '.join(runs.FILES)}")
    asked.add_argument("--seconds", type=int, default=60, help="how many seconds of tests each fault is shown to")
    asked.add_argument("--survivors", action="store_true", help="try again only those that lived, and new ones")
    options = asked.parse_args()
    files = options.files or list(runs.FILES)
    folder = Path(os.environ.get("SAMLOS_HOME", ROOT / ".local")) / "mutation"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "results.json"
    results = {one["id"]: Result(**one) for one in json.loads(kept.read_text("utf-8"))} if kept.exists() else {}

    def work(here: session.Session) -> None:
        here.say("which tests reach what:")
        trace = traced(here, folder / "trace.json")
        for failing in trace.failing:
            here.say(f"  fails without any fault, and is not asked: {failing}")
        for file in files:
            mutants = runs.mutants_of(file)
            of_file = {mutant.id for mutant in mutants}
            for gone in [one.id for one in results.values() if one.file == file and one.id not in of_file]:
                del results[gone]
            todo = [one for one in mutants if not (options.survivors and _is_settled(results.get(one.id)))]
            here.say(f"{file}: {len(todo)} of {len(mutants)} faults")
            for result in Trial(here, file, trace, options.seconds).results(todo):
                results[result.id] = result
                kept.write_text(json.dumps([asdict(one) for one in results.values()], indent=1), "utf-8")
                if result.outcome != "killed":
                    here.say(f"  {_in_words(result)}")
            here.say(f"  {dict(Counter(one.outcome for one in results.values() if one.file == file))}")

    failed = session.run(work, runs.tests_about(files))
    if failed:
        return failed
    PAGE.write_text(report.written(list(results.values()), options.seconds), "utf-8")
    tally = report.Tally.of(results.values())
    sys.stderr.write(f"{tally.killed} of {tally.mutants} killed: {tally.score:.1%}. {PAGE.relative_to(ROOT)}\n")
    return 0 if tally.score >= report.LIMIT else 1


def _is_settled(result: Result | None) -> bool:
    return result is not None and result.outcome != "survived"


def _in_words(result: Result) -> str:
    return (
        f"{result.outcome}: {result.function}:{result.line} `{result.before}` -> `{result.after}`"
        f" ({result.asked} of {result.reached} tests) {result.by}"
    )


if __name__ == "__main__":
    sys.exit(main())
