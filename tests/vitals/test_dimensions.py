"""Why here: what differs at a place stands on top, what is rarest first, and what is usual everywhere says nothing."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from nexus_city.vitals.tending.dimensions import NAMES, Circumstances, Name, Value, compare

USUAL: dict[Name, Value] = {
    "displays": "in-step", "wires": None, "late": 0, "window": 3600, "grid": 4, "charter": 1,
    "audiences": "place city", "presence": "open", "setting": "public", "policy": "echo", "live": "no",
}  # fmt: skip
values = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["open", "required"]))
places = st.fixed_dictionaries(dict.fromkeys(NAMES, values))


def differing(place: Circumstances, others: list[Circumstances]) -> list[str]:
    return [each.name for each in compare(place, others) if each.differs]


def test_a_place_like_all_others_differs_in_nothing() -> None:
    assert differing(USUAL, [USUAL, USUAL]) == []


def test_what_is_nowhere_else_stands_above_what_is_rare() -> None:
    odd = USUAL | {"displays": "behind", "charter": 2}
    others = [USUAL, USUAL, USUAL, USUAL | {"charter": 2}]
    found = compare(odd, others)
    assert [(each.name, each.value, each.usual, each.share) for each in found if each.differs] == [
        ("displays", "behind", "in-step", 0.0),
        ("charter", 2, 1, 0.25),
    ]
    assert [each.name for each in found[:2]] == ["displays", "charter"]


def test_what_is_not_in_order_stands_above_what_is_only_rare() -> None:
    odd = USUAL | {"displays": "silent", "late": 3, "grid": 2}
    others = [USUAL, USUAL, USUAL, USUAL | {"displays": "silent"}]
    assert differing(odd, others) == ["late", "displays", "grid"]


def test_where_two_values_are_as_common_neither_is_odd() -> None:
    assert differing(USUAL, [USUAL, USUAL | {"presence": "required"}]) == []
    assert differing(USUAL | {"presence": "required"}, [USUAL, USUAL | {"presence": "required"}]) == []


def test_a_place_without_others_differs_from_nobody() -> None:
    found = compare(USUAL, [])
    assert not any(each.differs for each in found)
    assert all(each.share is None for each in found)


@given(places, st.lists(places, max_size=6))
def test_every_dimension_is_told_once_and_differs_only_from_what_is_more_common(
    place: Circumstances, others: list[Circumstances]
) -> None:
    found = compare(place, others)
    assert sorted(each.name for each in found) == sorted(get_args(Name))
    assert found == sorted(found, key=lambda each: not each.differs)
    for each in found:
        theirs = [other[each.name] for other in others]
        assert each.differs == (theirs.count(each.usual) > theirs.count(each.value))
