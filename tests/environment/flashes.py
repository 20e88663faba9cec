"""An oracle for flashes, written without a look at the stage: what WCAG 2.2 calls a transition, counted at its worst.

A transition is a change of relative luminance by at least 0.1 between an extreme and the next, the darker of which is
below 0.8. In every window of one second, started at every sample, the longest alternating chain of transitions is
counted; the figure of a show is the largest of them.
"""

from collections.abc import Sequence

WINDOW_S = 1.0
STEP = 0.1
DARK = 0.8
_EPS = 1e-7


def worst_second(times: Sequence[float], values: Sequence[float]) -> int:
    """Return the most transitions that any closed second of the signal holds."""
    return max((_chain(times, values, start) for start in range(len(times))), default=0)


def _chain(times: Sequence[float], values: Sequence[float], start: int) -> int:
    """Count alternating moves from `start` on: an extreme is kept until the signal has come back from it by a step."""
    low = high = values[start]
    direction = 0
    count = 0
    for at in range(start + 1, len(times)):
        if times[at] - times[start] > WINDOW_S + _EPS:
            break
        value = values[at]
        if direction >= 0 and high - value >= STEP - _EPS and value < DARK:
            direction, low, count = -1, value, count + 1
        elif direction <= 0 and value - low >= STEP - _EPS and low < DARK:
            direction, high, count = 1, value, count + 1
        low = min(low, value) if direction <= 0 else low
        high = max(high, value) if direction >= 0 else high
    return count


def is_red(red: float, green: float, blue: float) -> bool:
    """Whether a state is a saturated red that is bright enough to be seen as one."""
    total = red + green + blue
    return total > 0.0625 and red / total >= 0.8
