"""While all is as usual, every stream has mean 0 and variance 1, and its moment function is exact."""

import numpy as np
import pytest

from nexus_city.ground import OsRandomness
from nexus_city.vitals.watch.calibration import quiet_city
from nexus_city.vitals.watch.streams import RATES, Standardiser, discrete_laplace_log_mgf
from nexus_city.vitals.watch.wandering import Wandering
from tests.vitals.cities import NOISE, expectation


def quiet(people: float, windows: int, cities: int = 40) -> list:
    expected = expectation(people=people)
    reader = Standardiser(expected)
    tables = quiet_city(expected, NOISE, cities, OsRandomness(), 3)
    return [reader.read(next(tables)) for _ in range(windows)]


@pytest.mark.parametrize("people", [40.0, 400.0])
def test_quiet_streams_are_standard(people: float) -> None:
    windows = quiet(people, 150)
    for name in ("plain", "moments", "cells"):
        values = np.array([getattr(each, name) for each in windows])
        flat = values.reshape(-1, *values.shape[3:]) if values.ndim > 3 else values.reshape(-1, 1)
        assert np.abs(flat.mean(axis=0)).max() < 0.06, name
        assert np.abs(flat.std(axis=0) - 1).max() < 0.06, name


def test_a_counter_that_moves_speaks_against_being_stuck() -> None:
    """The log ratio of a window is negative on average, and hardly ever far above 0."""
    stuck = np.array([each.stuck for each in quiet(400.0, 40)[1:]])
    assert stuck.mean() < -3
    assert (stuck > 20).sum() == 0


def test_what_is_usual_may_differ_from_window_to_window() -> None:
    """By day and by night the streams are standard, if the expectation follows."""
    day, night = expectation(people=300), expectation(people=60)
    reader = Standardiser(day)
    tables = quiet_city(day, NOISE, 60, OsRandomness(), 3), quiet_city(night, NOISE, 60, OsRandomness(), 4)
    windows = [reader.read(next(tables[turn % 2]), (day, night)[turn % 2]) for turn in range(60)]
    volume = np.array([each.volume for each in windows])
    assert abs(volume.mean()) < 0.03
    assert volume.std() == pytest.approx(1, abs=0.03)
    assert np.array([each.stuck for each in windows[1:]]).mean() < -3


def test_the_moments_of_a_community_are_uncorrelated() -> None:
    moments = np.array([each.moments for each in quiet(200.0, 150)])
    for community in range(moments.shape[2]):
        correlation = np.corrcoef(moments[:, :, community].reshape(-1, 5).T)
        assert np.abs(correlation - np.eye(5)).max() < 0.06


def test_moods_do_not_move_when_only_more_people_come() -> None:
    expected = expectation(people=200)
    twice = quiet_city(expectation(people=400), NOISE, 200, OsRandomness(), 5)
    reader = Standardiser(expected)
    moments = np.array([reader.read(next(twice)).plain for _ in range(20)])
    assert moments[..., 0].mean() > 5
    assert np.abs(moments[..., 1:].mean(axis=(0, 1))).max() < 0.1


def test_the_moment_function_of_the_noise_is_that_of_its_probabilities() -> None:
    values = np.arange(-NOISE.reach, NOISE.reach + 1)
    chances = np.array([NOISE.probability(int(k)) for k in values])
    found = discrete_laplace_log_mgf(float(NOISE.scale))
    for theta in (-0.3, 0.1, 0.3):
        assert found(np.array(theta)) == pytest.approx(
            np.log(chances @ np.exp(theta * values)), rel=1e-6
        )  # the table folds its far tails
    assert found(np.array(0.5)) == np.inf


def test_the_moment_function_of_a_stream_is_exact() -> None:
    expected = expectation(people=120)
    stated = expected.log_mgf(discrete_laplace_log_mgf(float(NOISE.scale)))
    plain = np.array([each.plain for each in quiet(120.0, 200, cities=100)])
    for rate in (2, 3, 7):  # ±1/2 and 1: a sample mean of e^{2x} would need millions of windows
        seen = np.log(np.exp(RATES[rate] * plain).mean(axis=(0, 1)))
        assert np.abs(seen - stated[..., rate]).max() < 0.08


def test_an_exact_repeat_is_seen_and_fresh_noise_never_repeats() -> None:
    expected = expectation()
    reader = Standardiser(expected)
    tables = quiet_city(expected, NOISE, 1, OsRandomness(), 9)
    first = next(tables)
    assert not reader.read(first).repeated.any()
    stuck = next(tables)
    stuck[:, 2] = first[:, 2]
    assert np.flatnonzero(reader.read(stuck).repeated[0]).tolist() == [2]


def test_a_city_wanders_as_it_was_told_to_and_no_further() -> None:
    """Each of volume and moments by its own: what one is pushed by, the others do not feel."""
    expected = expectation(people=400)
    spread = np.zeros((6, 6))
    spread[:, 2] = 0.8
    wandering = Wandering(spread, np.full((6, 6), 0.5), np.ones((6, 6)))
    tables = quiet_city(expected, NOISE, 50, OsRandomness(), 8, wandering)
    reader = Standardiser(expected)
    windows = [reader.read(next(tables)) for _ in range(80)]
    seen = np.array([np.concatenate([each.volume[..., None], each.moments], axis=-1) for each in windows])
    variance = seen.var(axis=(0, 1))
    assert variance[:, 2] == pytest.approx(1 + 0.8**2, rel=0.1)
    assert np.delete(variance, 2, axis=1) == pytest.approx(1, abs=0.1)
