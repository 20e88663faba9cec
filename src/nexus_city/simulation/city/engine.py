"""The engine: what one tick does to everybody's mood, and who checks in.

A mood is drawn to a goal and shaken a little (Friedkin & Johnsen 1990 for the goal; an attractor with noise, as in
Kuppens, Oravecz & Tuerlinckx 2010, for the way there):

    others = friends + company · (those at the same place - friends)
    pull   = others + echo · (a mood on display there - others)
    own    = (temperament + weather of the community, or what befell the person) · (1 - ease)
    mood  += rate · (own + λ · (pull - own) - mood) + noise

The mood on display is one of its mixture, drawn anew by each person: a mixture is seen, not its mean.

Two engines give the same bytes: NumPy (always there) and numba (the extra `fast`). Every sum has one order, nothing is
fused, and chance is a function of (seed, purpose, person, tick); chunks of people are of a fixed size and only write
what is theirs, so neither the engine nor the number of threads can be told from a result.
"""

import functools
import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nexus_city.simulation.city.chance import STRIDE, Words, scrambled
from nexus_city.simulation.city.people import CHUNK, DEGREE, EDGE, NOTHING, People, chunks

Engine = Literal["numpy", "numba"]
Singles = NDArray[np.float32]
Moods = NDArray[np.float32]

STRUCK, CIRCLED, RALLIED, QUIET = 1, 2, 4, 8
"""Marks of a person: befallen by distress, in a circle, at the rally, silent for a while."""
MARKS = 16
SILENCE = 255
"""Instead of a cell: no check-in."""
PICTURES = 256
"""Moods by which a display's mixture is held; a person sees one of them."""
_SMALL = CHUNK  # people up to which NumPy is sooner than loading a compiler
_ONE = np.uint64(1)
_BYTE = np.uint64(255)
_TO_24, _UNIT = np.uint64(40), np.float32(2.0**-24)
_MIDDLE, _SD = np.float32(382.5), np.float32((3 * (256**2 - 1) / 12) ** 0.5)  # of the sum of three even bytes
_SHARE = np.float32(1 / DEGREE)
_WHOLE, _FOUR, _QUARTER = np.float32(1), np.float32(4), np.float32(0.25)


class Pull(NamedTuple):
    """What draws people in one tick. Tables by place have one more row: nowhere, where nothing draws."""

    key: np.uint64
    company: Singles
    """Mean mood of those who are at a place [places + 1, 2]."""
    together: Singles
    """Share of others' pull that company has there [places + 1]."""
    shown: Singles
    """Moods on display [places + 1, PICTURES, 2]."""
    heard: Singles
    """Share of all pull that the display has there [places + 1]."""
    weather: Singles
    """What moves the set point of all who live at a place [places, 2]."""
    struck: Singles
    """By marks [MARKS]: how far a set point is moved to `blow`, 0..1."""
    ease: Singles
    """By marks [MARKS]: how far a set point is eased towards the middle, 0..1."""
    blow: Singles
    """The mood [2] to which distress moves."""
    rate: np.float32
    """Share of the way to the goal that one tick goes, 0..1; 1 is the model of Friedkin & Johnsen itself."""
    noise: np.float32
    """Standard deviation of what one tick does by chance."""


class Asking(NamedTuple):
    """How likely people check in, in one tick."""

    key: np.uint64
    lively: Singles
    """By place [places + 1]: check-ins per habit in this tick; 0 nowhere."""
    rosiness: np.float32
    eagerness: np.float32
    intensity: np.float32


@dataclass
class State:
    """What changes from tick to tick."""

    mood: Moods
    """[n, 2], valence and arousal."""
    spare: Moods
    """Where the next moods are written; the two change roles."""
    where: NDArray[np.int16]
    """Number of the place where each person is; the number of places: nowhere."""
    marks: NDArray[np.uint8]


def first_state(people: People, places: int) -> State:
    """Return the state in which everybody feels as they are by temperament, and is nowhere."""
    mood = people.temperament.copy()
    count = len(people)
    return State(mood, np.empty_like(mood), np.full(count, places, np.int16), np.zeros(count, np.uint8))


def best_engine(count: int) -> Engine:
    """Return the engine that is sooner done for `count` people: numba for many, if the extra `fast` is installed."""
    return "numba" if count > _SMALL and importlib.util.find_spec("numba") else "numpy"


