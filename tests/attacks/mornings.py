"""One morning, lived twice on one tape: what differs between the two lives is what an act has changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.twins import HOUR_S, without_the_wall_clock
from tests.conftest import SMALL_CITY, ZERO_NOISE, Phone, Town

TAPE = ZERO_NOISE
"""Without noise nothing is hidden by it: one person more is one more, wherever they are counted."""
CITY = SMALL_CITY.replace('id = "square"', 'id = "square"\naudiences = ["place", "district", "city"]').replace(
    "12000", "16000"
)
Act = Callable[[Town, Phone], Awaitable[Any]]
PAGES = ("/health", "/metrics", "/v1/ledger", "/v1/places", "/v1/vitals", "/v1/words", "/v1/research/days",
         *(f"/v1/places/{place}/{page}" for place in ("square", "nook", "east", "city")
           for page in ("climate", "history", "words", "privacy", "charter", "why")))  # fmt: skip


@dataclass(frozen=True)
class Morning:
    """What came out of a morning, and what the city told while the act was fresh."""

    released: list[tuple[Any, ...]]
    pages: dict[str, bytes]

    def beyond(self, *places: str) -> list[tuple[Any, ...]]:
        """Return what was released, but for rows that name one of `places`."""
        return [row for row in self.released if not set(places) & set(map(str, row))]


async def a_morning(folder: Path, act: Act | None, hours: float = 1.1) -> Morning:
    """Live a morning of forty people in a new city, with one more person's `act`."""
    folder.mkdir()
    town = Town(folder, TAPE, CITY)
    for number in range(40):
        phone = await town.phone()
        await phone.give(cell=number, audience=("place", "city", "district")[number % 3], words=["calm"])
    if act:
        await act(town, await town.phone())
    pages = {page: without_the_wall_clock(await town.client.get(page)) for page in PAGES}
    await town.pass_time(hours * HOUR_S)
    released = town.released()
    await town.close()
    assert released, "nothing was released, so nothing was compared"
    return Morning(released, pages)


async def both(folder: Path, act: Act, hours: float = 1.1, instead: Act | None = None) -> tuple[Morning, Morning]:
    """Return the morning with an act, and the one without it, or with another one in its place."""
    folder.mkdir(exist_ok=True)
    return await a_morning(folder / "with", act, hours), await a_morning(folder / "without", instead, hours)
