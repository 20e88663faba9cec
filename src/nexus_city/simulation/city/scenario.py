"""A scenario: a short TOML text that says who lives in a city, how they affect each other, and what happens.

title = "A silent sensor"
says = "One place falls silent for an afternoon."
days = 2

[[event]]
kind = "sensor-silent"
from = "day 2 12:00"
until = "day 2 18:00"
places = ["library"]
"""

import functools
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from nexus_city.boundaries import Rung
from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city.events import Event, Share, When

DAY_MINUTES = 24 * 60
_DAY_STARTS = 4 * 60
_SHIPPED = "nexus_city.simulation.data.scenarios"
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Streets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A made-up city, for those who want more places than the demo's twelve."""

    communities: Annotated[int, msgspec.Meta(ge=1, le=200)]
    places: Annotated[int, msgspec.Meta(ge=1, le=5000)]
    """Of all communities together."""


class Traits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who lives there. Shares are of all residents."""

    individuality: Share = 0.45
    """Mean of 1 - λ (Friedkin & Johnsen): how far people keep to their own temperament, 0 not at all, 1 entirely."""
    temper: tuple[float, float] = (0.15, 0.0)
    """Where temperaments lie on average, (valence, arousal)."""
    spread: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.35
    """Standard deviation of temperaments on each axis."""
    apart: Share = 0.0
    """By how much the communities' temperaments lie apart, each in a direction of its own."""
    check_ins: Annotated[float, msgspec.Meta(ge=0, le=24)] = 2.0
    """How often a resident would check in on a day on average; few do so often, many seldom."""
    rosiness: Share = 0.06
    """By how much more pleasant people say they are than they are (positivity bias), on the plane."""
    eagerness: Share = 0.3
    """How much likelier the very pleased check in than the neutral, and the displeased less (self-selection)."""
    intensity: Share = 0.5
    """How much likelier people check in whose mood is strong, whatever it is (self-selection)."""
    silent: Share = 0.08
    """Opted out: nothing leaves the phone."""
    present_only: Share = 0.04
    """Counted among the people, in no mood."""
    quadrant_only: Share = 0.12
    """Tell one of four moods."""
    here_only: Share = 0.15
    """Tell the place alone, and nobody above it."""


