"""The folder of a story: its picture, and its figures for other programs.

five-acts.svg   Harmony, fragmentation and diversity through the acts
acts.json       figures of the acts, bars with what they are held against, and what vitals named; the truth apart
"""

import json
from pathlib import Path

import msgspec

from nexus_city.simulation.city.folder import LABEL, NOTICE, make_folder
from nexus_city.simulation.story.bars import Judged
from nexus_city.simulation.story.picture import picture_of
from nexus_city.simulation.story.telling import Story

PICTURE, FIGURES = "five-acts.svg", "acts.json"


def save_story(story: Story, judged: list[Judged], folder: Path) -> None:
    """Write the story into `folder`, which is made if need be; what is there by the same names is replaced."""
    make_folder(folder)
    acts = [msgspec.to_builtins(act) for act in story.acts]
    truth = {"acts": [act.pop("truth") for act in acts], "faults": msgspec.to_builtins(story.faults)}
    facts = {
        "label": LABEL,
        "notice": NOTICE,
        "seed": story.run.seed,
        "acts": acts,
        "named": msgspec.to_builtins(story.named),
        "bars": [_facts(each) for each in judged],
        "truth": truth,
    }
    (folder / FIGURES).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / PICTURE).write_text(picture_of(story), "utf-8")


def _facts(judged: Judged) -> dict[str, object]:
    bar = judged.bar
    value = judged.value if judged.value != float("inf") else None
    return {"act": bar.act + 1, "name": bar.name, "value": value, bar.relation: bar.bound, "met": judged.met}
