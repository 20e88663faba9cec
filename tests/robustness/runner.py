"""One life of a city under fire: `nexus serve` on a fast clock, in a process that the test will kill.

A life is forked from a process that has imported everything already, so that two hundred of them take minutes. It
serves by the command's own `run`; what differs from `nexus serve` is handed in: the clock, the noise, and, for the
mutants, one deliberate fault.
"""

import asyncio
import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from nexus_city.access.staff import accounts
from nexus_city.app import Nexus
from nexus_city.boundaries import Budget, DiscreteLaplace
from nexus_city.cli.serving import run
from nexus_city.climate import intake, store
from nexus_city.ground import Database, Settings, SystemClock, Tape, database

Mutant = Literal["acknowledges-before-the-commit", "releases-outside-the-transaction", "forgets-keys"]

CITY = """
timezone = "UTC"

[[place]]
id = "city"
name = "The City"
kind = "city"

[[place]]
id = "harbour"
name = "The Harbour"
parent = "city"
expected_crowd = 4_000_000

[[place]]
id = "market"
name = "The Market"
parent = "city"
expected_crowd = 4_000_000

[[place]]
id = "bench"
name = "The Bench"
parent = "city"
"""
"""Two places whose windows close every quarter of an hour, and one that rests: there the city speaks."""

RATE = 3600.0
"""City seconds per second: a window closes every quarter of a second, a person-day is over in 24 s."""


@dataclass(frozen=True)
class Life:
    """What one process needs to know."""

    data: Path
    city: Path
    log: Path
    port: int
    born_s: float
    """Real time at which the city's clock showed `born_ms`: all lives of a city share one clock."""
    born_ms: int
    noise: int
    """Every draw of grid noise in this life is this number, so that a second draw in another life would be seen."""
    mutant: Mutant | None = None


accounts._hash_of_nobody()  # slow, and kept: forked lives find it done


def live(life: Life) -> None:
    """Serve until killed or told to stop."""
    with life.log.open("a") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    if life.mutant:
        _MUTANTS[life.mutant]()
    settings = Settings(
        data=life.data, city=life.city, port=life.port, settle_s=0.05, canary=False, check_ins_per_minute=100_000
    )
    clock = SystemClock(RATE, life.born_ms + int((time.time() - life.born_s) * 1000 * RATE))
    run(Nexus(settings, clock, steady(life.noise)), settings, lambda _: asyncio.sleep(0))


def steady(noise: int) -> Tape:
    """Return randomness by which every draw of grid noise is `noise`."""
    return Tape(_bits(noise).to_bytes(8, "little"))


def word_noise(noise: int) -> int:
    """Return what the same randomness makes of a draw of word noise."""
    return _drawn(DiscreteLaplace(Budget().words_scale), _bits(noise))


def _bits(noise: int) -> int:
    """Return the smallest 64 bits of which a draw of grid noise is `noise`: draws rise with their bits."""
    mechanism = DiscreteLaplace(Budget(epsilon=Fraction(1)).grid_scale)
    low, high = 0, 2**64 - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _drawn(mechanism, middle) >= noise else (middle + 1, high)
    return low


def _drawn(mechanism: DiscreteLaplace, bits: int) -> int:
    return int(mechanism.draw(Tape(bits.to_bytes(8, "little")), 1)[0])


# --- the faults that the oracle must see ------------------------------------------------------------------------------


def _acknowledge_before_the_commit() -> None:
    def commit(self: Any, orders: list[Any]) -> None:
        self._connection.execute("begin immediate")
        for order in orders:
            order.outcome = database._attempt(self._connection, order.job)
        orders[0].loop.call_soon_threadsafe(database._answer, orders)
        time.sleep(0.02)
        self._connection.execute("commit")

    Database._commit = commit  # type: ignore[method-assign]


def _release_outside_the_transaction() -> None:
    """Commit tables and climates, and only then, in a transaction of its own, that their windows are closed."""
    closed = store.save_closed

    def save_closed(connection: sqlite3.Connection, date: str, closed_s: int) -> None:
        with contextlib.suppress(sqlite3.OperationalError):  # while starting there is no savepoint
            connection.execute("release job")
        connection.execute("commit")
        time.sleep(0.2)
        connection.execute("begin immediate")
        connection.execute("savepoint job")
        closed(connection, date, closed_s)

    def replacing(insert: Callable[..., None]) -> Callable[..., None]:
        def append(connection: sqlite3.Connection, *row: Any) -> None:
            insert(_Replacing(connection), *row)

        return append

    store.save_closed = save_closed
    store.append_table = replacing(store.append_table)
    store.append_climate = replacing(store.append_climate)


class _Replacing:
    """A connection that overwrites where it should refuse."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Any) -> Any:
        return self._connection.execute(sql.replace("insert into", "insert or replace into"), values)


def _forget_keys() -> None:
    """Take a repeated act for a new one; and answer late, so that many answers are lost."""
    intake.fingerprint = lambda *_: os.urandom(16)
    answer = database._answer
    database._answer = lambda orders: orders[0].loop.call_later(0.02, answer, orders)


_MUTANTS: dict[Mutant, Callable[[], None]] = {
    "acknowledges-before-the-commit": _acknowledge_before_the_commit,
    "releases-outside-the-transaction": _release_outside_the_transaction,
    "forgets-keys": _forget_keys,
}
