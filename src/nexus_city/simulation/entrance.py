"""The entrance: check-ins carried to the public door, each by a device of its own."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_TOGETHER = 12  # requests on their way at once
_PASS_FRESH_S = 3600.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """One check-in that shall be made."""

    at_s: int
    """City time, Unix seconds."""
    person: int | str
    place: str
    cell: int | None
    """None: counted among the people, in no mood."""
    audience: str = "city"
    words: tuple[str, ...] = ()


@dataclass
class Tally:
    """How it went so far."""

    counted: int = 0
    kept: int = 0
    refused: int = 0
    last_refusal: str = ""

    def refuse(self, why: str) -> None:
        """Count a refusal and remember its reason."""
        self.refused += 1
        self.last_refusal = why


@dataclass
class _Device:
    token: str
    passes: dict[str, tuple[str, float]] = field(default_factory=dict)


class Entrance:
    """Makes check-ins at the server at `url`. `display_keys` open the codes of places that ask for presence.

    An asynchronous context manager: it holds connections while it is open.
    """

    def __init__(self, url: str, display_keys: Mapping[str, str], tokens: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._display_keys = display_keys
        self._devices = {person: _Device(token) for person, token in (tokens or {}).items()}
        self._room = asyncio.Semaphore(_TOGETHER)
        self._client: aiohttp.ClientSession
        self.tally = Tally()

    async def __aenter__(self) -> "Entrance":
        """Open the connections."""
        self._client = aiohttp.ClientSession(self._url, connector=aiohttp.TCPConnector(limit=_TOGETHER))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self._client.close()

    def tokens(self) -> dict[str, str]:
        """Return the device tokens given out so far, so that a second start brings the same people."""
        return {person: device.token for person, device in self._devices.items()}

    async def enter(self, visit: Visit) -> None:
        """Make one check-in, trying again when nobody answered; count how it went."""
        key = secrets.token_urlsafe(16)  # one key for all tries: the city counts it once, however often it arrives
        why = ""
        async with self._room:
            for attempt in range(_TRIES):
                try:
                    await self._check_in(visit, key)
                except aiohttp.ClientResponseError as error:
                    self.tally.refuse(f"{error.status} {error.message}")
                    return
                except aiohttp.ClientError as error:
                    why = f"no answer ({type(error).__name__})"
                    await asyncio.sleep(0.2 * 2**attempt)
                else:
                    return
            self.tally.refuse(why)

    async def _check_in(self, visit: Visit, key: str) -> None:
        device = await self._device(str(visit.person))
        body: dict[str, object] = {
            "key": key,
            "cell": visit.cell,
            "audience": visit.audience,
            "words": list(visit.words),
        }
        if visit.place in self._display_keys:
            body["pass"] = await self._pass(device, visit.place)
        async with self._client.post(
            f"/v1/places/{visit.place}/check-ins", json=body, headers=_shows(device)
        ) as answer:
            said = await answer.json(content_type=None)
            if answer.status != 202:
                self.tally.refuse(said.get("detail", str(answer.status)))
            elif said["state"] == "counted":
                self.tally.counted += 1
            else:
                self.tally.kept += 1

    async def _device(self, person: str) -> _Device:
        if person not in self._devices:
            self._devices[person] = _Device((await self._ask("POST", "/v1/devices"))["token"])
        return self._devices[person]

    async def _pass(self, device: _Device, place: str) -> str:
        held, until = device.passes.get(place, ("", 0.0))
        if until > time.monotonic():
            return held
        key = {"x-display-key": self._display_keys[place]}
        shown = await self._ask("GET", f"/v1/places/{place}/code", headers=key)
        said = await self._ask(
            "POST", f"/v1/places/{place}/presence", json={"code": shown["code"]}, headers=_shows(device)
        )
        device.passes[place] = (said["pass"], time.monotonic() + _PASS_FRESH_S)
        return device.passes[place][0]

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        async with self._client.request(method, path, **more) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)


def _shows(device: _Device) -> dict[str, str]:
    return {"authorization": f"Bearer {device.token}"}
