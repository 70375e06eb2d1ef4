"""The end of a case: who loses sight, how long it is kept, and that nothing is left when it is purged."""

import datetime as dt
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse
from psycopg import sql

from agencies.decisions import NotNow, Refused
from audit import clock
from cases.enums import CaseState, ClosingReason
from cases.models import Case
from cases.services import closing, talks
from cases.services.reports import Address, Subject
from consent.models import Consent
from tests import databases, stories
from tests.cast import Cast, acting_as, sign_in

CANARY = "kanarifugl"


def close(cast: Cast, case: Case, *, by: str = "ingrid", reason: ClosingReason = ClosingReason.GOAL_MET) -> Case:
    actor = getattr(cast, by)
    with acting_as(actor):
        return closing.close(case, by=actor, reason=reason)


def test_closing_sets_the_reason_the_time_and_how_long_the_case_is_kept(cast: Cast) -> None:
    case = close(cast, stories.assigned(cast), reason=ClosingReason.MOVED)

    assert case.state == CaseState.CLOSED
    assert case.closing_reason == ClosingReason.MOVED
    assert case.closed_at is not None
    assert case.due_at is None
    assert case.retain_until == closing.kept_until(case, clock.today())


@pytest.mark.parametrize(
    ("closed_on", "until"),
    [
        (dt.date(2026, 11, 21), dt.date(2027, 11, 21)),
        (dt.date(2028, 2, 29), dt.date(2029, 2, 28)),
        (dt.date(2026, 12, 31), dt.date(2027, 12, 31)),
    ],
)
def test_a_case_is_kept_for_the_programmes_twelve_months(cast: Cast, closed_on: dt.date, until: dt.date) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.ingrid):
        assert closing.kept_until(case, closed_on) == until


