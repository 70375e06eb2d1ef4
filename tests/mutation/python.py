"""Faults in Python code: each a small change of its syntax tree that somebody in a hurry could have written."""

import ast
import copy
import enum
import hashlib
import types
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.mutation import sql

Path = tuple[tuple[str, int | None], ...]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
# Calls whose arguments are conditions: one may be forgotten.
_OF_CONDITIONS = {"all_of", "has_role", "_in_states", "filter", "exclude"}
# Steps of a query that narrow it: one may be forgotten.
_NARROWING = {
    "filter",
    "exclude",
    "in_force",
    "visible_to",
    "readable_by",
    "naming",
    "in_force_for",
    "led_by",
    "waiting",
}


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, what stood there, and what stands there now."""

    file: str
    function: str
    line: int
    before: str
    after: str
    path: Path = ()
    instead: ast.AST = field(default_factory=ast.Pass, compare=False, repr=False)
    statement: str = ""  # of a view: what makes it with the fault in it

    @property
    def id(self) -> str:
        """Stays the same while the function and the words around the fault do, wherever in the file they are."""
        said = "\0".join((self.file, self.function, str(self.path), self.before, self.after, self.statement))
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    def tree(self, source: ast.Module) -> ast.Module:
        """The module with the fault in it."""
        changed = _replaced(source, self.path, self.instead)
        assert isinstance(changed, ast.Module)
        return changed


def _replaced(node: ast.AST, path: Path, instead: ast.AST) -> ast.AST:
    """A copy of `node` with another node at the end of this path."""
    if not path:
        return instead
    changed = copy.deepcopy(node)
    here: ast.AST = changed
    *way, (name, index) = path
    for step, number in way:
        found = getattr(here, step)
        here = found if number is None else found[number]
    if index is None:
        setattr(here, name, instead)
    else:
        getattr(here, name)[index] = instead
    return ast.fix_missing_locations(changed)


def mutants(file: str, source: str, module: types.ModuleType) -> list[Mutant]:
    """Every fault the operators know in this module, each once. `module` tells which names are enumerations."""
    found: dict[tuple[Path, str], Mutant] = {}
    statement: ast.AST = ast.parse(source)
    beginning: Path = ()
    for node, path, function, line, returns in _nodes(statement, (), "", 0, ""):
        if isinstance(node, ast.stmt):
            statement, beginning = node, path
        for instead in _faults(node, returns, module):
            ast.fix_missing_locations(ast.copy_location(instead, node))
            # Two ways to the same words are one fault. A statement's own parts follow it, before any statement inside it.
            within = _around(path, beginning)
            words = ast.unparse(_replaced(statement, within, instead)) if within is not None else ast.unparse(instead)
            place = beginning if within is not None else path
            if words != ast.unparse(statement if within is not None else node):
                mutant = Mutant(file, function, line, *_words(node, instead), path, instead)
                found.setdefault((place, words), mutant)
    return list(found.values())


def _around(path: Path, beginning: Path) -> Path | None:
    """The rest of a path that begins so, or None for one that leads elsewhere."""
    return path[len(beginning) :] if path[: len(beginning)] == beginning else None


def _nodes(
    node: ast.AST, path: Path, function: str, line: int, returns: str
) -> Iterator[tuple[ast.AST, Path, str, int, str]]:
    """Each node with its path from the module, the function and statement it is in, and what that function returns."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
        returns = ast.unparse(node.returns) if isinstance(node, ast.FunctionDef) and node.returns else ""
    if isinstance(node, ast.stmt):
        line = node.lineno
    yield node, path, function, line, returns
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_comment"} or _only_for_types(node):
            continue
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_docstring(node, name, index, item):
                    yield from _nodes(item, (*path, (name, index)), function, line, returns)
        elif isinstance(value, ast.AST):
            yield from _nodes(value, (*path, (name, None)), function, line, returns)


