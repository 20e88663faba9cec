"""From signs to causes: what machines say and what tables show, put together for the whole city.

Where the network as a whole is in trouble, that is one cause, of the whole city. Else each place has its own, and
places with the same cause are one incident.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nexus_city.vitals.causes import Named, Sign, diagnose

Signs = Mapping[Sign, bool]


@dataclass(frozen=True)
class Explained:
    """A cause, where it is at work, and what was seen of it."""

    places: tuple[str, ...]
    """Empty: the whole city."""
    evidence: tuple[Sign, ...]
    posterior: float
    """How sure it is, 0..1."""


def explain(whole: Signs, at_places: Mapping[str, Signs], *, people: bool = True) -> dict[Named, Explained]:
    """Return what explains the signs of the `whole` city and of places where something is unusual.

    Without `people`, a broken mirror may have moved moods anywhere: no cause among people is named.
    """
    if any(whole.values()):
        together = {sign: any(signs.get(sign, False) for signs in at_places.values()) for sign in _named(at_places)}
        return _explained({"": {**together, **whole}}, people=people)
    return _explained({place: {**whole, **signs} for place, signs in at_places.items()}, people=people)


def _explained(at_places: Mapping[str, Signs], *, people: bool) -> dict[Named, Explained]:
    found: dict[Named, Explained] = {}
    for place, signs in sorted(at_places.items()):
        seen = tuple(sign for sign, present in signs.items() if present)
        if not seen:
            continue
        diagnosis = diagnose(signs, people=people)
        before = found.get(diagnosis.cause, Explained((), (), 0.0))
        found[diagnosis.cause] = Explained(
            (*before.places, place) if place else (),
            tuple(dict.fromkeys([*before.evidence, *seen])),
            max(before.posterior, diagnosis.sureness),
        )
    return found


def _named(at_places: Mapping[str, Signs]) -> list[Sign]:
    return list(dict.fromkeys(sign for signs in at_places.values() for sign in signs))
