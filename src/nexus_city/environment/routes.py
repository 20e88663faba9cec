"""The room's HTTP interface: the palette, and why a place shines as it does."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.climate import Voice
from nexus_city.environment.colour import Oklch
from nexus_city.environment.palette import Palette, published
from nexus_city.environment.why import Why, explain
from nexus_city.feelings import LANGUAGES, Framework
from nexus_city.feelings.routes import language_named
from nexus_city.ground.web import Endpoint, json_response, tagged_response
from nexus_city.places import Place


class PaletteFacts(msgspec.Struct, frozen=True):
    """Colours of all cells of all grids."""

    framework: str
    grids: dict[str, list[Oklch]]
    """Side of the grid ("2", "4", "8") → colours in the order of its cells."""


class EnvironmentRoutes:
    """Answers about light. `voice_of` returns a place and what it says now; raises `NotFound`."""

    def __init__(
        self,
        framework: Framework,
        palette: Palette,
        zone: Callable[[], ZoneInfo],
        voice_of: Callable[[str], tuple[Place, Voice]],
    ) -> None:
        self._framework = framework
        self._palette = palette
        self._zone = zone
        self._voice_of = voice_of
        self._body = msgspec.json.encode(PaletteFacts(palette.framework, published(palette)))

    async def palette(self, request: Request) -> Response:
        """Show which colour stands for which mood."""
        return tagged_response(request, self._body, max_age_s=3600)

    async def why(self, request: Request) -> Response:
        """Say in one sentence why a place shines as it does."""
        language = language_named(request.query_params.get("lang", "en"))
        place, voice = self._voice_of(request.path_params["id"])
        return json_response(explain(place, voice, self._zone(), self._framework, self._palette, language))

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        asked = {"type": "string", "enum": list(LANGUAGES), "default": "en"}
        why = "/v1/places/{id}/why"
        return [
            Endpoint("GET", "/v1/palette", self.palette, "Which colour stands for which mood", {200: PaletteFacts}),
            Endpoint("GET", why, self.why, "Why a place shines as it does", {200: Why}, query={"lang": asked}),
        ]
