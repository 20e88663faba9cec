"""Charters put together: versions, proposals and their doors. The composition root starts and stops their clockwork."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request

from nexus_city.ground import Clock, Database
from nexus_city.ground.errors import Unavailable
from nexus_city.ground.retention import Rule
from nexus_city.ground.web import Endpoint
from nexus_city.places.charters import store
from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.own import OwnVoice
from nexus_city.places.charters.proposal_routes import ProposalRoutes
from nexus_city.places.charters.proposals import Proposals
from nexus_city.places.charters.routes import CharterRoutes
from nexus_city.places.day import person_day
from nexus_city.places.model import DAY_S, City
from nexus_city.places.routes import PlaceRoutes

_RETRY_S = 1.0

log = structlog.get_logger("nexus.charters")


class CharterRoom:
    """Everything about what the places of a city declare."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        city: Callable[[], City],
        replaced: Callable[[City], None],
        public_url: str | None,
    ) -> None:
        self._city = city
        self._clock = clock
        self._public_url = public_url
        self.charters = Charters(database, clock, city, replaced)
        self.proposals = Proposals(database, clock, city, self.charters)
        self.own = OwnVoice(database, clock)

    def rules(self, comment_days: int) -> list[Rule]:
        """List what is forgotten when: comments some time after their proposal, keys of names after their day.

        Votes need no rule: they are destroyed in the transaction that closes their proposal.
        """

        def comments(connection: sqlite3.Connection) -> int:
            return store.forget_comments(connection, self._clock.now_ms() // 1000 - comment_days * DAY_S)

        def names(connection: sqlite3.Connection) -> int:
            today = person_day(self._clock.now_ms() // 1000, self._city().zone).date
            return store.forget_names(connection, today)

        return [Rule("comments", f"P{comment_days}D", comments, told=True), Rule("names", "P1D", names)]

    async def run(self) -> None:
        """Close proposals on time until cancelled."""
        while True:
            try:
                await self.proposals.run()
            except Unavailable as refusal:
                log.error("closing a proposal failed; trying again", detail=refusal.detail)
                await asyncio.sleep(_RETRY_S)

    def endpoints(
        self,
        device: Callable[[Request], bytes],
        present: Callable[[str, str, bytes], None],
        architect: Callable[[Request], Awaitable[str]],
    ) -> list[Endpoint]:
        """List all doors of places and of their charters; see `ProposalRoutes` for what is handed in."""
        return [
            *PlaceRoutes(self._city, self.charters, architect).endpoints(),
            *CharterRoutes(self.charters, self._city, self._base).endpoints(),
            *ProposalRoutes(self.proposals, self.charters, self._city, device, present, architect).endpoints(),
        ]

    def _base(self, request: Request) -> str:
        return (self._public_url or str(request.base_url)).rstrip("/")
