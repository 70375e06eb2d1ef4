"""Break-glass: one person, named parts, an hour, and a second person's word (F-39, security.md 3.5 row 11)."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from agencies.actors import ANSWERING_ROLES, CLEARANCE_ORDER, Actor
from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import LegalBasis
from audit import clock, context
from audit.models import Event
from cases import policies as case_policies
from cases.models import Case, CaseAccess
from cases.services import assignments, conflicts, readers
from cases.services.access_explained import explain
from consent import jobs, services
from consent.enums import GlassOutcome
from consent.models import BreakGlass
from consent.services.glass import Wanted, usable_laws
from reminders.models import Reminder
from reminders.services import reminders_for
from tests import stories
from tests.access.attacks import changed
from tests.cast import Cast, acting_as, sign_in
from tests.consent.reading import finds, raw_rows, wrote

WHY = "Ringte og sa at han ikke orker mer. Vi vet ikke hvor han er."
NUMBER = "14850550051"


def elias() -> Wanted:
    about = stories.subject()
    return Wanted(given_name=about.given_name, family_name=about.family_name, birth_date=about.birth_date)


def law(code: str = "NO-STRL-287") -> LegalBasis:
    return LegalBasis.objects.get(code=code)


def opened(
    by: Actor, *parts: Part, wanted: Wanted | None = None, reason: str = WHY, on: str = "NO-STRL-287"
) -> BreakGlass:
    """What came of `by` breaking the glass for Elias, to read `parts`."""
    with acting_as(by):
        return services.open_glass(wanted or elias(), parts or (Part.HEALTH,), by=by, basis=law(on), reason=reason)


def opened_at_intake(cast: Cast) -> BreakGlass:
    """Sara has broken the glass for Hedda, whose report intake has just got: it is intake's to control."""
    about = stories.subject(given_name="Hedda")
    stories.submitted(cast, about=about)
    return opened(cast.sara, wanted=Wanted("", about.given_name, about.family_name, about.birth_date))


@pytest.fixture
def case(cast: Cast) -> Case:
    """Mental health writes in the case by consent; outreach and NAV have nothing to do with it."""
    scopes = {"hvk-ost": (Part.ECONOMY,), "mental-health": (Part.HEALTH, Part.ECONOMY)}
    told = stories.consented(cast, scopes=scopes, forum=())
    wrote(cast.berit, told, Part.HEALTH, "Tidligere selvmordsforsøk.")
    wrote(cast.berit, told, Part.ECONOMY, "Har gjeld.")
    wrote(cast.ingrid, told, Part.HEALTH, "Har fastlege.")
    return told


def kinds_about(cast: Cast, actor: Actor, case: Case | None) -> list[str]:
    with acting_as(actor):
        found = Event.objects.filter(
            agency_id=actor.agency.pk, kind__startswith="glass.", case_id=case.pk if case else None
        )
        return list(found.order_by("at", "kind").values_list("kind", flat=True))


def told(actor: Actor) -> list[tuple[str, str]]:
    with acting_as(actor):
        return [(one.kind, one.words) for one in reminders_for(actor) if one.kind.startswith("glass_")]


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
    _protect(cast, case, level)
    here, nobody = opened(cast.sara, Part.HEALTH), opened(cast.sara, Part.HEALTH, wanted=_nobody())

    assert (here.outcome, here.case_id) == (nobody.outcome, nobody.case_id) == (GlassOutcome.NOTHING, None)
    assert finds(cast.sara, case) == set()


def test_from_the_strictest_levels_a_name_finds_nobody_not_even_for_who_is_cleared(cast: Cast, case: Case) -> None:
    _protect(cast, case, ProtectionLevel.STRICTLY_CONFIDENTIAL)
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
    assert raw_rows(cast.nils, case) and not _writes_raw(cast.nils, case)


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
    glass = opened(cast.ingrid, Part.HEALTH, wanted=_nobody())

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


# --- who is told, and who controls it --------------------------------------------------------------------------------


def test_the_leads_manager_and_privacy_officer_are_told_at_once_and_nobody_in_the_agency_that_must_not_know(
    cast: Cast, case: Case
) -> None:
    opened(cast.nora, Part.HEALTH)

    assert told(cast.mona) == told(cast.pia) == [("glass_opened", f"Sak {case.number}")]
    assert told(cast.nils) == told(cast.ingrid) == told(cast.nora) == []


