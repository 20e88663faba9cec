"""Continual release: how many stand where, told again at every step of a day, for crowds of thousands.

**What is counted.** At each step a person stands in at most one cell of a live place. A check-in puts them there (+1),
the next one or its expiry takes them away (-1), or the day ends. At most `m // seats` check-ins of a person-day are at
live places, and each takes `seats` of the day's m seats. The *decaying* kind counts a person who checked in k steps ago
as λ^k, λ = 2^(-1/half-life), until the next check-in takes away the λ^k that is left.

**The noise.** With x the changes and A their sums over time, A x + A C⁻¹ z is released, z normal, so everything is
post-processing of C x + z (Li, Miklau, Hay, McGregor & Rastogi 2015), for streams that answer to what was released as
well (Denisov, McMahan, Rush, Smith & Thakurta 2022). C is lower triangular with coefficients c₀ = 1, c_j = Σ ω_i
θ_i^(j-1): a *buffered linear Toeplitz* matrix (Dvijotham et al. 2024; McMahan, Pillutla, Steinke & Thakurta 2024),
whose inverse has that form too. So four buffers a cell are all that a day of any length needs to remember. For a
decaying count C and A become D C D⁻¹ and D A D⁻¹ with D = diag(λ^t): the same buffers, with every pole times λ.

**The sensitivity.** A check-in that stands from a to b changes x by e_a - λ^(b-a) e_b, in one cell. Check-ins in
different cells are orthogonal. Two of one person in one cell do not overlap in time, a < b <= c < d, and then their
product is <= 0: it is -Σ p(s) q(s) over s >= c, p = λ^(s-a) (c_(s-b) - c_(s-a)) and q = λ^(s-c) (c_(s-c) - c_(s-d)).
Since c is positive, falling and convex, p is positive and falling, and so are the λ; and all partial sums of the
c_(s-c) - c_(s-d) are >= 0. Summation by parts does the rest. So the dearest person-day is a chain of check-ins in ever
new cells, and `sensitivity` finds it exactly, over all times, as a shortest path is found. Where a check-in stands for
a declared time at most, only such stretches are tried, and the noise is smaller.

**The price, and the whole day.** Let ε₁ = seats·ε/m. The scale σ is the least for which i check-ins, alone, are (i·ε₁,
δ_i)-private for each i (exactly: Balle & Wang 2018), where δ_1 + δ_2 + … < δ. Then the *whole* day is (ε, δ)-private,
whatever the person does in which order and in answer to what: everything else that the day publishes is of the pure
kind, and with i check-ins at live places it can have lost no more than ε - i·ε₁. So the day exceeds ε only where the
normal part exceeds i·ε₁, and the chance of that, weighed as in δ, is at most δ_i for each i, and their sum at most δ
for an i that is chosen as the day goes. Several live places may be used at once, of any kinds whose check-ins take as
many seats: the most that i check-ins may lose grows faster than i, so losses that are allowed apart are allowed
together.

**Numbers that a computer has.** Noise is made without access to data, from the operating system, rounded to whole
units, and added to whole counts. What is released is therefore a function of the true sum of count and noise, but for
steps in which the noise of real numbers and ours fall on different sides of a half. Ours is off by less than 1e-11
people (a test shows it against 64-bit mantissas), so over all steps and a person's m // seats cells the chance of that
is below m // seats · steps · 2e-11 / (σ·√2π): below 1e-8, the share of δ that is kept for it.
"""

