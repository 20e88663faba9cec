"""All settings, in one frozen value: from `nexus.toml`, then the environment, then the command line.

The environment's names are these fields with `NEXUS_` in front (`NEXUS_PORT=8080`). An unknown key is an error,
because a misspelt privacy setting must not be silently ignored.
"""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from nexus_city.ground.errors import SettingsError

PREFIX = "NEXUS_"
_OTHERS = ("NEXUS_CI", "NEXUS_CHROMIUM", "NEXUS_SKIP_WEB")
"""Names of our own in the environment that are no settings: for tests and for the build."""
_WIRE = "NEXUS_WIRE_"
"""Secrets of wires begin with this; see docs/lighting.md."""


class Settings(BaseSettings):
    """What a host may choose. Everything about a *place* is in the city file and in its charter instead."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` for every network of the machine."""
    port: int = Field(default=8154, ge=0, le=65535)
    """TCP port; 0 takes any free one."""
    data: Path = Path("nexus-data")
    """Folder that holds everything the city remembers."""
    city: Path | None = None
    """City file (TOML) that is read when the folder is new; without one a small starter city is made."""
    house: Path | None = None
    """House file (JSON: patch, scenes, schedules) that is read while nothing was composed at the console."""
    osc_in: str | None = None
    """`host:port` on which faders and cues are taken by OSC; whoever reaches it has a hand on the light."""
    public_url: str | None = None
    """Address that phones reach, e.g. `https://feel.museum.example`; it goes into QR codes."""
    settle_s: float = Field(default=2.0, ge=0, le=60)
    """Real seconds after a window closes until the fixed tick on which its climate is published."""
    check_ins_per_minute: int = Field(default=30, ge=1, le=100_000)
    """Requests that one device may make at the check-in door in a real minute."""
    voices_per_network: int = Field(default=300, ge=1, le=10_000_000)
    """New voices that one network may bring to a place in a day, and new device tokens that it may ask for."""
    own_networks: tuple[str, ...] = ()
    """Networks of the house itself, such as the public address of its Wi-Fi (`203.0.113.7/32`); nobody caps them."""
    help_lines: Path | None = None
    """JSON file with the place's own lines for people in need: `{"lines": [{"name": …, "number": …, "hours": …}]}`."""
    canary: bool = True
    """Try the check-in door once a minute with a feeling of nobody, which is taken back at once; see `/status`."""
    traces: str = ""
    """Address of an OTLP/HTTP collector for traces of the machine's own work; empty for none. The extra `traces`."""
    audit_days: int = Field(default=400, ge=30, le=3660)
    """Days for which the log of those who tend the city keeps an entry."""
    comment_days: int = Field(default=400, ge=1, le=3660)
    """Days after the end of a proposal for which what was said about it is kept."""
    trusted_proxy: bool = False
    """Believe `X-Forwarded-*` headers; only behind a reverse proxy that sets them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature; we read no .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor secret files
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: the command line beats the environment, which beats the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load_settings(file: Path | None = None, **chosen: Any) -> Settings:
    """Read the settings; `chosen` are those given on the command line (None means not given).

    Raises `SettingsError` that names the key and the remedy.
    """
    path = file if file is not None else Path("nexus.toml")
    if file is not None and not file.exists():
        raise SettingsError(f"The settings file {file} does not exist.", "Check the path given with --settings.")
    _check_environment()
    given = {name: value for name, value in chosen.items() if value is not None}
    located = type("LocatedSettings", (Settings,), {"model_config": {**Settings.model_config, "toml_file": path}})
    try:
        found: Settings = located(**given)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.", "Mend that line and start again.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The setting '{key}' cannot be used: {first['msg']}.",
            f"See docs/host-guide.md for the settings and their ranges; known are {', '.join(Settings.model_fields)}.",
            field=key,
        ) from error
    return found


def _check_environment() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known | set(_OTHERS) and not name.startswith(_WIRE):
            near = difflib.get_close_matches(name.upper(), known, 1)
            raise SettingsError(
                f"The environment has '{name}', which is no setting.",
                f"Did you mean {near[0]}?" if near else "Unset it; docs/host-guide.md lists the settings.",
                field=name,
            )
