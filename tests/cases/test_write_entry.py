"""Writing in the case: in which parts, who will read it, and how it is corrected."""

import pytest
from django.test import Client
from django.urls import reverse

from agencies.decisions import NotNow, Refused
from agencies.enums import Part, ProtectionLevel
from cases.enums import EntryKind
from cases.models import Case, Entry, Person
from cases.services import entries
from tests import stories
from tests.cases.sharing import consent_in_force, worker_assigned
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.usefixtures("contexts_kept")  # `response.context`


def with_nav(cast: Cast) -> Case:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY], "outreach": [Part.HOUSING], "hvk-ost": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")
    return case


def post(client: Client, actor: object, case: Case, **fields: str) -> object:
    typed = {"kind": "note", "part": "economy", "text": "Søknaden er sendt."} | fields
    return sign_in(client, actor).post(reverse("cases:detail", args=[case.pk]), typed)  # type: ignore[arg-type]


def test_what_is_written_stands_in_the_timeline_with_part_author_and_agency(cast: Cast, client: Client) -> None:
    case = with_nav(cast)

    response = post(client, cast.nora, case)

    assert response.status_code == 302  # type: ignore[attr-defined]
    with acting_as(cast.nora):
        entry = Entry.objects.get(case=case, text="Søknaden er sendt.")
        assert (entry.kind, entry.part, entry.author, entry.author_agency.slug) == (
            "note", "economy", cast.nora.user, "nav",
        )  # fmt: skip


def test_pressing_twice_writes_once(cast: Cast, client: Client) -> None:
    case = with_nav(cast)

    post(client, cast.ingrid, case)
    post(client, cast.ingrid, case)

    with acting_as(cast.ingrid):
        assert Entry.objects.filter(case=case, text="Søknaden er sendt.").count() == 1


def test_nothing_is_chosen_beforehand_and_what_was_typed_is_kept(cast: Cast, client: Client) -> None:
    case = with_nav(cast)

    response = post(client, cast.ingrid, case, part="")
    html = response.content.decode()  # type: ignore[attr-defined]

    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "Velg et av svarene." in html and "Søknaden er sendt." in html and "<title>Feil: " in html


@pytest.mark.parametrize("part", [Part.HEALTH, Part.CRIME, Part.HOUSING])
def test_a_participant_cannot_write_in_a_part_it_may_not_itself_know(cast: Cast, client: Client, part: Part) -> None:
    case = with_nav(cast)

    response = post(client, cast.nora, case, part=part)

    assert response.status_code == 422  # type: ignore[attr-defined]
    with acting_as(cast.nora), pytest.raises(Refused):
        entries.write(case, kind=EntryKind.NOTE, part=part, text="Utenfor", by=cast.nora)


