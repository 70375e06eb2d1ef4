"""Put a changed module into the running process, where everybody else has imported from it long ago.

Functions keep their identity and get other code; constants are replaced here and wherever they were imported by name.
"""

import ast
import sys
import types
from collections.abc import Callable
from typing import Any

TOUCHED = "__touched__"


def put_in(module: types.ModuleType, tree: ast.Module) -> None:
    """Let `module` behave as `tree` says. Raises what loading the changed module raises."""
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__, "__builtins__": __builtins__}
    exec(compile(tree, str(module.__file__), "exec"), fresh)  # noqa: S102 (our own code, changed a little)
    assigned = _assigned(tree)
    for name, new in fresh.items():
        old = module.__dict__.get(name)
        if (
            isinstance(new, types.FunctionType)
            and new.__module__ == module.__name__
            and isinstance(old, types.FunctionType)
        ):
            _same_as(old, new)
        elif isinstance(new, type) and new.__module__ == module.__name__ and isinstance(old, type):
            _class_same_as(old, new)
        elif name in assigned and new != old:
            _replace_everywhere(name, old, new)
            module.__dict__[name] = new


def instrumented(tree: ast.Module) -> ast.Module:
    """The module telling `__touched__` the line of each statement of its functions as it is run."""
    _Telling().visit(tree)
    return ast.fix_missing_locations(tree)


def watch(module: types.ModuleType, tree: ast.Module, touched: Callable[[int], None]) -> None:
    """From now on each statement of the module's functions tells its line."""
    module.__dict__[TOUCHED] = touched
    put_in(module, instrumented(tree))


class _Telling(ast.NodeTransformer):
    inside = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if self.inside and isinstance(statements, list) and not isinstance(node, ast.ClassDef):
                told: list[ast.stmt] = []
                for statement in statements:
                    told += [_telling(statement.lineno), statement]
                setattr(node, name, told)
        return node


def _telling(line: int) -> ast.stmt:
    return ast.parse(f"{TOUCHED}({line})").body[0]


def _assigned(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            names |= {
                node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)
            }
    return names


def _same_as(old: types.FunctionType, new: types.FunctionType) -> None:
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _class_same_as(old: type, new: type) -> None:
    for name, value in vars(new).items():
        before = vars(old).get(name)
        if isinstance(value, types.FunctionType) and isinstance(before, types.FunctionType):
            _same_as(before, value)
        elif isinstance(value, str | int) and not name.startswith("__") and value != before:
            setattr(old, name, value)


def _replace_everywhere(name: str, old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is old:
            module.__dict__[name] = new
