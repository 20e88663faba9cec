"""Signs of life from the disk, the stream and the lights: present, late, and broken in each way that we know."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from nexus_city.climate.hub import Hub, StreamDoor
from nexus_city.environment.rig import Rig
from nexus_city.environment.wires.state import Tally, WireState
from nexus_city.ground import Database
from nexus_city.vitals.beats import listener as listening
from nexus_city.vitals.beats.beat import Beat
from nexus_city.vitals.beats.disk import Disk
from nexus_city.vitals.beats.lights import FROZEN_S, Lights
from nexus_city.vitals.beats.listener import SILENT_S, Listener
from nexus_city.vitals.echoes import Echoes
from nexus_city.vitals.incidents import Incidents
from nexus_city.vitals.status import Vitals
from tests.conftest import Town
from tests.environment.rigs import Listening, a_house, a_rig
from tests.vitals.beating import Time, a_beat, a_way, still

# --- the disk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path)
    yield found
    found.close()


async def test_a_disk_that_keeps_and_finds_a_row_is_well(database: Database) -> None:
    clock = Time()
    assert await Disk(database, clock).ask() == Beat("well", "", clock.s)


async def test_a_disk_that_refuses_says_so_and_since_when(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time()
    disk = Disk(database, clock)
    began = (await disk.ask()).seen_s

    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("nexus_city.vitals.beats.disk._write", full)
    clock.s += 60
    found = await disk.ask()
    assert (found.state, found.seen_s) == ("troubled", began)
    assert "disk is full" in found.detail
    assert "free space" in found.detail


async def test_a_disk_that_forgets_is_found_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexus_city.vitals.beats.disk._write", lambda *_: None)
    found = await Disk(database, Time()).ask()
    assert found.state == "troubled"
    assert "not found again" in found.detail


# --- the stream ------------------------------------------------------------------------------------------------------


class Feed:
    """A hub with its door, and what was published so far."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.rows: list[tuple[int, str, bytes]] = []
        self.clock = Time()
        door = StreamDoor(self.hub, self._since, self._newest, lambda _: True)
        self.listener = Listener(lambda: door, lambda: self.rows[-1][0] if self.rows else 0, self.clock)

    def publish(self, heard: bool = True) -> None:
        number = len(self.rows) + 1
        self.rows.append((number, "city", b'{"id":%d}' % number))
        if heard:
            self.hub.publish(*[self.rows[-1][at] for at in (1, 0, 2)])

    async def _since(self, after: int, _: Any) -> list[tuple[int, str, bytes]]:
        return [row for row in self.rows if row[0] > after]

    async def _newest(self, _: Any) -> list[tuple[int, str, bytes]]:
        return self.rows[-1:]


@contextlib.asynccontextmanager
async def running(*rounds: Any) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.ensure_future(each) for each in rounds]
    await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "BOUND_S", 2.0)
    monkeypatch.setattr(listening, "AGAIN_S", 0.01)


async def test_a_climate_that_comes_by_the_stream_is_a_sign_of_life() -> None:
    feed = Feed()
    feed.publish()
    async with running(feed.hub.run(), feed.listener.run()):
        assert await feed.listener.ask() == Beat("well", "", feed.clock.s)
        feed.clock.s += 50
        feed.publish()
        assert await feed.listener.ask() == Beat("well", "", feed.clock.s)


async def test_a_climate_that_is_published_and_does_not_come_is_missed() -> None:
    feed = Feed()
    async with running(feed.hub.run(), feed.listener.run()):
        assert (await feed.listener.ask()).state == "well"
        feed.publish(heard=False)
        found = await feed.listener.ask()
    assert found.state == "troubled"
    assert found.detail.startswith("climate 1 was published and has not come")


