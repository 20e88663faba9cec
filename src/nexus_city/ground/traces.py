"""Traces: where the machine's own time goes, for whoever tends it. Off unless the setting `traces` names a collector.

A trace leaves the house, and a clock tells as much as a counter. So what may be in one is closed, by two rules:

* *A span is work of the machine's own.* There is none for a check-in, a page, a person or an address; names and facts
  are those listed here, and every fact is public anyway or about the machine.
* *A span's length tells no count.* It begins and ends at moments that anybody can see from outside, or before anything
  was read that people gave. How long a fold took is nowhere: `release.close` ends on the tick on which climates appear.

While it is off, nothing is imported and a span costs a call.
"""

import contextlib
from typing import Literal, Protocol
from urllib.parse import urlsplit

from nexus_city.ground.errors import SettingsError

SpanName = Literal[
    "release",
    "release.prepare",
    "release.close",
    "release.publish",
    "canary.song",
    "vitals.look",
    "light.frames",
    "backup",
]
FactName = Literal[
    "nexus.tables",
    "nexus.climates",
    "nexus.bytes",
    "nexus.day_ends",
    "nexus.well",
    "nexus.troubled",
    "nexus.displays",
    "nexus.in_step",
    "nexus.frames",
    "nexus.late",
    "nexus.busy_ms",
    "nexus.pixels",
    "nexus.wires",
    "error.type",
]
_PATH = "/v1/traces"
"""Where a collector takes spans (OpenTelemetry protocol, OTLP/HTTP), unless the address says otherwise."""


class Span(Protocol):
    """A piece of work under way."""

    def tell(self, fact: FactName, value: bool | int | list[str]) -> None:
        """Say something of it that may be public."""
        ...


class Traces(Protocol):
    """Takes note of the machine's work."""

    def span(self, name: SpanName) -> contextlib.AbstractContextManager[Span]:
        """Note a piece of work, as a part of the one that is under way in the same task or thread."""
        ...

    def close(self) -> None:
        """Send what is left. Blocks for a few seconds at most."""
        ...


class _Untold:
    def tell(self, fact: FactName, value: bool | int | list[str]) -> None:
        """Say nothing."""


class Untraced:
    """Takes no note."""

    _NOTHING = contextlib.nullcontext(_Untold())

    def span(self, name: SpanName) -> contextlib.AbstractContextManager[Span]:  # noqa: ARG002 - the seam's signature
        """Note nothing."""
        return self._NOTHING

    def close(self) -> None:
        """Nothing is left."""


UNTRACED = Untraced()


def open_traces(collector: str) -> Traces:
    """Return what sends spans to a collector at this address; an empty one sends nothing.

    Raises `SettingsError` if it is no address, or if the extra `traces` is not installed.
    """
    if not collector:
        return UNTRACED
    parts = urlsplit(collector)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            "The setting 'traces' is not the address of a collector.",
            "Write it as http://127.0.0.1:4318, or leave it out.",
            field="traces",
        )
    try:
        from nexus_city.ground.collector import Collected  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError(
            "The setting 'traces' needs the extra of that name.", "pip install 'nexus-city[traces]'", field="traces"
        ) from error
    path = parts.path if parts.path.strip("/") else _PATH
    return Collected(parts._replace(path=path).geturl())
