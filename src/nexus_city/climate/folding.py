"""Folding: many check-ins become counts, and of each person only the last one counts.

`fold(key, person, at, value)` keeps, for every (key, person), the row with the largest (at, value), then
counts the kept rows of every (key, value). Which of two rows wins is decided by one packed number,
`(at << 8) | value`: the later one, and of two at the same instant the larger value. So the result depends
neither on the order of the rows, nor on how they were cut into batches, nor on the engine.

Columns are one-dimensional and of equal length:
* `key` int64: what is folded apart, e.g. the number of a window of a place. Any value.
* `person` int64: an opaque pseudonym. Any value; nothing here can say whose.
* `at` int64, 0 <= at < 2**55: milliseconds or a sequence number.
* `value` uint8: a cell of the mood plane or the number of a word.

Two engines give the same bytes: NumPy (always there) sorts; numba (the extra `fast`) partitions. There, rows
go to a log per key as they arrive; a closed log is parted by person into pieces that fit the cache, and each
piece is folded in a small hash table (Manegold, Boncz & Kersten 2002, radix-partitioned hashing). Its kernels
release the GIL, so a worker thread can fold while the event loop serves. `docs/benchmarks.md` has figures.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Engine = Literal["numpy", "numba"]

VALUES = 256
"""How many different values a uint8 column can hold."""

_AT_END = 1 << 55  # (at << 8) | value stays a positive int64
_MANY = 50_000  # rows; NumPy folds fewer in the milliseconds that loading a compiler for them would take


@dataclass(frozen=True)
class Folded:
    """Counts above zero: one row for each (key, value) that occurs, sorted by key, then value."""

    key: Ints
    value: Bytes
    count: Ints
    """People whose last value under `key` was `value`, >= 1."""

    def counts(self, key: int) -> Ints:
        """Return the counts of one key by value, int64[256]; all zero if the key does not occur."""
        rows = slice(np.searchsorted(self.key, key, "left"), np.searchsorted(self.key, key, "right"))
        counts = np.zeros(VALUES, np.int64)
        counts[self.value[rows]] = self.count[rows]
        return counts


def best_engine(rows: int) -> Engine:
    """Return the engine that folds `rows` rows soonest: numba for many, if the extra `fast` is installed."""
    return "numba" if rows >= _MANY and _numba_is_here() else "numpy"


def fold(key: Ints, person: Ints, at: Ints, value: Bytes, engine: Engine | None = None) -> Folded:
    """Count, per key and value, the people whose last row under that key has that value.

    The columns are described at the top of this module and are only read. `engine` None chooses by size; the
    result is the same. Raises `ValueError` for a column of another type, length or range.
    """
    folder = Folder(engine or best_engine(len(key)), expected=len(key))
    folder.add(key, person, at, value)
    return folder.close_many(folder.open_keys())


class Folder:
    """Folds a stream in micro-batches: add rows as they come, close a key when its window is over.

    What it holds are the rows of the open keys: 16 bytes each with numba (at least 512 a key), 24 with NumPy.
    Rows that come for a key after it was closed open it anew; who may still send is the caller's business.
    `expected` is the number of rows that will be held together, if it is known; only a matter of speed.
    """

    def __init__(self, engine: Engine | None = None, expected: int = 0) -> None:
        self._held: _Batches | _Logs
        match engine or best_engine(_MANY):
            case "numpy":
                self._held = _Batches()
            case "numba":
                self._held = _Logs(expected)
            case other:
                raise ValueError(f"the engine is 'numpy' or 'numba', not {other!r}")

    def add(self, key: Ints, person: Ints, at: Ints, value: Bytes) -> None:
        """Take one micro-batch; raises `ValueError`, and takes nothing, if a column is not as described."""
        _check(key, person, at, value)
        self._held.add(key, person, at, value)

    def open_keys(self) -> Ints:
        """Return the keys that hold rows, ascending."""
        return self._held.keys()

    def close(self, key: int) -> Ints:
        """Fold and forget one key; return its counts by value, int64[256]."""
        return self.close_many([key]).counts(key)

    def close_many(self, keys: Iterable[int]) -> Folded:
        """Fold and forget `keys`; those that hold no rows are passed over.

        Close a window's keys in one call: a call also costs as much as looking at all that is open.
        """
        return self._held.close(np.intersect1d(np.fromiter(keys, np.int64), self._held.keys()))


def _check(key: Ints, person: Ints, at: Ints, value: Bytes) -> None:
    columns: dict[str, Any] = {"key": key, "person": person, "at": at, "value": value}
    for name, column in columns.items():
        kind = np.dtype(np.uint8 if name == "value" else np.int64)
        if not isinstance(column, np.ndarray) or column.dtype != kind:
            found = column.dtype if isinstance(column, np.ndarray) else type(column).__name__
            raise ValueError(f"column '{name}' must be a NumPy array of {kind}, not {found}")
        if column.ndim != 1:
            raise ValueError(f"column '{name}' must have one dimension, not {column.ndim}")
        if column.size != key.size:
            raise ValueError(f"column '{name}' has {column.size} rows, but 'key' has {key.size}")
    if at.size and ((low := int(at.min())) < 0) | ((high := int(at.max())) >= _AT_END):
        raise ValueError(f"column 'at' must lie in 0 <= at < 2**55; it reaches from {low} to {high}")


class _Batches:
    """The NumPy engine: holds the batches as they came, sorts them when they are closed."""

    def __init__(self) -> None:
        none: Ints = np.empty(0, np.int64)
        self._batches = [(none, none, none)]

    def add(self, key: Ints, person: Ints, at: Ints, value: Bytes) -> None:
        """Hold copies: the caller may use its columns again for the next batch."""
        self._batches.append((key.copy(), person.copy(), (at << 8) | value))

    def keys(self) -> Ints:
        return np.unique(self._gathered()[0])

    def close(self, keys: Ints) -> Folded:
        key, person, packed = self._gathered()
        closing = np.isin(key, keys)
        self._batches = [(key[~closing], person[~closing], packed[~closing])]
        return _fold_by_sorting(key[closing], person[closing], packed[closing])

    def _gathered(self) -> tuple[Ints, Ints, Ints]:
        if len(self._batches) > 1:
            key, person, packed = zip(*self._batches, strict=True)
            self._batches = [(np.concatenate(key), np.concatenate(person), np.concatenate(packed))]
        return self._batches[0]


def _fold_by_sorting(key: Ints, person: Ints, packed: Ints) -> Folded:
    order = np.argsort(person) if np.all(key[1:] == key[:-1]) else np.lexsort((person, key))
    key, person = key[order], person[order]
    firsts = np.flatnonzero(_changes(key) | _changes(person))
    last = np.maximum.reduceat(packed[order], firsts) if firsts.size else packed
    key = key[firsts]
    # Number the keys 0, 1, 2 … so that (key, value) fits into one integer, whatever the keys are.
    number = np.cumsum(_changes(key)) - 1
    pairs, count = np.unique((number << 8) | (last & 0xFF), return_counts=True)
    names = key[_changes(key)]
    return Folded(names[pairs >> 8], (pairs & 0xFF).astype(np.uint8), count.astype(np.int64))


def _changes(column: Ints) -> NDArray[np.bool_]:
    """Return where `column` differs from the row before; its first row does."""
    changes = np.ones(column.size, np.bool_)
    np.not_equal(column[1:], column[:-1], out=changes[1:])
    return changes


_BLOCK = 32  # rows
_PIECE = 8192  # rows folded in one hash table: at most 4 x 16 bytes x 8192 stay in a core's own cache
_KEY, _FIRST, _LAST, _SIZE = range(4)  # columns of `logs`: key, first and last block, rows
_LOGS, _FREE, _FRESH, _SHIFT = range(4)  # of `state`


class _Arena(NamedTuple):
    """The numba engine's memory: a log of (person, packed) for each open key, as a chain of blocks."""

    slots: Ints
    """Hash index from key to log number, -1 where free; its size is a power of two."""
    logs: Ints
    rows: Ints
    """(person, packed); row i of block b stands at b * _BLOCK + i."""
    following: Ints
    """The next block of a chain, or of the chain of blocks given back."""
    state: Ints
    """Logs in use, first block given back or -1, first block never used, 64 - log2 of the index's size."""


