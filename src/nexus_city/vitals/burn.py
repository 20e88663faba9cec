"""A promise, how often it was kept, and how fast its allowance burns.

The promise: 99.5 % of what is checked each minute is right. Its allowance is the other 0.5 % of thirty days. A burn
rate of 1 uses it up in exactly thirty days. Two rates together decide, a long one so that a hiccup wakes nobody, and a
short one so that it ends when the trouble does (Beyer et al., The Site Reliability Workbook, chapter 5).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

PROMISE = 0.995
MINUTE_S = 60
Urgency = Literal["page", "ticket"]


@dataclass(frozen=True)
class Rule:
    """Too fast, if the allowance burns at `rate` over both windows."""

    urgency: Urgency
    rate: float
    long_min: int
    short_min: int


RULES = (
    Rule("page", 14.4, 60, 5),
    Rule("page", 6.0, 6 * 60, 30),
    Rule("ticket", 1.0, 3 * 24 * 60, 6 * 60),
)
_KEPT_MIN = max(rule.long_min for rule in RULES)


class Allowance:
    """Right and wrong checks of the last three days, minute by minute."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, int, int]] = deque()
        """(minute, checked, wrong), oldest first."""

    def note(self, now_s: float, checked: int, wrong: int) -> None:
        """Write down what was checked at `now_s` (real time, Unix seconds)."""
        minute = int(now_s // MINUTE_S)
        self._minutes.append((minute, checked, wrong))
        while self._minutes and self._minutes[0][0] <= minute - _KEPT_MIN:
            self._minutes.popleft()

    def rate(self, now_s: float, window_min: int) -> float:
        """Return the burn rate over the last `window_min` minutes; 0 when nothing was checked."""
        since = int(now_s // MINUTE_S) - window_min
        inside = [(checked, wrong) for minute, checked, wrong in self._minutes if minute > since]
        checked = sum(each for each, _ in inside)
        return sum(each for _, each in inside) / checked / (1 - PROMISE) if checked else 0.0

    def burning(self, now_s: float) -> Iterator[Rule]:
        """Yield the rules that are broken now, the most urgent first."""
        for rule in RULES:
            if min(self.rate(now_s, rule.long_min), self.rate(now_s, rule.short_min)) >= rule.rate:
                yield rule
