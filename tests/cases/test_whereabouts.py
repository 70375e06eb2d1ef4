"""Where a hidden person can be found stands in one place, and on no other page, paper, list or search (F-19)."""

import datetime as dt
import io
import json
from dataclasses import replace

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from actionplans.models import FollowUp
from actionplans.services import follow_ups
from agencies.decisions import NotNow, Refused
from agencies.enums import Part, ProtectionLevel
from agencies.models import Membership
from audit import clock
from audit.models import Event
from cases.enums import EntryKind, SummonsWay, WhereaboutsKind
from cases.models import Case, Conversation, PersonContact, ResourcePerson, SealedWhereabouts
from cases.services import assignments, entries, needs, protection, reports, talks
from cases.services.reports import Address, Information
from reminders.services import reminders_for
from tests import stories
from tests.access.attacks import refuses, rows
from tests.cases import reporting
from tests.cast import Cast, acting_as, sign_in
from tests.people import clear
from tests.retold import retold

pytestmark = pytest.mark.django_db
STRICT, CONFIDENTIAL, NONE = ProtectionLevel.STRICTLY_CONFIDENTIAL, ProtectionLevel.CONFIDENTIAL, ProtectionLevel.NONE
STREET, PHONE, TOLD, OFFICE, GRANDFATHER, CAFE, NOTE = (
    "Kanariveien 7", "00 00 77 01", "Sover på Kanarihytta", "Kanarirommet", "00 00 77 02", "Kanarikafeen", "Gjemt på Kanarigård",
)  # fmt: skip
WHEREABOUTS = (STREET, PHONE, TOLD, OFFICE, GRANDFATHER, CAFE, NOTE)


@retold
def told_everywhere(cast: Cast) -> Case:
    """A case with a plan in which whereabouts stand wherever a person can write them, led by Mona's office."""
    subject = replace(stories.submission().subject, address=Address(STREET, "7030", "Fjordvik"), phone=PHONE)
    told = (Information(Part.CRIME, "Stanset to ganger.", True), Information(Part.CONTACT, TOLD, False))
    case = stories.reviewed(
        cast, stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast, about=subject, information=told))))
    )  # fmt: skip
    with acting_as(cast.ingrid):
        talks.summon(
            case, by=cast.ingrid, summoned_on=clock.today(), how=SummonsWay.LETTER,
            appointment_at=clock.now() + dt.timedelta(days=3), place=OFFICE,
        )  # fmt: skip
        case = stories.case_now(case)
    case = stories.collaborating(cast, stories.consented(cast, stories.consent_pending(cast, case)))
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.CONTACT, text=NOTE, by=cast.ingrid)
        needs.add_resource_person(case, by=cast.ingrid, name="Odd", relation="bestefar", contact=GRANDFATHER)
        follow_ups.plan(
            case, starts_at=clock.now() + dt.timedelta(days=9), place=CAFE, young_person_attends=True, is_urgent=False, by=cast.ingrid,
        )  # fmt: skip
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    return case


def hidden(cast: Cast, case: Case, level: ProtectionLevel) -> Case:
    with acting_as(cast.mona):
        protection.raise_level(case, level=level, reason="Trusler.", by=cast.mona)
        return stories.case_now(case)


def lowered(cast: Cast, case: Case) -> None:
    with acting_as(cast.oda):
        change = protection.request_lower(case, level=NONE, reason="Over.", by=cast.oda)
    with acting_as(cast.mona):
        protection.approve_lower(case, change, by=cast.mona)


PAGES = (
    "cases:detail", "cases:report", "cases:review", "cases:talk", "cases:needs", "cases:network", "cases:assessments",
    "cases:protection", "cases:close", "actionplans:detail", "actionplans:edit", "consent:detail", "meetings:case",
)  # fmt: skip


