"""What the tests of this room share: the framework that ships with the package."""

import pytest

from nexus_city.feelings import Framework, load_framework


@pytest.fixture(scope="session")
def framework() -> Framework:
    return load_framework("nexus-1")
