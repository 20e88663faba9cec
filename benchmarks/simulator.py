"""How fast the simulated city lives, against C and against Mesa, and how much memory a person takes.

Goals: at least 0.6 of the speed of the same step in C (`simulator.c`, gcc -O3 -march=native, one thread); at least 100
times Mesa's; at most 120 bytes a person at a million, everything that lives from tick to tick included; and the same
bytes on one thread and on two.

Method: one tick of everybody's mood: ten friends, the company and the display of a place, temperament, weather, noise.
All contestants have the same people and the same draws of chance. They take turns in this process, each tick of one
beside the same tick of the others; ratios are those of CPU time within a round, and the median round counts. Mesa
moves the same people as agents (`AgentSet.do`, friends as a tuple, moods as floats), in two passes a tick, since all
change at once. Memory is what a process of its own grows by while a whole world lives ten hours, check-ins and all.

What counts as failure: moods that differ in a bit between the city's engines, threads and C, or by more than 1e-4 from
Mesa's, which adds in double precision.
"""

import argparse
import ctypes
import importlib.util
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from measuring import Goal, at_least, at_most, machine, report

from nexus_city.simulation.city.chance import key_of
from nexus_city.simulation.city.engine import MARKS, PICTURES, Body, Pull, State, first_state
from nexus_city.simulation.city.people import People, draw_people
from nexus_city.simulation.city.scenario import Traits
from nexus_city.simulation.city.streets import made_up

PLACES, COMMUNITIES = 50, 5
_SD = np.float32((3 * (256**2 - 1) / 12) ** 0.5)
Step = Callable[[Pull], None]
Moods = Callable[[], np.ndarray]
Contestant = tuple[Step, Moods]


def pulls(seed: int = 1) -> Iterator[Pull]:
    """Yield ticks without end in which everything draws: friends, company, displays, weather, and chance."""
    chance = np.random.default_rng(seed)

    def table(*shape: int, wide: float = 0.3) -> np.ndarray:
        return chance.uniform(-wide, wide, shape).astype(np.float32)

    fixed = {
        "company": table(PLACES + 1, 2),
        "together": np.full(PLACES + 1, 0.3, np.float32),
        "shown": table(PLACES + 1, PICTURES, 2, wide=0.9),
        "heard": np.full(PLACES + 1, 0.15, np.float32),
        "weather": table(PLACES, 2, wide=0.05),
        "struck": np.zeros(MARKS, np.float32),
        "ease": np.zeros(MARKS, np.float32),
        "blow": np.array([-0.6, 0.6], np.float32),
        "rate": np.float32(0.1),
        "noise": np.float32(0.05),
    }
    for tick in itertools.count():
        yield Pull(key=key_of(1, "step", tick), **fixed)


def city_of(count: int) -> People:
    return draw_people(count, Traits(), made_up(COMMUNITIES, PLACES), seed=1)


def at_work(people: People) -> State:
    state = first_state(people, PLACES)
    state.where[:] = people.haunts[:, 1]
    return state


def ours(people: People, engine: str, threads: int) -> Contestant:
    state, body = at_work(people), Body(people, PLACES, engine, threads)  # type: ignore[arg-type]
    return lambda pull: body.step(state, pull), lambda: state.mood


