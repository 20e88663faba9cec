"""The network knows how it is: the door, the clock of releases, lights and displays."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response

from nexus_city.climate import Climate, Voice
from nexus_city.climate.model import Cost, Span
from nexus_city.climate.store import newest_climates
from nexus_city.environment.wires.state import WireState
from nexus_city.ground import Database
from nexus_city.vitals.burn import PROMISE, RULES, Allowance
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.echoes import FORGOTTEN_S, PATIENCE_S, Echoes
from nexus_city.vitals.incidents import BEGINS_AFTER, ENDS_AFTER, Incidents
from nexus_city.vitals.status import Vitals
from nexus_city.vitals.watching.explaining import Explained
from tests.conftest import Town
from tests.vitals.beating import Time, a_way, still

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


def test_a_display_that_hangs_is_behind_though_newer_climates_keep_coming() -> None:
    """Each newer climate would begin the patience anew, and a fast city would never find it."""
    clock, number = Time(), 7

    def speaking(_: str) -> Voice:
        hour = Span("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")
        said = Climate(number, "square", "Square", "quiet", hour, 2, None, 0, 1.0, 0.1, Cost(1.0, 13.9), "nexus-1")
        return Voice("square", "quiet", "square", "2026-01-01T00:00:00Z", said)

    echoes = Echoes(speaking, clock)
    verdicts = []
    for _ in range(8):
        verdicts.append(echoes.hear("square", "display-1", 6, ""))
        clock.s, number = clock.s + 30, number + 1
    assert verdicts == ["in-step"] * 4 + ["behind"] * 4


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
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path)
    yield found
    found.close()


@pytest.fixture
def incidents(database: Database) -> Incidents:
    return Incidents(database)


# --- all together ----------------------------------------------------------------------------------------------------


async def test_each_part_says_what_is_wrong_and_since_when(database: Database, incidents: Incidents) -> None:
    clock, late, wires = Time(), [0.0], {"front": WireState("sending", "", 9, 0, 0.0)}
    vitals = Vitals(a_way(database, clock, late, wires), Echoes(still, clock), incidents, clock)
    await vitals.look()
    assert {part.name: (part.state, part.age_s) for part in vitals.status().parts} == {
        "door": ("unknown", None),
        "disk": ("well", 0.0),
        "release": ("well", 7.0),
        "stream": ("unknown", None),
        "lights": ("well", 0.0),
        "displays": ("unknown", None),
    }
    assert vitals.status().well
    clock.s += 60
    late[0], wires["front"] = 300.0, WireState("failed", "no route to 10.0.0.7; check the cable", 9, 0, 60.0)
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
    assert song.respected is True
    await town.pass_time(3600)
    tables = await town.nexus.database.read(town.tables)
    assert tables
    assert sum(int(table.released.counts.sum()) for table in tables) == 0


async def test_a_city_that_counts_who_takes_no_part_is_found_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexus_city.climate.door.CheckInDoor._reason_to_keep", lambda *_: None)
    song = await Canary(lambda: town.nexus.asgi, town.nexus.tokens.issue, lambda: ("city", "city")).sing()
    assert song is not None
    assert (song.well, song.respected) == (False, False)
    await town.pass_time(3600)
    tables = await town.nexus.database.read(town.tables)
    assert sum(int(table.released.counts.sum()) for table in tables) == 0, "it is taken back all the same"


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


async def test_a_wall_that_hangs_is_one_incident_from_first_sight_to_its_repair(
    database: Database, incidents: Incidents
) -> None:
    clock = Time()
    vitals = Vitals(a_way(database, clock), Echoes(still, clock), incidents, clock)

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


LATE = Explained((), ("heartbeat-late",), 0.9)


async def test_a_hiccup_is_no_incident(incidents: Incidents) -> None:
    for look in range(10):
        named = {"hub-down": LATE} if look % (BEGINS_AFTER + 1) == 0 else {}
        await incidents.follow(look * 60.0, named)
    assert await incidents.recent(0) == []


async def test_an_incident_goes_on_after_a_restart(tmp_path: Path) -> None:
    database = Database(tmp_path)
    first = Incidents(database)
    for look in range(3):
        await first.follow(look * 60.0, {"hub-down": LATE})
    second = Incidents(database)
    await second.follow(600.0, {"hub-down": Explained(("hall",), ("many-at-once",), 0.8)})
    [found] = await second.recent(0)
    assert (found.began_s, found.ended_s, found.places) == (0.0, None, ("hall",))
    assert found.evidence == ("heartbeat-late", "many-at-once")
    assert found.posterior == 0.9
    database.close()
