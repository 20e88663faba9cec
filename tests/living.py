"""What a live city has told, step by step."""

import sqlite3

from nexus_city.climate.live.store import Told, told_at
from tests.conftest import Town


async def steps(town: Town) -> list[Told]:
    """Return all that was told live."""

    def job(connection: sqlite3.Connection) -> list[Told]:
        ends = connection.execute("select end_s from live_release").fetchall()
        return told_at(connection, [end for (end,) in ends])

    return await town.nexus.database.read(job)


async def people(town: Town) -> list[int]:
    """Return how many stood at the square at each step."""
    return [int(each.released.counts.sum()) for each in await steps(town)]


async def where(town: Town) -> list[list[int]]:
    """Return in which quadrants they stood, all strands together."""
    return [each.tables.sum(axis=0)[:-1].tolist() for each in await steps(town)]
