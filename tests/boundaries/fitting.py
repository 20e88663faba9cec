"""The fit of the four buffers, offline: how the constants of `boundaries.continual` were found.

A buffered linear Toeplitz matrix C has coefficients 1, Σω, Σωθ, Σωθ², … and so has its inverse, with poles θ̂
(Dvijotham, McMahan, Pillutla, Steinke & Thakurta 2024). Where the poles interlace, θ₁ > θ̂₁ > θ₂ > θ̂₂ …, both have
weights of one sign and both follow from the poles alone. What is minimised is the largest error of a day, ‖C‖₁→₂ ·
‖AC⁻¹‖₂→∞, in closed form. `.venv/bin/python -m tests.boundaries.fitting` prints the constants anew.
"""

import math
import sys

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


def poles(logs: Floats) -> tuple[Floats, Floats]:
    """Return θ and θ̂ from 2·d free numbers: the logarithms of the steps between their distances from 1, in e-folds."""
    mixed = 1 - np.exp(-np.cumsum(np.exp(logs))[::-1])
    return mixed[0::2], mixed[1::2]


def weights(theta: Floats, other: Floats) -> Floats:
    """Return ω of the Toeplitz matrix with poles `theta` whose inverse has the poles `other`."""
    return np.array(
        [np.prod(pole - other) / np.prod(np.delete(pole - theta, index)) for index, pole in enumerate(theta)]
    )


def largest_error(theta: Floats, inverse: Floats, steps: int) -> float:
    """Return ‖C‖₁→₂ · ‖AC⁻¹‖₂→∞ over `steps` steps, from geometric sums."""
    omega, omega_inverse = weights(theta, inverse), weights(inverse, theta)
    column = 1 + _squares(omega, theta, steps - 1)
    at_the_end = 1 + (omega_inverse / (1 - inverse)).sum()  # AC⁻¹ adds up the inverse: it has one more pole, at 1
    row = _squares(np.append(at_the_end, -omega_inverse / (1 - inverse)), np.append(1, inverse), steps)
    return math.sqrt(column * row)


def fit(steps: int, buffers: int = 4) -> tuple[Floats, Floats]:
    """Return the poles θ, θ̂ that are best for `steps` steps."""

    def loss(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            error = largest_error(*poles(logs), steps)
        return math.log(error) if math.isfinite(error) and error > 0 else 50.0

    logs = np.log(np.full(2 * buffers, 1.1 * math.log(steps) / (2 * buffers)))
    for _ in range(3):
        logs = minimize(loss, logs, method="L-BFGS-B", options={"maxiter": 2000, "maxfun": 40_000}).x
        logs = minimize(loss, logs, method="Nelder-Mead", options={"maxiter": 6000, "xatol": 1e-9, "fatol": 1e-14}).x
    return poles(logs)


def _squares(scale: Floats, pole: Floats, terms: int) -> float:
    """Return Σ (Σ scale·pole^k)² over the first `terms` k."""
    product = np.outer(pole, pole)
    with np.errstate(invalid="ignore"):
        sums = np.where(product == 1, terms, (1 - product**terms) / (1 - product))
    return float(scale @ sums @ scale)


if __name__ == "__main__":
    for size in (96, 288, 1440, 8640):
        found, found_inverse = fit(size)
        figures = ", ".join(str(tuple(each.tolist())) for each in (found, found_inverse))
        sys.stdout.write(f"    {size}: ({figures}),  # {largest_error(found, found_inverse, size):.6f}\n")
