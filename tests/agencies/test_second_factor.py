"""Setting up the second factor, with real commits: what happens on commit belongs to it."""

from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.urls import reverse

from agencies.models import Membership, User

PASSWORD = "tre blå sykler i regnet"


def test_setting_up_the_app_after_a_first_sign_in_asks_for_nothing_twice(own_database, cast, client):
    cache.clear()
    user = User.objects.create_user("hilde@fjordvik.example", PASSWORD, name="Hilde Prøvenes")
    Membership.objects.create(user=user, agency=cast.agency("hvk-ost"), role="caseworker", valid_from=cast.ingrid.at)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    code = next(f"{hotp_value(secret, counter):06d}" for counter in yield_hotp_counters_from_time())

    answer = client.post(reverse("mfa_activate_totp"), {"code": code})

    assert answer.url == reverse("mfa_view_recovery_codes")
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert client.get(reverse("choose_agency")).status_code == 200
