"""What is asked before anything is written down: audiences, presence without a mood, opting out, and charters."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import SMALL_CITY, Phone, Town

from nexus_city.access import DeviceLimit, Presences
from nexus_city.climate.door import CheckInDoor, Wishes
from nexus_city.climate.model import DISTRICT, HERE, ONWARD
from nexus_city.ground.errors import TooMany
from nexus_city.places.charters import Changes

HOUR_S = 3600
OPEN_CITY = SMALL_CITY.replace('id = "square"', 'id = "square"\naudiences = ["place", "district", "city"]').replace(
    'id = "nook"', 'id = "nook"\naudiences = ["place", "district"]\nwords = false'
)


async def heard(town: Town) -> dict[tuple[str, int], tuple[int, int]]:
    """Return how many moods and how many who were only there are in each table that has any (the noise is zero)."""
    tables = await town.nexus.database.read(town.tables)
    return {
        (table.place, table.strand): (int(table.moods.sum()), int(table.released.counts[-1]))
        for table in tables
        if table.released.counts.any()
    }


async def people(town: Town) -> dict[str, int]:
    """Return the people of the climates that were published last."""
    return {place: climate.people for place, climate in town.nexus.room.latest.items()}


def kept(answer: Any) -> tuple[int, str, str | None]:
    return answer.status_code, answer.json()["state"], answer.json()["reason"]


# --- audiences -------------------------------------------------------------------------------------------------------


async def test_each_audience_has_a_table_and_is_heard_as_far_as_it_reaches(tmp_path: Path) -> None:
    town = Town(tmp_path, city=OPEN_CITY)
    for audience, count in (("place", 1), ("district", 2), ("city", 4)):
        for _ in range(count):
            await (await town.phone()).give(audience=audience)
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {("square", HERE): (1, 0), ("square", DISTRICT): (2, 0), ("square", ONWARD): (4, 0)}
    assert await people(town) == {"square": 7, "gallery": 0, "east": 6, "city": 4}
    await town.close()


async def test_an_audience_that_the_place_does_not_declare_is_refused_and_never_widened(town: Town) -> None:
    phone = await town.phone()
    refused = await phone.give(audience="district")
    assert (refused.status_code, refused.json()["field"]) == (422, "audience")
    assert "place, city" in refused.json()["remedy"]
    given = (await phone.give(audience="place")).json()["key"]
    body = {"cell": 1, "audience": "district"}
    changed = await phone.client.put(f"/v1/places/square/check-ins/{given}", json=body, headers=phone.headers)
    assert changed.status_code == 422


async def test_the_district_of_a_resting_place_speaks_for_it_where_the_city_must_not(tmp_path: Path) -> None:
    """East is right below the city, so what it hears for the district stays with it."""
    town = Town(tmp_path, city=OPEN_CITY)
    receipt = (await (await town.phone()).give("nook", audience="district")).json()
    assert (receipt["state"], receipt["speaker"], receipt["audience"]) == ("counted", "east", "district")
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {("east", HERE): (1, 0)}
    assert await people(town) == {"square": 0, "gallery": 0, "east": 1, "city": 0}
    await town.close()


async def test_at_the_city_itself_every_audience_is_the_city(town: Town) -> None:
    for audience in ("place", "district", "city"):
        receipt = (await (await town.phone()).give("city", audience=audience, words=["calm"])).json()
        assert (receipt["state"], receipt["words"]) == ("counted", ["calm"])
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {("city", ONWARD): (3, 0)}


async def test_a_change_of_audience_that_nobody_can_speak_for_takes_the_check_in_back(town: Town) -> None:
    phone = await town.phone()
    key = (await phone.give("nook")).json()["key"]
    body = {"cell": 9, "audience": "place"}
    changed = await phone.client.put(f"/v1/places/nook/check-ins/{key}", json=body, headers=phone.headers)
    assert kept(changed) == (202, "kept", "nobody-speaks")
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {}


async def test_the_tables_of_a_day_are_those_with_which_it_began(town: Town) -> None:
    """An audience that is added is narrower until tomorrow; one that is taken away is refused at once."""
    charters = town.nexus.charters.charters
    await charters.amend("square", Changes(audiences=("place", "district")))
    phone = await town.phone()
    assert (await phone.give(audience="city", charter=2)).status_code == 422
    assert (await phone.give(audience="district", charter=2)).status_code == 202
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {("square", HERE): (1, 0)}
    assert {strand for place, strand in await strands(town) if place == "square"} == {HERE, ONWARD}
    await town.pass_time(24 * HOUR_S)
    assert town.nexus.room.plan.strands["square"] == (HERE, DISTRICT)


async def strands(town: Town) -> set[tuple[str, int]]:
    return {(table.place, table.strand) for table in await town.nexus.database.read(town.tables)}


# --- presence, words -------------------------------------------------------------------------------------------------


async def test_presence_is_counted_among_the_people_and_in_no_mood(town: Town) -> None:
    await (await town.phone()).give(cell=None)
    await (await town.phone()).give(cell=9)
    phone = await town.phone()
    await phone.give(cell=9)
    await phone.give(cell=None)
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {("square", ONWARD): (1, 2)}
    assert await people(town) == {"square": 3, "gallery": 0, "east": 3, "city": 3}


async def test_the_noise_of_presence_is_part_of_how_sure_the_number_of_people_is(town: Town) -> None:
    await town.pass_time(HOUR_S + 10)
    climate = town.nexus.room.latest["square"]
    cells = 2 * (climate.grid**2 + 1)
    assert climate.people_sd == pytest.approx((cells * town.nexus.room.desk.variance) ** 0.5, abs=0.06)


async def test_words_are_dropped_where_the_charter_wants_none_and_without_a_mood(tmp_path: Path) -> None:
    """The nook counts no words, whoever hears them."""
    town = Town(tmp_path, city=OPEN_CITY.replace('["place", "district"]\n', '["place", "city"]\n'))
    receipts = [
        (await (await town.phone()).give("nook", words=["calm"])).json(),
        (await (await town.phone()).give("square", None, words=["calm"])).json(),
    ]
    assert [(each["state"], each["words"]) for each in receipts] == [("counted", [])] * 2
    await town.close()


# --- taking no part --------------------------------------------------------------------------------------------------


async def test_a_device_that_opted_out_is_told_so_and_counted_again_once_it_opts_in(town: Town) -> None:
    phone = await town.phone()
    await phone.client.put("/v1/me/opt-out", headers=phone.headers)
    answer = await phone.give()
    assert kept(answer) == (202, "kept", "opted-out")
    assert (answer.json()["epsilon"]["check_in"], answer.json()["counted_today"]) == (0, 0)
    await phone.client.delete("/v1/me/opt-out", headers=phone.headers)
    assert kept(await phone.give()) == (202, "counted", None)


async def test_a_change_after_opting_out_takes_the_check_in_back(town: Town) -> None:
    phone = await town.phone()
    key = (await phone.give()).json()["key"]
    await phone.client.put("/v1/me/opt-out", headers=phone.headers)
    body = {"cell": 1, "audience": "city"}
    changed = await phone.client.put(f"/v1/places/square/check-ins/{key}", json=body, headers=phone.headers)
    assert kept(changed) == (202, "kept", "opted-out")
    await town.pass_time(HOUR_S + 10)
    assert await heard(town) == {}


async def test_a_repeat_is_told_that_it_was_counted_although_the_device_opted_out_since(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    before = (await phone.give(key=key)).json()
    await phone.client.put("/v1/me/opt-out", headers=phone.headers)
    assert (await phone.give(key=key)).json() == before


@pytest.mark.parametrize(
    ("signal", "chosen", "reason"),
    [("1", False, "opted-out"), ("1", True, None), ("0", False, None), (None, False, None)],
)
async def test_privacy_control_counts_until_a_person_has_chosen_themself(
    signal: str | None, chosen: bool, reason: str | None, town: Town
) -> None:
    phone = await town.phone()
    if signal:
        phone.headers["sec-gpc"] = signal
    assert (await phone.give(chosen=chosen)).json()["reason"] == reason


async def test_privacy_control_keeps_research_out_whatever_was_chosen(town: Town) -> None:
    phone = await town.phone()
    phone.headers["sec-gpc"] = "1"
    await phone.give(chosen=True, research=True)
    (held,) = (await phone.client.get("/v1/me/check-ins", headers=phone.headers)).json()["check_ins"]
    assert held["research"] is False


# --- charters --------------------------------------------------------------------------------------------------------


async def test_who_has_not_seen_a_looser_charter_gives_nothing_under_it(town: Town) -> None:
    await town.nexus.charters.charters.amend("square", Changes(audiences=("place", "district", "city")))
    phone = await town.phone()
    assert kept(await phone.give()) == (202, "kept", "charter-unseen")
    assert kept(await phone.give(charter=1)) == (202, "kept", "charter-unseen")
    assert kept(await phone.give(charter=2)) == (202, "counted", None)
    await town.pass_time(HOUR_S + 10)
    assert sum(map(sum, (await heard(town)).values())) == 1


async def test_a_stricter_charter_asks_nobody_to_look_again(town: Town) -> None:
    await town.nexus.charters.charters.amend("square", Changes(audiences=("city",)))
    assert kept(await (await town.phone()).give()) == (202, "counted", None)


# --- who is asked ----------------------------------------------------------------------------------------------------


class Asked:
    """A door of its own at the town, that writes down whom it asks."""

    def __init__(self, town: Town) -> None:
        self.voices: list[tuple[str, str | None]] = []
        self.accounts: list[str] = []
        self.opted_out = False
        room, tokens = town.nexus.room, town.nexus.tokens
        wishes = Wishes(lambda _: self.opted_out, self.account, lambda *_: False, self.new_voice)
        door = CheckInDoor(room, tokens, Presences(b"secret"), DeviceLimit(1000), {}, wishes)
        transport = httpx.ASGITransport(app=door, client=("192.0.2.7", 4711))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url="http://city.test")
        self.phone = Phone(self.client, tokens.issue())

    def account(self, cookies: str) -> bool:
        self.accounts.append(cookies)
        return "out" in cookies

    def new_voice(self, place: str, host: str | None, _: bytes) -> None:
        self.voices.append((place, host))
        if place == "nook":
            raise TooMany("Your network has brought many.", "Try another.", 60)


async def test_each_new_check_in_that_may_be_taken_is_one_of_its_network(town: Town) -> None:
    asked = Asked(town)
    refused = await asked.phone.give("nook")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    key = (await asked.phone.give()).json()["key"]
    await asked.client.delete(f"/v1/places/square/check-ins/{key}", headers=asked.phone.headers)
    asked.opted_out = True
    assert kept(await asked.phone.give("nook")) == (202, "kept", "opted-out")
    assert asked.voices == [("nook", "192.0.2.7"), ("square", "192.0.2.7")]


async def test_an_account_is_looked_for_only_where_there_are_cookies(town: Town) -> None:
    asked = Asked(town)
    assert kept(await asked.phone.give()) == (202, "counted", None)
    assert asked.accounts == []
    asked.phone.headers["cookie"] = "nexus_session=out"
    assert kept(await asked.phone.give()) == (202, "kept", "opted-out")
    assert asked.accounts == ["nexus_session=out"]