def everything_shown(client: Client, case: Case) -> str:
    """All a cleared person of the lead can open of the case, but the sealed page."""
    shown = []
    for name in PAGES:
        answer = client.get(reverse(name, args=[case.pk]))
        assert answer.status_code == 200, name
        shown.append(answer.content.decode())
    shown += [client.get(reverse(name)).content.decode() for name in ("home", "cases:list", "cases:contributions")]
    paper = client.get(reverse("actionplans:pdf", args=[case.pk]))
    assert paper.headers["content-type"] == "application/pdf"
    shown += [page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages]
    return "\n".join(shown)


@pytest.mark.parametrize("level", [CONFIDENTIAL, STRICT])
def test_whereabouts_are_on_no_page_and_no_paper_but_the_sealed_one(
    cast: Cast, client: Client, level: ProtectionLevel
) -> None:
    case = told_everywhere(cast)
    sign_in(client, cast.mona)
    before = everything_shown(client, case)
    assert {words for words in WHEREABOUTS if words not in before} == {OFFICE}, "the proof looks where they stand"

    hidden(cast, case, level)

    after = everything_shown(client, case)
    assert {words for words in WHEREABOUTS if words in after} == set()
    sealed = client.get(reverse("cases:sealed", args=[case.pk])).content.decode()
    assert {words for words in WHEREABOUTS if words not in sealed} == set()


def test_no_search_finds_what_is_sealed(cast: Cast, client: Client) -> None:
    case = hidden(cast, told_everywhere(cast), CONFIDENTIAL)
    sign_in(client, cast.mona)

    for words in ("Kanarigård", "Kanarihytta", PHONE, STREET):
        assert "Ingen treff" in client.post(reverse("search"), {"words": words}).content.decode(), words
    assert "Ingen treff" not in client.post(reverse("search"), {"words": str(case.number)}).content.decode()


def test_no_ordinary_table_holds_them_not_even_behind_the_application(cast: Cast) -> None:
    case = hidden(cast, told_everywhere(cast), CONFIDENTIAL)

    for table in (
        "cases_personcontact", "cases_entry", "cases_reportinformation", "cases_conversation", "cases_resourceperson",
        "actionplans_followup",
    ):  # fmt: skip
        everything = f"SELECT to_jsonb(t)::text FROM {table} t WHERE case_id = %s"  # noqa: S608 (a name from this file)
        held = str(rows(cast.mona, everything, [case.pk]))
        assert {words for words in WHEREABOUTS if words in held} == set(), table


def test_lowering_puts_them_back_where_they_stood(cast: Cast, client: Client) -> None:
    case = told_everywhere(cast)
    hidden(cast, case, STRICT)
    lowered(cast, case)

    shown = everything_shown(sign_in(client, cast.mona), case)
    assert {words for words in WHEREABOUTS if words not in shown} == {OFFICE}, "the place of a talk that is over"
    with acting_as(cast.mona):
        assert not SealedWhereabouts.objects.exists()
        assert Conversation.objects.get(case=case).place == OFFICE


def test_where_the_consent_was_signed_is_sealed_too_also_when_it_has_ended(cast: Cast) -> None:
    case = told_everywhere(cast)
    stories.revoked(cast, case)
    question = "SELECT place FROM consent_consent WHERE case_id = %s"
    assert rows(cast.mona, question, [case.pk]) == [("Fjordvik",)]

    hidden(cast, case, STRICT)
    assert rows(cast.mona, question, [case.pk]) == [("",)]
    refuses(cast.mona, "UPDATE consent_consent SET place = 'Et annet sted' WHERE case_id = %s", [case.pk])
    lowered(cast, case)

    assert rows(cast.mona, question, [case.pk]) == [("Fjordvik",)]