def test_everybody_else_loses_sight_at_once_and_the_lead_reads_on(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    address = reverse("cases:detail", args=[case.pk])
    assert sign_in(client, cast.nils).get(address).status_code == 200

    close(cast, case)

    assert client.get(address).status_code == 404
    assert sign_in(Client(), cast.ingrid).get(address).status_code == 200
    with acting_as(cast.ingrid):
        assert not Consent.objects.in_force().filter(case=case).exists()
        assert stories.case_now(case).state == CaseState.CLOSED


def test_the_page_names_who_loses_sight_before_the_button(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)

    html = sign_in(client, cast.ingrid).get(reverse("cases:close", args=[case.pk])).content.decode()

    nav = cast.agency("nav").name
    assert f"{nav} ser ikke saken lenger" in html
    assert html.index("ser ikke saken lenger") < html.index("Avslutt saken</button>")
    assert "Saken kan ikke åpnes igjen" in html


def test_closing_asks_that_one_has_read_and_is_done_once(cast: Cast, client: Client) -> None:
    case = stories.consented(cast)
    address = reverse("cases:close", args=[case.pk])
    sign_in(client, cast.ingrid)

    unread = client.post(address, {"reason": "goal_met"})
    client.post(address, {"reason": "goal_met", "has_read": "on"})
    again = client.post(address, {"reason": "moved", "has_read": "on"})

    assert unread.status_code == 422
    assert "Saken er avsluttet." in again.content.decode()
    with acting_as(cast.ingrid):
        assert stories.case_now(case).closing_reason == ClosingReason.GOAL_MET


def test_no_contact_is_a_reason_only_after_calling_in_vain_several_times(cast: Cast) -> None:
    case = stories.summoned(cast)
    for attempt in range(3):
        with pytest.raises(NotNow, match="innkalt 3 ganger"):
            close(cast, case, reason=ClosingReason.NO_CONTACT)
        with acting_as(cast.ingrid):
            talks.did_not_come(case, by=cast.ingrid)
        if attempt < 2:
            stories.summoned(cast, case)

    assert close(cast, case, reason=ClosingReason.NO_CONTACT).state == CaseState.CLOSED


@pytest.mark.parametrize("name", ["oda", "vidar", "nils", "rune", "marte", "pia", "arne"])
def test_only_the_leads_own_people_on_the_case_close_it(cast: Cast, name: str) -> None:
    case = stories.consented(cast)

    with pytest.raises((Refused, Case.DoesNotExist)):
        close(cast, case, by=name)


def test_a_report_that_is_still_with_intake_is_sent_back_and_not_closed(cast: Cast) -> None:
    case = stories.received(cast)

    with pytest.raises((Refused, NotNow)):
        close(cast, case, by="rune")


def purge(*options: str) -> str:
    said = StringIO()
    call_command("purge_due", *options, stdout=said)
    return said.getvalue()


@pytest.fixture
def as_owner(own_database: str, owner_url: str) -> Callable[..., str]:
    """Run the command as the nightly job does: connected as the database's owner."""

    def run(*options: str) -> str:
        settings = connections["default"].settings_dict
        before = {key: settings[key] for key in ("USER", "PASSWORD", "OPTIONS")}
        rest = owner_url.split("://", 1)[1].split("@", 1)[0]
        user, _, password = rest.partition(":")
        connections.close_all()
        # The application's timeouts are not the owner's.
        ours = {key: value for key, value in settings["OPTIONS"].items() if key != "options"}
        settings.update(USER=user, PASSWORD=password, OPTIONS=ours)
        try:
            return purge(*options)
        finally:
            connections.close_all()
            settings.update(before)

    return run


def everywhere(owner_url: str, database: str, word: str) -> list[str]:
    """The tables in which any text holds `word`."""
    found = []
    with databases.connect(owner_url, database) as owner:
        tables = owner.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT count(*) FROM {0} WHERE {0}::text ILIKE %s").format(sql.Identifier(table))
            (count,) = owner.execute(query, [f"%{word}%"]).fetchone() or (0,)
            if count:
                found.append(table)
    return found


def test_a_case_past_its_date_leaves_nothing_in_any_table(
    cast: Cast, own_database: str, owner_url: str, as_owner: Callable[..., str], shift_clock: Callable[..., None]
) -> None:
    about = stories.subject(family_name=CANARY.capitalize(), address=Address(f"{CANARY}veien 1", "7031", "Fjordvik"))
    case = stories.closed(cast, stories.collaborating(cast, _consented_for(cast, about)))
    other = stories.assigned(cast)
    assert "cases_person" in everywhere(owner_url, own_database, CANARY)
    assert everywhere(owner_url, own_database, str(case.pk))

    assert "0 of 0" in as_owner()
    shift_clock(days=380)
    assert "1 cases are past" in as_owner("--dry-run")
    assert everywhere(owner_url, own_database, CANARY)
    assert "1 of 1" in as_owner()

    assert everywhere(owner_url, own_database, CANARY) == []
    # The log outlives what it tells of: who read, with the case's random id and nothing of its content.
    assert set(everywhere(owner_url, own_database, str(case.pk))) <= {"audit_event"}
    with acting_as(cast.ingrid):
        assert Case.objects.filter(pk=other.pk).exists()


@pytest.mark.req("SIG-54")
def test_a_case_under_legal_hold_stays_past_its_date(
    cast: Cast, own_database: str, owner_url: str, as_owner: Callable[..., str], shift_clock: Callable[..., None]
) -> None:
    case = stories.closed(cast, stories.assigned(cast))
    with databases.connect(owner_url, own_database) as owner:
        owner.execute("UPDATE cases_case SET legal_hold = true WHERE id = %s", [case.pk])
    shift_clock(days=400)

    assert "0 of 0" in as_owner()

    with acting_as(cast.ingrid):
        assert Case.objects.filter(pk=case.pk).exists()


def test_the_application_itself_cannot_purge_a_closed_case(cast: Cast, shift_clock: Callable[..., None]) -> None:
    case = stories.closed(cast, stories.assigned(cast))
    shift_clock(days=400)

    with acting_as(cast.ingrid):
        assert closing.purge(case) is False


def _consented_for(cast: Cast, about: Subject) -> Case:
    case = stories.reviewed(
        cast, stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast, about=about))))
    )
    return stories.consented(cast, stories.consent_pending(cast, stories.summoned(cast, case)))
