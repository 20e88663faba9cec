"""The tree of places: who is above, who is below, and in which order they speak."""

import pytest

from nexus_city.ground.errors import NotFound
from nexus_city.places import City, Place

TREE = City(
    (
        Place("city", "City", None, "city"),
        Place("east", "East", "city", "district"),
        Place("square", "Square", "east"),
        Place("west", "West", "city", "district"),
        Place("gallery", "Gallery", "east", setting="work"),
        Place("cellar", "Cellar", "gallery", setting="care"),
    ),
    "UTC",
)


def ids(places: object) -> list[str]:
    return [each.id for each in places]  # type: ignore[attr-defined]


def test_a_place_is_found_by_its_id_and_numbered_by_its_position() -> None:
    assert TREE["gallery"].name == "Gallery"
    assert [TREE.index[each.id] for each in TREE.places] == [0, 1, 2, 3, 4, 5]
    assert "gallery" in TREE
    assert "garden" not in TREE


def test_an_unknown_place_is_refused_with_a_way_on() -> None:
    with pytest.raises(NotFound) as caught:
        TREE["garden"]
    assert caught.value.field == "place"
    assert "/" in caught.value.remedy


def test_ancestors_rise_to_the_root_and_the_root_has_none() -> None:
    assert ids(TREE.ancestors(TREE["cellar"])) == ["gallery", "east", "city"]
    assert ids(TREE.ancestors(TREE.root)) == []


def test_everything_below_is_listed_and_a_leaf_has_nothing_below() -> None:
    assert sorted(ids(TREE.below(TREE["east"]))) == ["cellar", "gallery", "square"]
    assert ids(TREE.below(TREE["square"])) == []


def test_upwards_puts_each_place_after_everything_below_it() -> None:
    order = ids(TREE.upwards())
    assert sorted(order) == sorted(TREE.index)
    assert order[-1] == "city"
    for place in TREE.places:
        for below in TREE.below(place):
            assert order.index(below.id) < order.index(place.id)


def test_work_and_school_may_only_speak_once_a_day() -> None:
    for setting in ("work", "school"):
        place = Place("a", "A", setting=setting)  # type: ignore[arg-type]
        assert {rung.window_s for rung in place.ladder} == {24 * 3600}


def test_other_settings_may_stand_on_every_rung() -> None:
    assert TREE["cellar"].ladder == TREE["square"].ladder
    assert len({rung.window_s for rung in TREE["square"].ladder}) == 4
