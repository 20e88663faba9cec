"""The palette and the reasons, as a phone gets them."""

from tests.conftest import Town


async def test_the_palette_has_a_colour_for_every_cell_of_every_grid(town: Town) -> None:
    answer = await town.client.get("/v1/palette")
    grids = answer.json()["grids"]
    assert {side: len(colours) for side, colours in grids.items()} == {"2": 4, "4": 16, "8": 64}
    again = await town.client.get("/v1/palette", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_a_place_that_nobody_has_spoken_at_says_so(town: Town) -> None:
    told = (await town.client.get("/v1/places/nook/why", params={"lang": "de"})).json()
    assert told["parts"] == []
    assert "nicht genug Stimmen" in told["sentence"]


async def test_an_unknown_place_and_an_unknown_language_are_refused_with_a_remedy(town: Town) -> None:
    nowhere = await town.client.get("/v1/places/nowhere/why")
    babel = await town.client.get("/v1/places/square/why", params={"lang": "xx"})
    assert (nowhere.status_code, babel.status_code) == (404, 422)
    assert nowhere.json()["remedy"]
    assert babel.json()["remedy"]