class _Logs:
    """The numba engine: compiled functions on one arena."""

    def __init__(self, expected: int) -> None:
        self._kernels = _kernels()
        blocks = 64 + 2 * expected // _BLOCK  # memory that is not touched costs nothing
        self._arena = _Arena(*(np.empty(size, np.int64) for size in (256, (64, 4), (blocks * _BLOCK, 2), blocks, 4)))
        self._arena.state[:] = (0, -1, 0, 64 - 8)
        self._kernels.reindex(self._arena)

    def add(self, key: Ints, person: Ints, at: Ints, value: Bytes) -> None:
        columns = [np.require(column, requirements=["C", "A"]) for column in (key, person, at, value)]
        done = 0
        while (done := self._kernels.append(*columns, done, self._arena)) < key.size:
            self._make_room()

    def keys(self) -> Ints:
        return np.sort(self._arena.logs[: self._arena.state[_LOGS], _KEY])

    def close(self, keys: Ints) -> Folded:
        logs = self._arena.logs[: self._arena.state[_LOGS]]
        closing = np.flatnonzero(np.isin(logs[:, _KEY], keys))
        closing = closing[np.argsort(logs[closing, _KEY])]
        room = int(np.minimum(logs[closing, _SIZE], VALUES).sum())
        largest = int(logs[closing, _SIZE].max(initial=0))
        key, value, count = np.empty(room, np.int64), np.empty(room, np.uint8), np.empty(room, np.int64)
        # Room for the worst, that all rows are one piece, in a table at most half full.
        split, table = np.empty((largest, 2), np.int64), np.empty((4 * largest + 8, 2), np.int64)
        used = self._kernels.settle(closing, self._arena, split, table, key, value, count)
        kept = np.delete(logs, closing, axis=0)
        logs[: len(kept)] = kept
        self._arena.state[_LOGS] = len(kept)
        self._kernels.reindex(self._arena)
        return Folded(key[:used], value[:used], count[:used])

    def _make_room(self) -> None:
        slots, logs, rows, following, state = self._arena
        if state[_LOGS] == len(logs):
            slots, logs = _twice(slots), _twice(logs)
            state[_SHIFT] -= 1
        if state[_FREE] < 0 and state[_FRESH] == len(following):
            rows, following = _twice(rows), _twice(following)
        self._arena = _Arena(slots, logs, rows, following, state)
        self._kernels.reindex(self._arena)