async def test_a_hub_that_died_says_nothing_and_is_missed_without_any_news() -> None:
    feed = Feed()
    async with running(feed.listener.run()):  # nobody runs the hub: no beat, no climate
        assert (await feed.listener.ask()).state == "well"
        feed.clock.s += SILENT_S + 1
        found = await feed.listener.ask()
    assert (found.state, found.seen_s) == ("troubled", feed.clock.s - SILENT_S - 1)
    assert "said nothing" in found.detail


async def test_a_stream_that_ends_is_opened_again() -> None:
    feed = Feed()
    async with running(feed.hub.run(), feed.listener.run()):
        assert (await feed.listener.ask()).state == "well"
        feed.hub.close()
        while (closed := await feed.listener.ask()).state == "well":
            await asyncio.sleep(0)  # the goodbye is on its way
        assert closed.detail.split(";")[0] == "it answers 503"
        feed.hub.closed = False
        assert (await feed.listener.ask()).state == "well"


async def test_the_listener_of_a_real_city_hears_what_it_releases(town: Town) -> None:
    listener = town.nexus.vitals._way.listener
    async with running(town.nexus.hub.run(), listener.run()):
        await town.pass_time(3600 + 60)
        assert town.nexus.room.published > 0
        assert (await listener.ask()).state == "well"


# --- lights ----------------------------------------------------------------------------------------------------------


def wire(age_s: float | None = 0.0, state: Any = "sending", detail: str = "") -> WireState:
    return WireState(state, detail, 0 if age_s is None else 9, 0, age_s)


def test_a_tally_tells_how_old_its_last_frame_is() -> None:
    tally = Tally(clock := Time())
    assert tally.state().age_s is None
    tally.sent()
    clock.s += 2.04
    assert (tally.state().state, tally.state().age_s) == ("sending", 2.0)
    tally.failed("gone")
    assert (tally.state().state, tally.state().age_s) == ("failed", 2.0)


@pytest.mark.parametrize(
    ("beat", "state", "words", "age_s"),
    [
        (a_beat({"a": wire(0.1), "b": wire(0.3)}), "well", "", 0.3),
        (a_beat({"a": wire(0.1), "b": wire(FROZEN_S + 1)}), "troubled", "b: nothing has left for 11 seconds", 11.0),
        (a_beat({"a": wire(40.0, "failed", "no route; check the cable")}), "troubled", "a: no route; check", 40.0),
        (a_beat({"a": wire(60.0)}, frame_age_s=60.0), "troubled", "no frame was made for 60 seconds; restart", 60.0),
        (a_beat({"a": wire(0.0)}, paint_age_s=30.0), "troubled", "nothing could be painted for 30 seconds", 0.0),
        (a_beat({"a": wire(None, "waiting")}), "unknown", "", None),
    ],
)
def test_each_zone_says_how_old_its_light_is_and_what_to_do(
    beat: Any, state: str, words: str, age_s: float | None
) -> None:
    clock = Time()
    lights = Lights(lambda: beat, clock)
    [group] = lights.groups()
    assert (group.zone, group.place, group.state, group.age_s) == ("front", "square", state, age_s)
    assert words in group.detail
    whole = lights.ask()
    assert (whole.state == "troubled") == (state == "troubled")
    assert whole.seen_s == (None if age_s is None else clock.s - age_s)


def test_a_wire_without_luminaires_may_be_still_but_not_broken() -> None:
    """A broker that only hears climates has nothing to send all the time."""
    idle = a_beat({"a": wire()}), wire(3600.0), wire(3600.0, "failed", "the broker is gone")
    for other, state in ((idle[1], "well"), (idle[2], "troubled")):
        beat = a_beat({"a": wire(), "home": other})
        beat = type(beat)(0.0, 0.0, beat.wires, (a_beat({"a": wire()}).groups))
        assert Lights(lambda beat=beat: beat, Time()).ask().state == state  # type: ignore[misc]


def test_a_house_without_lights_is_not_known_to_be_well() -> None:
    assert Lights(lambda: a_beat({}), Time()).ask() == Beat("unknown", "no lights are patched")


