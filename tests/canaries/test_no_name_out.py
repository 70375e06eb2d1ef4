"""No name out (G11): three hundred invented people go through everything that leaves the application, and none is found
in mails, logs, addresses, the broker, the cache, files' names, calendars, error pages or a paper's metadata.
"""

import io
import os
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pypdf
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from psycopg import sql
from psycopg.types.json import Jsonb

from audit import clock
from audit.services import AuditUnavailableError
from cases.jobs import REPORT_WAITING
from cases.models import Case
from reminders import tasks
from reminders.delivery import deliver_due
from reminders.models import Reminder
from tests import databases, stories
from tests.actionplans import planning
from tests.canaries import sinks, watch
from tests.canaries.identities import Identity, everybody, found_in, spellings
from tests.canaries.sinks import Sinks
from tests.cast import Cast, acting_as, sign_in
from tests.meetings import tables

MAILS_AT_EVERY_COMMIT = 40


@pytest.fixture
def leaving() -> Iterator[Sinks]:
    with sinks.watched() as watched:
        yield watched


def a_case_for_each(owner_url: str, database: str, like: Case, people: tuple[Identity, ...]) -> list[str]:
    """A case of the same office for each of these people, with a line that tells everything: copied from `like`, which was
    told as people do, by the owner in one transaction. Returns the cases' ids.
    """
    ids = [str(uuid.uuid4()) for _one in people]
    with databases.connect(owner_url, database) as owner, owner.transaction():
        for number, (case_id, one) in enumerate(zip(ids, people, strict=True)):
            named = {"given_name": one.given_name, "family_name": one.family_name}
            _copy(owner, "cases_case", "id", like, {"id": case_id, "number": f"27-{number:04d}"})
            _copy(owner, "cases_person", "case_id", like, {"id": str(uuid.uuid4()), "case_id": case_id} | named)
            _copy(
                owner, "cases_entry", "case_id", like,
                {"id": str(uuid.uuid4()), "case_id": case_id, "text": one.told, "kind": "note"},
            )  # fmt: skip
    return ids


def _copy(owner: psycopg.Connection, table: str, key: str, like: Case, changed: dict[str, str]) -> None:
    """One more row like the one whose `key` is the case's id, with these columns changed."""
    columns = _columns(owner, table)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    owner.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {names} FROM (SELECT (jsonb_populate_record(r, %s)).*"
            " FROM {table} r WHERE {key} = %s LIMIT 1) AS copied"
        ).format(table=sql.Identifier(table), names=names, key=sql.Identifier(key)),
        [Jsonb(changed), like.pk],
    )


@cache
def _columns(owner: psycopg.Connection, table: str) -> tuple[str, ...]:
    """The columns that are written, not reckoned."""
    found = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " AND is_generated = 'NEVER'",
        [table],
    )
    return tuple(name for (name,) in found)