def test_the_users_own_privacy_officer_is_told_without_learning_which_case(cast: Cast) -> None:
    elsewhere = stories.routed(cast, stories.received(cast), office="hvk-vest")

    opened(cast.ingrid, Part.CRIME)

    assert told(cast.pia) == [("glass_opened", "En sak en annen tjeneste leder")]
    assert told(cast.vidar) == [("glass_opened", f"Sak {number_of(cast, elsewhere)}")]
    assert told(cast.mona) == [], "the user's own manager would learn that the case exists"


@pytest.mark.parametrize("key", ["mona", "pia"])
def test_the_leads_manager_or_privacy_officer_confirms(cast: Cast, case: Case, key: str) -> None:
    glass, second = opened(cast.sara, Part.HEALTH), getattr(cast, key)

    with acting_as(second):
        services.confirm_glass(glass, by=second, note="Rett vurdering.")
        kept = BreakGlass.objects.get(pk=glass.pk)

    assert (kept.verdict, kept.reviewed_by_id) == ("confirmed", second.user.pk)
    assert kinds_about(cast, second, case) == ["glass.confirmed"]
    assert finds(cast.sara, case), "confirming takes nothing away"


def test_nobody_confirms_their_own_not_even_a_manager_of_the_lead(cast: Cast, case: Case) -> None:
    glass = opened(cast.mona, Part.HEALTH)

    with acting_as(cast.mona), pytest.raises(PermissionDenied):
        services.confirm_glass(glass, by=cast.mona)


def test_the_users_own_manager_a_colleague_and_the_leads_caseworker_do_not_control_it(cast: Cast, case: Case) -> None:
    glass = opened(cast.nora, Part.HEALTH)

    for other in (cast.nils, cast.ingrid, cast.vidar):
        with acting_as(other), pytest.raises(PermissionDenied):
            services.confirm_glass(glass, by=other)


