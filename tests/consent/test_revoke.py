"""Taking a consent back: the next request of everybody else finds nothing (C5, T12)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from audit.models import Event
from cases.enums import CaseState, ClosingReason, EntryKind, FactKind
from cases.models import Case, Entry
from cases.services.closing import close
from consent import services
from consent.models import Consent, ConsentScope, Signature
from reminders.services import unseen_for
from tests import stories
from tests.cast import Cast, acting_as, sign_in
from tests.consent.reading import all_assigned, finds, in_list, raw_rows, search_hits, sees_page, wrote


@pytest.fixture
def shared(cast: Cast) -> Case:
    """A case NAV and Stavne work in, with a line by each and by the lead."""
    case = stories.consented(cast)
    all_assigned(cast, case)
    wrote(cast.ingrid, case, "economy", "Gjeld på mobilen")
    wrote(cast.nora, case, "economy", "Søknad om sosialhjelp")
    wrote(cast.stine, case, "occupation_school", "Snekkerverkstedet")
    return case


@pytest.mark.req("SIG-63")
def test_the_very_next_request_of_every_other_agency_finds_nothing(cast: Cast, client: Client, shared: Case) -> None:
    assert sees_page(client, cast.nora, shared)
    assert sees_page(client, cast.stine, shared)
    assert in_list(client, cast.nora, shared)

    stories.revoked(cast, shared)

    for reader in (cast.nora, cast.nils, cast.stine, cast.marte, cast.sara):
        assert not sees_page(client, reader, shared)
        assert not in_list(client, reader, shared)
        assert finds(reader, shared) == set()
        assert not search_hits(client, reader, "Prøvedal", shared.label)
        for name in ("consent:detail", "consent:revoke", "consent:record", "consent:disclose"):
            assert client.get(reverse(name, args=[shared.pk])).status_code == 404
    assert sees_page(client, cast.ingrid, shared)


def test_row_level_security_alone_gives_nothing_after_revocation(cast: Cast, shared: Case) -> None:
    tables = ("cases_entry", "cases_person", "cases_concernreport", "cases_reportinformation", "cases_personcontact")
    assert raw_rows(cast.nora, shared, tables) > 0

    stories.revoked(cast, shared)

    for reader in (cast.nora, cast.stine, cast.marte):
        assert raw_rows(reader, shared, tables) == 0


def test_what_an_agency_wrote_itself_it_still_finds_under_its_contributions(
    cast: Cast, client: Client, shared: Case
) -> None:
    stories.revoked(cast, shared)

    html = sign_in(client, cast.nora).get(reverse("cases:contributions")).content.decode()

    assert "Søknad om sosialhjelp" in html
    assert "Gjeld på mobilen" not in html
    assert "Elias" not in html


def test_the_lead_loses_what_others_wrote_and_keeps_its_own(cast: Cast, shared: Case) -> None:
    before = finds(cast.ingrid, shared)
    assert {"Gjeld på mobilen", "Søknad om sosialhjelp", "Snekkerverkstedet"} <= before

    stories.revoked(cast, shared)

    assert finds(cast.ingrid, shared) == {"Gjeld på mobilen"}


def test_the_case_waits_for_a_new_consent(cast: Cast, shared: Case) -> None:
    case = stories.revoked(cast, shared)

    with acting_as(cast.ingrid):
        assert case.state == CaseState.CONSENT_PENDING
        assert FactKind.CONSENT_GIVEN not in case.facts_in_force()
        assert Entry.objects.filter(case=case, kind=EntryKind.CONSENT_ENDED).count() == 1
        assert Event.objects.filter(kind="consent.revoked", case_id=case.pk).count() == 1


@pytest.mark.req("U23-26")
def test_somebody_who_wants_no_more_help_goes_the_ordinary_way(cast: Cast, shared: Case) -> None:
    case = stories.revoked(cast, shared, wants_help=False)

    with acting_as(cast.ingrid):
        assert case.state == CaseState.DECLINED
        assert FactKind.DECLINES_HELP in case.facts_in_force()
        assert FactKind.WANTS_HELP not in case.facts_in_force()


def test_those_listed_are_told_that_it_ended_without_person_or_reason(cast: Cast, client: Client, shared: Case) -> None:
    stories.revoked(cast, shared)

    for reader in (cast.nora, cast.stine):
        with acting_as(reader):
            (told,) = [one for one in unseen_for(reader) if one.kind == "consent_ended"]
        assert told.words == f"Samtykket i sak {shared.label} er avsluttet"
        html = sign_in(client, reader).get(reverse("home")).content.decode()
        assert "Elias" not in html
    for other in (cast.ingrid, cast.sara, cast.kari):
        with acting_as(other):
            assert not [one for one in unseen_for(other) if one.kind == "consent_ended"]


def test_a_manager_is_told_when_nobody_in_the_agency_was_assigned(cast: Cast) -> None:
    stories.revoked(cast, stories.consented(cast))

    with acting_as(cast.nils):
        assert [one.kind for one in unseen_for(cast.nils)] == ["consent_ended"]
    with acting_as(cast.nora):
        assert not unseen_for(cast.nora)


def test_revoking_twice_gives_a_message_and_one_effect(cast: Cast, shared: Case) -> None:
    with acting_as(cast.ingrid):
        consent = shared.consents.get()
    stories.revoked(cast, shared)

    with acting_as(cast.ingrid), pytest.raises(NotNow, match="allerede avsluttet"):
        services.revoke(consent, by=cast.ingrid)
    with acting_as(cast.ingrid):
        assert Entry.objects.filter(case=shared, kind=EntryKind.CONSENT_ENDED).count() == 1


def test_the_leads_manager_may_revoke_and_an_unassigned_colleague_may_not(cast: Cast, shared: Case) -> None:
    with acting_as(cast.oda):
        consent = Consent.objects.filter(case=shared).get()
        with pytest.raises(Refused):
            services.revoke(consent, by=cast.oda)
    with acting_as(cast.mona):
        assert services.revoke(consent, by=cast.mona).state == CaseState.CONSENT_PENDING


@pytest.mark.parametrize("who", ["nora", "nils", "marte", "hanne", "rune"])
def test_nobody_outside_the_lead_can_revoke(cast: Cast, shared: Case, who: str) -> None:
    actor = getattr(cast, who)
    with acting_as(cast.ingrid):
        consent = shared.consents.select_related("case").get()

    with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist, Consent.DoesNotExist)):
        services.revoke(consent, by=actor)


def test_a_raw_update_of_its_end_revokes_too(cast: Cast, shared: Case) -> None:
    with acting_as(cast.ingrid), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'revoked' WHERE case_id = %s", [shared.pk]
        )

    assert finds(cast.nora, shared) == set()
    assert raw_rows(cast.nora, shared) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_consent SET valid_until = valid_until + interval '1 year', valid_until_date = valid_until_date + 365",
        "UPDATE consent_consent SET givers = givers || 1",
        "UPDATE consent_consent SET purpose = 'noe annet'",
        "UPDATE consent_consent SET valid_from = valid_from - interval '1 day'",
    ],
)
def test_a_recorded_consent_cannot_be_edited(cast: Cast, shared: Case, statement: str) -> None:
    with acting_as(cast.ingrid), connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute(statement)


def test_an_ended_consent_cannot_be_revived(cast: Cast, shared: Case) -> None:
    stories.revoked(cast, shared)

    with acting_as(cast.ingrid), connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("UPDATE consent_consent SET ended_at = NULL, end_reason = ''")


@pytest.mark.parametrize("model", [Consent, ConsentScope, Signature])
def test_nothing_of_a_consent_can_be_deleted(cast: Cast, shared: Case, model: type[Consent]) -> None:
    with acting_as(cast.ingrid), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_a_box_cannot_be_added_to_another_agencys_consent(cast: Cast, shared: Case) -> None:
    with acting_as(cast.ingrid):
        consent = shared.consents.get()

    refused = pytest.raises((ProgrammingError, IntegrityError), match=r"row-level security|never widened")
    with acting_as(cast.nora), refused, transaction.atomic():
        ConsentScope.objects.bulk_create([ConsentScope(consent=consent, agency=cast.nora.agency, part="health")])


@pytest.mark.req("U23-18")
def test_no_to_sharing_leaves_the_lead_to_help_alone_and_can_be_changed(cast: Cast) -> None:
    case = stories.consent_pending(cast)

    with acting_as(cast.ingrid):
        assert services.refuse(case, by=cast.ingrid).state == CaseState.CONSENT_REFUSED
        with pytest.raises(NotNow):
            services.refuse(case, by=cast.ingrid)
        with pytest.raises(NotNow):
            services.record(case, stories.paper(cast), by=cast.ingrid)
        assert services.ask_again(case, by=cast.ingrid).state == CaseState.CONSENT_PENDING
    assert stories.consented(cast, case).state == CaseState.MAPPING


def test_closing_the_case_ends_the_consent_and_tells_those_on_it(cast: Cast, shared: Case) -> None:
    with acting_as(cast.ingrid):
        close(shared, by=cast.ingrid, reason=ClosingReason.GOAL_MET)
        consent = shared.consents.get()

    assert consent.end_reason == "case_closed"
    assert finds(cast.nora, shared) == set()
    assert raw_rows(cast.nora, shared) == 0
    with acting_as(cast.nora):
        assert [one.kind for one in unseen_for(cast.nora)] == ["consent_ended"]
