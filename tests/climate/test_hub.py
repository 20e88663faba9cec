"""The hub with viewers made by hand: fast ones, stuck ones, broken ones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.climate.hub import Hub, Kind, Row, StreamDoor


class Screen:
    """A viewer's end of `send`: writes down what arrives, and can be stuck or broken."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ids: list[int] = []
        self.flows = asyncio.Event()
        self.flows.set()
        self.broken = False

    async def send(self, event: Any) -> None:
        await self.flows.wait()
        if self.broken:
            raise OSError("gone")
        body = event.get("body") or event.get("text", "").encode()
        self.heard.append(body)
        if body.startswith(b"id: "):
            self.ids.append(int(body[4 : body.index(b"\n")]))


class Theatre(Hub):
    """A hub whose viewers stay until it stops, or until a test makes one leave."""

    def __init__(self, beat_s: float = 20.0) -> None:
        super().__init__(beat_s)
        self.audience = contextlib.ExitStack()


@contextlib.asynccontextmanager
async def running(hub: Theatre) -> AsyncIterator[Theatre]:
    task = asyncio.create_task(hub.run())
    with hub.audience:
        yield hub
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def look(hub: Theatre, screen: Screen, *places: str, kind: Kind = "sse") -> contextlib.ExitStack:
    """Join and catch up, as the door does; returns the stack by which this viewer leaves.

    Somebody must hold that stack: a `join` that nobody holds ends when Python clears it away, and the viewer is gone.
    """
    stay = hub.audience.enter_context(contextlib.ExitStack())
    viewer = stay.enter_context(hub.join(screen.send, kind, frozenset(places) or None))
    await hub.catch_up(viewer, [])
    return stay


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_everyone_hears_every_climate_in_order_and_no_viewer_has_a_task() -> None:
    async with running(Theatre()) as hub:
        await settle()
        tasks = len(asyncio.all_tasks())
        screens = [Screen() for _ in range(50)]
        for screen in screens:
            await look(hub, screen)
        for id_ in range(1, 11):
            hub.publish("fountain", id_, b"{}")
        await settle()
        assert all(screen.ids == list(range(1, 11)) for screen in screens)
        assert len(asyncio.all_tasks()) == tasks
        assert (hub.viewers, hub.delivered, hub.skipped) == (50, 500, 0)


async def test_the_frames_are_those_of_the_two_protocols() -> None:
    async with running(Theatre()) as hub:
        sse, websocket = Screen(), Screen()
        await look(hub, sse, kind="sse")
        await look(hub, websocket, kind="websocket")
        hub.publish("fountain", 7, b'{"id":7}')
        await settle()
        assert sse.heard == [b'id: 7\nevent: climate\ndata: {"id":7}\n\n']
        assert websocket.heard == [b'{"id":7}']


async def test_a_viewer_hears_only_the_places_it_asked_for() -> None:
    async with running(Theatre()) as hub:
        screen = Screen()
        await look(hub, screen, "fountain", "library")
        for id_, place in enumerate(("fountain", "market", "library", "fountain"), 1):
            hub.publish(place, id_, b"{}")
        await settle()
        assert screen.ids == [1, 3, 4]


async def test_a_stuck_viewer_costs_nobody_anything_and_then_gets_the_newest_of_each_place() -> None:
    async with running(Theatre()) as hub:
        stuck, free = Screen(), Screen()
        await look(hub, stuck)
        await look(hub, free)
        stuck.flows.clear()
        for id_ in range(1, 101):
            hub.publish(("fountain", "library")[id_ % 2], id_, b"{}")
            await settle()
        assert free.ids == list(range(1, 101))
        assert stuck.ids == []
        stuck.flows.set()
        await settle()
        assert stuck.ids == [1, 99, 100]  # the one it was stuck on, then the newest of each place
        assert hub.skipped == 97
        hub.publish("market", 101, b"{}")
        await settle()
        assert stuck.ids[-1] == free.ids[-1] == 101


async def test_what_waits_for_a_viewer_is_bounded() -> None:
    async with running(Theatre()) as hub:
        with hub.join(Screen().send, "sse", None) as viewer:  # reads its history for ever
            for id_ in range(1, 5001):
                hub.publish(f"place-{id_ % 3}", id_, b"{}")
                if id_ % 100 == 0:
                    await settle()
            await settle()
            assert len(viewer.waiting) <= 1024 + 3


