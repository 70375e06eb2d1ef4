"""Everywhere a name could come to lie outside the database and the page it was asked for on, gathered while tests run.

Mails, log lines, addresses asked for, what is sent to the broker, keys and values of the cache, names of files.
"""

import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import redis
from celery.signals import before_task_publish
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.core.signals import request_started

from audit.logs import DropRequestDetails, JsonFormatter
from reminders.mailbox import MailboxBackend

# Loggers that do not hand their lines on to the root.
APART = ("", "django.request", "django.server", "celery", "gunicorn.error")


class Sinks:
    """What came out, by kind of sink."""

    def __init__(self) -> None:
        self.kinds: dict[str, io.BytesIO] = {}

    def add(self, kind: str, raw: bytes) -> None:
        self.kinds.setdefault(kind, io.BytesIO()).write(raw + b"\n")

    def __getitem__(self, kind: str) -> bytes:
        held = self.kinds.get(kind)
        return held.getvalue() if held else b""

    def items(self) -> Iterator[tuple[str, bytes]]:
        for kind in sorted(self.kinds):
            yield kind, self[kind]


@contextmanager
def watched() -> Iterator[Sinks]:
    """While inside, everything that leaves is also written down here."""
    sinks = Sinks()
    with ExitStack() as stack:
        _watch_mails(sinks, stack)
        _watch_logs(sinks, stack)
        _watch_signals(sinks, stack)
        yield sinks


def _watch_mails(sinks: Sinks, stack: ExitStack) -> None:
    for backend in (EmailBackend, MailboxBackend):
        stack.enter_context(patch.object(backend, "send_messages", _watching(sinks, backend.send_messages)))


def _watching(sinks: Sinks, send_messages: Callable[..., int]) -> Callable[..., int]:
    def send(self: object, messages: Iterable[EmailMessage]) -> int:
        messages = list(messages)
        for message in messages:
            sinks.add("mail", message.message().as_bytes())
        return send_messages(self, messages)

    return send


def _watch_logs(sinks: Sinks, stack: ExitStack) -> None:
    class Watching(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sinks.add("log", self.format(record).encode("utf-8", "backslashreplace"))

    handler = Watching()
    handler.setFormatter(JsonFormatter())
    handler.addFilter(DropRequestDetails())
    for name in APART:
        logging.getLogger(name).addHandler(handler)
        stack.callback(logging.getLogger(name).removeHandler, handler)


def _watch_signals(sinks: Sinks, stack: ExitStack) -> None:
    """Each address asked for, and each message to the broker."""

    def asked(sender: object, environ: dict[str, Any] | None = None, **_signal: object) -> None:
        if environ is not None:
            request = WSGIRequest(environ | {"wsgi.input": io.BytesIO()})
            sinks.add("address", f"{request.get_full_path()} {environ.get('HTTP_REFERER', '')}".encode())

    def published(body: object = None, headers: object = None, **_signal: object) -> None:
        sinks.add("broker", repr((body, headers)).encode())

    for signal, note in ((request_started, asked), (before_task_publish, published)):
        signal.connect(note, weak=False)
        stack.callback(signal.disconnect, note)


# --- what lies about afterwards --------------------------------------------------------------------------------------


def kept_by_redis(url: str) -> bytes:
    """Every key with its value, whatever its kind, in all of the server's databases that are in use."""
    kept = io.BytesIO()
    with redis.Redis.from_url(url) as here:
        for name in here.info("keyspace"):
            with redis.Redis.from_url(url, db=int(name.removeprefix("db"))) as one:
                for key in one.scan_iter():
                    kept.write(key + b"\n" + (one.dump(key) or b"") + b"\n")
    return kept.getvalue()


def kept_by_cache() -> bytes:
    """What Django's cache holds in this process."""
    return repr(getattr(cache, "_cache", {})).encode()


def names_of_files(home: Path) -> bytes:
    """The names of all files under a folder, their folders' too. What comes and goes meanwhile is skipped."""
    found = (name for _, folders, files in os.walk(home) for name in (*folders, *files))
    return "\n".join(found).encode("utf-8", "surrogateescape")