def test_who_is_not_cleared_is_not_told_that_a_consent_ended(cast: Cast) -> None:
    case = told_everywhere(cast)
    stories.revoked(cast, case)
    with acting_as(cast.nils):
        assert [told.kind for told in reminders_for(cast.nils)] == ["consent_ended"]

    hidden(cast, case, CONFIDENTIAL)

    with acting_as(cast.nils):
        assert reminders_for(cast.nils) == []
    clear(cast.nils.user, cast.nils.agency, CONFIDENTIAL)
    with acting_as(cast.nils):
        assert [told.kind for told in reminders_for(cast.nils)] == ["consent_ended"]


# --- the sealed place -------------------------------------------------------------------------------------------------


def test_each_opening_is_logged_with_its_part(cast: Cast, client: Client) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)
    for _ in range(2):
        assert sign_in(client, cast.mona).get(reverse("cases:sealed", args=[case.pk])).status_code == 200

    with acting_as(cast.mona):
        opened = Event.objects.filter(kind="protection.sealed_opened", case_id=case.pk)
        assert [(event.user_id, event.parts) for event in opened] == [(cast.mona.user.pk, [Part.CONTACT])] * 2


@pytest.mark.parametrize(
    ("key", "status"), [("ingrid", 404), ("nora", 404), ("vidar", 404), ("rune", 404), ("oda", 200)]
)
def test_only_the_leads_cleared_people_open_it(cast: Cast, client: Client, key: str, status: int) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)

    assert sign_in(client, getattr(cast, key)).get(reverse("cases:sealed", args=[case.pk])).status_code == status


def test_the_second_lock_knows_who_is_cleared(cast: Cast) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)
    question = "SELECT count(*) FROM cases_sealedwhereabouts WHERE case_id = %s"
    assert rows(cast.oda, question, [case.pk])[0][0] >= len(WHEREABOUTS)

    for actor in (cast.ingrid, cast.nora, cast.nils, cast.rune, cast.aksel, cast.vidar):
        assert rows(actor, question, [case.pk]) == [(0,)]
    refuses(cast.oda, "UPDATE cases_sealedwhereabouts SET text = 'Et annet sted' WHERE case_id = %s", [case.pk])
    refuses(
        cast.ingrid,
        "UPDATE cases_sealedwhereabouts SET text = '', removed_at = samlos.now() WHERE case_id = %s",
        [case.pk],
    )


def test_a_cleared_agency_that_takes_part_opens_nothing_sealed(cast: Cast, client: Client) -> None:
    """Whereabouts are in no consent once they are hidden: being cleared elsewhere opens the case, not the place."""
    case = hidden(cast, told_everywhere(cast), STRICT)
    clear(cast.nils.user, cast.nils.agency, STRICT)

    sign_in(client, cast.nils)
    assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 200
    assert client.get(reverse("cases:sealed", args=[case.pk])).status_code == 403
    assert rows(cast.nils, "SELECT count(*) FROM cases_sealedwhereabouts") == [(0,)]


def test_a_cleared_person_writes_there_and_takes_it_away_again(cast: Cast, client: Client) -> None:
    case = hidden(cast, stories.assigned(cast), STRICT)
    url = reverse("cases:sealed", args=[case.pk])
    sign_in(client, cast.mona)

    assert client.post(url, {"kind": "", "text": "Krisesenteret"}).status_code == 422
    assert (
        "Krisesenteret" in client.post(url, {"kind": "address", "text": "Krisesenteret"}, follow=True).content.decode()
    )
    client.post(url, {"kind": "address", "text": "Krisesenteret"})
    with acting_as(cast.mona):
        row = SealedWhereabouts.objects.get(text="Krisesenteret")
    remove = reverse("cases:remove_sealed", args=[case.pk, row.pk])
    assert "Skal opplysningen fjernes?" in client.post(remove).content.decode()
    assert "Krisesenteret" not in client.post(remove, {"confirmed": "1"}, follow=True).content.decode()
    assert client.post(remove, {"confirmed": "1"}).status_code == 404
    with acting_as(cast.mona):
        row.refresh_from_db()
        assert row.text == ""


