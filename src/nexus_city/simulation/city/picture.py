"""The picture of a run: the moods of each community chapter by chapter, and its means through time.

An SVG written by hand, in the colours of the night sea. Above, each community's released mixture is a field: the more
light, the more people, in the colour of that corner of the plane. Below, released means (dots) lie about the true ones
(lines); a dot's fine line is one standard error by the noise. They lie a little above where people say that they are
better than they are. Faults are shaded and named.
"""

from collections.abc import Iterator
from html import escape

import numpy as np
from numpy.typing import NDArray

from nexus_city.simulation.city.run import Run
from nexus_city.simulation.city.scenario import DAY_MINUTES, time_of

Floats = NDArray[np.float64]

_WIDE, _LEFT, _RIGHT = 1120, 128, 24
_FIELD, _GAP, _ROW = 92, 26, 104
_PANEL, _LOWEST, _HIGHEST = 200, -0.5, 0.7  # height of a panel, and the part of an axis that it shows
DEPTH, INK, FAINT, LINE = "#071018", "#d7e3ea", "#7f97a6", "#21394a"
COLOURS = {"unpleasant-calm": "#5b7fd6", "pleasant-calm": "#4fc3b0", "unpleasant-activated": "#c06fd1",
            "pleasant-activated": "#f0c36a"}  # fmt: skip
_CURVES = ("#4fc3b0", "#f0c36a", "#9db4ff", "#e59bd0", "#9fd884", "#f29e7a")
_HEADING = 64
_AXES = (("valence", "pleasant", "unpleasant"), ("arousal", "activated", "calm"))
_CLEAR = 0.2  # standard error above which a released mean is not drawn: noise is nearly all there is


def picture_of(run: Run) -> str:
    """Return the SVG of `run`, complete in itself."""
    shown = range(min(len(run.communities), len(_CURVES)))
    top = _HEADING + 40
    curves = top + len(shown) * _ROW + 24
    low = curves + len(_AXES) * (_PANEL + _GAP) - _GAP
    parts = [
        *_heading(run, low + 64),
        *_fields(run, shown, top),
        *_faults(run, curves, low),
        *(line for axis in (0, 1) for line in _panel(run, axis, shown, curves + axis * (_PANEL + _GAP))),
        *_axis(run, low),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heading(run: Run, high: float) -> Iterator[str]:
    said = f"{run.scenario.title}: {run.scenario.says}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high}" role="img" '
        f'font-family="Source Sans 3, Segoe UI, sans-serif" font-size="13" fill="{INK}">'
    )
    yield f"<title>{escape(run.scenario.title)} (what-if)</title><desc>{escape(said)}</desc>"
    yield f'<rect width="{_WIDE}" height="{high}" fill="{DEPTH}"/>'
    yield f'<text x="24" y="34" font-size="21">{escape(run.scenario.title)}</text>'
    yield (
        f'<text x="24" y="56" fill="{FAINT}">A what-if, not a forecast. {run.scenario.residents:,} simulated '
        f"people, seed {run.seed}. Dots are released values, lines the truth that only a simulation knows.</text>"
    )


def _fields(run: Run, shown: range, top: float) -> Iterator[str]:
    """Draw the mixture of each community in each chapter, or in each day where no chapters are named."""
    parts = run.scenario.parts()
    step = (_WIDE - _LEFT - _RIGHT) / len(parts)
    size = min(_FIELD, step - 10)
    for number, (title, _, _) in enumerate(parts):
        yield f'<text x="{_LEFT + number * step:.1f}" y="{top - 14}">{escape(title)}</text>'
    for community in shown:
        y = top + community * _ROW
        yield f'<circle cx="30" cy="{y + size / 2:.1f}" r="4" fill="{_CURVES[community]}"/>'
        yield f'<text x="42" y="{y + size / 2 + 4:.1f}">{escape(run.communities[community])}</text>'
        for number, (_, first, last) in enumerate(parts):
            counts = run.of_communities()[first:last, community].sum(axis=0)
            yield from _field(_LEFT + number * step, y, size, np.maximum(counts, 0))


