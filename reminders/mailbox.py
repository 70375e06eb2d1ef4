"""The demonstration's mail: one file a message in `settings.MAILBOX_DIR`, and the reading of them.

A file's name is a digest of the Message-ID, so a message handed over twice is there once, and the mailbox can answer
whether it has it: what the ledger asks after a worker died.
"""

import datetime as dt
import email
import email.policy
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from agencies.models import User

if TYPE_CHECKING:
    from django.core.mail import EmailMessage as OutgoingMessage

SHOWN = 50


class MailboxBackend(BaseEmailBackend):
    """Keeps every message as a file: whole or not at all, and on disk before the sender is told."""

    def send_messages(self, email_messages: "Sequence[OutgoingMessage]") -> int:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for outgoing in email_messages:
            message = outgoing.message()
            _keep(folder, _name(message["Message-ID"]), message.as_bytes())
        return len(email_messages)

    def has_message(self, message_id: str) -> bool:
        """Whether a message with this Message-ID was kept. What a worker killed in the middle left beside it is removed."""
        name = _name(message_id)
        kept = (_folder() / name).exists()
        if kept:
            _unfinished(_folder(), name).unlink(missing_ok=True)
        return kept


@dataclass(frozen=True)
class Mail:
    """One kept message as its reader sees it. `name` is the file's, without ending."""

    name: str
    subject: str
    sent_at: dt.datetime
    text: str
    calendar: bytes | None


def mails_to(user: User) -> list[Mail]:
    """The newest messages to `user`, newest first."""
    mails = (_read(path, message) for path, message in _messages() if message["To"] == user.email)
    return sorted(mails, key=lambda mail: (mail.sent_at, mail.name), reverse=True)[:SHOWN]


def mail_to(user: User, name: str) -> Mail | None:
    """One message to `user` by its name; None for anybody else's, as for one that is not there."""
    return next((mail for mail in mails_to(user) if mail.name == name), None)


def _folder() -> Path:
    return Path(settings.MAILBOX_DIR)


def _name(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:32] + ".eml"


def _unfinished(folder: Path, name: str) -> Path:
    """Where a message is written before it is whole: the same place each time, so that the next try takes it over."""
    return folder / f".{name.removesuffix('.eml')}"


def _keep(folder: Path, name: str, content: bytes) -> None:
    new = _unfinished(folder, name)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(new, folder / name)  # unlike a rename it leaves a message that is there alone
    except FileExistsError:
        pass
    finally:
        new.unlink(missing_ok=True)
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _messages() -> Iterator[tuple[Path, EmailMessage]]:
    for path in _folder().glob("*.eml"):
        yield path, email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _instant(date: str) -> dt.datetime:
    written = parsedate_to_datetime(date)
    return written if written.tzinfo else written.replace(tzinfo=dt.UTC)  # "-0000": in UTC, from nowhere in particular


def _read(path: Path, message: EmailMessage) -> Mail:
    body = message.get_body(("plain",))
    calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return Mail(
        name=path.stem,
        subject=message["Subject"],
        sent_at=_instant(message["Date"]),
        text=body.get_content() if body else "",
        calendar=calendars[0].get_content().encode() if calendars else None,
    )