def test_whereabouts_of_a_person_with_a_hidden_address_are_not_a_choice(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        assert Part.CONTACT in entries.writable_parts(cast.ingrid, case)
        case.person.protection_level = ProtectionLevel.CONFIDENTIAL

        assert Part.CONTACT not in entries.writable_parts(cast.ingrid, case)


def test_whereabouts_of_a_person_with_a_hidden_address_are_refused_whoever_calls(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        entries.write(case, kind=EntryKind.NOTE, part=Part.CONTACT, text="Bor hos en venn", by=cast.ingrid)
        Person.objects.filter(case=case).update(protection_level=ProtectionLevel.CONFIDENTIAL)

        with pytest.raises(Refused):
            entries.write(case, kind=EntryKind.NOTE, part=Part.CONTACT, text="Bor et annet sted", by=cast.ingrid)
        assert not Entry.objects.filter(case=case, text="Bor et annet sted").exists()


def test_the_lead_is_shown_who_will_read_it_until_when_and_how_many_they_are(cast: Cast, client: Client) -> None:
    case = with_nav(cast)

    html = post(client, cast.ingrid, case, preview="1").content.decode()  # type: ignore[attr-defined]

    with acting_as(cast.ingrid):
        assert not Entry.objects.filter(case=case, text="Søknaden er sendt.").exists(), "a preview saves nothing"
    sees = {row["name"]: row for row in _will_see(client, cast.ingrid, case)}
    assert sees["NAV Fjordvik"]["sees"] and "2 personer" in str(sees["NAV Fjordvik"]["detail"])
    assert "Samtykke til og med" in str(sees["NAV Fjordvik"]["detail"])
    assert not sees["Uteseksjonen"]["sees"]
    assert "Søknaden er sendt." in html and "Lagre og vis for 1 tjeneste til" in html


def test_a_participant_is_shown_its_own_agency_and_the_lead_alone(cast: Cast, client: Client) -> None:
    case = with_nav(cast)

    rows = _will_see(client, cast.nora, case)

    assert {row["name"]: row["sees"] for row in rows} == {cast.ingrid.agency.name: True, "NAV Fjordvik": True}


def test_a_participant_learns_that_the_lead_will_not_read_what_no_consent_lets_it_receive(
    cast: Cast, client: Client
) -> None:
    case = stories.assigned(cast)
    consent_in_force(cast, case, {"nav": [Part.ECONOMY]})
    worker_assigned(cast, case, manager="nils", worker="nora")

    rows = _will_see(client, cast.nora, case)

    assert {row["name"]: row["sees"] for row in rows} == {cast.ingrid.agency.name: False, "NAV Fjordvik": True}


def test_the_preview_is_a_piece_of_the_page(cast: Cast, client: Client) -> None:
    case = with_nav(cast)
    sign_in(client, cast.ingrid)

    piece = client.get(
        reverse("cases:who_will_see", args=[case.pk]), {"part": "economy"}, headers={"HX-Request": "true"}
    )

    html = piece.content.decode()
    assert "<html" not in html and 'id="readers"' in html and 'hx-swap-oob="true"' in html and "NAV Fjordvik" in html


def _will_see(client: Client, actor: object, case: Case) -> list[dict[str, object]]:
    response = post(client, actor, case, preview="1")
    rows: list[dict[str, object]] = response.context["will_see"]  # type: ignore[attr-defined]
    return rows


def test_a_correction_is_a_new_line_and_the_old_one_stands_as_corrected(cast: Cast, client: Client) -> None:
    case = with_nav(cast)
    with acting_as(cast.nora):
        wrong = entries.write(case, kind=EntryKind.NOTE, part=Part.ECONOMY, text="Gjeld: 1000", by=cast.nora)

    url = reverse("cases:correct_entry", args=[case.pk, wrong.pk])
    assert sign_in(client, cast.nora).post(url, {"text": "Gjeld: 100"}).status_code == 302
    page = client.get(reverse("cases:detail", args=[case.pk])).content.decode()

    assert "Gjeld: 100<" in page and "Gjeld: 1000" in page and "Rettet" in page
    with acting_as(cast.nora):
        new = Entry.objects.get(supersedes=wrong)
        assert (new.part, new.kind, new.occurred_at) == (wrong.part, wrong.kind, wrong.occurred_at)
        with pytest.raises(NotNow, match="rettet allerede"):
            entries.correct(wrong, text="En gang til", by=cast.nora)


@pytest.mark.parametrize("other", ["ingrid", "nils"])
def test_nobody_corrects_what_another_wrote(cast: Cast, client: Client, other: str) -> None:
    case = with_nav(cast)
    with acting_as(cast.nora):
        line = entries.write(case, kind=EntryKind.NOTE, part=Part.ECONOMY, text="Skrevet av Nora", by=cast.nora)

    response = sign_in(client, getattr(cast, other)).post(
        reverse("cases:correct_entry", args=[case.pk, line.pk]), {"text": "Endret"}
    )

    assert response.status_code == 403
    assert "Bare den som skrev teksten, kan rette den." in response.content.decode()


def test_lines_samlos_writes_itself_cannot_be_corrected(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.mona):
        line = Entry.objects.filter(case=case, author=cast.mona.user, kind=EntryKind.ASSIGNED).get()

        with pytest.raises(Refused, match="Samlos skriver selv"):
            entries.correct(line, text="Noe annet", by=cast.mona)
