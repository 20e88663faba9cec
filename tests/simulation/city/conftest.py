"""Small cities, soon lived."""

import msgspec
import numpy as np
import pytest

from nexus_city.simulation.city import Run, Scenario, load_scenario, parse_scenario, simulate


def small(name: str, **changes: object) -> Scenario:
    """Return a shipped scenario with few people and long ticks."""
    return msgspec.structs.replace(load_scenario(name), **{"residents": 3000, "tick_minutes": 60, **changes})


def scenario(text: str = "", **changes: object) -> Scenario:
    """Return a small city of 2 communities and 4 places in which `text` (events) happens."""
    made = parse_scenario(f'title = "A test"\nsays = "A test."\nstreets = {{communities = 2, places = 4}}\n{text}')
    return msgspec.structs.replace(made, **{"residents": 4000, "tick_minutes": 60, "days": 2, **changes})


def everything(run: Run) -> dict[str, bytes]:
    """Return all arrays and climates of a run as bytes, by name."""
    groups = {"": run, "displays.": run.displays, "signs.": run.signs, "truth.": run.truth}
    found = {
        prefix + name: value.tobytes()
        for prefix, group in groups.items()
        for name, value in vars(group).items()
        if isinstance(value, np.ndarray)
    }
    return {**found, "climates": b"".join(body for window in run.climates for body in window)}


@pytest.fixture(scope="session")
def story() -> Run:
    """The five acts, lived by fewer people than in the documentation."""
    return simulate(small("story", residents=60_000, tick_minutes=60))
