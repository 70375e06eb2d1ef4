"""What exists in the demonstration only: the page to pick a person, the commands, and the tokens."""

import io
import json
import stat
from pathlib import Path

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError
from django.urls import reverse

from agencies import demonstration, demonstration_tokens
from agencies.models import MachineClient
from audit import clock
from tests.cast import MEMBERS, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agencies.pages")]


@pytest.fixture
def home(settings, tmp_path):
    """A data folder of its own, for keys."""
    settings.SAMLOS_HOME = tmp_path
    settings.MACHINE_TOKEN_JWKS = str(tmp_path / "keys" / "jwks.json")
    return tmp_path


def run(*command, **options):
    out = io.StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


# --- picking a person -------------------------------------------------------------------------------------------------


def test_everybody_in_the_cast_has_a_card_that_says_what_they_come_for(client):
    page = client.get(reverse("demo_cast")).content.decode()

    for member in MEMBERS.values():
        assert member.name in page
        assert str(member.comes_for) in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize("key", MEMBERS)
def test_one_click_signs_in_as_that_person(client, cast, key):
    answer = client.post(reverse("demo_cast"), {"person": key})

    assert answer.url == reverse("home")
    actor = client.get(reverse("privacy")).wsgi_request.actor
    if len(MEMBERS[key].agencies) == 1:
        assert actor.user.email == MEMBERS[key].email
        assert actor.agency.slug == MEMBERS[key].agencies[0]
    else:
        assert client.get(reverse("home")).url.startswith(reverse("choose_agency"))


def test_picking_another_person_leaves_nothing_of_the_first(client, cast):
    sign_in(client, cast.ingrid)
    before = client.session.session_key

    client.post(reverse("demo_cast"), {"person": "nora"})

    assert client.session.session_key != before
    assert client.get(reverse("privacy")).wsgi_request.actor.user == cast.nora.user


@pytest.mark.parametrize("person", ["", "ola", "politiet-analyse"])
def test_nobody_outside_the_cast_can_be_picked(client, person):
    assert client.post(reverse("demo_cast"), {"person": person}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_page_does_not_exist_outside_the_demonstration(client, settings, method):
    settings.DEMONSTRATION = False

    answer = getattr(client, method)(reverse("demo_cast"), {"person": "ingrid"})

    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


def test_the_sign_in_page_leads_to_the_cast_in_the_demonstration_only(client, settings):
    assert reverse("demo_cast") in client.get(reverse("account_login")).content.decode()

    settings.DEMONSTRATION = False

    assert reverse("demo_cast") not in client.get(reverse("account_login")).content.decode()


# --- commands -----------------------------------------------------------------------------------------------------------


def test_the_table_of_the_cast_names_everybody_and_the_page(settings):
    table = run("demo_cast")

    assert f"{settings.PUBLIC_URL}/logg-inn-som/" in table
    assert all(member.name in table for member in MEMBERS.values())
    assert "Uteseksjonen og Psykisk helse og rus" in table


@pytest.mark.parametrize("command", [["demo_cast"], ["demo_token"], ["demo_clock", "+1d"], ["load_demo"]])
def test_the_commands_refuse_to_work_elsewhere(settings, command):
    settings.DEMONSTRATION = False

    with pytest.raises(CommandError, match="demonstrasjonen"):
        run(*command)


def test_loading_twice_builds_once(monkeypatch):
    built = []
    monkeypatch.setattr(demonstration, "build", lambda: built.append("agencies"))

    run("load_demo", people=True)

    assert built == [], "the suite's databases were given the people when they were made"


@pytest.mark.parametrize("change", ["30d", "+1y", "i morgen", "+99999d"])
def test_the_clock_understands_few_words(change):
    with pytest.raises(CommandError):
        run("demo_clock", change)


def test_the_clock_is_not_the_applications_to_move():
    with pytest.raises(ProgrammingError):
        run("demo_clock", "+1d")


# --- tokens -------------------------------------------------------------------------------------------------------------


def claims_of(token, settings):
    keys = json.loads(Path(settings.MACHINE_TOKEN_JWKS).read_text())["keys"]
    assert jwt.get_unverified_header(token)["kid"] == keys[0]["kid"]
    return jwt.decode(
        token,
        jwt.PyJWK(keys[0]).key,
        algorithms=["RS256"],
        issuer=settings.MACHINE_TOKEN_ISSUER,
        audience=settings.MACHINE_TOKEN_AUDIENCE,
    )


def test_a_token_has_maskinportens_form_and_is_signed_by_the_published_key(home, settings):
    claims = claims_of(run("demo_token").strip(), settings)

    assert claims["scope"] == "samlos:concernreports samlos:auditheads"
    assert claims["client_id"] == "politiet-analyse"
    assert claims["consumer"] == {"authority": "iso6523-actorid-upis", "ID": "0192:310000124"}
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_two_tokens_are_never_the_same(home):
    assert run("demo_token") != run("demo_token")


def test_the_key_is_made_once_and_is_its_owners_alone(home):
    run("demo_token")
    key = home / "machine-token-key.pem"
    before = key.read_bytes()
    run("demo_token")

    assert key.read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "PRIVATE" not in (home / "keys" / "jwks.json").read_text()
    assert '"d"' not in (home / "keys" / "jwks.json").read_text()


@pytest.mark.parametrize("hours", [0, -1, 24.1, float("nan")])
def test_no_token_lives_longer_than_a_day(home, hours):
    with pytest.raises(CommandError):
        run("demo_token", hours=hours)


def test_an_agency_without_a_client_gets_no_token(home):
    with pytest.raises(CommandError, match="ingen maskinklient"):
        run("demo_token", agency="nav")


def test_a_disabled_client_gets_no_token(home):
    MachineClient.objects.update(disabled_at=clock.now())

    with pytest.raises(demonstration_tokens.NoSuchClientError):
        demonstration_tokens.token_for("police-analysis")
