"""What docs/vocabulary.md says of the vocabulary is so."""

import re
from collections import Counter
from pathlib import Path

from nexus_city.feelings import QUADRANTS, Framework, quadrant_of

PAGE = (Path(__file__).parents[2] / "docs" / "vocabulary.md").read_text("utf-8")


def test_its_counts_are_those_of_the_file(framework: Framework) -> None:
    counts = Counter((quadrant_of(word.mood), word.placed_by) for word in framework.words)
    for quadrant in QUADRANTS:
        row = [counts[quadrant, how] for how in ("rated", "kin", "reviewed")]
        assert f"| {quadrant} | {sum(row)} | {' | '.join(map(str, row))} |" in PAGE
    total = [sum(counts[quadrant, how] for quadrant in QUADRANTS) for how in ("rated", "kin", "reviewed")]
    assert f"| all | {sum(total)} | {' | '.join(map(str, total))} |" in PAGE


def test_its_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "docs/vocabulary.md", "exec"), {})  # noqa: S102 - our own page


def test_the_words_that_it_names_as_ours_are_there_and_the_left_out_are_not(framework: Framework) -> None:
    ours = {word.en.word for word in framework.words}
    assert {"hopeless", "numb", "insecure", "down", "full of hate", "jealous", "humiliated"} <= ours
    assert {"okay", "so-so", "bittersweet", "dazed"} <= ours
    assert not {"stupid", "worthless", "depressed", "paranoid"} & ours
