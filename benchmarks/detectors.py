"""The peers of `vitals.py`: river's detectors of change. Each returns the windows in which it alarms."""

import functools
import importlib.util
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def page_hinkley(streams, delta, limit, alpha):  # noqa: ANN001, ANN201 - river's PageHinkley, both directions
    windows, number = streams.shape
    alarms = []
    count, mean = np.zeros(number), np.zeros(number)
    up, down = np.zeros(number), np.zeros(number)
    lowest, highest = np.full(number, np.inf), np.full(number, -1.0)
    for t in range(windows):
        for s in range(number):
            x = streams[t, s]
            count[s] += 1
            mean[s] += (x - mean[s]) / count[s]
            up[s] = alpha * up[s] + x - mean[s] - delta
            down[s] = alpha * down[s] + x - mean[s] + delta
            lowest[s], highest[s] = min(lowest[s], up[s]), max(highest[s], down[s])
            if count[s] >= 30 and (up[s] - lowest[s] > limit or highest[s] - down[s] > limit):
                alarms.append(t)
                count[s] = mean[s] = up[s] = down[s] = 0.0
                lowest[s], highest[s] = np.inf, -1.0
    return alarms


def kswin(streams, window, recent, limit, seed):  # noqa: ANN001, ANN201 - river's KSWIN with its random sample
    np.random.seed(seed)
    alarms = []
    for s in range(streams.shape[1]):
        begin = 0
        for t in range(streams.shape[0]):
            if t - begin + 1 < window:
                continue
            old = np.random.choice(streams[t - window + 1 : t - recent + 1, s], recent, False)
            old.sort()
            new = np.sort(streams[t - recent + 1 : t + 1, s])
            i = j = 0
            widest = 0.0
            while i < recent and j < recent:
                if old[i] <= new[j]:
                    i += 1
                else:
                    j += 1
                widest = max(widest, abs(i - j) / recent)
            if widest > limit:
                alarms.append(t)
                begin = t - recent + 1
    return alarms


def adwin(streams: Floats, delta: float) -> list[int]:
    """Return the alarms of river's ADWIN on each stream [windows, streams]."""
    from river.drift import ADWIN

    alarms = []
    for one in range(streams.shape[1]):
        detector = ADWIN(delta=delta)
        for t, value in enumerate(streams[:, one].tolist()):
            detector.update(value)
            if detector.drift_detected:
                alarms.append(t)
    return alarms


@functools.cache
def peers() -> dict[str, Callable[[Floats, float], list[int]]]:
    """Return the detectors of river; none of them where it, or numba for two of its loops, is not installed."""
    if not all(importlib.util.find_spec(name) for name in ("river", "numba")):
        print("river and numba are not installed; the peers are left out", file=sys.stderr)
        return {}
    import numba

    hinkley, ks = numba.njit(page_hinkley), numba.njit(kswin)
    return {
        "PageHinkley default α": lambda x, limit: hinkley(x, 0.005, limit, 0.9999),
        "PageHinkley δ=.25 α=1": lambda x, limit: hinkley(x, 0.25, limit, 1.0),
        "ADWIN": lambda x, exponent: adwin(x, 10.0**-exponent),
        "KSWIN 100/30": lambda x, limit: ks(x, 100, 30, limit, 1),
    }


TRIED = {
    "PageHinkley default α": np.geomspace(60, 600, 12),
    "PageHinkley δ=.25 α=1": np.linspace(14, 40, 14),
    "ADWIN": np.array([3.0, 4.0, 5.0, 6.0]),
    "KSWIN 100/30": np.arange(17, 24) / 30 + 1e-6,
}
