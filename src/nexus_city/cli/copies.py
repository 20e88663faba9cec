"""`nexus backup` and `nexus restore`: copies of a city."""

import contextlib
import datetime as dt
import time
from pathlib import Path
from typing import Annotated

import typer

from nexus_city.cli.options import Data, SettingsFile
from nexus_city.ground import load_settings
from nexus_city.ground.backup import make_copy, restore_copy
from nexus_city.ground.erasures import LIST
from nexus_city.ground.traces import open_traces


def backup(
    file: Annotated[Path, typer.Argument(help="The copy; a name that is not taken.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Make a copy of a city that is safe to keep. The server may be running."""
    chosen = load_settings(settings, data=data)
    with contextlib.closing(open_traces(chosen.traces)) as traces, traces.span("backup"):
        size = make_copy(chosen.data, file, int(time.time()))
    print(f"{file} holds the city without the running day ({size / 1e6:,.1f} MB). Keep it as you keep passwords.")


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
