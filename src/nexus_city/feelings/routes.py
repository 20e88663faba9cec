"""The room's HTTP interface: the words that a phone offers."""

import functools

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.feelings.framework import LANGUAGES, Framework, Language
from nexus_city.ground.errors import BadInput
from nexus_city.ground.web import Endpoint, tagged_response

_KEPT_S = 3600
"""Seconds that a phone may use its copy unasked."""


class WordFacts(msgspec.Struct, frozen=True):
    """A word in one language, with its point on the mood plane."""

    id: str
    word: str
    definition: str
    valence: float
    arousal: float


class FrameworkFacts(msgspec.Struct, frozen=True):
    """A framework's words in one language, in the order of their indices."""

    framework: str
    words: list[WordFacts]


def words_body(framework: Framework, language: Language) -> bytes:
    """Return the framework in `language` as JSON: the same bytes each time, so that they can carry an ETag."""
    words = [
        WordFacts(word.id, entry.word, entry.definition, word.valence, word.arousal)
        for word in framework.words
        for entry in (word.in_language(language),)
    ]
    return msgspec.json.encode(FrameworkFacts(framework.id, words))


def language_named(tag: str) -> Language:
    """Return the language of a tag such as `de` or `de-AT`. Raises `BadInput` for one that is not spoken here."""
    primary = tag.partition("-")[0].lower()
    for language in LANGUAGES:
        if primary == language:
            return language
    raise BadInput(f"The words do not speak '{tag[:20]}' yet.", f"Ask for one of {', '.join(LANGUAGES)}.", field="lang")


class FeelingRoutes:
    """`GET /v1/words`, encoded once per language."""

    def __init__(self, framework: Framework) -> None:
        self._body = functools.cache(functools.partial(words_body, framework))

    async def words(self, request: Request) -> Response:
        """List the framework's words in the asked language, English by default."""
        language = language_named(request.query_params.get("lang", "en"))
        return tagged_response(request, self._body(language), max_age_s=_KEPT_S)

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        asked = {"type": "string", "enum": list(LANGUAGES), "default": "en"}
        return [
            Endpoint(
                "GET",
                "/v1/words",
                self.words,
                "The framework: feeling words with definitions, placed on the mood plane",
                {200: FrameworkFacts},
                query={"lang": asked},
            )
        ]
