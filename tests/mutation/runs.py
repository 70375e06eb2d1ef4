"""Asks the tests whether they notice each fault: those that noticed faults nearby first, then the quick, until one fails.

One child process tries many faults in Python, so that its database and the stories told in it serve them all; at the end
it runs what noticed anything once more without a fault, and what fails then has noticed nothing. A fault in the
specification gets a process and a template database of its own.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

from tests import databases
from tests.databases import ROOT
from tests.mutation import patching, python, specification
from tests.mutation.python import Mutant
from tests.mutation.session import LONGEST_TEST, Session
from tests.mutation.trace import PYTHON, Reach, Trace, keep_stories, module_of, tree_of

FILES = (*PYTHON, *specification.VIEWS)
# What the specification's faults are shown to: a view cannot tell which test has read it.
ABOUT_THE_SPECIFICATION = (
    "tests/consent/test_specification.py",
    "tests/cases/test_visible_to.py",
    "tests/cases/test_handover.py",
    "tests/cases/test_exposure.py",
    "tests/consent/test_truth.py",
    "tests/consent/test_engine.py",
    "tests/consent/test_disclose.py",
    "tests/consent/test_expiry.py",
    "tests/consent/test_revoke.py",
    "tests/consent/test_glass.py",
    "tests/meetings/test_propose.py",
    "tests/oracle/test_agrees.py",
)
AT_ONCE = 30
CONTROLS = 15


@dataclass
class Result:
    """What became of one mutant: `killed` by a test, `survived`, or `invalid` since it could not even be loaded."""

    id: str
    file: str
    function: str
    line: int
    before: str
    after: str
    outcome: str
    by: str = ""
    asked: int = 0
    reached: int = 0


class Killers:
    """In which order tests are asked."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.by_function: dict[str, Counter[str]] = {}
        self.by_file: Counter[str] = Counter()

    def noted(self, mutant: Mutant, nodeid: str) -> None:
        """This test noticed this fault."""
        self.by_function.setdefault(mutant.function, Counter())[nodeid] += 1
        self.by_file[nodeid] += 1

    def ordered(self, function: str, nodeids: Iterable[str]) -> list[str]:
        """Those that noticed most in the same function, then something in the file, then the quickest."""
        near = self.by_function.get(function, Counter())
        return sorted(nodeids, key=lambda one: (-near[one], not self.by_file[one], self.seconds.get(one, 1.0), one))


