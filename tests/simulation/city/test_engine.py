"""What the model promises about moods, on the smallest cases that show it, and that all engines agree on them."""

import msgspec
import numpy as np
import pytest

from nexus_city.simulation.city.chance import even, key_of, words
from nexus_city.simulation.city.engine import (
    MARKS,
    PICTURES,
    QUIET,
    SILENCE,
    STRUCK,
    Asking,
    Body,
    Engine,
    Pull,
    State,
    first_state,
)
from nexus_city.simulation.city.people import CHUNK, DEGREE, NOTHING, People, draw_people
from nexus_city.simulation.city.scenario import Traits
from nexus_city.simulation.city.streets import made_up

PLACES = 6
WHERE = made_up(2, PLACES)


def people(count: int = 2000, **traits: float) -> People:
    return draw_people(count, Traits(**traits), WHERE, seed=5)


def pull(tick: int = 0, **changes: object) -> Pull:
    """Return a tick in which nothing draws but friends and temperament, at the pace of the model itself."""
    nothing = Pull(
        key=key_of(1, "step", tick),
        company=np.zeros((PLACES + 1, 2), np.float32),
        together=np.zeros(PLACES + 1, np.float32),
        shown=np.zeros((PLACES + 1, PICTURES, 2), np.float32),
        heard=np.zeros(PLACES + 1, np.float32),
        weather=np.zeros((PLACES, 2), np.float32),
        struck=np.zeros(MARKS, np.float32),
        ease=np.zeros(MARKS, np.float32),
        blow=np.array([-0.6, 0.6], np.float32),
        rate=np.float32(1),
        noise=np.float32(0),
    )
    return nothing._replace(**changes)


def shuffled(who: People) -> State:
    """Return a state in which everybody feels as somebody else is."""
    state = first_state(who, PLACES)
    state.mood[:] = np.roll(who.temperament, 7, axis=0)
    state.where[:] = who.haunts[:, 0]
    return state


def lived(who: People, ticks: int, **changes: object) -> State:
    state, body = shuffled(who), Body(who, PLACES, "numpy")
    for tick in range(ticks):
        body.step(state, pull(tick, **changes))
    return state


def test_without_contagion_everybody_returns_to_their_temperament() -> None:
    who = people(individuality=1.0)
    assert np.abs(lived(who, 0).mood - who.temperament).mean() > 0.2
    slow = lived(who, 60, rate=np.float32(0.2))
    assert np.abs(slow.mood - who.temperament).max() < 1e-4


def test_full_conformity_ends_in_consensus() -> None:
    """DeGroot: without individuality a connected city comes to one mood, within the range of those at the start."""
    state = lived(people(individuality=0.0), 200)
    assert state.mood.std(axis=0).max() < 1e-3


def test_between_the_two_moods_stay_apart_and_within_the_range_of_temperaments() -> None:
    who = people(individuality=0.4)
    state = lived(who, 200)
    assert state.mood.std(axis=0).min() > 0.05
    assert (state.mood >= who.temperament.min(axis=0) - 1e-5).all()
    assert (state.mood <= who.temperament.max(axis=0) + 1e-5).all()


def test_friedkin_and_johnsens_fixed_point_is_reached() -> None:
    """Here x = λ·W·x + (1 - λ)·s, solved here by iteration in double precision."""
    who = people(500)
    x = s = who.temperament.astype(float)
    for _ in range(300):
        x = who.sway[:, None] * x[who.friends].mean(axis=1) + (1 - who.sway[:, None]) * s
    assert np.abs(lived(who, 300).mood - x).max() < 1e-4


def test_what_is_on_display_draws_those_who_are_there_and_nobody_else() -> None:
    who = people()
    shown = np.full((PLACES + 1, PICTURES, 2), 0.9, np.float32)
    heard = np.array([0.8, 0, 0, 0, 0, 0, 0], np.float32)
    with_echo, without = lived(who, 1, shown=shown, heard=heard), lived(who, 1)
    there = with_echo.where == 0
    assert (with_echo.mood[there] > without.mood[there]).all()
    assert np.array_equal(with_echo.mood[~there], without.mood[~there])


