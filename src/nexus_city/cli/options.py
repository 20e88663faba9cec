"""What several commands share: options, and the refusal that ends a command in two lines."""

from pathlib import Path
from typing import Annotated

import typer

from nexus_city.ground import NexusError

Host = Annotated[str | None, typer.Option(help="Address to listen on \\[default: 127.0.0.1].")]
Port = Annotated[int | None, typer.Option(help="Port \\[default: 8154].")]
Data = Annotated[Path | None, typer.Option(help="Folder for everything the city remembers.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file \\[default: nexus.toml, if there].")]
DisplayKeys = Annotated[
    list[str] | None, typer.Option(help="PLACE=KEY for a place that asks for presence; may be repeated.")
]


class Refusal(NexusError):
    """The command cannot do what was asked."""


def place_and_key(pair: str) -> tuple[str, str]:
    """Return the place and the key of `PLACE=KEY`."""
    place, parted, key = pair.partition("=")
    if not parted:
        raise Refusal(f"'{pair}' is not a place and its key.", "Write --display-key PLACE=KEY.")
    return place, key
