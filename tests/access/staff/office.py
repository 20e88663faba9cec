"""An office: people who tend a city, each with a browser of their own."""

from typing import Any

import httpx
from tests.conftest import Town

from nexus_city.access.staff.roles import Role

PASSWORD = "four quiet grey stones"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Office:
    """Somebody of each role, in one city."""

    def __init__(self, town: Town, base: str = "http://city.test") -> None:
        self.town = town
        self._base = base
        self._clients: list[httpx.AsyncClient] = []

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Return a browser in which nobody is signed in."""
        transport = httpx.ASGITransport(app=self.town.nexus.asgi)
        client = httpx.AsyncClient(transport=transport, base_url=self._base, headers={"user-agent": FIREFOX, **headers})
        self._clients.append(client)
        return client

    async def architect(self, name: str = "Ada") -> httpx.AsyncClient:
        """Return the browser of the first architect."""
        client = self.browser()
        code = self.town.nexus.accounts.setup_code()
        answer = await client.post("/v1/setup", json={"code": code, "name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client

    async def invite(self, architect: httpx.AsyncClient, role: Role, **more: Any) -> str:
        """Return the secret of an invitation."""
        answer = await architect.post("/v1/invitations", json={"role": role, **more})
        assert answer.status_code == 201, answer.text
        link: str = answer.json()["link"]
        return link.partition("#invitation=")[2]

    async def join(self, architect: httpx.AsyncClient, role: Role, name: str) -> httpx.AsyncClient:
        """Return the browser of somebody who has taken an invitation."""
        client = self.browser()
        taken = {"invitation": await self.invite(architect, role), "name": name, "password": PASSWORD}
        answer = await client.post("/v1/session/invitation", json=taken)
        assert answer.status_code == 200, answer.text
        return client

    async def sign_in(self, name: str, **more: Any) -> httpx.AsyncClient:
        """Return another browser in which somebody is signed in."""
        client = self.browser()
        answer = await client.post("/v1/session", json={"name": name, "password": PASSWORD, **more})
        assert answer.status_code == 200, answer.text
        return client

    async def id_of(self, architect: httpx.AsyncClient, name: str) -> str:
        """Return how somebody's account is addressed."""
        people = (await architect.get("/v1/people")).json()["people"]
        return next(each["id"] for each in people if each["name"] == name)

    async def acts(self, architect: httpx.AsyncClient) -> list[tuple[str, str, str]]:
        """Return who did what, the newest first."""
        entries = (await architect.get("/v1/audit")).json()["entries"]
        return [(each["who"], each["act"], each["what"]) for each in entries]

    async def close(self) -> None:
        """Shut all browsers."""
        for client in self._clients:
            await client.aclose()
