"""Side outputs: logs, figures, errors, streams, lights and exports are made of released values and of nothing else.

Goal: to learn something of what people gave from anything that the city says beside its releases.
Method: a taint test at run time, beside the import contract that `lint-imports` checks. Two cities are copies of one
folder. Different people give different things in them, and each has a tape on which its truth is released as the same
numbers (`twins`). For a day, everything that can be asked is asked of both: every GET route of the OpenAPI document
for three places, as a visitor, as somebody who gave nothing, and as the architect; wrong requests; the stream, with
the city time of each frame; the levels on the wires of the lights; all that is logged at the lowest level.
Failure: one differing byte. So it does not matter what an attacker would make of it.
Planted: a count in the log, in a metric, in /health, in an error, in the length of a frame, and in the light.
Not failure: what a person's own phone is told of their own check-ins, and what only the machine's clock says.
"""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client.core import GaugeMetricFamily

from nexus_city.app import Nexus
from nexus_city.climate import ClimateRoom
from nexus_city.environment.rig import Rig
from nexus_city.ground.errors import NexusError
from nexus_city.ground.web import json_response
from nexus_city.vitals.figures import Figures
from tests.attacks.twins import FEW, MANY, Told, founded, lived, tapes, without_the_wall_clock
from tests.conftest import Town

CROWDS = {"many": MANY, "few": FEW}
OPEN: list[ClimateRoom] = []
"""The room of the city that leaks, which its planted bugs look into."""


def present() -> int:
    """Return how many people have given something today: the truth that must not be told."""
    return len(OPEN[0]._book.seats) if OPEN and OPEN[0]._book else 0


def leaks_everywhere(patch: pytest.MonkeyPatch) -> None:
    """Plant one leak in each way out."""
    opened, publish, collect = ClimateRoom.__init__, ClimateRoom._publish, Figures.collect
    problem, frame = NexusError.problem, Rig.frame

    def _open(self: ClimateRoom, *parts: Any, **more: Any) -> None:
        opened(self, *parts, **more)
        OPEN[:] = [self]

    def _publish(self: ClimateRoom, closed: Any, tick_ms: int) -> None:
        structlog.get_logger().debug("closed", people=present())
        longer = [(number, place, body + b" " * present()) for number, place, body in closed.climates]
        publish(self, dataclasses.replace(closed, climates=longer), tick_ms)

    async def _health(*_: Any) -> Any:
        return json_response({"people": present()})

    patch.setattr(ClimateRoom, "__init__", _open)
    patch.setattr(ClimateRoom, "_publish", _publish)
    patch.setattr(Figures, "collect", lambda self: [*collect(self), GaugeMetricFamily("nexus_here", "-", present())])
    patch.setattr(NexusError, "problem", lambda self: {**problem(self), "others": present()})
    patch.setattr(Nexus, "_health", _health)
    patch.setattr(Rig, "frame", lambda self, at_s: frame(self, at_s + present()))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Told]]]:
    """What two sound cities tell, and what two leaking ones tell, on the same tapes."""

    async def live(folder: Path) -> dict[str, dict[str, Told]]:
        async with founded(folder / "origin") as origin:
            tape = await tapes(origin, CROWDS)
            sound = {name: await lived(origin, name, crowd, tape[name]) for name, crowd in CROWDS.items()}
            leaky = {
                name: await lived(origin, name, crowd, tape[name], leaks_everywhere) for name, crowd in CROWDS.items()
            }
            return {"sound": sound, "leaky": leaky}

    yield asyncio.run(live(tmp_path_factory.mktemp("twins")))
    OPEN.clear()


def differing(told: dict[str, Told]) -> set[str]:
    """Return where two cities tell something else."""
    many, few = told["many"], told["few"]
    pages = {page for page in many.pages.keys() | few.pages.keys() if many.pages.get(page) != few.pages.get(page)}
    others = {name for name in ("sent", "light", "log", "released") if getattr(many, name) != getattr(few, name)}
    return others | {page for _, page in pages}


def test_two_cities_that_release_the_same_tell_the_same(twins: dict[str, dict[str, Told]]) -> None:
    assert differing(twins["sound"]) == set()


def test_something_was_told_and_the_crowds_did_differ(twins: dict[str, dict[str, Told]]) -> None:
    """Else the comparison would be one of nothing with nothing."""
    told = twins["sound"]["many"]
    assert len(told.released) > 100
    assert len(told.sent) > 50
    assert len(set(told.light)) > 10
    spoken = [page for (moment, name), page in told.pages.items() if moment != "before the window ends"]
    assert any(b'"speaks"' in page for page in spoken)
    assert any(b'"count"' in page for page in spoken), "no word stood out"
    assert any(page.startswith(b"200") for (_, name), page in told.pages.items() if name == "architect /v1/console")
    assert len(MANY) != len(FEW)


@pytest.mark.parametrize("way", ["log", "visitor /metrics", "visitor /health", "wrong 2", "sent", "light"])
def test_every_planted_leak_is_found(way: str, twins: dict[str, dict[str, Told]]) -> None:
    assert way in differing(twins["leaky"])


async def test_who_looks_on_is_told_to_nobody(town: Town) -> None:
    """An open page is somebody who is there, even if they give nothing."""
    pages = ("/metrics", "/health", "/v1/vitals")
    before = [without_the_wall_clock(await town.client.get(page)) for page in pages]
    with town.nexus.hub.join(_nobody, "sse", None):
        during = [without_the_wall_clock(await town.client.get(page)) for page in pages]
    assert before == during


async def _nobody(_: Any) -> None:
    pass
