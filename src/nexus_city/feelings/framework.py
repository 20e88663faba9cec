"""A framework: a versioned vocabulary, where its words lie on the mood plane, and the names of the plane's regions.

Contributions store a word as its index, and released counts are kept for ever. So the words of a framework, once
published, never change their order; a better vocabulary is a new framework with a new id.
"""

import difflib
import functools
import math
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec

from nexus_city.feelings.plane import Mood, cell_of
from nexus_city.ground.errors import BadInput, SettingsError

Language = Literal["en", "de", "es"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de", "es")
"""Languages that every framework speaks completely."""

PlacedBy = Literal["rated", "kin", "reviewed"]

Coordinate = Annotated[float, msgspec.Meta(ge=-1, le=1)]
WordId = Annotated[str, msgspec.Meta(pattern="^[a-z]+(-[a-z]+)*$", max_length=40)]

_SPREAD = 0.8
"""What being unlike the words already offered is worth, against being near the point."""
_UNLIKE = 0.35
"""Distance from which two words count as different enough; more is worth no more."""
_POOL = 5
"""Words are offered from the nearest `_POOL` times as many, so that spread never leads far away."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word in one language, and what it means there."""

    word: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    definition: Annotated[str, msgspec.Meta(min_length=5, max_length=90)]


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A few plain words that name a region of the plane, in every language."""

    en: str
    de: str
    es: str

    def in_language(self, language: Language) -> str:
        """Return the phrase in `language`."""
        return {"en": self.en, "de": self.de, "es": self.es}[language]


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feeling that a person can have, with its place on the plane and its names."""

    id: WordId
    valence: Coordinate
    arousal: Coordinate
    dominance: Coordinate
    """How much one feels in command, -1 to 1: tells anger from fear, which lie close together on the plane."""
    placed_by: PlacedBy
    """`rated`: by the norms' raters; `kin`: as its rated kin (thrilled as thrill); `reviewed`: by our own reading."""
    en: Entry
    de: Entry
    es: Entry
    norm: str | None = None
    """Headword of the norms that the place comes from; None where it was reviewed."""

    @property
    def mood(self) -> Mood:
        """The word's point on the plane."""
        return Mood(self.valence, self.arousal)

    def in_language(self, language: Language) -> Entry:
        """Return the word and its definition in `language`."""
        return {"en": self.en, "de": self.de, "es": self.es}[language]


class Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A vocabulary of feelings; loaded once, shared, never changed."""

    id: str
    title: str
    licence: dict[str, str]
    """Licence of the file, attribution of the norms, and the changes made to them."""
    quadrants: Annotated[tuple[Phrase, ...], msgspec.Meta(min_length=4, max_length=4)]
    """Names of the cells of the 2x2 grid, by cell."""
    cells: Annotated[tuple[Phrase, ...], msgspec.Meta(min_length=16, max_length=16)]
    """Names of the cells of the 4x4 grid, by cell."""
    words: tuple[Word, ...]

    @functools.cached_property
    def index(self) -> dict[str, int]:
        """Position of each word id in `words`, as contributions and released counts store it."""
        return {word.id: number for number, word in enumerate(self.words)}

    def __contains__(self, word_id: object) -> bool:
        return word_id in self.index

    def word(self, word_id: str) -> Word:
        """Return a word. Raises `BadInput` that names the nearest known ids."""
        number = self.index.get(word_id)
        if number is None:
            near = difflib.get_close_matches(word_id[:40].lower(), self.index, 3)
            remedy = f"Did you mean {' or '.join(near)}?" if near else "GET /v1/words lists all of them."
            raise BadInput(f"The framework {self.id} has no word '{word_id[:40]}'.", remedy, field="words")
        return self.words[number]

    def label(self, mood: Mood, side: int, language: Language) -> str:
        """Name the region of `mood` on a released grid; the 8x8 grid is named as coarsely as the 4x4 one."""
        phrases = self.quadrants if side == 2 else self.cells
        return phrases[cell_of(mood, min(side, 4))].in_language(language)


@functools.cache
def load_framework(framework_id: str) -> Framework:
    """Load a framework that ships with the package. Raises `SettingsError` that lists those there are."""
    folder = files("nexus_city.feelings") / "frameworks"
    known = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    if framework_id not in known:
        raise SettingsError(
            f"There is no framework '{framework_id[:40]}'.", f"Known are: {', '.join(known)}.", field="framework"
        )
    return msgspec.json.decode((folder / f"{framework_id}.json").read_bytes(), type=Framework)


def neighbourhood(framework: Framework, mood: Mood, count: int) -> list[Word]:
    """Return up to `count` words to offer near `mood`: the nearest first, then near ones unlike those before them.

    Near is meant on the plane; unlike also by dominance, so that a tense, unpleasant point is offered anger and fear
    and not five shades of one. A greedy choice by marginal relevance (Carbonell & Goldstein 1998); the same point
    always gets the same words.
    """
    pool = sorted(framework.words, key=lambda word: (_far(word, mood), word.id))[: max(0, count) * _POOL]
    chosen: list[Word] = []
    while pool and len(chosen) < count:
        best = max(pool, key=lambda word: _SPREAD * _unlike(word, chosen) - _far(word, mood))  # ties: the nearer one
        pool.remove(best)
        chosen.append(best)
    return chosen


def _far(word: Word, mood: Mood) -> float:
    return math.dist((word.valence, word.arousal), (mood.valence, mood.arousal))


def _unlike(word: Word, others: list[Word]) -> float:
    """Return the distance in feeling to the likest of `others`, at most `_UNLIKE`."""
    here = (word.valence, word.arousal, word.dominance)
    return min((_UNLIKE, *(math.dist(here, (each.valence, each.arousal, each.dominance)) for each in others)))
