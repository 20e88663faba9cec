"""`nexus calibrate`: thresholds of the charts, found anew, and more surely than a server takes time for."""

import time
from pathlib import Path
from typing import Annotated

import typer

from nexus_city.boundaries import Budget, DiscreteLaplace
from nexus_city.cli.options import Data, Refusal, SettingsFile
from nexus_city.climate.plan import DayPlan
from nexus_city.climate.store import load_plan
from nexus_city.ground import load_settings
from nexus_city.ground.database import FILE, looking_into
from nexus_city.places import City
from nexus_city.places.store import load_city
from nexus_city.vitals.watch.bank import Thresholds
from nexus_city.vitals.watch.usual import FEWEST_DAYS, Usual
from nexus_city.vitals.watching.groups import learn
from nexus_city.vitals.watching.history import FEWEST_WINDOWS, Past, pasts
from nexus_city.vitals.watching.thresholds import STRETCHES, ThresholdFile, find


def calibrate(
    stretches: Annotated[
        int, typer.Option(min=20, help="Stretches of 480 quiet windows to simulate; more make thresholds surer.")
    ] = 8 * STRETCHES,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Find the thresholds of the charts anew: one false alarm a month. The server may be running."""
    folder = load_settings(settings, data=data).data
    city, known = _read(folder)
    kept, budget = ThresholdFile(folder), city.budget
    enough = [past for past in known if past.enough]
    for past in enough:
        print(f"\n{', '.join(past.places)}: windows of {past.kind.window_s // 60} min, {len(past.counts)} days known")
        found = _find(past, learn(past, DiscreteLaplace(budget.grid_scale).variance), budget, stretches)
        kept.keep(past, found, time.time())
        for chart, value in found.values.items():
            print(f"  {chart:<12}{value:10.1f}")
        print(f"  One false alarm of all charts in {found.windows:,.0f} windows, if {found.assumption}.")
    if learning := [place for past in known for place in (*past.unknown, *(() if past.enough else past.places))]:
        print(f"\nStill being learned: {', '.join(learning)}.")
        print(f"A place is watched after {FEWEST_DAYS} whole days and {FEWEST_WINDOWS} windows of its present length.")
    if enough:
        print("\nThe thresholds hold from the next person-day, or the next start, on.")


def _find(past: Past, usual: Usual, budget: Budget, stretches: int) -> Thresholds:
    with typer.progressbar(length=100, label="  quiet months") as bar:
        return find(past, usual, budget.grid_scale, stretches, lambda share: bar.update(round(100 * share) - bar.pos))


def _read(folder: Path) -> tuple[City, list[Past]]:
    """Read the city, and what it has released, without disturbing its server."""
    if not (folder / FILE).exists():
        raise Refusal(f"There is no city in {folder}.", "Name the data folder of the city with --data DIR.")
    with looking_into(folder) as connection:
        city = load_city(connection)
        loaded = load_plan(connection, city) if city else None
        if city is None or loaded is None:
            raise Refusal(f"The city in {folder} has not lived a day.", "Serve it for some days first.")
        plan: DayPlan = loaded[0]
        return city, pasts(connection, plan, city.leaves())
