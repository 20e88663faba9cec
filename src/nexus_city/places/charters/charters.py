"""The versions in force: who may make one, and whether a person has seen enough of them to give."""

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Sequence

import msgspec

from nexus_city.ground import Clock, Database
from nexus_city.ground.errors import BadInput, NotAllowed
from nexus_city.places.charters import store
from nexus_city.places.charters.comparison import compare, differences
from nexus_city.places.charters.model import Author, Changes, Terms, Version, amended, place_under, terms_of
from nexus_city.places.model import City
from nexus_city.places.store import PlaceStore


class Charters:
    """All versions of all charters of a city. `city` returns it as it stands, `replaced` is told when it changes."""

    def __init__(
        self, database: Database, clock: Clock, city: Callable[[], City], replaced: Callable[[City], None]
    ) -> None:
        database.migrate("places.charters", store.STEPS, store.COPYING, store.ERASING)
        self._database = database
        self._clock = clock
        self._city = city
        self._replaced = replaced
        self.one_at_a_time = asyncio.Lock()
        """Held while a version is made: each is drafted on what the one before has left."""
        self._versions = database.now(self._open)

    def _open(self, connection: sqlite3.Connection) -> dict[str, list[Version]]:
        """Read all versions; a place that has none is founded with what it declares."""
        found = store.versions(connection)
        for place in self._city().places:
            if place.id not in found:
                first = Version(1, self._now_s(), "founder", "", terms_of(place))
                store.append_version(connection, place.id, first)
                found[place.id] = [first]
        return found

    def number(self, place_id: str) -> int:
        """Return the number of the version in force."""
        return self.version(place_id).number

    def version(self, place_id: str) -> Version:
        """Return the version in force; raises `NotFound` for a place that does not exist."""
        return self.versions(place_id)[-1]

    def versions(self, place_id: str) -> Sequence[Version]:
        """Return all versions, the first first."""
        return self._versions[self._city()[place_id].id]

    def refuses(self, place_id: str, seen: int | None) -> bool:
        """Whether a person who has `seen` a version (None: the first) must see the one in force before giving.

        A number that no version has was never seen.
        """
        known = self.versions(place_id)
        number = 1 if seen is None else seen
        return not 1 <= number <= len(known) or _looser(known[number - 1].terms, known[-1].terms)

    async def amend(self, place_id: str, changes: Changes, why: str = "") -> Version:
        """Change what a place declares, as an architect; return the version in force afterwards.

        Raises `BadInput` for what its setting forbids, and `NotAllowed` at work and at school for anything looser.
        """
        async with self.one_at_a_time:
            version = self.draft(place_id, changes, "architect", why)
            if version is not None:
                await self._database.write(lambda connection: self.write(connection, place_id, version))
                self.hold(place_id, version)
        return self.version(place_id)

    def draft(
        self, place_id: str, changes: Changes, author: Author, why: str, proposal: str | None = None
    ) -> Version | None:
        """Return the version that `changes` would make, or None when they change nothing; raises as `amend` does."""
        last = self.version(place_id)
        if self._city()[place_id].parent is None and changes.audiences is not msgspec.UNSET:
            raise BadInput(
                "All that is given at the city itself is for the city.", "Leave 'audiences' out.", field="audiences"
            )
        terms = amended(last.terms, changes)
        if terms == last.terms:
            return None
        if author == "architect" and last.terms.daily and compare(last.terms, terms) == "looser":
            raise NotAllowed(
                f"At a place of {last.terms.setting} nothing is loosened by an architect alone.",
                "Let those who are there decide: make a proposal on the page of its charter.",
                field=next(each.term for each in differences(last.terms, terms) if each.direction == "looser"),
            )
        return Version(last.number + 1, self._now_s(), author, why, terms, proposal)

    def write(self, connection: sqlite3.Connection, place_id: str, version: Version) -> None:
        """Write a drafted version down, and the place with it; for a job of the writer thread."""
        store.append_version(connection, place_id, version)
        PlaceStore.amend(connection, place_under(self._city()[place_id], version.terms))

    def hold(self, place_id: str, version: Version) -> None:
        """Put a version that was written down into force."""
        city = self._city()
        self._versions[place_id].append(version)
        self._replaced(city.with_place(place_under(city[place_id], version.terms)))

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000


@functools.lru_cache(maxsize=4096)
def _looser(before: Terms, after: Terms) -> bool:
    return compare(before, after) == "looser"