def in_c(people: People, folder: Path) -> Contestant:
    """Compile `simulator.c`, and return its step over all people."""
    library = folder / "simulator.so"
    source = Path(__file__).with_suffix(".c")
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(source), "-o", str(library)], check=True)
    step, state = ctypes.CDLL(str(library)).step, at_work(people)
    step.restype = None

    def pointer(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    def one(pull: Pull) -> None:
        columns = (state.mood, state.spare, people.friends, people.temperament, people.sway, people.haunts,
                   state.where, state.marks)  # fmt: skip
        tables = (pull.company, pull.together, pull.shown, pull.heard, pull.weather, pull.struck, pull.ease, pull.blow)
        numbers = (ctypes.c_float(each) for each in (pull.rate, pull.noise, _SD))
        bounds = (ctypes.c_int64(0), ctypes.c_int64(len(people)))
        key = ctypes.c_uint64(int(pull.key))
        step(*map(pointer, columns), key, *map(pointer, tables), *numbers, *bounds)
        state.mood, state.spare = state.spare, state.mood

    return one, lambda: state.mood


def in_mesa(people: People) -> Contestant:
    """Return a step of the same model over agents of Mesa."""
    import mesa

    mask = 2**64 - 1

    class Person(mesa.Agent):
        def __init__(self, model: "City", number: int) -> None:
            super().__init__(model)
            self.number = number
            self.mood = tuple(people.temperament[number].tolist())
            self.temperament = self.mood
            self.sway = float(people.sway[number])
            self.place, self.home = int(people.haunts[number, 1]), int(people.haunts[number, 0])
            self.friends: tuple[Person, ...] = ()
            self.then = self.mood

        def feel(self) -> None:
            now = self.model.now
            bits = now["key"] + (self.number + 1) * 0x9E3779B97F4A7C15 & mask
            bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & mask
            bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & mask
            bits ^= bits >> 31
            seen, then = now["shown"][self.place][bits & 255], []
            for axis in (0, 1):
                lane = bits >> (32 if axis else 8)
                shake = (lane & 255) + (lane >> 8 & 255) + (lane >> 16 & 255)
                pull = sum(friend.mood[axis] for friend in self.friends) / len(self.friends)
                pull += now["together"][self.place] * (now["company"][self.place][axis] - pull)
                pull += now["heard"][self.place] * (seen[axis] - pull)
                own = self.temperament[axis] + now["weather"][self.home][axis]
                moved = self.mood[axis] + now["rate"] * (own + self.sway * (pull - own) - self.mood[axis])
                then.append(min(max(moved + (shake - 382.5) * now["noise"] / now["sd"], -0.999), 0.999))
            self.then = (then[0], then[1])

        def settle(self) -> None:
            self.mood = self.then

    class City(mesa.Model):
        def __init__(self) -> None:
            super().__init__(seed=1)
            everybody = [Person(self, number) for number in range(len(people))]
            for person, friends in zip(everybody, people.friends.tolist(), strict=True):
                person.friends = tuple(everybody[friend] for friend in friends)
            self.everybody = everybody
            self.now: dict = {}

        def step(self) -> None:
            self.agents.do("feel")
            self.agents.do("settle")

    city = City()

    def one(pull: Pull) -> None:
        city.now = {name: getattr(pull, name).tolist() for name in pull._fields} | {"sd": float(_SD)}
        city.step()

    return one, lambda: np.array([person.mood for person in city.everybody], np.float32)


def race(contestants: dict[str, Contestant], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds, of all threads, that each contestant took for each tick, after one to warm up."""
    took: dict[str, list[float]] = {name: [] for name in contestants}
    for number, pull in enumerate(itertools.islice(pulls(), rounds + 1)):
        for name, (step, _) in contestants.items():
            start = time.process_time()
            step(pull)
            if number:
                took[name].append(time.process_time() - start)
    return took


def ratio(theirs: list[float], mine: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(theirs, mine, strict=True))


def against_c(count: int, rounds: int, folder: Path) -> tuple[list[tuple[str, ...]], list[Goal]]:
    people = city_of(count)
    contestants = {"Nexus City, 1 thread": ours(people, "numba", 1), "Nexus City, 2 threads": ours(people, "numba", 2)}
    if shutil.which("gcc"):
        contestants["C, gcc -O3"] = in_c(people, folder)
    contestants["Nexus City, NumPy"] = ours(people, "numpy", 1)
    took = race(contestants, rounds)
    moods = {felt().tobytes() for _, felt in contestants.values()}
    assert len(moods) == 1, "engines, threads and C do not agree in every bit"
    mine = took["Nexus City, 1 thread"]
    rows = [row(name, count, times, mine) for name, times in took.items()]
    goals = []
    if "C, gcc -O3" in took:
        goals = [at_least(f"of the speed of C at {count:,}", ratio(took["C, gcc -O3"], mine), 0.6)]
    return rows, goals


def against_mesa(count: int, rounds: int) -> tuple[list[tuple[str, ...]], list[Goal]]:
    people = city_of(count)
    contestants = {"Nexus City, 1 thread": ours(people, "numba", 1), "Mesa": in_mesa(people)}
    took = race(contestants, rounds)
    mine, mesas = (contestants[name][1]() for name in took)
    assert np.abs(mine - mesas).max() < 1e-4, "Mesa's people feel something else"
    times = took["Nexus City, 1 thread"]
    rows = [row(name, count, each, times) for name, each in took.items()]
    return rows, [at_least(f"times Mesa at {count:,}", ratio(took["Mesa"], times), 100)]


def row(name: str, count: int, took: list[float], mine: list[float]) -> tuple[str, ...]:
    middle = statistics.median(took)
    return name, f"{count:,}", f"{middle * 1000:,.2f}", f"{count / middle / 1e6:,.2f}", f"{ratio(took, mine):,.2f}"


MEMORY = """
from pathlib import Path
import msgspec
from nexus_city.simulation.city.run import map_of
from nexus_city.simulation.city.scenario import load_scenario
from nexus_city.simulation.city.world import Echo, World

def resident():
    return int(Path('/proc/self/statm').read_text().split()[1]) * {page}

def lived(count):
    scenario = msgspec.structs.replace(load_scenario('ordinary'), residents=count)
    world = World(scenario, map_of(scenario), 1, 'numba')
    for _ in range(60):  # ten hours: people are up, out, and speak
        world.live(Echo.nothing(len(world.map.places)))
    return world

few = lived(40_000)
before = resident()
many = lived({count})
print((resident() - before) / {count})
"""


def bytes_a_person(count: int) -> float:
    """Return by how much a process grows for each of `count` people who live a tick."""
    import resource

    program = MEMORY.format(page=resource.getpagesize(), count=count)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few people and ticks, to see that it runs")
    parser.add_argument("--rounds", type=int, default=25)
    chosen = parser.parse_args()
    facts = machine()
    sizes, rounds = ((2_000,), 2) if chosen.quick else ((100_000, 1_000_000), chosen.rounds)
    rows, goals = [], []
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder:
        for count in sizes:
            more = against_c(count, rounds, Path(folder))
            rows, goals = rows + more[0], goals + more[1]
    if importlib.util.find_spec("mesa"):
        more = against_mesa(sizes[0], 1 if chosen.quick else 5)
        rows, goals = rows + more[0], goals + more[1]
    each = bytes_a_person(sizes[-1])
    goals.append(at_most(f"bytes a person at {sizes[-1]:,}", each, 120))
    heads = ("engine", "people", "CPU ms a tick", "million people a CPU second", "times ours")
    title = f"One tick of everybody's mood; all moods agree, on 1 thread and 2, bit by bit with C; {facts}"
    report(title, heads, rows, [] if chosen.quick else goals)


if __name__ == "__main__":
    main()