class Body:
    """Runs the kernels over all people, chunk by chunk, on `threads` threads."""

    def __init__(self, people: People, places: int, engine: Engine | None = None, threads: int = 1) -> None:
        self._people = people
        self._places = places
        self._kernels = _numba_kernels() if (engine or best_engine(len(people))) == "numba" else _NUMPY
        self._chunks = list(chunks(len(people)))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def close(self) -> None:
        """Let the threads go."""
        if self._pool:
            self._pool.shutdown()

    def gather(self, state: State) -> tuple[Singles, NDArray[np.int64]]:
        """Return the mean mood [places + 1, 2] of those at each place, and how many they are [places + 1]."""
        sums = np.zeros((len(self._chunks), self._places + 1, 3))
        self._each(lambda number, a, b: self._kernels.gather(state.mood, state.where, a, b, sums[number]))
        total = sums.sum(axis=0)
        means = total[:, :2] / np.maximum(total[:, 2:], 1)
        return means.astype(np.float32), total[:, 2].astype(np.int64)

    def step(self, state: State, pull: Pull) -> None:
        """Move everybody's mood by one tick."""
        people, step = self._people, self._kernels.step
        self._each(
            lambda _, a, b: step(
                state.mood, state.spare, people.friends, people.temperament, people.sway, people.haunts, state.where,
                state.marks, pull, a, b,
            )
        )  # fmt: skip
        state.mood, state.spare = state.spare, state.mood

    def ask(self, state: State, asking: Asking) -> NDArray[np.uint8]:
        """Return for each person the cell of the 8×8 grid that they check in with, or SILENCE."""
        people = self._people
        said = np.empty(len(people), np.uint8)
        self._each(
            lambda _, a, b: self._kernels.ask(
                state.mood, people.habit, people.boundary, state.where, state.marks, asking, a, b, said
            )
        )
        return said

    def _each(self, job: Callable[[int, int, int], None]) -> None:
        numbered = [(number, *chunk) for number, chunk in enumerate(self._chunks)]
        if self._pool:
            list(self._pool.map(lambda chunk: job(*chunk), numbered))
        else:
            for chunk in numbered:
                job(*chunk)


class _Kernels(NamedTuple):
    gather: Callable[..., None]
    step: Callable[..., None]
    ask: Callable[..., None]


# --- compiled: one person after the other ----------------------------------------------------------------------------


@functools.cache
def _numba_kernels() -> _Kernels:
    """Compile the functions below, or load what an earlier process compiled."""
    try:
        import numba  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise ValueError("the engine 'numba' needs the extra: pip install 'nexus-city[fast]'") from error
    numba.extending.register_jitable(scrambled)

    def compiled(kernel: Callable[..., None]) -> Any:
        try:
            return numba.njit(kernel, nogil=True, cache=True)
        except RuntimeError:  # no folder where compiled code may be kept: compile once a process
            return numba.njit(kernel, nogil=True)

    return _Kernels(compiled(_gather_each), compiled(_step_each), compiled(_ask_each))


def _gather_each(mood: Moods, where: NDArray[np.int16], start: int, end: int, sums: NDArray[np.float64]) -> None:
    for i in range(start, end):
        place = where[i]
        sums[place, 0] += mood[i, 0]
        sums[place, 1] += mood[i, 1]
        sums[place, 2] += 1


def _step_each(
    mood: Moods,
    then: Moods,
    friends: NDArray[np.int32],
    temperament: Singles,
    sway: Singles,
    haunts: NDArray[np.int16],
    where: NDArray[np.int16],
    marks: NDArray[np.uint8],
    pull: Pull,
    start: int,
    end: int,
) -> None:
    key, company, together, shown, heard, weather, struck, ease, blow, rate, noise = pull
    wide = noise / _SD
    for i in range(start, end):
        friend = np.uint32(friends[i, 0])  # unsigned: a compiled index then asks no question about counting backwards
        others_v, others_a = mood[friend, 0], mood[friend, 1]
        for e in range(1, DEGREE):
            friend = np.uint32(friends[i, e])
            others_v += mood[friend, 0]
            others_a += mood[friend, 1]
        others_v, others_a = others_v * _SHARE, others_a * _SHARE
        place, mark, home = np.uint32(where[i]), marks[i], np.uint32(haunts[i, 0])
        bits = scrambled(key + (np.uint64(i) + _ONE) * STRIDE)
        seen = bits & _BYTE
        near, echo = together[place], heard[place]
        others_v += near * (company[place, 0] - others_v)
        others_a += near * (company[place, 1] - others_a)
        others_v += echo * (shown[place, seen, 0] - others_v)
        others_a += echo * (shown[place, seen, 1] - others_a)
        own_v = temperament[i, 0] + weather[home, 0]
        own_a = temperament[i, 1] + weather[home, 1]
        hit, calm = struck[mark], _WHOLE - ease[mark]
        own_v = (own_v + hit * (blow[0] - own_v)) * calm
        own_a = (own_a + hit * (blow[1] - own_a)) * calm
        shake_v = (bits >> np.uint64(8) & _BYTE) + (bits >> np.uint64(16) & _BYTE) + (bits >> np.uint64(24) & _BYTE)
        shake_a = (bits >> np.uint64(32) & _BYTE) + (bits >> np.uint64(40) & _BYTE) + (bits >> np.uint64(48) & _BYTE)
        v = mood[i, 0] + rate * (own_v + sway[i] * (others_v - own_v) - mood[i, 0])
        a = mood[i, 1] + rate * (own_a + sway[i] * (others_a - own_a) - mood[i, 1])
        then[i, 0] = min(max(v + (np.float32(np.int32(shake_v)) - _MIDDLE) * wide, -EDGE), EDGE)
        then[i, 1] = min(max(a + (np.float32(np.int32(shake_a)) - _MIDDLE) * wide, -EDGE), EDGE)


