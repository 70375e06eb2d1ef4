"""Reading a YAML file of ours so that whatever is wrong with it can be said as `file, line, key: what and what to do`.

The reader is stricter than YAML: a key may stand only once, and a word that YAML would quietly turn into true or false
(`NO`, `on`, `yes`) must be quoted (F-40).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

#: Where a value stands in the document: keys of mappings and positions in lists.
Key = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file, as a sentence to a person with the file open."""

    line: int
    key: str
    message: str


class BrokenFileError(Exception):
    """The file cannot be used. The text lists every problem found, one a line, in the order of the file."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(sentence(path, problem) for problem in self.problems))


def sentence(path: Path, problem: Problem) -> str:
    """`programmes/x.yaml, linje 12, age.max: …`; the key is left out where the whole file is meant."""
    place = _("%(file)s, linje %(line)s") % {"file": shown(path), "line": problem.line}
    return f"{place}, {problem.key}: {problem.message}" if problem.key else f"{place}: {problem.message}"


def shown(path: Path) -> str:
    """The path as people know it: from where they stand, when the file is below."""
    here = Path.cwd()
    absolute = path.absolute()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def dotted(key: Key) -> str:
    """`forums[0].cadences` for the place of a value."""
    text = ""
    for step in key:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass
class YamlFile:
    """A file that was read: its document as plain JSON values, and the line of every key and value."""

    path: Path
    document: Any
    lines: Mapping[Key, int]

    def line_of(self, key: Key) -> int:
        """The line where the value stands, or the nearest thing around it that is there."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def problem(self, key: Key, message: str) -> Problem:
        """A problem at that place."""
        return Problem(self.line_of(key), dotted(key), message)


