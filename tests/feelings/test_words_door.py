"""`GET /v1/words` gives a phone all it needs to offer words, in its own language."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from nexus_city.feelings import LANGUAGES, Framework, Language
from nexus_city.feelings.routes import FeelingRoutes, words_body
from nexus_city.ground.web import to_routes


@pytest.fixture
async def phone(framework: Framework) -> AsyncIterator[httpx.AsyncClient]:
    city = Starlette(routes=to_routes(FeelingRoutes(framework).endpoints()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(city), base_url="http://city") as client:
        yield client


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_body_has_the_promised_shape(framework: Framework, language: Language) -> None:
    body = json.loads(words_body(framework, language))
    assert body.keys() == {"framework", "words"}
    assert body["framework"] == "nexus-1"
    assert all(word.keys() == {"id", "word", "definition", "valence", "arousal"} for word in body["words"])
    assert [word["id"] for word in body["words"]] == list(framework.index)


async def test_the_phone_hears_its_own_language(phone: httpx.AsyncClient) -> None:
    said = {language: (await phone.get(f"/v1/words?lang={language}")).json()["words"] for language in LANGUAGES}
    calm = {language: next(word for word in words if word["id"] == "calm")["word"] for language, words in said.items()}
    assert calm == {"en": "calm", "de": "ruhig", "es": "tranquilo/a"}


async def test_english_is_spoken_when_nothing_is_asked_and_regions_are_understood(phone: httpx.AsyncClient) -> None:
    assert (await phone.get("/v1/words")).content == (await phone.get("/v1/words?lang=en")).content
    assert (await phone.get("/v1/words?lang=de-AT")).content == (await phone.get("/v1/words?lang=de")).content


async def test_another_language_is_refused_with_those_there_are(phone: httpx.AsyncClient) -> None:
    answer = await phone.get("/v1/words?lang=tlh")
    assert answer.status_code == 422
    assert answer.json()["field"] == "lang"
    assert "en, de, es" in answer.json()["remedy"]


async def test_a_phone_that_has_the_words_is_not_sent_them_again(phone: httpx.AsyncClient) -> None:
    first = await phone.get("/v1/words?lang=es")
    again = await phone.get("/v1/words?lang=es", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age" in first.headers["cache-control"]