async def test_a_broken_viewer_is_forgotten_and_the_others_hear_on() -> None:
    async with running(Theatre()) as hub:
        broken, breaks_while_stuck, whole = Screen(), Screen(), Screen()
        for screen in (broken, breaks_while_stuck, whole):
            await look(hub, screen, "fountain")
        broken.broken = breaks_while_stuck.broken = True
        breaks_while_stuck.flows.clear()
        hub.publish("fountain", 1, b"{}")
        await settle()
        breaks_while_stuck.flows.set()
        hub.publish("fountain", 2, b"{}")
        await settle()
        assert whole.ids == [1, 2]
        assert hub.delivered == 4  # the broken two were tried once


async def test_a_viewer_that_leaves_while_stuck_leaves_nothing_behind() -> None:
    async with running(Theatre()) as hub:
        await settle()
        tasks = asyncio.all_tasks()
        stuck = Screen()
        leave = await look(hub, stuck)
        stuck.flows.clear()
        hub.publish("fountain", 1, b"{}")
        await settle()
        assert len(asyncio.all_tasks() - tasks) == 1
        leave.close()
        await settle()
        assert asyncio.all_tasks() == tasks
        assert hub.viewers == 0
        hub.publish("fountain", 2, b"{}")
        await settle()
        assert stuck.ids == []


async def test_a_quiet_stream_gets_a_comment_and_a_websocket_does_not() -> None:
    async with running(Theatre(beat_s=0.01)) as hub:
        sse, websocket, stuck = Screen(), Screen(), Screen()
        for screen, kind in ((sse, "sse"), (websocket, "websocket"), (stuck, "sse")):
            await look(hub, screen, kind=kind)  # type: ignore[arg-type]
        stuck.flows.clear()
        async with asyncio.timeout(5):
            while len(sse.heard) < 3:
                await asyncio.sleep(0.01)
        assert set(sse.heard) == {b": hi\n\n"}
        assert websocket.heard == stuck.heard == []


async def test_newcomers_get_a_turn_while_a_crowd_is_served() -> None:
    async with running(Theatre()) as hub:
        crowd = [Screen() for _ in range(2000)]
        for screen in crowd:
            await look(hub, screen)
        hub.publish("fountain", 1, b"{}")
        turns = 0
        async with asyncio.timeout(5):  # a crowd that is never served is a failure, not a test that never ends
            while not crowd[-1].ids:
                await asyncio.sleep(0)
                turns += 1
        assert turns >= 2000 // 256


@pytest.mark.parametrize(("id_", "body", "says"), [(3, b"{}", "ids must rise"), (5, b"{\n}", "one line")])
async def test_a_climate_out_of_order_or_on_two_lines_is_refused(id_: int, body: bytes, says: str) -> None:
    hub = Hub()
    hub.publish("fountain", 3, b"{}")
    with pytest.raises(ValueError, match=says):
        hub.publish("fountain", id_, body)


async def test_closing_says_goodbye_also_to_those_who_were_busy() -> None:
    async with running(Theatre()) as hub:
        free, stuck = Screen(), Screen()
        await look(hub, free)
        await look(hub, stuck)
        stuck.flows.clear()
        hub.publish("fountain", 1, b"{}")
        await settle()
        hub.close()
        await settle()
        assert free.heard[-1] == b""
        stuck.flows.set()
        await settle()
        assert stuck.heard[-1] == b""


class Talker:
    """Writes climates into a history and publishes them, a turn of the loop apart."""

    def __init__(self, hub: Hub, slow: int) -> None:
        self.rows: list[Row] = []
        self.hub = hub
        self.slow = slow

    async def speak(self, places: list[str]) -> None:
        for place in places:
            row = (len(self.rows) + 1, place, b"{}")
            self.rows.append(row)
            await asyncio.sleep(0)
            self.hub.publish(row[1], row[0], row[2])

    async def history(self, after: int, places: frozenset[str] | None) -> list[Row]:
        for _ in range(self.slow):
            await asyncio.sleep(0)
        found = [row for row in self.rows if row[0] > after and (places is None or row[1] in places)]
        for _ in range(self.slow):
            await asyncio.sleep(0)
        return found

    async def latest(self, places: frozenset[str] | None) -> list[Row]:
        return list({row[1]: row for row in await self.history(0, places)}.values())


names = st.sampled_from(["fountain", "library", "market"])


@settings(deadline=None)
@given(
    spoken=st.lists(names, max_size=30),
    wait=st.integers(0, 40),
    slow=st.integers(0, 5),
    after=st.integers(0, 5),
    places=st.none() | st.frozensets(names, min_size=1),
)
def test_between_history_and_live_there_is_no_gap_and_no_duplicate(
    spoken: list[str], wait: int, slow: int, after: int, places: frozenset[str] | None
) -> None:
    async def scene() -> None:
        async with running(Theatre()) as hub:
            talker, screen = Talker(hub, slow), Screen()
            talking = asyncio.create_task(talker.speak(spoken))
            for _ in range(wait):
                await asyncio.sleep(0)
            resume = min(after, len(talker.rows))
            with hub.join(screen.send, "sse", places) as viewer:
                viewer.seen = resume
                await hub.catch_up(viewer, await talker.history(resume, places))
                await talking
                await settle()
            wanted = [row[0] for row in talker.rows if row[0] > resume and (places is None or row[1] in places)]
            assert screen.ids == wanted

    asyncio.run(scene())


