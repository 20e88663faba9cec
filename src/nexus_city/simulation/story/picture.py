"""The picture of a story: Harmony, fragmentation and diversity through its acts, narrow enough for a phone.

An SVG written by hand, in the colours of the night sea. Dots are released values, a fine line through a dot is one
standard error; the line is the same figure before the noise, which only a simulation knows. Each is of the hours around
it, and what lies between the line and the usual is filled. Where a mirror was truly broken, the water is lighter; below
stands what was named and what was done.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from nexus_city.simulation.city.events import CharterChange, Circle, Rally, Repair
from nexus_city.simulation.city.picture import COLOURS, DEPTH, FAINT, INK, LINE
from nexus_city.simulation.city.scenario import DAY_MINUTES, minute_of
from nexus_city.simulation.story.figures import ROLLING_H, Floats
from nexus_city.simulation.story.telling import Story
from nexus_city.simulation.story.words import NUMERALS, where

_WIDE, _SIDE = 600, 20
_HEAD, _TOP, _PANEL, _GAP, _ROW = 136, 232, 150, 58, 25  # the acts' names, the first panel, and what is below
_DONE = ((Circle, "circles"), (Repair, "repair"), (Rally, "Emotional Literacy Rally"), (CharterChange, "new charters"))


@dataclass(frozen=True)
class Panel:
    """One figure through time."""

    title: str
    says: str
    released: Floats
    error: Floats | None
    true: Floats
    usual: float
    """The dotted line."""
    step: float
    """From one line of the grid to the next; a power of ten or a simple part of one."""
    shown: str
    """How a value is written, as a format."""
    colour: str

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest value of the panel: whole steps that hold all dots and the line."""
        seen = np.concatenate([self.released, self.true])
        low, high = np.nanmin(seen), np.nanmax(seen)
        return math.floor(low / self.step) * self.step, math.ceil(high / self.step) * self.step


def picture_of(story: Story) -> str:
    """Return the SVG of a story, complete in itself."""
    panels = _panels(story)
    low = _TOP + len(panels) * (_PANEL + _GAP) - _GAP
    rows = list(_rows(story))
    parts = [
        *_heading(story, low + 40 + len(rows) * _ROW),
        *_faults(story, low),
        *_acts(story, low),
        *(
            line
            for number, panel in enumerate(panels)
            for line in _panel(story, panel, _TOP + number * (_PANEL + _GAP))
        ),
        *_days(story, low),
        *(line for number, row in enumerate(rows) for line in _happening(story, *row, low + 50 + number * _ROW)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panels(story: Story) -> list[Panel]:
    true, seen, usual = story.true, story.course, story.usual.figures.spread
    gold, violet, teal = (COLOURS[each] for each in ("pleasant-activated", "unpleasant-activated", "pleasant-calm"))
    return [
        Panel(
            "Harmony", "1: together and diverse as usual", seen.harmony, None, true.harmony, story.usual.harmony, 0.25,
            ".2f", gold,
        ),
        Panel(
            "Fragmentation", "share between communities, with its error", seen.fragmentation, seen.error,
            true.fragmentation, usual.fragmentation, 0.1, ".0%", violet,
        ),
        Panel(
            "Diversity", "moods in a community, effective number", seen.moods, None, true.moods, usual.moods, 1.0,
            ".0f", teal,
        ),
    ]  # fmt: skip


def _heading(story: Story, high: float) -> Iterator[str]:
    scenario = story.run.scenario
    course = "; ".join(
        f"{act.title}: Harmony {act.harmony:.2f}, fragmentation {act.figures.spread.fragmentation:.1%}, "
        f"effective moods {act.figures.spread.moods:.1f}"
        for act in story.acts
    )
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high:.0f}" width="{_WIDE}" '
        f'height="{high:.0f}" role="img" font-family="Source Sans 3, Segoe UI, sans-serif" font-size="17" fill="{INK}">'
    )
    yield f"<title>{escape(scenario.title)} (what-if)</title><desc>{escape(course)}.</desc>"
    yield (
        '<defs><linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#0c1c29"/>'
        f'<stop offset="1" stop-color="{DEPTH}"/></linearGradient></defs>'
    )
    yield f'<rect width="{_WIDE}" height="{high:.0f}" fill="url(#sea)"/>'
    yield f'<text x="{_SIDE}" y="42" font-size="26">{escape(scenario.title)}</text>'
    said = (
        f"A what-if, no forecast: {scenario.residents:,} people, seed {story.run.seed}.",
        f"Dots: released values, each of {ROLLING_H} hours.",
        "Lines: the same before the noise. Dotted: what is usual.",
    )
    for number, line in enumerate(said):
        yield f'<text x="{_SIDE}" y="{70 + 23 * number}" fill="{FAINT}">{escape(line)}</text>'


def _acts(story: Story, low: float) -> Iterator[str]:
    for number, act in enumerate(story.acts):
        x = _along(story, act.first)
        if number:
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_HEAD}" y2="{low}" stroke="{LINE}"/>'
        yield f'<text x="{x + 6:.1f}" y="{_HEAD + 15}" font-size="15" fill="{FAINT}">{NUMERALS[number]}</text>'
        first, _, rest = act.title.partition(" ")
        for row, words in enumerate((first, rest)):
            yield f'<text x="{x + 6:.1f}" y="{_HEAD + 37 + 19 * row}">{escape(words)}</text>'