def test_company_draws_towards_the_mood_of_the_place() -> None:
    who = people(individuality=0.0)
    company = np.full((PLACES + 1, 2), -0.8, np.float32)
    state = lived(who, 1, company=company, together=np.ones(PLACES + 1, np.float32))
    assert np.allclose(state.mood, -0.8)


def test_distress_moves_the_struck_alone_and_ease_moves_towards_the_middle() -> None:
    who = people(individuality=1.0)
    state, body = shuffled(who), Body(who, PLACES, "numpy")
    state.marks[:1000] = STRUCK
    levels = np.where(np.arange(MARKS) & STRUCK, 1, 0).astype(np.float32)
    body.step(state, pull(struck=levels))
    assert np.allclose(state.mood[:1000], (-0.6, 0.6))
    assert np.allclose(state.mood[1000:], who.temperament[1000:], atol=1e-6)
    body.step(state, pull(ease=np.full(MARKS, 0.5, np.float32)))
    assert np.allclose(state.mood, who.temperament / 2, atol=1e-6)


def test_noise_has_the_spread_it_is_given_and_never_leaves_the_plane() -> None:
    who = people(20_000, individuality=1.0)
    state = lived(who, 1, noise=np.float32(0.1))
    shaken = (state.mood - who.temperament)[np.abs(who.temperament).max(axis=1) < 0.6]
    assert np.abs(shaken.mean(axis=0)).max() < 0.005
    assert shaken.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.03)
    assert np.abs(np.corrcoef(shaken.T)[0, 1]) < 0.03
    assert np.abs(lived(who, 3, noise=np.float32(2)).mood).max() < 1


def test_friends_are_well_formed_blocks() -> None:
    who = people(CHUNK + 500)  # over the edge of a chunk
    assert who.friends.dtype == np.int32
    assert who.friends.shape == (len(who), DEGREE)
    assert who.friends.flags.c_contiguous
    assert who.friends.min() >= 0
    assert who.friends.max() < len(who)
    assert (who.friends != np.arange(len(who))[:, None]).all()


def test_most_friends_live_near_and_some_live_anywhere() -> None:
    who = people(20_000)
    home = who.haunts[:, 0]
    same_place = home[who.friends] == home[:, None]
    same_community = WHERE.community[home[who.friends]] == WHERE.community[home][:, None]
    assert 0.8 < same_place.mean() < 0.95
    assert 0.95 < same_community.mean() < 1


def test_two_people_in_a_city_of_many_places_know_each_other() -> None:
    who = draw_people(2, Traits(), WHERE, seed=1)
    assert (who.friends == [[1], [0]]).all()


def test_draws_are_even_independent_of_each_other_and_the_same_again() -> None:
    everybody = np.arange(100_000)
    first, second = (even(words(key_of(3, "x", tick), everybody)) for tick in (1, 2))
    assert np.array_equal(first, even(words(key_of(3, "x", 1), everybody)))
    counts = np.bincount((first * 20).astype(int), minlength=20)
    assert ((counts - 5000) ** 2 / 5000).sum() < 45  # χ² with 19 degrees of freedom, 1 in 1,000
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.02


def asking(**changes: object) -> Asking:
    lively = np.full(PLACES + 1, 0.2, np.float32)
    lively[-1] = 0
    return Asking(key_of(1, "ask"), lively, np.float32(0), np.float32(0), np.float32(0))._replace(**changes)


def said(who: People, state: State, **changes: object) -> np.ndarray:
    return Body(who, PLACES, "numpy").ask(state, asking(**changes))


