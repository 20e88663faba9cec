"""The house as rows: every version that was composed, and who did what at the desk. Nothing in it is about visitors."""

import sqlite3

import msgspec

from nexus_city.environment.desk import Change, Standing
from nexus_city.environment.scene import House, read_house
from nexus_city.ground import Database

KEPT: int = 200
"""Versions and changes that are kept."""
_STEPS = (
    """create table house(number integer primary key autoincrement, body blob not null);
       create table desk_change(number integer primary key autoincrement, body blob not null)""",
    "create table desk_standing(id integer primary key check (id = 1), body blob not null)",
)


class HouseStore:
    """Loads the newest house, and keeps what is composed and done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("environment", _STEPS)

    def load(self) -> House | None:
        """Return the newest version of the house, None where nothing was composed yet."""

        def job(connection: sqlite3.Connection) -> House | None:
            row = connection.execute("select body from house order by number desc limit 1").fetchone()
            return read_house(row[0]) if row else None

        return self._database.now(job)

    def changes(self) -> list[Change]:
        """Return what was done, oldest first."""

        def job(connection: sqlite3.Connection) -> list[Change]:
            rows = connection.execute("select body from desk_change order by number desc limit ?", (KEPT,))
            return [msgspec.json.decode(body, type=Change) for (body,) in rows][::-1]

        return self._database.now(job)

    def standing(self) -> Standing:
        """Return what stays as a hand left it."""

        def job(connection: sqlite3.Connection) -> Standing:
            row = connection.execute("select body from desk_standing").fetchone()
            return msgspec.json.decode(row[0], type=Standing) if row else Standing()

        return self._database.now(job)

    async def keep(self, change: Change, standing: Standing, house: House | None) -> None:
        """Keep a change, how things stand after it, and the house when it was an edit."""
        said = msgspec.json.encode(change)
        stands = msgspec.json.encode(standing)
        composed = msgspec.json.encode(house) if house is not None else None

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("insert into desk_change(body) values(?)", (said,))
            connection.execute("insert or replace into desk_standing values(1, ?)", (stands,))
            if composed is not None:
                connection.execute("insert into house(body) values(?)", (composed,))
            for table in ("desk_change", "house"):
                connection.execute(f"delete from {table} where number <= (select max(number) from {table}) - {KEPT}")  # noqa: S608 - our own names

        await self._database.write(job)
