"""A kind of reminder for these tests: about nothing, and the test says who may still be told of what."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agencies.actors import Actor
from audit import clock
from reminders import rules, services
from reminders.models import Reminder
from reminders.rules import Rule
from tests.cast import acting_as

KIND = "for_tests"


@dataclass
class Subjects:
    """The rule's side of the tests: what it was asked, and what nobody may be told of any more."""

    withdrawn: set[uuid.UUID] = field(default_factory=set)
    asked: int = 0

    def to_tell(self, subject_ids: Collection[uuid.UUID], actor: Actor) -> dict[uuid.UUID, str]:
        self.asked += 1
        return {subject_id: "Sak 26-0417" for subject_id in subject_ids if subject_id not in self.withdrawn}


@pytest.fixture
def subjects(monkeypatch: pytest.MonkeyPatch) -> Subjects:
    """Registers the rule for the length of a test."""
    subjects = Subjects()
    rule = Rule(KIND, "Se på saken", "Åpne saken", subjects.to_tell, lambda subject_id: f"/tests/{subject_id}/")
    monkeypatch.setitem(rules._rules, KIND, rule)
    return subjects


@pytest.fixture
def mails(settings, tmp_path: Path) -> Callable[[], list[Path]]:
    """Mail goes to a mailbox of the test's own; calling it lists the messages."""
    settings.EMAIL_BACKEND = "reminders.mailbox.MailboxBackend"
    settings.MAILBOX_DIR = tmp_path / "mail"
    return lambda: sorted(settings.MAILBOX_DIR.glob("*.eml"))


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nobody is woken: the test runs the delivery itself. Lists the pokes."""
    pokes: list[str] = []
    monkeypatch.setattr("reminders.tasks.deliver.apply_async", lambda **_options: pokes.append("deliver"))
    return pokes


def raise_for(
    actor: Actor, subject_id: uuid.UUID | None = None, *, occurrence: str = "30", due_at: dt.datetime | None = None
) -> Reminder:
    """Raise one reminder for `actor`, due now unless said otherwise, and return its row."""
    subject_id = subject_id or uuid.uuid4()
    with acting_as(actor):
        services.raise_reminder(
            KIND,
            recipient=actor.user,
            agency=actor.agency,
            subject_id=subject_id,
            occurrence=occurrence,
            due_at=due_at or clock.now(),
        )
    return Reminder.objects.get(recipient=actor.user, subject_id=subject_id, occurrence=occurrence)
