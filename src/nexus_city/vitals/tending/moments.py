"""Moments on two clocks: what the city's time was at a moment of real time, and the other way round."""

import datetime as dt
import math
from typing import Annotated

import msgspec

from nexus_city.ground.errors import BadInput

_Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]


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
    """Return the Unix seconds of an instant with its zone (RFC 3339), to the second below. Raises `BadInput`."""
    try:
        return math.floor(msgspec.convert(iso, _Instant).timestamp())
    except (msgspec.ValidationError, OverflowError) as error:
        raise BadInput(
            "'at' is not an instant in ISO 8601.", "Write it such as 2026-11-25T14:00:00Z, with its zone.", field="at"
        ) from error
