"""Break-glass afterwards: who is told, the second person's word, what is said of it, and its pages (F-39)."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from agencies.actors import ANSWERING_ROLES, CLEARANCE_ORDER
from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel, Role
from audit import clock
from audit.models import Event
from cases.models import Case
from cases.services import readers
from cases.services.access_explained import explain
from consent import services
from consent.models import BreakGlass
from reminders.models import Reminder
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.consent.breaking import (
    WHY,
    case,
    kinds_about,
    nobody_of_that_name,
    number_of,
    opened,
    protect,
    source_of,
    swept,
    told,
    without_tokens,
)
from tests.consent.reading import finds

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`

__all__ = ["case"]


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
    assert swept(cast, "hvk-ost") == 0

    shift_clock(hours=24)

    assert (swept(cast, "outreach"), swept(cast, "hvk-ost"), swept(cast, "hvk-ost")) == (0, 1, 0)
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

    assert swept(cast, "hvk-ost") == 0


def test_a_vain_attempt_is_flagged_for_the_users_own_privacy_officer(
    cast: Cast, shift_clock: Callable[..., None]
) -> None:
    glass = opened(cast.ingrid, Part.HEALTH, wanted=nobody_of_that_name())
    with acting_as(cast.mona), pytest.raises(PermissionDenied):
        services.confirm_glass(glass, by=cast.mona)
    shift_clock(hours=24)

    assert swept(cast, "hvk-ost") == 1

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
        source = source_of("open_glass")
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
    protect(cast, case, ProtectionLevel.CONFIDENTIAL)
    sign_in(client, cast.sara)

    kept = client.post(reverse("consent:open_glass"), typed())
    nobody = client.post(reverse("consent:open_glass"), typed(given_name="Ingen"))

    assert kept.status_code == nobody.status_code == 200
    assert "Vi fant ingen" in kept.content.decode() and WHY in kept.content.decode()
    alike = without_tokens(kept.content.decode()).replace("Elias", "Ingen")
    assert alike == without_tokens(nobody.content.decode())


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
    opened(cast.oda, Part.HEALTH, wanted=nobody_of_that_name())

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
