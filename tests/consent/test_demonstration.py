"""The demonstration's consent is one any caseworker could have recorded."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from agencies.demonstration import build_once
from cases import demonstration as reports
from cases.enums import CaseState
from cases.models import Case
from cases.services import access_report_read, insight, log_review
from consent import demonstration
from consent.models import BreakGlass
from tests.cast import Cast, acting_as, sign_in


@pytest.fixture
def _in_the_demonstration(settings: Settings) -> None:
    settings.DEMONSTRATION = True


@pytest.mark.usefixtures("_in_the_demonstration")
def test_elias_has_consented_another_case_waits_and_those_named_are_in(cast: Cast) -> None:
    reports.build()
    build_once("consent", demonstration.build)
    build_once("consent", demonstration.build)

    with acting_as(cast.ingrid):
        mine = {case.person.given_name: case for case in Case.objects.visible_to(cast.ingrid).select_related("person")}
        assert mine["Elias"].state == CaseState.COLLABORATING
        assert mine["Elias"].consents.count() == 1
        assert mine["Mathias"].state == CaseState.CONSENT_PENDING
    for reader in (cast.nora, cast.stine, cast.siv, cast.marte):
        with acting_as(reader):
            assert list(Case.objects.visible_to(reader)) == [mine["Elias"]]


@pytest.mark.usefixtures("_in_the_demonstration")
def test_those_who_control_find_something_to_control(cast: Cast, client: Client) -> None:
    reports.build()
    build_once("consent", demonstration.build)

    with acting_as(cast.pia):
        queue = log_review.items(log_review.waiting_ids(cast.pia))
        reasons = {reason for review in queue for reason in review.reasons}
        assert {"break_glass", "repeated_misses", "reported"} <= reasons
        (report,) = access_report_read.reports_for(cast.pia)
        drawn = access_report_read.read(report.pk, by=cast.pia)
        assert drawn is not None
        assert [colleague.user.name for colleague in drawn.dormant] == ["Gro Prøvdal"]
        assert "glass_waiting" in {counted.figure.code for counted in drawn.alarms}
    with acting_as(cast.vidar):
        confirmed = BreakGlass.objects.get(user=cast.oda.user)
        assert confirmed.reviewed_by == cast.vidar.user
    with acting_as(cast.mona):
        assert BreakGlass.objects.unreviewed().get().user == cast.sara.user
        elias = Case.objects.visible_to(cast.mona).get(person__given_name="Elias")
        (withheld,) = insight.decisions_of(elias)
        assert (withheld.asked_by, withheld.approved_by) == (cast.ingrid.user, cast.mona.user)
    for name in ("cases:log_review", "cases:access_reports", "consent:glasses"):
        assert sign_in(client, cast.pia).get(reverse(name)).status_code == 200
