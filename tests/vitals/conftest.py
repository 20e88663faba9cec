"""What several tests of this room begin with."""

from collections.abc import AsyncIterator

import pytest

from tests.access.staff.office import Office
from tests.conftest import Town


@pytest.fixture
async def office(town: Town) -> AsyncIterator[Office]:
    """People who tend the town."""
    found = Office(town)
    yield found
    await found.close()
