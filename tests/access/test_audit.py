"""The audit log: nothing in it can be changed unseen, and everybody can read what concerns them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.access.staff.office import Office
from tests.conftest import Town, problem

from nexus_city.access.audit import Audit
from nexus_city.ground import Database

DAY_S = 86_400


class Book:
    """A log on a clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_800_000_000.0
        self.database = Database(folder)
        self.audit = Audit(self.database, lambda: self.now_s)

    async def forget(self, days: int) -> int:
        """Let the timetable do its work."""
        return await self.database.write(lambda connection: self.audit.forget(connection, days))

    async def spoil(self, statement: str) -> None:
        def job(connection: sqlite3.Connection) -> None:
            assert connection.execute(statement).rowcount == 1

        await self.database.write(job)

    async def intact(self) -> bool:
        return (await self.audit.trail(10)).intact


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    found = Book(tmp_path)
    for number in range(5):
        await found.audit.note("Ada", "light.stop", f"no. {number}", role="architect", place="square")
    yield found
    found.database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set who = 'Eve' where number = 3",
        "update audit set what = 'nothing' where number = 1",
        "update audit set at_s = at_s + 1 where number = 5",
        "update audit set about = 'Ben' where number = 2",
        "delete from audit where number = 3",
        "update audit set mark = x'00' where number = 4",
    ],
)
async def test_whatever_is_rewritten_or_taken_out_is_noticed(book: Book, statement: str) -> None:
    assert await book.intact()
    await book.spoil(statement)
    assert not await book.intact()


async def test_whoever_wrote_the_newest_mark_down_notices_a_cut_at_the_end(book: Book) -> None:
    before = (await book.audit.trail(10)).mark
    await book.spoil("delete from audit where number = 5")
    after = await book.audit.trail(10)
    assert after.intact
    assert after.mark != before


async def test_entries_are_forgotten_after_their_time_and_the_rest_still_hangs_together(book: Book) -> None:
    book.now_s += 400 * DAY_S
    await book.audit.note("Ada", "light.release")
    assert await book.forget(400) == 0
    assert [each.number for each in (await book.audit.trail(10)).entries] == [6, 5, 4, 3, 2, 1]
    book.now_s += 1
    await book.audit.note("Ada", "light.stop")
    assert await book.forget(400) == 5
    trail = await book.audit.trail(10)
    assert [each.number for each in trail.entries] == [7, 6]
    assert trail.intact


async def test_the_log_is_read_in_pages_the_newest_first(book: Book) -> None:
    first = await book.audit.trail(2)
    assert [each.number for each in first.entries] == [5, 4]
    last = await book.audit.trail(3, first.next)
    assert [each.number for each in last.entries] == [3, 2, 1]
    assert last.next is None


async def test_notes_that_come_together_are_numbered_in_a_row(book: Book) -> None:
    await asyncio.gather(*(book.audit.note("Ben", "light.hand") for _ in range(40)))
    assert [each.number for each in (await book.audit.trail(50)).entries] == list(range(45, 0, -1))
    assert await book.intact()


# --- what the doors write there --------------------------------------------------------------------------------------


@pytest.fixture
async def office(town: Town) -> AsyncIterator[Office]:
    found = Office(town)
    yield found
    await found.close()


async def test_acts_are_told_with_doer_role_and_place_and_reading_the_log_is_one(office: Office) -> None:
    ada = await office.architect()
    await office.join(ada, "facilitator", "Ben")
    await ada.patch("/v1/places/square/settings", json={"welcome": "Come in."})
    await ada.get("/v1/audit")
    entries = (await ada.get("/v1/audit")).json()["entries"]
    told = [(each["who"], each["role"], each["act"], each["what"], each["place"]) for each in reversed(entries)]
    assert told == [
        ("Ada", "architect", "city.found", "", None),
        ("Ada", "architect", "people.invite", "facilitator", None),
        ("Ben", "facilitator", "people.join", "facilitator", None),
        ("Ada", "architect", "charter.amend", "", "square"),
        ("Ada", "architect", "audit.read", "", None),
    ]


async def test_what_was_refused_or_failed_is_not_told_as_done(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "moderator", "Ben")
    problem(await ben.patch("/v1/places/square/settings", json={"welcome": "x"}), 403)
    problem(await ada.patch("/v1/places/square/settings", json={"welcome": 7}), 422)
    assert "charter.amend" not in [act for _, act, _ in await office.acts(ada)]


async def test_each_account_reads_what_concerns_itself_and_nothing_else(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "artist", "Ben")
    await office.join(ada, "artist", "Cleo")
    await ada.put(f"/v1/people/{await office.id_of(ada, 'Ben')}", json={"role": "steward"})
    problem(await ben.get("/v1/account/acts"), 401)
    ben = await office.sign_in("Ben")
    mine = [(each["who"], each["act"]) for each in (await ben.get("/v1/account/acts")).json()["acts"]]
    assert mine == [("Ben", "session.begin"), ("Ada", "people.role"), ("Ben", "people.join")]


async def test_the_people_of_a_place_read_what_was_done_there_by_role_and_never_by_name(office: Office) -> None:
    ada = await office.architect()
    await ada.patch("/v1/places/square/settings", json={"welcome": "Come in."})
    await ada.post("/v1/console/stop")
    await ada.get("/v1/audit")
    stranger = office.browser()
    answer = await stranger.get("/v1/places/square/acts")
    assert [(each["role"], each["act"]) for each in answer.json()["acts"]] == [
        ("architect", "light.stop"),
        ("architect", "charter.amend"),
    ]
    assert "Ada" not in answer.text
    assert [each["act"] for each in (await stranger.get("/v1/places/gallery/acts")).json()["acts"]] == ["light.stop"]
    problem(await stranger.get("/v1/places/garden/acts"), 404)


async def test_nothing_that_participants_do_is_in_the_log(office: Office) -> None:
    ada = await office.architect()
    before = await office.acts(ada)
    phone = await office.town.phone()
    assert (await phone.give()).status_code == 202
    await phone.client.delete("/v1/me/check-ins", headers=phone.headers)
    await phone.client.put("/v1/me/opt-out", headers=phone.headers)
    assert [act for _, act, _ in await office.acts(ada)] == ["audit.read", *(act for _, act, _ in before)]
