"""`manage.py docs [--check]`: the pages under docs/ that say what the code says, written from the code."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module, util
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.enums import Role
from cases.enums import CaseState
from cases.workflow import OWNERS, TRANSITIONS

M = TypeVar("M")
# How the policies ask for a state; what other calls are given is a step's goal, not its start.
STATE_LIMITS = {"_in_states", "_reached"}
APPS = ("agencies", "reminders", "cases", "consent", "actionplans", "meetings")
WRITTEN = "Written by `make docs` from the code. Do not edit: the check fails when it differs."


class Command(BaseCommand):
    help = "Writes docs/states.md and docs/permissions.md, or checks that they are what the code says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="fail when a page differs from the code; write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the pages, or raise CommandError naming those that are stale."""
        folder = Path(settings.BASE_DIR) / "docs"
        pages = {folder / "states.md": states_page(), folder / "permissions.md": permissions_page()}
        stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
        if options["check"]:
            if stale:
                names = ", ".join(path.name for path in stale)
                raise CommandError(f"Not in step with the code: {names}. Run `make docs`.")
            return
        for path in stale:
            path.write_text(pages[path], encoding="utf-8")
            self.stdout.write(f"docs/{path.name} written")


# --- the states of a case -----------------------------------------------------------------------------------------


def states_page() -> str:
    """Every state with whose turn it is, and every permitted step with what must be true first (`cases/workflow.py`)."""
    lines = ["# The states of a case", "", WRITTEN, "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {state.value} : {state.label}" for state in CaseState]
    lines.append(f"    [*] --> {CaseState.SUBMITTED.value}")
    lines += [
        f"    {current.value} --> {target.value} : {step.source}"
        for (current, target), step in TRANSITIONS.items()
        # Closing is possible from nearly everywhere: the arrows would hide the others. The table below has them.
        if target != CaseState.CLOSED
    ]
    lines += [f"    {CaseState.CLOSED.value} --> [*]", "```", ""]
    lines += _table(
        ("State", "In the interface", "Whose turn"),
        ((f"`{state.value}`", str(state.label), OWNERS[state].value.replace("_", " ")) for state in CaseState),
    )
    children = "Where the answer about children is needed and is yes, `child_report_assessed` is needed too."
    lines += ["", "## Permitted steps", "", f"Anything else is refused. {children}", ""]
    lines += _table(
        ("From", "To", "Requirement", "Facts that must be in force"),
        (
            (f"`{current.value}`", f"`{target.value}`", step.source, _codes(sorted(step.needs)) or "none")
            for (current, target), step in TRANSITIONS.items()
        ),
    )
    return "\n".join(lines) + "\n"


# --- who may do what ----------------------------------------------------------------------------------------------


@dataclass
class Rule:
    """What the source of one policy function asks, together with the functions of the policies it calls."""

    roles: set[Role] = field(default_factory=set)
    states: frozenset[CaseState] | None = None
    asks: set[str] = field(default_factory=set)

    def limit_to(self, states: frozenset[CaseState]) -> None:
        self.states = states if self.states is None else self.states & states


def permissions_page() -> str:
    """Every `may_…` of the apps' policies: its rule, the roles it asks about, and the states it is limited to."""
    lines = ["# Who may do what", "", WRITTEN, ""]
    lines += [
        "Each row is a function of a `policies.py`; its own sentence is the rule. The roles are those the function asks",
        "about, itself or through the functions it calls; a person has them by a dated membership in the agency they act",
        "for. *Lead*: the agency leads the case. *Assigned*: the person is assigned to the case, which a manager need not",
        "be. States are those the step is limited to. Whether the case is there at all is asked before any of this",
        "(`visible_to`): to everybody else the answer is the same as for a case that does not exist.",
    ]
    for app in APPS:
        if util.find_spec(f"{app}.policies") is None:
            continue
        module = import_module(f"{app}.policies")
        rules = [function for name, function in _functions(module) if name.startswith("may_")]
        if rules:
            lines += ["", f"## {app}", ""]
            lines += _table(
                ("May", "The rule", *(role.value.replace("_", " ") for role in Role), "Asks", "States"),
                map(_row, rules),
            )
    return "\n".join(lines) + "\n"


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The module's own functions, in the order they are written."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            yield name, value


def _row(function: Callable[..., Any]) -> tuple[str, ...]:
    rule = Rule()
    _read(function, rule, set())
    sentence = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    states = "" if rule.states is None else _codes(state.value for state in CaseState if state in rule.states)
    asked = ", ".join(sorted(rule.asks))
    marks = ("●" if role in rule.roles else "" for role in Role)
    return (function.__name__.removeprefix("may_").replace("_", " "), sentence, *marks, asked, states)


def _read(function: Callable[..., Any], rule: Rule, seen: set[Callable[..., Any]]) -> None:
    """Add to `rule` what `function` asks, and what the policies' functions it calls ask."""
    if function in seen:
        return
    seen.add(function)
    names = function.__globals__
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Attribute) and node.attr == "answers_for_agency":
            rule.roles |= set(import_module("agencies.actors").ANSWERING_ROLES)
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = [_value(argument, names) for argument in node.args]
        if called == "has_role":
            rule.roles |= {role for value in values for role in _members(value, Role)}
        elif called in STATE_LIMITS and (
            states := frozenset(state for value in values for state in _members(value, CaseState))
        ):
            rule.limit_to(states)
        if called in {"leads", "is_led_by"}:
            rule.asks.add("lead")
        elif called == "is_assigned":
            rule.asks.add("assigned")
        target = names.get(called)
        if inspect.isfunction(target) and target.__module__.endswith(".policies"):
            _read(target, rule, seen)


def _value(argument: ast.expr, names: dict[str, Any]) -> Any:
    """What an argument is when it is made of the module's own constants alone; None when it depends on the caller."""
    inner = argument.value if isinstance(argument, ast.Starred) else argument
    if any(isinstance(node, ast.Call) for node in ast.walk(inner)):
        return None
    try:
        return eval(compile(ast.Expression(inner), "<policy>", "eval"), {"__builtins__": {}, **names})  # noqa: S307 (our own source)
    except (NameError, AttributeError, TypeError):
        return None


def _members(value: object, kind: type[M]) -> list[M]:
    if isinstance(value, kind):
        return [value]
    if isinstance(value, tuple | list | set | frozenset):
        return [member for member in value if isinstance(member, kind)]
    return []


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(head), line("---" for _ in head), *map(line, rows)]
