"""How right a climate is at the same privacy: what the city releases against four other ways to release or to read it.

Question: at ε = 1 a day, m = 4 counted check-ins and nine tenths of ε for moods, how far is the mixture that is shown
from that of the people who spoke, in total variation, when N of them spoke in one window?

Contestants, all given the same true counts and nothing else:
* *as released*: one grid, discrete Laplace noise of scale m/ε in each cell, projected onto the simplex (the city);
* *nested*: 2×2, 4×4 and 8×8 at once, ε divided between them evenly or mostly for the finest, made consistent by
  weighted least squares (Hay, Rastogi, Miklau & Suciu 2010);
* *few waves*: the 6 or 15 lowest cosines of the plane instead of cells, noise scaled to their joint L1 sensitivity, the
  rest of the plane read off them (the low-order workload of the matrix mechanism, Li et al. 2015);
* *shrunk*: as released, then each order of cosines shrunk by the known variance of the noise (James & Stein 1961), then
  projected; post-processing, so it is free;
* *prior*: as released, then the posterior mean of each cell under a gamma prior that is fitted to the release itself
  (empirical Bayes, Robbins 1956), free as well.

A contestant *wins clearly* if its error is at most nine tenths of the city's for every mixture and size at which a
picture is shown at all (an error of the city of up to 20 %).

Mixtures: *answers*, the shipped experience sampling as the demo draws it, at places of different temperament; *skewed*,
four uneven clouds; *one mood*; *two camps*; *spiky*, few cells with nothing between; *even*. Mean of many windows of
each.
"""

import argparse
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from measuring import machine, report
from numpy.typing import NDArray

from nexus_city.boundaries import Budget, DiscreteLaplace
from nexus_city.climate.mixture import on_simplex
from nexus_city.simulation.reading import load_answers

Floats = NDArray[np.float64]
SCALE = float(Budget(epsilon=Fraction(1)).grid_scale)
VARIANCE = DiscreteLaplace(Budget().grid_scale).variance
Found = dict[tuple[int, str, int], dict[str, float]]
"""(side, mixture, N) → contestant → error."""
SIDES = (8, 4, 2)
SIZES = (30, 100, 300, 1_000, 10_000)
MOST = 0.20
"""Error of the city above which a window is quiet and nothing is shown."""
CLEAR = 0.9
_CENTRES = (np.arange(8) + 0.5) / 4 - 1


class Crowds:
    """Draws windows: true counts on the 8×8 grid."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._answers = load_answers()
        people, self._person = np.unique(self._answers.person, return_inverse=True)
        valence = np.bincount(self._person, self._answers.valence) / np.bincount(self._person)
        self._rank = valence.argsort().argsort() / people.size
        clouds = {
            "skewed": ((0.45, 0.45, -0.1, 0.35), (0.3, 0.3, 0.5, 0.3), (0.15, -0.4, 0.4, 0.3), (0.1, -0.5, -0.5, 0.3)),
            "one mood": ((1.0, 0.4, -0.4, 0.2),),
            "two camps": ((0.5, 0.7, 0.6, 0.2), (0.5, -0.7, -0.6, 0.2)),
        }
        self.kinds: dict[str, Callable[[int], Floats]] = {"answers": self._of_answers}
        for name, parts in clouds.items():
            self.kinds[name] = lambda people, parts=parts: self._thrown(people, self._clouds(parts))
        self.kinds["spiky"] = lambda people: self._thrown(people, self._rng.dirichlet(np.full(64, 0.1)))
        self.kinds["even"] = lambda people: self._thrown(people, np.full(64, 1 / 64))

    def _of_answers(self, people: int) -> Floats:
        """One prompt of the day at a place that draws people of a like temperament."""
        rng, answers = self._rng, self._answers
        weight = np.exp(-((self._rank - rng.uniform(0.12, 0.95)) ** 2) / (2 * 0.33**2))[self._person]
        weight *= answers.beep == rng.integers(1, 5)
        row = rng.choice(weight.size, people, p=weight / weight.sum())
        at = np.clip(np.stack([answers.arousal[row], answers.valence[row]]) + rng.normal(0, 0.07, (2, people)), -1, 1)
        cell = np.minimum((at + 1) * 4, 7).astype(int)
        return np.bincount(cell[0] * 8 + cell[1], minlength=64).astype(float)

    def _clouds(self, parts: tuple[tuple[float, float, float, float], ...]) -> Floats:
        valence, arousal = np.meshgrid(_CENTRES, _CENTRES)
        field = sum(
            weight * np.exp(-((valence - x) ** 2 + (arousal - y) ** 2) / (2 * width**2))
            for weight, x, y, width in parts
        ) * self._rng.gamma(4, 1 / 4, (8, 8))
        return (field / field.sum()).ravel()

    def _thrown(self, people: int, shares: Floats) -> Floats:
        return self._rng.multinomial(people, shares).astype(float)


def coarse(grid: Floats, side: int) -> Floats:
    block = grid.shape[-1] // side
    return grid.reshape(side, block, side, block).sum(axis=(1, 3))


def spread(grid: Floats, side: int) -> Floats:
    """Each cell's count, evenly over the finer cells in it."""
    block = side // grid.shape[-1]
    return np.repeat(np.repeat(grid, block, 0), block, 1) / block**2