def _faults(story: Story, low: float) -> Iterator[str]:
    """Shade where the machine was truly broken."""
    for fault in story.faults:
        x, end = _along(story, fault.start), _along(story, fault.end)
        yield (
            f'<rect x="{x:.1f}" y="{_HEAD}" width="{end - x:.1f}" height="{low - _HEAD}" fill="#27475c" opacity="0.4"/>'
        )
        yield f'<text x="{x + 6:.1f}" y="{low - 8}" font-size="14" fill="{FAINT}">mirror broken</text>'


def _panel(story: Story, panel: Panel, top: float) -> Iterator[str]:
    low, high = panel.span()

    def height(value: float) -> float:
        return top + _PANEL * (high - value) / (high - low)

    right = f'x="{_WIDE - _SIDE}" fill="{FAINT}" text-anchor="end"'
    yield f'<text x="{_SIDE}" y="{top - 12}" font-size="19" fill="{panel.colour}">{panel.title}</text>'
    yield f'<text {right} y="{top - 12}" font-size="15">{panel.says}</text>'
    for step in range(round((high - low) / panel.step) + 1):
        value = low + step * panel.step
        y = height(value)
        yield f'<line x1="{_SIDE}" x2="{_WIDE - _SIDE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}" opacity="0.6"/>'
        yield f'<text {right} y="{y + (15 if step else -4):.1f}" font-size="14">{value:{panel.shown}}</text>'
    y = height(panel.usual)
    yield (
        f'<line x1="{_SIDE}" x2="{_WIDE - _SIDE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{panel.colour}" '
        'stroke-dasharray="2 6" opacity="0.8"/>'
    )
    seen = [int(window) for window in np.flatnonzero(~np.isnan(panel.true))]
    line = " ".join(f"{_middle(story, window):.1f},{height(panel.true[window]):.1f}" for window in seen)
    foot = f"{_middle(story, seen[-1]):.1f},{y:.1f} {_middle(story, seen[0]):.1f},{y:.1f}"
    yield f'<polygon points="{line} {foot}" fill="{panel.colour}" opacity="0.16"/>'
    yield f'<polyline points="{line}" fill="none" stroke="{panel.colour}" stroke-width="1.8" stroke-linejoin="round"/>'
    hours = ROLLING_H * 3600 // story.run.window_s
    for window in range(hours - 1, len(panel.released), hours):
        value = panel.released[window]
        if math.isnan(value):
            continue
        x = _middle(story, window)
        if panel.error is not None:
            reach = panel.error[window]
            yield (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{height(value - reach):.1f}" y2="{height(value + reach):.1f}" '
                f'stroke="{INK}" opacity="0.55"/>'
            )
        yield f'<circle cx="{x:.1f}" cy="{height(value):.1f}" r="3" fill="{INK}" stroke="{DEPTH}"/>'


def _days(story: Story, low: float) -> Iterator[str]:
    for day in range(story.run.scenario.days):
        x = _along(story, day * DAY_MINUTES / story.run.scenario.window_minutes)
        said = day + 1 if day else "day 1"
        yield f'<text x="{x:.1f}" y="{low + 20}" font-size="14" fill="{FAINT}">{said}</text>'


def _rows(story: Story) -> Iterator[tuple[float, float, str, str]]:
    """Yield what happened, one row each: its first and last window, what, and the colour of its mark."""
    for fault in story.faults:
        found = next((each for each in story.named if each.cause == fault.cause), None)
        if found:
            few = len(found.communities) < 3
            at = where(found.communities) if few else f"{len(found.communities)} communities"
            yield found.start, found.start, f"vitals: {found.cause} in {at}", INK
    for event in story.run.scenario.event:
        name = next((name for kind, name in _DONE if isinstance(event, kind)), None)
        if name:
            ends = event.until or f"day {story.run.scenario.days + 1} 04:00"
            first, last = (minute_of(each) / story.run.scenario.window_minutes for each in (event.begins, ends))
            yield first, last, name, COLOURS["pleasant-calm"]


def _happening(story: Story, first: float, last: float, said: str, colour: str, y: float) -> Iterator[str]:
    x, wide = _along(story, first), max(5.0, _along(story, last) - _along(story, first))
    yield (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{y - 12}" stroke="{colour}" stroke-dasharray="1 7" '
        'opacity="0.5"/>'
    )
    yield f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="{wide:.1f}" height="5" rx="2.5" fill="{colour}"/>'
    before = x > _WIDE / 2
    at = f'x="{x - 8:.1f}" text-anchor="end"' if before else f'x="{x + wide + 8:.1f}"'
    yield f'<text {at} y="{y}" font-size="16">{escape(said)}</text>'


def _middle(story: Story, window: int) -> float:
    """Return where the hours stand of which a figure of the course is made."""
    return _along(story, window + 1 - ROLLING_H * 1800 / story.run.window_s)


def _along(story: Story, window: float) -> float:
    return _SIDE + (_WIDE - 2 * _SIDE) * float(window) / story.run.scenario.windows
