"""An incident step by step: what was seen where and when, what was mended, and what those who tend the city tried."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from nexus_city.ground import Database

Kind = Literal["sign", "place", "mended", "note"]
"""`sign`: seen for the first time; `place`: its mirror was touched; `mended`: it no longer is; `note`: by staff."""
STEPS = (
    """create table incident_step(number integer primary key autoincrement,
           incident integer not null references incident(id) on delete cascade, at_s real not null,
           kind text not null, what text not null, role text, who text);
       create index incident_step_of on incident_step(incident, number)""",
)


class Step(msgspec.Struct, frozen=True):
    """One step of an incident."""

    at_s: float
    """Real time, Unix seconds."""
    kind: Kind
    what: str
    """Name of the sign, id of the place, or text of the note."""
    role: str | None = None
    """Of a note: in which role it was written."""
    who: str | None = None
    """Of a note: by whom."""


class Timeline:
    """Reads the steps of incidents, and takes notes. Make it after `Incidents`, which has the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def steps(self, incidents: Collection[int]) -> dict[int, list[Step]]:
        """Return the steps of some incidents, the first first."""
        return await self._database.read(lambda connection: {each: steps_of(connection, each) for each in incidents})

    async def note(self, incident: int, at_s: float, text: str, role: str, who: str) -> None:
        """Write down what was tried."""
        step = Step(at_s, "note", text, role, who)
        await self._database.write(lambda connection: _append(connection, incident, step))


def look(
    connection: sqlite3.Connection, incident: int, at_s: float, places: Sequence[str], signs: Sequence[str]
) -> None:
    """Append what a look at `at_s` has found that the one before it had not."""
    before = steps_of(connection, incident)
    known = {step.what for step in before if step.kind == "sign"}
    touched = touched_at(before, at_s)
    found: list[tuple[Kind, str]] = [
        *(("sign", sign) for sign in signs if sign not in known),
        *(("place", place) for place in places if place not in touched),
        *(("mended", place) for place in sorted(touched) if place not in places),
    ]
    for kind, what in found:
        _append(connection, incident, Step(at_s, kind, what))


def touched_at(steps: Sequence[Step], at_s: float) -> dict[str, float]:
    """Return the places whose mirror an incident touched at `at_s`, and since when, by its steps."""
    touched: dict[str, float] = {}
    for step in steps:
        if step.at_s > at_s:
            break
        if step.kind == "place":
            touched[step.what] = step.at_s
        elif step.kind == "mended":
            touched.pop(step.what, None)
    return touched


def steps_of(connection: sqlite3.Connection, incident: int) -> list[Step]:
    """Return the steps of an incident, the first first."""
    rows = connection.execute(
        "select at_s, kind, what, role, who from incident_step where incident = ? order by at_s, number", (incident,)
    )
    return [Step(*row) for row in rows]


def _append(connection: sqlite3.Connection, incident: int, step: Step) -> None:
    connection.execute(
        "insert into incident_step(incident, at_s, kind, what, role, who) values(?, ?, ?, ?, ?, ?)",
        (incident, step.at_s, step.kind, step.what, step.role, step.who),
    )