def test_below_fortrolig_adresse_nothing_is_written_there(cast: Cast) -> None:
    case = stories.assigned(cast)

    with acting_as(cast.mona), pytest.raises(NotNow, match="ikke skjermet adresse"):
        protection.write_sealed(case, kind=WhereaboutsKind.ADDRESS, text="Kanariveien", by=cast.mona)


def test_who_is_removed_from_the_network_is_forgotten_in_the_sealed_place_too(cast: Cast) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)
    with acting_as(cast.oda):
        needs.remove_resource_person(case, ResourcePerson.objects.get(case=case).pk, by=cast.oda)
        assert not SealedWhereabouts.objects.filter(text=GRANDFATHER).exists()


# --- what cannot be stored --------------------------------------------------------------------------------------------


def test_from_strengt_fortrolig_up_forms_refuse_places_and_keep_the_rest(cast: Cast, client: Client) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)
    sign_in(client, cast.mona)
    day = (clock.today() + dt.timedelta(days=20)).strftime("%d.%m.%Y")
    with acting_as(cast.mona):
        coming = FollowUp.objects.get(case=case)
    for url, typed in (
        (reverse("actionplans:follow_up", args=[case.pk, coming.pk]), {"day": day, "time": "13.00", "place": CAFE}),
        (reverse("cases:network", args=[case.pk]), {"name": "Turid", "relation": "tante", "kind": "private", "contact": PHONE}),
    ):  # fmt: skip
        answer = client.post(url, typed)
        html = answer.content.decode()
        assert answer.status_code == 422, url
        assert "så strengt vern at steder" in html and "Skjermede opplysninger" in html
        for value in typed.values():
            assert value in html, "what was typed stays"
    moved = {"day": day, "time": "13.00", "place": "", "young_person_attends": "on"}
    assert client.post(reverse("actionplans:follow_up", args=[case.pk, coming.pk]), moved).status_code == 302


def test_calling_to_a_talk_needs_no_place_then_and_takes_none(cast: Cast, client: Client) -> None:
    case = stories.reviewed(cast)
    with acting_as(cast.mona):
        assignments.assign(case, user=cast.oda.user, by=cast.mona)
    hidden(cast, case, STRICT)
    sign_in(client, cast.oda)
    url, day = reverse("cases:summon", args=[case.pk]), clock.today()
    typed = {
        "call-summoned_on": day.strftime("%d.%m.%Y"), "call-how": "letter", "call-appointment_at": "13.00",
        "call-appointment_on": (day + dt.timedelta(days=4)).strftime("%d.%m.%Y"),
    }  # fmt: skip

    assert client.post(url, typed | {"call-place": OFFICE}).status_code == 422
    assert client.post(url, typed).status_code == 302
    with acting_as(cast.oda):
        assert Conversation.objects.get(case=case).place == ""


def test_the_services_and_the_database_refuse_it_too(cast: Cast) -> None:
    case = hidden(cast, told_everywhere(cast), STRICT)
    with acting_as(cast.oda):
        with pytest.raises(NotNow, match="så strengt vern"):
            needs.add_resource_person(case, by=cast.oda, name="Turid", relation="tante", contact=PHONE)
        with pytest.raises(DatabaseError, match="sealed place alone"), transaction.atomic():
            FollowUp.objects.filter(case=case).update(place=CAFE)
        with pytest.raises((DatabaseError, Refused, NotNow)), transaction.atomic():
            entries.write(case, kind=EntryKind.NOTE, part=Part.CONTACT, text=NOTE, by=cast.oda)


def test_at_fortrolig_what_is_written_is_moved_at_once(cast: Cast) -> None:
    case = hidden(cast, told_everywhere(cast), CONFIDENTIAL)
    with acting_as(cast.oda):
        needs.add_resource_person(case, by=cast.oda, name="Turid", relation="tante", contact="00 00 77 03")
        assert ResourcePerson.objects.get(name="Turid").contact == ""
        assert SealedWhereabouts.objects.filter(kind=WhereaboutsKind.NETWORK, text="00 00 77 03").exists()
        FollowUp.objects.filter(case=case).update(place="Et nytt sted")
        assert FollowUp.objects.get(case=case).place == ""
        places = SealedWhereabouts.objects.filter(source_table="actionplans_followup").values_list("text", flat=True)
        assert list(places) == ["Et nytt sted"], "the new in the place of the old"


