"""The API's issuer, audience and keys, as the tests' police uses them."""

from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from tests.cases import reporting


@pytest.fixture(autouse=True)
def _uncounted_requests() -> None:
    """One test's requests do not use up another's."""
    cache.clear()


@pytest.fixture
def police(settings: Settings, tmp_path: Path) -> Path:
    """The issuer is known and its key published; returns the file with the published keys."""
    published = tmp_path / "jwks.json"
    reporting.publish(published, "first")
    settings.MACHINE_TOKEN_ISSUER = reporting.ISSUER
    settings.MACHINE_TOKEN_AUDIENCE = reporting.AUDIENCE
    settings.MACHINE_TOKEN_JWKS = str(published)
    return published
