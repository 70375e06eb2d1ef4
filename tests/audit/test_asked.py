"""A question that is put into words once is answered anew each time, as the queryset it is made of."""

import pytest
from django.db.models import QuerySet

from agencies.models import Agency, Membership
from agencies.services import sign_ins
from audit import clock
from audit.asked import Asked
from tests.cast import Cast


def in_agency(agency_id: int) -> QuerySet[Membership]:
    return Membership.objects.in_force().filter(agency=agency_id).order_by("pk")


def test_it_is_put_into_words_once_and_answered_each_time(cast: Cast) -> None:
    made = []

    def question(agency_id: int) -> QuerySet[Membership]:
        made.append(agency_id)
        return in_agency(agency_id)

    asked = Asked(question, -1)
    for agency in (cast.agency("nav"), cast.agency("hvk-ost"), cast.agency("nav")):
        assert asked.answer(agency.pk) == list(in_agency(agency.pk))
    assert len(asked.answer(cast.agency("nav").pk)) > 1

    Membership.objects.filter(user=cast.nora.user).update(valid_until=clock.now())
    assert asked.answer(cast.agency("nav").pk) == list(in_agency(cast.agency("nav").pk))
    assert made == [-1]


def test_each_value_goes_where_its_stand_in_stood(cast: Cast) -> None:
    asked = Asked(lambda slug, kind: Agency.objects.filter(kind=kind, slug=slug), "a slug", "a kind")
    office = cast.agency("hvk-ost")

    assert asked.answer(office.slug, office.kind) == [office]
    assert asked.answer(office.kind, office.slug) == []


def test_what_its_words_would_change_with_is_refused(cast: Cast) -> None:
    asked = Asked(lambda agency_id: Membership.objects.filter(agency=agency_id), -1)

    for wrong in ([None], [], [1, 2]):
        with pytest.raises(ValueError):  # noqa: PT011 (whose words are zip's own)
            asked.answer(*wrong)
    for question in (
        lambda agency_id: Membership.objects.all(),
        lambda agency_id: Membership.objects.filter(agency=agency_id, user=agency_id),
    ):
        with pytest.raises(ValueError, match="once"):
            Asked(question, -1).answer(1)


def test_an_instant_is_not_kept_with_the_words_and_rows_come_alone(cast: Cast) -> None:
    with pytest.raises(ValueError, match="Now"):
        Asked(lambda agency_id: Membership.objects.filter(agency=agency_id, valid_from__lte=clock.now()), -1).answer(1)
    with pytest.raises(ValueError, match="alone"):
        Asked(lambda agency_id: in_agency(agency_id).select_related("agency"), -1).answer(1)


def test_a_session_that_was_ended_is_over_at_the_next_question(cast: Cast) -> None:
    begun = sign_ins.begin(cast.nora.user, user_agent="")

    assert sign_ins.is_open(begun.pk, cast.nora.user)
    assert not sign_ins.is_open(begun.pk, cast.mona.user)
    sign_ins.end(begun.pk, cast.nora.user)
    assert not sign_ins.is_open(begun.pk, cast.nora.user)
