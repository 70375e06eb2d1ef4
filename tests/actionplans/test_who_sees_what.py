"""Each reader gets the rows of the plan that a right of theirs covers now, and nothing tells of the others."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg import sql

from actionplans.enums import Progress
from actionplans.models import Measure
from actionplans.reading import read_plan
from agencies.actors import Actor
from cases.grants import assign
from cases.models import Case
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db
TABLES = (
    "maingoal",
    "areagoal",
    "measure",
    "measureprogress",
    "commitment",
    "followup",
    "planapproval",
    "approvalattendance",
)


def titles(reader: Actor, case: Case) -> set[str]:
    with acting_as(reader):
        opened = Case.objects.visible_to(reader).select_related("lead_agency", "programme_version").get(pk=case.pk)
        return {measure.title for measure in read_plan(opened, reader).measures}


def page(client: Client, reader: Actor, case: Case) -> str:
    """The plan's own part of its page; the frame above, with what the reader's right rests on, is the cases'."""
    response = sign_in(client, reader).get(reverse("actionplans:detail", args=[case.pk]))
    assert response.status_code == 200
    _frame, _heading, plan = response.content.decode().partition("Planen til")
    return plan


@pytest.mark.req("SIG-44", "SIG-66")
def test_the_lead_sees_the_whole_plan_and_each_agency_only_its_parts(cast: Cast) -> None:
    case = planning.planned(cast)

    assert titles(cast.ingrid, case) == {planning.MONEY, planning.TALK, planning.SCHOOL}
    assert titles(cast.nora, case) == {planning.MONEY, planning.SCHOOL}
    assert titles(cast.stine, case) == {planning.SCHOOL}
    assert titles(cast.siv, case) == {planning.TALK}


def test_an_area_without_a_readable_row_is_not_on_the_page(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    shown = page(client, cast.stine, case)

    assert planning.SCHOOL in shown and planning.GOAL in shown and planning.PROMISE in shown
    for hidden in (planning.MONEY, planning.TALK, "Gjelden er betalt", "Noen å snakke med", "Psykisk helse og rus"):
        assert hidden not in shown
    assert "1 tiltak" in shown


def test_a_main_goal_in_a_part_is_read_by_those_who_may_know_that_part(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    sign_in(client, cast.ingrid).post(
        reverse("actionplans:main_goal", args=[case.pk]),
        {"text": "Jeg vil slutte å ruse meg.", "written_on": "01.01.2026", "part": "health"},
    )

    assert "slutte å ruse" in page(client, cast.siv, case)
    assert "slutte å ruse" not in page(client, cast.nora, case)


def test_only_the_lead_is_told_who_sat_at_the_table(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    assert "Elias og Nora fra NAV" in page(client, cast.ingrid, case)
    assert "Elias og Nora fra NAV" not in page(client, cast.siv, case)


def test_an_agency_is_not_told_which_others_see_the_plan(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    shown = page(client, cast.siv, case)

    assert "NAV" not in shown and "Stavne" not in shown


def test_what_a_carrier_reports_is_known_to_itself_and_to_those_the_consent_lets_know(cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.siv):
        talk = Measure.objects.get(title=planning.TALK)
    planning.report(cast, cast.siv, talk, Progress.IN_PROGRESS, 3)

    for reader in (cast.siv, cast.ingrid):
        with acting_as(reader):
            opened = Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
            seen = next(measure for measure in read_plan(opened, reader).measures if measure.title == planning.TALK)
            assert seen.words == "3 av 8 samtaler" and seen.shows_bar


def test_silence_the_reader_may_not_hear_through_is_not_called_not_begun(cast: Cast) -> None:
    """Where the consent lets NAV know, but not tell, the lead is not told that nothing happens."""
    case = stories.consented(cast, scopes=planning.SCOPES, forum=[], givers=["hvk-ost"])
    with acting_as(cast.nils):
        assign(case, cast.nora.user, by=cast.nils)
    money = planning.measure(cast, case)
    planning.report(cast, cast.nora, money, Progress.IN_PROGRESS)

    with acting_as(cast.ingrid):
        opened = Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
        assert [measure.words for measure in read_plan(opened, cast.ingrid).measures] == ["Ikke meldt"]
    with acting_as(cast.nora):
        opened = Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
        assert [measure.words for measure in read_plan(opened, cast.nora).measures] == ["I gang"]


def test_for_everybody_else_there_is_no_plan(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    for name in ("hanne", "oda", "sara", "leif", "aksel", "kari", "arne", "pia", "rune"):
        sign_in(client, getattr(cast, name))
        for url_name in ("detail", "edit", "pdf", "own_pdf", "add_measure", "main_goal"):
            assert client.get(reverse(f"actionplans:{url_name}", args=[case.pk])).status_code == 404, (name, url_name)


@pytest.mark.req("SIG-63")
def test_when_the_consent_is_taken_back_the_next_request_finds_nothing_of_the_plan(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.nora):
        money = Measure.objects.get(title=planning.MONEY)
    planning.report(cast, cast.nora, money, Progress.NOT_BEGUN)
    assert planning.MONEY in page(client, cast.nora, case)
    assert planning.MONEY in sign_in(client, cast.nora).get(reverse("home")).content.decode()

    stories.revoked(cast, case)

    sign_in(client, cast.nora)
    for address in (
        reverse("actionplans:detail", args=[case.pk]),
        reverse("actionplans:progress", args=[case.pk, money.pk]),
        reverse("actionplans:of_measure", args=[money.pk]),
    ):
        assert client.get(address).status_code == 404
    assert planning.MONEY not in client.get(reverse("home")).content.decode()
    own = client.get(reverse("cases:contributions")).content.decode()
    assert "Ikke begynt" in own and planning.MONEY not in own
    assert sign_in(client, cast.nils).get(reverse("actionplans:pdf", args=[case.pk])).status_code == 404


def test_after_the_consent_the_lead_reads_its_own_plan_and_changes_nothing(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    stories.revoked(cast, case)

    assert planning.MONEY in page(client, cast.ingrid, case)
    assert client.get(reverse("actionplans:edit", args=[case.pk])).status_code == 409


def test_the_database_alone_gives_no_row_without_a_right(cast: Cast) -> None:
    """The second lock: no filter of Django's, only the agency's name."""
    case = planning.planned(cast)
    stories.revoked(cast, case)

    for name in ("nora", "leif", "sara"):
        with acting_as(getattr(cast, name)), connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(f"actionplans_{table}")))
                assert cursor.fetchone() == (0,), (name, table)


def test_the_database_alone_gives_the_parts_of_the_consent(cast: Cast) -> None:
    planning.planned(cast)
    with acting_as(cast.stine), connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(DISTINCT part) FROM actionplans_measure")
        assert cursor.fetchone() == (["occupation_school"],)
        cursor.execute("SELECT count(*) FROM actionplans_approvalattendance")
        assert cursor.fetchone() == (0,)
