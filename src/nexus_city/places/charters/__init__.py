"""Charters: what a place declares about itself, in numbered versions, and how its community amends them.

A charter is all that `places.Place` declares beside its name and where it lies. Whoever wants to change a place comes
through this door: an architect with `Charters.amend`, the community with a proposal. There is no second way.

Invariants
* Versions are numbered from 1, appended and never edited; the place as it stands is its newest version.
* A term is the set of what it permits. A version is stricter than another when none of its terms permits more, and
  looser when any does (`comparison`). What is stricter holds at once, window and grid from the next plan on.
* What is looser holds for what a person gives after they have seen it: until then the door keeps their check-ins
  (`Charters.refuses`), so nothing that was given is ever put under a looser term (law 3).
* Work and school speak once a day, and only public places live, whatever is wished; at work and at school nothing is
  loosened by an architect alone (law 13).
* One device, one vote: its fingerprint is made with a key of that proposal only, which is destroyed with all
  fingerprints when the proposal is closed. Until then nobody is told how the votes stand.
"""

from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.model import Changes, Terms, Version, terms_of
from nexus_city.places.charters.room import CharterRoom

__all__ = ["Changes", "CharterRoom", "Charters", "Terms", "Version", "terms_of"]
