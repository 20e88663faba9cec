"""Restored backups: two lives of one city, and what they say of the same people.

Goal: a second noise on a window that was already told, by restoring a copy in which it is still open; and what a day
holds of people, from a copy that outlives the day.
Method: a city lives a morning, is copied while it runs, and lives on. The copy is restored into another folder and
lives through the same hours with other noise. All rows that both lives have released are laid side by side. The copy
is searched for the day's key, the pseudonyms and the contributions.
Failure: one window of one place and audience with two values; a byte of the day in the copy.
Planted: a plain copy of the file, as any host would make it who has not read the guide.
Not failure: that the restored city is silent until its next day. It does not know what was told, so it may not speak.
"""

import contextlib
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nexus_city.ground.backup import make_copy, restore_copy
from tests.conftest import SMALL_CITY, Town

HOUR_S = 3600
Copy = Callable[[Path, Path], None]


def by_the_command(data: Path, kept: Path) -> None:
    """Copy as `nexus backup` does."""
    make_copy(data, kept, 0)


def by_hand(data: Path, kept: Path) -> None:
    """Copy the file as it stands, which is what one may not do."""
    files = (data / "nexus.sqlite3", kept)
    source, copy = (sqlite3.connect(file) for file in files)
    with contextlib.closing(source), contextlib.closing(copy):
        source.backup(copy)


def back_by_the_command(kept: Path, data: Path) -> None:
    restore_copy(kept, data, None, 0)


def back_by_hand(kept: Path, data: Path) -> None:
    data.mkdir()
    shutil.copyfile(kept, data / "nexus.sqlite3")


async def copied(folder: Path, copy: Copy) -> tuple[Town, Path]:
    """Return a city an hour and a half into its day, with forty people in an open window, and its copy."""
    town = Town(folder, secrets.token_bytes(1 << 14))
    await town.pass_time(HOUR_S + 10)
    for number in range(40):
        assert (await (await town.phone()).give(cell=number, words=["calm"])).status_code == 202
    copy(folder / "data", folder / "kept.sqlite3")
    return town, folder / "kept.sqlite3"


async def both_lives(folder: Path, copy: Copy, back: Copy) -> tuple[dict[Any, bytes], dict[Any, bytes]]:
    """Return what each of the two lives has released, by place, audience and start of the window."""
    town, kept = await copied(folder, copy)
    now_ms = town.clock.now_ms()
    await town.pass_time(30 * HOUR_S)
    first = tables(town)
    await town.close()
    (folder / "again").mkdir()
    back(kept, folder / "again" / "data")
    town = Town(folder / "again", secrets.token_bytes(1 << 14), SMALL_CITY, now_ms)
    await town.pass_time(30 * HOUR_S)
    second = tables(town)
    await town.close()
    return first, second


def tables(town: Town) -> dict[Any, bytes]:
    return {row[:3]: row[6] for row in town.released() if isinstance(row[1], int)}


def told_twice(first: dict[Any, bytes], second: dict[Any, bytes], until_s: float) -> list[Any]:
    """Return the windows of the first day that both lives have told, and not with the same numbers."""
    both = first.keys() & second.keys()
    return sorted(name for name in both if first[name] != second[name] and name[2] < until_s)


async def test_no_window_is_told_with_two_noises(tmp_path: Path) -> None:
    first, second = await both_lives(tmp_path, by_the_command, back_by_the_command)
    assert told_twice(first, second, _dawn(first)) == []
    assert len(second) > 20, "the restored city has not gone on"


async def test_a_plain_copy_is_found(tmp_path: Path) -> None:
    first, second = await both_lives(tmp_path, by_hand, back_by_hand)
    assert told_twice(first, second, _dawn(first))


def _dawn(first: dict[Any, bytes]) -> int:
    """Return the end of the first person-day; on the next one the two lives are two cities with other people."""
    start_s = min(start_s for _, _, start_s in first)
    return (start_s - 4 * HOUR_S) // (24 * HOUR_S) * 24 * HOUR_S + 28 * HOUR_S


@pytest.mark.parametrize(("copy", "holds"), [(by_the_command, False), (by_hand, True)])
async def test_a_copy_holds_nothing_of_the_day(copy: Copy, holds: bool, tmp_path: Path) -> None:
    town, kept = await copied(tmp_path, copy)
    book = town.nexus.room._book
    assert book is not None
    secrets_of_the_day = [book.key, *(person.to_bytes(8, "little") for person in book.seats), *book.keys]
    await town.close()
    found = [secret in kept.read_bytes() for secret in secrets_of_the_day]
    assert len(found) > 80
    assert any(found) is holds
