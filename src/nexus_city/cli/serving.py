"""`nexus serve`, and how a city is served until Ctrl-C."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from nexus_city.app import Nexus
from nexus_city.cli.addresses import print_addresses, print_invitation
from nexus_city.cli.options import Data, Host, Port, Refusal, SettingsFile
from nexus_city.ground import Settings, load_settings

_GRACE_S = 3  # seconds that open streams have to end when the server stops


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
    run(nexus, chosen, lambda url: _say_served(nexus, url, code))


def run(
    nexus: Nexus,
    settings: Settings,
    alongside: Callable[[str], Coroutine[None, None, None]],
    front: ASGIApp | None = None,
) -> None:
    """Serve until Ctrl-C, with `alongside` started once the address is known.

    `front` stands before the city's doors; None: nothing does.
    """
    config = uvicorn.Config(
        front or nexus.asgi,
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
            raise Refusal(
                f"{host}:{port} cannot be used ({error.strerror}).", "Choose another with --host and --port."
            ) from error
        listener.listen(2048)
        yield listener


async def _say_served(nexus: Nexus, url: str, code: str | None) -> None:
    root = nexus.room.city.root
    print_addresses(url, root.id, nexus.room.city.places[-1].id)
    print_invitation(url, code)
