"""Places: the tree of a city, who neighbours whom, what each place has declared, and when its day begins.

A place belongs to one parent; the root is the city. What a place declares about itself here (its charter's numbers)
is public: the crowd it expects, whether presence is asked for, its setting, its policy. `charters` holds all versions
of that, how a community changes them, and whether a person has seen enough to give.

Invariants
* Ids are lowercase slugs and never change; a place's number in the file of contributions is its `index`.
* A person-day is 04:00 to 04:00 on the city's clocks, 23 or 25 hours long when the clocks change, and no window
  crosses its edge: a person is counted by days.
* Work and school speak once a day only (law 13), whatever else is declared.
"""

from nexus_city.places.day import PersonDay, person_day
from nexus_city.places.model import City, Kind, Place, Policy, Presence, Setting, Slug
from nexus_city.places.plan_file import STARTER, parse_city, read_city
from nexus_city.places.store import PlaceStore

__all__ = [
    "STARTER",
    "City",
    "Kind",
    "PersonDay",
    "Place",
    "PlaceStore",
    "Policy",
    "Presence",
    "Setting",
    "Slug",
    "parse_city",
    "person_day",
    "read_city",
]
