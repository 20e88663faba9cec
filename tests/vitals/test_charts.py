"""Each chart computes what its paper says, keeps its promise in quiet times, and sees what it is for."""

import numpy as np
import pytest

from nexus_city.ground import OsRandomness
from nexus_city.vitals.watch.bank import CHARTS, Bank, Thresholds, Watch
from nexus_city.vitals.watch.calibration import calibrate, quiet_city, threshold
from nexus_city.vitals.watch.charts import SPANS, Cusum, EDetector, Glr, Mixture
from nexus_city.vitals.watch.streams import RATES, Expectation, Floats, Standardiser, discrete_laplace_log_mgf
from nexus_city.vitals.watch.wandering import Innovations, Wandering
from tests.vitals.cities import NOISE, bump, expectation


def test_the_glr_is_the_largest_of_all_spans() -> None:
    chance = np.random.default_rng(2)
    vectors = chance.normal(size=(700, 3, 2))
    chart = Glr()
    for window in range(len(vectors)):
        found = chart.read(vectors[window])
        if window in (0, 1, 40, 511, 512, 699):
            sums = [
                (vectors[window + 1 - w : window + 1].sum(axis=0) ** 2).sum(axis=-1) / w
                for w in SPANS
                if w <= window + 1
            ]
            assert found == pytest.approx(np.max(sums, axis=0))


def test_the_mixture_ignores_what_the_whole_city_does() -> None:
    chance = np.random.default_rng(4)
    still, tide = Mixture(), Mixture()
    for window in range(60):
        vectors = chance.normal(size=(10, 2))
        calm = still.read(vectors)
        assert tide.read(vectors + 3 * np.sin(window)) == pytest.approx(calm)
    parted = np.where(np.arange(10)[:, None] < 3, 1.0, 0.0)
    grown = [float(still.read(chance.normal(size=(10, 2)) + parted)) for _ in range(60)]
    assert grown[-1] > 20 > float(calm)


def test_a_cusum_gathers_what_is_above_its_allowance_and_nothing_else() -> None:
    chart = Cusum(0.5)
    for _ in range(10):
        found = chart.read(np.array([[1.5], [0.4], [-3.0]]))
    assert found[:, 0] == pytest.approx([10, 0, 0])


@pytest.mark.parametrize("chart", [Glr, Cusum])
def test_a_chart_forgets_the_communities_that_it_is_told_to(chart: type[Glr] | type[Cusum]) -> None:
    """And goes on for the others as if nothing had been said."""
    chance = np.random.default_rng(5)
    one, other = chart(), chart()
    for window in range(30):
        vectors = chance.normal(1, 1, size=(3, 1))
        if window == 20:
            one.forget(np.array([False, True, False]))
        left, right = one.read(vectors).ravel(), other.read(vectors).ravel()
        if window >= 20:
            assert left[[0, 2]] == pytest.approx(right[[0, 2]])
        if window == 20:
            assert left[1] == pytest.approx(chart().read(vectors[1:2]).ravel()[0])
            assert left[1] < right[1]


def test_the_e_detector_grows_by_one_a_window_on_average() -> None:
    """E[M_n] = n is the whole of its guarantee: by optional stopping its run length is >= threshold."""
    expected = expectation(people=150)
    reader = Standardiser(expected)
    detector = EDetector(_gentle(expected))
    tables = quiet_city(expected, NOISE, 4000, OsRandomness(), 1)
    for _ in range(4):
        found = detector.read(reader.read(next(tables)).plain)
    assert found.mean() == pytest.approx(4, abs=5 * found.std() / np.sqrt(found.size))


def _gentle(expected: Expectation) -> Floats:
    """The moment function without the bets so strong that a sample mean cannot show their expectation."""
    table = expected.log_mgf(discrete_laplace_log_mgf(float(NOISE.scale)))
    return np.where(np.abs(RATES) <= 0.5, table, np.inf)


def test_the_e_detector_sees_a_shift() -> None:
    expected = expectation(people=150)
    detector = EDetector(expected.log_mgf(discrete_laplace_log_mgf(float(NOISE.scale))))
    reader = Standardiser(expected)
    quiet = quiet_city(expected, NOISE, 1, OsRandomness(), 1)
    moved = np.random.default_rng(1)
    for _ in range(100):
        before = detector.read(reader.read(next(quiet)).plain)
    for _ in range(40):
        table = next(quiet)
        table[0, 2] += moved.poisson(30 * bump(-0.6, 0.6))
        after = detector.read(reader.read(table).plain)
    assert before.item() < 43_200 < after.item()


def test_an_e_detector_without_a_bet_is_refused() -> None:
    with pytest.raises(ValueError, match="too heavy"):
        EDetector(np.full((2, 3, 10), np.inf))