def test_nobody_speaks_who_is_nowhere_opted_out_or_quiet() -> None:
    who = people(silent=0.3)
    state = shuffled(who)
    state.where[:500] = PLACES
    state.marks[500:1000] = QUIET
    told = said(who, state, lively=np.append(np.full(PLACES, 1e6, np.float32), np.float32(0)))
    assert (told[:1000] == SILENCE).all()
    assert np.array_equal(told[1000:] == SILENCE, who.boundary[1000:] & 3 == NOTHING)


def test_what_is_said_is_the_cell_of_the_mood_and_rosiness_moves_it_to_the_right() -> None:
    who = people()
    state = shuffled(who)
    plain = said(who, state)
    spoke = plain != SILENCE
    column, row = ((state.mood[spoke].T + 1) * 4).astype(int)
    assert np.array_equal(plain[spoke], row * 8 + column)
    rosy = said(who, state, rosiness=np.float32(0.25))
    assert np.array_equal(rosy[spoke] % 8, np.minimum(column + 1, 7))
    assert np.array_equal(rosy[spoke] // 8, row)


def test_the_pleased_and_those_of_strong_moods_speak_more_often() -> None:
    who = people(20_000)
    state = shuffled(who)
    strong = np.abs(state.mood).max(axis=1) > 0.5

    def share(told: np.ndarray, of: np.ndarray) -> float:
        return float((told[of] != SILENCE).mean())

    assert share(said(who, state, eagerness=np.float32(0.8)), state.mood[:, 0] > 0.3) > 1.2 * share(
        said(who, state), state.mood[:, 0] > 0.3
    )
    assert share(said(who, state, intensity=np.float32(1)), strong) > 1.1 * share(said(who, state), strong)


@pytest.mark.parametrize(("engine", "threads"), [("numba", 1), ("numba", 2), ("numpy", 2)])
def test_engines_and_threads_give_the_same_bytes(engine: Engine, threads: int) -> None:
    pytest.importorskip("numba")
    who = draw_people(2 * CHUNK + 77, Traits(), WHERE, seed=2)
    results = []
    for body in (Body(who, PLACES, "numpy"), Body(who, PLACES, engine, threads)):
        state = shuffled(who)
        state.marks[::3] = STRUCK
        shown = np.random.default_rng(1).uniform(-1, 1, (PLACES + 1, PICTURES, 2)).astype(np.float32)
        some = np.linspace(0, 0.5, PLACES + 1, dtype=np.float32)
        levels = np.linspace(0, 0.7, MARKS, dtype=np.float32)
        for tick in range(3):
            company, present = body.gather(state)
            told = body.ask(state, asking(rosiness=np.float32(0.06), intensity=np.float32(0.5)))
            body.step(
                state,
                pull(tick, company=company, together=some, shown=shown, heard=some, struck=levels, ease=levels[::-1],
                     rate=np.float32(0.1), noise=np.float32(0.05)),
            )  # fmt: skip
        body.close()
        results.append((state.mood.tobytes(), told.tobytes(), company.tobytes(), present.tobytes()))
    assert results[0] == results[1]


def test_a_person_is_less_than_120_bytes() -> None:
    who = people()
    state = first_state(who, PLACES)
    moving = (state.mood, state.spare, state.where, state.marks)
    assert who.bytes_each + sum(column.nbytes for column in moving) / len(who) < 120


def test_shares_of_traits_are_those_that_were_asked_for() -> None:
    traits = Traits(silent=0.2, present_only=0.1, quadrant_only=0.3, here_only=0.25, individuality=0.3)
    who = draw_people(50_000, traits, WHERE, seed=4)
    shares = np.bincount(who.boundary & 3, minlength=4) / len(who)
    assert shares == pytest.approx([0.2, 0.1, 0.3, 0.4], abs=0.01)
    assert (who.boundary & 4 > 0).mean() == pytest.approx(0.25, abs=0.01)
    assert (1 - who.sway).mean() == pytest.approx(0.3, abs=0.01)
    assert who.habit.mean() == pytest.approx(msgspec.to_builtins(traits)["check_ins"], rel=0.03)
