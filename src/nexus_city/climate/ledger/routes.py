"""The ledger by HTTP."""

import asyncio
import functools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.boundaries import Budget, epsilon_after_days, epsilon_of_moves
from nexus_city.climate.ledger.store import SpeakingDay, ledger_days, speaking_days
from nexus_city.climate.live import store as live_store
from nexus_city.climate.live.terms import mechanism, mechanisms
from nexus_city.climate.plan import DayPlan
from nexus_city.climate.room import ClimateRoom
from nexus_city.ground.web import Endpoint, tagged_response
from nexus_city.places import City

DAYS = 30
DELTA = 1e-6


class LedgerDay(msgspec.Struct):
    """What was released on a day, and what it can have cost one person at most."""

    day: str
    tables: int
    live: int
    """How many of the tables are steps of live places."""
    epsilon: float
    delta: float
    """The chance, weighed as in (ε, δ), with which it can have cost more; 0 unless a place was live."""
    purposes: dict[str, float]
    """ε by purpose: grid, words, moments. Live places spend of the grid's."""
    refused: int
    """Releases that would have cost more than ε and were not made; in a sound city 0."""


class PlaceCost(msgspec.Struct):
    """What the climates of a place can have cost one person at most in the last 30 days."""

    place: str
    tables: int
    live: int
    """How many of the tables are steps of a day on which it was live."""
    epsilon_day: float
    """On the dearest of these days, at `delta_day`."""
    delta_day: float
    """Above 0 where it was live on one of them."""
    epsilon_thirty_days: float
    """On all of them together, at `delta`."""


class PurposeCost(msgspec.Struct):
    """What a purpose costs one person at most."""

    purpose: str
    share: float
    """Share of ε that is declared for it."""
    moves: int
    """Cells of a person-day that one person can move."""
    scale: float
    """Scale of the noise in each cell, people."""
    epsilon_day: float
    epsilon_thirty_days: float
    """For 30 full days, at `delta`."""


class LiveCost(msgspec.Struct):
    """What live places cost: they spend of the grid's share, so that a day costs no more for them."""

    places: list[str]
    """Those that may be live, if their crowd is large enough."""
    seats: int
    """Check-ins of a person-day that one there counts for."""
    check_ins: int
    """Check-ins there that are counted of a person-day, at most."""
    epsilon_check_in: float
    delta: float


class Ledger(msgspec.Struct):
    """The city's account of privacy."""

    epsilon_day: float
    epsilon_thirty_days: float
    epsilon_after: list[float]
    """What 1, 2, … 30 full days of one person cost together, at `delta`."""
    delta: float
    shares: dict[str, float]
    m: int
    mechanism: str
    scale: float
    words_scale: float
    purposes: list[PurposeCost]
    live: LiveCost | None
    """None where no place may be live."""
    places: list[PlaceCost]
    """Places that spoke in the last 30 days."""
    days: list[LedgerDay]


class LedgerRoutes:
    """Opens the ledger of a city."""

    def __init__(self, room: ClimateRoom) -> None:
        self._room = room

    async def ledger(self, request: Request) -> Response:
        """Open the ledger."""
        budget, cost, told_s = self._room.city.budget, self._room.desk.cost, self._room.told_s
        days, speaking, live = await self._room.database.read(
            lambda connection: (
                ledger_days(connection, DAYS, told_s),
                speaking_days(connection, DAYS, told_s),
                live_store.live_days(connection, DAYS, told_s),
            )
        )
        ledger = Ledger(
            epsilon_day=cost.day,
            epsilon_thirty_days=cost.thirty_days,
            epsilon_after=await asyncio.to_thread(_after_days, budget),
            delta=DELTA,
            shares={purpose: float(share) for purpose, share, _, _ in _purposes(budget)},
            m=budget.m,
            mechanism="discrete Laplace",
            scale=float(budget.grid_scale),
            words_scale=float(budget.words_scale),
            purposes=await asyncio.to_thread(_purpose_costs, budget),
            live=_live_cost(self._room.city, self._room.plan),
            places=await asyncio.to_thread(_place_costs, budget.m, speaking, live),
            days=[_day(budget, [each for each in live if each.date == row[0]], *row) for row in days],
        )
        return tagged_response(request, msgspec.json.encode(ledger))

    def endpoints(self) -> list[Endpoint]:
        """List this door."""
        return [Endpoint("GET", "/v1/ledger", self.ledger, "What releases have cost in ε", {200: Ledger})]


