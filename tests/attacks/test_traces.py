"""Traces: what a collector is told of the machine's work is made of nothing that people gave.

Goal: to learn from traces, which leave the house, that somebody was there, how many, or what they felt.
Method: a real collector takes the spans of a real city under load: check-ins good and bad from a crowd while windows
close, looks, frames of light and a copy. (1) All that came is compared with the closed list of names and facts, and
its bytes are searched for what people gave. (2) Two cities release the same numbers from different crowds (`twins`):
names, facts and nesting of their spans must be the same. (3) The one span in which raw values are read ends on the
public tick.
Failure: a name, a fact or a word beyond the list; any difference; a span that ends when the fold did.
Planted: a true count as a fact, in the second.
Not failure: that durations differ from run to run as the machine's load does; whoever asks the public pages sees that.
"""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from nexus_city.cli import cli
from nexus_city.climate import ClimateRoom
from nexus_city.environment.scene import write_house
from nexus_city.ground.traces import FactName, SpanName
from nexus_city.vitals.beats.beat import PartName
from tests.attacks.twins import FEW, MANY, Plant, founded, lived, tapes
from tests.collecting import Collector, collecting, facts
from tests.conftest import Town
from tests.environment.rigs import a_house
from tests.house.test_nothing_raw import ELSEWHERE, KEY, NOTE, WORD, everything_wrong

CROWDS = {"many": MANY, "few": FEW}


async def test_under_load_nothing_leaves_but_what_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "house.json"
    house.write_bytes(write_house(a_house()))
    with collecting() as collector:
        monkeypatch.setenv("NEXUS_TRACES", collector.url)
        monkeypatch.setenv("NEXUS_HOUSE", str(house))
        town = Town(tmp_path)
        tokens = await busy_hours(town)
        copied = await asyncio.to_thread(
            CliRunner().invoke, cli, ["backup", str(tmp_path / "copy"), "--data", str(tmp_path / "data")]
        )
        assert copied.exit_code == 0, copied.output
        await town.close()
    spans, told = collector.spans(), b"".join(collector.bodies)
    assert {span.name for span in spans} == set(get_args(SpanName))
    assert {fact for span in spans for fact in facts(span)} <= set(get_args(FactName))
    words = {word for span in spans for value in facts(span).values() for word in _words(value)}
    assert words <= set(get_args(PartName))
    assert {key for resource in collector.resources() for key in resource} == {"service.name", "service.version"}
    assert not [span for span in spans if span.events or span.links or span.status.message]
    for secret in (NOTE, WORD, KEY, ELSEWHERE, "square", "127.0.0.1", *tokens):
        assert secret.encode() not in told


async def busy_hours(town: Town) -> list[str]:
    """Let a crowd come and go for three hours, with lights and looks; return its tokens."""
    phones = [await town.phone() for _ in range(40)]
    town.nexus.lighting.start()
    for hour in range(3):
        crowd = (phone.give(cell=hour * 7 + number, words=["calm"]) for number, phone in enumerate(phones))
        await asyncio.gather(*crowd, town.nexus.vitals.look())
        if hour == 1:
            await everything_wrong(phones[0])
        await town.pass_time(3600)
    deadline_s = time.monotonic() + 60
    while town.nexus.lighting.rig.frames < 45 and time.monotonic() < deadline_s:
        await asyncio.sleep(0.05)
    await town.nexus.lighting.stop()
    return [phone.headers["authorization"].removeprefix("Bearer ") for phone in phones]


def _words(value: Any) -> list[str]:
    """Return the words of a fact; numbers and yes or no have none."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


# --- two crowds, one release -----------------------------------------------------------------------------------------


def counts_people(patch: pytest.MonkeyPatch) -> None:
    """Plant a true count in a span."""
    publish = ClimateRoom._publish

    def _publish(self: ClimateRoom, closed: Any, tick_ms: int) -> None:
        with self._traces.span("release.publish") as span:
            span.tell("nexus.climates", len(self._book.seats) if self._book else 0)
        publish(self, closed, tick_ms)

    patch.setattr(ClimateRoom, "_publish", _publish)


async def shapes(folder: Path, plant: Plant | None = None) -> dict[str, list[Any]]:
    """Return names, facts and nesting of all spans of two cities that release the same from different crowds."""
    found = {}
    async with founded(folder / "origin") as origin:
        tape = await tapes(origin, CROWDS)
        for name, crowd in CROWDS.items():
            with collecting() as collector, pytest.MonkeyPatch.context() as patch:
                patch.setenv("NEXUS_TRACES", collector.url)
                await lived(origin, name, crowd, tape[name], plant)
            found[name] = shape(collector)
    return found


def shape(collector: Collector) -> list[Any]:
    """Return what is left of spans when their times and random numbers are taken away."""
    spans = collector.spans()
    names = {span.span_id: span.name for span in spans}
    return [(span.name, names.get(span.parent_span_id), sorted(facts(span).items())) for span in spans]


async def test_two_cities_that_release_the_same_are_traced_the_same(tmp_path: Path) -> None:
    found = await shapes(tmp_path)
    assert found["many"] == found["few"]
    assert len(found["many"]) > 20


async def test_a_planted_count_is_found(tmp_path: Path) -> None:
    found = await shapes(tmp_path, counts_people)
    assert found["many"] != found["few"]


# --- how long a fold takes -------------------------------------------------------------------------------------------


async def test_the_span_of_a_close_ends_on_the_tick_and_not_with_the_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("NEXUS_TRACES", collector.url)
        town = Town(tmp_path)
        folded_ns = await closed_long_before_its_tick(town)
        await town.close()
    [close] = collector.named("release.close")
    assert close.end_time_unix_nano >= folded_ns


async def closed_long_before_its_tick(town: Town) -> int:
    """Close the first window, and move on to its tick only then; return when the hand moved on, Unix nanoseconds."""
    room, clock = town.nexus.room, town.clock
    rounds = asyncio.create_task(room.run())
    await until(lambda: room.acts_at_ms > clock.now_ms())
    end_ms = room.acts_at_ms
    clock.advance((end_ms - clock.now_ms()) / 1000)
    await until(lambda: room.acts_at_ms > end_ms)  # it is folded, and waits for its tick
    moved_ns = time.time_ns()
    clock.advance(room.settle_ms / 1000)
    await until(lambda: room.acts_at_ms > end_ms + room.settle_ms)
    rounds.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await rounds
    return moved_ns


async def until(so: Any) -> None:
    for _ in range(4000):
        if so():
            return
        await asyncio.sleep(0.0005)
    raise AssertionError("it did not come to that")
