"""A run is the same again, its climates are released values, and whoever opted out is in none of them."""

import hashlib

import msgspec
import numpy as np
import pytest

from nexus_city.boundaries import Admission, admit
from nexus_city.climate import Climate
from nexus_city.simulation.city import Run, map_of, scenarios, simulate
from nexus_city.simulation.city.network.desk import Desk
from nexus_city.simulation.city.people import CELL, HERE_ONLY, NOTHING, PRESENCE, QUADRANT, draw_people
from nexus_city.vitals.metrics import Tables, spread
from tests.simulation.city.conftest import everything, scenario, small

DAY = slice(8, 20)
"""Windows of one hour from noon to midnight of the first day."""


@pytest.fixture(scope="module")
def ordinary() -> Run:
    return simulate(scenario(residents=20_000))


def test_the_same_seed_is_the_same_run_and_another_seed_another(ordinary: Run) -> None:
    assert everything(simulate(scenario(residents=20_000))) == everything(ordinary)
    assert everything(simulate(scenario(residents=20_000), seed=7))["released"] != everything(ordinary)["released"]


@pytest.mark.parametrize(("engine", "threads"), [("numba", 1), ("numba", 2)])
def test_a_run_is_the_same_on_every_engine_and_number_of_threads(engine: str, threads: int) -> None:
    pytest.importorskip("numba")
    lived = small("ordinary", residents=40_000, days=1, tick_minutes=60)  # more than one chunk
    assert everything(simulate(lived, engine=engine, threads=threads)) == everything(simulate(lived, engine="numpy"))


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_every_shipped_scenario_can_be_lived_and_says_what_happened(name: str) -> None:
    run = simulate(small(name))
    assert run.released.shape[:2] == (run.scenario.windows, len(run.places))
    assert run.truth.counts.sum() > 0
    faults = [event for event in run.scenario.event if type(event).__name__ not in NO_FAULTS]
    assert len(run.truth.labels) == len(faults)
    assert all(0 <= label.start < label.end <= run.scenario.windows for label in run.truth.labels)


NO_FAULTS = {"Repair", "Circle", "Rally", "CharterChange"}


def test_released_tables_are_the_true_ones_and_noise_of_the_promised_spread(ordinary: Run) -> None:
    noise = ordinary.released.sum(axis=2) - ordinary.truth.counts
    assert abs(noise.mean()) < 0.5
    assert noise.var() == pytest.approx(2 * ordinary.variance, rel=0.1)  # two strands
    assert not np.array_equal(noise[1], noise[2])


def test_every_climate_is_one_that_the_product_could_send(ordinary: Run) -> None:
    for window, climates in enumerate(ordinary.climates):
        for speaker, body in enumerate(climates):
            climate = msgspec.json.decode(body, type=Climate)
            assert climate.place == ordinary.speakers[speaker]
            assert (climate.mixture is not None) == bool(ordinary.speaks[window, speaker])
            assert climate.people == max(0, ordinary.people[window, speaker])


def test_a_climate_is_made_from_released_tables_alone(ordinary: Run) -> None:
    city = ordinary.released[:, :, 1].sum(axis=(1, 2))
    assert np.array_equal(city, ordinary.people[:, -1])
    places = ordinary.released.sum(axis=(2, 3))
    assert np.array_equal(places, ordinary.people[:, : len(ordinary.places)])


def test_whoever_opted_out_could_live_any_days_and_no_released_byte_would_change() -> None:
    """An equality on one tape of noise: their habits, their places on the way, and how exactly they feel."""
    quiet = scenario(people=msgspec.structs.replace(scenario().people, silent=0.4, individuality=1.0))
    lone = msgspec.structs.replace(quiet, contagion=msgspec.structs.replace(quiet.contagion, company=0.0, echo=0.0))
    one, other = (draw_people(lone.residents, lone.people, map_of(lone), seed=2154) for _ in range(2))
    silent = other.boundary & 3 == NOTHING
    assert silent.sum() > 1000
    other.habit[silent] = 24
    other.temperament[silent] = -other.temperament[silent]
    other.haunts[silent, 1:] = other.haunts[silent, :1]
    before, after = (everything(simulate(lone, people=each)) for each in (one, other))
    released = ("released", "people", "mixture", "speaks", "sources", "climates", "displays.digest_shown")
    assert {name: before[name] for name in released} == {name: after[name] for name in released}
    assert before["truth.felt"] != after["truth.felt"]  # they are there, and feel, and draw their friends


def test_who_tells_presence_only_is_counted_in_no_mood_and_who_tells_here_only_goes_no_further() -> None:
    lived = scenario()
    people = draw_people(lived.residents, lived.people, map_of(lived), seed=1)
    people.boundary[:] = PRESENCE + HERE_ONLY
    run = simulate(lived, people=people)
    assert run.truth.counts[..., :-1].sum() == 0
    assert run.truth.counts[..., -1].sum() > 1000
    onward = run.released[:, :, 1]
    assert abs(onward.mean()) < 1  # noise alone


