"""Those who tend the network see any hour as it was told then, why a place differs, and what was tried.

Failure: a moment shows what the feed told later; an answer tells anything of people but a released climate; a note is
lost, changed, or read by somebody who is not signed in.
"""

from pathlib import Path
from typing import Any

import httpx
import pytest

from nexus_city.ground import Database, iso
from nexus_city.ground.errors import BadInput
from nexus_city.vitals.incidents import ENDS_AFTER, KEPT_DAYS, Incidents
from nexus_city.vitals.tending.moments import Pace, seconds_of
from nexus_city.vitals.tending.timeline import Step, touched_at
from nexus_city.vitals.watching.alarms import Alarm, Alarms
from nexus_city.vitals.watching.explaining import Explained
from tests.access.staff.office import Office
from tests.conftest import MORNING_MS, Town, problem

MORNING_S = MORNING_MS // 1000
HOUR_S = 3600


async def crowd(town: Town, people: int = 400) -> None:
    for number in range(people):
        await (await town.phone()).give(cell=number % 64)


async def hour(client: httpx.AsyncClient, at_s: float | None = None) -> Any:
    answer = await client.get("/v1/vitals/hour", params={} if at_s is None else {"at": iso(at_s)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def of(told: Any, place: str) -> Any:
    return next(each for each in told["places"] if each["id"] == place)


# --- the hour --------------------------------------------------------------------------------------------------------


async def test_a_past_moment_shows_what_the_feed_had_told_by_then_and_no_more(town: Town, office: Office) -> None:
    ada = await office.architect()
    await crowd(town)
    settle_s = town.nexus.room.settle_ms // 1000
    assert settle_s > 1
    at_s, said = MORNING_S, {}
    for passed_s in (HOUR_S + settle_s - 1, 1, 60, HOUR_S, 2 * HOUR_S):
        await town.pass_time(passed_s)
        at_s += passed_s
        said[at_s] = {place.id: await town.climate(place.id) for place in town.nexus.room.city.places}
    tick_s = MORNING_S + HOUR_S + settle_s
    assert [of(await hour(ada, moment_s), "square")["climate"] is None for moment_s in (tick_s - 1, tick_s)] == [1, 0]
    for moment_s, voices in said.items():
        for then in (await hour(ada, moment_s))["places"]:
            voice = voices[then["id"]]
            assert (then["state"], then["speaker"]) == (voice["state"], voice["speaker"]), (then["id"], moment_s)
            if then["climate"]:
                assert then["climate"]["people"] == voice["climate"]["people"]
                assert then["climate"]["mixture"] == voice["climate"]["mixture"]


async def test_now_says_what_the_places_doors_say(town: Town, office: Office) -> None:
    ada = await office.architect()
    await crowd(town)
    await town.pass_time(HOUR_S + 60)
    told = await hour(ada)
    assert told["is_now"] is True
    for place in told["places"]:
        voice = await town.climate(place["id"])
        assert (place["state"], place["speaker"]) == (voice["state"], voice["speaker"]), place["id"]


async def test_what_is_closed_and_not_told_yet_is_not_in_the_hour_either(town: Town, office: Office) -> None:
    ada = await office.architect()
    await crowd(town)
    await town.pass_time(HOUR_S)
    stored = await town.nexus.database.read(
        lambda connection: connection.execute("select count(*) from climate where place = 'square'").fetchone()[0]
    )
    assert stored == 1
    assert of(await hour(ada), "square")["climate"] is None


async def test_the_future_and_what_is_no_time_are_refused_with_a_remedy(office: Office) -> None:
    ada = await office.architect()
    for at in ("2031-01-01T00:00:00Z", "yesterday", "1969-01-01T00:00:00Z", "2026-11-25", "2026-11-25T04:00:00", ""):
        assert problem(await ada.get("/v1/vitals/hour", params={"at": at}), 422)["field"] == "at"


async def test_a_torn_mirror_is_seen_now_and_in_the_replay_of_its_hour(town: Town, office: Office) -> None:
    ada = await office.architect()
    vitals = town.nexus.vitals
    vitals.echoes.hear("square", "display-1", 9, "0" * 64)
    vitals.echoes._said["square"] = (None, 0.0)
    vitals.echoes.hear("square", "display-1", 9, "0" * 64)
    await town.pass_time(HOUR_S)
    now = await hour(ada)
    assert of(now, "square")["mirror"] == "behind"
    assert of(now, "square")["since"]
    assert of(now, "gallery")["mirror"] == "unheard"
    real_s = seconds_of(now["real_at"])
    for minute in range(20):  # an incident that began half an hour ago and ended some minutes later
        torn = Explained(("square",) if minute > 3 else ("gallery", "square"), ("echo-wrong",), 0.9)
        await vitals.incidents.follow(real_s - 1800 + minute * 60, {"echo-broken": torn} if minute < 10 else {})
    then = await hour(ada, seconds_of(now["at"]) - 1800 + 2 * 60)
    assert (of(then, "square")["mirror"], of(then, "square")["since"]) == ("wrong", iso(real_s - 1800))
    assert of(then, "gallery")["mirror"] == "wrong"
    assert [each["cause"] for each in then["incidents"]] == ["echo-broken"]
    later = await hour(ada, seconds_of(now["at"]) - 1800 + 8 * 60)
    assert (of(later, "gallery")["mirror"], of(later, "square")["mirror"]) == ("unheard", "wrong")
    before = await hour(ada, seconds_of(now["at"]) - 1900)
    assert before["incidents"] == []
    assert of(before, "square")["mirror"] == "unheard"


async def test_an_alarm_is_told_in_its_own_hour(town: Town, office: Office) -> None:
    ada = await office.architect()
    now = await hour(ada)
    real_s, city_s = seconds_of(now["real_at"]), seconds_of(now["at"])
    alarms = Alarms(town.nexus.database)
    await alarms.note([Alarm(real_s - 5000.0, "mood", "square", city_s - 5400, HOUR_S, 9.5, 4.1, 720.0, "calm days")])
    assert now["alarms"] == []
    assert (await hour(ada))["alarms"] == []
    [told] = (await hour(ada, city_s - HOUR_S))["alarms"]
    assert (told["chart"], told["place"], told["at"]) == ("mood", "square", iso(real_s - 5000))
    assert (told["statistic"], told["threshold"], told["mean_windows"]) == (9.5, 4.1, 720.0)


def test_two_clocks_agree_about_a_moment() -> None:
    pace = Pace(city_s=10_000.0, real_s=500.0, rate=60.0)
    assert pace.real(10_000.0 - 600) == 490
    assert pace.city(pace.real(1234.0)) == pytest.approx(1234.0)


def test_a_time_without_a_zone_is_in_utc() -> None:
    assert seconds_of("2026-11-25T14:00:00Z") == seconds_of("2026-11-25T15:00:00+01:00")
    with pytest.raises(BadInput):
        seconds_of("14:00 today")


def test_a_place_that_was_mended_and_torn_again_is_torn_since_the_second_time() -> None:
    steps = [Step(10, "place", "square"), Step(20, "mended", "square"), Step(30, "place", "square")]
    assert touched_at(steps, 9) == {}
    assert touched_at(steps, 25) == {}
    assert touched_at(steps, 99) == {"square": 30}


# --- why here --------------------------------------------------------------------------------------------------------


async def test_why_here_names_the_display_and_the_charter_that_differ(town: Town, office: Office) -> None:
    ada = await office.architect()
    await town.pass_time(60)
    assert (await ada.patch("/v1/places/square/settings", json={"welcome": "Hello"})).status_code == 200
    for place in ("square", "gallery", "nook"):
        town.nexus.vitals.echoes.hear(place, f"display-{place}", None, "")
    town.nexus.vitals.echoes.hear("square", "display-square", 10**9, "")
    town.nexus.vitals.echoes._said["square"] = (None, 0.0)
    town.nexus.vitals.echoes.hear("square", "display-square", 10**9, "")
    told = (await ada.get("/v1/vitals/why/square")).json()
    odd = {each["name"]: (each["value"], each["usual"]) for each in told["dimensions"] if each["differs"]}
    assert odd == {"displays": ("behind", "in-step"), "charter": (2, 1)}
    assert (told["compared_with"], told["displays"], told["wires"]) == (2, {"behind": 1}, [])
    assert "people" not in str(told)
    assert problem(await ada.get("/v1/vitals/why/nowhere"), 404)


# --- incidents and notes ---------------------------------------------------------------------------------------------


async def happen(incidents: Incidents) -> None:
    for look in range(4):
        first = Explained(("hall", "square"), ("echo-stale",), 0.8)
        then = Explained(("hall",), ("echo-stale", "heartbeat-late"), 0.9)
        await incidents.follow(look * 60.0, {"echo-broken": first if look < 2 else then})
    for look in range(4, 4 + ENDS_AFTER):
        await incidents.follow(look * 60.0, {})


async def test_an_incident_is_told_step_by_step_with_what_was_tried(town: Town, office: Office) -> None:
    ada = await office.architect()
    eve = await office.join(ada, "steward", "Eve")
    await happen(town.nexus.vitals.incidents)
    [public] = await town.nexus.vitals.incidents.recent(0)
    one = f"/v1/vitals/incidents/{public.id}"
    answer = await eve.post(f"{one}/notes", json={"text": " Reloaded the wall; the cable was loose. "})
    assert answer.status_code == 201
    told = (await ada.get(one)).json()
    assert told == answer.json()
    assert (told["cause"], told["kind"]) == ("echo-broken", "machine")
    assert [(step["kind"], step["what"]) for step in told["steps"]] == [
        ("began", ""),
        ("sign", "echo-stale"),
        ("place", "hall"),
        ("place", "square"),
        ("sign", "heartbeat-late"),
        ("mended", "square"),
        ("ended", ""),
        ("note", "Reloaded the wall; the cable was loose."),
    ]
    note = told["steps"][-1]
    assert (note["role"], note["who"]) == ("steward", "Eve")
    assert ("Eve", "health.tend", f"incident {public.id}") in await office.acts(ada)


async def test_notes_are_short_and_of_those_who_tend(town: Town, office: Office) -> None:
    ada = await office.architect()
    await happen(town.nexus.vitals.incidents)
    for text in ("", "   ", "x" * 281):
        assert problem(await ada.post("/v1/vitals/incidents/1/notes", json={"text": text}), 422)["field"] == "text"
    assert problem(await ada.post("/v1/vitals/incidents/77/notes", json={"text": "hm"}), 404)["field"] == "number"
    assert (await town.client.post("/v1/vitals/incidents/1/notes", json={"text": "hm"})).status_code == 401
    assert (await town.client.get("/v1/vitals/incidents/1")).status_code == 401
    guide = await office.join(ada, "facilitator", "Gil")
    assert problem(await guide.post("/v1/vitals/incidents/1/notes", json={"text": "hm"}), 403)["field"] == "role"


async def test_an_incident_is_forgotten_with_its_steps_when_its_time_is_over(tmp_path: Path) -> None:
    database, now_s = Database(tmp_path), [0.0]
    incidents = Incidents(database, lambda: now_s[0])
    await happen(incidents)
    [rule] = incidents.rules()
    [ended_s] = [each.ended_s for each in await incidents.recent(0)]
    assert ended_s is not None
    for after_s, gone in ((KEPT_DAYS * 86_400, 0), (KEPT_DAYS * 86_400 + 1, 1)):
        now_s[0] = ended_s + after_s
        assert await database.write(rule.forget) == gone
    left = await database.read(
        lambda connection: connection.execute("select count(*) from incident_step").fetchone()[0]
    )
    assert left == 0
    database.close()