class Contestants:
    """Each takes the true grid (side × side) and returns shares, at the same ε."""

    def __init__(self, rng: np.random.Generator, side: int) -> None:
        self._rng = rng
        self._side = side
        x = np.arange(side)
        waves = np.cos(np.pi * (x + 0.5) * x[:, None] / side) * np.sqrt(2 / side)
        waves[0] = np.sqrt(1 / side)
        self._waves = waves
        self._order = np.add.outer(x, x)

    def all(self, true: Floats) -> dict[str, Floats]:
        """Return what each makes of one window. The city's draw is shared with those that only read it differently."""
        noisy = self._noisy(true, SCALE)
        made = {"as released": noisy}
        if self._side > 2:
            made["nested, evenly"] = self._nested(true, (1, 1, 1))
            made["nested, mostly finest"] = self._nested(true, (1, 2, 4))
            made["6 waves"] = self._few_waves(true, 6)
            made["15 waves"] = self._few_waves(true, 15)
        made["shrunk"] = self._shrunk(noisy)
        made["prior"] = self._posterior(noisy)
        return {name: on_simplex(grid.ravel()) for name, grid in made.items()}

    def _noisy(self, true: Floats, scale: float) -> Floats:
        rate = -np.expm1(-1 / scale)
        return true + self._rng.geometric(rate, true.shape) - self._rng.geometric(rate, true.shape)

    def _nested(self, true: Floats, weights: tuple[int, int, int]) -> Floats:
        sides = [side for side in (2, 4, 8) if side <= self._side]
        shares = np.array(weights[: len(sides)]) / sum(weights[: len(sides)])
        told = {side: self._noisy(coarse(true, side), SCALE / share) for side, share in zip(sides, shares, strict=True)}
        noise = {side: 2 * (SCALE / share) ** 2 for side, share in zip(sides, shares, strict=True)}
        up, variance = {self._side: told[self._side]}, noise[self._side]
        for side in sides[-2::-1]:  # from below: a cell and the sum of its four, each by what it is worth
            weight = 4 * variance / (4 * variance + noise[side])
            up[side] = weight * told[side] + (1 - weight) * coarse(up[2 * side], side)
            variance = 1 / (1 / noise[side] + 1 / (4 * variance))
        found = up[2]
        for side in sides[1:]:  # from above: what is left over is shared evenly
            found = up[side] + spread(found - coarse(up[side], side // 2), side)
        return found

    def _few_waves(self, true: Floats, count: int) -> Floats:
        kept = np.argsort(self._order.ravel(), kind="stable")[:count]
        flat = np.stack([np.outer(self._waves[k // self._side], self._waves[k % self._side]).ravel() for k in kept])
        told = flat @ true.ravel() + self._rng.laplace(0, SCALE * np.abs(flat).sum(axis=0).max(), count)
        return (told @ flat).reshape(true.shape)

    def _shrunk(self, noisy: Floats) -> Floats:
        wave = self._waves @ noisy @ self._waves.T
        for order in range(1, 2 * self._side - 1):
            ring = self._order == order
            size = int(ring.sum())
            wave[ring] *= max(0.0, 1 - max(size - 2, 0.5) * VARIANCE / max((wave[ring] ** 2).sum(), 1e-9))
        return self._waves.T @ wave @ self._waves

    def _posterior(self, noisy: Floats) -> Floats:
        mean = max(noisy.mean(), 0.1)
        spread_ = max(noisy.var() - VARIANCE, 0.02 * mean**2)
        shape = min(max(mean**2 / spread_, 0.05), 50)
        top = max(noisy.max(), 0) + 12 * SCALE
        counts = (np.arange(400) + 0.5) * top / 400
        log = (shape - 1) * np.log(counts) - shape / mean * counts - np.abs(noisy[..., None] - counts) / SCALE
        likely = np.exp(log - log.max(axis=-1, keepdims=True))
        return (likely * counts).sum(axis=-1) / likely.sum(axis=-1)


def errors(
    kind: Callable[[int], Floats], side: int, people: int, rounds: int, rng: np.random.Generator
) -> dict[str, float]:
    """Mean total variation between what is shown and what the people said."""
    contestants, found = Contestants(rng, side), dict[str, list[float]]()
    for _ in range(rounds):
        true = coarse(kind(people).reshape(8, 8), side)
        for name, shares in contestants.all(true).items():
            found.setdefault(name, []).append(np.abs(shares - true.ravel() / people).sum() / 2)
    return {name: float(np.mean(each)) for name, each in found.items()}


def ratios(found: Found, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return, for each contestant and grid, its least and greatest error where a picture is shown, of the city's."""
    rows = []
    for name in names[1:]:
        told, worst = [], 0.0
        for side in SIDES:
            shown = [each for (grid, _, _), each in found.items() if grid == side and each[names[0]] <= MOST]
            each = [error[name] / error[names[0]] for error in shown if name in error]
            told.append(f"{min(each):.2f} to {max(each):.2f}" if each else "–")
            worst = max([worst, *each])
        rows.append((name, *told, "yes" if worst <= CLEAR else "no"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few windows, to see that it runs")
    parser.add_argument("--all", action="store_true", help="print every mixture, not the real answers alone")
    parser.add_argument("--seed", type=int, default=2154)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    rounds = 3 if chosen.quick else 200
    facts, kinds = machine(), Crowds(rng).kinds
    found = {
        (side, kind, people): errors(draw, side, people, rounds, rng)
        for side in SIDES
        for kind, draw in kinds.items()
        for people in SIZES
    }
    names = list(found[8, "answers", 30])
    rows = [
        (
            f"{side}×{side}",
            kind,
            f"{people:,}",
            *(f"{100 * error[name]:.1f}" if name in error else "" for name in names),
        )
        for (side, kind, people), error in found.items()
        if kind == "answers" or chosen.all
    ]
    report(f"Total variation in %, mean of {rounds} windows; {facts}", ("grid", "mixture", "N", *names), rows, None)
    heads = ("contestant", *(f"{side}×{side}" for side in SIDES), "wins clearly")
    report("Error of the city's, least to greatest over all mixtures and sizes", heads, ratios(found, names), None)


if __name__ == "__main__":
    main()
