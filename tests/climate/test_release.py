"""Releases: once, heard by everybody who may, the same bytes for ever, also when the server slept or restarted."""

import datetime as dt
import secrets
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from tests.conftest import ZERO_NOISE, Town

from nexus_city.climate.mixture import mix
from nexus_city.climate.model import HERE, ONWARD, Climate
from nexus_city.climate.store import Table, climates_after

HOUR_S = 3600
TAPE = secrets.token_bytes(4096)


async def tables(town: Town) -> list[Table]:
    return await town.nexus.database.read(town.tables)


async def climates(town: Town) -> list[Climate]:
    rows = await town.nexus.database.read(lambda c: climates_after(c, 0, 2**40, None, 10_000))
    return [msgspec.json.decode(body, type=Climate) for _, _, body in rows]


async def crowd(town: Town, **places: int) -> None:
    """Let as many people as are named give a feeling at each place; cells go round."""
    for place, people in places.items():
        for number in range(people):
            await (await town.phone()).give(place, number * 5 % 64, "place" if number % 4 == 0 else "city")


async def test_every_place_that_speaks_is_released_once_for_every_window_and_strand(town: Town) -> None:
    await crowd(town, square=8)
    await town.pass_time(26 * HOUR_S)
    found = await tables(town)
    keys = [(table.place, table.strand, table.start_s) for table in found]
    assert len(keys) == len(set(keys))
    for place, strand in {(table.place, table.strand) for table in found}:
        mine = sorted((t.start_s, t.end_s) for t in found if (t.place, t.strand) == (place, strand))
        assert all(end == start for (_, end), (start, _) in pairwise(mine)), "a window is missing"
    assert {table.place for table in found} >= {"city", "east", "square", "gallery"}


async def test_every_voice_is_in_exactly_one_table(town: Town) -> None:
    await crowd(town, square=12, nook=8, east=4, city=4)
    await town.pass_time(HOUR_S + 10)
    heard = {(table.place, table.strand): int(table.released.counts.sum()) for table in await tables(town)}
    assert heard == {
        ("square", HERE): 3,
        ("square", ONWARD): 9,
        ("gallery", HERE): 0,
        ("gallery", ONWARD): 0,
        ("east", HERE): 1,
        ("east", ONWARD): 3 + 6,  # and the nook's six that may leave it; its two others stayed on their phones
        ("city", ONWARD): 4,
    }


async def test_a_parent_is_the_sum_of_what_was_released_below_it_and_its_own_remainder(tmp_path: Path) -> None:
    """With noise: what is summed are released tables, so that no voice is paid for twice."""
    town = Town(tmp_path, TAPE)
    await crowd(town, square=40, nook=12, east=6, city=5)
    await town.pass_time(2 * HOUR_S + 10)
    found = await tables(town)
    for climate in await climates(town):
        above = {"square": [], "gallery": [], "east": ["square", "gallery"], "city": ["square", "gallery", "east"]}
        heard = [
            table
            for table in found
            if iso_s(climate.window.start) < table.end_s <= iso_s(climate.window.end)
            and (table.place == climate.place or (table.place in above[climate.place] and table.strand == ONWARD))
        ]
        shares, _ = mix([table.moods for table in heard], climate.grid, town.nexus.room.desk.variance)
        assert climate.mixture in (None, pytest.approx(shares, abs=1e-6))
        assert climate.people == max(0, sum(int(table.released.counts.sum()) for table in heard))
    await town.close()


