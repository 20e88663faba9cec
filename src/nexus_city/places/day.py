"""Person-days: 04:00 to 04:00 local, the unit in which a person is counted, bounded and forgotten."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY_STARTS_H = 4
"""Hour of the local clock at which a person-day begins: most people sleep, and nobody's evening is cut in two."""

_ONE = dt.timedelta(days=1)


@dataclass(frozen=True, order=True)
class PersonDay:
    """One person-day; instants are Unix seconds."""

    date: str
    """ISO date of the local calendar on which it begins."""
    start_s: int
    end_s: int

    def window(self, at_s: int, length_s: int) -> tuple[int, int]:
        """Return start and end (Unix seconds) of the tumbling window of `length_s` that holds `at_s`.

        The day is cut into as many windows as fit best, and the last one ends with the day: when the clocks change it
        is shorter, or longer. So a window of 24 h is the whole day, also when that day has 25.
        """
        last = max(1, round((self.end_s - self.start_s) / length_s)) - 1
        turn = min((at_s - self.start_s) // length_s, last)
        start = self.start_s + turn * length_s
        return start, self.end_s if turn == last else start + length_s


def person_day(at_s: int, zone: ZoneInfo) -> PersonDay:
    """Return the person-day of `zone` in which the instant `at_s` (Unix seconds) lies."""
    local = dt.datetime.fromtimestamp(at_s, zone)
    date = local.date() if local.hour >= DAY_STARTS_H else local.date() - _ONE
    while at_s < _starts(date, zone):  # the clocks have leapt over 04:00, or over a whole day: the day before goes on
        date -= _ONE
    return PersonDay(date.isoformat(), _starts(date, zone), _starts(date + _ONE, zone))


def _starts(date: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(date, dt.time(DAY_STARTS_H), zone).timestamp())