def _purposes(budget: Budget) -> list[tuple[str, float, int, float]]:
    """Return each purpose that has a share: its name, the share, the moves of a person-day, and the scale."""
    words, moments = float(budget.words_share), float(budget.moments_share)
    found = [
        ("grid", 1 - words - moments, budget.m, float(budget.grid_scale)),
        ("words", words, budget.word_votes, float(budget.words_scale)),
    ]
    return [*found, ("moments", moments, 1, float(budget.moments_scale))] if moments else found


@functools.lru_cache(maxsize=4)
def _purpose_costs(budget: Budget) -> list[PurposeCost]:
    return [
        PurposeCost(
            purpose,
            round(share, 4),
            moves,
            scale,
            round(moves / scale, 4),
            round(epsilon_of_moves(((moves * DAYS, 1 / scale),), DELTA), 2),
        )
        for purpose, share, moves, scale in _purposes(budget)
    ]


@functools.lru_cache(maxsize=4)
def _after_days(budget: Budget) -> list[float]:
    return [round(epsilon_after_days(budget, days, DELTA), 2) for days in range(1, DAYS + 1)]


def _live_cost(city: City, plan: DayPlan) -> LiveCost | None:
    """Return what live check-ins cost at places that may be live, or are today though their charter was amended."""
    today = {place: mechanism(city.budget, plan.day, kind) for place, kind in plan.live.items()}
    live = {**mechanisms(city, plan.day), **today}
    if not live:
        return None
    any_ = next(iter(live.values()))
    return LiveCost(sorted(live), any_.seats, len(any_.sensitivity), round(float(any_.check_in_epsilon), 4), any_.delta)


def _place_costs(m: int, speaking: Iterable[SpeakingDay], live: Iterable[live_store.LiveDay]) -> list[PlaceCost]:
    spoke: dict[str, list[SpeakingDay]] = {}
    told: dict[str, list[live_store.LiveDay]] = {}
    for each in speaking:
        spoke.setdefault(each.place, []).append(each)
    for one in live:
        told.setdefault(one.place, []).append(one)
    places = sorted({*spoke, *told})
    return [_place_cost(m, place, spoke.get(place, ()), told.get(place, ())) for place in places]


def _place_cost(m: int, place: str, days: Sequence[SpeakingDay], live: Sequence[live_store.LiveDay]) -> PlaceCost:
    moves: Counter[float] = Counter()
    for day in days:
        moves[day.price] += min(m, day.windows)
    steps = sum(each.steps for each in live)
    dearest = [min(m, day.windows) * day.price for day in days]
    dearest += [epsilon_of_moves((), DELTA, each.mu) for each in live]
    together = tuple((count, price) for price, count in sorted(moves.items()))
    mu = math.sqrt(sum(each.mu**2 for each in live))
    return PlaceCost(
        place,
        sum(day.tables for day in days) + steps,
        steps,
        round(max(dearest), 4),
        DELTA if live else 0.0,
        round(epsilon_of_moves(together, DELTA, mu), 2),
    )


def _day(
    budget: Budget, live: Sequence[live_store.LiveDay], date: str, tables: int, words: int, moments: int, refused: int
) -> LedgerDay:
    steps = sum(each.steps for each in live)
    released = {"grid": tables + steps, "words": words, "moments": moments}
    purposes = {
        purpose: round(moves / scale, 4) if released[purpose] else 0.0 for purpose, _, moves, scale in _purposes(budget)
    }
    epsilon, delta = round(sum(purposes.values()), 4), DELTA if live else 0.0
    return LedgerDay(date, tables + steps + words + moments, steps, epsilon, delta, purposes, refused)
