"""What one part of the network says of itself."""

from dataclasses import dataclass
from typing import Literal

PartName = Literal["door", "disk", "release", "stream", "lights", "displays"]
"""In the order in which a feeling passes them."""
State = Literal["well", "troubled", "unknown"]


@dataclass(frozen=True)
class Beat:
    """A sign of life, or that there is none."""

    state: State
    detail: str = ""
    """What an operator reads: what is wrong and what to do; empty when all is well."""
    seen_s: float | None = None
    """When it last gave a sign of life, real time in Unix seconds; None if it never did."""
