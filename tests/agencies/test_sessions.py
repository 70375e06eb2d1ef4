"""Sessions: what ends one ends it at the very next request, wherever it is open; and each person sees their own."""

import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisGone

from agencies import throttling
from agencies.accounts import SIGN_IN_KEY, send_password_link
from agencies.middleware import AGENCY_KEY
from agencies.models import Membership, SignIn, User
from agencies.reset_links import ResetTokens
from agencies.services import sign_ins
from audit import clock, context
from reminders import rules
from tests.cast import sign_in
from tests.people import administrators, employ

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


def warm(client, actor):
    """Signed in, and everything a request might have kept is kept."""
    sign_in(client, actor)
    assert client.get(reverse("own_sessions")).status_code == 200
    return client


def is_signed_in(client):
    return client.get(reverse("own_sessions")).status_code == 200


def acts(client):
    return client.get(reverse("privacy")).wsgi_request.actor


# --- what ends a session ------------------------------------------------------------------------------------------------


def test_a_closed_account_has_no_session_left_however_it_was_closed(client, cast):
    ingrid = cast.ingrid
    warm(client, ingrid)
    User.objects.filter(pk=ingrid.user.pk).update(is_active=False)
    User.objects.filter(pk=ingrid.user.pk).update(is_active=True)

    assert not is_signed_in(client)


def test_an_ended_membership_takes_the_agency_from_the_session_at_the_next_request(client, cast):
    warm(client, cast.ingrid)
    Membership.objects.filter(user=cast.ingrid.user).update(valid_until=clock.now())

    assert acts(client) is None
    assert client.get(reverse("cases:list")).url.startswith(reverse("choose_agency"))


def test_another_role_takes_the_agency_from_the_session_until_it_is_chosen_anew(client, cast):
    warm(client, cast.ingrid)
    employ(cast.ingrid.user, cast.ingrid.agency, "manager")

    page = client.get(reverse("cases:list"), follow=True)
    assert page.wsgi_request.actor is None
    assert "Rollen din i Helse- og velferdskontor Øst er endret" in page.content.decode()

    client.post(reverse("choose_agency"), {"agency": "hvk-ost"})
    assert {role.value for role in acts(client).roles} == {"caseworker", "manager"}


def test_a_changed_password_ends_the_other_sessions(client, cast):
    warm(client, cast.ingrid)
    user = cast.ingrid.user
    user.set_password("fire grønne hus i regnet")
    user.save()

    assert not is_signed_in(client)


def test_a_session_whose_row_is_gone_is_over(client, cast):
    warm(client, cast.ingrid)
    SignIn.objects.filter(user=cast.ingrid.user).delete()

    assert not is_signed_in(client)


@pytest.mark.parametrize("forged", [None, "", "1", "not-an-id", "00000000-0000-4000-8000-000000000000", ["x"], "\x00"])
def test_a_session_with_a_forged_row_is_over(client, cast, forged):
    warm(client, cast.ingrid)
    session = client.session
    session[SIGN_IN_KEY] = forged
    session.save()

    assert not is_signed_in(client)


def test_nobody_borrows_the_row_of_another(client, cast):
    other = warm(Client(), cast.nora)
    warm(client, cast.ingrid)
    session = client.session
    session[SIGN_IN_KEY] = other.session[SIGN_IN_KEY]
    session.save()

    assert not is_signed_in(client)


def test_what_has_ended_stays_ended_in_the_database(client, cast):
    warm(client, cast.ingrid)
    sign_ins.end_all(cast.ingrid.user)

    with pytest.raises(DatabaseError), transaction.atomic():
        SignIn.objects.filter(user=cast.ingrid.user).update(ended_at=None)


def test_only_so_many_sessions_at_once_where_the_settings_say_so(cast, settings):
    settings.SESSIONS_AT_ONCE = 2
    clients = [warm(Client(), cast.ingrid) for _number in range(3)]

    assert [is_signed_in(one) for one in clients].count(True) == 2
    assert is_signed_in(clients[-1])


# --- links --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["end", "close", "nothing"])
def test_a_link_to_choose_a_password_dies_with_the_membership_and_with_the_account(cast, what):
    user = cast.ingrid.user
    key = ResetTokens().make_token(user)
    if what == "end":
        Membership.objects.filter(user=user).update(valid_until=clock.now())
    if what == "close":
        User.objects.filter(pk=user.pk).update(is_active=False)

    assert ResetTokens().check_token(User.objects.get(pk=user.pk), key) is (what == "nothing")