def wander(windows: int, streams: int, spread: float, memory: float, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    state, rows = np.zeros(streams), []
    for _ in range(windows):
        state = memory * state + spread * np.sqrt(1 - memory**2) * chance.normal(size=streams)
        rows.append(state + chance.normal(size=streams))
    return np.array(rows)


def test_wandering_is_learned_from_ordinary_days() -> None:
    learned = Wandering.learn(wander(20_000, 30, 0.8, 0.95, 7))
    assert np.median(learned.spread) == pytest.approx(0.8, abs=0.06)
    assert np.median(learned.memory) == pytest.approx(0.95, abs=0.02)
    still = Wandering.learn(wander(20_000, 30, 0.0, 0.9, 8))
    assert np.median(still.spread) == 0
    assert np.median(still.chance) == pytest.approx(1, abs=0.01)
    crowds = Wandering.learn(1.5 * wander(20_000, 30, 0.8, 0.95, 7))
    assert np.median(crowds.chance) == pytest.approx(1.5, abs=0.05)
    with pytest.raises(ValueError, match="30 windows"):
        Wandering.learn(np.zeros((10, 2)))


def test_innovations_are_standard_and_forget_the_past() -> None:
    truth = Wandering(np.full(40, 0.5), np.full(40, 0.97), np.ones(40))
    reader = Innovations(truth)
    seen = np.array([reader.read(row) for row in wander(6000, 40, 0.5, 0.97, 3)])[500:]
    assert seen.std() == pytest.approx(1, abs=0.01)
    assert abs((seen[1:] * seen[:-1]).mean()) < 0.01


def test_a_threshold_is_passed_as_often_as_was_wanted() -> None:
    """Maxima of a stretch follow a Gumbel law; the line through half of them finds a value far outside of them."""
    chance = np.random.default_rng(1)
    found = [threshold(chance.gumbel(10, 2, 900), 1 / 500) for _ in range(40)]
    exact = 10 + 2 * np.log(500)
    assert np.mean(found) == pytest.approx(exact, rel=0.05)
    with pytest.raises(ValueError, match="20 stretches"):
        threshold(np.zeros(5), 0.1)


LIMITS = Thresholds(dict.fromkeys(CHARTS, 60.0), 43_200, "chosen for this test")


def test_an_alarm_is_raised_once_and_says_what_it_promises() -> None:
    expected = expectation(people=400)
    watch = Watch(Bank(expected), LIMITS)
    tables = quiet_city(expected, NOISE, 1, OsRandomness(), 6)
    quiet = [alarm for _ in range(50) for alarm in watch.read(next(tables)[0])]
    assert quiet == []
    alarms = []
    for _ in range(30):
        silent = next(tables)[0]
        silent[3] -= np.round(400 * expected.shares[3]).astype(int)
        alarms += watch.read(silent)
    volume = [each for each in alarms if each.chart == "volume"]
    assert [(each.community, each.window) for each in volume] == [(3, 50)]
    assert volume[0].statistic > volume[0].threshold == 60
    assert volume[0].assumption == "chosen for this test"


def test_a_stuck_counter_under_fresh_noise_falls_below_the_floor() -> None:
    expected = expectation(people=600)
    bank = Bank(expected)
    tables = quiet_city(expected, NOISE, 1, OsRandomness(), 6)
    chance = np.random.default_rng(1)
    stuck = chance.poisson(expected.means[1])
    for _ in range(40):
        table = next(tables)
        noise = NOISE.draw(OsRandomness(), 64)
        table[0, 1] = stuck + noise
        found = bank.read(table)
    floor = found["floor"][0]
    assert int(floor.argmax()) == 1
    assert floor[1] > 100
    assert np.delete(floor, 1).max() < 20


def test_calibrated_thresholds_keep_their_rate_on_fresh_cities() -> None:
    """A promise short enough to be checked: at one alarm in 1,920 windows, 16 cities of 1,500 windows expect 12.5."""
    expected = expectation(communities=4, people=120)
    wanted = 1920
    told: list[float] = []
    limits = calibrate(expected, wanted, quiet_city(expected, NOISE, 16, OsRandomness(), 1), 64, progress=told.append)
    assert told[-1] == 1
    bank = Bank(expected)
    fresh = quiet_city(expected, NOISE, 16, OsRandomness(), 2)
    last: dict[tuple[str, int], int] = {}
    alarms = 0
    for window in range(1024 + 1500):
        statistics = bank.read(next(fresh))
        for chart, limit in limits.values.items():
            for city in np.flatnonzero(statistics[chart].max(axis=-1) > limit):
                alarms += window >= 1024 and window - last.get((chart, city), -480) >= 480
                last[chart, city] = window
    assert 3 <= alarms <= 30
