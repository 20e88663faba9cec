"""The network knows how it is: the door, the clock of releases, lights and displays."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response

from nexus_city.climate import Voice
from nexus_city.climate.store import newest_climates
from nexus_city.ground import Database
from nexus_city.vitals.burn import PROMISE, RULES, Allowance
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.echoes import FORGOTTEN_S, PATIENCE_S, Echoes
from nexus_city.vitals.incidents import BEGINS_AFTER, ENDS_AFTER, Incidents
from nexus_city.vitals.status import Vitals
from tests.conftest import Town


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.s = 1_000_000.0

    def __call__(self) -> float:
        return self.s


def still(_: str) -> Voice:
    return Voice("square", "resting", None, "2026-01-01T00:00:00Z", None)


# --- the promise ---------------------------------------------------------------------------------------------------


def test_a_burn_rate_of_one_uses_up_the_allowance_exactly() -> None:
    allowance = Allowance()
    for minute in range(60):
        allowance.note(minute * 60, 1000, round(1000 * (1 - PROMISE)))
    assert allowance.rate(59 * 60, 60) == pytest.approx(1)
    assert allowance.rate(59 * 60, 5) == pytest.approx(1)


def test_a_hiccup_wakes_nobody_and_a_fire_does() -> None:
    allowance = Allowance()
    quiet = RULES[-1].long_min
    for minute in range(quiet):
        allowance.note(minute * 60, 10, 10 if minute == quiet - 1 else 0)
    assert list(allowance.burning((quiet - 1) * 60)) == []
    for minute in range(quiet, quiet + 12):
        allowance.note(minute * 60, 10, 10)
    assert next(iter(allowance.burning((quiet + 11) * 60))) == RULES[0]


def test_an_alarm_ends_soon_after_the_trouble() -> None:
    allowance = Allowance()
    for minute in range(60):
        allowance.note(minute * 60, 10, 5)
    assert any(allowance.burning(59 * 60))
    for minute in range(60, 66):
        allowance.note(minute * 60, 10, 0)
    assert RULES[0] not in list(allowance.burning(65 * 60))


# --- displays --------------------------------------------------------------------------------------------------------


def test_still_water_is_an_echo_too() -> None:
    echoes = Echoes(still, Time())
    assert echoes.hear("square", "display-1", None, "") == "in-step"
    assert echoes.listen().integrity == 1


def test_a_number_that_was_never_released_is_wrong_at_once() -> None:
    echoes = Echoes(still, clock := Time())
    assert echoes.hear("square", "display-1", 5, "") == "in-step"  # it may have seen the last one before it ended
    clock.s += PATIENCE_S + 1
    assert echoes.hear("square", "display-1", 5, "") == "behind"
    heard = echoes.listen()
    assert heard.broken == {"square": "behind"}
    assert heard.since_s["square"] == clock.s


def test_a_display_that_falls_silent_is_missed_and_at_last_forgotten() -> None:
    echoes = Echoes(still, clock := Time())
    echoes.hear("square", "display-1", None, "")
    echoes.hear("hall", "display-2", None, "")
    clock.s += PATIENCE_S + 1
    echoes.hear("hall", "display-2", None, "")
    heard = echoes.listen()
    assert (heard.displays, heard.in_step, heard.broken) == (2, 1, {"square": "silent"})
    clock.s += FORGOTTEN_S
    assert echoes.listen().displays == 0
    assert echoes.listen().integrity is None


@pytest.fixture
def incidents(tmp_path: Path) -> Iterator[Incidents]:
    database = Database(tmp_path)
    yield Incidents(database)
    database.close()


# --- all together ----------------------------------------------------------------------------------------------------


async def test_each_part_says_what_is_wrong_and_since_when(incidents: Incidents) -> None:
    clock, late, wires = Time(), [0.0], {"front": ""}
    vitals = Vitals(None, Echoes(still, clock), incidents, lambda: late[0], lambda: wires, clock)
    await vitals.look()
    assert {part.name: part.state for part in vitals.status().parts} == {
        "door": "unknown",
        "release": "well",
        "lights": "well",
        "displays": "unknown",
    }
    assert vitals.status().well
    clock.s += 60
    late[0], wires["front"] = 300.0, "no route to 10.0.0.7; check the cable"
    status = vitals.status()
    troubled = {part.name: (part.detail, part.since_s) for part in status.parts if part.state == "troubled"}
    assert not status.well
    assert troubled["release"][0].startswith("the next climate is 300 seconds overdue")
    assert troubled["lights"] == ("front: no route to 10.0.0.7; check the cable", clock.s)
    clock.s += 60
    assert {part.since_s for part in vitals.status().parts if part.state == "troubled"} == {clock.s - 60}


async def test_the_canary_goes_through_the_real_door_and_leaves_nothing(town: Town) -> None:
    song = await Canary(lambda: town.nexus.asgi, town.nexus.tokens.issue, lambda: ("city", "city")).sing()
    assert song is not None
    assert song.well, song.detail
    await town.pass_time(3600)
    tables = await town.nexus.database.read(town.tables)
    assert tables
    assert sum(int(table.released.counts.sum()) for table in tables) == 0


async def test_a_door_that_refuses_is_noticed(town: Town) -> None:
    song = await Canary(lambda: town.nexus.asgi, lambda: "not-a-token", lambda: ("city", "city")).sing()
    assert song is not None
    assert not song.well
    assert "401" in song.detail


async def test_a_display_that_shows_the_very_bytes_of_the_stream_is_in_step(town: Town) -> None:
    for number in range(400):
        await (await town.phone()).give(cell=number % 64)
    await town.pass_time(3600 + 60)
    voice = await town.climate()
    climate = voice["climate"]
    rows = await town.nexus.database.read(lambda connection: newest_climates(connection, climate["id"]))
    body = next(body for number, _, body in rows if number == climate["id"])
    key = {"x-display-key": town.nexus.tokens.display_key("square")}

    async def tell(digest: str, headers: dict[str, str] = key) -> Response:
        shown = {"display": "display-1", "climate": climate["id"], "digest": digest}
        return await town.client.post("/v1/places/square/echo", json=shown, headers=headers)

    assert (await tell(hashlib.sha256(body).hexdigest())).json() == {"verdict": "in-step"}
    assert (await town.client.get("/v1/vitals")).json()["integrity"] == 1
    assert (await tell("0" * 64)).json() == {"verdict": "wrong"}
    told = (await town.client.get("/v1/vitals")).json()
    assert told["well"] is False
    assert [(each["place"], each["finding"]) for each in told["places"]] == [("square", "wrong")]
    assert (await tell("0" * 64, headers={})).json()["status"] == 403


async def test_what_is_wrong_in_detail_is_for_those_who_tend_the_city(town: Town) -> None:
    assert (await town.client.get("/v1/vitals/parts")).status_code == 401


# --- incidents -------------------------------------------------------------------------------------------------------


async def test_a_wall_that_hangs_is_one_incident_from_first_sight_to_its_repair(incidents: Incidents) -> None:
    clock = Time()
    vitals = Vitals(None, Echoes(still, clock), incidents, lambda: 0.0, dict, clock)

    async def minute(climate: int | None) -> None:
        clock.s += 60
        vitals.echoes.hear("square", "display-1", climate, "")
        await vitals.look()

    began = clock.s + 60 * 3  # the patience is over in the third minute
    for _ in range(8):
        await minute(7)
    for _ in range(ENDS_AFTER + 3):
        await minute(None)
    [found] = await incidents.recent(0)
    assert (found.cause, found.places, found.evidence) == ("echo-broken", ("square",), ("echo-stale",))
    assert found.began_s == pytest.approx(began, abs=61)
    assert found.ended_s is not None
    assert found.ended_s - began == pytest.approx((8 - 2 + ENDS_AFTER) * 60, abs=121)


async def test_a_hiccup_is_no_incident(incidents: Incidents) -> None:
    for look in range(10):
        named = "hub-down" if look % (BEGINS_AFTER + 1) == 0 else None
        await incidents.follow(look * 60.0, named, [], ["heartbeat-late"])
    assert await incidents.recent(0) == []


async def test_an_incident_goes_on_after_a_restart(tmp_path: Path) -> None:
    database = Database(tmp_path)
    first = Incidents(database)
    for look in range(3):
        await first.follow(look * 60.0, "hub-down", [], ["heartbeat-late"])
    second = Incidents(database)
    await second.follow(600.0, "hub-down", ["hall"], ["many-at-once"])
    [found] = await second.recent(0)
    assert (found.began_s, found.ended_s, found.places) == (0.0, None, ("hall",))
    assert found.evidence == ("heartbeat-late", "many-at-once")
    database.close()
