"""Calling the person to a talk, telling where the report came from, and what the person wants."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from audit import clock
from cases.enums import CaseState, EntryKind, FactKind, SummonsWay, WishForHelp
from cases.models import Case, Conversation, Entry
from cases.policies import vain_attempts
from cases.services import talks
from cases.services.talks import Talk
from tests import stories
from tests.cases.sharing import consent_in_force
from tests.cast import Cast, acting_as, sign_in


def call(cast: Cast, case: Case, *, by: str = "ingrid") -> Conversation:
    actor = getattr(cast, by)
    with acting_as(actor):
        return talks.summon(
            case,
            by=actor,
            summoned_on=clock.today(),
            how=SummonsWay.PHONE,
            appointment_at=clock.now() + dt.timedelta(days=2),
            place="Kontor Øst",
        )


def miss(cast: Cast, case: Case) -> None:
    with acting_as(cast.ingrid):
        talks.did_not_come(case, by=cast.ingrid)


def a_talk(**changed: object) -> Talk:
    known: dict[str, object] = {
        "held_on": clock.today(),
        "present": "Elias",
        "told_of_report": True,
        "told_source": True,
        "wish": WishForHelp.YES,
    }
    return Talk(**(known | changed))  # type: ignore[arg-type]


def hold(cast: Cast, case: Case, **changed: object) -> Case:
    with acting_as(cast.ingrid):
        return talks.hold(case, by=cast.ingrid, talk=a_talk(**changed))


def facts(cast: Cast, case: Case) -> set[FactKind]:
    with acting_as(cast.ingrid):
        return case.facts_in_force()


@pytest.mark.req("U23-12")
def test_nobody_is_called_before_the_review_is_done(cast: Cast) -> None:
    case = stories.assigned(cast)

    with pytest.raises(NotNow) as refusal:
        call(cast, case)

    assert "ordinære tilbud er sjekket" in str(refusal.value.reason)
    with acting_as(cast.ingrid):
        assert not Conversation.objects.filter(case=case).exists()
        assert FactKind.SUMMONED not in case.facts_in_force()


@pytest.mark.req("U23-16")
def test_the_call_moves_the_case_and_stands_on_the_timeline(cast: Cast) -> None:
    case = stories.summoned(cast)

    assert case.state == CaseState.SUMMONED
    assert case.due_at is not None
    with acting_as(cast.ingrid):
        assert Entry.objects.filter(case=case, kind=EntryKind.SUMMONED).count() == 1


def test_calling_twice_has_one_effect_and_says_why(cast: Cast) -> None:
    case = stories.summoned(cast)

    with pytest.raises(NotNow, match="alt innkalt"):
        call(cast, case)


def test_each_time_the_person_does_not_come_is_counted_until_the_person_is_reached(cast: Cast) -> None:
    case = stories.summoned(cast)

    miss(cast, case)
    call(cast, case)
    miss(cast, case)

    with acting_as(cast.ingrid):
        assert vain_attempts(stories.case_now(case)) == 2
    with pytest.raises(NotNow, match="ingen avtale"):
        miss(cast, case)


def test_a_new_call_starts_the_deadline_anew(cast: Cast, shift_clock: "object") -> None:
    case = stories.summoned(cast)
    miss(cast, case)
    before = case.due_at
    shift_clock(days=5)  # type: ignore[operator]

    call(cast, case)

    with acting_as(cast.ingrid):
        after = stories.case_now(case).due_at
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.req("U23-16")
@pytest.mark.parametrize("untold", ["told_of_report", "told_source"])
def test_nobody_goes_on_before_the_person_was_told_both_things(cast: Cast, untold: str) -> None:
    case = stories.summoned(cast)

    case = hold(cast, case, **{untold: False})

    assert case.state == CaseState.SUMMONED
    assert not facts(cast, case) & {FactKind.TOLD_OF_REPORT, FactKind.WANTS_HELP}
    with acting_as(cast.ingrid):
        kept = Conversation.objects.get(case=case)
        assert kept.held_on == clock.today()
        assert kept.wish == ""


@pytest.mark.req("U23-16", "U23-17", "U23-18")
def test_a_yes_leads_to_asking_for_consent(cast: Cast) -> None:
    case = hold(cast, stories.summoned(cast))

    assert case.state == CaseState.CONSENT_PENDING
    assert {FactKind.TOLD_OF_REPORT, FactKind.WANTS_HELP} <= facts(cast, case)


@pytest.mark.req("U23-26")
def test_a_no_leads_to_the_ordinary_routine(cast: Cast) -> None:
    case = hold(cast, stories.summoned(cast), wish=WishForHelp.NO)

    assert case.state == CaseState.DECLINED
    assert FactKind.DECLINES_HELP in facts(cast, case)
    assert FactKind.WANTS_HELP not in facts(cast, case)


@pytest.mark.req("U23-17")
def test_an_undecided_person_gets_a_new_appointment_and_the_deadline_follows_it(cast: Cast) -> None:
    case = stories.summoned(cast)
    next_at = clock.now() + dt.timedelta(days=9)

    case = hold(cast, case, wish=WishForHelp.UNDECIDED, next_at=next_at)

    assert case.state == CaseState.INFORMED
    assert case.due_at == clock.deadline_on(next_at.astimezone(clock.local_zone()).date())
    with acting_as(cast.ingrid):
        awaited = talks.awaited(case)
        assert awaited is not None
        assert awaited.appointment_at == next_at


def test_an_undecided_person_without_a_next_contact_is_not_left_hanging(cast: Cast) -> None:
    case = stories.summoned(cast)

    with pytest.raises(NotNow, match="snakkes igjen"):
        hold(cast, case, wish=WishForHelp.UNDECIDED)


@pytest.mark.req("U23-17")
@pytest.mark.parametrize(
    ("wish", "state"), [(WishForHelp.YES, CaseState.CONSENT_PENDING), (WishForHelp.NO, CaseState.DECLINED)]
)
def test_an_undecided_person_decides_in_the_next_talk(cast: Cast, wish: WishForHelp, state: CaseState) -> None:
    case = stories.informed(cast)

    case = hold(cast, case, wish=wish)

    assert case.state == state
    assert FactKind.UNDECIDED not in facts(cast, case)


def test_a_person_who_changes_to_no_before_consenting_is_heard(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    case = hold(cast, case, wish=WishForHelp.NO)

    assert case.state == CaseState.DECLINED
    assert facts(cast, case) & {FactKind.WANTS_HELP, FactKind.DECLINES_HELP} == {FactKind.DECLINES_HELP}


def test_an_answer_that_leads_nowhere_here_is_not_taken(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    with pytest.raises(NotNow, match="hva personen ønsker"):
        hold(cast, case, wish=WishForHelp.UNDECIDED, next_at=clock.now())


def test_who_declined_is_called_again_and_must_be_told_again(cast: Cast) -> None:
    case = stories.informed(cast, wish=WishForHelp.NO)

    call(cast, case)

    with acting_as(cast.ingrid):
        case = stories.case_now(case)
        assert case.state == CaseState.SUMMONED
        assert vain_attempts(case) == 0
    assert not facts(cast, case) & {FactKind.TOLD_OF_REPORT, FactKind.DECLINES_HELP}
    assert hold(cast, case).state == CaseState.CONSENT_PENDING


@pytest.mark.parametrize("name", ["oda", "hanne", "nils", "rune", "marte", "pia", "arne"])
def test_only_the_leads_own_people_on_the_case_may_call(cast: Cast, name: str) -> None:
    case = stories.reviewed(cast)

    with pytest.raises((Refused, Case.DoesNotExist)):
        call(cast, case, by=name)


def test_the_leads_manager_may_call(cast: Cast) -> None:
    case = stories.reviewed(cast)

    call(cast, case, by="mona")

    with acting_as(cast.mona):
        assert stories.case_now(case).state == CaseState.SUMMONED


# --- in the browser ------------------------------------------------------------------------------------------------


def typed_talk(**changed: str) -> dict[str, str]:
    return {
        "talk-held_on": clock.today().strftime("%d.%m.%Y"),
        "talk-present": "Elias",
        "talk-told_of_report": "yes",
        "talk-told_source": "yes",
        "talk-wish": "yes",
        "talk-note": "",
    } | {f"talk-{name}": value for name, value in changed.items()}


def text_of(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_the_talk_page_says_what_is_missing_before_calling(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)

    html = text_of(sign_in(client, cast.ingrid).get(reverse("cases:talk", args=[case.pk])))

    assert "mangler dette: " in html
    assert "ordinære tilbud er sjekket" in html
    assert "Registrer innkallingen" not in html


@pytest.mark.req("U23-16", "U23-17")
def test_a_caseworker_calls_and_registers_the_talk_in_the_browser(cast: Cast, client: Client) -> None:
    case = stories.reviewed(cast)
    sign_in(client, cast.ingrid)
    today = clock.today().strftime("%d.%m.%Y")
    called = client.post(
        reverse("cases:summon", args=[case.pk]),
        {
            "call-summoned_on": today,
            "call-how": "letter",
            "call-appointment_on": today,
            "call-appointment_at": "13.00",
            "call-place": "Kontor Øst",
        },
    )

    page = text_of(client.get(called["Location"]))
    held = client.post(reverse("cases:hold_talk", args=[case.pk]), typed_talk())

    assert "«Politiet har sendt en bekymringsmelding om deg til kommunen." in page
    assert "Kontor Øst" in page
    assert "Om meldingen og at den kom fra politiet" in text_of(client.get(held["Location"]))
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.CONSENT_PENDING


@pytest.mark.req("U23-16")
def test_the_page_says_why_nothing_follows_when_the_person_was_not_told(cast: Cast, client: Client) -> None:
    case = stories.summoned(cast)

    held = sign_in(client, cast.ingrid).post(
        reverse("cases:hold_talk", args=[case.pk]), typed_talk(told_source="no", wish="")
    )

    assert "og at den kom fra politiet. Til da kan ingen andre tjenester trekkes inn." in text_of(
        client.get(held["Location"])
    )


@pytest.mark.req("U23-26")
def test_a_no_is_read_back_before_it_is_kept(cast: Cast, client: Client) -> None:
    case = stories.summoned(cast)
    sign_in(client, cast.ingrid)
    address = reverse("cases:hold_talk", args=[case.pk])

    asked = text_of(client.post(address, typed_talk(wish="no", note="Vil klare seg selv")))
    with acting_as(cast.ingrid):
        before = stories.case_now(case).state
    client.post(address, typed_talk(wish="no", note="Vil klare seg selv", confirmed="1") | {"confirmed": "1"})

    assert "Den vanlige rutinen for behandling av bekymringsmeldinger tar over" in asked
    assert 'value="Vil klare seg selv"' in asked
    assert before == CaseState.SUMMONED
    with acting_as(cast.ingrid):
        assert stories.case_now(case).state == CaseState.DECLINED


def test_what_was_typed_stays_when_something_is_wrong(cast: Cast, client: Client) -> None:
    case = stories.summoned(cast)

    response = sign_in(client, cast.ingrid).post(
        reverse("cases:hold_talk", args=[case.pk]), typed_talk(held_on="31.12.2999", present="Elias og mor")
    )

    assert response.status_code == 422
    assert "Datoen kan ikke være etter i dag." in text_of(response)
    assert 'value="Elias og mor"' in text_of(response)


def test_sending_the_same_talk_twice_has_one_effect(cast: Cast, client: Client) -> None:
    case = stories.summoned(cast)
    sign_in(client, cast.ingrid)
    address = reverse("cases:hold_talk", args=[case.pk])

    client.post(address, typed_talk())
    client.post(address, typed_talk())

    with acting_as(cast.ingrid):
        assert Conversation.objects.filter(case=case).count() == 1


@pytest.mark.parametrize("name", ["talk", "review", "assessments", "close", "start_collaboration"])
def test_the_offices_pages_are_refused_to_participants_and_absent_to_others(
    cast: Cast, client: Client, name: str
) -> None:
    case = stories.consent_pending(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    address = reverse(f"cases:{name}", args=[case.pk])

    assert sign_in(client, cast.nils).get(address).status_code == 403
    assert sign_in(Client(), cast.hanne).get(address).status_code == 404
    assert sign_in(Client(), cast.oda).get(address).status_code == 404
