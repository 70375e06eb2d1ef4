"""Break-glass: one person, named parts, an hour, and a second person's word (F-39, security.md 3.5 row 11)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel
from audit import clock
from cases import policies as case_policies
from cases.models import Case, CaseAccess
from cases.models.listing import CaseList
from cases.services import assignments, conflicts
from consent import services
from consent.enums import GlassOutcome
from consent.models import BreakGlass
from consent.services.glass import Wanted, usable_laws
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.consent.breaking import (
    NUMBER,
    WHY,
    case,
    elias,
    kinds_about,
    nobody_of_that_name,
    opened,
    protect,
    told,
    writes_raw,
)
from tests.consent.reading import finds, raw_rows, wrote

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`

__all__ = ["case"]


# --- what it opens, to whom, and for how long ------------------------------------------------------------------------


def test_it_opens_the_named_part_whoever_wrote_it_and_nothing_else(cast: Cast, case: Case) -> None:
    assert finds(cast.sara, case) == set()

    glass = opened(cast.sara, Part.HEALTH)

    assert glass.outcome == GlassOutcome.OPENED and glass.case_id == case.pk
    assert finds(cast.sara, case) == {"Tidligere selvmordsforsøk.", "Har fastlege."}


def test_nobody_else_in_the_agency_gains_anything(cast: Cast, case: Case) -> None:
    colleague = cast.acting_for("tove", "outreach")

    opened(cast.sara, Part.HEALTH)

    assert finds(colleague, case) == set()
    assert raw_rows(colleague, case) == 0, "the second lock knows the user too"
    with acting_as(colleague):
        assert not CaseAccess.objects.exists()
        assert not colleague.user.has_perm("cases.view_case", case)


def test_a_manager_of_the_same_agency_does_not_see_it_either(cast: Cast, case: Case) -> None:
    opened(cast.nora, Part.HEALTH)

    assert finds(cast.nora, case) and finds(cast.nils, case) == set()
    with acting_as(cast.nils):
        assert not Case.objects.visible_to(cast.nils).exists()


def test_the_same_person_in_another_agency_sees_nothing(cast: Cast, case: Case) -> None:
    opened(cast.acting_for("tove", "outreach"), Part.ECONOMY)

    assert finds(cast.acting_for("tove", "mental-health"), case) == set()


def test_an_unassigned_colleague_of_the_lead_reads_the_parts_it_names_and_nothing_more_of_the_leads(
    cast: Cast, case: Case
) -> None:
    wrote(cast.ingrid, case, Part.HOUSING, "Mistet leiligheten.")

    opened(cast.oda, Part.HEALTH)

    assert finds(cast.oda, case) == {"Tidligere selvmordsforsøk.", "Har fastlege."}
    with acting_as(cast.oda):
        assert cast.oda.user.has_perm("cases.view_case", case)
        assert not cast.oda.user.has_perm("cases.work_on_case", case)


@pytest.mark.parametrize(
    ("moved", "sees"),
    [
        ({"minutes": 59, "seconds": 59, "microseconds": 999_999}, True),
        ({"minutes": 60}, False),
        ({"minutes": 60, "microseconds": 1}, False),
    ],
)
def test_it_lasts_sixty_minutes_to_the_microsecond(
    cast: Cast, case: Case, shift_clock: Callable[..., None], moved: dict[str, int], sees: bool
) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    assert glass.valid_until - glass.valid_from == dt.timedelta(minutes=60)

    shift_clock(**moved)

    assert bool(finds(cast.sara, case)) is sees
    assert bool(raw_rows(cast.sara, case)) is sees
    with acting_as(cast.sara):
        assert cast.sara.user.has_perm("cases.view_case", case) is sees


def test_list_page_permission_and_search_agree_while_it_lasts_and_after(
    cast: Cast, case: Case, client: Client, shift_clock: Callable[..., None]
) -> None:
    opened(cast.sara, Part.HEALTH)

    for sees in (True, False):
        sign_in(client, cast.sara)
        assert client.get(reverse("cases:detail", args=[case.pk])).status_code == (200 if sees else 404)
        listed = {row["case"].pk for row in client.get(reverse("cases:list")).context["rows"]}
        found = {row["case"].pk for row in client.post(reverse("search"), {"words": "Prøvedal"}).context["cases"]}
        assert (case.pk in listed, case.pk in found) == (sees, sees)
        shift_clock(minutes=61)


def test_a_colleague_of_the_lead_finds_the_words_of_the_part_alone_and_is_told_no_deadline(
    cast: Cast, case: Case, client: Client
) -> None:
    opened(cast.oda, Part.HEALTH)
    with acting_as(cast.ingrid):
        case.due_at = clock.now() - dt.timedelta(days=1)
        case.save(update_fields=["due_at"])
    sign_in(client, cast.oda)

    def lines(words: str) -> set[str]:
        return {line.text for line in client.post(reverse("search"), {"words": words}).context["lines"]}

    def rows(**query: str) -> list[dict[str, object]]:
        return list(client.get(reverse("cases:list"), query).context["rows"])

    assert lines("selvmordsforsøk") == {"Tidligere selvmordsforsøk."}
    assert lines("gjeld") == set(), "the agency may read it, and she opened health alone"
    (row,) = rows()
    assert (row["deadline"], row["is_mine"]) == (None, False)
    assert "Dere har neste steg" not in str(row["turn"])
    assert rows(late="late") == []
    with acting_as(cast.oda):
        listed = CaseList(cast.oda, only=[case.pk])
        place = listed.place(case.pk)
        assert listed.count(2) == len(listed.ids(2)) == 1
    assert place is not None and place.due_at is None
    with acting_as(cast.mona):
        assert CaseList(cast.mona, late=True).ids(1) == [case.pk]


def test_the_user_ends_it_and_reads_no_more(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    with acting_as(cast.sara):
        services.end_glass(glass, by=cast.sara)

    assert finds(cast.sara, case) == set()
    assert kinds_about(cast, cast.sara, case) == ["glass.ended", "glass.opened"]
    with acting_as(cast.sara), pytest.raises(NotNow):
        services.end_glass(glass, by=cast.sara)


def test_the_leads_manager_stops_it_and_another_agencys_does_not(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    with acting_as(cast.nils), pytest.raises(PermissionDenied):
        services.end_glass(glass, by=cast.nils)
    with acting_as(cast.mona):
        services.end_glass(glass, by=cast.mona)

    assert finds(cast.sara, case) == set()


def test_it_ends_with_the_case(cast: Cast) -> None:
    case = stories.collaborating(cast)
    opened(cast.sara, Part.CRIME)

    stories.closed(cast, case)

    with acting_as(cast.sara):
        assert not Case.objects.visible_to(cast.sara).exists()
    assert opened(cast.sara, Part.CRIME).outcome == GlassOutcome.NOTHING, "a closed case is not found"


def test_a_second_press_is_the_same_hour_and_more_parts_are_a_new_act(cast: Cast, case: Case) -> None:
    first = opened(cast.sara, Part.HEALTH)

    assert opened(cast.sara, Part.HEALTH).pk == first.pk
    assert opened(cast.sara, Part.HEALTH, Part.FAMILY).pk != first.pk
    assert kinds_about(cast, cast.sara, case) == ["glass.opened", "glass.opened"]


# --- what it does not override ---------------------------------------------------------------------------------------


def test_a_declared_conflict_is_not_overridden_and_the_lead_is_told_of_the_attempt(cast: Cast, case: Case) -> None:
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    with acting_as(cast.oda):
        conflicts.declare(case, by=cast.oda)

    glass = opened(cast.oda, Part.HEALTH)

    assert (glass.outcome, glass.case_id) == (GlassOutcome.NOTHING, None)
    assert finds(cast.oda, case) == set()
    assert ("glass_opened", f"Sak {case.number}, ble stanset") in told(cast.mona)


def test_a_conflict_declared_meanwhile_ends_the_sight_at_once(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.sara, Part.HEALTH)
    sign_in(client, cast.sara)

    assert client.post(reverse("cases:declare_conflict", args=[case.pk])).status_code == 302

    assert finds(cast.sara, case) == set()


@pytest.mark.parametrize("level", [ProtectionLevel.CONFIDENTIAL, ProtectionLevel.STRICTLY_CONFIDENTIAL])
def test_a_protected_person_is_as_if_not_there_for_who_is_not_cleared(
    cast: Cast, case: Case, level: ProtectionLevel
) -> None:
    protect(cast, case, level)
    here, nobody = opened(cast.sara, Part.HEALTH), opened(cast.sara, Part.HEALTH, wanted=nobody_of_that_name())

    assert (here.outcome, here.case_id) == (nobody.outcome, nobody.case_id) == (GlassOutcome.NOTHING, None)
    assert finds(cast.sara, case) == set()


def test_from_the_strictest_levels_a_name_finds_nobody_not_even_for_who_is_cleared(cast: Cast, case: Case) -> None:
    protect(cast, case, ProtectionLevel.STRICTLY_CONFIDENTIAL)
    assert cast.oda.is_cleared_for(ProtectionLevel.STRICTLY_CONFIDENTIAL)

    assert opened(cast.oda, Part.HEALTH).outcome == GlassOutcome.NOTHING


def test_it_lets_one_read_and_do_nothing(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.nils, Part.HEALTH)  # a manager of an agency that is not in the case
    opened(cast.oda, Part.HEALTH)

    for reader in (cast.nils, cast.oda):
        with acting_as(reader):
            assert not case_policies.may_write_entry(reader, case, Part.HEALTH)
            assert not case_policies.takes_part(reader, case)
        sign_in(client, reader)
        for name in (
            "cases:assign",
            "cases:close",
            "cases:review",
            "cases:talk",
            "consent:detail",
            "consent:disclose",
            "actionplans:pdf",
        ):
            assert client.get(reverse(name, args=[case.pk])).status_code == 403, name
        typed = {"kind": "note", "part": "health", "text": "Skrevet i nød."}
        assert client.post(reverse("cases:detail", args=[case.pk]), typed).status_code == 403
    assert raw_rows(cast.nils, case) and not writes_raw(cast.nils, case)


def test_it_opens_no_meeting_and_no_list_of_who_takes_part(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.sara, Part.HEALTH)
    opened(cast.oda, Part.HEALTH)

    for reader in (cast.sara, cast.oda):
        page = sign_in(client, reader).get(reverse("cases:detail", args=[case.pk]))
        assert page.context["taking_part"] == []
        assert "Psykisk helse og rus" not in page.content.decode().split("Tidslinje")[0]


# --- finding ---------------------------------------------------------------------------------------------------------


def test_by_number_it_opens_that_persons_case(cast: Cast) -> None:
    case = stories.submitted(cast, about=stories.subject(national_id=NUMBER, birth_date=dt.date(2005, 5, 14)))

    assert opened(cast.sara, Part.CRIME, wanted=Wanted(national_id=NUMBER)).case_id == case.pk


def test_part_of_a_name_or_another_birth_date_finds_nobody(cast: Cast, case: Case) -> None:
    about = elias()
    assert about.birth_date is not None
    for wrong in (
        Wanted(given_name="Eli", family_name="Prøvedal", birth_date=about.birth_date),
        Wanted(given_name="%", family_name="%", birth_date=about.birth_date),
        Wanted(given_name="Elias", family_name="Prøvedal", birth_date=about.birth_date + dt.timedelta(days=1)),
    ):
        assert opened(cast.sara, Part.HEALTH, wanted=wrong).outcome == GlassOutcome.NOTHING


def test_two_people_of_one_name_and_birthday_open_neither(cast: Cast, case: Case) -> None:
    stories.submitted(cast)

    glass = opened(cast.sara, Part.HEALTH)

    assert (glass.outcome, glass.case_id) == (GlassOutcome.SEVERAL, None)
    assert finds(cast.sara, case) == set()


def test_finding_nobody_is_written_down_and_told_to_the_agencys_own_privacy_officer(cast: Cast) -> None:
    glass = opened(cast.ingrid, Part.HEALTH, wanted=nobody_of_that_name())

    assert glass.outcome == GlassOutcome.NOTHING and glass.reason == WHY
    assert kinds_about(cast, cast.ingrid, None) == ["glass.not_found"]
    assert told(cast.pia) == [("glass_opened", "Ingen sak ble åpnet")]
    assert told(cast.mona) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": "Haster."}, "reason"),
        ({"on": "NO-PREG-27-4"}, "basis"),
        ({"wanted": Wanted(given_name="Elias")}, "national_id"),
        ({"wanted": Wanted(national_id="12345678901")}, "national_id"),
    ],
)
def test_without_reason_law_or_a_whole_person_nothing_is_opened(
    cast: Cast, case: Case, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        opened(cast.sara, Part.HEALTH, **changed)  # type: ignore[arg-type]

    assert field in wrong.value.message_dict
    with acting_as(cast.sara):
        assert not BreakGlass.objects.exists()


def test_who_does_not_work_on_cases_cannot_break_the_glass(cast: Cast, case: Case) -> None:
    for actor in (cast.aksel, cast.pia, cast.arne):
        with pytest.raises(PermissionDenied):
            opened(actor, Part.CRIME)


def test_the_police_are_told_of_health_and_child_welfare_and_open_neither(cast: Cast, case: Case) -> None:
    assert opened(cast.leif, Part.CRIME, on="NO-STRL-196").case_id == case.pk
    for part in (Part.HEALTH, Part.CHILD_WELFARE):
        with pytest.raises(ValidationError):
            opened(cast.leif, part, on="NO-STRL-196")


def test_the_laws_offered_are_those_of_the_list_for_emergencies(cast: Cast) -> None:
    assert "NO-STRL-287" in {one.code for one in usable_laws(cast.sara.agency)}
    assert all("break_glass" in one.document["uses"] for one in usable_laws(cast.sara.agency))
