"""The book: what is in the open windows of today, in memory, as a function of the committed log.

A contribution is 56 bytes: a day pseudonym, where it was given, who will speak it, the window, a turn (a running
number: the order of arrival without its time), cell and audience in one byte (`model.value_of`), whether research may
have it, words, and the fingerprint of its key. Nothing else about a person exists on the server.
"""

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import Continual, Spending
from nexus_city.climate.model import ERASED
from nexus_city.climate.plan import DayPlan

RECORD = np.dtype(
    [
        ("person", "<i8"),
        ("place", "<i4"),
        ("speaker", "<i4"),
        ("start_s", "<i8"),
        ("turn", "<i8"),
        ("value", "u1"),
        ("research", "u1"),
        ("words", "<u2", (3,)),
        ("key", "u1", (16,)),
    ]
)
_PACKED = struct.Struct("<qiiqqBB3H16s")
NO_WORD = 0xFFFF
UNWORDED = (NO_WORD, NO_WORD, NO_WORD)
KEY_BYTES = 16

RECORD_BYTES = RECORD.itemsize
if _PACKED.size != RECORD_BYTES:
    raise AssertionError("the two descriptions of a contribution disagree")


@dataclass(slots=True)
class Contribution:
    """One counted check-in."""

    person: int
    place: int
    speaker: int
    start_s: int
    turn: int
    value: int
    """Audience and cell, see `model.value_of`."""
    research: bool
    words: tuple[int, int, int]
    key: bytes
    row: int = 0
    """Row of the log in which it is kept."""
    seat_number: int = 0
    """How many seats of the person-day were taken when this one was."""

    def pack(self) -> bytes:
        """Return the 56 bytes that the log keeps."""
        where = (self.person, self.place, self.speaker, self.start_s, self.turn)
        return _PACKED.pack(*where, self.value, self.research, *self.words, self.key)

    @property
    def seat(self) -> tuple[int, int]:
        """Speaker and window, which is one released table: a person sits there once, and so moves one cell of it.

        Not place and window: two places that rest may have one speaker, and a person who was at both would move one
        cell of its table by two, which costs more over many days than two cells by one (`boundaries.ledger`).
        """
        return self.speaker, self.start_s


def unpack(rows: bytes, row: int) -> Iterable[Contribution]:
    """Yield the contributions of one row of the log."""
    for person, place, speaker, start_s, turn, value, research, w0, w1, w2, key in _PACKED.iter_unpack(rows):
        yield Contribution(person, place, speaker, start_s, turn, value, bool(research), (w0, w1, w2), key, row)


@dataclass(slots=True)
class LiveTable:
    """The table of a live place, which is told again at every step of the day."""

    mechanism: Continual
    state: bytes
    """Its noise, after the last step that was released."""
    told: bytearray = field(default_factory=bytearray)
    """Packed contributions of the steps that were told: whoever gave them may still stand there."""

    def __repr__(self) -> str:
        return f"<LiveTable, {len(self.told) // RECORD_BYTES} told>"  # its state is a secret, in tracebacks too


@dataclass
class Book:
    """Today: its plan, its key, who sits where, and the open windows."""

    plan: DayPlan
    key: bytes
    closed_s: int
    """Windows that ended at or before this instant have been released."""
    spending: Spending
    """What the releases of the day can have cost one person."""
    spent: bool
    """Whether a release was refused; then nothing more is taken today."""
    turn: int = 0
    row: int = 0
    """Last row of the log."""
    seats: dict[int, dict[tuple[int, int], list[bytes]]] = field(default_factory=dict)
    """Person → seat → keys given there, oldest first."""
    keys: dict[bytes, Contribution | None] = field(default_factory=dict)
    """Fingerprint → contribution; None when it was taken back or spoken on another day."""
    open: dict[tuple[int, int], bytearray] = field(default_factory=dict)
    """(speaker, window start) → packed contributions."""
    live: dict[int, LiveTable] = field(default_factory=dict)
    """Speaker → its table, of those that are live."""

    def takes(self, seat: tuple[int, int]) -> int:
        """Return how many of the m seats of a person-day somebody takes who sits at this one."""
        live = self.live.get(seat[0])
        return live.mechanism.seats if live else 1

    def taken(self, person: int) -> int:
        """Return how many of the m seats a person has taken today."""
        return sum(map(self.takes, self.seats.get(person, ())))

    def add(self, given: Contribution) -> None:
        """Write down a contribution that was admitted."""
        seats = self.seats.setdefault(given.person, {})
        seats.setdefault(given.seat, []).append(given.key)
        given.seat_number = self.taken(given.person) if self.live else len(seats)
        self.keys[given.key] = given
        self.open.setdefault((given.speaker, given.start_s), bytearray()).extend(given.pack())
        self.turn = max(self.turn, given.turn)

    def take_back(self, given: Contribution) -> list[Contribution]:
        """Empty the seat of `given`; return everything that had been given there."""
        keys = self.seats[given.person].pop(given.seat)
        emptied = [kept for key in keys if (kept := self.keys[key]) is not None]
        for key in keys:
            self.keys[key] = None
        window = self.open[(given.speaker, given.start_s)]
        window[:] = rewritten(bytes(window), dict.fromkeys(keys, b""))
        return emptied

    def given_by(self, person: int) -> list[Contribution]:
        """Return all that is still held of a person's check-ins, oldest first."""
        keys = [key for seat in self.seats.get(person, {}).values() for key in seat]
        held = [given for key in keys if (given := self.keys[key]) is not None]
        return sorted(held, key=lambda given: given.turn)

    def is_open(self, given: Contribution) -> bool:
        """Whether a contribution has not been released yet."""
        return given.seat in self.open

    def close(self, speaker: int, start_s: int) -> None:
        """Close a window that was released; what was given at a live place goes on standing there."""
        given = self.open.pop((speaker, start_s), b"")
        if speaker in self.live:
            self.live[speaker].told += given

    def forget(self, given: Collection[Contribution], *, wholly: bool) -> None:
        """Forget of contributions that were released what is still to be: `wholly` all but that they had seats.

        At a live place that is all of it: from the next step on its person stands nowhere.
        """
        anew: dict[int, dict[bytes, bytes]] = {}
        for each in given:
            each.words, each.research = UNWORDED, False
            if wholly or each.speaker in self.live:
                each.value = ERASED
            if each.speaker in self.live:
                anew.setdefault(each.speaker, {})[each.key] = each.pack()
        for speaker, changes in anew.items():  # a whole day's rows are gone through, once
            told = self.live[speaker].told
            told[:] = rewritten(bytes(told), changes)

    def standing(self, speaker: int, start_s: int) -> NDArray[np.void]:
        """Return all contributions to a live place up to the open step that begins at `start_s`, as RECORD."""
        return np.frombuffer(bytes(self.live[speaker].told + self.open.get((speaker, start_s), b"")), dtype=RECORD)

    def window(self, speaker: int, start_s: int) -> NDArray[np.void]:
        """Return the contributions of one open window as an array of RECORD."""
        return np.frombuffer(bytes(self.open.get((speaker, start_s), b"")), dtype=RECORD)


def rewritten(rows: bytes, anew: Mapping[bytes, bytes]) -> bytes:
    """Return packed contributions `rows`, with what `anew` says in place of those of its keys: b"" for nothing."""
    each = (rows[at : at + RECORD_BYTES] for at in range(0, len(rows), RECORD_BYTES))
    return b"".join(anew.get(row[-KEY_BYTES:], row) for row in each)