def test_an_invitation_that_was_sent_dies_when_the_membership_ends(
    client, cast, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        send_password_link(cast.ingrid.user, invitation=True)
    link = next(word for word in str(mailoutbox[0].body).split() if "/konto/passord/nytt/" in word)
    Membership.objects.filter(user=cast.ingrid.user).update(valid_until=clock.now())

    page = client.get("/konto/" + link.split("/konto/", 1)[1], follow=True).content.decode()

    assert "Lenken virker ikke lenger" in page


# --- one's own list -----------------------------------------------------------------------------------------------------


def test_the_list_names_the_machine_and_which_one_this_is(client, cast):
    here, there = Client(HTTP_USER_AGENT=FIREFOX), Client(HTTP_USER_AGENT=CHROME)
    for one in (there, here):
        one.post(reverse("demo_cast"), {"person": "ingrid"})

    page = here.get(reverse("own_sessions")).content.decode()

    assert "Firefox, Windows" in page and "Chrome, Linux" in page
    assert page.count("Denne") == 1
    assert "140" not in page


def test_one_other_session_is_ended_and_this_one_goes_on(client, cast):
    other = warm(Client(), cast.ingrid)
    warm(client, cast.ingrid)

    client.post(reverse("end_own_session", args=[other.session[SIGN_IN_KEY]]))

    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_all_the_others_are_ended_at_once(client, cast):
    others = [warm(Client(), cast.ingrid) for _number in range(2)]
    warm(client, cast.ingrid)

    client.post(reverse("end_other_sessions"))

    assert is_signed_in(client)
    assert not any(is_signed_in(other) for other in others)


def test_nobody_ends_or_finds_the_session_of_another(client, cast):
    other = warm(Client(), cast.nora)
    warm(client, cast.ingrid)

    answer = client.post(reverse("end_own_session", args=[other.session[SIGN_IN_KEY]]))

    assert answer.status_code == 404
    assert is_signed_in(other)


@pytest.mark.parametrize(
    ("agent", "words"),
    [(FIREFOX, "Firefox, Windows"), (CHROME, "Chrome, Linux"), ("", ""), ("curl/8", ""), ("\x00" * 500, "")],
)
def test_a_machine_is_described_in_two_words_or_none(agent, words):
    assert sign_ins.device_words(agent) == words


# --- throttling before hashing ------------------------------------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch):
    """How many passwords were hashed."""
    counted = []
    known = hashers.MD5PasswordHasher.encode

    def counting(self, *args, **kwargs):
        counted.append(1)
        return known(self, *args, **kwargs)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counting)
    return counted


def attempt(client, email="ingrid@fjordvik.example"):
    return client.post(reverse("account_login"), {"login": email, "password": "feil"})


def test_an_attempt_at_a_closed_account_hashes_nothing(client, cast, hashed):
    for _attempt in range(5):
        attempt(client)
        cache.clear()  # allauth counts too; this is about what the database remembers
    assert hashed
    hashed.clear()

    answer = attempt(client)

    assert answer.status_code == 429
    assert not hashed


def test_a_flood_of_attempts_at_many_accounts_hashes_nothing_after_the_thirtieth(client, cast, hashed, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    for number in range(30):
        attempt(client, f"ukjent{number}@fjordvik.example")
    assert hashed
    hashed.clear()

    page = attempt(client, "enda-en@fjordvik.example").content.decode()

    assert "Det kom for mange forsøk" in page
    assert not hashed


def test_without_redis_each_process_counts_for_itself_and_more_strictly(monkeypatch, settings):
    def gone(*args, **kwargs):
        raise RedisGone

    monkeypatch.setattr(cache, "add", gone)
    throttling._local.clear()
    allowed = [throttling.may_try_to_sign_in() for _attempt in range(settings.SIGN_INS_A_MINUTE)]
    throttling._local.clear()

    assert allowed.count(True) == settings.SIGN_INS_A_MINUTE // throttling.LOCAL_SHARE


# --- bad input ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["guess", "a" * 32, "../../etc/passwd", "é", '"; DROP TABLE', "a" * 5000])
def test_a_guessed_cookie_is_as_none(cast, settings, cookie):
    guessing, without = Client(), Client()
    guessing.cookies[settings.SESSION_COOKIE_NAME] = cookie

    answers = [one.get(reverse("home")) for one in (guessing, without)]

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
        (302, "/konto/logg-inn/?next=/min-dag/")
    ] * 2


@pytest.mark.parametrize("agency", [10**9, -1, "nav", None, [], {"a": 1}, "\x00", True])
def test_an_agency_forged_into_the_session_is_as_none(client, cast, agency):
    warm(client, cast.ingrid)
    session = client.session
    session[AGENCY_KEY] = agency
    session.save()

    assert client.get(reverse("cases:list")).status_code in {200, 302}
    found = acts(client)
    assert found is None or found.agency == cast.ingrid.agency


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "x" * 300])
def test_a_foreign_host_gets_nothing_and_is_repeated_nowhere(client, cast, host):
    answer = client.get(reverse("account_login"), headers={"host": host})

    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_session_that_was_never_strong_finds_nothing_through_an_old_record(client, cast):
    warm(client, cast.ingrid)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
    session.save()

    assert acts(client) is None
    assert client.get(reverse("cases:list")).status_code == 302


def test_two_administrators_are_there_in_every_agency(cast):
    for slug in ("hvk-ost", "nav", "police-analysis"):
        one, other = administrators(cast.agency(slug))
        assert one.user != other.user


def swept(agency):
    with context.acting(user_id=None, agency_id=agency.pk):
        for sweep in rules.sweeps():
            sweep(agency=agency)


def test_rows_of_sessions_long_over_are_swept_away_and_the_others_stay(cast, client, shift_clock):
    warm(client, cast.ingrid)
    of_ingrid = SignIn.objects.filter(user=cast.ingrid.user)

    swept(cast.agency("nav"))
    assert of_ingrid.count() == 1
    shift_clock(days=31)
    swept(cast.agency("nav"))

    assert not of_ingrid.exists()