def read(path: Path) -> YamlFile:
    """The file as plain values with their lines. Raises BrokenFileError when it is missing or is no strict YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = Problem(1, "", _("Filen kan ikke leses (%(reason)s).") % {"reason": error.strerror})
        raise BrokenFileError(path, [problem]) from error
    except UnicodeDecodeError as error:
        raise BrokenFileError(path, [Problem(1, "", _("Filen må være lagret som UTF-8."))]) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = _("Dette er ikke gyldig YAML (%(reason)s). Se etter feil innrykk, kolon eller anførselstegn.")
        raise BrokenFileError(path, [Problem(line, "", message % {"reason": error.problem})]) from error
    except yaml.YAMLError as error:
        raise BrokenFileError(path, [Problem(1, "", _("Filen inneholder tegn som YAML ikke tillater."))]) from error
    if root is None:
        raise BrokenFileError(path, [Problem(1, "", _("Filen er tom."))])
    reading = _Reading()
    document = reading.value(root, ())
    if reading.problems:
        raise BrokenFileError(path, reading.problems)
    return YamlFile(path, document, reading.lines)


def check(file: YamlFile, schema: Mapping[str, Any]) -> list[Problem]:
    """What the file lacks or has too much of, compared with a JSON Schema (2020-12)."""
    validator = Draft202012Validator(schema, format_checker=FormatChecker(formats=["date"]))
    return sorted({problem for error in validator.iter_errors(file.document) for problem in _explain(file, error)})


def load_schema(path: Path) -> dict[str, Any]:
    """A JSON Schema of ours."""
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


@dataclass
class _Reading:
    """One walk through the composed nodes; collects lines and problems on the way."""

    lines: dict[Key, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    constructor: yaml.SafeLoader = field(default_factory=lambda: yaml.SafeLoader(""))
    seen: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, key: Key) -> Any:
        self.lines[key] = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, key)
        if id(node) in self.seen:
            self.complain(node, key, _("Henvisninger med & og * er ikke tillatt her. Skriv innholdet ut."))
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, key)
        return [self.value(child, (*key, position)) for position, child in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name_node, value_node in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else None
            if name is None or name_node.tag != "tag:yaml.org,2002:str":
                message = _("Nøkkelen må være et ord. Sett den i anførselstegn.")
                self.complain(name_node, (*key, str(name)), message)
                continue
            if name in result:
                message = _("Nøkkelen står to ganger, første gang i linje %(line)s. Ta bort den ene.")
                self.complain(name_node, (*key, name), message % {"line": self.lines[(*key, name)]})
                continue
            result[name] = self.value(value_node, (*key, name))
            self.lines[(*key, name)] = name_node.start_mark.line + 1
        return result

    def scalar(self, node: yaml.ScalarNode, key: Key) -> Any:
        if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in {"true", "false"}:
            message = _('%(word)s uten anførselstegn blir lest som sann eller usann. Skriv "%(word)s".')
            self.complain(node, key, message % {"word": node.value})
            return node.value
        try:
            value = self.constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.complain(node, key, _("%(word)s kan ikke leses. Sett det i anførselstegn.") % {"word": node.value})
            return node.value
        return value.isoformat() if isinstance(value, dt.date) else value

    def complain(self, node: yaml.Node, key: Key, message: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, dotted(key), message))


def _explain(file: YamlFile, error: ValidationError) -> Iterator[Problem]:
    """Say in a sentence what a schema error means to the person who wrote the file."""
    key: Key = tuple(error.absolute_path)
    instance: Any = error.instance
    match error.validator:
        case "required":
            wanted: Any = error.validator_value
            for name in wanted:
                if name not in instance:
                    yield Problem(file.line_of(key), dotted((*key, name)), _("Nøkkelen mangler."))
        case "additionalProperties":
            schema: Any = error.schema
            allowed = ", ".join(schema["properties"])
            for name in instance.keys() - schema["properties"].keys():
                yield file.problem((*key, name), _("Ukjent nøkkel. Her kan stå: %(allowed)s.") % {"allowed": allowed})
        case "anyOf":
            # Every anyOf of ours is "this shape, or null": explain against the shape.
            for inner in error.context or ():
                if inner.schema_path[0] == 0:
                    yield from _explain(file, inner)
        case _:
            yield file.problem(key, _wrong_value(error))


def _wrong_value(error: ValidationError) -> str:
    """The sentence for a value that is there but is not what it must be."""
    limit: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "enum":
            allowed = ", ".join(str(word) for word in limit)
            return _("«%(value)s» er ukjent. Velg blant: %(allowed)s.") % {"value": value, "allowed": allowed}
        case "type":
            names = _type_names()
            wanted = _(" eller ").join(names[name] for name in ([limit] if isinstance(limit, str) else limit))
            return _("Her må det stå %(wanted)s.") % {"wanted": wanted}
        case "minimum":
            return _("%(value)s er for lite. Det minste er %(limit)s.") % {"value": value, "limit": limit}
        case "maximum":
            return _("%(value)s er for mye. Det meste er %(limit)s.") % {"value": value, "limit": limit}
        case "minLength":
            return _("Teksten er tom.")
        case "maxLength":
            return _("Teksten er for lang. Den kan ha %(limit)s tegn.") % {"limit": limit}
        case "minItems":
            return _("Listen er for kort. Den må ha minst %(limit)s.") % {"limit": limit}
        case "uniqueItems":
            return _("Noe står to ganger i listen.")
        case "format":
            return _("«%(value)s» er ikke en dato. Skriv år-måned-dag, for eksempel 2026-11-21.") % {"value": value}
        case "pattern":
            return _("«%(value)s» har feil form. Den må passe med %(limit)s.") % {"value": value, "limit": limit}
        case _:
            return error.message


def _type_names() -> dict[str, str]:
    return {
        "string": _("en tekst"),
        "integer": _("et helt tall"),
        "number": _("et tall"),
        "boolean": _("true eller false"),
        "array": _("en liste"),
        "object": _("en gruppe nøkler med innrykk"),
        "null": _("null"),
    }
