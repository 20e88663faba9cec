"""The story in words: when something was, where, and what vitals made of it."""

from collections.abc import Iterator, Sequence

from nexus_city.simulation.city.scenario import time_of
from nexus_city.simulation.story.telling import Story

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def when(story: Story, window: int) -> str:
    """Return at what time of the run a window begins."""
    return time_of(window * story.run.scenario.window_minutes)


def where(communities: Sequence[str]) -> str:
    """Return communities as they are said."""
    return " and ".join((", ".join(communities[:-1]), communities[-1]) if len(communities) > 1 else communities)


def incidents(story: Story) -> Iterator[str]:
    """Yield what vitals named, in order of time, each with what they know of it."""
    for found in story.named:
        signs = ", ".join(found.signs)
        yield (
            f"{_span(story, found.start, found.end)}{found.cause} in {where(found.communities)} "
            f"({found.posterior:.0%}; {signs})"
        )


def truths(story: Story) -> Iterator[str]:
    """Yield what was really broken, which only a simulation knows."""
    for fault in story.faults:
        at = f"{len(fault.places)} places"
        yield f"{_span(story, fault.start, fault.end)}{fault.cause} in {where(fault.communities)} ({at})"


def _span(story: Story, start: int, end: int) -> str:
    hours = (end - start) * story.run.window_s // 3600
    return f"{when(story, start):<14}{hours:>3} h  "
