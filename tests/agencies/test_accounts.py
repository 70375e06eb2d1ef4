"""Signing in: a password is not enough, five wrong ones close the account for a while, and signing out leaves nothing."""

import re
import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from agencies.models import Membership, User
from audit.models import Event
from tests.cast import acting_as, sign_in

PASSWORD = "tre blå sykler i regnet"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


@pytest.fixture
def hilde(cast):
    """A caseworker with a password, as an agency's administrator makes her."""
    user = User.objects.create_user("hilde@fjordvik.example", PASSWORD, name="Hilde Prøvenes")
    Membership.objects.create(user=user, agency=cast.agency("hvk-ost"), role="caseworker", valid_from=cast.ingrid.at)
    return user


def log_in(client, email="hilde@fjordvik.example", password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def code_for(user):
    secret = get_adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    return next(f"{hotp_value(secret, counter):06d}" for counter in yield_hotp_counters_from_time())


def test_the_sign_in_page_is_open_and_asks_for_address_and_password(client):
    page = client.get(reverse("account_login")).content.decode()

    assert 'name="login"' in page and 'name="password"' in page


def test_whoever_has_only_a_password_is_sent_to_set_up_the_second_factor(client, hilde):
    log_in(client)

    answer = client.get(reverse("choose_agency"))

    assert answer.status_code == 302
    assert answer.url == reverse("mfa_activate_totp")


def test_a_password_alone_gives_no_actor_and_no_menu(client, hilde):
    log_in(client)

    page = client.get(reverse("privacy"))

    assert page.wsgi_request.actor is None


def test_whoever_has_the_app_is_asked_for_its_code_before_being_signed_in(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")

    answer = log_in(client)

    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_the_right_code_signs_in_strongly(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")
    log_in(client)

    answer = client.post(reverse("mfa_authenticate"), {"code": code_for(hilde)})

    assert answer.status_code == 302
    assert client.get(reverse("choose_agency")).status_code == 200


def test_a_wrong_code_signs_nobody_in(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")
    log_in(client)

    client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert "_auth_user_id" not in client.session


def test_a_recovery_code_signs_in_once(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(hilde).get_unused_codes()[0]
    log_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    log_in(client)

    client.post(reverse("mfa_authenticate"), {"code": code})

    assert "_auth_user_id" not in client.session


def test_the_pages_about_the_second_factor_can_be_reached(client, cast):
    sign_in(client, cast.ingrid)

    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_a_second_factor_is_not_changed_long_after_the_sign_in_without_asking_again(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")
    log_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_for(hilde)})
    session = client.session
    for method in session["account_authentication_methods"]:
        method["at"] = time.time() - 600
    session.save()

    answer = client.get(reverse("mfa_deactivate_totp"))

    assert answer.status_code == 302
    assert answer.url.startswith((reverse("account_reauthenticate"), reverse("mfa_reauthenticate")))


def test_five_wrong_passwords_close_the_account_even_for_the_right_one(client, hilde):
    for _attempt in range(5):
        log_in(client, password="feil")
    cache.clear()  # allauth counts too, in the cache; axes counts in the database

    answer = log_in(client)

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_guessing_at_one_account_does_not_close_the_neighbours(client, cast, hilde):
    for _attempt in range(4):
        log_in(client, email="ingrid@fjordvik.example", password="feil")
    cache.clear()  # allauth's own count by address of the machine
    log_in(client, email="ingrid@fjordvik.example", password="feil")

    assert log_in(client).status_code == 302


def test_an_unknown_address_is_answered_as_a_wrong_password(client, hilde):
    known = log_in(client, password="feil").content.decode()
    unknown = log_in(client, email="ingen@fjordvik.example", password="feil").content.decode()

    def without_what_was_typed(page):
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
        return page.replace("hilde@", "").replace("ingen@", "")

    assert without_what_was_typed(known) == without_what_was_typed(unknown)


def test_a_closed_account_cannot_sign_in(client, hilde):
    User.objects.filter(pk=hilde.pk).update(is_active=False)

    log_in(client)

    assert "_auth_user_id" not in client.session


def test_closing_an_account_ends_its_session_at_the_next_request(client, cast):
    sign_in(client, cast.ingrid)
    User.objects.filter(pk=cast.ingrid.user.pk).update(is_active=False)

    answer = client.get(reverse("choose_agency"))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))


def test_a_machine_never_signs_in_in_a_browser(client, cast):
    machine = cast.machine().user
    machine.set_password(PASSWORD)
    machine.save()

    log_in(client, email=machine.email)

    assert "_auth_user_id" not in client.session


def test_signing_out_tells_the_browser_to_keep_nothing(client, cast):
    sign_in(client, cast.ingrid)

    answer = client.post(reverse("account_logout"))

    assert answer.headers["Clear-Site-Data"] == '"*"'
    assert "_auth_user_id" not in client.session


def test_whoever_stops_at_the_code_leaves_the_half_sign_in_behind(client, hilde):
    TOTP.activate(hilde, "JBSWY3DPEHPK3PXP")
    log_in(client)

    answer = client.post(reverse("account_logout"), {"next": reverse("account_login")})

    assert answer.url == reverse("account_login")
    assert client.get(reverse("mfa_authenticate")).url == reverse("account_login")


def test_a_first_password_is_given_as_a_forgotten_one(client, cast):
    sign_in(client, cast.ingrid)

    assert client.get(reverse("account_change_password"), follow=True).redirect_chain[-1][0] == reverse(
        "account_reset_password"
    )
    assert reverse("account_change_password") not in client.get(reverse("privacy")).content.decode()


def test_opening_the_sign_out_page_does_not_sign_out(client, cast):
    sign_in(client, cast.ingrid)

    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_confirm_email"])
def test_nobody_registers_alone_or_changes_the_address_of_an_account(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_a_forgotten_password_is_mended_by_a_mail_that_says_nothing_about_anybody(client, hilde):
    client.post(reverse("account_reset_password"), {"email": hilde.email})

    (letter,) = mail.outbox
    assert letter.subject == "Nytt passord til Samlos"
    assert hilde.name not in letter.body and "hvk" not in letter.body.lower()
    address = re.search(r"http://testserver(\S+)", str(letter.body))
    assert address
    page = client.get(address[1], follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "fire grønne hus", "password2": "fire grønne hus"})
    assert User.objects.get(pk=hilde.pk).check_password("fire grønne hus")


def test_asking_for_a_new_password_tells_nobody_whether_the_account_exists(client, hilde):
    known = client.post(reverse("account_reset_password"), {"email": hilde.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "ingen@fjordvik.example"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert len(mail.outbox) == 1


def test_each_sign_in_and_sign_out_is_one_event_in_the_log(client, cast, monkeypatch):
    written = []
    monkeypatch.setattr("agencies.accounts.record", lambda kind, **details: written.append((kind, details["user_id"])))

    sign_in(client, cast.ingrid)
    client.post(reverse("account_logout"))

    assert written == [("session.opened", cast.ingrid.user.pk), ("session.closed", cast.ingrid.user.pk)]


def test_choosing_an_agency_is_logged_for_that_agency(client, cast):
    sign_in(client, cast.acting_for("tove", "outreach"))

    client.post(reverse("choose_agency"), {"agency": "mental-health"})

    with acting_as(cast.acting_for("tove", "mental-health")):
        assert Event.objects.filter(kind="agency.chosen", user_id=cast.tove.user.pk).count() == 1
