"""What a run leaves on disk: released values with a label, the truth apart from them, and a picture."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from nexus_city.cli import cli
from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city import Run, parse_scenario, save_run, scenarios, simulate
from tests.house.source import ROOT, blocks
from tests.simulation.city.conftest import small

SIMULATION = ROOT / "docs" / "simulation.md"


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(small("hub-down"))


def test_every_climate_is_labelled_and_is_what_its_digest_is_of(run: Run, tmp_path: Path) -> None:
    save_run(run, tmp_path)
    lines = (tmp_path / "climates.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == run.scenario.windows * len(run.speakers)
    for line in lines[::37]:
        told = json.loads(line)
        assert told["label"] == "what-if"
        body = line[line.index('"climate": ') + 11 : -1].encode()
        assert told["digest"] == hashlib.sha256(body).hexdigest()
        assert told["climate"]["place"] == told["speaker"]


def test_the_truth_lies_apart_and_a_run_can_be_lived_again_from_its_folder(run: Run, tmp_path: Path) -> None:
    save_run(run, tmp_path)
    with np.load(tmp_path / "released.npz") as released:
        assert not {"counts", "felt", "living", "within", "between", "true_counts"} & set(released.files)
        assert np.array_equal(released["released"], run.released)
        assert released["display_digest_shown"].shape == run.displays.digest_shown.shape
    (label,) = json.loads((tmp_path / "truth" / "labels.json").read_text())
    assert (label["cause"], label["communities"]) == ("hub-down", ["harbour"])
    facts = json.loads((tmp_path / "run.json").read_text("utf-8"))
    again = simulate(msgspec.convert(facts["scenario"], type(run.scenario)), facts["seed"])
    assert np.array_equal(again.released, run.released)


def test_the_picture_is_one_whole_svg_that_says_what_it_is(run: Run, tmp_path: Path) -> None:
    save_run(run, tmp_path)
    text = (tmp_path / "picture.svg").read_text("utf-8")
    root = ET.fromstring(text)  # noqa: S314 - as above
    assert root.tag.endswith("svg")
    assert "not a forecast" in text
    assert "hub-down" in text
    assert all(community in text for community in run.communities)
    assert "nan" not in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


def test_a_folder_that_cannot_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match="--out"):
        save_run(run, tmp_path / "taken")


def test_the_command_lists_scenarios_and_lives_one(tmp_path: Path) -> None:
    listed = CliRunner().invoke(cli, ["simulate"])
    assert all(each.says in listed.output for each in scenarios().values())
    lived = CliRunner().invoke(cli, ["simulate", "hub-down", "--residents", "500", "--out", str(tmp_path / "it")])
    assert lived.exit_code == 0, lived.output
    assert "not a forecast" in lived.output
    assert (tmp_path / "it" / "picture.svg").exists()


def test_the_scenario_in_the_documentation_can_be_lived() -> None:
    (text,) = (text for said, text, _ in blocks(SIMULATION) if said == "toml scenario")
    scenario = parse_scenario(text)
    short = msgspec.structs.replace(scenario, residents=500, tick_minutes=60)
    assert [label.cause for label in simulate(short).truth.labels] == ["distress", "echo-broken"]


def test_every_scenario_and_kind_of_event_is_in_the_documentation() -> None:
    text = SIMULATION.read_text("utf-8")
    kinds = {type(event).__struct_config__.tag for each in scenarios().values() for event in each.event}
    assert all(f"`{name}`" in text for name in [*scenarios(), *map(str, kinds)])
