"""The declaration of secrecy (strl. § 209): once a person and agency, before anything else is shown."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from agencies.models import SecrecyDeclaration
from agencies.services import secrecy
from audit import clock
from audit.models import Event
from tests.cast import acting_as, sign_in
from tests.people import employ

pytestmark = pytest.mark.django_db


def new_here(client, cast):
    return sign_in(client, cast.emil, declared=False)


@pytest.mark.parametrize("name", ["home", "cases:list", "search", "reminders", "cases:contributions"])
def test_every_page_leads_a_newcomer_to_the_declaration(client, cast, name):
    new_here(client, cast)

    answer = client.get(reverse(name))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("declare_secrecy"))


@pytest.mark.parametrize(
    "name", ["privacy", "shortcuts", "accessibility", "account_logout", "own_sessions", "choose_agency"]
)
def test_what_shows_nobody_is_open_to_a_newcomer(client, cast, name):
    new_here(client, cast)

    assert client.get(reverse(name)).status_code == 200


def test_accepting_leads_on_and_is_asked_once(client, cast):
    new_here(client, cast)
    page = client.get(reverse("declare_secrecy"), {"next": "/saker/"}).content.decode()

    answer = client.post(reverse("declare_secrecy"), {"next": "/saker/"})

    assert "straffeloven §§ 209 og 210" in page
    assert answer.url == "/saker/"
    assert client.get("/saker/").status_code == 200
    assert secrecy.has_declared(cast.emil.user, cast.emil.agency)


def test_nothing_can_be_sent_before_it_is_accepted(client, cast):
    new_here(client, cast)

    answer = client.post(reverse("reminders"))

    assert answer.url.startswith(reverse("declare_secrecy"))


def test_it_is_made_for_each_agency(client, cast):
    employ(cast.ingrid.user, cast.agency("nav"), "caseworker")
    sign_in(client, cast.acting_for("ingrid", "nav"), declared=False)

    assert client.get(reverse("home")).url.startswith(reverse("declare_secrecy"))

    client.post(reverse("choose_agency"), {"agency": "hvk-ost"})
    assert client.get(reverse("home")).status_code == 200


def test_a_new_text_is_accepted_anew_also_by_who_is_signed_in(client, cast, monkeypatch):
    sign_in(client, cast.ingrid)
    assert client.get(reverse("home")).status_code == 200

    monkeypatch.setattr(secrecy, "TEXT_VERSION", 2)

    assert client.get(reverse("home")).url.startswith(reverse("declare_secrecy"))


def test_it_is_logged_once_with_who_and_where(client, cast):
    new_here(client, cast)
    client.post(reverse("declare_secrecy"))
    client.post(reverse("declare_secrecy"))

    with acting_as(cast.emil):
        assert Event.objects.filter(kind="secrecy.declared", user_id=cast.emil.user.pk).count() == 1


def test_nobody_declares_for_another_backdates_or_takes_it_back(cast):
    made = {"agency": cast.emil.agency, "text_version": 1}
    with acting_as(cast.hanne):
        for wrong in (
            {"user": cast.emil.user},
            {"user": cast.hanne.user, "accepted_at": clock.start_of(clock.today())},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                SecrecyDeclaration.objects.create(**made | {"text_version": 9} | wrong)
        for change in (
            lambda: SecrecyDeclaration.objects.filter(user=cast.hanne.user).delete(),
            lambda: SecrecyDeclaration.objects.filter(user=cast.hanne.user).update(text_version=2),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_a_fragment_is_sent_to_the_declaration_as_a_whole_page(client, cast):
    new_here(client, cast)

    answer = client.get(
        reverse("cases:list"), headers={"hx-request": "true", "hx-current-url": "http://testserver/saker/"}
    )

    assert answer.headers["HX-Redirect"] == f"{reverse('declare_secrecy')}?next=%2Fsaker%2F"
