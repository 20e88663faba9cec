"""The figures about a city are right, on average, although they are made of noisy tables."""

import numpy as np
import pytest

from nexus_city.vitals.metrics import (
    Spread,
    Tables,
    agreement,
    distances,
    divergence,
    evenness,
    fragmentation_error,
    harmony,
    spread,
    synchrony,
)
from tests.vitals.cities import bump, moods, released


def true_spread(shares: np.ndarray) -> tuple[float, float, float]:
    apart = distances(8)
    within = float(np.mean([row @ apart @ row for row in shares]))
    across = [p @ apart @ q for i, p in enumerate(shares) for j, q in enumerate(shares) if i != j]
    mean = shares.mean(axis=0)
    return within, float(np.mean(across)), 1 - within / float(mean @ apart @ mean)


def test_opposite_corners_are_one_apart_and_a_cell_is_not_apart_from_itself() -> None:
    apart = distances(4)
    assert apart[0, 15] == pytest.approx(1)
    assert apart[3, 12] == pytest.approx(1)
    assert not np.diag(apart).any()


@pytest.mark.parametrize("apart", [0.0, 0.25])
def test_noise_and_few_voices_do_not_bias_the_spread(apart: float) -> None:
    shares = moods(6, apart)
    within, between, fragmentation = true_spread(shares)
    found = [spread(released(shares, 200, 20, seed)) for seed in range(60)]
    values = np.array([(each.within, each.between, each.fragmentation, each.moods) for each in found])
    error = values.std(axis=0) / np.sqrt(len(found))
    truth = [within, between, fragmentation, 1 / np.mean((shares**2).sum(axis=1))]
    assert np.all(np.abs(values.mean(axis=0) - truth) < 4.5 * error + 1e-4)


def test_a_plug_in_estimate_would_fail_the_same_check() -> None:
    """The check above can fail: dividing each place's form by n² instead of its pairs is seen by it."""
    shares = moods(6, 0.0)
    within, _, _ = true_spread(shares)
    tables = [released(shares, 30, 20, seed) for seed in range(60)]
    apart = distances(8)
    naive = np.array(
        [float(np.einsum("tpk,kl,tpl->", t.counts, apart, t.counts)) / float((t.voices**2).sum()) for t in tables]
    )
    assert abs(naive.mean() - within) > 4.5 * naive.std() / np.sqrt(len(naive))


def test_people_who_leave_do_not_look_like_fragmentation() -> None:
    shares = moods(6)
    full = np.mean([spread(released(shares, 400, 20, seed)).fragmentation for seed in range(20)])
    few = np.mean([spread(released(shares, 100, 20, seed + 50)).fragmentation for seed in range(20)])
    assert abs(full - few) < 0.005


def test_the_error_of_the_fragmentation_is_that_of_repeated_cities() -> None:
    shares = moods(6, 0.1)
    tables = [released(shares, 200, 40, seed) for seed in range(60)]
    repeated = np.std([spread(each).fragmentation for each in tables])
    stated = np.mean([fragmentation_error(each) for each in tables])
    assert 0.7 < stated / repeated < 1.4


def test_a_community_that_leaves_the_others_is_the_one_that_diverges() -> None:
    shares = np.stack([*moods(5), bump(-0.6, -0.4)])
    tables = released(shares, 300, 20, 3)
    found = [divergence(tables, community) for community in range(6)]
    assert int(np.argmax(found)) == 5
    assert found[5] > 5 * max(found[:5])


def test_too_few_voices_are_said_to_be_too_few() -> None:
    shares = moods(4)
    assert released(shares, 300, 4, 1).enough()
    faint = released(shares, 3, 4, 1)
    assert not faint.enough()
    silent = Tables(np.zeros((3, 2, 64)), np.full((3, 2), 64 * 8.0))
    with pytest.raises(ValueError, match="add windows"):
        spread(silent)
    with pytest.raises(ValueError, match="two communities"):
        spread(Tables(np.ones((1, 1, 64)), np.ones((1, 1))))


def test_tables_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="side"):
        Tables(np.zeros((1, 2, 60)), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="windows"):
        Tables(np.zeros((1, 2, 64)), np.zeros((2, 1)))


def test_agreement_is_one_together_zero_even_and_minus_one_at_the_ends() -> None:
    assert agreement(np.array([0, 0, 5, 0, 0])) == 1
    assert agreement(np.ones(5)) == pytest.approx(0)
    assert agreement(np.array([1, 0, 0, 0, 1])) == pytest.approx(-1)
    # Van der Eijk 2001, the worked example of three layers
    assert agreement(np.array([30, 40, 210, 130, 530, 50, 10])) == pytest.approx(0.6113, abs=2e-4)


def test_conformity_lowers_harmony_and_so_does_fragmentation() -> None:
    usual = Spread(within=0.28, between=0.29, fragmentation=0.05, moods=40)
    well = harmony(usual, usual, echo=1, boundaries=1, voice=1)
    torn = harmony(Spread(0.28, 0.33, 0.15, 40), usual, echo=1, boundaries=1, voice=1)
    uniform = harmony(Spread(0.03, 0.03, 0.01, 3), usual, echo=1, boundaries=1, voice=1)
    broken = harmony(usual, usual, echo=0.4, boundaries=1, voice=1)
    assert well.value == 1
    assert uniform.value < torn.value < broken.value + 0.2 < 1
    assert uniform.collective == 1
    assert uniform.individual == pytest.approx(0.03 / 0.28)


def test_more_uniformity_than_usual_earns_nothing() -> None:
    usual = Spread(0.28, 0.29, 0.05, 40)
    closer = harmony(Spread(0.28, 0.285, 0.01, 40), usual, echo=1, boundaries=1, voice=1)
    assert closer.value == harmony(usual, usual, echo=1, boundaries=1, voice=1).value


def test_evenness_is_one_alike_and_small_for_one_voice() -> None:
    assert evenness(np.full(7, 3.0)) == pytest.approx(1)
    assert evenness(np.array([0.0, 0, 0, 9])) == pytest.approx(0.25)
    assert evenness(np.zeros(3)) == 1


def test_synchrony_sees_through_the_noise_or_says_nothing() -> None:
    chance = np.random.default_rng(5)
    tide = np.sin(np.arange(240) / 9)[:, None]
    together = tide + chance.normal(0, 0.3, (240, 6))
    assert synchrony(together, np.full(6, 0.09)) == pytest.approx(1, abs=0.05)
    alone = np.sin(np.arange(240)[:, None] / chance.uniform(4, 15, 6)) + chance.normal(0, 0.3, (240, 6))
    loose = synchrony(alone, np.full(6, 0.09))
    assert loose is None or abs(loose) < 0.4
    assert synchrony(chance.normal(0, 1, (240, 6)), np.full(6, 1.0)) is None
