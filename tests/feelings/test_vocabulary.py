"""The vocabulary is whole, distinct, plain and evenly spread; these are its promises to those who choose a word."""

import hashlib
import re
from collections import Counter

import pytest

from nexus_city.feelings import LANGUAGES, QUADRANTS, Entry, Framework, Language, cell_of, quadrant_of

languages = pytest.mark.parametrize("language", LANGUAGES)

NOT_OUR_VOICE = {
    "en": "disorder symptom trigger trauma therapy coping mindful self-esteem arousal valence",
    "de": "störung symptom trigger trauma therapie bewältigung achtsam selbstwert",
    "es": "trastorno síntoma trauma terapia afrontamiento autoestima",
}


def entries(framework: Framework, language: Language) -> list[tuple[str, Entry]]:
    return [(word.id, word.in_language(language)) for word in framework.words]


def spellings(word: str) -> set[str]:
    """Return the forms that a Spanish `tranquilo/a` or `juguetón/ona` stands for; other words are themselves."""
    found = re.search(r"(\w+?)(o|ón|or)?/(\w+)", word)
    if not found:
        return {word.lower()}
    stem, masculine, feminine = found[1], found[2] or "", found[3]
    rest = word[found.end() :]
    return {f"{stem}{masculine}{rest}".lower(), f"{stem}{'or' if masculine == 'or' else ''}{feminine}{rest}".lower()}


def test_there_are_enough_words(framework: Framework) -> None:
    assert len(framework.words) >= 220


def test_every_quadrant_is_well_served(framework: Framework) -> None:
    counts = Counter(quadrant_of(word.mood) for word in framework.words)
    assert min(counts[name] for name in QUADRANTS) >= 40
    assert counts["pleasant-calm"] >= 60  # the corner that ratings leave nearly empty


def test_most_words_are_placed_by_people_who_rated_them(framework: Framework) -> None:
    counts = Counter(word.placed_by for word in framework.words)
    assert counts["rated"] + counts["kin"] >= 2 * counts["reviewed"]


def test_a_rated_place_names_its_headword_and_a_reviewed_one_claims_none(framework: Framework) -> None:
    assert all((word.norm is None) == (word.placed_by == "reviewed") for word in framework.words)


def test_every_word_lies_on_the_plane(framework: Framework) -> None:
    assert all(0 <= cell_of(word.mood) < 64 for word in framework.words)


def test_published_order_is_frozen(framework: Framework) -> None:
    """Released counts are kept by index. A change here needs a new framework, not a new hash."""
    ids = "\n".join(word.id for word in framework.words).encode()
    assert hashlib.sha256(ids).hexdigest() == "f2f5df07056de38dd276367ac5b5e08c6ac6b0abcacc4049cae89039f085b68a"


@languages
def test_no_two_feelings_share_a_word(framework: Framework, language: Language) -> None:
    counts = Counter(entry.word.casefold() for _, entry in entries(framework, language))
    assert [word for word, count in counts.items() if count > 1] == []


@languages
def test_no_two_feelings_share_a_definition(framework: Framework, language: Language) -> None:
    counts = Counter(entry.definition.casefold() for _, entry in entries(framework, language))
    assert [text for text, count in counts.items() if count > 1] == []


@languages
def test_definitions_are_one_short_sentence(framework: Framework, language: Language) -> None:
    for word_id, entry in entries(framework, language):
        assert len(entry.definition) <= 90, word_id
        assert re.fullmatch(r"[^\s.].*[^\s]\.", entry.definition), word_id
        assert ". " not in entry.definition, word_id


@languages
def test_nothing_is_shouted_or_padded(framework: Framework, language: Language) -> None:
    for word_id, entry in entries(framework, language):
        for text in (entry.word, entry.definition):
            assert not set("!¡?¿") & set(text), word_id
            assert text == " ".join(text.split()), word_id


@languages
def test_words_are_written_as_one_would_say_them_of_oneself(framework: Framework, language: Language) -> None:
    assert all(
        entry.word == entry.word.strip() and entry.word[0].islower() for _, entry in entries(framework, language)
    )


@languages
def test_no_definition_uses_the_word_that_it_defines(framework: Framework, language: Language) -> None:
    for word_id, entry in entries(framework, language):
        for form in spellings(entry.word):
            assert not re.search(rf"(?<!\w){re.escape(form)}(?!\w)", entry.definition.lower()), word_id


@languages
def test_definitions_are_plain_and_do_not_diagnose(framework: Framework, language: Language) -> None:
    for word_id, entry in entries(framework, language):
        for jargon in NOT_OUR_VOICE[language].split():
            assert jargon not in entry.definition.lower(), word_id
        for guess in ("you seem", "du scheinst", "du wirkst", "pareces"):  # nobody is told how they look
            assert guess not in entry.definition.lower(), word_id


@languages
def test_every_region_of_the_plane_has_a_name_of_its_own(framework: Framework, language: Language) -> None:
    names = [phrase.in_language(language) for phrase in (*framework.quadrants, *framework.cells)]
    assert len(set(names)) == 20
    assert all(5 <= len(name) <= 32 for name in names)


def test_the_licence_and_its_changes_travel_with_the_words(framework: Framework) -> None:
    said = " ".join(framework.licence.values())
    for owed in ("CC BY 4.0", "Glasgow Norms", "Scott, Keitel, Becirspahic, Yao & Sereno", "rescaled", "residualised"):
        assert owed in said
