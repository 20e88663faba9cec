"""Why a place shines as it does: a sentence that is true, and parts that add up."""

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from nexus_city.climate import Climate, Voice
from nexus_city.climate.model import Cost, Span
from nexus_city.environment import NEXUS_PALETTE, Why, explain, hex_of
from nexus_city.feelings import LANGUAGES, Framework, Language, load_framework
from nexus_city.places import Place, Policy

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
QUARTERS = [0.1, 0.45, 0.25, 0.2]
POLICIES: list[Policy] = ["echo", "complement", "rest"]


@pytest.fixture(scope="session")
def framework() -> Framework:
    return load_framework("nexus-1")


def place(policy: Policy = "echo") -> Place:
    return Place(id="square", name="The Square", policy=policy)


def climate(mixture: list[float] | None = QUARTERS, grid: int = 2, people: int = 423, sd: float = 17.7) -> Climate:
    return Climate(
        id=1,
        place="square",
        name="The Square",
        state="speaks" if mixture else "quiet",
        window=Span("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"),
        grid=grid,
        mixture=mixture,
        people=people,
        people_sd=sd,
        uncertainty=0.03,
        epsilon=Cost(1.0, 13.93),
        framework="nexus-1",
    )


def voice(says: Climate | None) -> Voice:
    return Voice("square", "speaks" if says else "quiet", says.place if says else None, "2026-11-24T11:00:00Z", says)


def why(framework: Framework, says: Climate | None, policy: Policy = "echo", language: Language = "en") -> Why:
    return explain(place(policy), voice(says), AMSTERDAM, framework, NEXUS_PALETTE, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_tells_people_hours_mood_and_share(framework: Framework, language: Language) -> None:
    told = why(framework, climate(), language=language)
    assert "420" in told.sentence
    assert "The Square" in told.sentence
    assert "10:00" in told.sentence
    assert "11:00" in told.sentence
    assert re.search(r"45\s?%", told.sentence)
    assert framework.quadrants[1].in_language(language) in told.sentence


def test_every_policy_has_its_own_sentence_in_every_language(framework: Framework) -> None:
    said = {
        why(framework, says, policy, language).sentence
        for language in LANGUAGES
        for policy in POLICIES
        for says in (climate(), None)
    }
    assert len(said) == len(LANGUAGES) * 4  # echo, complement, rest, and silence where nobody speaks


@pytest.mark.parametrize("says", [None, climate(mixture=None)])
def test_a_place_without_enough_voices_explains_no_colour(framework: Framework, says: Climate | None) -> None:
    told = why(framework, says)
    assert told.parts == []
    assert "Not enough voices" in told.sentence


def test_a_place_that_rests_tells_nobodys_feelings(framework: Framework) -> None:
    told = why(framework, climate(), "rest")
    assert told.parts == []
    assert "rest" in told.sentence


@pytest.mark.parametrize("grid", [2, 4, 8])
def test_the_parts_add_up_and_stand_in_order(framework: Framework, grid: int) -> None:
    weights = [(cell * 7) % 11 + 1 for cell in range(grid * grid)]
    told = why(framework, climate([weight / sum(weights) for weight in weights], grid))
    shares = [part.share for part in told.parts]
    assert len(shares) == min(grid, 4) ** 2
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=0.002)


def test_every_part_has_the_colour_that_the_palette_gives_its_mood(framework: Framework) -> None:
    colours = NEXUS_PALETTE.colours(2)
    for part in why(framework, climate()).parts:
        assert part.oklch == colours[QUARTERS.index(part.share)]
        assert part.hex == hex_of(part.oklch)


@pytest.mark.parametrize("grid", [2, 4])
def test_a_complement_keeps_valence_and_turns_arousal_round(framework: Framework, grid: int) -> None:
    """The same rule as the wall's: `answered` in web/src/environment/bands.ts takes the row grid - 1 - row."""
    colours = NEXUS_PALETTE.colours(grid)
    for cell in range(grid * grid):
        mixture = [1.0 if each == cell else 0.0 for each in range(grid * grid)]
        (part,) = why(framework, climate(mixture, grid), "complement").parts
        row, column = divmod(cell, grid)
        assert part.oklch == colours[(grid - 1 - row) * grid + column]
        assert part.label == why(framework, climate(mixture, grid)).parts[0].label  # what was felt keeps its name


def test_a_climate_of_another_place_is_told_under_that_places_name(framework: Framework) -> None:
    borrowed = msgspec.structs.replace(climate(), place="east", name="East")
    assert "told East" in why(framework, borrowed).sentence


@pytest.mark.parametrize(("people", "sd", "said"), [(423, 17.7, "420"), (423, 0.4, "423"), (4292, 68.7, "4,300")])
def test_people_are_told_without_digits_that_the_noise_makes_meaningless(
    framework: Framework, people: int, sd: float, said: str
) -> None:
    assert f"about {said} people" in why(framework, climate(people=people, sd=sd)).sentence
