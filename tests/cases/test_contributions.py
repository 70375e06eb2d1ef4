"""Våre bidrag: what an agency wrote itself it always finds, and only there when the case is gone for it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from agencies.enums import Part, ProtectionLevel
from cases.enums import EntryKind
from cases.models import Case
from cases.services import conflicts, entries
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in

NORAS = "Inntekten er avklart"


def ended(cast: Cast, shift_clock: Callable[..., None]) -> Case:
    """Nora at NAV wrote in the case while the consent lasted; now it has run out."""
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY], "hvk-ost": [Part.ECONOMY]}, days=2)
    worker_assigned(cast, case, manager="nils", worker="nora")
    for key, text in [("nora", NORAS), ("ingrid", "Skrevet av kontoret")]:
        actor = getattr(cast, key)
        with acting_as(actor):
            entries.write(case, kind=EntryKind.NOTE, part=Part.ECONOMY, text=text, by=actor)
    shift_clock(days=4)
    return case


def page(client: Client, actor: object) -> str:
    response = sign_in(client, actor).get(reverse("cases:contributions"))  # type: ignore[arg-type]
    assert response.status_code == 200
    return response.content.decode()


def test_own_words_stay_when_the_case_is_gone_without_state_name_siblings_or_a_link(
    cast: Cast, client: Client, shift_clock: Callable[..., None]
) -> None:
    case = ended(cast, shift_clock)

    html = page(client, cast.nora)

    assert NORAS in html and str(case.number) in html
    assert str(case.pk) not in html, "no link to what is no longer there"
    for hidden in ("Prøvedal", "Elias", "Skrevet av kontoret", "Første vurdering"):
        assert hidden not in html
    assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404


def test_while_the_case_is_visible_its_label_leads_there(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.HOUSING, text="Hjemmebesøk", by=cast.ingrid)

    assert reverse("cases:detail", args=[case.pk]) in page(client, cast.ingrid)


@pytest.mark.parametrize(("reader", "finds"), [("nora", True), ("nils", True), ("oda", False), ("stine", False)])
def test_a_worker_finds_their_own_and_those_who_answer_find_all_of_the_agencys(
    cast: Cast, client: Client, shift_clock: Callable[..., None], reader: str, finds: bool
) -> None:
    ended(cast, shift_clock)

    assert (NORAS in page(client, getattr(cast, reader))) is finds


def test_an_unassigned_colleague_does_not_find_what_another_wrote(cast: Cast, client: Client) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.HOUSING, text="Hjemmebesøk", by=cast.ingrid)

    assert "Hjemmebesøk" not in page(client, cast.oda)
    assert "Hjemmebesøk" in page(client, cast.mona)


def test_a_declared_conflict_and_a_higher_protection_hide_contributions_too(cast: Cast, client: Client) -> None:
    first, second = stories.assigned(cast), stories.assigned(cast)
    with acting_as(cast.ingrid):
        for case, text in [(first, "Notat om den første"), (second, "Notat om den andre")]:
            entries.write(case, kind=EntryKind.NOTE, part=Part.HOUSING, text=text, by=cast.ingrid)
        second.person.protection_level = ProtectionLevel.STRICTLY_CONFIDENTIAL
        second.person.save(update_fields=["protection_level"])
        conflicts.declare(first, by=cast.ingrid)

    html = page(client, cast.ingrid)

    assert "Notat om den første" not in html and "Notat om den andre" not in html


def test_an_agency_that_never_had_a_right_learns_no_label(cast: Cast) -> None:
    from cases.services.contributions import labels_for

    case = stories.assigned(cast)
    with acting_as(cast.hanne):
        assert labels_for(cast.hanne, {case.pk}) == {case.pk: "uten nummer"}
