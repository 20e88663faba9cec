"""Echoes: whether a display shows what was released.

Every display that tends a place says each half minute which climate it shows, with the SHA-256 of the bytes it was
made from. So "the wall hangs", "the wall is late" and "the wall shows something that was never released" are three
different findings, and none of them needs to know a feeling.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from nexus_city.climate import Climate, Voice

Verdict = Literal["in-step", "behind", "wrong", "silent"]
"""`behind`: an older climate, longer than PATIENCE_S after a newer one came. `wrong`: bytes that were not released."""

BEAT_S = 30
"""How often a display speaks up, real seconds."""
PATIENCE_S = 90.0
"""How long a display may take from one climate to the next, or go without a sign of life, real seconds."""
FORGOTTEN_S = 24 * 3600.0
"""A display that was silent for so long was taken down."""
MANY = 4096
"""Displays that are remembered at most; the longest silent is forgotten first."""


@dataclass
class Display:
    """What one display told last."""

    place: str
    climate: int | None
    verdict: Verdict
    seen_s: float
    since_s: float
    """Since when the verdict is what it is."""
    left_s: float | None
    """Since when what it shows is no longer what is said there; None while it is."""


@dataclass(frozen=True)
class Echo:
    """All displays together."""

    displays: int
    in_step: int
    broken: dict[str, Verdict]
    """Place → the worst that a display there does."""
    since_s: dict[str, float]
    """Place → since when."""
    heard: dict[str, dict[Verdict, int]]
    """Place → how many of its displays do what."""

    @property
    def integrity(self) -> float | None:
        """Share of displays in step, 0..1; None when there is no display."""
        return self.in_step / self.displays if self.displays else None


def digest(body: bytes) -> str:
    """Return by what the bytes of a climate are known: their SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


class Echoes:
    """Hears the displays. `voice_of` says what a place says now; `now_s` is real time, Unix seconds."""

    def __init__(self, voice_of: Callable[[str], Voice], now_s: Callable[[], float]) -> None:
        self._voice_of = voice_of
        self._now_s = now_s
        self._displays: dict[str, Display] = {}
        self._said: dict[str, tuple[int | None, float]] = {}
        """Place → what it says, and since when."""

    def hear(self, place: str, display: str, climate: int | None, told: str) -> Verdict:
        """Take a display's word for what it shows; return what is thought of it."""
        now_s = self._now_s()
        before = self._displays.pop(display, None)
        said = self._says(place, now_s)
        left_s = None
        if climate != (said.id if said else None):
            left_s = before.left_s or now_s if before and before.climate == climate else now_s
        verdict = self._judge(place, said, climate, told, now_s if left_s is None else left_s)
        since_s = before.since_s if before and before.verdict == verdict else now_s
        self._displays[display] = Display(place, climate, verdict, now_s, since_s, left_s)
        if len(self._displays) > MANY:
            del self._displays[next(iter(self._displays))]
        return verdict

    def listen(self) -> Echo:
        """Return how the displays do now."""
        now_s = self._now_s()
        self._displays = {key: each for key, each in self._displays.items() if now_s - each.seen_s < FORGOTTEN_S}
        broken: dict[str, Verdict] = {}
        since: dict[str, float] = {}
        heard: dict[str, dict[Verdict, int]] = {}
        in_step = 0
        for each in self._displays.values():
            silent = now_s - each.seen_s > PATIENCE_S
            verdict: Verdict = "silent" if silent else each.verdict
            there = heard.setdefault(each.place, {})
            there[verdict] = there.get(verdict, 0) + 1
            if verdict == "in-step":
                in_step += 1
                continue
            broken[each.place] = max(verdict, broken.get(each.place, verdict), key=_WORSE.__getitem__)
            begun = each.seen_s if silent else each.since_s
            since[each.place] = min(begun, since.get(each.place, begun))
        return Echo(len(self._displays), in_step, broken, since, heard)

    def newest_s(self) -> float | None:
        """Return when a display last spoke, real time in Unix seconds; None when there is none."""
        return max((each.seen_s for each in self._displays.values()), default=None)

    def _says(self, place: str, now_s: float) -> Climate | None:
        """Return what a place says now, and note since when."""
        said = self._voice_of(place).climate
        number = said.id if said else None
        if self._said.get(place, (0, 0.0))[0] != number:
            self._said[place] = (number, now_s)
        return said

    def _judge(self, place: str, said: Climate | None, climate: int | None, told: str, left_s: float) -> Verdict:
        """Return what is thought of a display that shows `climate`, which is what is `said`, or was until `left_s`.

        A newer climate starts no new patience: a display that hangs is behind though it is told something every minute.
        """
        if climate == (said.id if said else None):
            right = said is None or told == digest(msgspec.json.encode(said))
            return "in-step" if right else "wrong"
        if climate is not None and said is not None and climate > said.id:
            return "wrong"
        left_s = min(left_s, self._said[place][1])
        return "in-step" if self._now_s() - left_s <= PATIENCE_S else "behind"


_WORSE: dict[Verdict, int] = {"in-step": 0, "silent": 1, "behind": 2, "wrong": 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the worst of some verdicts; None when there are none."""
    return max(verdicts, key=_WORSE.__getitem__, default=None)
