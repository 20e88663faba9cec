"""The command `nexus`: serve a city, show a demo of one, or replay a file into one."""

import asyncio
import contextlib
import datetime as dt
import gc
import io
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import aiohttp
import msgspec
import segno
import structlog
import typer
import uvicorn

from nexus_city.app import FRAMEWORK, Nexus
from nexus_city.feelings import load_framework
from nexus_city.ground import NexusError, Settings, SystemClock, load_settings
from nexus_city.ground.backup import make_copy, restore_copy
from nexus_city.ground.erasures import LIST
from nexus_city.simulation import (
    DEMO_CITY,
    DEMO_HOUSE,
    Entrance,
    LivingCity,
    Residents,
    Tally,
    Visit,
    VisitingCity,
    load_answers,
    read_file,
    replay_file,
)
from nexus_city.simulation.city import Scenario, load_scenario, save_run, scenarios, summaries
from nexus_city.simulation.city import simulate as live_scenario

T = TypeVar("T")

DEMO_RATE = 240.0
"""City seconds per second in the demo: an hour is 15 s, a day is 6 min."""
DEMO_HOUR = 12
"""Hour of the city's clock at which a new demo begins."""
_GRACE_S = 3  # seconds that open streams have to end when the server stops

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="A shared space feels what its people feel, and never learns who felt what.",
)

Host = Annotated[str | None, typer.Option(help="Address to listen on \\[default: 127.0.0.1].")]
Port = Annotated[int | None, typer.Option(help="Port \\[default: 8154].")]
Data = Annotated[Path | None, typer.Option(help="Folder for everything the city remembers.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file \\[default: nexus.toml, if there].")]