import functools
import math
import struct
from collections.abc import Collection
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries.release import Noise
from nexus_city.ground import Randomness

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FITS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    96: (
        (0.9944748020236549, 0.9413626039166456, 0.7680043208116033, 0.34753409942665126),
        (0.976559308439602, 0.8780481124389681, 0.5905870188709168, 0.10625219115007412),
    ),
    288: (
        (0.9977103491588022, 0.9722689720711307, 0.8578684501078151, 0.4517767171559578),
        (0.989813381066372, 0.9351848526242629, 0.706123722994703, 0.14912482404865468),
    ),
    1440: (
        (0.9994294419899417, 0.9913821229186013, 0.9338349891601812, 0.590641809602837),
        (0.9972570282013095, 0.9756540588675707, 0.8273497211946381, 0.2196455975467836),
    ),
    8640: (
        (0.9998843225172006, 0.9977318824824268, 0.9726859082955821, 0.7163085024202228),
        (0.9993900023506925, 0.9920509921702789, 0.9084214681343423, 0.3049462902907837),
    ),
}
"""Steps of a day → poles of C and of its inverse; `tests/boundaries/fitting.py` made them."""
_UNIT = 2**40
"""A decaying count is kept in this many parts of a person: its rounding is nothing beside that of floats."""
_FLOATS = 0.01
"""Share of δ that is kept for the difference between real numbers and ours."""
_ROUNDED = 1 + 1e-6
"""By how much the sensitivity is enlarged, for sums of floats and for parts of a person."""
_HEAD = struct.Struct("<4sIIId")
_MAGIC = b"BLT1"


def gaussian_delta(epsilon: float, mu: float) -> float:
    """Return the exact δ at `epsilon`, of any sign, of one normal draw whose mean a person moves by `mu` deviations."""
    return _phi(mu / 2 - epsilon / mu) - math.exp(epsilon) * _phi(-mu / 2 - epsilon / mu)


def gaussian_mu(epsilon: float, delta: float) -> float:
    """Return by how many deviations a mean may move at most within (ε, δ), both > 0."""
    low, high = 0.0, 64.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if gaussian_delta(epsilon, middle) <= delta else (low, middle)
    return low


