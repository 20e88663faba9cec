"""The feed: tags, pages of history, and a stream that goes on where a reader stopped."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.conftest import Town

HOUR_S = 3600


async def history(town: Town, place: str = "square", **query: Any) -> Any:
    return (await town.client.get(f"/v1/places/{place}/history", params=query)).json()


async def test_who_has_the_newest_climate_is_told_that_nothing_is_new(town: Town) -> None:
    await town.pass_time(HOUR_S + 10)
    first = await town.client.get("/v1/places/square/climate")
    tag = {"if-none-match": first.headers["etag"]}
    assert (await town.client.get("/v1/places/square/climate", headers=tag)).status_code == 304
    await town.pass_time(HOUR_S)
    assert (await town.client.get("/v1/places/square/climate", headers=tag)).status_code == 200


async def test_history_is_paged_backwards_and_nothing_is_left_out_or_told_twice(town: Town) -> None:
    await town.pass_time(7 * HOUR_S + 10)
    whole = [climate["id"] for climate in (await history(town))["climates"]]
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == 7
    paged: list[int] = []
    page = await history(town, limit=3)
    while True:
        paged += [climate["id"] for climate in page["climates"]]
        if page["next"] is None:
            break
        page = (await town.client.get(page["next"])).json()
    assert paged == whole


async def test_history_before_an_id_does_not_hold_it(town: Town) -> None:
    await town.pass_time(4 * HOUR_S + 10)
    ids = [climate["id"] for climate in (await history(town))["climates"]]
    assert [each["id"] for each in (await history(town, before=ids[1]))["climates"]] == ids[2:]
    assert (await history(town, before=ids[-1])) == {"climates": [], "next": None}


async def test_nothing_is_told_before_its_tick(town: Town) -> None:
    """The window has closed and its noise is in the table, but its time has not come."""
    await town.pass_time(HOUR_S + 1)
    assert (await history(town))["climates"] == []
    assert (await town.climate())["climate"] is None
    await town.pass_time(2)
    assert len((await history(town))["climates"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=9999", "limit"), ("limit=many", "limit"), ("before=-1", "before")],
)
async def test_a_page_that_cannot_be_is_refused(town: Town, query: str, field: str) -> None:
    answer = await town.client.get(f"/v1/places/square/history?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["remedy"]


async def test_a_place_that_is_not_there_has_no_feed(town: Town) -> None:
    for what in ("climate", "history", "words", "privacy"):
        answer = await town.client.get(f"/v1/places/atlantis/{what}")
        assert (answer.status_code, answer.json()["field"]) == (404, "place")


# --- the stream ------------------------------------------------------------------------------------------------------


class Reader:
    """A browser's EventSource at the whole application, in this process."""

    def __init__(self, town: Town, query: str = "", last_id: int | None = None) -> None:
        headers = [] if last_id is None else [(b"last-event-id", str(last_id).encode())]
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/stream",
            "query_string": query.encode(),
            "headers": headers,
        }
        self.app = town.nexus.asgi
        self.answers: list[Any] = []
        self.left = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        self.answers.append(event)

    @property
    def heard(self) -> list[tuple[int, Any]]:
        """Return ids and climates in the order of their arrival."""
        text = b"".join(event.get("body", b"") for event in self.answers).decode()
        events = [
            dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in text.split("\n\n")
        ]
        return [(int(event["id"]), json.loads(event["data"])) for event in events if "id" in event]


@contextlib.asynccontextmanager
async def reading(town: Town, query: str = "", last_id: int | None = None) -> AsyncIterator[Reader]:
    """Read the stream while the hub delivers."""
    hub = asyncio.create_task(town.nexus.hub.run())
    reader = Reader(town, query, last_id)
    task = asyncio.create_task(reader.app(reader.scope, reader.receive, reader.send))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(20):
            while len(reader.answers) < 2:  # the headers, and the pause after which to come again
                await asyncio.sleep(0.001)
            yield reader
            reader.left.set()
            await task
    finally:
        hub.cancel()
        task.cancel()


async def until(reader: Reader, count: int) -> list[int]:
    while len(reader.heard) < count:
        await asyncio.sleep(0.001)
    return [id_ for id_, _ in reader.heard]


async def test_the_stream_tells_what_the_history_tells_byte_for_byte(town: Town) -> None:
    async with reading(town, "places=square") as reader:
        await town.pass_time(3 * HOUR_S + 10)
        await until(reader, 3)
        assert [climate for _, climate in reader.heard] == (await history(town))["climates"][::-1]
        assert reader.answers[0]["status"] == 200
        assert dict(reader.answers[0]["headers"])[b"content-type"] == b"text/event-stream"


async def test_a_reader_that_returns_gets_what_it_missed_once_and_in_order(town: Town) -> None:
    async with reading(town) as reader:
        await town.pass_time(HOUR_S + 10)
        before = await until(reader, 4)
    await town.pass_time(2 * HOUR_S)  # nobody reads
    async with reading(town, last_id=before[-1]) as reader:
        await town.pass_time(HOUR_S)
        after = await until(reader, 12)
    assert before + after == list(range(1, 17))


async def test_a_newcomer_is_told_the_newest_of_each_place_at_once(town: Town) -> None:
    await town.pass_time(3 * HOUR_S + 10)
    async with reading(town) as reader:
        await until(reader, 4)
        assert {climate["place"] for _, climate in reader.heard} == {"square", "gallery", "east", "city"}
        assert {climate["window"]["end"] for _, climate in reader.heard} == {"2026-11-24T12:00:00Z"}


async def test_a_reader_from_another_life_of_the_city_starts_anew(town: Town) -> None:
    await town.pass_time(HOUR_S + 10)
    async with reading(town, last_id=4000) as reader:
        assert await until(reader, 4) == [1, 2, 3, 4]


async def test_the_stream_is_told_at_the_tick_and_not_before(town: Town) -> None:
    async with reading(town) as reader:
        await town.pass_time(HOUR_S + 1)
        assert reader.heard == []
        await town.pass_time(2)
        assert len(await until(reader, 4)) == 4
