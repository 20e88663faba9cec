"""The folder of a run: what a network would know, the truth apart from it, and a picture.

climates.jsonl   one line a climate: window, speaker, its digest and the climate as the product would send it
released.npz     the arrays of `Run` by their names
truth/labels.json, truth/truth.npz   what nobody in a real city could know
picture.svg      the moods of communities, and released and true means through time
run.json         scenario and seed: with them the same run can be lived again
"""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city.network.displays import digest_of
from nexus_city.simulation.city.network.mirror import SOURCES
from nexus_city.simulation.city.picture import picture_of
from nexus_city.simulation.city.run import Run

LABEL = "what-if"
NOTICE = (
    "A what-if, lived by simulated people. It tells how charts and displays behave, and nothing about what will be."
)


def save_run(run: Run, folder: Path) -> None:
    """Write `run` into `folder`, which is made if need be; a run that is there already is replaced."""
    make_folder(folder / "truth")
    (folder / "NOTICE.txt").write_text(f"{NOTICE}\n")
    facts = {"label": LABEL, "notice": NOTICE, "seed": run.seed, "scenario": msgspec.to_builtins(run.scenario)}
    (folder / "run.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    with (folder / "climates.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(_climate_lines(run))
    np.savez_compressed(
        folder / "released.npz",
        released=run.released,
        people=run.people,
        mixture=run.mixture,
        speaks=run.speaks,
        sources=run.sources,
        variance=run.variance,
        places=np.array(run.places),
        communities=np.array(run.communities),
        community=run.community,
        deploys=np.array(run.deploys, np.int64),
        source_columns=np.array(SOURCES),
        **{f"display_{name}": value for name, value in vars(run.displays).items()},
        **{f"sign_{name}": value for name, value in vars(run.signs).items()},
    )
    labels = [vars(label) for label in run.truth.labels]
    (folder / "truth" / "labels.json").write_text(json.dumps(labels, indent=1) + "\n", "utf-8")
    truth = {name: value for name, value in vars(run.truth).items() if name != "labels"}
    np.savez_compressed(folder / "truth" / "truth.npz", **truth)
    (folder / "picture.svg").write_text(picture_of(run), "utf-8")


def make_folder(folder: Path) -> None:
    """Make a folder for what comes of a run, if it is not there; raises `SettingsError` where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be made ({error.strerror}).", "Choose another with --out.", field="out"
        ) from error


def _climate_lines(run: Run) -> Iterator[str]:
    for window, climates in enumerate(run.climates):
        for speaker, body in zip(run.speakers, climates, strict=True):
            line = {"label": LABEL, "window": window, "speaker": speaker, "digest": digest_of(body)}
            # The climate stays byte for byte what the digest is of.
            yield f'{json.dumps(line)[:-1]}, "climate": {body.decode()}}}\n'
