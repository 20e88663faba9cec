"""The desk: who wins, how it fades, and that a hand, a stop and an undo do what they say."""

import datetime as dt

import pytest

from nexus_city.environment.desk import HAND_S, STEPS_BACK, Desk
from nexus_city.environment.patch import Luminaire, Patch, Wire, Zone
from nexus_city.environment.scene import Cue, House, Night, Scene, Schedule, Sequence
from nexus_city.ground.errors import BadInput, Conflict
from tests.environment.rigs import NOON

EVENING = NOON.replace(hour=20)
MIDNIGHT = NOON.replace(hour=0, minute=30)

HOUSE = House(
    patch=Patch(
        (Wire("w", "sacn", "127.0.0.1"),),
        (Zone("wall", "Wall", "square", cap=0.9, night_cap=0.3), Zone("lamp", "Lamp", "square")),
        (Luminaire("a", "wall", "w"), Luminaire("b", "lamp", "w", channel=10)),
    ),
    scenes=(
        Scene("day", "Day", ("wall", "lamp"), fade_s=4, curve="linear"),
        Scene("loud", "Loud", ("wall",), fade_s=2, curve="linear", priority=60),
        Scene("dusk", "Dusk", ("wall",), fade_s=8, curve="linear"),
        Scene("dark", "Dark", ("wall",), fade_s=8),
    ),
    sequences=(Sequence("evening", "Evening", (Cue("dusk", 10, 2, "linear"), Cue("dark", 20, 2, "linear"))),),
    schedules=(Schedule("evenings", "evening", "18:00", "23:00"), Schedule("nights", "loud", "23:00", "06:00")),
    night=Night("22:00", "06:00"),
)


def shown(desk: Desk, now_s: float, local: dt.datetime = NOON, zone: str = "wall") -> tuple[str | None, str]:
    """Return the newest scene of a zone, and who decided it."""
    wanted = next(each for each in desk.wanted(now_s, local) if each.zone.id == zone)
    scene = wanted.layers[-1].scene
    return (scene.id if scene else None), wanted.source


def weights(desk: Desk, now_s: float, local: dt.datetime = NOON) -> dict[str | None, float]:
    wanted = desk.wanted(now_s, local)[0]
    told: dict[str | None, float] = {}
    for layer in wanted.layers:
        name = layer.scene.id if layer.scene else None
        told[name] = round(told.get(name, 0) + layer.weight, 3)
    return told


def test_a_scene_that_stands_by_itself_is_shown_when_nothing_else_is_due() -> None:
    desk = Desk(HOUSE)
    assert shown(desk, 0) == ("day", "standing")
    assert shown(desk, 0, zone="lamp") == ("day", "standing")


def test_a_schedule_beats_what_stands_and_a_sequence_goes_on_by_itself() -> None:
    desk = Desk(HOUSE)
    shown(desk, 0)
    assert shown(desk, 100, EVENING) == ("dusk", "schedule")
    assert shown(desk, 111.9, EVENING) == ("dusk", "schedule")
    assert shown(desk, 112.1, EVENING) == ("dark", "schedule")
    assert shown(desk, 134.1, EVENING) == ("dusk", "schedule")  # it loops


def test_a_schedule_across_midnight_belongs_to_the_day_on_which_it_began() -> None:
    sunday_only = Schedule("s", "loud", "23:00", "06:00", days=("sun",))
    desk = Desk(House(patch=HOUSE.patch, scenes=HOUSE.scenes, schedules=(sunday_only,)))
    monday = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
    assert shown(desk, 0, monday) == ("loud", "schedule")
    assert shown(desk, 0, monday + dt.timedelta(days=1))[0] != "loud"
    assert shown(desk, 0, monday + dt.timedelta(hours=23))[0] != "loud"


def test_a_change_fades_from_what_is_shown_at_that_moment() -> None:
    desk = Desk(HOUSE)
    weights(desk, 0)
    assert weights(desk, 2) == {None: 0.5, "day": 0.5}
    desk.take("wall", "loud", "kira", 2, NOON)
    assert weights(desk, 2) == {None: 0.5, "day": 0.5, "loud": 0.0}
    assert weights(desk, 3) == {None: 0.25, "day": 0.25, "loud": 0.5}
    assert weights(desk, 4) == {"loud": 1.0}


def test_a_hand_wins_for_its_time_and_can_be_given_back() -> None:
    desk = Desk(HOUSE)
    desk.take("wall", "dark", "kira", 0, NOON)
    assert shown(desk, HAND_S - 1, EVENING) == ("dark", "hand")
    assert desk.hands(10) == {"wall": ("dark", HAND_S - 10)}
    assert shown(desk, HAND_S + 1, EVENING)[1] == "schedule"
    desk.take("wall", "dark", "kira", HAND_S + 2, NOON)
    desk.give_back("wall", "kira", NOON)
    assert shown(desk, HAND_S + 3)[1] == "standing"
    assert desk.hands(HAND_S + 3) == {}


def test_stop_beats_a_hand_and_stays_until_it_is_released() -> None:
    desk = Desk(HOUSE)
    desk.take("wall", "dark", "kira", 0, NOON)
    desk.stop("kira", NOON)
    assert shown(desk, 1) == (None, "stopped")
    assert shown(desk, 1e6) == (None, "stopped")
    desk.release("kira", NOON)
    assert shown(desk, 1.0)[1] == "hand"


