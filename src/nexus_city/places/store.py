"""The city as rows: written once from the city file, then amended by its architects."""

import sqlite3
from fractions import Fraction

import msgspec

from nexus_city.ground import Database
from nexus_city.places.model import City, Place

_STEPS = (
    """create table place(number integer primary key, id text not null unique, body blob not null);
       create table city(id integer primary key check (id = 1), timezone text not null, epsilon text not null)""",
)


class PlaceStore:
    """Loads the city and keeps what changes about its places."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("places", _STEPS)

    def load(self) -> City | None:
        """Return the city of this folder, or None when the folder is new."""

        def job(connection: sqlite3.Connection) -> City | None:
            city = connection.execute("select timezone, epsilon from city").fetchone()
            if city is None:
                return None
            rows = connection.execute("select body from place order by number")
            places = tuple(msgspec.json.decode(body, type=Place) for (body,) in rows)
            return City(places, city[0], Fraction(city[1]))

        return self._database.now(job)

    def found(self, city: City) -> None:
        """Write a new city into an empty folder."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("insert into city values(1, ?, ?)", (city.timezone, str(city.budget.epsilon)))
            rows = [(number, place.id, msgspec.json.encode(place)) for number, place in enumerate(city.places)]
            connection.executemany("insert into place values(?, ?, ?)", rows)

        self._database.now(job)

    async def amend(self, city: City, place: Place) -> City:
        """Replace the declaration of one place; return the city as it is from now on."""
        places = tuple(place if each.id == place.id else each for each in city.places)
        amended = City(places, city.timezone, city.budget.epsilon)
        body = msgspec.json.encode(place)
        await self._database.write(
            lambda connection: connection.execute("update place set body = ? where id = ?", (body, place.id))
        )
        return amended
