"""Charters over HTTP: the version in force, all versions, and both for machines."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground import iso
from nexus_city.ground.errors import BadInput
from nexus_city.ground.web import Endpoint, tagged_response
from nexus_city.places.charters import linked
from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.comparison import compare, differences
from nexus_city.places.charters.model import Author, Change, Direction, Terms, Version
from nexus_city.places.model import City, Place

LINKED_DATA = "application/ld+json"


class CityTerms(msgspec.Struct):
    """What the whole city declares, and no place can loosen."""

    epsilon: float
    """Of a person-day."""
    m: int
    """Check-ins of a person-day that are counted."""
    research: float
    """Share of ε that pays for the day table for research, of those who agree to be in it; 0: there is none."""


class Kept(msgspec.Struct):
    """For how many hours at most something is kept; null for what stays."""

    what: Literal["check-in", "key-print", "release", "account"]
    hours: int | None


KEPT = [Kept("check-in", 24), Kept("key-print", 48), Kept("account", 0), Kept("release", None)]


class Sight(msgspec.Struct):
    """Who can see what of it."""

    who: Literal["you", "everybody", "architect", "host"]
    what: list[Literal["own-check-in", "own-journal", "released", "charter", "day-records"]]


SIGHT = [
    Sight("you", ["own-journal", "own-check-in", "released"]),
    Sight("everybody", ["released", "charter"]),
    Sight("architect", ["released", "charter"]),
    Sight("host", ["day-records", "released", "charter"]),
]


class Since(msgspec.Struct):
    """What has changed since the version that somebody has seen."""

    seen: int | None
    direction: Direction
    changes: Sequence[Change]
    refused: bool
    """Whether check-ins of somebody who has seen no more than that are kept, and not counted."""


class VersionFacts(msgspec.Struct):
    """One version, and how it differs from the one before."""

    number: int
    at: str
    author: Author
    why: str
    proposal: str | None
    direction: Direction
    changes: Sequence[Change]
    terms: Terms


class CharterFacts(msgspec.Struct):
    """The charter in force."""

    place: str
    name: str
    sensed: list[Literal["self-report"]]
    """What is sensed at all: what people say of themselves, and nothing else."""
    version: VersionFacts
    city: CityTerms
    kept: list[Kept]
    sees: list[Sight]
    since: Since


class VersionList(msgspec.Struct):
    """All versions, the newest first."""

    versions: list[VersionFacts]


class CharterRoutes:
    """Answers about charters. `base` returns the address under which the city was asked."""

    def __init__(self, charters: Charters, city: Callable[[], City], base: Callable[[Request], str]) -> None:
        self._charters = charters
        self._city = city
        self._base = base

    async def charter(self, request: Request) -> Response:
        """Tell the version in force; as JSON-LD when that is asked for."""
        if LINKED_DATA in request.headers.get("accept", ""):
            return await self.policy(request)
        city = self._city()
        place = city[request.path_params["id"]]
        seen = _number(request, "seen")
        versions = self._charters.versions(place.id)
        known = versions[(seen or 1) - 1] if (seen or 1) <= len(versions) else versions[0]
        terms = versions[-1].terms
        since = Since(
            seen,
            compare(known.terms, terms),
            differences(known.terms, terms),
            self._charters.refuses(place.id, seen),
        )
        facts = CharterFacts(
            place=place.id,
            name=place.name,
            sensed=["self-report"],
            version=_facts(versions, len(versions)),
            city=CityTerms(float(city.budget.epsilon), city.budget.m, float(city.budget.moments_share)),
            kept=KEPT,
            sees=SIGHT,
            since=since,
        )
        return _told(request, msgspec.json.encode(facts))

    async def versions(self, request: Request) -> Response:
        """Tell all versions, each with its difference to the one before."""
        versions = self._charters.versions(request.path_params["id"])
        facts = [_facts(versions, number) for number in range(len(versions), 0, -1)]
        return tagged_response(request, msgspec.json.encode(VersionList(facts)))

    async def policy(self, request: Request) -> Response:
        """Tell the version in force as an ODRL policy in JSON-LD."""
        return self._linked(request, linked.charter)

    async def notice(self, request: Request) -> Response:
        """Tell what a consent under this version is a consent to; who gave it, only their phone knows."""
        return self._linked(request, linked.consent_notice)

    def _linked(self, request: Request, make: Callable[[City, Place, Version, str], linked.Linked]) -> Response:
        city = self._city()
        place = city[request.path_params["id"]]
        document = make(city, place, self._charters.version(place.id), self._base(request))
        return _told(request, msgspec.json.encode(document), LINKED_DATA)

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        one = "/v1/places/{id}"
        seen = {"seen": {"type": "integer", "minimum": 1, "maximum": 2**31}}
        facts = {200: CharterFacts}
        return [
            Endpoint("GET", f"{one}/charter", self.charter, "The charter in force", facts, query=seen),
            Endpoint("GET", f"{one}/charter/versions", self.versions, "All its versions", {200: VersionList}),
            Endpoint("GET", f"{one}/consent-notice", self.notice, "What a consent here is to", {200: LINKED_DATA}),
            Endpoint("GET", "/p/{id}/charter.json", self.policy, "The charter as JSON-LD", {200: LINKED_DATA}),
        ]


def _facts(versions: Sequence[Version], number: int) -> VersionFacts:
    version = versions[number - 1]
    before = versions[max(number - 2, 0)].terms
    return VersionFacts(
        number=version.number,
        at=iso(version.at_s),
        author=version.author,
        why=version.why,
        proposal=version.proposal,
        direction=compare(before, version.terms),
        changes=differences(before, version.terms),
        terms=version.terms,
    )


def _told(request: Request, body: bytes, media: str = "application/json") -> Response:
    """Answer what differs by the `Accept` header, and say so to caches."""
    answer = tagged_response(request, body, media)
    answer.headers["vary"] = "Accept"
    return answer


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:12]) <= 2**31:
        raise BadInput(f"'{name}' is not the number of a version.", f"Change or leave out '{name}'.", field=name)
    return int(text)
