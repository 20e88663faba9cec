"""A framework is loaded once, found by name, and asked by id."""

import pytest

from nexus_city.feelings import Framework, Mood, centre_of, load_framework
from nexus_city.ground.errors import BadInput, SettingsError


def test_it_is_read_once_and_shared(framework: Framework) -> None:
    assert load_framework("nexus-1") is framework


@pytest.mark.parametrize("name", ["nexus-0", "", "../nexus-1", "nexus-1.json", "/etc/passwd"])
def test_an_unknown_framework_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(SettingsError, match="nexus-1"):
        load_framework(name)


def test_a_word_is_found_by_its_id(framework: Framework) -> None:
    assert framework.word("calm").de.word == "ruhig"
    assert "calm" in framework
    assert "calmish" not in framework


def test_an_unknown_word_is_refused_with_the_nearest_ones(framework: Framework) -> None:
    with pytest.raises(BadInput) as refused:
        framework.word("gratefull")
    assert refused.value.field == "words"
    assert "grateful" in refused.value.remedy


def test_a_word_like_no_other_is_refused_with_the_way_to_the_list(framework: Framework) -> None:
    with pytest.raises(BadInput) as refused:
        framework.word("𓂀" * 5000)
    assert "/v1/words" in refused.value.remedy
    assert len(refused.value.detail) < 120


def test_the_index_of_a_word_is_its_position(framework: Framework) -> None:
    assert [framework.words[number].id for number in framework.index.values()] == list(framework.index)
    assert len(framework.index) == len(framework.words) < 2**16 - 1  # uint16, the last value means no word


def test_a_region_is_named_on_every_released_grid(framework: Framework) -> None:
    mood = Mood(0.6, -0.3)
    assert framework.label(mood, 2, "en") == "calm and content"
    assert framework.label(mood, 4, "en") == "warm and grateful"
    assert framework.label(mood, 8, "de") == framework.label(mood, 4, "de")
    named = {framework.label(centre_of(cell, 8), 8, "es") for cell in range(64)}
    assert len(named) == 16