def _twice(column: Ints) -> Ints:
    """Return a copy with room for as much again."""
    longer = np.empty((2 * len(column), *column.shape[1:]), np.int64)
    longer[: len(column)] = column
    return longer


@functools.cache
def _numba_is_here() -> bool:
    try:
        import numba  # noqa: F401, PLC0415 - half a second that only those pay who fold much
    except ImportError:
        return False
    return True


class _Kernels(NamedTuple):
    append: Callable[..., int]
    settle: Callable[..., int]
    reindex: Callable[..., None]


@functools.cache
def _kernels() -> _Kernels:
    """Compile the functions below, or load what an earlier process compiled."""
    try:
        import numba  # noqa: PLC0415 - see above
    except ImportError as error:
        raise ValueError("the engine 'numba' needs the extra: pip install 'nexus-city[fast]'") from error
    for inner in (_slot_of, _chain_block, _split_log, _fold_piece):
        numba.extending.register_jitable(inner)

    def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(kernel, nogil=True, cache=True)  # type: ignore[no-any-return]
        except RuntimeError:  # no folder where compiled code may be kept: compile once a process
            return numba.njit(kernel, nogil=True)  # type: ignore[no-any-return]

    return _Kernels(compiled(_append), compiled(_settle), compiled(_reindex))


def _slot_of(key: np.int64, arena: _Arena) -> np.int64:
    """Return the slot of the index that holds the log of `key`, or the free one where it belongs."""
    slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(arena.state[_SHIFT]))
    while arena.slots[slot] >= 0 and arena.logs[arena.slots[slot], _KEY] != key:
        slot = (slot + 1) & (arena.slots.size - 1)
    return slot


def _reindex(arena: _Arena) -> None:
    """Write the hash index of the logs in use anew."""
    arena.slots[:] = -1
    for log in range(arena.state[_LOGS]):
        arena.slots[_slot_of(arena.logs[log, _KEY], arena)] = log


