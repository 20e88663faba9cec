"""The world: people go through their days, are drawn by each other and by what is shown, and check in.

It knows nothing of how check-ins are counted or what becomes of them. Whoever drives it, tick by tick, brings what the
displays show (`Echo`) and takes what was said (`Said`): the network in this process (`mirror`), or a real city.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.simulation.city.chance import even, generator, key_of, words
from nexus_city.simulation.city.engine import (
    CIRCLED,
    MARKS,
    PICTURES,
    QUIET,
    RALLIED,
    SILENCE,
    STRUCK,
    Asking,
    Body,
    Engine,
    Pull,
    Singles,
    first_state,
)
from nexus_city.simulation.city.events import (
    CharterChange,
    Circle,
    Distress,
    Divergence,
    MappingBug,
    OptOutWave,
    Rally,
)
from nexus_city.simulation.city.people import (
    HERE_ONLY,
    NOTHING,
    PRESENCE,
    QUADRANT,
    People,
    chunks,
    draw_people,
)
from nexus_city.simulation.city.scenario import DAY_MINUTES, Scenario
from nexus_city.simulation.city.streets import Map
from nexus_city.simulation.city.timeline import Happening, Timeline

IN_NO_MOOD = 64
"""Instead of a cell: counted among the people, in no mood."""
DISTRESSED = (-0.6, 0.6)
_MEMORY_MINUTES = 12 * 60  # of a community's weather
_DAY_CURVE = (0.03, 0.10)  # by how much everybody is more pleased and more awake in the afternoon
_HIGHEST_MINUTE = 11 * 60  # after 04:00: three in the afternoon
_WAKING_MINUTES = 1020
_HOME, _WORK, _EVENING, _ASLEEP = 0, 1, 2, 3
_PHASES = np.repeat(
    np.array([_ASLEEP, _HOME, _WORK, _EVENING, _HOME, _ASLEEP], np.uint8),
    np.diff([0, 150, 270, 780, 1080, 1170, DAY_MINUTES]),  # up at 06:30, out at 08:30, evening at 17:00, home at 22:00
)
"""What a person does at each minute of their own day, from 04:00 on."""
_WEEKEND_PHASES = np.where(_PHASES == _WORK, np.uint8(_EVENING), _PHASES)
_GOES_OUT = np.float32(0.6)  # share of evenings that are not spent where one lives
_WEEKEND = (5, 6)
_FADES_MINUTES = 12 * 60  # half-life of what a circle or a rally gave
_RALLY_TALK = 3.0  # how much more people check in at a rally


@dataclass(frozen=True)
class Echo:
    """What displays show to people. One row a place."""

    shown: Singles
    """Moods of the mixture [places, PICTURES, 2]."""
    on: NDArray[np.bool_]
    """Whether there is anything to see [places]."""

    @classmethod
    def nothing(cls, places: int) -> "Echo":
        """Return displays that are dark."""
        return cls(np.zeros((places, PICTURES, 2), np.float32), np.zeros(places, bool))


@dataclass(frozen=True)
class Said:
    """Check-ins of one tick, in the order of the people's numbers."""

    person: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[np.uint8]
    """Cell of the 8×8 grid, or IN_NO_MOOD."""
    here: NDArray[np.bool_]
    """For the place alone."""
    newer: NDArray[np.bool_]
    """Sent by the newer version of the phone's page."""