def test_an_objection_says_why_ends_it_and_tells_its_user(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    with acting_as(cast.mona):
        with pytest.raises(ValidationError):
            services.object_to_glass(glass, by=cast.mona, note=" ")
        services.object_to_glass(glass, by=cast.mona, note="Det var ingen fare.")

    assert finds(cast.sara, case) == set()
    assert [kind for kind, _words in told(cast.sara)] == ["glass_objected"]
    assert kinds_about(cast, cast.mona, case) == ["glass.objected"]
    with acting_as(cast.pia), pytest.raises(NotNow):
        services.confirm_glass(glass, by=cast.pia)


def test_after_a_day_without_a_word_it_is_flagged_once_and_said_again(
    cast: Cast, case: Case, shift_clock: Callable[..., None]
) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    shift_clock(hours=23, minutes=59, seconds=59)
    assert _sweep(cast, "hvk-ost") == 0

    shift_clock(hours=24)

    assert (_sweep(cast, "outreach"), _sweep(cast, "hvk-ost"), _sweep(cast, "hvk-ost")) == (0, 1, 0)
    assert kinds_about(cast, cast.mona, case) == ["glass.flagged"]
    assert "glass_flagged" in {kind for kind, _words in told(cast.mona)}
    with acting_as(cast.mona):
        services.confirm_glass(glass, by=cast.mona)
        kept = BreakGlass.objects.get(pk=glass.pk)
    assert kept.flagged_at is not None and kept.verdict == "confirmed", "late is said, and the mark stays"
    assert "glass_flagged" not in {kind for kind, _words in told(cast.mona)}


def test_what_was_controlled_in_time_is_not_flagged(cast: Cast, case: Case, shift_clock: Callable[..., None]) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    with acting_as(cast.mona):
        services.confirm_glass(glass, by=cast.mona)

    shift_clock(hours=25)

    assert _sweep(cast, "hvk-ost") == 0


def test_a_vain_attempt_is_flagged_for_the_users_own_privacy_officer(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    glass = opened(cast.ingrid, Part.HEALTH, wanted=_nobody())
    with acting_as(cast.mona), pytest.raises(PermissionDenied):
        services.confirm_glass(glass, by=cast.mona)
    shift_clock(hours=24)

    assert _sweep(cast, "hvk-ost") == 1

    with acting_as(cast.pia):
        assert services.confirm_glass(glass, by=cast.pia).verdict == "confirmed"


def test_the_mail_about_it_names_nobody(cast: Cast, case: Case) -> None:
    opened(cast.sara, Part.HEALTH)

    rows = Reminder.objects.filter(kind="glass_opened")

    assert rows.count() == 2
    assert {(row.occurrence, row.state) for row in rows} == {("now", "due")}


# --- what is said of it ----------------------------------------------------------------------------------------------


def test_a_reading_under_it_bears_the_law_and_the_emergency(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.sara, Part.HEALTH)

    sign_in(client, cast.sara).get(reverse("cases:detail", args=[case.pk]))

    with acting_as(cast.sara):
        read = Event.objects.get(kind="case.read", case_id=case.pk)
    assert (read.basis, read.purpose, read.parts) == ("break_glass,NO-STRL-287", "emergency", ["core", "health"])


def test_the_case_says_why_one_sees_it_and_until_when(cast: Cast, case: Case) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    with acting_as(cast.sara):
        why = explain(cast.sara, Case.objects.get(pk=case.pk))

    ends = glass.valid_until.astimezone(clock.local_zone()).strftime("%H.%M")
    assert why.summary.endswith(f"Den slutter kl. {ends}.") and "nødtilgang" in why.summary
    assert [check.title for check in why.checks if "Nødtilgang" in check.title] == [
        "Nødtilgangen gjelder deg selv",
        "Nødtilgang for deg alene",
    ]
    reasons = {reason for group in why.by_part for reason in group.reasons}
    assert any("Straffeloven § 287" in reason and f"Slutter kl. {ends}." in reason for reason in reasons)


def test_the_lead_sees_that_one_person_there_reads_by_break_glass(cast: Cast, case: Case) -> None:
    opened(cast.sara, Part.HEALTH)

    with acting_as(cast.ingrid):
        found = {reader.agency.slug: reader for reader in readers.readers_of(cast.ingrid, Case.objects.get(pk=case.pk))}

    assert found["outreach"].people == 1 and found["outreach"].source.startswith("Nødtilgang")


def test_the_lists_of_the_database_are_those_of_the_application(cast: Cast) -> None:
    with acting_as(cast.sara):
        source = _source_of("open_glass")
    for level in CLEARANCE_ORDER:
        assert f"'{level.value}'" in source
    for role in (Role.CASEWORKER, *ANSWERING_ROLES):
        assert f"holds_role('{role.value}')" in source
    for part in set(Part) - {Part.CORE}:
        assert f"'{part.value}'" in source


# --- the pages -------------------------------------------------------------------------------------------------------


def typed(**changed: object) -> dict[str, object]:
    about = stories.subject()
    known: dict[str, object] = {
        "given_name": about.given_name,
        "family_name": about.family_name,
        "birth_date": about.birth_date.strftime("%d.%m.%Y"),
        "parts": ["health"],
        "basis": "NO-STRL-287",
        "reason": WHY,
    }
    return known | changed


def test_the_form_opens_the_case_and_leads_there(cast: Cast, case: Case, client: Client) -> None:
    answer = sign_in(client, cast.sara).post(reverse("consent:open_glass"), typed(), follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(reverse("cases:detail", args=[case.pk]), 302)]
    assert "Tidligere selvmordsforsøk." in page and "Har gjeld." not in page
    assert "Helse- og velferdskontor Øst leder saken, tlf. 00 00 00 03" in page


def test_finding_nobody_and_a_case_kept_from_one_answer_alike_and_keep_what_was_typed(
    cast: Cast, case: Case, client: Client
) -> None:
    _protect(cast, case, ProtectionLevel.CONFIDENTIAL)
    sign_in(client, cast.sara)

    kept = client.post(reverse("consent:open_glass"), typed())
    nobody = client.post(reverse("consent:open_glass"), typed(given_name="Ingen"))

    assert kept.status_code == nobody.status_code == 200
    assert "Vi fant ingen" in kept.content.decode() and WHY in kept.content.decode()
    alike = _without_tokens(kept.content.decode()).replace("Elias", "Ingen")
    assert alike == _without_tokens(nobody.content.decode())


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": "Haster"}, "Skriv litt mer"),
        ({"parts": []}, "Velg minst ett av svarene."),
        ({"basis": "NO-FVL-13"}, "Velg et av svarene."),
        ({"family_name": ""}, "Skriv fødselsnummeret, eller hele navnet og fødselsdatoen."),
        ({"national_id": "12345"}, "Det er ikke et gyldig fødselsnummer."),
        ({"birth_date": "i fjor"}, "Skriv datoen som"),
    ],
)
def test_a_form_that_is_not_whole_says_what_to_do_and_opens_nothing(
    cast: Cast, case: Case, client: Client, changed: dict[str, object], sentence: str
) -> None:
    answer = sign_in(client, cast.sara).post(reverse("consent:open_glass"), typed(**changed))

    assert answer.status_code == 422 and sentence in answer.content.decode()
    with acting_as(cast.sara):
        assert not BreakGlass.objects.exists()


