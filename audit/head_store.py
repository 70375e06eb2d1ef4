"""The head stores: one folder an agency under AUDIT_HEAD_DIR, one append-only file in it, one JSON object a line.

The folder is meant to lie with the agency (a mount the database's administrator cannot write); each line is flushed to
the disk before it counts.
"""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from audit import signing

FILE = "heads.jsonl"
KEYS = "public-keys.json"
Documents = list[dict[str, Any]]


class StoreError(Exception):
    """The head store cannot be read or written, or holds heads that the database does not."""


def folder(slug: str) -> Path:
    """Where the copies of an agency lie."""
    return Path(settings.AUDIT_HEAD_DIR) / slug


def append(slug: str, heads_from: Callable[[int], Documents]) -> int:
    """Add what is missing, one writer at a time; returns how many. `heads_from(number)` gives the database's heads from
    that number on: the first must be the one that was copied last, or the database has been put back in time.
    """
    try:
        place = folder(slug)
        place.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            last = _last(place / FILE)
            missing = heads_from(last["number"] if last else 0)
            if last is not None:
                if not missing or missing[0] != last:
                    raise StoreError("the head store is ahead of the database")
                missing = missing[1:]
            if missing:
                _write(descriptor, missing)
        finally:
            os.close(descriptor)
        _publish(place / KEYS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(type(error).__name__) from error
    return len(missing)


def read(path: Path) -> Documents:
    """Every head in a file of a head store. Raises StoreError for one that cannot be read or that is no such file."""
    try:
        lines = path.read_text("utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.endswith("}")]
    except (OSError, ValueError) as error:
        raise StoreError(type(error).__name__) from error
    if not all(isinstance(head, dict) and isinstance(head.get("chain"), int) for head in found):
        raise StoreError("a line is no head")
    return found


def holds(slug: str, number: int) -> bool:
    """Whether the head with this number has been copied."""
    try:
        last = _last(folder(slug) / FILE)
    except (OSError, ValueError):
        return False
    return last is not None and int(last["number"]) >= number


def _last(path: Path) -> dict[str, Any] | None:
    """The last whole line. A line that a crash cut short is not there, and is written again after it."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 4096))
        lines = file.read().split(b"\n")
    for line in reversed(lines):
        if line.startswith(b"{") and line.endswith(b"}"):
            found: dict[str, Any] = json.loads(line)
            return found
    return None


def _write(descriptor: int, heads: Documents) -> None:
    text = "".join(json.dumps(head, sort_keys=True) + "\n" for head in heads).encode("ascii")
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        text = b"\n" + text  # after a line that a crash cut short
    while text:
        text = text[os.write(descriptor, text) :]
    os.fsync(descriptor)


def _publish(path: Path) -> None:
    text = json.dumps(signing.published(), indent=2, sort_keys=True) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