def test_the_higher_priority_wins_and_the_night_has_a_cap_of_its_own() -> None:
    both = Schedule("both", "day", "00:00", "00:00")
    desk = Desk(House(patch=HOUSE.patch, scenes=HOUSE.scenes, schedules=(both, *HOUSE.schedules[1:])))
    assert shown(desk, 0, MIDNIGHT) == ("loud", "schedule")
    assert [each.cap for each in desk.wanted(0, MIDNIGHT)] == [0.3, 0.4]
    assert [each.cap for each in desk.wanted(0, NOON)] == [0.9, 1.0]


def test_masters_multiply() -> None:
    desk = Desk(HOUSE)
    desk.master(None, 0.5, "kira", NOON)
    desk.master("wall", 0.5, "kira", NOON)
    assert [each.level for each in desk.wanted(0, NOON)] == [0.25, 0.5]
    assert desk.masters() == {"": 0.5, "wall": 0.5, "lamp": 1.0}


def test_edits_can_be_undone_and_redone_and_a_new_edit_forgets_what_was_undone() -> None:
    desk = Desk(HOUSE)
    other, third = House(patch=HOUSE.patch), House(patch=HOUSE.patch, scenes=HOUSE.scenes[:1])
    desk.compose(other, "kira", "emptied it", NOON)
    desk.undo("kira", NOON)
    assert desk.house == HOUSE
    desk.redo("kira", NOON)
    assert desk.house == other
    desk.undo("kira", NOON)
    desk.compose(third, "kira", "began anew", NOON)
    assert (desk.house, desk.may_redo) == (third, False)
    with pytest.raises(Conflict, match="nothing to redo"):
        desk.redo("kira", NOON)
    desk.undo("kira", NOON)
    with pytest.raises(Conflict, match="nothing left to undo"):
        desk.undo("kira", NOON)


def test_only_so_many_edits_are_kept() -> None:
    desk = Desk(HOUSE)
    for number in range(STEPS_BACK + 20):
        desk.compose(House(patch=HOUSE.patch, night=Night(f"{number % 24:02d}:00")), "kira", "edit", NOON)
    undone = 0
    while desk.may_undo:
        desk.undo("kira", NOON)
        undone += 1
    assert undone == STEPS_BACK


def test_a_house_that_does_not_fit_changes_nothing() -> None:
    desk = Desk(HOUSE)
    with pytest.raises(BadInput):
        desk.compose(House(patch=HOUSE.patch, scenes=(Scene("x", "X", ("nowhere",)),)), "kira", "broke it", NOON)
    assert (desk.house, desk.may_undo, desk.changes) == (HOUSE, False, [])


def test_a_hand_lets_go_of_a_scene_that_is_gone() -> None:
    desk = Desk(HOUSE)
    desk.take("wall", "dark", "kira", 0, NOON)
    desk.compose(House(patch=HOUSE.patch, scenes=HOUSE.scenes[:2]), "kira", "threw dark away", NOON)
    assert shown(desk, 1) == ("loud", "standing")


def test_everything_is_told_with_its_doer_newest_first() -> None:
    desk = Desk(HOUSE)
    desk.take("wall", "dark", "kira", 0, NOON)
    desk.stop("eli", NOON)
    assert [(change.who, change.what) for change in desk.changes] == [
        ("eli", "stopped everything"),
        ("kira", "wall: Dark by hand, for 60 min"),
    ]
    assert desk.changes[0].at == "2026-11-25T12:00:00Z"


def test_a_cut_waits_for_no_fade() -> None:
    desk = Desk(HOUSE)
    weights(desk, 0)
    desk.take("wall", "dark", "kira", 100, NOON)
    assert set(weights(desk, 101)) == {"day", "dark"}
    assert weights(desk, 102)["dark"] < 1
    desk.cut(["wall"], "kira", NOON)
    assert weights(desk, 102) == {"dark": 1}
    assert weights(desk, 102.1) == {"dark": 1}


def test_a_cut_is_handed_over_once() -> None:
    desk = Desk(HOUSE)
    desk.cut(["wall"], "kira", NOON)
    assert desk.take_cut() == {"wall"}
    assert desk.take_cut() == frozenset()


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.take("nowhere", "day", "kira", 0, NOON),
        lambda desk: desk.take("wall", "nothing", "kira", 0, NOON),
        lambda desk: desk.master("nowhere", 0.5, "kira", NOON),
        lambda desk: desk.master("wall", 1.5, "kira", NOON),
        lambda desk: desk.master("wall", float("nan"), "kira", NOON),
        lambda desk: desk.give_back("nowhere", "kira", NOON),
        lambda desk: desk.cut(["nowhere"], "kira", NOON),
    ],
)
def test_a_wrong_move_is_refused_with_a_remedy_and_not_told_as_done(act: object) -> None:
    desk = Desk(HOUSE)
    with pytest.raises(BadInput) as refusal:
        act(desk)  # type: ignore[operator]
    assert refusal.value.remedy
    assert desk.changes == []
