"""A device's own check-ins: what it is shown of them, and taking all of them back."""

from typing import Any

from tests.conftest import Phone, Town

HOUR_S = 3600


async def held(phone: Phone) -> Any:
    return (await phone.client.get("/v1/me/check-ins", headers=phone.headers)).json()


async def take_all_back(phone: Phone) -> Any:
    return (await phone.client.delete("/v1/me/check-ins", headers=phone.headers)).json()


async def test_a_device_is_shown_all_that_is_held_of_it_and_nothing_of_others(town: Town) -> None:
    phone, other = await town.phone(), await town.phone()
    await other.give(cell=1)
    await phone.give(cell=9, words=["calm"], research=True)
    await phone.give(cell=None)
    await town.pass_time(HOUR_S + 10)
    await phone.give("nook", 63)

    window = {"start": "2026-11-24T09:00:00Z", "end": "2026-11-24T10:00:00Z"}
    next_window = {"start": "2026-11-24T10:00:00Z", "end": "2026-11-24T11:00:00Z"}
    spoken = {"place": "square", "window": window, "audience": "city", "state": "spoken"}
    open_ = {"place": "nook", "window": next_window, "audience": "city", "state": "open"}
    assert await held(phone) == {
        "check_ins": [
            {**spoken, "cell": 9, "words": ["calm"], "research": True, "counts": False},
            {**spoken, "cell": None, "words": [], "research": False, "counts": True},
            {**open_, "cell": 63, "words": [], "research": False, "counts": True},
        ],
        "deleted_by": "2026-11-25T04:00:00Z",
    }


async def test_when_the_day_is_over_nothing_is_held(town: Town) -> None:
    phone = await town.phone()
    await phone.give()
    await town.pass_time(20 * HOUR_S)
    assert (await held(phone))["check_ins"] == []
    assert await take_all_back(phone) == {"withdrawn": 0, "spoken": 0}


async def test_all_that_is_open_is_taken_back_and_its_seats_are_free_again(town: Town) -> None:
    phone = await town.phone()
    await phone.give(cell=1)
    await phone.give("nook", 2)
    assert await take_all_back(phone) == {"withdrawn": 2, "spoken": 0}
    assert (await held(phone))["check_ins"] == []
    assert (await phone.give(cell=3)).json()["counted_today"] == 1
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == 1


async def test_what_was_spoken_keeps_its_seat_and_loses_its_words(town: Town) -> None:
    phone = await town.phone()
    await phone.give(words=["calm"], research=True)
    await town.pass_time(HOUR_S + 10)
    assert await take_all_back(phone) == {"withdrawn": 0, "spoken": 1}
    (left,) = (await held(phone))["check_ins"]
    assert (left["words"], left["research"]) == ([], False)
    assert (await phone.give()).json()["counted_today"] == 2


async def test_taking_everything_back_is_durable_and_doing_it_twice_is_doing_it_once(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    await phone.give(key=key, words=["calm"])
    for withdrawn in (1, 0, 0):
        assert await take_all_back(phone) == {"withdrawn": withdrawn, "spoken": 0}
    town.nexus.room._book = None  # what a restart forgets
    assert (await held(phone))["check_ins"] == []
    assert (await phone.give(key=key, words=["calm"])).status_code == 409
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == 0


async def test_a_repeat_after_everything_was_taken_back_is_told_what_was_counted(town: Town) -> None:
    """The answer was lost, the window was released, the words were taken back: the same receipt, all the same."""
    phone = await town.phone()
    key = phone.key()
    await phone.give(key=key, words=["calm"], research=True)
    await town.pass_time(HOUR_S + 10)
    await take_all_back(phone)
    again = await phone.give(key=key, words=["calm"], research=True)
    assert (again.status_code, again.json()["state"]) == (202, "counted")


async def test_without_a_token_nobody_sees_or_takes_back_anything(town: Town) -> None:
    await (await town.phone()).give()
    for method in ("GET", "DELETE"):
        assert (await town.client.request(method, "/v1/me/check-ins")).status_code == 401
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == 1


async def voices(town: Town) -> int:
    """Return how many were counted in all tables (the noise is zero)."""
    return sum(int(table.released.counts.sum()) for table in await town.nexus.database.read(town.tables))
