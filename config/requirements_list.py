"""Which requirements the tests prove: docs/requirements.csv beside the `pytest.mark.req("U23-16")` of the test files.

The files are parsed and not run, so that the list is the same whatever a machine can run.
"""

import ast
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: A requirement with this tag alone is guidance: shown, not enforced, and not counted.
NOTE = "N"


@dataclass(frozen=True)
class Requirement:
    """One line of the list. The tags: R role, F form, C cadence, G gate, P prohibition, D data, N note."""

    id: str
    tags: str
    wording: str

    @property
    def is_counted(self) -> bool:
        """Whether a test can prove it: all but mere guidance."""
        return self.tags != NOTE


@dataclass(frozen=True)
class Naming:
    """One test that names one requirement."""

    requirement: str
    test: str
    path: Path
    line: int


def read_list(path: Path) -> list[Requirement]:
    """The requirements in the order of the file. ValueError when an id stands twice."""
    with path.open(encoding="utf-8", newline="") as file:
        requirements = [Requirement(**row) for row in csv.DictReader(file)]
    for name, times in Counter(requirement.id for requirement in requirements).items():
        if times > 1:
            raise ValueError(f"{path}: {name} stands {times} times.")
    return requirements


def namings_in(folder: Path) -> Iterator[Naming]:
    """Every (test, requirement) pair of the test files below a folder, once each."""
    for path in sorted(folder.rglob("*.py")):
        yield from namings_of(path)


def namings_of(path: Path) -> Iterator[Naming]:
    """The pairs of one file. A mark on a class or in `pytestmark` counts for every test below it."""
    module = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    yield from _below(module, path, inherited=frozenset())


def tests_for_each(requirements: Iterable[Requirement], namings: Iterable[Naming]) -> dict[str, int]:
    """How many tests name each requirement of the list."""
    counted = Counter(naming.requirement for naming in namings)
    return {requirement.id: counted[requirement.id] for requirement in requirements}


def _below(scope: ast.Module | ast.ClassDef, path: Path, inherited: frozenset[str]) -> Iterator[Naming]:
    """The pairs of the tests directly in a module or class, then of the classes in it."""
    inherited |= {name for node in scope.body if _is_pytestmark(node) for name in _ids_in(node, path)}
    for node in scope.body:
        if isinstance(node, ast.ClassDef):
            on_class = {name for decorator in node.decorator_list for name in _ids_in(decorator, path)}
            yield from _below(node, path, inherited | on_class)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = {name for decorator in node.decorator_list for name in _ids_in(decorator, path)}
            for name in sorted(inherited | own):
                yield Naming(name, node.name, path, node.lineno)


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _ids_in(node: ast.AST, path: Path) -> Iterator[str]:
    """The ids in every `….req(…)` at or inside the node, a parametrised case's `marks=` included."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "req":
            for argument in call.args:
                match argument:
                    case ast.Constant(value=str() as name):
                        yield name
                    case _:
                        raise ValueError(f"{path}:{call.lineno}: write the requirement's id as plain text.")
