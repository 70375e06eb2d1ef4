"""What every answer tells the browser (security.md 5, "Headers"), whatever kind of answer it is."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import sign_in

pytestmark = pytest.mark.django_db
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
KINDS = {
    "page": ("/saker/", 200),
    "open page": ("/personvern/", 200),
    "refused": ("/folk/", 403),
    "absent": ("/saker/00000000-0000-4000-8000-000000000000/", 404),
    "no address": ("/finnes-ikke/", 404),
    "redirect": ("/", 302),
    "not this method": ("/konto/okter/andre/avslutt/", 405),
    "machines' answer": ("/api/v1/audit/heads/", 401),
    "machines' absent": ("/api/v1/finnes-ikke/", 404),
    "plain text": ("/healthz", 200),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_carries_the_headers(client, cast, kind):
    address, status = KINDS[kind]
    sign_in(client, cast.ingrid)

    answer = client.get(address, secure=True)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert PRIVATE["X-Robots-Tag"] == answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_a_static_file_is_read_as_what_it_is_by_this_site_alone(client):
    answer = client.get("/static/css/app.css", secure=True)
    answer.close()

    assert answer.status_code == 200
    for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security"):
        assert answer.headers[name] == ALWAYS[name]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_form_that_comes_from_elsewhere_is_refused_with_the_same_headers(cast):
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, cast.ingrid)

    answer = strict.post(reverse("end_other_sessions"), secure=True)

    assert answer.status_code == 403
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
