"""A place and a city of places: pure values."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from nexus_city.boundaries import LADDER, Budget, Rung
from nexus_city.boundaries.policy import Reach
from nexus_city.ground.errors import NotFound, SettingsError

DAY_S = 24 * 3600

Kind = Literal["city", "district", "place"]
Presence = Literal["open", "required"]
Policy = Literal["echo", "complement", "rest"]
Setting = Literal["public", "work", "school", "care"]
LiveKind = Literal["continual", "decaying"]
Live = Literal["no", LiveKind]
Grid = Literal[2, 4, 8]
WindowS = Literal[900, 3600, 14400, 86400]

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")]
"""`$` alone would let a line end through."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Welcome = Annotated[str, msgspec.Meta(max_length=200)]
Crowd = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Audiences = Annotated[tuple[Reach, ...], msgspec.Meta(min_length=1, max_length=3)]


class ConsentRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which rule the community of a place amends its charter."""

    share: Annotated[float, msgspec.Meta(gt=0.5, le=1)] = 0.66
    """Of those who consent or object, how many must consent."""
    quorum: Annotated[int, msgspec.Meta(ge=3, le=1_000_000)] = 12
    """Voices without which nothing is adopted."""
    days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    """City days for which a proposal is open."""
    objections: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    """More objections than this decline it, whatever the share; None: the share alone decides."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place, district or city, and what it has declared."""

    id: Slug
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    parent: Slug | None = None
    kind: Kind = "place"
    adjacent: tuple[Slug, ...] = ()
    position: tuple[Share, Share] = (0.5, 0.5)
    """Where it lies on the city's map: x to the right, y downwards, both 0..1."""
    presence: Presence = "open"
    """`required`: a check-in needs the rotating code that is shown at the place."""
    policy: Policy = "echo"
    """What its light does with the climate; public, so that nobody is steered in secret."""
    setting: Setting = "public"
    welcome: Welcome = ""
    """One sentence for those who arrive."""
    expected_crowd: Crowd = 0
    """Counted check-ins a day that the place expects of itself; decides its first day, public."""
    audiences: Audiences = ("place", "city")
    """Whom a check-in here can be for. Each has a released table of its own, so each one more costs accuracy."""
    finest_grid: Grid = 8
    """Side of the finest grid that the place may ever be drawn in."""
    fastest_s: WindowS = 900
    """Shortest window, in seconds, in which the place may ever speak."""
    words: bool = True
    """Whether words given here are counted (by the city, once a day)."""
    live: Live = "no"
    """Whether a crowd that is large enough is told at every step, and how: while it stands there, or fading."""
    consent: ConsentRule = ConsentRule()
    """How its community may amend what is declared here."""

    @property
    def daily(self) -> bool:
        """Whether it may be spoken once a day only, by itself or by others: at work and at school (law 13)."""
        return self.setting in ("work", "school")

    @property
    def live_kind(self) -> LiveKind | None:
        """How a crowd that is large enough may be told live; None except in public, and where slower is declared."""
        if self.live == "no" or self.setting != "public" or self.fastest_s > LADDER[0].window_s:
            return None
        return self.live

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """Rungs that this place may stand on."""
        fastest_s = DAY_S if self.daily else self.fastest_s
        return tuple(rung for rung in LADDER if rung.window_s >= fastest_s and rung.grid <= self.finest_grid)


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for a city before the law, as charters and consent receipts name it."""

    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    address: Annotated[str, msgspec.Meta(max_length=200)] = ""
    contact: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """A mail address, a telephone number or a page."""


class City:
    """The tree of places, checked once, read often. `index` of a place is its position in `places`."""

    def __init__(
        self,
        places: tuple[Place, ...],
        timezone: str,
        epsilon: Fraction = Fraction(1),
        operator: Operator = Operator(),  # noqa: B008 - frozen
        research: Fraction = Fraction(0),
    ) -> None:
        self.places = places
        self.timezone = timezone
        self.operator = operator
        self.zone = _zone(timezone)
        self.budget = Budget(epsilon=epsilon, moments_share=research)
        self._by_id = {place.id: place for place in places}
        self.index = {place.id: number for number, place in enumerate(places)}
        _check(places, self._by_id)
        self.root = next(place for place in places if place.parent is None)
        self._children: dict[str, list[Place]] = {place.id: [] for place in places}
        for place in places:
            if place.parent is not None:
                self._children[place.parent].append(place)

    def __getitem__(self, place_id: str) -> Place:
        place = self._by_id.get(place_id)
        if place is None:
            raise NotFound(
                "This city has no place of that name.", "Check the address, or open / for all places.", field="place"
            )
        return place

    def __contains__(self, place_id: str) -> bool:
        return place_id in self._by_id

    def with_place(self, place: Place) -> "City":
        """Return the city with another declaration of `place`."""
        places = tuple(place if each.id == place.id else each for each in self.places)
        return City(places, self.timezone, self.budget.epsilon, self.operator, self.budget.moments_share)

    def children(self, place: Place) -> list[Place]:
        """Return the places directly below."""
        return self._children[place.id]

    def leaves(self) -> list[str]:
        """Return the ids of the places that nothing lies below."""
        return [place.id for place in self.places if not self._children[place.id]]

    def ancestors(self, place: Place) -> Iterator[Place]:
        """Yield the parent, its parent, and so on up to the root."""
        while place.parent is not None:
            place = self._by_id[place.parent]
            yield place

    def below(self, place: Place) -> Iterator[Place]:
        """Yield all places under `place`, children before their own children."""
        for child in self._children[place.id]:
            yield child
            yield from self.below(child)

    def upwards(self) -> list[Place]:
        """Return all places, each after everything below it."""
        return [*reversed(list(self.below(self.root))), self.root]


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"'{timezone}' is not a time zone.", "Use a name such as 'Europe/Madrid'.", field="timezone"
        ) from error


def _check(places: tuple[Place, ...], by_id: dict[str, Place]) -> None:
    if len(by_id) != len(places):
        twice = sorted({place.id for place in places if sum(other.id == place.id for other in places) > 1})
        raise SettingsError(f"The id '{twice[0]}' is used twice.", "Give every place an id of its own.", field="id")
    roots = [place.id for place in places if place.parent is None]
    if len(roots) != 1:
        raise SettingsError(
            f"A city has exactly one place without a parent; this one has {len(roots)}: {', '.join(roots) or 'none'}.",
            "Name a parent for every place but the city itself.",
            field="parent",
        )
    for place in places:
        for other in (place.parent, *place.adjacent):
            if other is not None and other not in by_id:
                raise SettingsError(
                    f"'{place.id}' names '{other}', which is not in the city.",
                    f"Known are: {', '.join(sorted(by_id))}.",
                    field="parent" if other == place.parent else "adjacent",
                )
        _check_rises(place, by_id)
        _check_terms(place)


def _check_terms(place: Place) -> None:
    if len(set(place.audiences)) < len(place.audiences):
        raise SettingsError(f"'{place.id}' names an audience twice.", "Name each once.", field="audiences")
    if place.setting != "public" and place.live != "no":
        raise SettingsError(
            f"'{place.id}' is a place of {place.setting} and wants to be live.",
            "Take 'live' out: a place is live in public only.",
            field="live",
        )


def _check_rises(place: Place, by_id: dict[str, Place]) -> None:
    seen = {place.id}
    while place.parent is not None:
        place = by_id[place.parent]
        if place.id in seen:
            raise SettingsError(f"'{place.id}' is its own ancestor.", "Break the circle of parents.", field="parent")
        seen.add(place.id)
