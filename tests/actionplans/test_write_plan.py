"""The lead writes the plan with the young person; who may carry a measure, in what order, and what is said twice."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from actionplans import policies
from actionplans.enums import Progress
from actionplans.models import Commitment, FollowUp, Measure, MeasureProgress, PlanApproval
from actionplans.services import follow_ups, goals, measures
from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from audit import clock
from audit.models import Event
from cases.enums import CaseState, EntryKind
from cases.models import Case, Entry
from consent.services import consents
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as, sign_in

pytestmark = pytest.mark.django_db
Shift = Callable[..., None]


def typed(cast: Cast, **changed: object) -> dict[str, object]:
    """The measure form as filled in."""
    known: dict[str, object] = {
        "area": "economy",
        "title": planning.MONEY,
        "how": "",
        "carrier": f"{cast.nora.agency.pk}:{cast.nora.user.pk}",
        "role": "",
        "due_on": "20.11.2027",
        "recurrence": "",
        "documented": "Avtalen legges i saken",
        "target": "",
        "unit": "",
    }
    return known | changed


@pytest.mark.req("SIG-44", "SIG-66", "SIG-67")
def test_the_lead_gives_a_measure_to_a_person_and_an_agency_with_a_day_and_a_place_to_write(
    client: Client, cast: Cast
) -> None:
    case = planning.consented(cast)

    response = sign_in(client, cast.ingrid).post(
        reverse("actionplans:add_measure", args=[case.pk]), typed(cast), follow=True
    )

    shown = response.content.decode()
    for words in (planning.MONEY, "Nora", "NAV", "20. november", "Avtalen legges i saken", "Økonomi"):
        assert words in shown


@pytest.mark.req("SIG-69")
def test_the_form_explains_each_area_and_forbids_naming_other_youths(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)

    shown = sign_in(client, cast.ingrid).get(reverse("actionplans:add_measure", args=[case.pk])).content.decode()

    assert "Skriv aldri navn på andre unge" in shown
    for area in case.programme_version.definition.plan_areas:
        assert area.label in shown


def test_a_measure_is_not_given_to_an_agency_that_may_not_know_its_part(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)
    asked = typed(cast, area="health")

    response = sign_in(client, cast.ingrid).post(reverse("actionplans:add_measure", args=[case.pk]), asked)

    assert response.status_code in {403, 422}
    assert "kan ikke få vite om «Helse»" in response.content.decode()
    with acting_as(cast.ingrid):
        assert not Measure.objects.exists()


def test_an_agency_outside_the_consent_cannot_be_chosen(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)
    outreach = cast.sara

    response = sign_in(client, cast.ingrid).post(
        reverse("actionplans:add_measure", args=[case.pk]), typed(cast, carrier=str(outreach.agency.pk))
    )

    assert response.status_code == 422
    with acting_as(cast.ingrid), pytest.raises(Refused, match="er ikke med i samtykket"):
        measures.add(case, planning.terms(cast, "outreach"), by=cast.ingrid)


def test_a_person_carries_a_measure_only_for_the_agency_they_work_in(cast: Cast) -> None:
    case = planning.consented(cast)
    agreed = planning.terms(cast, "nav", person=cast.stine.user)

    with acting_as(cast.ingrid), pytest.raises(Refused, match="arbeider ikke i"):
        measures.add(case, agreed, by=cast.ingrid)


def test_a_measure_needs_a_day_or_how_often_and_a_number_needs_its_unit(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)
    asked = typed(cast, due_on="", target="6")

    response = sign_in(client, cast.ingrid).post(reverse("actionplans:add_measure", args=[case.pk]), asked)

    shown = response.content.decode()
    assert response.status_code == 422
    assert "Skriv en frist, eller hvor ofte det skal skje." in shown
    assert "Fyll ut både hvor mange og hva som telles" in shown
    assert f'value="{planning.MONEY}"' in shown


def test_before_the_consent_there_is_no_plan_to_write(client: Client, cast: Cast) -> None:
    case = stories.consent_pending(cast)
    sign_in(client, cast.ingrid)

    assert (
        "Planen lages når ungdommen har samtykket"
        in client.get(reverse("actionplans:detail", args=[case.pk])).content.decode()
    )
    response = client.get(reverse("actionplans:add_measure", args=[case.pk]))
    assert response.status_code == 409
    with acting_as(cast.ingrid), pytest.raises(NotNow):
        goals.set_main_goal(case, text="x", written_on=clock.today(), part=Part.CORE, by=cast.ingrid)


def test_before_the_person_was_told_the_plan_has_no_page(client: Client, cast: Cast) -> None:
    case = stories.assigned(cast)

    assert sign_in(client, cast.ingrid).get(reverse("actionplans:detail", args=[case.pk])).status_code == 404


def test_an_expired_consent_locks_the_plan_before_any_sweep_has_run(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    shift_clock(days=200)

    with acting_as(cast.ingrid):
        opened = Case.objects.get(pk=case.pk)
        decision = policies.may_edit(cast.ingrid, opened)

    assert not decision and "Samtykket har gått ut" in str(decision.reason)


@pytest.mark.req("U23-25")
def test_when_sharing_was_refused_the_lead_plans_alone(cast: Cast) -> None:
    case = stories.consent_pending(cast)
    with acting_as(cast.ingrid):
        consents.refuse(case, by=cast.ingrid)
        case = stories.case_now(case)
        assert case.state == CaseState.CONSENT_REFUSED
        measures.add(case, planning.terms(cast, "hvk-ost"), by=cast.ingrid)
        with pytest.raises(NotNow, match="bare egen tjeneste"):
            measures.add(case, planning.terms(cast, "nav"), by=cast.ingrid)


def test_those_who_take_part_do_not_write_the_plan(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)

    for actor in (cast.nora, cast.nils, cast.stine, cast.siv):
        sign_in(client, actor)
        for url_name in (
            "edit",
            "add_measure",
            "main_goal",
            "area_goals",
            "approve",
            "add_follow_up",
            "add_commitment",
        ):
            assert client.get(reverse(f"actionplans:{url_name}", args=[case.pk])).status_code == 403
        with acting_as(actor), pytest.raises(Refused):
            goals.set_area_goals(case, goals={"economy": "x"}, by=actor)


def test_an_unassigned_colleague_of_the_lead_writes_nothing(cast: Cast) -> None:
    case = planning.planned(cast)

    with acting_as(cast.oda):
        assert not policies.may_edit(cast.oda, case)


@pytest.mark.req("SIG-44")
def test_measures_change_places_within_their_area(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)
    made = [planning.measure(cast, case, title=title) for title in ("Først", "Så", "Sist")]
    sign_in(client, cast.ingrid)

    client.post(reverse("actionplans:move_measure", args=[case.pk, made[2].pk]), {"way": "up"})
    client.post(reverse("actionplans:move_measure", args=[case.pk, made[0].pk]), {"way": "up"})  # at the edge: nothing

    with acting_as(cast.ingrid):
        assert list(Measure.objects.in_order().values_list("title", flat=True)) == ["Først", "Sist", "Så"]


def test_a_measure_taken_out_can_be_put_back(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.ingrid):
        money = Measure.objects.get(title=planning.MONEY)
    sign_in(client, cast.ingrid)

    response = client.post(reverse("actionplans:remove_measure", args=[case.pk, money.pk]), follow=True)
    assert "er tatt ut av planen" in response.content.decode() and "Angre" in response.content.decode()
    assert client.post(reverse("actionplans:remove_measure", args=[case.pk, money.pk])).status_code == 404

    response = client.post(reverse("actionplans:restore_measure", args=[case.pk, money.pk]), follow=True)
    assert "Tiltaket står i planen igjen" in response.content.decode()
    response = client.post(reverse("actionplans:restore_measure", args=[case.pk, money.pk]), follow=True)
    assert "Tiltaket står i planen." in response.content.decode()


def test_what_is_sent_twice_is_said_once(client: Client, cast: Cast) -> None:
    case = planning.consented(cast)
    sign_in(client, cast.ingrid)
    address = reverse("actionplans:add_measure", args=[case.pk])

    client.post(address, typed(cast))
    second = client.post(address, typed(cast))

    assert second.status_code == 422 and "står i planen fra før" in second.content.decode()
    with acting_as(cast.ingrid):
        assert Measure.objects.count() == 1


def test_only_who_carries_a_measure_and_the_lead_report_on_it(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.ingrid):
        school = Measure.objects.get(title=planning.SCHOOL)
    said = {"status": "done", "happened_on": "01.01.2026", "text": ""}
    address = reverse("actionplans:progress", args=[case.pk, school.pk])

    assert sign_in(client, cast.nora).post(address, said).status_code == 403  # reads it, does not carry it
    assert sign_in(client, cast.siv).post(address, said).status_code == 404  # may not know of it
    assert sign_in(client, cast.stine).post(address, said).status_code == 302
    assert sign_in(client, cast.stine).post(address, said).status_code == 422  # said twice
    assert sign_in(client, cast.ingrid).post(address, said | {"status": "in_progress"}).status_code == 302
    with acting_as(cast.ingrid):
        assert MeasureProgress.objects.filter(measure=school).count() == 2


def test_a_count_beyond_all_measure_is_asked_about_again(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.siv):
        talk = Measure.objects.get(title=planning.TALK)
    said = {"status": "in_progress", "happened_on": "01.01.2026", "count": "99999999999"}

    answer = sign_in(client, cast.siv).post(reverse("actionplans:progress", args=[case.pk, talk.pk]), said)

    assert answer.status_code == 422 and "Skriv 1000000 eller mindre." in answer.content.decode()


def test_what_was_reported_cannot_be_rewritten(cast: Cast) -> None:
    planning.planned(cast)
    with acting_as(cast.siv):
        talk = Measure.objects.get(title=planning.TALK)
    planning.report(cast, cast.siv, talk, Progress.IN_PROGRESS, 1)

    with pytest.raises(DatabaseError), acting_as(cast.siv):
        MeasureProgress.objects.update(count=8)


@pytest.mark.req("SIG-65")
def test_the_young_persons_yes_makes_a_version_and_nothing_new_makes_none(cast: Cast, shift_clock: Shift) -> None:
    case = planning.planned(cast)
    shift_clock(minutes=1)
    with acting_as(cast.ingrid), pytest.raises(NotNow, match="ikke endret siden versjon 1"):
        goals.approve(case, approved_on=clock.today(), attendance="Elias", by=cast.ingrid)
    planning.measure(cast, case, title="Et tiltak til")
    shift_clock(minutes=2)
    with acting_as(cast.ingrid):
        goals.approve(case, approved_on=clock.today(), attendance="Elias", by=cast.ingrid)
        assert list(PlanApproval.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


@pytest.mark.req("SIG-68")
def test_a_follow_up_is_agreed_on_held_and_followed_by_the_next(client: Client, cast: Cast) -> None:
    case = planning.planned(cast)
    with acting_as(cast.ingrid):
        coming = FollowUp.objects.get()
    later = (clock.today() + dt.timedelta(days=40)).strftime("%d.%m.%Y")
    said = {
        "held_on": "01.01.2026",
        "part": "health",
        "note": "Elias sover bedre.",
        "next_day": later,
        "next_time": "13.00",
    }
    address = reverse("actionplans:hold_follow_up", args=[case.pk, coming.pk])
    sign_in(client, cast.ingrid)

    assert client.post(address, said).status_code == 422  # a next one needs a place
    assert client.post(address, said | {"next_place": "Rom 3"}).status_code == 302
    assert client.post(address, said | {"next_place": "Rom 3"}).status_code == 422  # registered already

    with acting_as(cast.ingrid):
        assert FollowUp.objects.coming().get().place == "Rom 3"
    for reader, reads in ((cast.siv, 1), (cast.nora, 0)):
        with acting_as(reader):
            assert Entry.objects.filter(kind=EntryKind.FOLLOW_UP).readable_by(reader).count() == reads


@pytest.mark.req("SIG-68")
def test_something_that_cannot_wait_is_met_about_earlier_and_only_earlier(cast: Cast) -> None:
    case = planning.planned(cast)
    soon, late = clock.now() + dt.timedelta(days=2), clock.now() + dt.timedelta(days=60)

    def plan(starts_at: dt.datetime, *, is_urgent: bool) -> None:
        follow_ups.plan(
            case, starts_at=starts_at, place="Rom 1", young_person_attends=True, is_urgent=is_urgent, by=cast.ingrid
        )

    with acting_as(cast.ingrid):
        with pytest.raises(NotNow, match="fra før"):
            plan(soon, is_urgent=False)
        with pytest.raises(NotNow, match="tidligere"):
            plan(late, is_urgent=True)
        plan(soon, is_urgent=True)
        assert FollowUp.objects.coming().values_list("starts_at", flat=True)[0] == soon


@pytest.mark.req("SIG-68")
def test_a_follow_up_nobody_registered_is_registered_before_the_next_is_agreed_on(
    cast: Cast, shift_clock: Shift
) -> None:
    case = planning.planned(cast)
    shift_clock(days=15)

    def plan(*, is_urgent: bool) -> None:
        follow_ups.plan(
            case, starts_at=clock.now() + dt.timedelta(days=2), place="Rom 1", young_person_attends=True,
            is_urgent=is_urgent, by=cast.ingrid,
        )  # fmt: skip

    with acting_as(cast.ingrid):
        for is_urgent in (False, True):
            with pytest.raises(NotNow, match="Registrer eller avlys den først"):
                plan(is_urgent=is_urgent)
        overdue = FollowUp.objects.coming().get()
        follow_ups.hold(
            overdue, held_on=clock.today(), note="Gikk fint.", part=Part.CORE, following=None, by=cast.ingrid
        )
        plan(is_urgent=False)


def test_a_commitment_taken_out_meanwhile_is_neither_changed_nor_taken_out_again(cast: Cast) -> None:
    planning.planned(cast)
    with acting_as(cast.ingrid):
        opened = Commitment.objects.select_related("case").get()
        goals.remove_commitment(Commitment.objects.select_related("case").get(), by=cast.ingrid)
        removed_at = Commitment.objects.get().removed_at

        with pytest.raises(NotNow, match="ikke i planen lenger"):
            goals.change_commitment(
                opened, text="Noe annet", part=Part.CORE, status=Progress.DONE, note="", by=cast.ingrid
            )
        with pytest.raises(NotNow, match="ikke i planen lenger"):
            goals.remove_commitment(opened, by=cast.ingrid)

        now = Commitment.objects.get()
        assert (now.text, now.removed_at) == (planning.PROMISE, removed_at)


def test_every_change_is_logged_with_its_parts_and_without_content(cast: Cast) -> None:
    planning.planned(cast)

    with acting_as(cast.ingrid):
        events = Event.objects.filter(kind__startswith="plan.")
        assert {"plan.measure_added", "plan.main_goal_set", "plan.approved"} <= set(
            events.values_list("kind", flat=True)
        )
        assert ["health"] in list(events.values_list("parts", flat=True))
        assert not events.filter(purpose__contains=planning.GOAL).exists()
