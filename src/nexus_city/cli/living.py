"""`nexus replay` and `nexus simulate`: people who are not there, in a running city or as a test bench."""

import asyncio
from pathlib import Path
from typing import Annotated

import aiohttp
import msgspec
import typer

from nexus_city.cli.options import DisplayKeys, Refusal, place_and_key
from nexus_city.simulation import Entrance, Tally, Visit, VisitingCity, read_file, replay_file
from nexus_city.simulation.city import Scenario, load_scenario, save_run, scenarios, summaries
from nexus_city.simulation.city import simulate as live_scenario


def replay(
    file: Annotated[Path, typer.Argument(help="CSV with person, time, valence, arousal; see docs/host-guide.md.")],
    url: Annotated[str, typer.Option(help="The running city.")] = "http://127.0.0.1:8154",
    place: Annotated[str | None, typer.Option(help="Place for all rows, if the file has no column for it.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Seconds of the file per second.")] = 1.0,
    display_key: DisplayKeys = None,
) -> None:
    """Replay anybody's check-ins into a running city."""
    keys = dict(place_and_key(pair) for pair in display_key or [])
    visits = read_file(file, place, asyncio.run(_known_places(url)))
    tally = asyncio.run(_replay(file.name, visits, url, keys, speed))
    print(
        f"{tally.counted} counted, {tally.kept} kept by their phones (day full, or nobody speaks), "
        f"{tally.refused} refused{': ' + tally.last_refusal if tally.last_refusal else ''}."
    )


def simulate(
    scenario: Annotated[
        str | None, typer.Argument(help="A shipped scenario or a TOML file; without one, those shipped are listed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for what comes of it \\[default: simulated/SCENARIO].")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed lives the same days.")] = 2154,
    residents: Annotated[int | None, typer.Option(min=2, help="How many people, instead of the scenario's.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads; they change nothing but the time.")] = 1,
    url: Annotated[str | None, typer.Option(help="Live it at the door of this running city instead.")] = None,
    display_key: DisplayKeys = None,
) -> None:
    """Live a what-if with simulated people: a test bench for charts and displays, and no forecast."""
    if scenario is None:
        for name, each in scenarios().items():
            print(f"{name:<18}{each.says}")
        return
    lived = load_scenario(scenario)
    lived = msgspec.structs.replace(lived, residents=residents) if residents else lived
    print(f"{lived.title}. A what-if with {lived.residents:,} simulated people, not a forecast.")
    if url:
        keys = dict(place_and_key(pair) for pair in display_key or [])
        tally = asyncio.run(_visit(lived, url, seed, keys))
        print(f"{tally.counted} counted, {tally.kept} kept by their phones, {tally.refused} refused.")
        return
    with typer.progressbar(length=lived.windows, label="windows") as bar:
        run = live_scenario(lived, seed, threads=threads, told=lambda *_: bar.update(1))
    print(f"\n  {'':<24}{'between':>8}{'within':>8}{'in step':>9}{'voices/h':>10}")
    for part in summaries(run):
        print(f"  {part.title:<24}{part.apart:8.1%}{part.within:8.3f}{part.in_step:9.0%}{part.voices:10,.0f}")
    print("  Share of the differences in mood between communities, spread within them, displays in step, voices.\n")
    folder = out or Path("simulated") / Path(scenario).stem
    save_run(run, folder)
    print(f"Climates, arrays, the truth apart, and {folder / 'picture.svg'} are in {folder}.")


async def _visit(scenario: Scenario, url: str, seed: int, keys: dict[str, str]) -> Tally:
    async with Entrance(url, keys) as entrance:
        visiting = VisitingCity(scenario, url, entrance, seed)
        print("Do not let them into a city in which people live: they would be counted like everybody.")
        if visiting.left_out:
            print(f"Left out, because the machine there is a real one: {', '.join(visiting.left_out)}.")
        with typer.progressbar(length=scenario.windows * scenario.ticks_a_window, label=scenario.title) as bar:
            try:
                await visiting.live(lambda done, _: bar.update(done - bar.pos))
            except aiohttp.ClientError as error:
                raise Refusal(
                    f"The city at {url} does not answer ({type(error).__name__}).", "Start it, or check --url."
                ) from error
    return entrance.tally


async def _known_places(url: str) -> set[str]:
    try:
        async with aiohttp.ClientSession(url) as client, client.get("/v1/places") as answer:
            facts = await answer.json()
    except aiohttp.ClientError as error:
        raise Refusal(
            f"No city answers at {url} ({type(error).__name__}).", "Start `nexus serve`, or check --url."
        ) from error
    return {place["id"] for place in facts["places"]}


async def _replay(name: str, visits: list[Visit], url: str, keys: dict[str, str], speed: float) -> Tally:
    with typer.progressbar(length=len(visits), label=name) as bar:
        async with Entrance(url, keys) as entrance:
            await replay_file(visits, entrance, speed, lambda _: bar.update(1))
    return entrance.tally
