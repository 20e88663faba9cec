"""Opting out: remembered across restarts, undone on request, and no list of anybody."""

import asyncio
import secrets
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Phone, Town

from nexus_city.access import OptOuts, load_secret
from nexus_city.ground import Database

DEVICE, OTHER = secrets.token_bytes(16), secrets.token_bytes(16)


async def test_who_opts_out_is_known_after_a_restart(tmp_path: Path) -> None:
    database = Database(tmp_path)
    opt_outs = OptOuts(database, load_secret(database))
    await opt_outs.set(DEVICE, True)
    database.close()

    database = Database(tmp_path)
    again = OptOuts(database, load_secret(database))
    assert again.holds(DEVICE)
    assert not again.holds(OTHER)
    await again.set(DEVICE, False)
    assert not again.holds(DEVICE)
    database.close()

    database = Database(tmp_path)
    assert not OptOuts(database, load_secret(database)).holds(DEVICE)
    database.close()


async def test_nothing_on_disk_names_a_device(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await OptOuts(database, load_secret(database)).set(DEVICE, True)
    marks = await database.read(lambda connection: connection.execute("select mark from opt_out").fetchall())
    database.close()
    assert [len(mark) for (mark,) in marks] == [16]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert DEVICE not in written
    assert DEVICE.hex().encode() not in written


@settings(deadline=None, max_examples=25)  # each opens two databases
@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_of_wishes_at_the_same_moment_the_last_one_holds_in_memory_and_on_disk(wishes: list[bool]) -> None:
    async def wish(folder: Path) -> None:
        database = Database(folder)
        opt_outs = OptOuts(database, b"secret")
        await asyncio.gather(*(opt_outs.set(DEVICE, each) for each in wishes))
        held = opt_outs.holds(DEVICE)
        database.close()
        database = Database(folder)
        assert held == OptOuts(database, b"secret").holds(DEVICE) == wishes[-1]
        database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(wish(Path(folder)))


async def test_a_device_opts_out_and_in_again_by_its_token(town: Town) -> None:
    phone = await town.phone()
    for method in ("PUT", "PUT", "DELETE", "DELETE"):
        answer = await town.client.request(method, "/v1/me/opt-out", headers=phone.headers)
        assert (answer.status_code, answer.content) == (204, b"")


async def test_nobody_opts_out_without_a_token_of_this_city(town: Town) -> None:
    for method in ("PUT", "DELETE"):
        answer = await town.client.request(method, "/v1/me/opt-out")
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/sign-in-needed"
    stranger = Phone(town.client, "A" * 43)
    assert (await town.client.put("/v1/me/opt-out", headers=stranger.headers)).status_code == 401


async def test_the_city_says_that_it_honours_global_privacy_control(town: Town) -> None:
    answer = await town.client.get("/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["gpc"] is True
    assert answer.json()["lastUpdate"].count("-") == 2
