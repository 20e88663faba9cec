"""The figures of a day are made of what was released that day, and of nothing else."""

from pathlib import Path

import numpy as np
import pytest

from nexus_city.boundaries import reload
from nexus_city.climate.store import Table
from nexus_city.vitals.beats.daily import Tally, tallies
from nexus_city.vitals.reading import DayFigures, compared, with_harmony
from tests.conftest import SMALL_CITY, Town

HOUR = 3600


def table(place: str, start_s: int, counts: np.ndarray, window_s: int = HOUR, strand: int = 1) -> Table:
    grid = int(np.sqrt(counts.size))
    return Table(place, strand, start_s, start_s + window_s, grid, reload(counts.astype("<i8").tobytes()))


def test_what_is_compared_is_the_coarsest_grid_and_the_longest_window() -> None:
    fine = [table("a", hour * HOUR, np.arange(16)) for hour in range(4)]
    coarse = [table("b", 0, np.array([1, 2, 3, 4]), 2 * HOUR), table("b", 2 * HOUR, np.array([5, 6, 7, 8]), 2 * HOUR)]
    found = compared([*fine, *coarse], variance=10.0)
    assert found is not None
    assert found.counts.shape == (2, 2, 4)
    assert found.counts[0, 0].tolist() == [
        2 * (0 + 1 + 4 + 5),
        2 * (2 + 3 + 6 + 7),
        2 * (8 + 9 + 12 + 13),
        2 * (10 + 11 + 14 + 15),
    ]
    assert found.counts[1, 1].tolist() == [5, 6, 7, 8]
    assert found.noise.tolist() == [[10.0 * 16 * 2, 10.0 * 4]] * 2


def test_both_audiences_of_a_place_are_one_community_and_their_noises_add() -> None:
    found = compared([table("a", 0, np.ones(4), strand=0), table("a", 0, np.ones(4), strand=1)], 3.0)
    assert found is not None
    assert found.counts.tolist() == [[[2, 2, 2, 2]]]
    assert found.noise.tolist() == [[24.0]]


def test_windows_in_which_not_everybody_was_heard_are_left_out() -> None:
    rows = [table("a", hour * HOUR, np.ones(4)) for hour in range(3)] + [table("b", 2 * HOUR, np.ones(4))]
    found = compared(rows, 1.0)
    assert found is not None
    assert found.counts.shape == (1, 2, 4)
    assert compared([], 1.0) is None


async def test_a_day_of_two_moods_is_told_as_apart(tmp_path: Path) -> None:
    town = Town(tmp_path, city=SMALL_CITY.replace('presence = "required"\n', ""))
    for _ in range(3):
        for number in range(640):
            place, cell = ("square", 9) if number % 2 else ("gallery", 54)
            assert (await (await town.phone()).give(place, cell)).json()["state"] == "counted"
        await town.pass_time(HOUR)
    assert (await town.client.get("/v1/vitals/days")).json() == []  # the day is not over
    await town.pass_time(24 * HOUR)
    first = (await town.client.get("/v1/vitals/days")).json()[-1]
    await town.close()
    assert first["communities"] == 2
    assert first["fragmentation"] > 0.9
    assert first["moods"] < 1.2


def day(number: int, fragmentation: float | None = 0.1, within: float = 0.3) -> DayFigures:
    told = None if fragmentation is None else within
    return DayFigures(f"2026-11-{number:02}", 3, fragmentation, 0.005, told, 20.0, 0.8)


WELL = Tally(shown=100, in_step=100, tried=10, kept=10)
USUAL = [day(3), day(2), day(1)]


def test_an_ordinary_day_is_in_harmony_with_those_before_it() -> None:
    assert with_harmony(day(4), USUAL, WELL).harmony == 1
    assert with_harmony(day(4, 0.109), USUAL, WELL).harmony == 1, "a hundredth more is chance"


def test_neither_fragments_nor_conformity_nor_a_broken_mirror_is_harmony() -> None:
    apart = with_harmony(day(4, 0.22), USUAL, WELL)
    assert (apart.collective, apart.individual) == (pytest.approx(0.5), 1)
    alike = with_harmony(day(4, 0.02, within=0.15), USUAL, WELL)
    assert (alike.collective, alike.individual) == (1, pytest.approx(0.5))
    assert with_harmony(day(4), USUAL, Tally(100, 40, 10, 10)).collective == pytest.approx(0.4)
    assert with_harmony(day(4), USUAL, Tally(100, 100, 10, 9)).individual == pytest.approx(0.9)
    assert apart.harmony == alike.harmony == pytest.approx(2 / 3, abs=1e-3)


def test_what_is_not_known_is_not_told() -> None:
    assert with_harmony(day(4), USUAL[:2], WELL).harmony is None
    assert with_harmony(day(4, None), USUAL, WELL).harmony is None
    assert with_harmony(day(4), [day(3, None), *USUAL[:2]], WELL).harmony is None
    old = with_harmony(day(4), USUAL, None)
    assert (old.echo, old.harmony) == (None, None)


async def test_each_look_is_counted_on_its_day(town: Town) -> None:
    await town.pass_time(0)
    town.nexus.vitals.echoes.hear("square", "display-1", None, "")
    await town.nexus.vitals.look()
    town.nexus.vitals.echoes.hear("square", "display-2", 10**9, "")
    town.nexus.vitals.echoes._said["square"] = (None, 0.0)
    town.nexus.vitals.echoes.hear("square", "display-2", 10**9, "")
    await town.nexus.vitals.look()
    [(date, tally)] = (await town.nexus.database.read(tallies)).items()
    assert date == town.nexus.room.plan.day.date
    assert (tally.shown, tally.in_step) == (3, 2)
    assert (tally.tried, tally.kept) == (2, 2)