def _chain_block(log: np.int64, arena: _Arena) -> bool:
    """Chain an unused block to the end of `log`; False if there is none."""
    state, logs, block = arena.state, arena.logs, arena.state[_FREE]
    if block >= 0:
        state[_FREE] = arena.following[block]
    elif state[_FRESH] < arena.following.size:
        block = state[_FRESH]
        state[_FRESH] = block + 1
    else:
        return False
    if logs[log, _SIZE] == 0:
        logs[log, _FIRST] = block
    else:
        arena.following[logs[log, _LAST]] = block
    logs[log, _LAST] = block
    return True


def _append(key: Ints, person: Ints, at: Ints, value: Bytes, start: int, arena: _Arena) -> int:
    """Append the rows from `start` on to their logs; return where a log or a block was missing."""
    logs = arena.logs
    for i in range(start, key.size):
        slot = _slot_of(key[i], arena)
        log = arena.slots[slot]
        if log < 0:
            log = arena.state[_LOGS]
            if log == logs.shape[0]:
                return i
            logs[log, _KEY] = key[i]
            logs[log, _SIZE] = 0
            arena.slots[slot] = log
            arena.state[_LOGS] = log + 1
        size = logs[log, _SIZE]
        if size & (_BLOCK - 1) == 0 and not _chain_block(log, arena):
            return i
        spot = logs[log, _LAST] * _BLOCK + (size & (_BLOCK - 1))
        arena.rows[spot, 0] = person[i]
        arena.rows[spot, 1] = (at[i] << 8) | np.int64(value[i])
        logs[log, _SIZE] = size + 1
    return key.size


def _split_log(log: np.int64, bits: int, arena: _Arena, split: Ints) -> Ints:
    """Copy a log to `split`, parted by `bits` bits of a mix of the person; return where each piece ends."""
    down = np.uint64(63 - bits)
    ends = np.zeros((1 << bits) + 1, np.int64)
    for counting in (True, False):  # first how many rows each piece gets, then the rows
        block = arena.logs[log, _FIRST]
        for done in range(0, arena.logs[log, _SIZE], _BLOCK):
            for i in range(block * _BLOCK, block * _BLOCK + min(_BLOCK, arena.logs[log, _SIZE] - done)):
                mixed = np.uint64(arena.rows[i, 0]) * np.uint64(0x9E3779B97F4A7C15)
                piece = np.int64((mixed >> np.uint64(1)) >> down)
                if counting:
                    ends[piece + 1] += 1
                else:
                    spot = ends[piece]
                    split[spot, 0], split[spot, 1] = arena.rows[i, 0], arena.rows[i, 1]
                    ends[piece] = spot + 1
            block = arena.following[block]
        if counting:
            ends = np.cumsum(ends)
    return ends


def _fold_piece(rows: Ints, table: Ints, counts: Ints) -> None:
    """Keep the largest packed number of each person in a hash table, then count the values."""
    bits = 3
    while 1 << bits < 2 * len(rows):
        bits += 1
    table[: 1 << bits, 1] = -1
    for i in range(len(rows)):
        person = rows[i, 0]
        slot = np.int64((np.uint64(person) * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(64 - bits))
        while table[slot, 1] >= 0 and table[slot, 0] != person:
            slot = (slot + 1) & ((1 << bits) - 1)
        table[slot, 0] = person
        table[slot, 1] = max(table[slot, 1], rows[i, 1])
    for packed in table[: 1 << bits, 1]:
        if packed >= 0:
            counts[packed & 0xFF] += 1


def _settle(
    closing: Ints, arena: _Arena, split: Ints, table: Ints, out_key: Ints, out_value: Bytes, out_count: Ints
) -> int:
    """Fold the logs numbered `closing`, give their blocks back, write what they count; return how many."""
    used = 0
    for log in closing:
        bits = 0
        while arena.logs[log, _SIZE] >> bits > _PIECE:
            bits += 1
        counts = np.zeros(VALUES, np.int64)
        start = 0
        for end in _split_log(log, bits, arena, split)[: 1 << bits]:
            _fold_piece(split[start:end], table, counts)
            start = end
        arena.following[arena.logs[log, _LAST]] = arena.state[_FREE]
        arena.state[_FREE] = arena.logs[log, _FIRST]
        for value in range(VALUES):
            if counts[value]:
                out_key[used], out_value[used] = arena.logs[log, _KEY], value
                out_count[used] = counts[value]
                used += 1
    return used
