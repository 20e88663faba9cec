"""Replay: anybody's check-ins, from a CSV file, through the public door.

Columns: `person` (any text), `time` (ISO 8601), `valence` and `arousal` (both -1 to 1). Optional: `place` (an id of the
city; one place for all rows can be given instead), `audience` (`place` or `city`), `words` (ids, separated by `;`).
Rows may be in any order; the distances between them in time are kept, divided by the speed.
"""

import asyncio
import csv
import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from nexus_city.feelings import Mood, cell_of
from nexus_city.ground.errors import BadRow
from nexus_city.simulation.entrance import Entrance, Visit

NEEDED = ("person", "time", "valence", "arousal")
OPTIONAL = ("place", "audience", "words")


def read_file(path: Path, place: str | None, known_places: Collection[str]) -> list[Visit]:
    """Return the visits of a CSV file in order of time; raises `BadRow` naming row, column and remedy."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="(more)")
            _check_columns(reader.fieldnames or (), place)
            visits = [_visit(row, reader.line_num, place, known_places) for row in reader]
    except OSError as error:
        raise BadRow(f"{path} cannot be read ({error.strerror}).", "Check the path.", field="file") from error
    except UnicodeDecodeError as error:
        raise BadRow(
            f"{path} is not UTF-8 text.", "Save the file as 'CSV UTF-8' and try again.", field="file"
        ) from error
    except csv.Error as error:
        raise BadRow(
            f"Line {reader.line_num + 1} of {path} cannot be read ({error}).", "Check commas and quotes.", field="row"
        ) from error
    if not visits:
        raise BadRow(f"{path} has no rows below its header.", "Add at least one check-in.", field="file")
    return sorted(visits, key=lambda visit: visit.at_s)


async def replay_file(visits: Iterable[Visit], entrance: Entrance, speed: float, told: Callable[[int], None]) -> None:
    """Make `visits` with their distances in time divided by `speed`; `told` hears how many have been sent."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    first_s: int | None = None
    for number, visit in enumerate(visits, 1):
        first_s = visit.at_s if first_s is None else first_s
        await asyncio.sleep(max(0.0, started + (visit.at_s - first_s) / speed - loop.time()))
        await entrance.enter(visit)
        told(number)


def _check_columns(columns: Iterable[str], place: str | None) -> None:
    present = list(columns)
    for name in (*NEEDED, *(() if place else ("place",))):
        if name not in present:
            remedy = (
                "Add it, or give one place for all rows with --place." if name == "place" else "Add it to the header."
            )
            raise BadRow(
                f"The column '{name}' is missing; the header has {', '.join(present) or 'nothing'}.", remedy, name
            )
    for name in present:
        if present.count(name) > 1:
            raise BadRow(f"The column '{name}' is there more than once.", "Let each column be there once.", name)
        if name not in (*NEEDED, *OPTIONAL):
            raise BadRow(
                f"The column '{name}' is not known.",
                f"Known are {', '.join((*NEEDED, *OPTIONAL))}; leave others out.",
                name,
            )


def _visit(row: dict[str, str | None], line: int, place: str | None, known_places: Collection[str]) -> Visit:
    def cell(name: str) -> str:
        return (row.get(name) or "").strip()

    def wrong(name: str, why: str, remedy: str) -> BadRow:
        return BadRow(f"Line {line}, column '{name}': {why}.", remedy, field=name)

    def number(name: str) -> float:
        try:
            value = float(cell(name))
        except ValueError:
            value = math.nan
        if not -1 <= value <= 1:
            raise wrong(name, f"'{cell(name)}' is not a number from -1 to 1", "Write it as 0.25, with a point.")
        return value

    if "(more)" in row or None in row.values():
        raise BadRow(f"Line {line} has another number of cells than the header.", "Check commas and quotes.", "row")
    if not cell("person"):
        raise wrong("person", "it is empty", "Give each person a name or number; it never leaves this machine.")
    try:
        at_s = int(dt.datetime.fromisoformat(cell("time")).timestamp())
    except (ValueError, OverflowError):
        raise wrong("time", f"'{cell('time')}' is not an ISO 8601 time", "Write it as 2026-11-24T09:30.") from None
    where = cell("place") or place or ""
    if where not in known_places:
        raise wrong("place", f"'{where}' is not a place of this city", f"Known are {', '.join(sorted(known_places))}.")
    audience = cell("audience") or "city"
    if audience not in ("place", "city"):
        raise wrong(
            "audience", f"'{audience}' is neither 'place' nor 'city'", "Write one of the two, or leave it empty."
        )
    mood = Mood(number("valence"), number("arousal"))
    words = tuple(word.strip() for word in cell("words").split(";") if word.strip())
    return Visit(at_s, cell("person"), where, cell_of(mood), audience, words)