def iso_s(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


async def test_a_place_with_too_few_voices_says_so_and_shows_no_mixture(town: Town) -> None:
    """Forty are too few for 4×4 cells under the noise of two tables, though the tape's noise is zero."""
    for cell in [0] * 30 + [63] * 10:
        await (await town.phone()).give(cell=cell)
    await town.pass_time(HOUR_S + 10)
    climate = next(each for each in await climates(town) if each.place == "square")
    assert (climate.state, climate.mixture, climate.people) == ("quiet", None, 40)
    assert climate.uncertainty > 0.2


async def test_a_climate_says_how_sure_it_is_and_what_it_costs(tmp_path: Path) -> None:
    one_place = 'timezone = "UTC"\n[[place]]\nid = "hall"\nname = "Hall"\nkind = "city"\nexpected_crowd = 900\n'
    town = Town(tmp_path, city=one_place)
    for number in range(160):
        await (await town.phone()).give("hall", 0 if number % 4 else 63)
    await town.pass_time(12 * HOUR_S)
    climate = (await climates(town))[0]
    assert climate.state == "speaks"
    assert climate.grid == 2
    assert climate.mixture == pytest.approx([0.75, 0, 0, 0.25])
    assert climate.people == 160
    assert climate.people_sd > 0
    assert 0 < climate.uncertainty <= 0.2
    assert climate.epsilon.day == 1.0
    assert climate.epsilon.thirty_days > climate.epsilon.day
    assert climate.framework == "nexus-1"
    await town.close()


# --- for ever --------------------------------------------------------------------------------------------------------


async def reopened(town: Town, tape: bytes = TAPE) -> Town:
    """Stop a city and start another server on the same folder, at the same time; its tape plays from the start."""
    now_ms = town.clock.now_ms()
    await town.close()
    return Town(town.folder, tape, at_ms=now_ms)


async def test_a_restart_changes_no_byte_of_what_was_released(tmp_path: Path) -> None:
    town = Town(tmp_path, TAPE)
    await crowd(town, square=20)
    await town.pass_time(3 * HOUR_S + 10)
    before, said = town.released(), await all_answers(town)
    for tape in (TAPE, secrets.token_bytes(512)):
        town = await reopened(town, tape)
        assert town.released() == before
        assert await all_answers(town) == said
    await town.close()


async def all_answers(town: Town) -> list[bytes]:
    paths = [f"/v1/places/{place}/{what}" for place in ("square", "east", "city") for what in ("climate", "history")]
    return [(await town.client.get(path)).content for path in (*paths, "/v1/ledger")]


async def test_asking_again_makes_no_new_noise(tmp_path: Path) -> None:
    town = Town(tmp_path, TAPE)
    await town.pass_time(2 * HOUR_S)
    drawn, said = town.tape.drawn, await all_answers(town)
    for _ in range(5):
        assert await all_answers(town) == said
    assert town.tape.drawn == drawn
    await town.close()


async def test_noise_is_drawn_before_the_window_closes_and_however_many_spoke(tmp_path: Path) -> None:
    drawn = []
    for people in (0, 9):
        (tmp_path / str(people)).mkdir()
        town = Town(tmp_path / str(people), TAPE)
        await town.pass_time(1)
        drawn.append([town.tape.drawn])
        await crowd(town, square=people)
        drawn[-1].append(town.tape.drawn)
        await town.pass_time(5 * HOUR_S)
        drawn[-1].append(town.tape.drawn)
        await town.close()
    assert drawn[0] == drawn[1]
    assert drawn[0][0] == drawn[0][1] > 0


async def test_what_was_counted_before_a_restart_is_released_after_it(tmp_path: Path) -> None:
    town = Town(tmp_path)
    await crowd(town, square=8)
    town = await reopened(town, ZERO_NOISE)
    await crowd(town, square=4)
    await town.pass_time(HOUR_S + 10)
    assert sum(int(table.released.counts.sum()) for table in await tables(town)) == 12
    await town.close()


async def test_windows_that_ended_while_the_server_slept_are_released_at_its_start(tmp_path: Path) -> None:
    town = Town(tmp_path)
    await crowd(town, square=8)
    folder, now_ms = town.folder, town.clock.now_ms()
    await town.close()
    late = Town(folder, ZERO_NOISE, at_ms=now_ms + 5 * HOUR_S * 1000)
    found = [table for table in await tables(late) if table.place == "square"]
    assert len({table.start_s for table in found}) == 5
    assert sum(int(table.released.counts.sum()) for table in found) == 8
    await late.close()


async def test_a_day_that_was_slept_through_is_ended_and_teaches_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)
    await crowd(town, square=8)
    rungs, folder, now_ms = dict(town.nexus.room.plan.rungs), town.folder, town.clock.now_ms()
    await town.close()
    late = Town(folder, at_ms=now_ms + 3 * 24 * HOUR_S * 1000)
    assert late.nexus.room.plan.day.date == "2026-11-27"
    assert dict(late.nexus.room.plan.rungs) == rungs
    left = await late.nexus.database.read(
        lambda c: c.execute("select count(*) from intake_log where length(batch) > 0").fetchone()
    )
    keys = await late.nexus.database.read(lambda c: c.execute("select key is null from day order by date").fetchall())
    assert left == (0,)
    assert [gone for (gone,) in keys] == [1] * (len(keys) - 1) + [0]
    await late.close()


# --- words -----------------------------------------------------------------------------------------------------------


async def test_words_are_released_once_a_day_for_the_whole_city(town: Town) -> None:
    for number in range(70):
        await (await town.phone()).give("nook" if number % 2 else "square", words=["calm", "proud"][: 1 + number % 2])
    await town.pass_time(10 * HOUR_S)
    assert (await town.client.get("/v1/places/square/words")).json()["day"] is None
    await town.pass_time(10 * HOUR_S)
    for place in ("square", "city"):
        said = (await town.client.get(f"/v1/places/{place}/words")).json()
        assert (said["place"], said["day"]) == ("city", "2026-11-24")
        assert said["words"] == []  # 70 people do not stand out of a noise of ±42
    await town.pass_time(24 * HOUR_S)
    assert (await town.client.get("/v1/places/square/words")).json()["day"] == "2026-11-25"


async def test_words_that_stand_out_are_told_with_their_share(town: Town) -> None:
    for number in range(110):
        await (await town.phone()).give(words=["calm"] if number else ["proud"])
    await town.pass_time(20 * HOUR_S)
    said = (await town.client.get("/v1/places/city/words")).json()
    assert said["words"] == [{"id": "calm", "count": 109, "share": 1.0}]
    assert said["sd"] == pytest.approx(42.4, abs=0.1)


# --- the ledger ------------------------------------------------------------------------------------------------------


async def test_the_ledger_is_never_behind_the_release(town: Town) -> None:
    for hours in (0.1, 1, 20):
        await town.pass_time(hours * HOUR_S)
        days = (await town.client.get("/v1/ledger")).json()["days"]
        released = len(town.released()) - len(await climates(town))
        assert sum(day["tables"] for day in days) == released
        assert all(bool(day["epsilon"]) == bool(day["tables"]) and day["epsilon"] <= 1 for day in days)
    assert days[1]["epsilon"] == 1.0  # a whole day with its words
