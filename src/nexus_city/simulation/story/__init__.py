"""The story: five acts of a simulated city, told in figures, held to bars, and drawn.

`figures` (from tables to figures, and what is usual) → `telling` (a run's chapters as acts) → `bars` (what each act
must show), `picture`, `words`.

Invariants
* Figures are read from released tables and displays' digests by the code of `vitals`; the truth stands apart, and
  says so.
* A bar is written down with its reason, and it fails on a city to which it does not happen.
"""

from nexus_city.simulation.story.bars import BARS, Bar, Judged, judge
from nexus_city.simulation.story.folder import save_story
from nexus_city.simulation.story.picture import picture_of
from nexus_city.simulation.story.telling import Act, Story, Truth, tell
from nexus_city.simulation.story.words import incidents, truths

__all__ = [
    "BARS",
    "Act",
    "Bar",
    "Judged",
    "Story",
    "Truth",
    "incidents",
    "judge",
    "picture_of",
    "save_story",
    "tell",
    "truths",
]
