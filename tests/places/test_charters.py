"""Versions: numbered, kept for ever, and looser only for those who have seen it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import MORNING_MS, SMALL_CITY, Town
from tests.places.charter_terms import CHANGES

from nexus_city.ground import Database, HandClock
from nexus_city.ground.errors import BadInput, NotAllowed, NotFound
from nexus_city.places import City, Place, PlaceStore, parse_city
from nexus_city.places.charters import Changes, Charters
from nexus_city.places.charters.comparison import compare
from nexus_city.places.charters.model import Terms, place_under

OFFICE = '[[place]]\nid = "office"\nname = "The Office"\nparent = "city"\nsetting = "work"\n'


class Hall:
    """The charters of a small city, with nothing around them."""

    def __init__(self, folder: Path, text: str = SMALL_CITY + OFFICE) -> None:
        self.database = Database(folder)
        store = PlaceStore(self.database)
        found = store.load()
        if found is None:
            store.found(parse_city(text))
        self.city = store.load() or parse_city(text)
        self.clock = HandClock(MORNING_MS)
        self.charters = Charters(self.database, self.clock, lambda: self.city, self._replace)

    def _replace(self, city: City) -> None:
        self.city = city


@pytest.fixture
def hall(tmp_path: Path) -> Any:
    made = Hall(tmp_path)
    yield made
    made.database.close()


def test_a_place_is_founded_with_what_it_declares(hall: Hall) -> None:
    first = hall.charters.version("gallery")
    assert (first.number, first.author, first.terms.presence) == (1, "founder", "required")
    assert hall.charters.number("gallery") == 1


async def test_a_change_makes_a_version_and_the_place_follows(hall: Hall) -> None:
    hall.clock.advance(60)
    made = await hall.charters.amend("square", Changes(words=False), "Words were too much.")
    assert (made.number, made.author, made.why) == (2, "architect", "Words were too much.")
    assert made.at_s == MORNING_MS // 1000 + 60
    assert hall.city["square"].words is False
    assert [each.number for each in hall.charters.versions("square")] == [1, 2]


async def test_what_changes_nothing_makes_no_version(hall: Hall) -> None:
    await hall.charters.amend("square", Changes())
    await hall.charters.amend("square", Changes(words=True, audiences=("city", "place")))
    assert hall.charters.number("square") == 1


async def test_versions_outlive_the_server(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    await hall.charters.amend("square", Changes(finest_grid=2), "Coarser.")
    before = list(hall.charters.versions("square"))
    hall.database.close()
    again = Hall(tmp_path)
    assert list(again.charters.versions("square")) == before
    assert again.city["square"].finest_grid == 2
    again.database.close()


async def test_changes_that_arrive_together_are_all_kept_in_a_row(hall: Hall) -> None:
    wishes = [Changes(words=False), Changes(finest_grid=4), Changes(presence="required"), Changes(welcome="Come in.")]
    await asyncio.gather(*(hall.charters.amend("square", wish) for wish in wishes))
    assert [each.number for each in hall.charters.versions("square")] == [1, 2, 3, 4, 5]
    square = hall.city["square"]
    assert (square.words, square.finest_grid, square.presence, square.welcome) == (False, 4, "required", "Come in.")


async def test_a_stricter_version_asks_nobody(hall: Hall) -> None:
    await hall.charters.amend("square", Changes(audiences=("place",), finest_grid=2, presence="required"))
    assert not hall.charters.refuses("square", 1)
    assert not hall.charters.refuses("square", None)


async def test_a_looser_version_asks_everybody_who_has_not_seen_it(hall: Hall) -> None:
    await hall.charters.amend("square", Changes(audiences=("place",)))
    await hall.charters.amend("square", Changes(audiences=("place", "city")))
    assert not hall.charters.refuses("square", 1)  # they have seen these very terms
    assert not hall.charters.refuses("square", None)
    assert hall.charters.refuses("square", 2)
    assert not hall.charters.refuses("square", 3)


async def test_a_version_that_there_is_not_was_seen_by_nobody(hall: Hall) -> None:
    for number in (0, -1, 2, 10**9):
        assert hall.charters.refuses("square", number), number


def test_an_unknown_place_has_no_charter(hall: Hall) -> None:
    with pytest.raises(NotFound):
        hall.charters.refuses("garden", None)


async def test_what_is_given_at_the_city_itself_is_for_the_city(hall: Hall) -> None:
    assert hall.charters.version("city").terms.audiences == ("city",)
    with pytest.raises(BadInput) as refused:
        await hall.charters.amend("city", Changes(audiences=("place",)))
    assert refused.value.field == "audiences"


# --- work and school -------------------------------------------------------------------------------------------------


async def test_at_work_nothing_is_loosened_by_an_architect_alone(hall: Hall) -> None:
    await hall.charters.amend("office", Changes(words=False), "Words told too much of us.")
    for wish in (Changes(setting="public"), Changes(setting="care"), Changes(words=True, welcome="Come in.")):
        with pytest.raises(NotAllowed) as refused:
            await hall.charters.amend("office", wish)
        assert refused.value.field in ("setting", "words")
        assert "proposal" in refused.value.remedy
    assert (hall.city["office"].setting, hall.city["office"].words) == ("work", False)


async def test_work_and_school_stay_daily_and_never_live(hall: Hall) -> None:
    for wish, field in ((Changes(fastest_s=900), "fastest_s"), (Changes(live="continual"), "live")):
        with pytest.raises(BadInput) as refused:
            await hall.charters.amend("office", wish)
        assert refused.value.field == field


async def test_becoming_a_place_of_work_ends_what_work_may_not_have(hall: Hall) -> None:
    await hall.charters.amend("square", Changes(live="decaying"))
    made = await hall.charters.amend("square", Changes(setting="work"))
    assert (made.terms.live, made.terms.fastest_s) == ("no", 24 * 3600)
    assert {rung.window_s for rung in hall.city["square"].ladder} == {24 * 3600}


# --- law 3, over any sequence ----------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.just("change"), CHANGES) | st.tuples(st.sampled_from(["give", "read"]), st.integers(0, 2))
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_looser_term_is_ever_applied_to_what_was_given_before_it_was_seen(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    """Three people give and read as they like, an architect changes what may be changed.

    Failure: a check-in that is taken under terms which permit something that its giver has not seen; or one that is
    kept though its giver has seen terms at least as loose.
    """
    hall = Hall(tmp_path_factory.mktemp("hall"))

    async def live() -> None:
        seen: list[int | None] = [None, None, None]
        for act, what in steps:
            if act == "change":
                await try_to(hall, what)
            elif act == "read":
                seen[what] = hall.charters.number("square")
            else:
                promised = hall.charters.versions("square")[(seen[what] or 1) - 1].terms
                now = hall.charters.version("square").terms
                taken = not hall.charters.refuses("square", seen[what])
                assert taken == (compare(promised, now) != "looser")
                if taken:
                    assert permits_no_more(promised, now)

    try:
        asyncio.run(live())
    finally:
        hall.database.close()


async def try_to(hall: Hall, wish: Changes) -> None:
    """Change what may be changed."""
    try:
        await hall.charters.amend("square", wish)
    except (BadInput, NotAllowed):
        return


def permits_no_more(promised: Terms, now: Terms) -> bool:
    """Say it without the comparison: what a place in fact does with a check-in."""
    blank = Place(id="a", name="A")
    then, there = place_under(blank, promised), place_under(blank, now)
    return (
        set(there.ladder) <= set(then.ladder)
        and set(there.audiences) <= set(then.audiences)
        and (then.words or not there.words)
        and there.live in ("no", then.live)
    )


async def test_a_looser_grid_does_not_touch_the_day_that_runs(town: Town) -> None:
    """The plan of a day is made before it begins; what is loosened at noon is drawn tomorrow at the earliest."""
    await town.nexus.charters.charters.amend("square", Changes(finest_grid=2, fastest_s=14400))
    rung = town.nexus.room.plan.rungs["square"]
    await town.nexus.charters.charters.amend("square", Changes(finest_grid=8, fastest_s=900))
    assert (await (await town.phone()).give("square", charter=3)).json()["state"] == "counted"
    await town.pass_time(3600 + 10)
    assert town.nexus.room.plan.rungs["square"] == rung
    assert rung is not None
    (climate,) = (await town.client.get("/v1/places/square/history?limit=1")).json()["climates"]
    assert climate["grid"] == rung.grid


async def test_the_door_keeps_what_was_not_given_under_the_terms_in_force(town: Town) -> None:
    """Law 3 at the door itself: what is not taken is kept on the phone, and the answer says why."""
    phone = await town.phone()
    await town.nexus.charters.charters.amend("square", Changes(words=False))
    await town.nexus.charters.charters.amend("square", Changes(words=True, finest_grid=4))
    for seen, state in ((None, "counted"), (1, "counted"), (2, "kept"), (3, "counted"), (4, "kept")):
        told = (await phone.give("square", charter=seen)).json()
        assert (told["state"], told["reason"]) == (state, None if state == "counted" else "charter-unseen"), seen