def test_three_hundred_people_go_through_everything_and_none_gets_out(
    own_database: str, cast: Cast, owner_url: str, leaving: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = everybody()
    like = stories.routed(cast, office="hvk-vest")
    planned = planning.planned(cast)
    ids = a_case_for_each(owner_url, own_database, like, people)
    vidar = sign_in(Client(raise_request_exception=False), cast.vidar)

    shown = _asked_for_pages(vidar, ids, people)
    _mailed(cast, ids, MAILS_AT_EVERY_COMMIT)
    tasks.deliver.apply_async(retry=False)
    papers = _papers(cast, planned)
    errors = _errors(vidar, ids[0], people[0], monkeypatch)

    # The names were in use: else finding none anywhere would prove nothing.
    assert all(one.given_name in shown for one in people[:20])
    gathered = dict(leaving.items()) | papers | errors | _left_behind()
    assert {"mail", "log", "address", "broker"} <= gathered.keys()
    suspects = people if found_in(b"\n".join(gathered.values()), people) else ()
    assert {kind: found for kind, raw in gathered.items() if (found := found_in(raw, suspects))} == {}


def _asked_for_pages(client: Client, ids: list[str], people: tuple[Identity, ...]) -> str:
    """Lists, searches by name, pages, what is not there: everything that makes an address and a line in the log."""
    shown = ""
    after = ""
    for _page in range(2):
        shown += client.get(reverse("cases:list"), {"etter": after} if after else {}).content.decode()
    for one, case_id in zip(people[:20], ids, strict=False):
        answer = client.post(reverse("search"), {"words": one.family_name})
        assert case_id in answer.content.decode()
        shown += answer.content.decode()
    assert client.get(reverse("cases:detail", args=[ids[0]])).status_code == 200
    assert client.get("/saker/finnes-ikke/").status_code == 404
    return shown


def _mailed(cast: Cast, ids: list[str], count: int) -> None:
    """A late case is told of: to Vidar, who answers for it, by the mail that says only that there is something."""
    with acting_as(cast.vidar):
        vidar = cast.vidar
        Case.objects.led_by(vidar.agency).update(due_at=clock.now())
        Reminder.objects.bulk_create(
            Reminder(
                kind=REPORT_WAITING, recipient=vidar.user, agency=vidar.agency, subject_id=case_id, occurrence="kanari",
                due_at=clock.now(), deliver_after=clock.now(),
            )
            for case_id in ids[:count]
        )  # fmt: skip
    assert deliver_due(limit=count) == count


def _papers(cast: Cast, planned: Case) -> dict[str, bytes]:
    """The plan on paper and the meeting in a calendar, about Elias: their names, titles and metadata."""
    ingrid = sign_in(Client(), cast.ingrid)
    mona = sign_in(Client(), cast.mona)
    found: dict[str, bytes] = {}
    for client, name in ((mona, "actionplans:pdf"), (ingrid, "actionplans:own_pdf")):
        answer = client.get(reverse(name, args=[planned.pk]))
        assert answer.status_code == 200
        paper = pypdf.PdfReader(io.BytesIO(answer.content))
        about = f"{paper.metadata} {answer.headers['Content-Disposition']}".encode()
        found[name] = about + (paper.xmp_metadata.stream.get_data() if paper.xmp_metadata else b"")
        assert _says_elias(found[name]) == []
    meeting = tables.called(cast)
    tables.on_agenda(cast, planned, meeting)
    calendar = ingrid.get(reverse("meetings:calendar", args=[meeting.pk]))
    assert calendar.status_code == 200
    found["calendar"] = calendar.content + calendar.headers["Content-Disposition"].encode()
    assert _says_elias(found["calendar"]) == []
    return found


def _says_elias(raw: bytes) -> list[bytes]:
    return [spelling for name in ("Elias", "Prøvedal") for spelling in spellings(name) if spelling in raw]


def _errors(client: Client, case_id: str, one: Identity, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The pages of a fault whose message names the person, and of a log that cannot be written."""
    url = reverse("cases:detail", args=[case_id])
    pages: dict[str, bytes] = {}

    def fault(*_args: Any, **_kwargs: Any) -> None:
        raise ValueError(one.told)

    with monkeypatch.context() as broken:
        broken.setattr("cases.views.overview.shell", fault)
        answer = client.get(url)
        assert answer.status_code == 500
        pages["error 500"] = answer.content

    def no_log(*_args: Any, **_kwargs: Any) -> None:
        raise AuditUnavailableError(one.told)

    with monkeypatch.context() as broken:
        broken.setattr("cases.views.overview.shell", no_log)
        answer = client.get(url)
        assert answer.status_code == 503
        pages["error 503"] = answer.content
    return pages


def _left_behind() -> dict[str, bytes]:
    """What lies in the broker, the cache, the sessions and the names of files."""
    return {
        "redis": sinks.kept_by_redis(os.environ["REDIS_URL"]),
        "cache": sinks.kept_by_cache(),
        "sessions": repr([session.get_decoded() for session in Session.objects.all()]).encode(),
        "files": sinks.names_of_files(Path(settings.SAMLOS_HOME)),
        "mailbox": sinks.names_of_files(Path(settings.MAILBOX_DIR)),
    }


# --- the search itself finds what is there ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", everybody()[7].known_by)
def test_every_spelling_of_a_name_is_found(known: str) -> None:
    one = everybody()[7]

    for spelling in spellings(known):
        if len(spelling) >= 5:
            assert found_in(b"forut " + spelling + b" etter", [one])


def test_all_are_different_people() -> None:
    people = everybody()

    assert len({one.given_name for one in people}) == len({one.national_id for one in people}) == len(people) == 300


def test_initials_in_a_subject_are_found(leaving: Sinks) -> None:
    """What a well-meant change would do: the mail is looked at with its headers."""
    one = everybody()[3]

    EmailMessage(f"Ny sak: {one.initials}", "Logg inn.", to=["vidar@fjordvik.example"]).send()

    assert found_in(leaving["mail"], [one])


def test_a_name_that_gets_out_of_any_test_is_found_when_the_suite_ends() -> None:
    asked = "/saker/?navn=Pr%C3%B8vedal "
    on_purpose = "/saker/Elias-Pr%C3%B8vedal/ "

    assert watch.names_in({"address": f"/min-dag/ \n{asked}\n{on_purpose}\n".encode()}) == {"address": [asked.encode()]}
    assert watch.names_in({"address": on_purpose.encode(), "log": b"{}"}) == {}