@cli.command()
def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    city: Annotated[Path | None, typer.Option(help="City file for a new folder; without one a starter city.")] = None,
    house: Annotated[Path | None, typer.Option(help="House file: luminaires, scenes, schedules.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Serve a city."""
    chosen = load_settings(settings, host=host, port=port, data=data, city=city, house=house)
    nexus = Nexus(chosen)
    code = nexus.accounts.setup_code()  # before anything is served: it writes outside the queue
    _run(nexus, chosen, lambda url: _say_served(nexus, url, code))


@cli.command()
def demo(
    host: Annotated[
        str, typer.Option(help="Address to listen on; every network, so that phones can come.")
    ] = "0.0.0.0",  # noqa: S104 - its purpose
    port: Port = None,
    data: Annotated[Path, typer.Option(help="Folder of the demo's city.")] = Path("demo-data"),
    residents: Annotated[int, typer.Option(min=1, max=200_000, help="How many people live there.")] = 20_000,
    rate: Annotated[float, typer.Option(min=1, max=3600, help="City seconds per second.")] = DEMO_RATE,
) -> None:
    """Show a living city: residents replay real answers, on a clock that runs faster."""
    settings = load_settings(None, host=host, port=port, data=data, city=DEMO_CITY, house=DEMO_HOUSE, settle_s=0.5)
    clock = SystemClock(rate, _remembered(data, "clock.json", _this_morning_ms()))
    nexus = Nexus(settings, clock)
    code = nexus.accounts.setup_code()  # before anything is served: it writes outside the queue
    _run(nexus, settings, lambda url: _live(nexus, url, code, data, residents))


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The copy; a name that is not taken.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Make a copy of a city that is safe to keep. The server may be running."""
    size = make_copy(load_settings(settings, data=data).data, file, int(time.time()))
    print(f"{file} holds the city without the running day ({size / 1e6:,.1f} MB). Keep it as you keep passwords.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `nexus backup`.")],
    data: Annotated[Path, typer.Option(help="A new folder for the city.")],
    erased: Annotated[Path | None, typer.Option(help=f"The newest {LIST} of the city, if it is left.")] = None,
) -> None:
    """Bring a copy back into an empty folder, without what was erased since."""
    restored = restore_copy(file, data, erased, int(time.time()))
    made = dt.datetime.fromtimestamp(restored.made_s, dt.UTC)
    print(f"{data} is the city of {made:%Y-%m-%d %H:%M} UTC. Erased since, and taken out: {restored.erased} rows.")
    if erased is None:
        print(f"No list was given: if {LIST} of the old folder is left, empty {data} and restore again with --erased.")
    print(f"Start it with `nexus serve --data {data}`. It hears nobody before the next person-day begins.")


@cli.command()
def replay(
    file: Annotated[Path, typer.Argument(help="CSV with person, time, valence, arousal; see docs/host-guide.md.")],
    url: Annotated[str, typer.Option(help="The running city.")] = "http://127.0.0.1:8154",
    place: Annotated[str | None, typer.Option(help="Place for all rows, if the file has no column for it.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Seconds of the file per second.")] = 1.0,
    display_key: Annotated[
        list[str] | None, typer.Option(help="PLACE=KEY for a place that asks for presence; may be repeated.")
    ] = None,
) -> None:
    """Replay anybody's check-ins into a running city."""
    keys = dict(_place_and_key(pair) for pair in display_key or [])
    visits = read_file(file, place, asyncio.run(_known_places(url)))
    tally = asyncio.run(_replay(file.name, visits, url, keys, speed))
    print(
        f"{tally.counted} counted, {tally.kept} kept by their phones (day full, or nobody speaks), "
        f"{tally.refused} refused{': ' + tally.last_refusal if tally.last_refusal else ''}."
    )


@cli.command()
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
    display_key: Annotated[
        list[str] | None, typer.Option(help="PLACE=KEY for a place that asks for presence; may be repeated.")
    ] = None,
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
        keys = dict(_place_and_key(pair) for pair in display_key or [])
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
                raise _Refusal(
                    f"The city at {url} does not answer ({type(error).__name__}).", "Start it, or check --url."
                ) from error
    return entrance.tally


def _place_and_key(pair: str) -> tuple[str, str]:
    place, parted, key = pair.partition("=")
    if not parted:
        raise _Refusal(f"'{pair}' is not a place and its key.", "Write --display-key PLACE=KEY.")
    return place, key


async def _known_places(url: str) -> set[str]:
    try:
        async with aiohttp.ClientSession(url) as client, client.get("/v1/places") as answer:
            facts = await answer.json()
    except aiohttp.ClientError as error:
        raise _Refusal(
            f"No city answers at {url} ({type(error).__name__}).", "Start `nexus serve`, or check --url."
        ) from error
    return {place["id"] for place in facts["places"]}


async def _replay(name: str, visits: list[Visit], url: str, keys: dict[str, str], speed: float) -> Tally:
    with typer.progressbar(length=len(visits), label=name) as bar:
        async with Entrance(url, keys) as entrance:
            await replay_file(visits, entrance, speed, lambda _: bar.update(1))
    return entrance.tally


class _Refusal(NexusError):
    """The command cannot do what was asked."""


def main() -> None:
    """Run the command; what goes wrong is said in two lines, not in a traceback."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        cli()
    except NexusError as refusal:
        print(f"{refusal.detail}\n{refusal.remedy}", file=sys.stderr)
        raise SystemExit(2) from None


def _run(nexus: Nexus, settings: Settings, alongside: Callable[[str], Coroutine[None, None, None]]) -> None:
    """Serve until Ctrl-C, with `alongside` started once the address is known."""
    config = uvicorn.Config(
        nexus.asgi,
        access_log=False,  # an access log is a list of who was where and when
        log_level="warning",
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=settings.trusted_proxy,
        server_header=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    # What a city is built of stays, and its book holds nothing circular: garbage need not be looked for so often.
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    with _listen(settings.host, settings.port) as listener:
        url = f"http://{settings.host}:{listener.getsockname()[1]}"
        try:
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:  # uvloop, where there is one
                runner.run(_serve(nexus, uvicorn.Server(config), listener, alongside(url)))
        finally:
            nexus.close()


async def _serve(
    nexus: Nexus, server: uvicorn.Server, listener: socket.socket, alongside: Coroutine[None, None, None]
) -> None:
    def stop() -> None:
        nexus.hub.close()  # walls are told to come back, so that the server need not wait for them
        server.force_exit = server.should_exit  # asked twice: it waits for nobody
        server.should_exit = True

    serving = asyncio.ensure_future(server.serve([listener]))
    loop = asyncio.get_running_loop()
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    for number in (signal.SIGINT, signal.SIGTERM):  # after uvicorn has put its own, which would raise again
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)
    beside = asyncio.ensure_future(alongside)  # only now: an address that is printed answers, and Ctrl-C is clean
    beside.add_done_callback(lambda ended: None if ended.cancelled() or not ended.exception() else stop())
    await serving
    beside.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beside


@contextlib.contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio leaves Nagle's delay on in what is accepted: 40 ms an answer.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise _Refusal(
                f"{host}:{port} cannot be used ({error.strerror}).", "Choose another with --host and --port."
            ) from error
        listener.listen(2048)
        yield listener


async def _say_served(nexus: Nexus, url: str, code: str | None) -> None:
    root = nexus.room.city.root
    _print_addresses(url, root.id, nexus.room.city.places[-1].id)
    _print_invitation(url, code)


async def _live(nexus: Nexus, url: str, code: str | None, data: Path, count: int) -> None:
    """Let the demo's residents live, and tell how it goes on one line."""
    city = nexus.room.city
    _print_addresses(url, city.root.id, "valen-square")
    keys = {place.id: nexus.tokens.display_key(place.id) for place in city.places if place.presence == "required"}
    for place, key in keys.items():
        print(f"  A wall with a rotating code    {_reachable(url)}/wall/{place}#key={key}")
    _print_invitation(_reachable(url), code)
    print(
        f"\n  {count:,} residents replay real experience sampling. Ctrl-C to stop; a second start continues.\n",
        flush=True,
    )
    framework, answers = load_framework(FRAMEWORK), load_answers()
    people = await asyncio.to_thread(Residents, answers, city, framework, count)
    async with Entrance(_local(url), keys, _remembered(data, "residents.json", {})) as entrance:
        living = LivingCity(people, entrance, nexus.clock, city.zone)
        telling = asyncio.create_task(_tell(nexus, living, entrance, data))
        try:
            await living.live()
        finally:
            telling.cancel()
            (data / "residents.json").write_text(json.dumps(entrance.tokens()))


async def _tell(nexus: Nexus, living: LivingCity, entrance: Entrance, data: Path) -> None:
    """Print the progress line, and remember the clock, once a second."""
    while True:
        await asyncio.sleep(1)
        (data / "clock.json").write_text(str(nexus.clock.now_ms()))
        climate = nexus.room.voice(nexus.room.city.root).climate
        heard = f"{climate.people:,} voices in the last city climate" if climate else "listening"
        tally = entrance.tally
        line = f"  {living.local_time()}   {tally.counted:,} check-ins, {tally.kept:,} kept on phones, {heard}"
        if tally.refused:
            line += f", {tally.refused:,} refused: {tally.last_refusal}"
        print(f"{line:<110}", end="\r" if sys.stdout.isatty() else "\n", flush=True)


def _print_addresses(url: str, root: str, place: str) -> None:
    outside = _reachable(url)
    feel = f"{outside}/p/{place}/feel"
    drawn = io.StringIO()
    segno.make(feel, micro=False).terminal(drawn, compact=True, border=1)
    print(drawn.getvalue())
    print(f"  The city                       {outside}/")
    print(f"  A wall                         {outside}/wall/{root}")
    print(f"  Tell a place how you feel      {feel}   (the code above)", flush=True)


def _print_invitation(url: str, code: str | None) -> None:
    """Print where and how one becomes the architect of a city that has none yet."""
    if code:
        print(f"  Become the first architect at {url}/sign-in with the setup code {code}\n", flush=True)


def _reachable(url: str) -> str:
    """Return the address that a phone in the same network reaches; nothing is sent to find it out."""
    if "//0.0.0.0:" not in url:
        return url
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: UDP connect only chooses a route
            host = probe.getsockname()[0]
        except OSError:
            host = "127.0.0.1"
    return url.replace("0.0.0.0", host)  # noqa: S104 - read, not bound


def _local(url: str) -> str:
    return url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - read, not bound


def _remembered(data: Path, name: str, otherwise: T) -> T:
    """Return what the demo kept in its folder under `name`, or `otherwise` on a first start."""
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        kept: T = json.loads((data / name).read_text())
        return kept
    return otherwise


def _this_morning_ms() -> int:
    today = dt.datetime.now(dt.UTC).replace(hour=DEMO_HOUR, minute=0, second=0, microsecond=0)
    return int(today.timestamp() * 1000)
