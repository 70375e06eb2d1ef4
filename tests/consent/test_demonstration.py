"""The demonstration's consent is one any caseworker could have recorded."""

import pytest
from pytest_django.fixtures import Settings

from agencies.demonstration import build_once
from cases import demonstration as reports
from cases.enums import CaseState
from cases.models import Case
from consent import demonstration
from tests.cast import Cast, acting_as


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
