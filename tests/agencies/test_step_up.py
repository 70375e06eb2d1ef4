"""Step-up: what gives rights is done by who has just shown who they are, and asking loses nothing that was written."""

import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.urls import reverse

from agencies import accounts
from agencies.models import Membership, User
from consent.models import Consent
from tests import stories
from tests.cast import acting_as, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "tre blå sykler i regnet"
SENT = {"confirm-sent": "1"}


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


@pytest.fixture
def running(cast):
    """A case with a consent in force."""
    return stories.consented(cast)


def age_sign_in(client, seconds=301):
    session = client.session
    for method in session["account_authentication_methods"]:
        method["at"] = time.time() - seconds
    session.save()


def revoke_address(case):
    return reverse("consent:revoke", kwargs={"case_id": case.pk})


REVOKING = {"channel": "spoken", "wants_help": "yes"}


def in_force(cast, case):
    with acting_as(cast.ingrid):
        return Consent.objects.in_force().filter(case=case).exists()


def employed(cast):
    """A caseworker with a password and a second factor, which the cast do without."""
    user = User.objects.create_user("hilde@fjordvik.example", PASSWORD, name="Hilde Prøvenes")
    Membership.objects.create(user=user, agency=cast.agency("hvk-ost"), role="caseworker", valid_from=cast.ingrid.at)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    return user


def code_for(user):
    secret = get_adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    return next(f"{hotp_value(secret, counter):06d}" for counter in yield_hotp_counters_from_time())


def signed_in_with_password(client, user, *, ago):
    """A session that was opened with password and code, that many seconds ago."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [
        {"method": method, "at": time.time() - ago} for method in ("password", "mfa")
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def test_a_fresh_sign_in_is_asked_for_nothing(client, cast, running):
    sign_in(client, cast.ingrid)

    assert client.get(revoke_address(running)).status_code == 200


@pytest.mark.parametrize(("age", "fresh"), [(299, True), (301, False), (-60, False)])
def test_five_minutes_are_five_minutes_and_the_future_counts_for_nothing(client, cast, age, fresh):
    sign_in(client, cast.ingrid)
    age_sign_in(client, age)

    request = client.get(reverse("privacy")).wsgi_request

    assert accounts.stepped_up(request) is fresh


def test_opening_the_form_with_an_old_sign_in_asks_first_and_leads_back(client, cast, running):
    sign_in(client, cast.ingrid)
    age_sign_in(client)

    asked = client.get(revoke_address(running), follow=True)
    assert "Bekreft at det er deg" in asked.content.decode()
    answer = client.post(reverse("confirm_identity"), SENT | {"next": revoke_address(running)})

    assert answer.url == revoke_address(running)
    assert client.get(revoke_address(running)).status_code == 200


def test_sending_the_form_with_an_old_sign_in_does_nothing_yet_and_keeps_what_was_written(client, cast, running):
    sign_in(client, cast.ingrid)
    age_sign_in(client)

    page = client.post(revoke_address(running), REVOKING).content.decode()

    assert "Det du skrev, er tatt vare på" in page
    assert '<input type="hidden" name="channel" value="spoken">' in page
    assert in_force(cast, running)


def test_confirming_sends_what_was_written(client, cast, running):
    sign_in(client, cast.ingrid)
    age_sign_in(client)

    client.post(revoke_address(running), REVOKING | SENT)

    assert not in_force(cast, running)


def test_the_effects_of_a_consent_may_be_looked_at_without_asking_since_nothing_is_saved(client, cast, running):
    sign_in(client, cast.ingrid)
    age_sign_in(client)

    page = client.post(reverse("consent:record", kwargs={"case_id": running.pk}), {"preview": "1"}).content.decode()

    assert "Bekreft at det er deg" not in page


@pytest.mark.parametrize("name", ["consent:record", "consent:revoke", "actionplans:pdf", "actionplans:own_pdf"])
def test_consent_and_export_ask_everybody_whose_sign_in_is_old(client, cast, running, name):
    sign_in(client, cast.mona)
    age_sign_in(client)

    answer = client.get(reverse(name, kwargs={"case_id": running.pk}))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("confirm_identity"))


def test_a_person_with_a_password_is_asked_for_it_and_for_a_code(client, cast):
    hilde = employed(cast)
    signed_in_with_password(client, hilde, ago=600)

    page = client.get(reverse("confirm_identity"), {"next": "/min-dag/"}).content.decode()
    answer = client.post(
        reverse("confirm_identity"),
        SENT | {"next": "/min-dag/", "confirm-password": PASSWORD, "confirm-code": code_for(hilde)},
    )

    assert 'name="confirm-password"' in page and 'name="confirm-code"' in page
    assert answer.url == "/min-dag/"
    assert accounts.stepped_up(client.get(reverse("privacy")).wsgi_request)


@pytest.mark.parametrize("wrong", [{"confirm-password": "feil"}, {"confirm-code": "000000"}, {"confirm-code": ""}])
def test_a_wrong_password_or_code_confirms_nothing(client, cast, wrong):
    hilde = employed(cast)
    signed_in_with_password(client, hilde, ago=600)
    right = {"confirm-password": PASSWORD, "confirm-code": code_for(hilde)}

    answer = client.post(reverse("confirm_identity"), SENT | right | wrong)

    assert answer.status_code == 422
    assert PASSWORD not in answer.content.decode()
    assert not accounts.stepped_up(client.get(reverse("privacy")).wsgi_request)


def test_a_button_alone_confirms_nobody_who_has_a_password(client, cast):
    hilde = employed(cast)
    signed_in_with_password(client, hilde, ago=600)

    client.post(reverse("confirm_identity"), SENT)

    assert not accounts.stepped_up(client.get(reverse("privacy")).wsgi_request)


def test_outside_the_demonstration_picking_a_person_confirms_nothing(client, cast, settings):
    sign_in(client, cast.ingrid)
    request = client.get(reverse("privacy")).wsgi_request
    assert accounts.stepped_up(request)

    settings.DEMONSTRATION = False

    assert not accounts.stepped_up(request)


def test_five_wrong_passwords_at_an_open_screen_close_the_account(client, cast):
    hilde = employed(cast)
    signed_in_with_password(client, hilde, ago=600)
    for _attempt in range(5):
        answer = client.post(reverse("confirm_identity"), SENT | {"confirm-password": "feil", "confirm-code": "0"})
        cache.clear()

    assert answer.status_code == 429


def test_confirming_gives_the_session_a_new_key(client, cast):
    hilde = employed(cast)
    signed_in_with_password(client, hilde, ago=600)
    before = client.session.session_key

    client.post(reverse("confirm_identity"), SENT | {"confirm-password": PASSWORD, "confirm-code": code_for(hilde)})

    assert client.session.session_key != before


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_confirming_leads_to_no_other_site(client, cast, address):
    sign_in(client, cast.ingrid)

    assert client.post(reverse("confirm_identity"), SENT | {"next": address}).url == "/min-dag/"
