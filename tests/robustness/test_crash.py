"""A city that is killed again and again, and keeps its word.

Goal: nothing that was acknowledged is lost, nothing is counted twice, and every window is released once, with the same
bytes for ever, wherever `kill -9` strikes.

Method: a real server, in a process of its own, with its database in a folder, on a clock on which windows close four
times a second and a person-day ends every 24 s. Two dozen phones give, change and take back without pause; each does
one thing at a time and repeats it with the same key until there is an answer. A wall follows the stream and comes back
with its last id. The server is killed 20 to 400 ms after it answers, or while it starts, and started again. After each
death a copy of its file is read: whatever was ever released must still be there, byte for byte. At the end the city is
left in peace until its windows have closed, is asked to stop, and an oracle (`oracle.py`: plain dictionaries of what
phones were told) is compared with every released table, every word and every climate. The noise of a life is one and
the same number in every cell, and each life has another number, so tables can be read exactly, and a window that is
noised a second time in another life shows other bytes.

Failure: a cell of a released table that differs from what was acknowledged; a table, climate or word count that was
there after one death and is another after the next; a window that is missing or was released twice; a person counted
more than four times a day; a wall that hears a climate twice, or misses one; a server that cannot start again, or
writes a traceback.

Not failure: an act whose answer was lost and which was not written down (the phone repeats it); an act whose answer was
lost and whose repeat is told that the window was released meanwhile (the oracle allows both outcomes, for that seat
alone); slowness. Power cuts are not tested: a killed process leaves the operating system's cache alive.
"""

from pathlib import Path

import pytest

from tests.robustness.fire import Fire
from tests.robustness.runner import Mutant


async def test_eight_deaths(tmp_path: Path) -> None:
    await burn(tmp_path, 8)


@pytest.mark.long
async def test_two_hundred_deaths(tmp_path: Path) -> None:
    await burn(tmp_path, 200)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # two dozen phones are cancelled at once
@pytest.mark.long
@pytest.mark.parametrize(
    ("mutant", "found"),
    [
        ("acknowledges-before-the-commit", "phones were told"),
        ("releases-outside-the-transaction", "is another or gone after a crash|budget-spent"),
        ("forgets-keys", "phones were told|refused as the fifth of"),
    ],
)
async def test_the_oracle_sees_a_city_that(mutant: Mutant, found: str, tmp_path: Path) -> None:
    """Without this the tests above could be blind."""
    with pytest.raises(AssertionError, match=found):
        await Fire(tmp_path, mutant).burn(8)


async def burn(folder: Path, kills: int) -> None:
    """Kill a city, and check that there was something to lose."""
    fire = Fire(folder)
    await fire.burn(kills)
    piles = [piles for person in fire.oracle.people for piles in person.seats.values()]
    assert fire.counted > 5 * kills
    assert fire.kept > 0
    assert fire.lost > 0
    assert 2 * sum(len(each) == 1 for each in piles) > len(piles), "the oracle knows too little to judge"
