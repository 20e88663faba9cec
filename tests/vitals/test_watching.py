"""A running city is watched by what it has released: what is usual is learned, what is not is seen and explained."""

import datetime as dt
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nexus_city.boundaries import DiscreteLaplace
from nexus_city.cli import cli
from nexus_city.climate.plan import DayPlan
from nexus_city.simulation.city.chance import RepeatedNoise
from nexus_city.vitals.causes import Sign
from nexus_city.vitals.watch.bank import CALIBRATED, Thresholds
from nexus_city.vitals.watching.alarms import Alarm, Alarms
from nexus_city.vitals.watching.deploys import RECENT_S, Deploys
from nexus_city.vitals.watching.explaining import explain
from nexus_city.vitals.watching.history import pasts
from nexus_city.vitals.watching.thresholds import KEPT_S, ThresholdFile
from nexus_city.vitals.watching.watching import Watching
from tests.access.staff.office import Office
from tests.conftest import SMALL_CITY, Town, problem
from tests.vitals.cities import bump

DAY_S = 24 * 3600
CROWD = 900.0
DAYS = 6


class Released:
    """Writes what a city would have released: voices by the time of day, and noise of its own kind."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._noise = DiscreteLaplace(town.nexus.room.city.budget.grid_scale)
        self._chance, self._source = np.random.default_rng(3), RepeatedNoise(3)
        self.plan: DayPlan = town.nexus.room.plan

    def past(self, days: int = DAYS) -> None:
        """Write ordinary days before today."""
        for back in range(days, 0, -1):
            start_s = self.plan.day.start_s - back * DAY_S
            date = dt.datetime.fromtimestamp(start_s, dt.UTC).date().isoformat()
            self._town.nexus.database.now(
                lambda connection, row=(date, start_s, start_s + DAY_S, None, 0, 1): connection.execute(
                    "insert or replace into day values(?, ?, ?, ?, ?, ?)", row
                )
            )
            self.day(start_s, date, (0, DAY_S))

    def today(self, since: int, until: int, share: dict[str, float] | None = None, mirrored: str = "") -> None:
        """Write windows of today, from `since` to `until` seconds into it, and let them be told."""
        day = self.plan.day
        self.day(day.start_s, day.date, (since, until), share, mirrored)
        self._town.nexus.room.told_s = day.start_s + until

    def day(
        self,
        start_s: int,
        date: str,
        span: tuple[int, int],
        share: dict[str, float] | None = None,
        mirrored: str = "",
    ) -> None:
        """Write windows of a day; places give `share` of what is usual, and one gives it `mirrored`."""
        rows = []
        for place, rung in self.plan.rungs.items():
            if rung is None or place == "city":
                continue
            side = rung.grid
            usual = bump(0.2, 0.0).reshape(side, 8 // side, side, 8 // side).sum(axis=(1, 3)).ravel()
            for begins in range(*span, rung.window_s):
                crowd = CROWD * (1.2 - np.cos(2 * np.pi * begins / DAY_S)) * rung.window_s / 3600
                shares = usual.copy()
                if place == mirrored:
                    shares = usual.reshape(side, side)[:, ::-1].ravel()
                for strand in self.plan.strands[place]:
                    mean = (share or {}).get(place, 1.0) * crowd * shares / len(self.plan.strands[place])
                    counts = self._chance.poisson(mean) + self._noise.draw(self._source, side**2)
                    whole = np.append(counts, self._noise.draw(self._source, 1))
                    at_s = start_s + begins
                    blob = whole.astype("<i8").tobytes()
                    rows.append((place, strand, at_s, at_s + rung.window_s, date, side, blob, 0.1))
        self._town.nexus.database.now(lambda connection: _write(connection, rows))


def _write(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    connection.executemany("insert or replace into release values(?, ?, ?, ?, ?, ?, ?, ?)", rows)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Town]:
    """A city whose places all speak."""
    found = Town(tmp_path, city=SMALL_CITY)
    yield found
    await found.close()


def nothing(_: str) -> dict[Sign, bool]:
    return {}


async def test_what_is_usual_is_learned_from_days_of_the_same_windows(watched: Town) -> None:
    released = Released(watched)
    plan = watched.nexus.room.plan
    speaking = [place for place, rung in plan.rungs.items() if rung and place != "city"]
    released.past(2)
    [few] = await watched.nexus.database.read(lambda connection: pasts(connection, plan, speaking))
    assert not few.enough
    released.past(DAYS)
    [known] = await watched.nexus.database.read(lambda connection: pasts(connection, plan, speaking))
    rung = plan.rungs[speaking[0]]
    assert rung is not None
    assert known.enough
    assert set(known.places) == set(speaking)
    assert known.counts.shape == (DAYS, DAY_S // rung.window_s, len(speaking), rung.grid**2)
    assert len(known.weekend) == DAYS
    assert 0 < sum(known.weekend) < DAYS


async def test_a_place_that_is_live_today_is_not_watched(watched: Town) -> None:
    released = Released(watched)
    released.past()
    live = replace(released.plan, live={"square": "continual"})
    [known] = await watched.nexus.database.read(lambda connection: pasts(connection, live, ["square", "gallery"]))
    assert (known.places, known.unknown) == (("gallery",), ())


async def test_a_place_that_falls_silent_is_seen_explained_and_written_down_once(watched: Town) -> None:
    released, room = Released(watched), watched.nexus.room
    released.past()
    watching = watched.nexus.vitals.watching
    assert watching is not None
    released.today(0, DAY_S // 2)
    assert await watching.look(nothing) == {}
    assert [group.past.places for group in watching.groups]
    assert await watching.alarms.between(0, 2**40) == []
    released.today(DAY_S // 2, DAY_S * 3 // 4, {"square": 0.0})
    found = await watching.look(nothing)
    assert list(found) == ["square"]
    assert found["square"]["volume-gone"]
    raised = await watching.alarms.between(0, 2**40)
    assert {each.chart for each in raised if each.place == "square"} >= {"volume"}
    again = Watching(room, Alarms(room.database), ThresholdFile(watched.folder / "data"))
    assert list(await again.look(nothing)) == ["square"], "a server that was started again sees what it saw"
    assert await again.alarms.between(0, 2**40) == raised
    named = explain({"heartbeat-late": False, "many-at-once": False}, {**found})
    assert list(named) == ["unknown"], "nobody said whether the machine there is alive"
    dead = explain({"heartbeat-late": True, "many-at-once": False}, {**found})
    assert list(dead) == ["sensor-silent"]
    assert dead["sensor-silent"].places == ()


async def test_mirrored_moods_after_a_new_version_are_a_bug_and_without_one_nobody_knows(watched: Town) -> None:
    released = Released(watched)
    released.past()
    watching = watched.nexus.vitals.watching
    assert watching is not None
    released.today(0, DAY_S // 2)
    await watching.look(nothing)
    released.today(DAY_S // 2, DAY_S * 3 // 4, mirrored="square")
    found = await watching.look(nothing)
    whole: dict[Sign, bool] = {"heartbeat-late": False, "many-at-once": False}
    assert found["square"]["mirrored"]
    assert not found["square"]["distressed-quadrant"]
    assert list(explain(whole, {"square": {**found["square"], "deploy": True}})) == ["mapping-bug"]
    assert list(explain(whole, {"square": {**found["square"], "deploy": False}})) == ["unknown"]


async def test_operators_are_told_who_is_watched_and_of_every_alarm(town: Town, office: Office) -> None:
    await town.pass_time(0)  # the rounds go, and are not late
    released = Released(town)
    released.past()
    released.today(0, DAY_S // 2, {"square": 3.0})
    await town.nexus.vitals.look()
    told = (await (await office.architect()).get("/v1/vitals/alarms")).json()
    [watched] = told["watched"]
    assert "square" in watched["places"]
    assert (watched["days"], told["learning"]) == (DAYS, [])
    alarm = next(each for each in told["alarms"] if each["chart"] == "volume")
    assert alarm["place"] == "square"
    assert alarm["statistic"] > alarm["threshold"]
    assert alarm["mean_windows"] * alarm["window_s"] == 30 * DAY_S
    assert problem(await town.client.get("/v1/vitals/alarms"), 401)
    [incident] = await town.nexus.vitals.incidents.recent(0) or [None]
    assert incident is None, "one look is no incident"
    await town.nexus.vitals.look()
    [incident] = await town.nexus.vitals.incidents.recent(0)
    assert incident is not None
    assert incident.places == ("square",)


async def test_thresholds_can_be_found_anew_while_the_city_is_served(watched: Town) -> None:
    released = Released(watched)
    released.past()
    folder = watched.folder / "data"
    ran = CliRunner().invoke(cli, ["calibrate", "--stretches", "20", "--data", str(folder)])
    assert ran.exit_code == 0, ran.output
    assert "One false alarm of all charts in 720 windows" in ran.output
    city = watched.nexus.room.city
    leaves = [place.id for place in city.places if not city.children(place)]
    [past] = await watched.nexus.database.read(lambda connection: pasts(connection, released.plan, leaves))
    kept = ThresholdFile(folder).load(past, time.time())
    assert kept is not None
    assert set(kept.values) == set(CALIBRATED)


ALARM = Alarm(100.0, "mood", None, 90, 900, 61.0, 60.0, 2880, "for this test")


async def test_the_ledger_keeps_an_alarm_once(watched: Town) -> None:
    alarms = Alarms(watched.nexus.database)
    await alarms.note([ALARM])
    await alarms.note([ALARM])
    assert await alarms.between(0, 101) == [ALARM]
    assert await alarms.between(101, 200) == []


async def test_thresholds_are_kept_for_the_places_that_they_were_found_for_and_grow_old(watched: Town) -> None:
    released = Released(watched)
    released.past()
    [past] = await watched.nexus.database.read(lambda connection: pasts(connection, released.plan, ["square"]))
    [other] = await watched.nexus.database.read(
        lambda connection: pasts(connection, released.plan, ["square", "gallery"])
    )
    kept = ThresholdFile(watched.folder)
    found = Thresholds(dict.fromkeys(CALIBRATED, 9.0), 720, "for this test")
    kept.keep(past, found, 1000.0)
    assert kept.load(past, 2000.0) == found
    assert kept.load(other, 2000.0) is None
    assert kept.load(past, 1001.0 + KEPT_S) is None
    (watched.folder / "thresholds.json").write_text("{torn")
    assert kept.load(past, 2000.0) is None


async def test_only_a_version_that_replaces_another_is_a_deploy(watched: Town) -> None:
    database = watched.nexus.database
    for version, at_s, recent in (("2", 1e10, True), ("2", 1e10 + 60, True), ("2", 1e10 + RECENT_S + 1, False)):
        assert Deploys(database, version, at_s).recent(at_s) is recent


def test_the_first_version_is_no_deploy(town: Town) -> None:
    assert town.nexus.vitals._deploys is not None
    assert not town.nexus.vitals._deploys.recent(0.0)


def test_each_cause_is_one_incident_with_all_its_places() -> None:
    whole: dict[Sign, bool] = {"heartbeat-late": False, "many-at-once": False}
    stale: dict[Sign, bool] = {"echo-wrong": False, "echo-stale": True}
    gone: dict[Sign, bool] = {"volume-gone": True, "volume-down": True, "heartbeat-late": True}
    found = explain(whole, {"square": stale, "hall": gone, "gallery": stale, "yard": {"echo-stale": False}})
    assert {cause: each.places for cause, each in found.items()} == {
        "echo-broken": ("gallery", "square"),
        "sensor-silent": ("hall",),
    }
    assert found["echo-broken"].evidence == ("echo-stale",)
    assert explain(whole, {}) == {}
