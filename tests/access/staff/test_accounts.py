"""Architects' accounts: the setup code works once, and a wrong name and a wrong password sound alike."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from nexus_city.access.staff.accounts import _STEPS, Accounts
from nexus_city.access.staff.sessions import SESSION_LIFE_S, Sessions
from nexus_city.ground import Database
from nexus_city.ground.errors import BadInput, NotAllowed, SignInNeeded

PASSWORD = "four quiet grey stones"


class House:
    """Accounts on a clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_800_000_000.0
        self.database = Database(folder)
        self.accounts = Accounts(self.database, lambda: self.now_s)
        self.sessions = Sessions(self.database, lambda: self.now_s)

    async def founded(self) -> None:
        await self.accounts.found(self.accounts.setup_code() or "", "Ada", PASSWORD)

    def names(self) -> list[str]:
        return [name for (name,) in self._rows("select name from account")]

    async def sign_in(self) -> str:
        account = await self.accounts.check_password("Ada", PASSWORD)
        return await self.sessions.begin(account.name, "")

    def kept_sessions(self) -> int:
        return len(self._rows("select 1 from session"))

    def _rows(self, query: str) -> list[tuple[str]]:
        return self.database.now(lambda connection: connection.execute(query).fetchall())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.database.close()


async def refusal_of(accounts: Accounts, name: str, password: str) -> SignInNeeded:
    with pytest.raises(SignInNeeded) as caught:
        await accounts.check_password(name, password)
    return caught.value


async def test_the_first_architect_is_made_with_the_code_and_can_sign_in(house: House) -> None:
    assert not house.accounts.founded()
    await house.founded()
    assert house.accounts.founded()
    token = await house.sign_in()
    assert house.sessions.holder(token) == "Ada"


async def test_spaces_around_a_name_are_no_part_of_it(house: House) -> None:
    await house.accounts.found(house.accounts.setup_code() or "", " Ada ", PASSWORD)
    assert (await house.accounts.check_password("Ada", PASSWORD)).role == "architect"


async def test_a_setup_code_works_once(house: House) -> None:
    code = house.accounts.setup_code() or ""
    await house.accounts.found(f" {code}\n", "Ada", PASSWORD)
    with pytest.raises(NotAllowed) as caught:
        await house.accounts.found(code, "Eve", PASSWORD)
    assert caught.value.field == "code"
    assert house.accounts.setup_code() is None
    assert house.names() == ["Ada"]


async def test_only_the_newest_code_works(house: House) -> None:
    old, new = house.accounts.setup_code() or "", house.accounts.setup_code() or ""
    with pytest.raises(NotAllowed):
        await house.accounts.found(old, "Ada", PASSWORD)
    await house.accounts.found(new, "Ada", PASSWORD)


@pytest.mark.parametrize("code", ["", "0" * 12, "ünwahr", "\x00"])
async def test_a_wrong_code_makes_nobody_and_leaves_the_right_one_valid(house: House, code: str) -> None:
    right = house.accounts.setup_code() or ""
    with pytest.raises(NotAllowed, match="not valid"):
        await house.accounts.found(code, "Eve", PASSWORD)
    assert house.names() == []
    await house.accounts.found(right, "Ada", PASSWORD)


async def test_a_short_password_is_refused_and_leaves_the_code_valid(house: House) -> None:
    code = house.accounts.setup_code() or ""
    with pytest.raises(BadInput, match="fewer than 12") as caught:
        await house.accounts.found(code, "Ada", "eleven char")
    assert caught.value.field == "password"
    await house.accounts.found(code, "Ada", "twelve chars")


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(house: House) -> None:
    await house.founded()
    unknown = await refusal_of(house.accounts, "Eve", PASSWORD)
    wrong = await refusal_of(house.accounts, "Ada", "four quiet grey stoneS")
    assert unknown.problem() == wrong.problem()
    assert unknown.field is None


async def test_nothing_on_disk_can_be_used_to_enter(house: House) -> None:
    code = house.accounts.setup_code() or ""
    await house.accounts.found(code, "Ada", PASSWORD)
    token = await house.sign_in()
    with sqlite3.connect(house.database.folder / "nexus.sqlite3") as connection:
        written = "\n".join(connection.iterdump())
    connection.close()
    for secret in (PASSWORD, token, code):
        assert secret not in written
        assert secret.encode().hex().upper() not in written.upper()
    assert "$argon2id$" in written


async def test_a_session_ends_by_itself(house: House) -> None:
    await house.founded()
    token = await house.sign_in()
    house.now_s += SESSION_LIFE_S - 1
    assert house.sessions[token].name == "Ada"
    house.now_s += 1
    assert house.sessions.holder(token) is None
    with pytest.raises(SignInNeeded, match="has ended"):
        _ = house.sessions[token]


async def test_signing_out_ends_this_session_and_no_other(house: House) -> None:
    await house.founded()
    tablet, desk = [await house.sign_in() for _ in range(2)]
    await house.sessions.sign_out(tablet)
    assert house.sessions.holder(tablet) is None
    assert house.sessions.holder(desk) == "Ada"


async def test_sessions_that_ended_are_forgotten_at_the_next_sign_in(house: House) -> None:
    await house.founded()
    await house.sign_in()
    house.now_s += SESSION_LIFE_S
    assert house.kept_sessions() == 1
    await house.sign_in()
    assert house.kept_sessions() == 1


@pytest.mark.parametrize("token", ["", "forged", "ü", "A" * 43])
async def test_a_forged_session_is_none(house: House, token: str) -> None:
    await house.founded()
    with pytest.raises(SignInNeeded):
        _ = house.sessions[token]
    assert house.sessions.holder(token) is None


async def test_accounts_and_sessions_outlive_a_restart(house: House) -> None:
    await house.founded()
    token = await house.sign_in()
    await house.accounts.set_opted_out("Ada", True)
    accounts = Accounts(house.database, lambda: house.now_s)
    assert accounts.all() == house.accounts.all()
    assert accounts["Ada"].opted_out
    assert Sessions(house.database, lambda: house.now_s)[token] == house.sessions[token]


async def test_the_account_of_a_city_that_was_founded_before_there_were_roles_still_works(tmp_path: Path) -> None:
    """The tables of the first version are brought up to date, and its architect stays one."""
    database = Database(tmp_path / "old")
    database.migrate("access.accounts", _STEPS[:1])
    hashed = PasswordHasher().hash(PASSWORD)
    database.now(lambda connection: connection.execute("insert into account values('Ada', ?, 'architect')", (hashed,)))
    accounts = Accounts(database)
    assert (await accounts.check_password("Ada", PASSWORD)).role == "architect"
    assert len(accounts["Ada"].handle) == 16
    database.close()