class Contagion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What draws a mood away from temperament."""

    company: Share = 0.3
    """Of the pull of others, the share of those who are at the same place; friends have the rest."""
    echo: Share = 0.15
    """Of all pull, the share of the climate on display, while one is where a display is."""
    city_echo: Share = 0.4
    """Of what is on display, the share that is the city's climate and not the place's own."""
    paints: Literal["mixture", "mean"] = "mixture"
    """What a display shows of a climate. The product never paints the mean (law 7); a what-if may ask why."""
    half_life_minutes: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 60
    """How fast a mood gives way to what draws it."""
    restlessness: Share = 0.12
    """Standard deviation of what an hour does to a mood by chance, on each axis."""
    weather: Share = 0.03
    """Standard deviation of the days that communities have, on each axis."""


class Chapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the run with a name of its own, for the picture and the summary."""

    begins: When = msgspec.field(name="from")
    title: _Text


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be lived. A what-if, and no forecast."""

    title: _Text
    says: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    """What happens, in one sentence."""
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 2
    residents: Annotated[int, msgspec.Meta(ge=2, le=20_000_000)] = 120_000
    tick_minutes: Literal[5, 10, 15, 20, 30, 60] = 10
    window_minutes: Literal[15, 60, 240, 1440] = 60
    grid: Literal[2, 4, 8] = 4
    epsilon: Annotated[float, msgspec.Meta(ge=0.01, le=1)] = 1.0
    """Of a person-day, for the grid and the words together, as in a charter."""
    streets: Streets | None = None
    """None: the city of the demo, three districts and twelve places."""
    people: Traits = Traits()
    contagion: Contagion = Contagion()
    chapter: tuple[Chapter, ...] = ()
    event: tuple[Event, ...] = ()

    @property
    def rung(self) -> Rung:
        """Window and grid of all places; the product would choose them from yesterday's crowds."""
        return Rung(self.window_minutes * 60, self.grid)

    @property
    def ticks_a_window(self) -> int:
        """Ticks of one window."""
        return self.window_minutes // self.tick_minutes

    def parts(self, most: int = 8) -> list[tuple[str, int, int]]:
        """Return title, first window, and the window after the last of each chapter; of days, where there are none."""
        step = -(-self.days // most)
        days = ((f"Day {day + 1}", day * DAY_MINUTES) for day in range(0, self.days, step))
        chapters = ((each.title, minute_of(each.begins)) for each in self.chapter)
        named = [(title, minute // self.window_minutes) for title, minute in (chapters if self.chapter else days)]
        ends = [first for _, first in named[1:]] + [self.windows]
        return [(title, first, end) for (title, first), end in zip(named, ends, strict=True)]

    @property
    def windows(self) -> int:
        """Windows of the whole run."""
        return self.days * DAY_MINUTES // self.window_minutes


def minute_of(when: str) -> int:
    """Return minutes since the start of the run of a time such as `day 2 14:30`; a day begins at 04:00."""
    _, day, clock = when.split()
    hour, minute = clock.split(":")
    return (int(day) - 1) * DAY_MINUTES + (int(hour) * 60 + int(minute) - _DAY_STARTS) % DAY_MINUTES


def time_of(minute: int) -> str:
    """Return the time of `minute` of the run as a scenario file writes it."""
    day, into = divmod(minute, DAY_MINUTES)
    hour, left = divmod((into + _DAY_STARTS) % DAY_MINUTES, 60)
    return f"day {day + 1} {hour:02}:{left:02}"


@functools.cache
def scenarios() -> dict[str, Scenario]:
    """Return all scenarios that are shipped, by name."""
    texts = sorted(files(_SHIPPED).iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): parse_scenario(file.read_text("utf-8"), file.name)
        for file in texts
        if file.name.endswith(".toml")
    }


def load_scenario(name: str) -> Scenario:
    """Return the shipped scenario of that `name`, or read the file at that path."""
    shipped = scenarios()
    if name in shipped:
        return shipped[name]
    path = Path(name)
    try:
        return parse_scenario(path.read_text("utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            f"There is no scenario '{name}', and no file of that name can be read ({why}).",
            f"Shipped are: {', '.join(shipped)}. Or give the path of a TOML file; see docs/simulation.md.",
            field="scenario",
        ) from error


def parse_scenario(text: str, source: str = "the scenario") -> Scenario:
    """Read a scenario from TOML; raises `SettingsError` that names the place in the file and the remedy."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}.", "Mend that line and try again.") from error
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{source} cannot be lived: {error}.",
            "See docs/simulation.md for the keys of a scenario.",
            field="scenario",
        ) from error
    _check(scenario, source)
    return scenario


def _check(scenario: Scenario, source: str) -> None:
    def wrong(why: str, remedy: str) -> SettingsError:
        return SettingsError(f"{source} cannot be lived: {why}.", remedy, field="scenario")

    if scenario.window_minutes % scenario.tick_minutes:
        raise wrong(
            f"a window of {scenario.window_minutes} minutes is not made of ticks of {scenario.tick_minutes}",
            "Choose tick_minutes that divide window_minutes.",
        )
    who = scenario.people
    if who.silent + who.present_only + who.quadrant_only > 1:
        raise wrong("silent, present_only and quadrant_only are more than everybody", "Let their sum be at most 1.")
    if scenario.streets and scenario.streets.places < scenario.streets.communities:
        raise wrong("there are fewer places than communities", "Give each community a place.")
    end = scenario.days * DAY_MINUTES
    for number, event in enumerate(scenario.event, 1):
        begins, until = minute_of(event.begins), minute_of(event.until) if event.until else end
        if not begins < until <= end:
            raise wrong(
                f"event {number} is from {event.begins} until {event.until or time_of(end)}, in a run of"
                f" {scenario.days} days",
                "Let it begin before it ends, and end within the run; a day begins at 04:00.",
            )
    starts = [minute_of(chapter.begins) for chapter in scenario.chapter]
    if starts != sorted(set(starts)) or (starts and starts[-1] >= end):
        raise wrong("its chapters are not in order of time, or begin after its end", "Put them in order.")