def _ask_each(
    mood: Moods,
    habit: Singles,
    boundary: NDArray[np.uint8],
    where: NDArray[np.int16],
    marks: NDArray[np.uint8],
    asking: Asking,
    start: int,
    end: int,
    said: NDArray[np.uint8],
) -> None:
    for i in range(start, end):
        said[i] = SILENCE
        v, a = mood[i, 0], mood[i, 1]
        drawn = scrambled(asking.key + (np.uint64(i) + _ONE) * STRIDE)
        wish = _WHOLE + asking.eagerness * v + asking.intensity * (v * v + a * a - _QUARTER)
        if boundary[i] & 3 == NOTHING or marks[i] & QUIET:
            continue
        if np.float32(drawn >> _TO_24) * _UNIT >= habit[i] * asking.lively[where[i]] * wish:
            continue
        told = min(max(v + asking.rosiness, -EDGE), EDGE)
        said[i] = np.uint8(int((a + _WHOLE) * _FOUR) * 8 + int((told + _WHOLE) * _FOUR))


# --- NumPy: one operation after the other ----------------------------------------------------------------------------


def _gather_all(mood: Moods, where: NDArray[np.int16], start: int, end: int, sums: NDArray[np.float64]) -> None:
    here, places = where[start:end], len(sums)
    for column in (0, 1):
        sums[:, column] = np.bincount(here, mood[start:end, column], places)
    sums[:, 2] = np.bincount(here, minlength=places)


def _step_all(
    mood: Moods,
    then: Moods,
    friends: NDArray[np.int32],
    temperament: Singles,
    sway: Singles,
    haunts: NDArray[np.int16],
    where: NDArray[np.int16],
    marks: NDArray[np.uint8],
    pull: Pull,
    start: int,
    end: int,
) -> None:
    part = slice(start, end)
    others = mood[friends[part, 0]]
    for e in range(1, DEGREE):
        others += mood[friends[part, e]]
    others *= _SHARE
    place, mark = where[part], marks[part]
    bits = _bits(pull.key, start, end)
    others += pull.together[place, None] * (pull.company[place] - others)
    others += pull.heard[place, None] * (pull.shown[place, (bits & _BYTE).astype(np.intp)] - others)
    own = temperament[part] + pull.weather[haunts[part, 0]]
    own = (own + pull.struck[mark, None] * (pull.blow - own)) * (_WHOLE - pull.ease[mark, None])
    lanes = bits[:, None] >> np.array([[8, 32]], np.uint64)
    shake = (lanes & _BYTE) + (lanes >> np.uint64(8) & _BYTE) + (lanes >> np.uint64(16) & _BYTE)
    moved = mood[part] + pull.rate * (own + sway[part, None] * (others - own) - mood[part])
    then[part] = np.clip(moved + (shake.astype(np.float32) - _MIDDLE) * (pull.noise / _SD), -EDGE, EDGE)


def _ask_all(
    mood: Moods,
    habit: Singles,
    boundary: NDArray[np.uint8],
    where: NDArray[np.int16],
    marks: NDArray[np.uint8],
    asking: Asking,
    start: int,
    end: int,
    said: NDArray[np.uint8],
) -> None:
    part = slice(start, end)
    v, a = mood[part, 0], mood[part, 1]
    wish = _WHOLE + asking.eagerness * v + asking.intensity * (v * v + a * a - _QUARTER)
    drawn = (_bits(asking.key, start, end) >> _TO_24).astype(np.float32) * _UNIT
    speaks = drawn < habit[part] * asking.lively[where[part]] * wish
    speaks &= (boundary[part] & 3 != NOTHING) & (marks[part] & QUIET == 0)
    told = np.clip(v + asking.rosiness, -EDGE, EDGE)
    cell = ((a + _WHOLE) * _FOUR).astype(np.uint8) * 8 + ((told + _WHOLE) * _FOUR).astype(np.uint8)
    said[part] = np.where(speaks, cell, np.uint8(SILENCE))


def _bits(key: np.uint64, start: int, end: int) -> Words:
    return scrambled(key + (np.arange(start, end, dtype=np.uint64) + _ONE) * STRIDE)


_NUMPY = _Kernels(_gather_all, _step_all, _ask_all)