def _words(node: ast.AST, instead: ast.AST) -> tuple[str, str]:
    """How the two are told apart in a list."""
    match node, instead:
        case ast.If(), ast.If():
            return f"if {ast.unparse(node.test)}:", f"if {ast.unparse(instead.test)}:"
        case ast.Constant(str() as before), ast.Constant(str() as after):
            return sql.difference(before, after)
    return ast.unparse(node), ast.unparse(instead)


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_docstring(node: ast.AST, name: str, index: int, item: ast.AST) -> bool:
    return (
        name == "body"
        and index == 0
        and isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        and isinstance(item, ast.Expr)
        and isinstance(item.value, ast.Constant)
    )


def _faults(node: ast.AST, returns: str, module: types.ModuleType) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARISONS[type(op)]:
                yield ast.Compare(node.left, [other()], node.comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for index in range(len(values)):
                yield _joined(op, values[:index] + values[index + 1 :])
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, ast.Sub() | ast.BitOr(), right):
            yield left
            yield right
        case ast.If(body=body, orelse=orelse) if not _only_for_types(node):
            for word in (True, False):
                yield ast.If(ast.Constant(word), body, orelse)
        case ast.IfExp(_, body, orelse):
            yield body
            yield orelse
        case ast.Return(ast.expr() as value):
            yield from (ast.Return(instead) for instead in _other_answers(value, returns))
        case ast.Call():
            yield from _of_call(node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if node.generators[0].ifs:
            first, *others = node.generators
            unconditional = ast.comprehension(first.target, first.iter, [], first.is_async)
            yield type(node)(node.elt, [unconditional, *others])
        case ast.Set(elements) if len(elements) > 1:
            yield from (ast.Set(elements[:index] + elements[index + 1 :]) for index in range(len(elements)))
        case ast.List(elements, ast.Load()) if all(isinstance(one, ast.Attribute) for one in elements):
            for index in range(len(elements)):
                yield ast.List(elements[:index] + elements[index + 1 :], ast.Load())
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value) if sql.looks_like_sql(value):
            yield from (ast.Constant(changed) for changed in sql.faults(value))
        case ast.Attribute(ast.Name(name), member, ast.Load()):
            kind = getattr(module, name, None)
            if isinstance(kind, type) and issubclass(kind, enum.Enum) and member in kind.__members__:
                members = list(kind.__members__)
                yield ast.Attribute(node.value, members[(members.index(member) + 1) % len(members)], ast.Load())


def _joined(op: ast.boolop, values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(op, values)


def _other_answers(value: ast.expr, returns: str) -> Iterator[ast.expr]:
    """What a rule could answer whatever it is asked."""
    if returns == "Decision":
        yield ast.Name("ALLOWED", ast.Load())
        if not (isinstance(value, ast.Call) and getattr(value.func, "id", "") == "denied"):
            yield ast.parse("denied('', 'mutant')", mode="eval").body
    elif returns == "bool":
        yield from (ast.Constant(True), ast.Constant(False))
    elif returns.startswith(("set[", "list[", "frozenset[", "Rights")):
        yield ast.Call(ast.Name(returns.partition("[")[0].replace("Rights", "frozenset"), ast.Load()), [], [])
    elif returns == "int":
        yield ast.Constant(0)


def _of_call(node: ast.Call) -> Iterator[ast.expr]:
    called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
    if called in _OF_CONDITIONS and len(node.args) + len(node.keywords) > 1:
        for index in range(len(node.args)):
            if not (called == "_in_states" and index == 0):
                yield ast.Call(node.func, node.args[:index] + node.args[index + 1 :], node.keywords)
        for index in range(len(node.keywords)):
            if node.keywords[index].arg is not None:
                yield ast.Call(node.func, node.args, node.keywords[:index] + node.keywords[index + 1 :])
    if called in _NARROWING and isinstance(node.func, ast.Attribute):
        manager = isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "objects"
        yield ast.Call(ast.Attribute(node.func.value, "all", ast.Load()), [], []) if manager else node.func.value
