"""Choosing for whom one acts: what is in force counts, and nobody is moved silently."""

import pytest
from django.urls import reverse

from agencies.models import Membership
from audit.clock import now
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


def end_membership(user, slug):
    Membership.objects.filter(user=user, agency__slug=slug).update(valid_until=now())


def sign_in_without_choice(client, actor):
    sign_in(client, actor)
    session = client.session
    del session["agency"]
    session.save()


def test_a_person_in_one_agency_needs_no_choice(client, cast):
    sign_in_without_choice(client, cast.ingrid)

    answer = client.get(reverse("choose_agency"))

    assert answer.wsgi_request.actor.agency == cast.ingrid.agency


def test_a_person_in_two_agencies_chooses_before_anything_is_shown(client, cast):
    sign_in_without_choice(client, cast.tove)

    answer = client.get("/min-dag/")

    assert answer.url == reverse("choose_agency") + "?next=%2Fmin-dag%2F"


def test_the_page_names_each_agency_and_the_role_there(client, cast):
    sign_in_without_choice(client, cast.tove)

    page = client.get(reverse("choose_agency")).content.decode()

    assert "Uteseksjonen" in page and "Psykisk helse og rus" in page and "Saksbehandler" in page
    assert "NAV" not in page


def test_one_click_chooses_and_leads_on(client, cast):
    sign_in_without_choice(client, cast.tove)

    answer = client.post(reverse("choose_agency"), {"agency": "outreach", "next": "/moter/"})

    assert answer.url == "/moter/"
    assert client.get(reverse("privacy")).wsgi_request.actor.agency.slug == "outreach"


def test_one_may_change_ones_mind(client, cast):
    sign_in(client, cast.acting_for("tove", "outreach"))

    client.post(reverse("choose_agency"), {"agency": "mental-health"})

    assert client.get(reverse("privacy")).wsgi_request.actor.agency.slug == "mental-health"


def test_choosing_gives_the_session_a_new_key(client, cast):
    sign_in(client, cast.tove)
    before = client.session.session_key

    client.post(reverse("choose_agency"), {"agency": "mental-health"})

    assert client.session.session_key != before


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_choice_never_leads_to_another_site(client, cast, address):
    sign_in(client, cast.tove)

    answer = client.post(reverse("choose_agency"), {"agency": "outreach", "next": address})

    assert answer.url == reverse("home")


@pytest.mark.parametrize("slug", ["nav", "there-is-no-such", ""])
def test_nobody_acts_for_an_agency_they_do_not_belong_to(client, cast, slug):
    sign_in(client, cast.tove)

    answer = client.post(reverse("choose_agency"), {"agency": slug})

    assert answer.status_code == 422
    assert client.get(reverse("privacy")).wsgi_request.actor.agency.slug == "outreach"


def test_an_agency_written_into_the_session_gives_nothing_without_a_membership(client, cast):
    sign_in(client, cast.ingrid)
    session = client.session
    session["agency"] = cast.agency("nav").pk
    session.save()

    assert client.get(reverse("privacy")).wsgi_request.actor is None


def test_a_membership_that_ends_is_gone_at_the_next_request_and_the_page_says_so(client, cast):
    sign_in(client, cast.ingrid)
    end_membership(cast.ingrid.user, "hvk-ost")

    answer = client.get("/min-dag/", follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain[0][0].startswith(reverse("choose_agency"))
    assert "Du hører ikke til noen tjeneste nå" in page
    assert "Du handlet for Helse- og velferdskontor Øst" in page
    assert "Be administratoren" in page or "be administratoren" in page


def test_whoever_has_another_agency_left_is_asked_and_not_moved(client, cast):
    sign_in(client, cast.acting_for("tove", "outreach"))
    end_membership(cast.tove.user, "outreach")

    answer = client.get("/min-dag/", follow=True)

    page = answer.content.decode()
    assert answer.wsgi_request.actor is None
    assert "Du handlet for Uteseksjonen" in page and "Psykisk helse og rus" in page


def test_a_membership_that_has_not_begun_gives_nothing(client, cast):
    sign_in_without_choice(client, cast.hanne)
    Membership.objects.filter(user=cast.hanne.user).update(
        valid_from=cast.hanne.at.replace(year=9000), valid_until=None
    )

    assert client.get(reverse("choose_agency")).wsgi_request.actor is None


@pytest.mark.parametrize("onward", ["privacy", "foo", "//elsewhere.example/", "https://elsewhere.example/", "\x00"])
def test_only_a_path_of_ours_leads_on(client, cast, onward):
    sign_in_without_choice(client, cast.tove)

    answer = client.post(reverse("choose_agency"), {"agency": "outreach", "next": onward})

    assert answer.url == reverse("home")
