"""Accounting: a filter that every release passes, so that no day can cost a person more than the city has promised.

The noise is scaled so that a day stays within its ε by construction; here that is checked once more, from what really
happens. A *seat* is one person in one window of one speaker. A person holds at most m of them a day and is, in each, in
one of its tables. So whatever was released so far, it can have cost one person at most

    the m dearest seats, a seat costing as much as the dearest of its tables
    + word_votes · 1/s for each table of words, and 1/s for each table of moments

where each release of a table with noise of scale s costs 1/s (sequential composition within a seat and between seats,
parallel composition between the tables of a seat). The prices are exact fractions. What would take that sum above ε is
refused, before its noise is added. A privacy filter in the sense of Rogers, Roth, Ullman & Vadhan (2016), for pure ε. A
seat at a live place is paid for in the same coin, and why the day's δ then holds as well stands in `continual`.
"""

from collections import Counter
from collections.abc import Hashable
from fractions import Fraction
from typing import Literal

from nexus_city.boundaries.continual import Continual
from nexus_city.boundaries.ledger import Budget


class Spending:
    """What the releases of one person-day can have cost one person at most."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._votes = {"words": budget.word_votes, "moments": 1}
        self._tables: dict[tuple[Hashable, Hashable], Fraction] = {}
        self._seats: dict[Hashable, Fraction] = {}
        self._prices: Counter[Fraction] = Counter()
        """How many seats cost how much; there are few prices, and in a sound city one."""
        self._daily = dict.fromkeys(self._votes, Fraction(0))
        self._live_seats: int | None = None

    @property
    def total(self) -> Fraction:
        """ε of the person-day so far."""
        return self._dearest(self._prices) + sum(self._daily.values())

    def table(self, seat: Hashable, strand: Hashable, price: Fraction) -> bool:
        """Account for a release of one table of `seat`; False, and nothing is accounted for, if it is refused."""
        table, before = self._tables.get((seat, strand), Fraction(0)) + price, self._seats.get(seat)
        after = max(table, before or Fraction(0))
        prices = self._prices.copy()
        if before is not None:
            prices[before] -= 1
        prices[after] += 1
        if not self._pays(prices):
            return False
        self._tables[(seat, strand)], self._seats[seat] = table, after
        return True

    def live(self, mechanism: Continual) -> bool:
        """Account for a day of a live place, before its first step; False, and nothing is accounted for, if refused.

        Nobody knows beforehand how many check-ins a person gives there, so each of the m seats may be one of them. Of a
        day's live places all take as many seats for one (`continual` says why).
        """
        if self._live_seats not in (None, mechanism.seats) or not mechanism.is_noisy_enough:
            return False
        if not self.told(mechanism.check_in_epsilon / mechanism.seats):
            return False
        self._live_seats = mechanism.seats
        return True

    def told(self, price: Fraction) -> bool:
        """Account for a live place of which each of the m seats may have cost `price`; False if that is refused."""
        prices = self._prices.copy()
        prices[price] += self._budget.m
        return self._pays(prices)

    def daily(self, purpose: Literal["words", "moments"], price: Fraction) -> Fraction | None:
        """Account for a release of a table of the whole day and return its cost; None, and for nothing, if refused."""
        cost = self._votes[purpose] * price
        if self.total + cost > self._budget.epsilon:
            return None
        self._daily[purpose] += cost
        return cost

    def _pays(self, prices: Counter[Fraction]) -> bool:
        """Take `prices` for those of the seats if ε pays for them."""
        if self._dearest(prices) + sum(self._daily.values()) > self._budget.epsilon:
            return False
        self._prices = prices
        return True

    def _dearest(self, prices: Counter[Fraction]) -> Fraction:
        left, sum_ = self._budget.m, Fraction(0)
        for price in sorted(prices, reverse=True):
            seats = min(left, prices[price])
            left, sum_ = left - seats, sum_ + seats * price
        return sum_
