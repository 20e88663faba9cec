"""`nexus demo`: a city in which people live who are not there, and whose mirror a visitor may break."""

import asyncio
import contextlib
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from nexus_city.app import Nexus
from nexus_city.cli.addresses import local, print_addresses, print_invitation, reachable
from nexus_city.cli.options import Port
from nexus_city.cli.serving import run
from nexus_city.ground import SystemClock, load_settings
from nexus_city.places import read_city
from nexus_city.simulation import (
    DEMO_CITY,
    DEMO_HOUSE,
    DEMO_PEOPLE,
    Entrance,
    VisitingCity,
    draw_residents,
    load_answers,
)
from nexus_city.simulation.city import load_scenario, map_of
from nexus_city.simulation.rehearsal import Displays, Mirrors, Rehearsal, RehearsalRoutes

T = TypeVar("T")

DEMO_RATE = 240.0
"""City seconds per second in the demo: an hour is 15 s, a day is 6 min."""
DEMO_HOUR = 12
"""Hour of the city's clock at which a new demo begins."""
_SEED = 2154


def demo(
    host: Annotated[
        str, typer.Option(help="Address to listen on; every network, so that phones can come.")
    ] = "0.0.0.0",  # noqa: S104 - its purpose
    port: Port = None,
    data: Annotated[Path, typer.Option(help="Folder of the demo's city.")] = Path("demo-data"),
    residents: Annotated[int, typer.Option(min=2, max=200_000, help="How many people live there.")] = 20_000,
    rate: Annotated[float, typer.Option(min=1, max=3600, help="City seconds per second.")] = DEMO_RATE,
) -> None:
    """Show a living city: simulated people, on a clock that runs faster; its mirror may be broken in a rehearsal."""
    settings = load_settings(None, host=host, port=port, data=data, city=DEMO_CITY, house=DEMO_HOUSE, settle_s=0.5)
    clock = SystemClock(rate, _remembered(data, "clock.json", _this_morning_ms()))
    rehearsal = Rehearsal(read_city(DEMO_CITY), rate)
    nexus = Nexus(settings, clock, beside=RehearsalRoutes(rehearsal).endpoints())
    code = nexus.accounts.setup_code()  # before anything is served: it writes outside the queue
    run(
        nexus,
        settings,
        lambda url: _live(nexus, rehearsal, url, code, data, residents),
        Mirrors(nexus.asgi, rehearsal.alone),
    )


async def _live(nexus: Nexus, rehearsal: Rehearsal, url: str, code: str | None, data: Path, count: int) -> None:
    """Let the demo's people live and its displays show, and tell how it goes on one line."""
    city = nexus.room.city
    print_addresses(url, city.root.id, rehearsal.square)
    keys = {place.id: nexus.tokens.display_key(place.id) for place in city.places}
    asking = {place.id: keys[place.id] for place in city.places if place.presence == "required"}
    for place, key in asking.items():
        print(f"  A wall with a rotating code    {reachable(url)}/wall/{place}#key={key}")
    print_invitation(reachable(url), code)
    if code:
        print(f"  Then break the city's mirror, and hold the rally, at {reachable(url)}/console/vitals")
    print(f"\n  {count:,} simulated people live here. Ctrl-C to stop; a second start continues.\n", flush=True)
    async with Entrance(local(url), asking, _remembered(data, "residents.json", {})) as entrance:
        visiting = await asyncio.to_thread(_people, nexus, rehearsal, local(url), entrance, count)
        displays = Displays(local(url), {place: keys[place] for place in visiting.places})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(visiting.live(lambda *_: None, endless=True))
                group.create_task(displays.show())
                group.create_task(_tell(nexus, entrance, data))
        finally:
            (data / "residents.json").write_text(json.dumps(entrance.tokens()))


def _people(nexus: Nexus, rehearsal: Rehearsal, url: str, entrance: Entrance, count: int) -> VisitingCity:
    """Draw the people of the demo; the same ones at every start."""
    scenario = msgspec.structs.replace(load_scenario(str(DEMO_PEOPLE)), residents=count)
    people = draw_residents(load_answers(), scenario, map_of(scenario), _SEED)
    return VisitingCity(scenario, url, entrance, _SEED, nexus.clock, people, rehearsal)


async def _tell(nexus: Nexus, entrance: Entrance, data: Path) -> None:
    """Print the progress line, and remember the clock, once a second."""
    while True:
        await asyncio.sleep(1)
        (data / "clock.json").write_text(str(nexus.clock.now_ms()))
        local_time = dt.datetime.fromtimestamp(nexus.clock.now_ms() / 1000, nexus.room.city.zone)
        climate = nexus.room.voice(nexus.room.city.root).climate
        heard = f"{climate.people:,} voices in the last city climate" if climate else "listening"
        tally = entrance.tally
        line = f"  {local_time:%a %d %b %H:%M}   {tally.counted:,} check-ins, {tally.kept:,} kept on phones, {heard}"
        if tally.refused:
            line += f", {tally.refused:,} refused: {tally.last_refusal}"
        print(f"{line:<110}", end="\r" if sys.stdout.isatty() else "\n", flush=True)


def _remembered(data: Path, name: str, otherwise: T) -> T:
    """Return what the demo kept in its folder under `name`, or `otherwise` on a first start."""
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        kept: T = json.loads((data / name).read_text())
        return kept
    return otherwise


def _this_morning_ms() -> int:
    today = dt.datetime.now(dt.UTC).replace(hour=DEMO_HOUR, minute=0, second=0, microsecond=0)
    return int(today.timestamp() * 1000)
