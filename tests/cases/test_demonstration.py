"""The demonstration has one person whom only those cleared can see."""

import pytest
from pytest_django.fixtures import Settings

from agencies.enums import ProtectionLevel
from cases import demonstration
from cases.models import Case, PersonContact
from cases.services import protection
from tests.cast import Cast, acting_as

pytestmark = pytest.mark.django_db


def test_one_person_is_there_for_those_cleared_alone(cast: Cast, settings: Settings) -> None:
    settings.DEMONSTRATION = True
    demonstration.build()
    hidden = {"person__protection_level": ProtectionLevel.STRICTLY_CONFIDENTIAL}

    for actor in (cast.mona, cast.oda):
        with acting_as(actor):
            case = Case.objects.visible_to(actor).get(**hidden)
            assert not PersonContact.objects.filter(case=case).exclude(street="").exists()
            assert any("Testveien" in row.text for row in protection.open_sealed(case, by=actor))
    for key, actor in cast.everyone().items():
        if key not in {"mona", "oda"}:
            with acting_as(actor):
                assert not Case.objects.visible_to(actor).filter(**hidden).exists(), key
