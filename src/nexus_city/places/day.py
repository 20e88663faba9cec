"""Person-days: 04:00 to 04:00 local, the unit in which a person is counted, bounded and forgotten."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY_STARTS_H = 4
"""Hour of the local clock at which a person-day begins: most people sleep, and nobody's evening is cut in two."""


@dataclass(frozen=True, order=True)
class PersonDay:
    """One person-day; instants are Unix seconds."""

    date: str
    """ISO date of the local calendar on which it begins."""
    start_s: int
    end_s: int

    def window(self, at_s: int, length_s: int) -> tuple[int, int]:
        """Return start and end (Unix seconds) of the tumbling window of `length_s` that holds `at_s`.

        The last window of the day ends with the day, so it is shorter when the clocks change.
        """
        start = self.start_s + (at_s - self.start_s) // length_s * length_s
        return start, min(start + length_s, self.end_s)


def person_day(at_s: int, zone: ZoneInfo) -> PersonDay:
    """Return the person-day of `zone` in which the instant `at_s` (Unix seconds) lies."""
    local = dt.datetime.fromtimestamp(at_s, zone)
    date = local.date() if local.hour >= DAY_STARTS_H else local.date() - dt.timedelta(days=1)
    return PersonDay(date.isoformat(), _starts(date, zone), _starts(date + dt.timedelta(days=1), zone))


def _starts(date: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(date, dt.time(DAY_STARTS_H), zone).timestamp())
