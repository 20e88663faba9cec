"""Forks and seeds: no two processes, and no two releases, share their noise.

Goal: to subtract two releases that were made with one noise, after a server was copied while it ran (a fork, a
snapshot of a machine, a second process on the same folder), or because its generator was seeded with something that
can be guessed.
Method: a process opens a city, forks, and both halves draw the noise of the same window. Noise of one city over many
draws is searched for repeats.
Failure: a draw that both have; a repeat.
Planted: a generator that was seeded before the fork (NumPy's, as most simulations have it).
Not failure: that a Tape repeats. Tapes are for tests; the composition root gives a city the operating system's.
"""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from nexus_city.app import Nexus
from nexus_city.boundaries import DiscreteLaplace, draw_noise
from nexus_city.ground import HandClock, OsRandomness, Settings
from nexus_city.ground.errors import FolderBusy
from tests.conftest import MORNING_MS

FORK = """
import os, sys, warnings
from pathlib import Path
import numpy as np
from nexus_city.app import Nexus
from nexus_city.boundaries import new_day_key
from nexus_city.ground import HandClock, Settings
warnings.simplefilter("ignore")
city = Nexus(Settings(data=Path(sys.argv[1]), canary=False), HandClock({now}))
class Seeded:
    chance = np.random.default_rng(7)
    def draw(self, count):
        return self.chance.bytes(count)
if sys.argv[2] == "seeded":
    city.room.desk._randomness = Seeded()
def half():
    prepared = city.room.desk.prepare(city.room.city, city.room._book)
    drawn = b"".join(noise.take().tobytes() for noise in prepared.tables.values())
    return drawn.hex() + new_day_key().hex()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, half().encode())
    os._exit(0)
mine = half()
os.close(write)
other = b"".join(iter(lambda: os.read(read, 65536), b"")).decode()
same = sum(mine[at:at + 16] == other[at:at + 16] for at in range(0, len(mine) - 64, 16))
print(len(mine) // 16, same, mine[-64:] == other[-64:])
os._exit(0)
"""


def forked(folder: Path, source: str) -> tuple[int, int, bool]:
    """Return how many draws each half made, how many agree, and whether the day keys do."""
    code = FORK.format(now=MORNING_MS)
    done = subprocess.run([sys.executable, "-c", code, str(folder), source], capture_output=True, text=True, check=True)
    draws, same, keys = done.stdout.split()
    return int(draws), int(same), keys == "True"


def test_two_halves_of_a_fork_draw_other_noise(tmp_path: Path) -> None:
    """Two draws agree by chance with a probability of about 1/4s, which is 0.06."""
    draws, same, keys = forked(tmp_path, "system")
    assert draws > 10
    assert same < draws * 0.5
    assert not keys


def test_a_generator_that_was_seeded_before_the_fork_is_found(tmp_path: Path) -> None:
    draws, same, _ = forked(tmp_path, "seeded")
    assert same >= draws - 4


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    city = Nexus(Settings(data=tmp_path), HandClock(MORNING_MS))
    with pytest.raises(FolderBusy):
        Nexus(Settings(data=tmp_path), HandClock(MORNING_MS))
    city.close()


def test_noise_does_not_repeat_and_one_cell_says_nothing_of_the_next() -> None:
    """A2 of the plan: a million draws, no run of ten twice, and a correlation of neighbours within its own error."""
    noise = draw_noise(DiscreteLaplace(Fraction(40, 9)), OsRandomness(), 1_000_000).take()
    runs = np.lib.stride_tricks.sliding_window_view(noise, 10)[::10]
    assert len(np.unique(runs, axis=0)) == len(runs)
    for lag in (1, 4, 17, 64):
        related = float(np.corrcoef(noise[:-lag], noise[lag:])[0, 1])
        assert abs(related) < 5 / np.sqrt(noise.size)


def test_the_composition_root_gives_a_city_the_noise_of_the_operating_system(tmp_path: Path) -> None:
    city = Nexus(Settings(data=tmp_path), HandClock(MORNING_MS))
    assert isinstance(city.room.desk._randomness, OsRandomness)
    city.close()
