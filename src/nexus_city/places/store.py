"""The city as rows: written once from the city file, then amended through its charters."""

import sqlite3
from fractions import Fraction

import msgspec

from nexus_city.ground import Database
from nexus_city.places.model import City, Operator, Place

_STEPS = (
    """create table place(number integer primary key, id text not null unique, body blob not null);
       create table city(id integer primary key check (id = 1), timezone text not null, epsilon text not null)""",
    "alter table city add column operator blob not null default '{}'",
    "alter table city add column research text not null default '0'",
)


class PlaceStore:
    """Loads the city and keeps what changes about its places."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("places", _STEPS)

    def load(self) -> City | None:
        """Return the city of this folder, or None when the folder is new."""
        return self._database.now(load_city)

    def found(self, city: City) -> None:
        """Write a new city into an empty folder."""

        def job(connection: sqlite3.Connection) -> None:
            budget, operator = city.budget, msgspec.json.encode(city.operator)
            row = (city.timezone, str(budget.epsilon), operator, str(budget.moments_share))
            connection.execute("insert into city values(1, ?, ?, ?, ?)", row)
            rows = [(number, place.id, msgspec.json.encode(place)) for number, place in enumerate(city.places)]
            connection.executemany("insert into place values(?, ?, ?)", rows)

        self._database.now(job)

    @staticmethod
    def amend(connection: sqlite3.Connection, place: Place) -> None:
        """Replace the declaration of one place; for a job of the writer thread."""
        connection.execute("update place set body = ? where id = ?", (msgspec.json.encode(place), place.id))


def load_city(connection: sqlite3.Connection) -> City | None:
    """Return the city of a file, or None when nothing was founded in it."""
    city = connection.execute("select timezone, epsilon, operator, research from city").fetchone()
    if city is None:
        return None
    rows = connection.execute("select body from place order by number")
    places = tuple(msgspec.json.decode(body, type=Place) for (body,) in rows)
    return City(places, city[0], Fraction(city[1]), msgspec.json.decode(city[2], type=Operator), Fraction(city[3]))
