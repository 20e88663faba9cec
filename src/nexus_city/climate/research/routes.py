"""The tables for research by HTTP, as JSON and as CSV."""

import csv
import io

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.climate import store
from nexus_city.climate.model import CELLS
from nexus_city.climate.room import ClimateRoom
from nexus_city.ground.web import Endpoint, tagged_response

DAYS = 366
"""Tables that are given out at once: a year."""


class ResearchDay(msgspec.Struct):
    """One person-day of the whole city: noisy counts, which may be negative."""

    day: str
    cells: list[int]
    """People in each of the 64 cells: row·8 + column, from unpleasant to pleasant, from calm to activated."""
    present: int
    """People who only said that they were there."""
    epsilon: float
    """What this table can have cost one person."""


class ResearchDays(msgspec.Struct):
    """The days for research, newest first; they are of the whole city."""

    share: float
    """Share of ε that the city declares for them; 0: it makes none."""
    sd: float | None
    """Standard deviation of the noise of each number of the next one, people."""
    days: list[ResearchDay]


class ResearchRoutes:
    """Answers with what was released for research."""

    def __init__(self, room: ClimateRoom) -> None:
        self._room = room

    async def days(self, request: Request) -> Response:
        """Give the tables."""
        share, sd = float(self._room.city.budget.moments_share), self._room.desk.moments_sd
        answer = ResearchDays(share, round(sd, 2) if sd else None, await self._days())
        return tagged_response(request, msgspec.json.encode(answer))

    async def days_csv(self, request: Request) -> Response:
        """Give the tables as one row a day."""
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["day", *(f"cell_{cell}" for cell in range(CELLS)), "present", "epsilon"])
        for each in await self._days():
            rows.writerow([each.day, *each.cells, each.present, each.epsilon])
        return tagged_response(request, text.getvalue().encode(), "text/csv; charset=utf-8")

    async def _days(self) -> list[ResearchDay]:
        rows = await self._room.database.read(
            lambda connection: store.newest_moments(connection, DAYS, self._room.told_s)
        )
        return [ResearchDay(date, *_parts(released.counts.tolist()), epsilon) for date, released, epsilon in rows]

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        return [
            Endpoint("GET", "/v1/research/days", self.days, "The days for research", {200: ResearchDays}),
            Endpoint("GET", "/v1/research/days.csv", self.days_csv, "The same as CSV", {200: "text/csv"}),
        ]


def _parts(counts: list[int]) -> tuple[list[int], int]:
    return counts[:CELLS], counts[CELLS]
