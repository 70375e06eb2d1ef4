"""The demonstration's plan is one that the services let Ingrid write, and is written once."""

import pytest

from actionplans import demonstration
from actionplans.models import Measure, MeasureProgress
from actionplans.reading import read_plan
from cases.models import Case
from tests import stories
from tests.actionplans import planning
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


def test_every_case_with_a_consent_gets_a_plan_once(cast: Cast) -> None:
    case = planning.consented(cast)

    demonstration.build()
    demonstration.build()

    with acting_as(cast.ingrid):
        opened = Case.objects.select_related("lead_agency", "programme_version").get(pk=case.pk)
        plan = read_plan(opened, cast.ingrid)
        assert plan.goal and plan.approval and plan.follow_up and len(plan.commitments) == 2
        assert {area.code for area in plan.areas} == {"occupation_school", "economy", "housing", "leisure"}
        assert Measure.objects.count() == len(demonstration.PLAN)
        assert any(measure.is_overdue for measure in plan.measures)
        assert MeasureProgress.objects.readable_by(cast.ingrid).exists()


def test_a_case_without_a_consent_gets_none(cast: Cast) -> None:
    stories.consent_pending(cast)

    demonstration.build()

    with acting_as(cast.ingrid):
        assert not Measure.objects.exists()
