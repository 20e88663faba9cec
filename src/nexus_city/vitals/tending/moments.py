"""Moments on two clocks: what the city's time was at a moment of real time, and the other way round."""

import datetime as dt
import math

from nexus_city.ground.errors import BadInput


class Pace:
    """How the two clocks stand to each other now; between two starts of a city that ran faster they stood otherwise."""

    def __init__(self, city_s: float, real_s: float, rate: float) -> None:
        self._city_s = city_s
        self._real_s = real_s
        self._rate = rate

    def real(self, city_s: float) -> float:
        """Return the real time, Unix seconds, of a moment of city time."""
        return self._real_s + (city_s - self._city_s) / self._rate

    def city(self, real_s: float) -> float:
        """Return the city time, Unix seconds, of a moment of real time."""
        return self._city_s + (real_s - self._real_s) * self._rate


def seconds_of(iso: str) -> int:
    """Return the Unix seconds of an instant in ISO 8601, to the second below; one without a zone is in UTC.

    Raises `BadInput`.
    """
    try:
        moment = dt.datetime.fromisoformat(iso)
    except ValueError as error:
        raise BadInput(
            "'at' is not a time in ISO 8601.", "Write it such as 2026-11-25T14:00:00Z.", field="at"
        ) from error
    return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())