class World:
    """All people of one run. The same scenario, map and seed live the same days on any engine and number of threads."""

    def __init__(
        self,
        scenario: Scenario,
        where: Map,
        seed: int,
        engine: Engine | None = None,
        threads: int = 1,
        people: People | None = None,
    ) -> None:
        self.scenario, self.map = scenario, where
        self.timeline = Timeline(scenario, where)
        self.people = people or draw_people(scenario.residents, scenario.people, where, seed)
        self._seed = seed
        self._body = Body(self.people, len(where.places), engine, threads)
        self._boundary, self._sway = self.people.boundary.copy(), self.people.sway.copy()
        self.state = first_state(self.people, len(where.places))
        self._stays = np.zeros(len(self.people), bool)
        self._weather = np.zeros((len(where.communities), 2))
        self.tick = 0
        """Number of the tick to come."""

    def close(self) -> None:
        """Let the threads go."""
        self._body.close()

    def live(self, echo: Echo) -> Said:
        """Let one tick pass in which people see `echo`; return what they said at its end."""
        tick, minutes = self.tick, self.scenario.tick_minutes
        if tick % self.scenario.ticks_a_window == 0:
            self._mark()
        self._walk(tick * minutes)
        self._body.step(self.state, self._pull(echo))
        said = self._body.ask(self.state, self._asking())
        self.tick += 1
        return self._let_out(said)

    def felt(self) -> tuple[Singles, NDArray[np.int64]]:
        """Return the true mean mood [places + 1, 2] of those at each place, and how many they are; last: nowhere."""
        return self._body.gather(self.state)

    def _key(self, purpose: str) -> np.uint64:
        return key_of(self._seed, purpose, self.tick)

    def _members(self, each: Happening, share: float) -> NDArray[np.bool_]:
        """Return who takes part in an event: a share, drawn once, of those who live at its places."""
        key = key_of(self._seed, "member", each.number)
        found = np.empty(len(self.people), bool)
        lives = np.zeros(len(self.map.places), bool)
        lives[each.places] = True
        for start, end in chunks(found.size):
            drawn = even(words(key, np.arange(start, end))) < np.float32(share)
            found[start:end] = drawn & lives[self.people.haunts[start:end, 0]]
        return found

    def _mark(self) -> None:
        """Write anew, at the start of a window, who is marked by what happens, and who tells what."""
        marks, tick = self.state.marks, self.tick
        marks[:] = 0
        for each, blow in self.timeline.active(Distress, tick):
            marks[self._members(each, blow.share)] |= STRUCK
        for each, circle in self.timeline.begun(Circle, tick):
            marks[self._members(each, circle.share)] |= CIRCLED
        for each, rally in self.timeline.begun(Rally, tick):
            marks[self._everybody(each, rally.share)] |= RALLIED
        for each, wave in self.timeline.active(OptOutWave, tick):
            so_far = wave.share * each.level(tick, self.scenario.tick_minutes)
            marks[self._members(each, so_far)] |= QUIET
        self.people.boundary[:], self.people.sway[:] = self._boundary, self._sway
        for each, charter in self.timeline.active(CharterChange, tick):
            trusting = self._members(each, charter.returning) & (self._boundary & 3 == NOTHING)
            self.people.boundary[trusting] += QUADRANT
            self.people.sway[self._members(each, 1.0)] *= np.float32(1 - charter.room)

    def _everybody(self, each: Happening, share: float) -> NDArray[np.bool_]:
        """Return who goes to a rally: a share of the whole city."""
        drawn = words(key_of(self._seed, "member", each.number), np.arange(len(self.people)))
        return even(drawn) < np.float32(share)

    def _walk(self, minute: int) -> None:
        """Bring everybody to where they are at `minute` of the run."""
        day, of_day = divmod(minute, DAY_MINUTES)
        if of_day < self.scenario.tick_minutes:
            self._choose_evening(day)
        phases = _WEEKEND_PHASES if day % 7 in _WEEKEND else _PHASES
        nowhere, haunts, shift = np.int16(len(self.map.places)), self.people.haunts, self.people.shift
        for start, end in chunks(len(self.people)):
            phase = phases[(np.int16(of_day) - shift[start:end]) % DAY_MINUTES]
            phase[(phase == _EVENING) & self._stays[start:end]] = _HOME
            there = np.choose(np.minimum(phase, _EVENING), haunts[start:end].T)
            self.state.where[start:end] = np.where(phase == _ASLEEP, nowhere, there)
        for each, _ in self.timeline.active(Rally, self.tick):
            going = (self.state.marks & RALLIED > 0) & (self.state.where != nowhere)
            self.state.where[going] = each.places[0]

    def _choose_evening(self, day: int) -> None:
        """Decide who stays where they live on the evening of `day`."""
        key = key_of(self._seed, "evening", day)
        for start, end in chunks(len(self.people)):
            self._stays[start:end] = even(words(key, np.arange(start, end))) >= _GOES_OUT

    def _pull(self, echo: Echo) -> Pull:
        contagion, minutes = self.scenario.contagion, self.scenario.tick_minutes
        company, present = self._body.gather(self.state)
        together = np.where(present > 1, contagion.company, 0).astype(np.float32)
        together[-1] = 0
        heard = np.append(np.where(echo.on, contagion.echo, 0), 0).astype(np.float32)
        for each, charter in self.timeline.active(CharterChange, self.tick):
            if charter.echo is not None:
                heard[each.places] = charter.echo * (heard[each.places] > 0)
        for each, rally in self.timeline.active(Rally, self.tick):
            heard[each.places[0]] = rally.echo * (heard[each.places[0]] > 0)
        return Pull(
            key=self._key("step"),
            company=company,
            together=together,
            shown=np.concatenate([echo.shown, np.zeros((1, PICTURES, 2), np.float32)]),
            heard=heard,
            weather=self._set_points(),
            struck=self._struck(),
            ease=self._ease(),
            blow=np.array(DISTRESSED, np.float32),
            rate=np.float32(1 - 0.5 ** (minutes / contagion.half_life_minutes)),
            noise=np.float32(contagion.restlessness * (minutes / 60) ** 0.5),
        )

    def _set_points(self) -> Singles:
        """Return by how much the set points of those who live at each place are moved [places, 2]."""
        minutes = self.scenario.tick_minutes
        keeps = np.exp(-minutes / _MEMORY_MINUTES)
        drawn = generator(self._seed, "weather", self.tick).normal(0, 1, self._weather.shape)
        self._weather = keeps * self._weather + self.scenario.contagion.weather * (1 - keeps**2) ** 0.5 * drawn
        hour = 2 * np.pi * (self.tick * minutes - _HIGHEST_MINUTE) / DAY_MINUTES
        moved = (self._weather + np.array(_DAY_CURVE) * np.cos(hour))[self.map.community]
        for each, divergence in self.timeline.active(Divergence, self.tick):
            moved[each.places] += divergence.by * each.level(self.tick, minutes) * self.map.directions[each.places]
        points: Singles = moved.astype(np.float32)
        return points

    def _struck(self) -> Singles:
        strength = max(
            (
                blow.strength * each.level(self.tick, self.scenario.tick_minutes)
                for each, blow in self.timeline.active(Distress, self.tick)
            ),
            default=0.0,
        )
        return np.where(np.arange(MARKS) & STRUCK, strength, 0).astype(np.float32)

    def _ease(self) -> Singles:
        half_life = _FADES_MINUTES / self.scenario.tick_minutes
        left = np.ones(MARKS)
        for each, circle in self.timeline.begun(Circle, self.tick):
            left[np.arange(MARKS) & CIRCLED > 0] *= 1 - circle.ease * each.fading(self.tick, half_life)
        for each, rally in self.timeline.begun(Rally, self.tick):
            left[np.arange(MARKS) & RALLIED > 0] *= 1 - rally.ease * each.fading(self.tick, half_life)
        return (1 - left).astype(np.float32)

    def _asking(self) -> Asking:
        who = self.scenario.people
        lively = np.full(len(self.map.places) + 1, self.scenario.tick_minutes / _WAKING_MINUTES, np.float32)
        for each, _ in self.timeline.active(Rally, self.tick):
            lively[each.places[0]] *= _RALLY_TALK
        lively[-1] = 0
        traits = (np.float32(each) for each in (who.rosiness, who.eagerness, who.intensity))
        return Asking(self._key("ask"), lively, *traits)

    def _let_out(self, said: NDArray[np.uint8]) -> Said:
        """Let out what each boundary, and each charter, lets out of what people would say."""
        person = np.flatnonzero(said != SILENCE)
        value, place = said[person], self.state.where[person].astype(np.int64)
        boundary = self.people.boundary[person]
        most = boundary & 3
        for each, charter in self.timeline.active(CharterChange, self.tick - 1):
            if charter.finest_grid == 2:
                most = np.where(np.isin(place, each.places), np.minimum(most, QUADRANT), most)
        drawn = (words(self._key("quadrant"), person) >> np.uint64(60)).astype(np.uint8)  # one of the 16 cells
        anywhere = (value & 0b100100) + (drawn >> 2) * 8 + (drawn & 3)
        value = np.where(most == QUADRANT, anywhere, value)
        newer, value = self._sent(person, place, value)
        value = np.where(most == PRESENCE, IN_NO_MOOD, value).astype(np.uint8)
        return Said(person, place, value, boundary & HERE_ONLY > 0, newer)

    def _sent(
        self, person: NDArray[np.int64], place: NDArray[np.int64], cell: NDArray[np.uint8]
    ) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
        """Return whose page is the newer version, and the cells as the pages send them."""
        newer = np.zeros(person.size, bool)
        for each, bug in self.timeline.begun(MappingBug, self.tick - 1):
            deployed = even(words(key_of(self._seed, "member", each.number), person)) < np.float32(bug.phones)
            newer |= deployed
            broken = deployed & self.timeline.there(MappingBug, self.tick - 1)[place]
            cell = np.where(broken, (cell & 0b111000) + (7 - (cell & 7)), cell).astype(np.uint8)
        return newer, cell
