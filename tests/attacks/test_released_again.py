"""Released again: asking for the same window until the noise averages out.

Goal: a second draw of noise for what was released, by asking often, at every address, after a restart, with another
machine's noise, or by making the city forget that it has released.
Method: a morning is released, then every address at which its numbers can be read is asked sixty times, with three
restarts in between, each with other noise to draw from. Then the memory of what was closed is taken away.
Failure: another byte; a byte of noise that is drawn to answer; a second row for one place, audience and window.
Planted: a reader that adds fresh noise, with which sixty answers tell a cell to within one person.
Not failure: that a city which has forgotten what it closed refuses to start. It may not release again, so it stops.
"""

import secrets
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nexus_city.boundaries import Budget, DiscreteLaplace, draw_noise, release, reload
from nexus_city.climate import store
from nexus_city.ground import OsRandomness
from tests.conftest import Phone, Town

HOUR_S = 3600
ADDRESSES = [f"/v1/places/{place}/{page}" for place in ("square", "east", "city") for page in ("climate", "history")]
ADDRESSES += ["/v1/places/city/words", "/v1/ledger", "/v1/research/days", "/v1/research/days.csv", "/v1/vitals/days"]


async def asked(town: Town) -> list[bytes]:
    return [(await town.client.get(address)).content for address in ADDRESSES]


async def lived(folder: Path, hours: float = 19.5) -> Town:
    town = Town(folder, secrets.token_bytes(1 << 14))
    for number in range(30):
        await (await town.phone()).give(cell=number, words=["calm"])
    await town.pass_time(hours * HOUR_S)
    return town


async def answers_of_sixty(folder: Path) -> list[list[bytes]]:
    """Return what is answered to sixty rounds of questions, with a restart every twenty."""
    town = await lived(folder)
    now_ms, answers = town.clock.now_ms(), []
    for _ in range(3):
        drawn = town.tape.drawn
        answers += [await asked(town) for _ in range(20)]
        assert town.tape.drawn == drawn, "an answer drew noise"
        await town.close()
        town = Town(folder, secrets.token_bytes(1 << 14), at_ms=now_ms)
    await town.close()
    return answers


async def test_sixty_questions_have_one_answer(tmp_path: Path) -> None:
    answers = await answers_of_sixty(tmp_path)
    assert all(each == answers[0] for each in answers)
    assert len(answers) == 60


async def test_a_reader_that_adds_fresh_noise_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = DiscreteLaplace(Budget().words_scale)

    def afresh(stored: bytes) -> Any:
        counts = reload(stored).counts.copy()
        return release(counts, draw_noise(words, OsRandomness(), counts.size))

    monkeypatch.setattr(store, "reload", afresh)
    answers = await answers_of_sixty(tmp_path)
    assert any(each != answers[0] for each in answers)


async def test_a_city_that_forgot_what_it_closed_releases_nothing_twice(tmp_path: Path) -> None:
    town = await lived(tmp_path, 3.1)
    before, now_ms = town.released(), town.clock.now_ms()
    await town.nexus.database.write(lambda connection: connection.execute("update day set closed_s = start_s"))
    await town.close()
    with pytest.raises(Exception, match=r"UNIQUE constraint failed"):
        Town(tmp_path, secrets.token_bytes(1 << 14), at_ms=now_ms)
    connection = sqlite3.connect(tmp_path / "data" / "nexus.sqlite3")
    tables = connection.execute("select * from release order by place, strand, start_s").fetchall()
    connection.close()
    assert tables == [row for row in before if isinstance(row[1], int)][: len(tables)]


async def test_a_device_that_asks_again_with_its_old_key_is_not_counted_again(tmp_path: Path) -> None:
    """A late repeat, after the window was released: refused with what it was, or answered as it was."""
    town = Town(tmp_path, secrets.token_bytes(1 << 14))
    phone = Phone(town.client, (await town.phone()).headers["authorization"].removeprefix("Bearer "))
    body = {"key": "k" * 22, "cell": 9, "audience": "city"}
    path = "/v1/places/square/check-ins"
    first = await town.client.post(path, json=body, headers=phone.headers)
    await town.pass_time(HOUR_S + 10)
    again = await town.client.post(path, json=body, headers=phone.headers)
    await town.close()
    assert again.json()["counted_today"] == first.json()["counted_today"] == 1
    assert again.json()["window"] == first.json()["window"]


def test_sixty_fresh_noises_would_tell_a_number_to_within_one() -> None:
    """What a second draw is worth: the mean of sixty has an error of 0.8 people, and of one 6.3."""
    noise = DiscreteLaplace(Budget().grid_scale)
    means = noise.draw(OsRandomness(), 60 * 4000).reshape(4000, 60).mean(axis=1)
    assert float(np.std(means)) == pytest.approx((noise.variance / 60) ** 0.5, rel=0.1)
    assert float(np.std(means)) < 1