@functools.cache
def poles(steps: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return θ, ω of C and θ̂, ω̂ of its inverse for a day of `steps` steps, by the nearest fit that is long enough."""
    theta, inverse = map(np.array, _FITS[min((size for size in _FITS if size >= steps), default=max(_FITS))])
    between = theta[:, None] - inverse
    apart = theta[:, None] - theta + np.eye(theta.size)
    apart_inverse = inverse[:, None] - inverse + np.eye(inverse.size)
    omega = between.prod(axis=1) / apart.prod(axis=1)
    return theta, omega, inverse, (-between).prod(axis=0) / apart_inverse.prod(axis=1)


def coefficients(theta: Floats, omega: Floats, steps: int) -> Floats:
    """Return the first `steps` coefficients: 1, Σω, Σωθ, Σωθ² and so on."""
    return np.append(1.0, omega @ theta[:, None] ** np.arange(steps - 1)) if steps > 1 else np.ones(1)


def sensitivity(c: Floats, check_ins: int, decay: float = 1.0, stays: int | None = None) -> tuple[float, ...]:
    """Return the exact L2 sensitivity of 1, 2, … `check_ins` check-ins of a person-day under C with coefficients `c`.

    `c` are those of D C D⁻¹ where the count decays by `decay` a step; who was told `stays` times goes then. From the
    last step back to the first: `begun[i][a]` is the dearest way in which i check-ins go on from a check-in at step a,
    `after[i]` from any at or after the step at hand.
    """
    steps = c.size
    column = np.cumsum(c**2)[::-1]
    longest = steps if stays is None else min(stays, steps)
    begun = np.tile(column, (check_ins + 1, 1))  # whoever checks in last may stay until the day ends
    begun[:, : steps - longest] = 0.0  # if that is not too long
    begun[0] = 0.0
    after = np.zeros(check_ins + 1)
    fading = decay ** np.arange(steps, dtype=float)
    overlap = np.zeros(steps)  # by lag: the product of the columns of C that begin at a and at `end`, lag = end - a
    for end in range(steps - 1, -1, -1):
        overlap[: end + 1] += c[steps - 1 - end] * c[steps - 1 - end :]
        after = np.maximum(after, begun[:, end])
        first = max(0, end - longest)
        fade = fading[1 : end - first + 1][::-1]
        stood = column[first:end] + fade * (fade * column[end] - 2 * overlap[1 : end - first + 1][::-1])
        for number in range(1, check_ins + 1):
            reached = begun[number, first:end]
            np.maximum(reached, stood + after[number - 1], out=reached)
    return tuple(np.sqrt(np.maximum.accumulate(after[1:])).tolist())


class Continual:
    """The mechanism of a live place: a day of `steps` steps, within the (ε, δ) of the check-ins of one person-day.

    `epsilon` pays for all `m` seats of the day, `seats` of which each check-in takes. With `half_life`, in steps, the
    count decays; without, a person counts in full until they move. `stays`: or until so many steps have told them.
    """

    def __init__(
        self,
        steps: int,
        m: int,
        epsilon: Fraction,
        delta: float = 1e-6,
        *,
        seats: int,
        half_life: float | None = None,
        stays: int | None = None,
    ) -> None:
        if not 1 <= seats <= m:
            raise ValueError(f"a check-in takes 1 to {m} seats of the day, not {seats}")
        if steps < 1:
            raise ValueError(f"a day has at least one step, not {steps}")
        self.steps = steps
        self.seats = seats
        self.delta = delta
        self.check_in_epsilon = epsilon * seats / m
        """What a check-in at a live place costs."""
        self.decay = 1.0 if half_life is None else 0.5 ** (1 / half_life)
        """Share of a person that is left after one step."""
        self.unit = 1 if half_life is None else _UNIT
        """Parts of a person in which counts are given."""
        fading = self.decay ** np.arange(steps, dtype=float)
        self.weights: Ints = np.rint(self.unit * fading).astype(np.int64)
        """What a person who checked in k steps ago counts, in parts."""
        if stays is not None:
            self.weights[stays:] = 0
        theta, omega, inverse, omega_inverse = poles(steps)
        self._buffers = (inverse * self.decay, omega_inverse * self.decay)
        self.sensitivity = sensitivity(fading * coefficients(theta, omega, steps), m // seats, self.decay, stays)
        """L2 sensitivity of 1, 2, … check-ins at live places."""
        self.sigma = max(map(_sigma, self.sensitivity, self.allowed(delta)))
        """Standard deviation of each draw, people."""
        self._told = fading * np.cumsum(coefficients(inverse, omega_inverse, steps))  # of a draw, k steps later
        self._variance = self.sigma**2 * np.cumsum(self._told**2) + 1 / 12

    def allowed(self, delta: float) -> list[float]:
        """Return by how many deviations 1, 2, … check-ins may move a release within their ε and share of `delta`.

        Of δ a hundredth is for floats; a tenth of the rest for days with two or more check-ins at live places, which
        hardly need it: the first one decides.
        """
        most, rest = len(self.sensitivity), delta * (1 - _FLOATS)
        shares = [rest] if most == 1 else [rest * 0.9, *[rest * 0.1 / (most - 1)] * (most - 1)]
        return [gaussian_mu(float(i * self.check_in_epsilon), share) for i, share in enumerate(shares, start=1)]

    @property
    def is_noisy_enough(self) -> bool:
        """Whether the noise that it has is as large as its prices and its δ demand, for each number of check-ins."""
        allowed = enumerate(self.allowed(self.delta), start=1)
        return all(self.mu(number) <= most for number, most in allowed)

    def mu(self, check_ins: int) -> float:
        """Return by how many standard deviations `check_ins` check-ins of a day move what is released."""
        return self.sensitivity[check_ins - 1] / self.sigma if check_ins else 0.0

    def sd(self, step: int) -> float:
        """Return the standard deviation of the noise in one cell at `step`, 1 … steps, in people."""
        return math.sqrt(self._variance[step - 1])

    def variance(self, steps: Collection[int]) -> float:
        """Return the variance of the noise in the sum of one cell over `steps`, each 1 … steps, in people².

        Noise that remembers is alike at two steps, so this is more than the sum of their variances.
        """
        weights = np.zeros(self.steps)
        for step in steps:
            weights[:step] += self._told[:step][::-1]
        return self.sigma**2 * float(weights @ weights) + len(steps) / 12

    def start(self, cells: int, randomness: Randomness) -> "ContinualNoise":
        """Begin a day for `cells` cells."""
        return ContinualNoise(self, 0, np.zeros((len(self._buffers[0]) + 1, cells)), randomness)

    def began(self, state: bytes) -> bool:
        """Whether `state` is of a day that this mechanism began, and whole."""
        if len(state) < _HEAD.size:
            return False
        magic, steps, _, cells, sigma = _HEAD.unpack_from(state)
        whole = len(state) == _HEAD.size + 8 * (len(self._buffers[0]) + 1) * cells
        return bool(whole and (magic, steps, sigma) == (_MAGIC, self.steps, self.sigma))

    def resume(self, state: bytes, randomness: Randomness) -> "ContinualNoise":
        """Go on where `ContinualNoise.state` was taken: steps that were released are never drawn again."""
        if not self.began(state):
            raise ValueError("this state is of another mechanism; a day is ended by the one that began it")
        _, _, step, cells, _ = _HEAD.unpack_from(state)
        kept = np.frombuffer(state, "<f8", offset=_HEAD.size).reshape(-1, cells)
        return ContinualNoise(self, step, kept.astype(np.float64), randomness)


class ContinualNoise:
    """The noise of one day: made step by step, without any knowledge of a count, and each step once."""

    def __init__(self, mechanism: Continual, step: int, kept: Floats, randomness: Randomness) -> None:
        self.mechanism = mechanism
        self.step_number = step
        """Steps that were drawn so far."""
        self._kept = kept  # the buffers, and last the sum: what is added to the counts
        self._randomness = randomness

    def step(self) -> Noise:
        """Draw the next step's noise. Keep `state` with what it is released in, in one transaction."""
        mechanism = self.mechanism
        if self.step_number >= mechanism.steps:
            raise RuntimeError(f"all {mechanism.steps} steps of the day were drawn: its ε is spent")
        poles_, weights = mechanism._buffers  # noqa: SLF001 - two halves of one thing
        buffers, sum_ = self._kept[:-1], self._kept[-1]
        drawn = _normals(self._randomness, sum_.size)
        drawn *= mechanism.sigma
        sum_ *= mechanism.decay
        sum_ += weights @ buffers
        sum_ += drawn
        buffers *= poles_[:, None]
        buffers += drawn
        self.step_number += 1
        values = np.rint(sum_ * mechanism.unit).astype(np.int64)
        price = mechanism.check_in_epsilon
        return Noise(values, 1 / price, mechanism.sd(self.step_number) ** 2, mechanism.unit)

    def state(self) -> bytes:
        """Return all that the coming steps need.

        With it and a release one has the true counts: keep it with what is raw, and destroy it with the day.
        """
        mechanism, cells = self.mechanism, self._kept.shape[1]
        head = _HEAD.pack(_MAGIC, mechanism.steps, self.step_number, cells, mechanism.sigma)
        return head + self._kept.astype("<f8").tobytes()

    def __repr__(self) -> str:
        return f"<ContinualNoise after {self.step_number} steps>"  # its buffers are a secret, in tracebacks too


def _normals(randomness: Randomness, count: int) -> Floats:
    """Return `count` standard normal draws (Box & Muller 1958), consuming 16 bytes for each two of them."""
    pairs = (count + 1) // 2
    bits = np.frombuffer(randomness.draw(16 * pairs), dtype="<u8").astype(np.float64)
    radius = np.sqrt(-2 * np.log((bits[:pairs] + 0.5) * 2.0**-64))
    angle = bits[pairs:] * (2.0**-64 * math.tau)
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def _sigma(sensitivity_: float, mu: float) -> float:
    return sensitivity_ * _ROUNDED / mu


def _phi(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2