def test_a_sign_in_that_is_no_longer_fresh_is_asked_for_again_first(cast: Cast, case: Case, client: Client) -> None:
    sign_in(client, cast.sara)
    session = client.session
    session["account_authentication_methods"] = [{"method": "cast", "at": 0.0}]
    session.save()

    assert client.get(reverse("consent:open_glass")).status_code == 302
    client.post(reverse("consent:open_glass"), typed())

    with acting_as(cast.sara):
        assert not BreakGlass.objects.exists()


def test_the_second_person_reads_it_and_settles_it_on_one_page(cast: Cast, case: Case, client: Client) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    sign_in(client, cast.pia)

    listed = client.get(reverse("consent:glasses")).content.decode()
    assert "Venter på kontroll" in listed and f"Sak {case.number}" in listed and "Sara Prøvik" in listed
    assert WHY in client.get(reverse("consent:review_glass", args=[glass.pk])).content.decode()
    assert client.post(reverse("consent:review_glass", args=[glass.pk]), {"verdict": "objected"}).status_code == 422
    answer = client.post(reverse("consent:review_glass", args=[glass.pk]), {"verdict": "confirmed"}, follow=True)

    assert "Bekreftet" in answer.content.decode()


def test_the_privacy_officer_counts_by_user_and_month(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.oda, Part.HEALTH)
    opened(cast.oda, Part.HEALTH, wanted=_nobody())

    (row,) = sign_in(client, cast.pia).get(reverse("consent:glasses")).context["counts"]

    assert (row.name, row.count, row.month) == ("Oda Demolund", 2, clock.today().replace(day=1))
    assert sign_in(client, cast.mona).get(reverse("consent:glasses")).context["counts"] == []


def test_to_whom_it_is_not_known_there_is_no_such_break_glass(cast: Cast, case: Case, client: Client) -> None:
    glass = opened(cast.sara, Part.HEALTH)

    for other in (cast.acting_for("tove", "outreach"), cast.nils, cast.vidar, cast.marte):
        sign_in(client, other)
        for name in ("glass", "review_glass", "end_glass"):
            assert client.get(reverse(f"consent:{name}", args=[glass.pk])).status_code == 404, (other.user.name, name)


def test_the_user_is_done_by_a_button_and_afterwards_the_page_names_no_case(
    cast: Cast, case: Case, client: Client
) -> None:
    glass = opened(cast.sara, Part.HEALTH)
    sign_in(client, cast.sara)
    assert "Elias Prøvedal" in client.get(reverse("consent:glass", args=[glass.pk])).content.decode()

    answer = client.post(reverse("consent:end_glass", args=[glass.pk]), follow=True)

    assert answer.status_code == 200
    assert "Prøvedal" not in answer.content.decode() and str(case.number) not in answer.content.decode()


def test_my_day_reminds_of_what_is_open_and_of_what_waits_for_control(cast: Cast, case: Case, client: Client) -> None:
    opened(cast.sara, Part.HEALTH)

    assert "Du har en nødtilgang åpen" in sign_in(client, cast.sara).get(reverse("home")).content.decode()
    assert "Kontroller en nødtilgang" in sign_in(client, cast.mona).get(reverse("home")).content.decode()


# --- small things ----------------------------------------------------------------------------------------------------


def _nobody() -> Wanted:
    return Wanted(given_name="Ingen", family_name="Slik", birth_date=dt.date(2004, 2, 29))


def _protect(cast: Cast, case: Case, level: ProtectionLevel) -> None:
    with acting_as(cast.ingrid):
        person = Case.objects.select_related("person").get(pk=case.pk).person
        person.protection_level = level
        person.save(update_fields=["protection_level"])


def number_of(cast: Cast, case: Case) -> str:
    with acting_as(cast.vidar):
        return Case.objects.get(pk=case.pk).label


def _sweep(cast: Cast, slug: str) -> int:
    agency = cast.agency(slug)
    with context.acting(user_id=None, agency_id=agency.pk):
        return jobs.flag_glasses(agency=agency)


def _writes_raw(actor: Actor, case: Case) -> bool:
    statement = (
        "INSERT INTO cases_entry (id, case_id, part, author_agency_id, author_id, created_at, occurred_at, kind, text,"
        " source_type) VALUES (gen_random_uuid(), %s, 'health', %s, %s, samlos.now(), samlos.now(), 'note', 'x', '')"
    )
    return bool(changed(actor, statement, [case.pk, actor.agency.pk, actor.user.pk]))


def _source_of(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function])
        return str(cursor.fetchone()[0])


def _without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
