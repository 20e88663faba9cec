"""What the city keeps of those who tend it: handed out to them whole, and gone from copies once it is removed."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.access.staff.office import PASSWORD, Office
from tests.conftest import Town, problem

from nexus_city.ground.backup import make_copy, restore_copy
from nexus_city.ground.erasures import LIST


@pytest.fixture
async def office(town: Town) -> AsyncIterator[Office]:
    found = Office(town)
    yield found
    await found.close()


async def test_an_account_takes_along_all_that_is_kept_of_it_and_nothing_that_lets_anybody_in(office: Office) -> None:
    ada = await office.architect()
    token = (await ada.post("/v1/account/tokens", json={"label": "wall", "scopes": ["light:read"]})).json()
    told = (await ada.get("/v1/account/export")).json()
    assert told["account"]["name"] == "Ada"
    assert told["account"] == (await ada.get("/v1/account")).json()
    assert "account.token" in [each["act"] for each in told["acts"]]
    for secret in (PASSWORD, token.get("token", "nxt_"), "argon2"):
        assert secret not in json.dumps(told)


async def test_nobody_takes_an_account_along_without_its_session(town: Town) -> None:
    problem(await town.client.get("/v1/account/export"), 401)


async def test_an_account_that_was_removed_does_not_come_back_with_an_older_copy(
    office: Office, town: Town, tmp_path: Path
) -> None:
    ada = await office.architect()
    await office.join(ada, "moderator", "Ben")
    data = town.folder / "data"
    make_copy(data, tmp_path / "copy", 1)
    answer = await ada.delete(f"/v1/people/{await office.id_of(ada, 'Ben')}")
    assert answer.status_code == 204, answer.text
    assert restore_copy(tmp_path / "copy", tmp_path / "back", data / LIST, 2).erased == 1
    with closing(sqlite3.connect(tmp_path / "back" / "nexus.sqlite3")) as connection:
        assert connection.execute("select name from account").fetchall() == [("Ada",)]
        assert connection.execute("select * from session union all select * from session").fetchall() == []


async def test_who_could_not_be_removed_is_not_on_the_list(office: Office, town: Town) -> None:
    """The last architect stays, also after a restart, when what stands on the list is done."""
    ada = await office.architect()
    answer = await ada.delete(f"/v1/people/{await office.id_of(ada, 'Ada')}")
    assert answer.status_code in (403, 409), answer.text
    assert not (town.folder / "data" / LIST).exists()
