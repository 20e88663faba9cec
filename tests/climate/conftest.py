"""A live city whose noise is zero."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import LIVE_CITY, Town


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes the noise of live places zero, so that what they tell can be counted."""
    quiet = "nexus_city.boundaries.continual._normals", lambda _, count: np.zeros(count)
    return lambda: monkeypatch.setattr(*quiet)


@pytest.fixture
async def live(tmp_path: Path, silence: Callable[[], None]) -> AsyncIterator[Town]:
    """A city without noise whose square is live."""
    silence()
    found = Town(tmp_path, city=LIVE_CITY)
    yield found
    await found.close()
