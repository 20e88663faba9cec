"""How often vitals name the right cause: a confusion matrix over labelled faults of simulated cities.

Each city lives three days that teach what is usual, then one fault a day, of a kind, place, time, length and strength
drawn at random; faults of people, attacks and choices befall whole communities, those of machines single places as
well. What vitals name (`simulation.judging`) sees released tables and machines only. A fault counts as named by the
first cause other than "unknown" that was named while it lasted or two windows later, where it was.

    python benchmarks/causes.py --cities 34
"""

import argparse
import sys
from collections import Counter

import msgspec
import numpy as np

from nexus_city.simulation.city import Run, Scenario, map_of, simulate
from nexus_city.simulation.city.events import Event
from nexus_city.simulation.city.scenario import DAY_MINUTES, time_of
from nexus_city.simulation.city.timeline import Label
from nexus_city.simulation.judging import LEARNED_DAYS, Found, named
from nexus_city.vitals.causes import CAUSES, KIND

GRACE = 2
"""Windows after a fault in which it may still be named."""
NOTHING = "nothing"
PEOPLE = [cause for cause in CAUSES if KIND[cause] == "people"]
Chance = np.random.Generator


def kinds(chance: Chance) -> dict[str, dict[str, object]]:
    """Return a fault of each kind, its strength drawn."""
    return {
        "sensor-silent": {"where": "place"},
        "sensor-stuck": {"where": "place", "repeats": str(chance.choice(["counts", "release"]))},
        "double-count": {"where": "place"},
        "hub-down": {"where": "community"},
        "echo-broken": {"where": str(chance.choice(["place", "community"])),
                        "mode": str(chance.choice(["stale", "wrong", "dark"]))},
        "mapping-bug": {"where": "city", "phones": float(chance.uniform(0.3, 0.8))},
        "flood": {"where": "community", "share": float(chance.uniform(0.05, 0.2))},
        "opt-out-wave": {"where": "community", "share": float(chance.uniform(0.25, 0.5))},
        "distress": {"where": "community", "share": float(chance.uniform(0.15, 0.4))},
        "divergence": {"where": "city", "by": float(chance.uniform(0.2, 0.35))},
    }  # fmt: skip


def scenario(chance: Chance, faults: int, residents: int) -> Scenario:
    """Return days of one fault each, after those that teach."""
    empty = Scenario(title="Faults", says="One fault a day.", days=LEARNED_DAYS + faults, residents=residents)
    where = map_of(empty)
    big = [place for place, crowd in zip(where.places, where.crowd, strict=True) if crowd >= np.median(where.crowd)]
    order = [cause for _ in range(-(-faults // len(CAUSES))) for cause in chance.permutation(np.array(CAUSES))]
    events = []
    for day, cause in enumerate(order[:faults], LEARNED_DAYS):
        fault = kinds(chance)[str(cause)]
        there = fault.pop("where")
        begins = day * DAY_MINUTES + int(chance.integers(3, 8)) * 60
        event: dict[str, object] = {
            "kind": str(cause),
            "from": time_of(begins),
            "until": time_of(begins + int(chance.integers(5, 9)) * 60),
        }
        if there == "place":
            event["places"] = [str(chance.choice(big))]
        elif there == "community":
            event["communities"] = [str(chance.choice(where.communities))]
        events.append(event | fault)
    return msgspec.structs.replace(empty, event=tuple(msgspec.convert(each, Event) for each in events))


def judged(label: Label, found: list[Found]) -> str:
    """Return what a fault was taken for."""
    there = [
        each
        for each in found
        if each.start < label.end + GRACE and each.end > label.start and set(each.places) & set(label.places)
    ]
    sure = [each.cause for each in there if each.cause != "unknown"]
    return sure[0] if sure else "unknown" if there else NOTHING


def lived(cities: int, faults: int, residents: int) -> tuple[Counter[tuple[str, str]], int]:
    """Return how often each cause was taken for which, and how many causes were named while nothing was wrong."""
    table: Counter[tuple[str, str]] = Counter()
    false = 0
    for city in range(cities):
        run: Run = simulate(scenario(np.random.default_rng(city), faults, residents), seed=1000 + city)
        found = named(run)
        for label in run.truth.labels:
            table[label.cause, judged(label, found)] += 1
        false += sum(not any(_overlap(each, label) for label in run.truth.labels) for each in found)
        print(f"\r{city + 1} of {cities} cities", end="", file=sys.stderr, flush=True)
    return table, false


def _overlap(found: Found, label: Label) -> bool:
    return found.start < label.end + 3 * GRACE and found.end > label.start


def report(table: Counter[tuple[str, str]], false: int, days: int) -> None:
    """Print the matrix, and precision and recall of each cause."""
    columns = [*CAUSES, "unknown", NOTHING]
    print("| fault | kind | " + " | ".join(columns) + " | recall | precision |")
    print("|---" * (len(columns) + 4) + "|")
    for cause in CAUSES:
        row = [table[cause, each] for each in columns]
        named_so = sum(table[other, cause] for other in CAUSES)
        recall = f"{table[cause, cause] / sum(row):.0%}" if sum(row) else "–"
        precision = f"{table[cause, cause] / named_so:.0%}" if named_so else "–"
        print(f"| {cause} | {KIND[cause]} | " + " | ".join(map(str, row)) + f" | {recall} | {precision} |")
    total = sum(table.values())
    right = sum(table[cause, cause] for cause in CAUSES)
    wrong = sum(n for (cause, taken), n in table.items() if taken not in (cause, "unknown", NOTHING))
    slander = sum(table[cause, feeling] for cause in CAUSES if KIND[cause] == "machine" for feeling in PEOPLE)
    print(f"\n{total} faults: {right / total:.0%} named rightly, {wrong / total:.0%} wrongly.")
    print(f"{slander} faults of machines were taken for feelings.")
    print(f"While nothing was wrong {false} causes were named in {days} days.")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cities", type=int, default=34)
    options.add_argument("--faults", type=int, default=10, help="faults, and days, of each city")
    options.add_argument("--residents", type=int, default=60_000)
    options.add_argument("--quick", action="store_true", help="only whether it runs")
    wish = options.parse_args()
    if wish.quick:
        wish.cities, wish.faults, wish.residents = 1, 2, 4000
    table, false = lived(wish.cities, wish.faults, wish.residents)
    report(table, false, wish.cities * wish.faults)


if __name__ == "__main__":
    main()
