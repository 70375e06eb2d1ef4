"""Recording a signed consent: who may, when, what must stand on it, and what it gives."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from audit import clock
from audit.models import Event
from cases.enums import CaseState, EntryKind, FactKind, WishForHelp
from cases.models import Case, Person
from consent import services
from consent.contents import Signed, template_of
from consent.models import Consent, Disclosure
from tests import stories
from tests.cast import Cast, acting_as
from tests.consent.reading import all_assigned, finds, give_case_to, raw_rows, wrote


def record(cast: Cast, case: Case, **changed: Any) -> Consent:
    """Ingrid records a form in order, with what is named changed."""
    with acting_as(cast.ingrid):
        running = case.consents.in_force().first()
        return services.record(
            case,
            stories.paper(cast, **changed),
            by=cast.ingrid,
            replaces=running.pk if running else None,
        )


@pytest.mark.req("U23-18", "SIG-59")
def test_a_signed_consent_is_in_force_at_once_and_starts_the_mapping(cast: Cast) -> None:
    case = stories.consented(cast)

    with acting_as(cast.ingrid):
        consent = case.consents.in_force().get()
        assert case.state == CaseState.MAPPING
        assert FactKind.CONSENT_GIVEN in case.facts_in_force()
        assert consent.version == 1
        assert consent.purpose == template_of(case).purpose
        assert [signature.name for signature in consent.signatures.all()] == ["Elias Prøvedal"]
        assert case.entrys.filter(kind=EntryKind.CONSENT).count() == 1
        assert Event.objects.filter(kind="consent.recorded", case_id=case.pk).count() == 1


@pytest.mark.req("U23-18")
@pytest.mark.parametrize("wish", [WishForHelp.UNDECIDED, WishForHelp.NO])
def test_consent_is_asked_only_of_somebody_who_wants_help(cast: Cast, wish: WishForHelp) -> None:
    case = stories.informed(cast, wish=wish)

    with pytest.raises(NotNow):
        record(cast, case)


@pytest.mark.req("U23-16")
@pytest.mark.parametrize("story", [stories.assigned, stories.reviewed, stories.summoned])
def test_no_consent_before_the_person_was_told_of_the_report(cast: Cast, story: object) -> None:
    case = story(cast)  # type: ignore[operator]

    with pytest.raises(NotNow):
        record(cast, case)


@pytest.mark.req("U23-16")
def test_the_state_alone_is_not_enough_when_the_person_was_never_told(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        case.facts.filter(kind=FactKind.TOLD_OF_REPORT).update(ended_at=clock.now())

    with pytest.raises(NotNow, match="orientert"):
        record(cast, case)


@pytest.mark.parametrize("who", ["oda", "nora", "rune", "aksel", "marte", "pia", "arne", "hanne", "vidar"])
def test_only_those_who_work_on_the_case_for_its_lead_record_a_consent(cast: Cast, who: str) -> None:
    case = stories.consent_pending(cast)
    actor = getattr(cast, who)

    with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
        services.record(case, stories.paper(cast), by=actor)


def test_recording_twice_from_the_same_page_gives_a_message_and_one_consent(cast: Cast) -> None:
    case = stories.consented(cast)

    with acting_as(cast.ingrid):
        with pytest.raises(NotNow, match="endret"):
            services.record(case, stories.paper(cast), by=cast.ingrid, replaces=None)
        assert case.consents.count() == 1


@pytest.mark.req("SIG-59", "SIG-60", "U23-20")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": {}}, "scope"),
        ({"scopes": {"nav": []}}, "scope"),
        ({"scopes": {"nav": ["child_welfare"]}}, "scope"),  # not on this programme's form
        ({"scopes": {"hvk-vest": ["economy"]}}, "scope"),  # takes over by a new lead, not by consent
        ({"scopes": {"intake": ["economy"]}}, "scope"),
        ({"givers": []}, "givers"),
        ({"informed_items": ("why", "what")}, "informed_items"),
        ({"signatures": []}, "signed_name"),
        ({"forum": [], "forums": {"working_group": []}}, "forum_working_group"),
    ],
)
def test_an_incomplete_form_is_refused_with_the_field_that_lacks(
    cast: Cast, changed: dict[str, object], field: str
) -> None:
    case = stories.consent_pending(cast)

    with pytest.raises(ValidationError) as refusal:
        record(cast, case, **changed)

    assert field in refusal.value.message_dict
    with acting_as(cast.ingrid):
        assert not case.consents.exists()


@pytest.mark.req("SLT-21", "LIL-22")
def test_a_forum_the_programme_does_not_let_hear_persons_cannot_stand_on_a_consent(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    with pytest.raises(ValidationError, match="kan ikke snakke om enkeltpersoner"):
        record(cast, case, forums={"police_council": [cast.agency("nav")]})


@pytest.mark.req("SIG-59")
@pytest.mark.parametrize(("days", "accepted"), [(-1, False), (0, True), (360, True), (366, False)])
def test_a_consent_ends_within_twelve_months_and_not_in_the_past(cast: Cast, days: int, accepted: bool) -> None:
    case = stories.consent_pending(cast)
    until = clock.today() + dt.timedelta(days=days)

    if accepted:
        assert record(cast, case, until=until).valid_until == clock.end_of(until)
    else:
        with pytest.raises(ValidationError, match="sluttdato"):
            record(cast, case, until=until)


def test_a_signature_cannot_be_dated_ahead(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    with pytest.raises(ValidationError, match="fram i tid"):
        record(cast, case, signed_on=clock.today() + dt.timedelta(days=1))


@pytest.mark.req("SIG-40", "SIG-62")
def test_somebody_under_18_cannot_consent_alone_and_the_page_says_who_must_sign(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(birth_date=clock.today() - dt.timedelta(days=17 * 365))

    with pytest.raises(NotNow, match="foreldreansvar"):
        record(cast, case)


@pytest.mark.req("SIG-42")
@pytest.mark.parametrize("answer", [None, True, False])
def test_research_is_a_question_of_its_own_and_never_a_condition(cast: Cast, answer: bool | None) -> None:
    case = stories.consent_pending(cast)

    assert record(cast, case, research_follow_up=answer).research_follow_up is answer


def test_whereabouts_under_protection_are_no_box_of_the_form(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(protection_level="marked")
    record(cast, case, scopes={"nav": ["contact"]})
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(protection_level="confidential")

    with pytest.raises(ValidationError, match="deler som står i skjemaet"):
        record(cast, case, scopes={"nav": ["contact"]})


@pytest.mark.req("SIG-61", "SIG-64", "LIL-23")
def test_each_agency_reads_exactly_its_own_boxes_from_exactly_the_givers(cast: Cast) -> None:
    scopes = {
        "nav": ["economy", "housing"],
        "stavne": ["housing"],
        "outreach": ["leisure_network"],
        "hvk-ost": ["economy"],
    }
    case = stories.consented(cast, scopes=scopes, givers=["nav", "hvk-ost"], forum=["slt", "nav"])
    all_assigned(cast, case)
    authors = {"nav": cast.nora, "hvk-ost": cast.ingrid, "stavne": cast.stine}
    for slug, author in authors.items():
        for part in ("core", "economy", "housing", "leisure_network", "health"):
            wrote(author, case, part, f"{slug} {part}")

    readers = {"nav": cast.nora, "stavne": cast.stine, "outreach": cast.sara}
    for slug, reader in readers.items():
        covered = {"core", *scopes[slug]}
        assert finds(reader, case) == {f"{giver} {part}" for giver in ("nav", "hvk-ost") for part in covered}, slug
    own = {f"hvk-ost {part}" for part in ("core", "economy", "housing", "leisure_network", "health")}
    # The core is in the right of whoever leads, from every author.
    assert finds(cast.ingrid, case) == own | {"nav core", "nav economy", "stavne core"}
    for stranger in (cast.siv, cast.frode, cast.kari, cast.hanne, cast.aksel, cast.leif, cast.rune, cast.bente):
        assert finds(stranger, case) == set()
        assert raw_rows(stranger, case) == 0


def test_what_the_report_said_reaches_others_only_when_its_sender_may_tell(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["crime"]})
    give_case_to(case, cast.nora, by=cast.nils)

    with acting_as(cast.nora):
        assert not case.reportinformations.readable_by(cast.nora).exists()
    stories.consented(cast, case, scopes={"nav": ["crime"]}, givers=["police-analysis", "nav"])

    with acting_as(cast.nora):
        assert [row.part for row in case.reportinformations.readable_by(cast.nora)] == [Part.CRIME]


def test_a_colleague_who_is_not_assigned_sees_nothing_in_a_consented_agency(cast: Cast) -> None:
    case = stories.consented(cast)

    assert finds(cast.nora, case) == set()
    with acting_as(cast.nora):
        assert not Case.objects.visible_to(cast.nora).filter(pk=case.pk).exists()
    with acting_as(cast.oda):
        assert not Case.objects.visible_to(cast.oda).filter(pk=case.pk).exists()
    with acting_as(cast.nils):
        assert Case.objects.visible_to(cast.nils).filter(pk=case.pk).exists()


@pytest.mark.req("LIL-23")
def test_a_forum_participant_without_a_box_knows_the_core_and_no_more(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]}, forum=["slt", "nav"])
    wrote(cast.ingrid, case, "economy", "gjeld")
    wrote(cast.ingrid, case, "core", "avtalt møte")

    assert finds(cast.marte, case) == {"avtalt møte"}


def test_a_new_version_narrows_at_once_and_ends_the_old_at_the_same_instant(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy", "housing"], "stavne": ["housing"]})
    all_assigned(cast, case)
    wrote(cast.ingrid, case, "economy", "gjeld")
    wrote(cast.ingrid, case, "housing", "hybel")
    assert finds(cast.nora, case) == {"gjeld", "hybel"}

    stories.consented(cast, case, scopes={"nav": ["housing"]}, forum=["slt", "nav"])

    assert finds(cast.nora, case) == {"hybel"}
    assert finds(cast.stine, case) == set()
    assert raw_rows(cast.stine, case) == 0
    with acting_as(cast.ingrid):
        old, new = case.consents.order_by("version")
        assert (old.ended_at, old.end_reason) == (new.valid_from, "replaced")
        assert new.replaces == old
        assert case.facts.in_force().filter(kind=FactKind.CONSENT_GIVEN).count() == 1
        assert stories.case_now(case).state == CaseState.MAPPING


def test_other_agencies_never_read_the_form_itself(cast: Cast) -> None:
    case = stories.consented(cast)
    give_case_to(case, cast.nora, by=cast.nils)

    with acting_as(cast.nora):
        assert not Consent.objects.exists()
        assert not Disclosure.objects.exists()


@pytest.mark.parametrize("method", ["paper", "electronic_id"])
def test_how_it_was_signed_is_kept(cast: Cast, method: str) -> None:
    case = stories.consent_pending(cast)

    consent = record(cast, case, signatures=[Signed("Elias Prøvedal", method=method)])  # type: ignore[arg-type]

    with acting_as(cast.ingrid):
        assert consent.signatures.get().method == method