# --- arriving protected -----------------------------------------------------------------------------------------------


def arrived(cast: Cast, client: Client, **changes: object) -> object:
    return reporting.post(client, reporting.report(**changes))


@pytest.mark.req("U23-08", "U23-10")
def test_a_protected_person_arrives_protected_from_the_first_second(cast: Cast, client: Client, police: object) -> None:
    answer = arrived(
        cast,
        client,
        person__protection_level="strictly_confidential",
        person__address__street=STREET,
        person__phone=PHONE,
    )

    assert answer.status_code == 201, answer.content  # type: ignore[attr-defined]
    with acting_as(cast.rune):
        case = Case.objects.visible_to(cast.rune).get(person__protection_level=STRICT)
        assert [(row.street, row.phone) for row in PersonContact.objects.filter(case=case)] == [("", "")]
        texts = " ".join(row.text for row in protection.open_sealed(case, by=cast.rune))
        assert STREET in texts and PHONE in texts
    Membership.objects.filter(user=cast.rune.user).update(clearance=ProtectionLevel.MARKED)
    with acting_as(cast.rune):
        assert not Case.objects.visible_to(cast.rune).exists()


@pytest.mark.req("U23-08")
def test_a_level_nobody_knows_is_a_mistake_with_its_place(cast: Cast, client: Client, police: object) -> None:
    answer = arrived(cast, client, person__protection_level="kode 6")

    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert reporting.mistakes(answer) == {"#/person/protection_level": "invalid_choice"}


@pytest.mark.req("U23-08")
@pytest.mark.parametrize(
    ("level", "status"),
    [(None, 422), ("none", 422), ("marked", 422), ("confidential", 201), ("strictly_confidential", 201)],
)
def test_only_a_hidden_address_may_be_left_out(
    cast: Cast, client: Client, police: object, level: str | None, status: int
) -> None:
    document = reporting.report(**({"person__protection_level": level} if level else {}))
    del document["person"]["address"]

    answer = reporting.post(client, document)

    assert answer.status_code == status
    if status == 422:
        assert reporting.mistakes(answer) == {"#/person/address": "required"}


@pytest.mark.req("U23-09")
def test_a_report_that_nobody_at_intake_could_see_is_not_taken_in(cast: Cast, client: Client, police: object) -> None:
    answer = arrived(cast, client, person__protection_level="fictitious_id")

    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert reporting.mistakes(answer) == {"#/person/protection_level": "no_cleared_intake"}
    assert "Ring mottaket" in json.dumps(answer.json(), ensure_ascii=False)  # type: ignore[attr-defined]
    subject = replace(stories.submission().subject, protection_level=ProtectionLevel.FICTITIOUS_ID)
    with acting_as(cast.aksel), pytest.raises(NotNow, match="Ring mottaket"):
        reports.submit(stories.submission(about=subject), by=cast.aksel)


@pytest.mark.req("U23-10")
def test_a_protected_case_is_not_passed_on_to_an_office_where_no_manager_is_cleared(cast: Cast) -> None:
    case = stories.received(cast)
    with acting_as(cast.rune):
        protection.raise_level(case, level=STRICT, reason="Kode 6.", by=cast.rune)
        with pytest.raises(NotNow, match="Ingen leder ved"):
            reports.route(case, office=cast.agency("hvk-vest"), by=cast.rune)
        reports.route(case, office=cast.agency("hvk-ost"), by=cast.rune)
    with acting_as(cast.mona):
        assert Case.objects.visible_to(cast.mona).filter(pk=case.pk).exists()
