"""Which tests reach which statement of the mutated modules: found by running them once with modules that tell."""

import ast
import hashlib
import importlib
import json
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests import retold
from tests.databases import ROOT
from tests.mutation import patching
from tests.mutation.session import LONGEST_TEST, Session

WALK = "tests/access/test_every_address.py"
# Each mutated module, and the folders or files whose tests a fault in it is shown to.
PYTHON = {
    "agencies/policies.py": ("tests/agencies", WALK),
    "cases/policies.py": ("tests/cases", "tests/consent", "tests/access/test_reach.py", WALK),
    "consent/policies.py": ("tests/consent", "tests/meetings", "tests/access/test_reach.py"),
    "actionplans/policies.py": ("tests/actionplans", "tests/access/test_reach.py"),
    "meetings/policies.py": ("tests/meetings",),
    "cases/grants.py": ("tests/cases", WALK),
    "cases/models/sentence.py": ("tests/cases", "tests/consent", "tests/meetings", WALK),
    "cases/models/listing.py": ("tests/cases", "tests/consent/test_glass.py", WALK),
    "cases/models/found.py": ("tests/cases", "tests/consent/test_glass.py", WALK),
}


@dataclass
class Trace:
    """Which statements each test reaches, how long it takes, and which tests fail without any fault."""

    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    of: dict[str, str] = field(default_factory=dict)  # test file -> digest of what it was traced with

    def forget(self, file: str) -> None:
        """What is known of this test file."""
        for nodeid in [one for one in self.lines if one.startswith(f"{file}::")]:
            del self.lines[nodeid], self.seconds[nodeid]
        self.failing = [one for one in self.failing if not one.startswith(f"{file}::")]


def module_of(file: str) -> types.ModuleType:
    """The running module of a file."""
    return importlib.import_module(file.removesuffix(".py").replace("/", "."))


def tree_of(file: str) -> ast.Module:
    """The file as it is written."""
    return ast.parse((ROOT / file).read_text("utf-8"))


def traced(session: Session, keep: Path) -> Trace:
    """The trace of the collected tests, from `keep` as far as neither the modules nor the test file has changed since."""
    trace = Trace(**json.loads(keep.read_text("utf-8"))) if keep.exists() else Trace()
    modules = _digest(ROOT / file for file in PYTHON)
    todo: dict[str, list[str]] = {}
    for nodeid in session.items:
        file = nodeid.partition("::")[0]
        if trace.of.get(file) != modules + _digest([ROOT / file]):
            todo.setdefault(file, []).append(nodeid)
    for found in session.in_child(lambda: _traced_here(session, todo), LONGEST_TEST * 10):
        file = found["file"]
        trace.forget(file)
        trace.lines |= found["lines"]
        trace.seconds |= found["seconds"]
        trace.failing += found["failing"]
        trace.of[file] = modules + _digest([ROOT / file])
        keep.write_text(json.dumps(asdict(trace)), "utf-8")
        session.say(f"  {file}: {sum(found['seconds'].values()):.0f} s")
    return trace


def _traced_here(session: Session, todo: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    touched: set[tuple[str, int]] = set()

    def telling(file: str) -> None:
        patching.watch(module_of(file), tree_of(file), lambda line: touched.add((file, line)))

    for file in PYTHON:
        telling(file)
    for test_file, nodeids in todo.items():
        found: dict[str, Any] = {"file": test_file, "lines": {}, "seconds": {}, "failing": []}
        for nodeid in nodeids:
            touched.clear()
            if not session.passes(nodeid):
                found["failing"].append(nodeid)
            lines: dict[str, list[int]] = {}
            for file, line in sorted(touched):
                lines.setdefault(file, []).append(line)
            found["lines"][nodeid], found["seconds"][nodeid] = lines, session.took
        yield found


class Reach:
    """Which tests a fault of one module is shown to."""

    def __init__(self, file: str, trace: Trace) -> None:
        self.tree = tree_of(file)
        self.tests: dict[int, set[str]] = {}
        for nodeid, lines in trace.lines.items():
            if nodeid.startswith(PYTHON[file]) and nodeid not in trace.failing:
                for line in lines.get(file, []):
                    self.tests.setdefault(line, set()).add(nodeid)

    def of(self, line: int) -> set[str]:
        """The tests that run the statement of this line; of a constant or a class, those that run one that names it."""
        statement = next(one for one in ast.walk(self.tree) if isinstance(one, ast.stmt) and one.lineno == line)
        if isinstance(statement, ast.FunctionDef):  # in an argument's default
            return set().union(*(self.tests.get(inside.lineno, set()) for inside in statement.body))
        if line in self.tests or _is_in_function(self.tree, statement):
            return self.tests.get(line, set())
        stored = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        found = {nodeid for naming in self._naming(stored) for nodeid in self.tests.get(naming, ())}
        return found or self.all()

    def all(self) -> set[str]:
        """The tests that run anything of the module."""
        return set().union(*self.tests.values())

    def _naming(self, names: set[str]) -> set[int]:
        """The lines of statements in functions that name any of these, or a constant made from one."""
        wider = set(names)
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign) and wider & _names(statement.value):
                wider |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
        simple = (one for one in ast.walk(self.tree) if isinstance(one, ast.stmt) and not isinstance(one, _BLOCKS))
        return {statement.lineno for statement in simple if wider & _names(statement)}


_BLOCKS = (ast.FunctionDef, ast.ClassDef)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _is_in_function(tree: ast.Module, statement: ast.stmt) -> bool:
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
    return any(statement in ast.walk(function) for function in functions)


def keep_stories(*, new: bool) -> None:
    """Whether a story told from now on is kept: at the first telling, or not at all, since a fault may be in it."""
    if retold.shelf is not None:
        retold.shelf.asked = _AskedBefore(retold.shelf.asked)
        retold.MOST = 40 if new else len(retold.shelf.told)


class _AskedBefore(Counter[str]):
    def __missing__(self, key: str) -> int:
        return 1


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