class Trial:
    """The faults of one file, one after the other."""

    def __init__(self, session: Session, file: str, trace: Trace, seconds: float) -> None:
        self.session, self.file, self.seconds = session, file, seconds
        self.killers = Killers(trace.seconds)
        self.reach = Reach(file, trace) if file in PYTHON else None
        self.tree = tree_of(file) if file in PYTHON else None
        self.specified = [
            nodeid
            for name in ABOUT_THE_SPECIFICATION
            for nodeid in session.items
            if nodeid.startswith(f"{name}::") and nodeid not in trace.failing
        ]

    def results(self, mutants: list[Mutant]) -> Iterator[Result]:
        """What became of each, as it is known. One that comes again is to be believed the second time."""
        work = self._tried_here if self.reach else self._tried_in_databases
        left = list(mutants)
        while left:
            batch = left[: AT_ONCE if self.reach else 1]
            found: list[Result] = []
            doubtful: list[str] = []
            try:
                for told in self.session.in_child(partial(work, batch), LONGEST_TEST * 5):
                    if "doubtful" in told:
                        doubtful = told["doubtful"]
                    else:
                        found.append(self._result(batch[len(found)], **told))
                        yield found[-1]
            except TimeoutError:  # a starved machine looks the same as an endless loop: not counted as noticed
                found.append(self._result(batch[len(found)], outcome="survived", by="no answer in time"))
                yield found[-1]
            if doubtful and len(batch) == 1:
                raise RuntimeError(f"without any fault {doubtful} fails: no result would mean anything")
            for mutant, result in zip(batch, found, strict=False):
                if result.by in doubtful:
                    yield from self.results([mutant])
            left = left[len(found) :]

    def _within(self, nodeids: list[str]) -> list[str]:
        """The first of these that took no more than `seconds` together when traced, so that a busy machine asks as many."""
        took = accumulate(self.killers.seconds.get(one, 1.0) for one in nodeids)
        return [one for one, so_far in zip(nodeids, took, strict=True) if so_far <= self.seconds] or nodeids[:1]

    def _result(self, mutant: Mutant, outcome: str, by: str = "", asked: int = 0, reached: int = 0) -> Result:
        if outcome == "killed":
            self.killers.noted(mutant, by)
        return Result(
            mutant.id,
            mutant.file,
            mutant.function,
            mutant.line,
            mutant.before,
            mutant.after,
            outcome,
            by,
            asked,
            reached,
        )

    def _tried_here(self, batch: list[Mutant]) -> Iterator[dict[str, Any]]:
        """In a child: each fault put in and taken out again, then those that noticed something without any fault."""
        assert self.reach and self.tree
        keep_stories(new=True)
        nearby = {nodeid for mutant in batch for nodeid in self.reach.of(mutant.line)}
        controls = self.killers.ordered("", nearby)[:CONTROLS]
        self.session.passes(next(iter(self.session.items)))
        keep_stories(new=True)
        doubtful = [nodeid for nodeid in controls if not self.session.passes(nodeid)]
        keep_stories(new=False)
        noticed: set[str] = set()
        for mutant in batch:
            nodeids = self.killers.ordered(mutant.function, self.reach.of(mutant.line) - set(doubtful))
            told: dict[str, Any] = {"outcome": "survived", "reached": len(nodeids)}
            try:
                patching.put_in(module_of(self.file), mutant.tree(self.tree))
            except Exception as error:  # a fault that cannot even be loaded is none
                told |= {"outcome": "invalid", "by": type(error).__name__}
            else:
                killer, told["asked"] = self.session.first_failing(self._within(nodeids))
                if killer:
                    told |= {"outcome": "killed", "by": killer}
                    self.killers.noted(mutant, killer)
                    noticed.add(killer)
            patching.put_in(module_of(self.file), self.tree)
            yield told
        yield {"doubtful": [nodeid for nodeid in sorted(noticed) if not self.session.passes(nodeid)]}

    def _tried_in_databases(self, batch: list[Mutant]) -> Iterator[dict[str, Any]]:
        """In a child: every database of it is a copy of a template in which the view has the fault."""
        (mutant,) = batch
        owner_url = os.environ["DATABASE_OWNER_URL"]
        with databases.clone(owner_url, databases.template(owner_url)) as name:
            try:
                with databases.connect(owner_url, name) as owner:
                    owner.execute(mutant.statement.encode())
            except Exception as error:  # a view that cannot be made is no fault
                yield {"outcome": "invalid", "by": type(error).__name__}
                return
            databases.template = lambda owner_url: name
            nodeids = self.killers.ordered(mutant.function, self.specified)
            killer, asked = self.session.first_failing(self._within(nodeids))
            self.session.pytest._setupstate.teardown_exact(None)
            outcome = "killed" if killer else "survived"
            yield {"outcome": outcome, "by": killer, "asked": asked, "reached": len(nodeids)}


def mutants_of(file: str) -> list[Mutant]:
    """Every fault of one file."""
    if file in specification.VIEWS:
        return specification.mutants(ROOT, file)
    return python.mutants(file, (ROOT / file).read_text("utf-8"), module_of(file))


def tests_about(files: Iterable[str]) -> list[str]:
    """The folders and files with the tests that faults in these are shown to."""
    asked = [one for file in files for one in PYTHON.get(file, ABOUT_THE_SPECIFICATION)]
    return sorted({one for one in asked if not any(one != other and one.startswith(f"{other}/") for other in asked)})
