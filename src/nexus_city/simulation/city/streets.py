"""Where people are: the places of a city as a simulation needs them, numbered community by community."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.places import City, Place
from nexus_city.places.model import Slug


@dataclass(frozen=True)
class Map:
    """Places in the order of their communities, so that who lives near each other stands near each other in memory."""

    places: tuple[Slug, ...]
    communities: tuple[Slug, ...]
    community: NDArray[np.int16]
    """Number of the community of each place, ascending."""
    crowd: NDArray[np.float64]
    """Share of the residents that live at each place; sums to 1."""

    @functools.cached_property
    def directions(self) -> NDArray[np.float64]:
        """A direction of the mood plane for each place [places, 2], the same for all of a community."""
        turn = 2 * np.pi * self.community / len(self.communities)
        return np.column_stack([np.cos(turn), np.sin(turn)])

    def places_of(self, communities: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of all places of `communities` (numbers)."""
        return np.flatnonzero(np.isin(self.community, communities))


def of_city(city: City) -> Map:
    """Return the map of a city: its places where a crowd is expected; its districts are the communities."""
    open_ = [place for place in city.places if place.expected_crowd > 0 and place is not city.root]
    district = {place.id: _district(city, place) for place in open_}
    communities = tuple(dict.fromkeys(district.values()))
    open_.sort(key=lambda place: communities.index(district[place.id]))
    crowd = np.array([place.expected_crowd for place in open_], float)
    return Map(
        tuple(place.id for place in open_),
        communities,
        np.array([communities.index(district[place.id]) for place in open_], np.int16),
        crowd / crowd.sum(),
    )


def made_up(communities: int, places: int) -> Map:
    """Return a city of `places` alike places, dealt out to `communities` as evenly as can be."""
    community = np.sort(np.arange(places) % communities).astype(np.int16)
    return Map(
        tuple(f"place-{number + 1}" for number in range(places)),
        tuple(f"community-{number + 1}" for number in range(communities)),
        community,
        np.full(places, 1 / places),
    )


def _district(city: City, place: Place) -> Slug:
    """Return what lies directly below the city and holds `place`, the place itself if nothing else does."""
    line = [place, *city.ancestors(place)]
    return line[-2].id if len(line) > 1 else place.id