class Visit:
    """One request at the door, with everything it answered."""

    def __init__(self, query: str = "", headers: dict[str, str] | None = None, method: str = "GET") -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        }
        self.answers: list[Any] = []
        self.left = asyncio.Event()

    async def send(self, event: Any) -> None:
        self.answers.append(event)

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])

    @property
    def ids(self) -> list[int]:
        bodies = [event["body"] for event in self.answers[1:]]
        return [int(body[4 : body.index(b"\n")]) for body in bodies if body.startswith(b"id: ")]


@contextlib.asynccontextmanager
async def at_the_door(*visits: Visit) -> AsyncIterator[tuple[Hub, Talker]]:
    """Nine climates have been spoken; the visits come; leaving closes them."""
    async with running(Theatre()) as hub:
        talker = Talker(hub, slow=2)
        await talker.speak(["fountain", "library", "market"] * 3)
        door = StreamDoor(hub, talker.history, talker.latest, is_place=["fountain", "library", "market"].__contains__)
        tasks = [asyncio.create_task(door(visit.scope, visit.receive, visit.send)) for visit in visits]
        await settle()
        yield hub, talker
        for visit in visits:
            visit.left.set()
        await asyncio.gather(*tasks)
        assert hub.viewers == 0


async def test_a_newcomer_is_shown_the_newest_of_each_place_and_then_what_comes() -> None:
    everywhere, one = Visit(), Visit("places=library")
    async with at_the_door(everywhere, one) as (_, talker):
        await talker.speak(["library", "fountain"])
        await settle()
    assert everywhere.ids == [7, 8, 9, 10, 11]
    assert one.ids == [8, 10]
    assert everywhere.answers[1]["body"].startswith(b"retry: ")


@pytest.mark.parametrize(
    ("query", "headers", "wanted"),
    [
        ("after=6", {}, [7, 8, 9]),
        ("after=0&places=market", {}, [3, 6, 9]),
        ("after=2", {"last-event-id": "8"}, [9]),  # a browser that returns keeps its first address
        ("", {"last-event-id": "nonsense"}, [7, 8, 9]),
        ("", {"last-event-id": "9"}, []),
        ("", {"last-event-id": "4000"}, [7, 8, 9]),  # an id from before the city's data was started anew
    ],
)
async def test_a_viewer_goes_on_where_it_stopped(query: str, headers: dict[str, str], wanted: list[int]) -> None:
    visit = Visit(query, headers)
    async with at_the_door(visit):
        pass
    assert visit.status == 200
    assert visit.ids == wanted


@pytest.mark.parametrize(
    ("visit", "status", "mentions"),
    [
        (("after=-1",), 422, b'"field":"after"'),
        (("after=99999999999999999999",), 422, b'"field":"after"'),
        (("places=atlantis",), 404, b"atlantis"),
        (("places=",), 404, b"/v1/places"),
        (("&".join(["a=b"] * 17),), 422, b'"remedy"'),
        (("", {}, "POST"), 405, b""),
    ],
)
async def test_what_cannot_be_served_is_refused_with_a_reason(visit: Any, status: int, mentions: bytes) -> None:
    guest = Visit(*visit)
    async with at_the_door(guest):
        pass
    assert guest.status == status
    assert mentions in guest.answers[1]["body"]


async def test_a_door_that_is_cancelled_while_its_viewer_is_stuck_cleans_up() -> None:
    async with running(Theatre()) as hub:
        screen, talker = Screen(), Talker(hub, slow=0)
        await talker.speak(["fountain"])
        screen.flows.clear()
        visit = Visit()
        door = StreamDoor(hub, talker.history, talker.latest, is_place=lambda _: True)
        task = asyncio.create_task(door(visit.scope, visit.receive, screen.send))
        await settle()
        assert hub.viewers == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert hub.viewers == 0


async def test_after_closing_the_door_says_when_to_return() -> None:
    guest = Visit()
    async with running(Theatre()) as hub:
        talker = Talker(hub, slow=0)
        hub.close()
        await StreamDoor(hub, talker.history, talker.latest, is_place=lambda _: True)(
            guest.scope, guest.receive, guest.send
        )
    assert guest.status == 503
