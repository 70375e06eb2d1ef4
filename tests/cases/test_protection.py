"""Protection levels (F-19): raised by one, lowered by two, and gone for everybody who is not cleared."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from agencies.actors import CLEARANCE_ORDER
from agencies.decisions import NotNow, Refused
from agencies.enums import Part, ProtectionLevel
from agencies.models import Membership
from audit.models import Event
from cases.enums import EntryKind, ProtectionOutcome
from cases.models import Case, Person, ProtectionChange
from cases.services import assignments, contributions, entries, needs, protection
from cases.services.reports import Subject
from reminders.services import reminders_for
from tests import stories
from tests.access.attacks import refuses, rows
from tests.cast import Cast, acting_as, sign_in
from tests.people import clear

pytestmark = pytest.mark.django_db
STRICT, CONFIDENTIAL = ProtectionLevel.STRICTLY_CONFIDENTIAL, ProtectionLevel.CONFIDENTIAL


def protected(cast: Cast, case: Case | None = None, level: ProtectionLevel = STRICT) -> Case:
    """Mona has raised the level of a case that Oda works on; Ingrid, who had it too, is not cleared."""
    case = case or stories.assigned(cast)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
        protection.raise_level(case, level=level, reason="Trusler fra et miljø.", by=cast.mona)
        return stories.case_now(case)


def asked_to_lower(
    cast: Cast, case: Case, level: ProtectionLevel = ProtectionLevel.NONE, **more: bool
) -> ProtectionChange:
    """Oda has asked that the level be lowered."""
    with acting_as(cast.oda):
        return protection.request_lower(case, level=level, reason="Trusselen er over.", by=cast.oda, **more)


def level_of(cast: Cast, case: Case) -> str:
    with acting_as(cast.mona):
        return Person.objects.get(case=case).protection_level


# --- the order, once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clearance", CLEARANCE_ORDER)
@pytest.mark.parametrize("level", CLEARANCE_ORDER)
def test_the_database_and_the_application_order_the_levels_alike(
    cast: Cast, clearance: ProtectionLevel, level: ProtectionLevel
) -> None:
    if clearance != cast.oda.clearance:
        clear(cast.oda.user, cast.oda.agency, clearance)
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.clearance_covers(%s, %s)", [clearance, level])
        (covers,) = cursor.fetchone()

    assert covers is cast.oda.is_cleared_for(level)
    assert covers is (CLEARANCE_ORDER.index(level) <= CLEARANCE_ORDER.index(clearance))


@pytest.mark.parametrize(
    ("level", "sees"),
    [("marked", True), ("confidential", True), ("strictly_confidential", True), ("fictitious_id", False)],
)
def test_whoever_is_cleared_up_to_a_level_sees_that_level_and_not_the_next(cast: Cast, level: str, sees: bool) -> None:
    case = protected(cast, level=ProtectionLevel(level))

    with acting_as(cast.oda):
        assert Case.objects.visible_to(cast.oda).filter(pk=case.pk).exists() is sees


# --- raising ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["mona", "ingrid"])
def test_one_person_of_the_lead_raises_at_once(cast: Cast, key: str) -> None:
    case, actor = stories.assigned(cast), getattr(cast, key)

    with acting_as(actor):
        protection.raise_level(case, level=STRICT, reason="Trusler.", by=actor)

    assert level_of(cast, case) == STRICT
    with acting_as(cast.ingrid):
        assert not Case.objects.visible_to(cast.ingrid).exists(), "also whoever raised it, when not cleared"
    with acting_as(cast.mona):
        change = ProtectionChange.objects.get()
        assert (change.from_level, change.to_level, change.outcome) == ("none", STRICT, ProtectionOutcome.RAISED)
        event = Event.objects.get(kind="protection.raised", case_id=case.pk)
        assert event.user_id == actor.user.pk and event.purpose == ""


def test_intake_raises_while_the_report_is_with_it(cast: Cast) -> None:
    case = stories.received(cast)

    with acting_as(cast.rune):
        protection.raise_level(case, level=CONFIDENTIAL, reason="Kode 7 i folkeregisteret.", by=cast.rune)
        assert Case.objects.visible_to(cast.rune).filter(pk=case.pk).exists()


@pytest.mark.parametrize("key", ["oda", "vidar", "hanne", "nora", "pia", "arne", "aksel", "marte", "rune"])
def test_nobody_else_raises(cast: Cast, key: str) -> None:
    case, actor = stories.assigned(cast), getattr(cast, key)

    with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
        protection.raise_level(case, level=STRICT, reason="Hvem som helst.", by=actor)
    assert level_of(cast, case) == ProtectionLevel.NONE


@pytest.mark.parametrize("level", [ProtectionLevel.NONE, CONFIDENTIAL])
def test_raising_is_never_to_the_same_or_a_milder_level(cast: Cast, level: ProtectionLevel) -> None:
    case = protected(cast, level=CONFIDENTIAL)

    with acting_as(cast.mona), pytest.raises(NotNow, match="strengere"):
        protection.raise_level(case, level=level, reason="Feil vei.", by=cast.mona)
    assert level_of(cast, case) == CONFIDENTIAL


def test_the_page_says_who_loses_sight_before_anything_is_done(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    url = reverse("cases:raise_protection", args=[case.pk])
    typed = {"level": "strictly_confidential", "reason": "Trusler."}
    sign_in(client, cast.ingrid)

    asked = client.post(url, typed).content.decode()

    assert "Disse mister innsyn" in asked and "Ingrid Testnes (deg)" in asked
    assert (
        asked.index("Disse mister innsyn") < asked.index("Ingrid Testnes (deg)") < asked.index("Disse ser den fortsatt")
    )
    assert "Mona Eksempelås" in asked[asked.index("Disse ser den fortsatt") :]
    assert level_of(cast, case) == ProtectionLevel.NONE
    done = client.post(url, typed | {"confirmed": "1"}, follow=True)
    assert done.status_code == 200 and "Vernet er hevet" in done.content.decode()
    assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404
    assert level_of(cast, case) == STRICT


def test_bad_input_keeps_what_was_typed(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)

    answer = sign_in(client, cast.mona).post(
        reverse("cases:raise_protection", args=[case.pk]), {"level": "hemmelig", "reason": "Trusler fra et miljø."}
    )

    assert answer.status_code == 422
    assert "Trusler fra et miljø." in answer.content.decode()


def test_the_manager_is_told_that_there_is_something_and_not_what(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        protection.raise_level(case, level=STRICT, reason="Trusler.", by=cast.ingrid)

    with acting_as(cast.mona):
        (told,) = [told for told in reminders_for(cast.mona) if told.kind == "protection_changed"]
        assert "vern" not in f"{told.title} {told.words} {told.action}".lower()
    Membership.objects.filter(user=cast.mona.user).update(clearance=ProtectionLevel.MARKED)
    with acting_as(cast.mona):
        assert not [told for told in reminders_for(cast.mona) if told.kind == "protection_changed"]


# --- lowering ---------------------------------------------------------------------------------------------------------


def test_two_persons_lower_and_the_first_alone_changes_nothing(cast: Cast) -> None:
    case = protected(cast)
    change = asked_to_lower(cast, case)
    assert level_of(cast, case) == STRICT

    with acting_as(cast.mona):
        assert [told.kind for told in reminders_for(cast.mona)] == ["protection_lower_requested"]
        protection.approve_lower(case, change, by=cast.mona)

    assert level_of(cast, case) == ProtectionLevel.NONE
    with acting_as(cast.ingrid):
        assert Case.objects.visible_to(cast.ingrid).filter(pk=case.pk).exists(), "she still has the case"
    with acting_as(cast.mona):
        kinds = set(Event.objects.filter(case_id=case.pk).values_list("kind", flat=True))
        assert {"protection.lower_requested", "protection.lowered"} <= kinds


def test_whoever_asked_does_not_answer(cast: Cast) -> None:
    case = protected(cast)
    change = asked_to_lower(cast, case)

    with acting_as(cast.oda), pytest.raises(Refused, match="En annen som er klarert"):
        protection.approve_lower(case, change, by=cast.oda)
    assert level_of(cast, case) == STRICT


@pytest.mark.parametrize("key", ["ingrid", "vidar", "nora", "rune", "pia"])
def test_nobody_uncleared_or_from_elsewhere_answers(cast: Cast, key: str) -> None:
    case, actor = protected(cast), getattr(cast, key)
    change = asked_to_lower(cast, case)

    with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist, ProtectionChange.DoesNotExist)):
        protection.approve_lower(case, change, by=actor)
    assert level_of(cast, case) == STRICT


def test_a_no_leaves_the_level_and_can_be_asked_again(cast: Cast) -> None:
    case = protected(cast)
    change = asked_to_lower(cast, case)

    with acting_as(cast.mona):
        protection.refuse_lower(case, change, by=cast.mona)
    assert level_of(cast, case) == STRICT
    again = asked_to_lower(cast, case, CONFIDENTIAL)
    with acting_as(cast.mona):
        with pytest.raises(NotNow, match="alt svart"):
            protection.approve_lower(case, change, by=cast.mona)
        protection.approve_lower(case, again, by=cast.mona)
    assert level_of(cast, case) == CONFIDENTIAL


def test_a_request_about_a_level_that_was_raised_since_is_gone(cast: Cast) -> None:
    case = protected(cast, level=CONFIDENTIAL)
    change = asked_to_lower(cast, case)
    with acting_as(cast.mona):
        protection.raise_level(case, level=STRICT, reason="Verre.", by=cast.mona)
        with pytest.raises(NotNow):
            protection.approve_lower(case, change, by=cast.mona)

    assert level_of(cast, case) == STRICT


LOWER = "UPDATE cases_person SET protection_level = 'none' WHERE case_id = %s"


def test_the_database_lets_no_single_person_lower(cast: Cast) -> None:
    case = protected(cast)
    change = asked_to_lower(cast, case)

    refuses(cast.mona, LOWER, [case.pk])
    refuses(cast.oda, LOWER, [case.pk])
    answered = "UPDATE cases_protectionchange SET outcome = 'approved', decided_by_id = %s, decided_at = samlos.now() WHERE id = %s"
    refuses(cast.oda, answered, [cast.oda.user.pk, change.pk])
    refuses(cast.oda, answered, [cast.mona.user.pk, change.pk])
    refuses(cast.ingrid, answered, [cast.ingrid.user.pk, change.pk])
    assert level_of(cast, case) == STRICT


def test_an_approval_of_an_earlier_day_lowers_nothing(cast: Cast, shift_clock: object) -> None:
    case = protected(cast)
    change = asked_to_lower(cast, case)
    with acting_as(cast.mona):
        protection.approve_lower(case, change, by=cast.mona)
        protection.raise_level(case, level=STRICT, reason="Igjen.", by=cast.mona)
    shift_clock(days=1)  # type: ignore[operator]

    refuses(cast.mona, LOWER, [case.pk])
    assert level_of(cast, case) == STRICT


def test_nobody_is_born_approved(cast: Cast) -> None:
    case = protected(cast)
    born = """INSERT INTO cases_protectionchange (id, case_id, author_agency_id, from_level, to_level, reason, covers_children,
        requested_by_id, requested_at, outcome, decided_by_id, decided_at)
        VALUES (gen_random_uuid(), %s, %s, 'strictly_confidential', 'none', 'x', false, %s, samlos.now(), 'approved', %s, samlos.now())"""

    refuses(cast.mona, born, [case.pk, cast.mona.agency.pk, cast.mona.user.pk, cast.oda.user.pk])
    refuses(cast.mona, born, [case.pk, cast.mona.agency.pk, cast.oda.user.pk, cast.mona.user.pk])


def test_asking_and_answering_on_the_pages(cast: Cast, client: Client) -> None:
    case = protected(cast)
    typed = {"level": "none", "reason": "Trusselen er over."}
    asked = sign_in(client, cast.oda).post(reverse("cases:lower_protection", args=[case.pk]), typed, follow=True)
    assert "før en annen som er klarert" in asked.content.decode()
    with acting_as(cast.mona):
        url = reverse("cases:answer_lower", args=[case.pk, ProtectionChange.objects.waiting().get().pk])
    assert "Ja, senk vernet" not in client.get(url).content.decode()
    assert client.post(url, {"answer": "yes"}).status_code == 403

    read = sign_in(client, cast.mona).get(url).content.decode()
    assert "Trusselen er over." in read and "Ja, senk vernet" in read
    client.post(url, {"answer": "yes"})

    assert level_of(cast, case) == ProtectionLevel.NONE
    assert "Senket" in client.get(reverse("cases:protection", args=[case.pk])).content.decode()


# --- not there for those who are not cleared --------------------------------------------------------------------------

PAGES = ("detail", "protection", "raise_protection", "sealed", "review", "talk", "needs", "network", "assign", "close")


@pytest.mark.parametrize("level", [CONFIDENTIAL, STRICT, ProtectionLevel.FICTITIOUS_ID])
def test_whoever_is_not_cleared_finds_nothing_of_it_anywhere(
    cast: Cast, client: Client, level: ProtectionLevel
) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.HOUSING, text="Sover hos bestefaren", by=cast.ingrid)
    number = case.number
    protected(cast, case, level)
    sign_in(client, cast.ingrid)

    for name in PAGES:
        assert client.get(reverse(f"cases:{name}", args=[case.pk])).status_code == 404, name
    for path in (reverse("home"), reverse("cases:list"), reverse("cases:contributions"), reverse("reminders")):
        html = client.get(path).content.decode()
        assert str(number) not in html and "Prøvedal" not in html and "bestefaren" not in html, path
    for words in ("Prøvedal", str(number), "bestefaren"):
        assert "Ingen treff" in client.post(reverse("search"), {"words": words}).content.decode(), words
    with acting_as(cast.ingrid):
        assert not cast.ingrid.user.has_perm("cases.view_case", case)
        assert contributions.of_this_app(cast.ingrid) == []


def test_a_case_of_a_protected_person_is_given_to_nobody_who_is_not_cleared(cast: Cast) -> None:
    case = stories.routed(cast)
    with acting_as(cast.mona):
        protection.raise_level(case, level=STRICT, reason="Kode 6.", by=cast.mona)
        names = [row.user.name for row in assignments.candidates(case, agency=cast.mona.agency)]
        assert names == ["Oda Demolund"]
        with pytest.raises(NotNow, match="kan ikke få denne saken"):
            assignments.assign(case, user=cast.ingrid.user, by=cast.mona)


@pytest.mark.req("U23-10")
def test_intake_learns_of_no_earlier_case_it_is_not_cleared_for(cast: Cast) -> None:
    somebody = Subject(**(vars(stories.submission().subject) | {"national_id": "14850550051"}))
    known = stories.routed(cast, stories.received(cast, stories.submitted(cast, about=somebody)))
    new = stories.received(cast, stories.submitted(cast, about=somebody))
    question = "SELECT number FROM samlos.cases_of_same_person(%s)"
    assert rows(cast.rune, question, [new.pk]) == [(known.number,)]

    with acting_as(cast.mona):
        protection.raise_level(known, level=STRICT, reason="Kode 6.", by=cast.mona)
    assert rows(cast.rune, question, [new.pk]) == [(known.number,)], "Rune is cleared"
    Membership.objects.filter(user=cast.rune.user).update(clearance=CONFIDENTIAL)

    assert rows(cast.rune, question, [new.pk]) == []


def test_by_name_only_those_cleared_are_answered(cast: Cast) -> None:
    case = protected(cast, level=CONFIDENTIAL)
    question = "SELECT case_id FROM samlos.search_people('prøvedal', 10)"

    assert rows(cast.oda, question) == [(case.pk,)]
    assert rows(cast.ingrid, question) == [], "the second lock says so too"


# --- children ---------------------------------------------------------------------------------------------------------


def sister(cast: Cast, case: Case) -> object:
    with acting_as(cast.ingrid):
        return needs.add_resource_person(case, by=cast.ingrid, name="Ada", relation="søster", is_child=True)


@pytest.mark.req("U23-19")
@pytest.mark.parametrize(("covers", "shown"), [(False, False), (True, True)])
def test_a_child_follows_the_level_up_and_down_only_when_two_said_so(cast: Cast, covers: bool, shown: bool) -> None:
    case = stories.consented(cast)
    sister(cast, case)
    protected(cast, case)
    change = asked_to_lower(cast, case, covers_children=covers)
    with acting_as(cast.mona):
        protection.approve_lower(case, change, by=cast.mona)

    with acting_as(cast.ingrid):
        assert bool(needs.network_of(cast.ingrid, case)) is shown
    with acting_as(cast.oda):
        assert [person.name for person in needs.network_of(cast.oda, case)] == ["Ada"]


def test_a_child_written_down_later_has_the_level_from_the_first_second(cast: Cast) -> None:
    case = protected(cast, stories.consented(cast))
    with acting_as(cast.oda):
        child = needs.add_resource_person(case, by=cast.oda, name="Ada", relation="søster", is_child=True)
        friend = needs.add_resource_person(case, by=cast.oda, name="Odd", relation="nabo")
        child.refresh_from_db()
        friend.refresh_from_db()

    assert (child.protection_level, friend.protection_level) == (STRICT, ProtectionLevel.NONE)