def test_a_rig_tells_what_hangs_where_and_how_old_its_frames_are() -> None:
    rig, _ = a_rig(a_house())
    rig._now_s = lambda: 102.5
    rig.frame(100.0)
    beat = rig.beat()
    assert (beat.frame_age_s, beat.paint_age_s, list(beat.wires)) == (2.5, 2.5, ["w"])
    assert [(group.zone, group.place, group.wires) for group in beat.groups] == [("z", "square", ("w",))]


def test_a_rig_that_cannot_paint_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, _ = a_rig(a_house())
    rig.frame(100.0)
    monkeypatch.setattr(Rig, "_painted", lambda *_: 1 / 0)
    rig.frame(130.0)
    rig._now_s = lambda: 130.0
    assert (rig.beat().frame_age_s, rig.beat().paint_age_s) == (0.0, 30.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_rig_whose_thread_dies_is_found_out() -> None:
    """A wire that breaks its promise never to raise takes the thread with it."""

    class Raising(Listening):
        def send(self, frame: Any) -> None:
            raise RuntimeError(type(frame).__name__)

    rig, _ = a_rig(a_house(), open_wire=lambda _: Raising())
    started, rig._now_s = 100.0, lambda: 100.0
    rig.start()
    assert rig._thread is not None
    rig._thread.join()
    rig._now_s = lambda: started + 45
    found = Lights(rig.beat, Time()).ask()
    assert (found.state, found.detail.split(";")[0]) == ("troubled", "no frame was made for 45 seconds")


# --- the way ---------------------------------------------------------------------------------------------------------


async def test_every_part_of_the_way_counts_towards_the_promise(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails, the lights stand still, releases are late: three of three known parts are wrong."""
    clock, late, wires = Time(), [0.0], {"a": wire()}
    vitals = Vitals(a_way(database, clock, late, wires), Echoes(still, clock), Incidents(database), clock)
    await vitals.look()
    assert vitals.allowance.rate(clock.s, 5) == 0
    monkeypatch.setattr("nexus_city.vitals.beats.disk._write", lambda *_: None)
    late[0], wires["a"] = 300.0, wire(FROZEN_S + 1)
    clock.s += 60
    await vitals.look()
    assert vitals.allowance.rate(clock.s, 1) == pytest.approx(1 / 0.005)
    assert vitals.allowance.rate(clock.s, 5) == pytest.approx(0.5 / 0.005)


async def test_lights_that_stand_still_are_an_incident_of_their_place(database: Database) -> None:
    clock, wires = Time(), {"a": wire(FROZEN_S + 1)}
    incidents = Incidents(database)
    vitals = Vitals(a_way(database, clock, wires=wires), Echoes(still, clock), incidents, clock)
    for _ in range(2):
        await vitals.look()
        clock.s += 60
    [found] = await incidents.recent(0)
    assert (found.cause, found.places, found.evidence) == ("echo-broken", ("square",), ("echo-stale",))
    assert incidents.open() == ["echo-broken"]


async def test_a_disk_that_refuses_does_not_silence_who_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An incident of the disk cannot be written on it; it is told all the same, and written down when it can be."""

    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    clock, incidents = Time(), Incidents(database)
    vitals = Vitals(a_way(database, clock), Echoes(still, clock), incidents, clock)
    with monkeypatch.context() as patch:
        patch.setattr("nexus_city.vitals.beats.disk._write", full)
        patch.setattr("nexus_city.vitals.incidents._keep", full)
        for _ in range(4):
            await vitals.look()
            clock.s += 60
    assert {part.name: part.state for part in vitals.status().parts}["disk"] == "troubled"
    assert await incidents.recent(0) == []
    with monkeypatch.context() as patch:
        patch.setattr("nexus_city.vitals.beats.disk._write", full)
        await vitals.look()
    [found] = await incidents.recent(0)
    assert found.cause == "hub-down"
    assert found.began_s == 1_000_000.0
