"""One request, one transaction: for whom it asks, what is kept of it, and what the browser may keep."""

import time

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agencies.api.tokens import DenyUnlessDeclared, MachineTokenAuthentication
from agencies.middleware import AGENCY_KEY, OPENED_KEY, SEEN_KEY
from agencies.models import DemonstrationStep
from audit import context
from audit.models import Event
from tests.agencies.pages import SECRET
from tests.cast import acting_as, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agencies.pages")]

OPEN_PAGES = {
    "front_door",
    "healthz",
    "readyz",
    "accessibility",
    "privacy",
    "shortcuts",
    "demo_cast",  # 404 outside the demonstration
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
}


def asked():
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.user_id(), samlos.agency_id()")
        return list(cursor.fetchone())


def written(outcome):
    return DemonstrationStep.objects.filter(code=f"written:{outcome}").exists()


def age_session(client, **seconds):
    session = client.session
    for key, age in seconds.items():
        session[key] = time.time() - age
    session.save()


def every_view(resolver, prefix=""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from every_view(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry.callback


# --- for whom --------------------------------------------------------------------------------------------------------


def test_the_database_is_asked_on_behalf_of_the_one_who_acts(client, cast):
    sign_in(client, cast.ingrid)

    answer = client.get("/whoami/").json()

    assert answer["database"] == answer["python"] == [cast.ingrid.user.pk, cast.ingrid.agency.pk]


def test_the_request_leaves_nobody_behind_in_the_database(client, cast):
    sign_in(client, cast.ingrid)
    client.get("/write/kept/")

    assert asked() == [None, None]
    assert context.current() is None
    assert not Event.objects.exists(), "a query outside a request finds protected rows"


@pytest.mark.parametrize("outcome", ["refused", "not-now", "absent", "broken"])
def test_a_request_that_goes_wrong_leaves_nobody_behind_either(client, cast, outcome):
    sign_in(client, cast.ingrid)
    client.raise_request_exception = False

    client.get(f"/write/{outcome}/")

    assert asked() == [None, None]
    assert context.current() is None


def test_the_next_request_of_another_agency_asks_for_that_one(client, cast):
    sign_in(client, cast.acting_for("tove", "outreach"))
    client.get("/whoami/")
    client.post(reverse("choose_agency"), {"agency": "mental-health"})

    answer = client.get("/whoami/").json()

    assert answer["database"] == [cast.tove.user.pk, cast.agency("mental-health").pk]


def test_a_password_alone_asks_for_nobody(client, cast):
    client.force_login(cast.ingrid.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    answer = client.get("/whoami/")

    assert answer.url == reverse("mfa_activate_totp")
    assert answer.wsgi_request.actor is None


def test_another_persons_strong_sign_in_in_the_same_session_counts_for_nothing(client, cast):
    sign_in(client, cast.ingrid)
    session = client.session
    session["account_authentication_methods_user"] = str(cast.nora.user.pk)
    session.save()

    assert client.get("/whoami/").status_code == 302


def test_picking_one_of_the_cast_is_not_strong_outside_the_demonstration(client, cast, settings):
    sign_in(client, cast.ingrid)
    settings.DEMONSTRATION = False

    assert client.get("/whoami/").url == reverse("mfa_activate_totp")


# --- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["kept", "moved"])
def test_what_went_well_is_kept(client, cast, outcome):
    sign_in(client, cast.ingrid)

    client.get(f"/write/{outcome}/")

    assert written(outcome)


@pytest.mark.parametrize(("outcome", "status"), [("refused", 403), ("not-now", 409), ("absent", 404), ("broken", 500)])
def test_what_went_wrong_changes_nothing(client, cast, outcome, status):
    sign_in(client, cast.ingrid)
    client.raise_request_exception = False

    answer = client.get(f"/write/{outcome}/")

    assert answer.status_code == status
    assert not written(outcome)
    assert SECRET not in answer.content.decode()


def test_an_answer_of_which_nothing_would_be_kept_is_not_given(client, cast):
    """No row, no answer (G7), also where the database's refusal was swallowed."""
    sign_in(client, cast.ingrid)

    answer = client.get("/write/passed-over/")

    assert (answer.status_code, SECRET in answer.content.decode()) == (503, False)
    assert not written("passed-over")


def test_a_refusal_says_why_and_a_wrong_moment_too(client, cast):
    sign_in(client, cast.ingrid)

    assert "Bare lederen kan gjøre dette." in client.get("/write/refused/").content.decode()
    assert "Saken er avsluttet." in client.get("/write/not-now/").content.decode()


@pytest.mark.parametrize(("outcome", "kind"), [("refused", "access.refused"), ("absent", "access.absent")])
def test_a_refusal_is_logged_although_the_request_is_rolled_back(client, cast, outcome, kind):
    sign_in(client, cast.ingrid)

    client.get(f"/write/{outcome}/")

    with acting_as(cast.ingrid):
        (event,) = Event.objects.exclude(kind="test.written")
        assert (event.kind, event.outcome, event.object_type) == (kind, "refused", "write")
        assert event.user_id == cast.ingrid.user.pk


def test_an_address_that_leads_nowhere_is_not_logged_with_its_text(client, cast):
    sign_in(client, cast.ingrid)

    assert client.get("/saker/Elias-Prøvedal/").status_code == 404

    with acting_as(cast.ingrid):
        assert not Event.objects.filter(kind="access.absent").exists()


def test_a_streamed_answer_is_refused(client, cast):
    sign_in(client, cast.ingrid)
    client.raise_request_exception = False

    answer = client.get("/stream/")

    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()


# --- sessions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [{SEEN_KEY: 31 * 60}, {SEEN_KEY: 10, OPENED_KEY: 8 * 3600 + 60}])
def test_a_session_that_idled_or_grew_old_ends_and_comes_back_to_the_same_page(client, cast, age):
    sign_in(client, cast.ingrid)
    age_session(client, **age)

    answer = client.get("/whoami/")

    assert answer.url == reverse("account_login") + "?next=%2Fwhoami%2F"
    assert "_auth_user_id" not in client.session
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Du ble logget ut" in client.get(answer.url).content.decode()


def test_a_session_in_use_goes_on(client, cast):
    sign_in(client, cast.ingrid)
    age_session(client, **{SEEN_KEY: 29 * 60, OPENED_KEY: 7 * 3600})

    assert client.get("/whoami/").status_code == 200
    assert client.session[SEEN_KEY] > time.time() - 60


def test_a_session_is_not_written_at_every_request(client, cast, django_assert_max_num_queries):
    sign_in(client, cast.ingrid)
    client.get("/whoami/")

    with django_assert_max_num_queries(30) as queries:
        client.get("/whoami/")

    assert not [query for query in queries if "UPDATE" in query["sql"]]


def test_htmx_is_sent_to_the_sign_in_as_a_whole_page(client):
    answer = client.get("/whoami/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/min-dag/?x=1"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == reverse("account_login") + "?next=%2Fmin-dag%2F"


@pytest.mark.parametrize("address", ["http://[", "http://[::1/", "http://a]b/"])
def test_an_htmx_address_that_is_none_leads_to_the_front_door_after_the_sign_in(client, address):
    answer = client.get("/whoami/", headers={"HX-Request": "true", "HX-Current-URL": address})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == reverse("account_login") + "?next=%2F"


def test_htmx_follows_an_ordinary_redirect_itself(client, cast):
    sign_in(client, cast.ingrid)

    answer = client.get("/write/moved/", headers={"HX-Request": "true"})

    assert answer.url == "/min-dag/"


def test_one_agency_is_remembered_from_the_first_request(client, cast):
    sign_in(client, cast.ingrid)
    session = client.session
    del session[AGENCY_KEY]
    session.save()

    client.get("/whoami/")

    assert client.session[AGENCY_KEY] == cast.ingrid.agency.pk


# --- what the browser may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/min-dag/", "/konto/logg-inn/", "/personvern/", "/healthz", "/finnes-ikke/"])
def test_every_answer_carries_the_headers_that_keep_it_ours(client, cast, path):
    sign_in(client, cast.ingrid)

    headers = client.get(path, secure=True).headers

    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_an_anonymous_answer_carries_them_too(client):
    headers = client.get("/min-dag/").headers

    assert "no-store" in headers["Cache-Control"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]


# --- who comes in -----------------------------------------------------------------------------------------------------


def test_only_these_pages_are_open_without_a_sign_in():
    views = dict(every_view(get_resolver("config.urls")))
    open_views = {name for name, view in views.items() if not getattr(view, "login_required", True)}

    assert {name for name in open_views if not name.startswith("api:")} == OPEN_PAGES


def test_the_api_asks_for_a_machines_token_except_where_it_tells_nothing():
    open_to_all = set()
    for name, view in every_view(get_resolver("config.urls")):
        if name.startswith("api:") and DenyUnlessDeclared not in view.cls.permission_classes:
            open_to_all.add(name)
        elif name.startswith("api:"):
            assert view.cls.authentication_classes == [MachineTokenAuthentication], name

    assert open_to_all == {"api:schema", "api:no-such-address"}


@pytest.mark.parametrize("name", ["accessibility", "privacy", "shortcuts", "account_login", "demo_cast"])
def test_the_open_pages_open(client, name):
    assert client.get(reverse(name)).status_code == 200


def test_the_front_door_leads_to_min_dag_and_a_visitor_of_the_demonstration_to_its_people(client, settings):
    assert client.get("/").url == "/logg-inn-som/"

    settings.DEMONSTRATION = False
    assert client.get("/").url == "/min-dag/"


def test_health_is_one_word_and_readiness_names_what_is_missing(client, settings):
    assert client.get("/healthz").content == b"ok\n"

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.content == b"database ok\nredis failed\n"
