"""A home for servers of the house's own, in a folder whose parents everybody may pass: as `make demo` mostly finds it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """An empty SAMLOS_HOME; whatever the tests leave running in it is stopped and removed."""
    folder = Path(tempfile.mkdtemp(prefix="samlos-house-"))
    try:
        yield folder
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder)


@pytest.fixture
def servers(home: Path) -> embedded.Servers:
    """Running servers: started, or found running."""
    return embedded.start(home, scratch=True)
