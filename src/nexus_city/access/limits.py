"""One device, a bounded number of requests: a token bucket each, in memory, forgotten when it is full again."""

import math
import time
from collections.abc import Callable

from nexus_city.ground.errors import TooMany

_SWEEP = 50_000  # buckets after which full ones are forgotten, and again at twice what is left


class DeviceLimit:
    """Allows `per_minute` requests a device and real minute, with that many at once."""

    def __init__(self, per_minute: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._burst = per_minute
        self._interval_s = 60 / per_minute
        self._now_s = now_s
        self._full_at: dict[bytes, float] = {}
        """When each device's bucket will be full again, in monotonic seconds."""
        self._sweep_at = _SWEEP

    def take(self, device: bytes) -> None:
        """Count one request of `device`; raises `TooMany` with the seconds to wait."""
        now = self._now_s()
        full_at = max(self._full_at.get(device, now), now) + self._interval_s
        wait_s = full_at - now - self._burst * self._interval_s
        if wait_s > 1e-9:
            raise TooMany(
                "This device sends more often than a person can feel.",
                f"Wait {math.ceil(wait_s)} s; nothing that was acknowledged is lost.",
                retry_after_s=math.ceil(wait_s),
            )
        self._full_at[device] = full_at
        if len(self._full_at) > self._sweep_at:
            self._full_at = {each: at for each, at in self._full_at.items() if at > now}
            self._sweep_at = max(_SWEEP, 2 * len(self._full_at))
