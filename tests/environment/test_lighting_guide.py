"""The guide for whoever lights a place: its example can be used as it stands, and its tables lack no key."""

import re

import msgspec
import pytest

from nexus_city.environment.palettes.palette import Anchor
from nexus_city.environment.patch import Luminaire, Wire, Zone
from nexus_city.environment.scene import Cue, House, Night, Scene, Schedule, Sequence, read_house
from tests.house.source import ROOT, blocks

GUIDE = ROOT / "docs" / "lighting.md"
PARTS = {
    "The house file": (House, Night, Anchor),
    "Wires": (Wire,),
    "Zones": (Zone,),
    "Luminaires": (Luminaire,),
    "Scenes": (Scene,),
    "Sequences and cues": (Sequence, Cue),
    "Schedules": (Schedule,),
}


def the_section(title: str) -> str:
    """Return what stands below the first heading with this title."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def test_the_example_is_a_house_of_the_starter_city() -> None:
    [example] = [text for said, text, _ in blocks(GUIDE) if said == "json"]
    house = read_house(example.encode(), {"city", "square"})
    assert house.patch.luminaires
    assert house.scenes
    assert house.sequences
    assert house.schedules


@pytest.mark.parametrize("title", PARTS)
def test_every_key_of_the_house_file_is_in_its_table(title: str) -> None:
    listed = set(re.findall(r"`([a-z_]+)`", the_section(title)))
    keys = {field.encode_name for part in PARTS[title] for field in msgspec.structs.fields(part)}
    assert keys - listed == set()


def test_every_choice_is_in_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    for part, key in ((Wire, "kind"), (Luminaire, "lamp"), (Scene, "policy"), (Scene, "look"), (Scene, "curve")):
        [kind] = [field.type for field in msgspec.structs.fields(part) if field.name == key]
        assert [choice for choice in kind.__args__ if f"`{choice}`" not in text] == []
