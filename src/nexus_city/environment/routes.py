"""The room's HTTP interface: the palette, also as files, and why a place shines as it does."""

import functools
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.climate import Voice
from nexus_city.environment.palettes.colour import Oklch
from nexus_city.environment.palettes.files import FILE_KINDS, to_file
from nexus_city.environment.palettes.palette import Palette, published
from nexus_city.environment.why import Why, explain, swatches
from nexus_city.feelings import LANGUAGES, Framework
from nexus_city.feelings.routes import language_named
from nexus_city.ground.errors import BadInput
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
        palette: Callable[[], Palette],
        zone: Callable[[], ZoneInfo],
        voice_of: Callable[[str], tuple[Place, Voice]],
    ) -> None:
        self._framework = framework
        self._palette = palette
        self._zone = zone
        self._voice_of = voice_of

    async def palette(self, request: Request) -> Response:
        """Show which colour stands for which mood."""
        return tagged_response(request, _published_body(self._palette()), max_age_s=60)

    async def why(self, request: Request) -> Response:
        """Say in one sentence why a place shines as it does."""
        language = language_named(request.query_params.get("lang", "en"))
        place, voice = self._voice_of(request.path_params["id"])
        return json_response(explain(place, voice, self._zone(), self._framework, self._palette(), language))

    async def palette_file(self, request: Request) -> Response:
        """Give the colours of a place's light to another program."""
        language = language_named(request.query_params.get("lang", "en"))
        asked = request.path_params["kind"]
        kind = next((each for each in FILE_KINDS if each == asked), None)
        if kind is None:
            raise BadInput(
                f"There is no palette of the kind '{asked[:40]}'.", f"Known are: {', '.join(FILE_KINDS)}.", "kind"
            )
        place, voice = self._voice_of(request.path_params["id"])
        mixed = swatches(place, voice, self._framework, self._palette(), language)
        file = to_file(mixed, f"Nexus City: {place.name}", kind)
        answer = tagged_response(request, file.body, file.media)
        answer.headers["content-disposition"] = f'attachment; filename="nexus-{place.id}.{file.ending}"'
        return answer

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        asked = {"type": "string", "enum": list(LANGUAGES), "default": "en"}
        why, palette = "/v1/places/{id}/why", "/v1/places/{id}/palette/{kind}"
        made = "The colours of a place's light as a file"
        return [
            Endpoint("GET", "/v1/palette", self.palette, "Which colour stands for which mood", {200: PaletteFacts}),
            Endpoint("GET", why, self.why, "Why a place shines as it does", {200: Why}, query={"lang": asked}),
            Endpoint("GET", palette, self.palette_file, made, {200: "*/*", 304: None}, query={"lang": asked}),
        ]


@functools.lru_cache(maxsize=8)
def _published_body(palette: Palette) -> bytes:
    return msgspec.json.encode(PaletteFacts(palette.framework, published(palette)))