def _field(x: float, y: float, size: float, counts: Floats) -> Iterator[str]:
    side = int(np.sqrt(counts.size))
    share = counts / max(1, counts.max())
    cell = size / side
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{size:.1f}" height="{size:.1f}" rx="6" fill="#0c1a25"/>'
    for number, value in enumerate(share):
        row, column = divmod(number, side)
        name = ("pleasant" if 2 * column >= side else "unpleasant", "activated" if 2 * row >= side else "calm")
        middle_x, middle_y = x + (column + 0.5) * cell, y + size - (row + 0.5) * cell
        radius = cell * 0.5 * float(value) ** 0.5
        yield f'<circle cx="{middle_x:.1f}" cy="{middle_y:.1f}" r="{radius:.1f}" fill="{COLOURS["-".join(name)]}"/>'


def _panel(run: Run, axis: int, shown: range, top: float) -> Iterator[str]:
    """Draw one coordinate of all communities' means through time."""
    name, high, low = _AXES[axis]
    for value, said in ((0.5, high), (0.0, name), (-0.5, low)):
        y = _height(top, value)
        yield f'<line x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}"/>'
        yield f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" fill="{FAINT}" text-anchor="end">{said}</text>'
    means, wide = _released_means(run, axis)
    for community in shown:
        colour = _CURVES[community]
        true = run.truth.living[:, community, axis]
        line = " ".join(f"{_along(run, w + 1):.1f},{_height(top, value):.1f}" for w, value in enumerate(true))
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        for window in np.flatnonzero(wide[:, community] < _CLEAR):
            x, value, reach = _along(run, window + 0.5), means[window, community], wide[window, community]
            ends = " ".join(f'y{n}="{_height(top, value + way * reach):.1f}"' for n, way in ((1, -1), (2, 1)))
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="{colour}" opacity="0.35"/>'
            yield f'<circle cx="{x:.1f}" cy="{_height(top, value):.1f}" r="2" fill="{colour}"/>'


def _released_means(run: Run, axis: int) -> tuple[Floats, Floats]:
    """Return the mean valence (axis 0) or arousal (1) of communities from released tables, and its error by noise."""
    counts = run.of_communities().astype(float)
    side = run.scenario.grid
    centres = (np.arange(side) + 0.5) * 2 / side - 1
    values = np.tile(centres, side) if axis == 0 else np.repeat(centres, side)
    voices = np.maximum(counts.sum(axis=2), 1)
    tables = run.released.shape[2] * np.bincount(run.community)
    return np.clip(counts @ values / voices, -1, 1), np.sqrt(run.variance * tables * (values**2).sum()) / voices


def _faults(run: Run, top: float, low: float) -> Iterator[str]:
    spans = [(_along(run, label.start), _along(run, label.end), label.cause) for label in run.truth.labels]
    for x, end, _ in spans:
        yield (
            f'<rect x="{x:.1f}" y="{top}" width="{end - x:.1f}" height="{low - top}" fill="#27475c" opacity="0.45"/>'
        )
    for number, (x, _, cause) in enumerate(spans):
        y = top + 13 + 14 * (number % 3)
        yield f'<text x="{x + 4:.1f}" y="{y}" fill="{FAINT}" font-size="11">{escape(cause)}</text>'


def _axis(run: Run, y: float) -> Iterator[str]:
    for day in range(run.scenario.days):
        x = _along(run, day * DAY_MINUTES / run.scenario.window_minutes)
        yield f'<text x="{x:.1f}" y="{y + 16}" fill="{FAINT}" font-size="11">{time_of(day * DAY_MINUTES)}</text>'
    for title, first, _ in run.scenario.parts() if run.scenario.chapter else ():
        x = _along(run, first)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 26}" stroke="{FAINT}"/>'
        yield f'<text x="{x:.1f}" y="{y + 42}">{escape(title)}</text>'


def _along(run: Run, window: float) -> float:
    return _LEFT + (_WIDE - _LEFT - _RIGHT) * float(window) / run.scenario.windows


def _height(top: float, value: float) -> float:
    return top + _PANEL * (_HIGHEST - min(max(value, _LOWEST), _HIGHEST)) / (_HIGHEST - _LOWEST)