def test_a_quadrant_is_told_as_any_of_its_cells_alike() -> None:
    lived = scenario(grid=8)
    people = draw_people(lived.residents, lived.people, map_of(lived), seed=1)
    people.temperament[:] = 0.55  # one cell of the pleasant activated quadrant
    people.sway[:] = 0
    people.boundary[:] = QUADRANT
    told = simulate(lived, people=people).truth.counts[..., :-1].sum(axis=(0, 1)).reshape(8, 8)
    assert told[4:, 4:].sum() > 0.9 * told.sum()
    assert told[4:, 4:].min() > 0.7 * told[4:, 4:].mean()
    people.boundary[:] = CELL
    exact = simulate(lived, people=people).truth.counts[..., :-1].sum(axis=(0, 1)).reshape(8, 8)
    assert exact[4:, 4:].min() < 0.3 * exact[4:, 4:].mean()


def test_the_desk_admits_as_the_boundary_does() -> None:
    """Against `boundaries.admit`, one by one, for a day of few people at few places who speak all the time."""
    chance = np.random.default_rng(3)
    residents, m, places = 30, 4, 3
    desk = Desk(residents, m, places)
    seats: dict[int, set[tuple[int, int]]] = {each: set() for each in range(residents)}
    for tick in range(40):
        window = tick // 4
        if tick % 4 == 0 and tick:
            desk.fold()
        person = np.flatnonzero(chance.random(residents) < 0.4)
        place = chance.integers(0, places, person.size)
        replaced, refused = desk.admit(person, place, np.zeros(person.size, np.uint8), np.zeros(person.size, int), tick)
        for i, (who, where) in enumerate(zip(person.tolist(), place.tolist(), strict=True)):
            expected = admit(seats[who], (where, window), m)
            found = Admission.REPLACES if replaced[i] else Admission.FULL if refused[i] else Admission.NEW
            assert found is expected
            if expected is Admission.NEW:
                seats[who].add((where, window))


def test_of_one_person_at_one_place_and_window_the_last_counts() -> None:
    desk = Desk(2, 4, 1)
    for tick, value in enumerate((3, 9)):
        desk.admit(np.array([0]), np.array([0]), np.array([value], np.uint8), np.array([1]), tick)
    counts = desk.fold()
    assert counts.sum() == 1
    assert counts[0, 65 + 9] == 1


def test_displays_show_the_climate_of_the_window_before_by_its_digest(ordinary: Run) -> None:
    shown = ordinary.displays
    assert not shown.distorted.any()
    assert np.array_equal(shown.digest_due, shown.digest_shown)
    assert (shown.shown[0] == -1).all()
    window, place = np.argwhere(shown.shown >= 0)[-1]
    body = ordinary.climates[window - 1][shown.shown[window, place] % len(ordinary.speakers)]
    assert shown.digest_shown[window, place] == hashlib.sha256(body).hexdigest()
    assert set(shown.age_s[shown.shown >= 0].tolist()) == {0}


def test_forced_conformity_takes_the_differences_inside_communities() -> None:
    names = ("ordinary", "conformity")
    free, forced = (simulate(small(name, days=1, residents=30_000, tick_minutes=20)) for name in names)
    assert forced.truth.within[DAY].mean() < 0.7 * free.truth.within[DAY].mean()
    assert within(forced, DAY) < 0.8 * within(free, DAY)


def test_a_display_that_shows_the_mixture_leaves_people_more_manifold_than_one_that_shows_its_mean() -> None:
    """Why law 7 is one: the same pull, the same people, and only what is painted differs."""
    forced = small("conformity", days=1, residents=30_000)
    kept, lost = (
        simulate(msgspec.structs.replace(forced, contagion=msgspec.structs.replace(forced.contagion, paints=paints)))
        for paints in ("mixture", "mean")
    )
    assert kept.truth.within[DAY].mean() > 1.1 * lost.truth.within[DAY].mean()


def within(run: Run, windows: slice) -> float:
    """Return the spread inside communities, as the vitals read it from released tables."""
    return spread(tables_of(run, windows)).within


def tables_of(run: Run, windows: slice) -> Tables:
    counts = run.of_communities()[windows].astype(float)
    noise = 2 * np.bincount(run.community) * counts.shape[-1] * run.variance
    return Tables(counts, np.tile(noise, (len(counts), 1)))


def test_the_story_shows_in_what_is_released(story: Run) -> None:
    """Together; apart while the echo is broken; together again at the end, and more manifold than at first."""
    pulse, distortion, balance = slice(54, 68), slice(102, 116), slice(246, 260)
    before, broken, after = (spread(tables_of(story, part)).fragmentation for part in (pulse, distortion, balance))
    assert broken > 1.2 * before
    assert after < broken / 1.2
    assert within(story, balance) > within(story, pulse)
    wrong = story.displays.distorted.mean(axis=1)
    assert wrong[pulse].max() == 0
    assert wrong[distortion].min() > 0.5
    assert wrong[balance].max() == 0
