"""Palettes as files: what is written is read back by readers that are not ours, colour by colour.

ASE by `swatch`, CSS by `tinycss2`, colours by `coloraide`; GPL, .cube and WLED by the few lines that their formats
need; design tokens against the rules of the format module 2025.10, written out by hand.
"""

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import coloraide
import numpy as np
import pytest
import swatch
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.environment.palettes.files import FILE_KINDS, FileKind, Swatch, to_file
from nexus_city.environment.palettes.palette import NEXUS_PALETTE
from nexus_city.environment.why import explain, swatches
from nexus_city.feelings import LANGUAGES, Language, load_framework
from nexus_city.places import Place, Policy
from tests.conftest import Town
from tests.environment.rigs import a_voice

FRAMEWORK = load_framework("nexus-1")
SQUARE = Place("square", "The Square", "city")
MIXTURE = [0.0, 0.02, 0.08, 0.1, 0.0, 0.05, 0.0, 0.25, 0.0, 0.0, 0.2, 0.18, 0.0, 0.0, 0.0, 0.12]
TITLES = st.text(st.characters(codec="utf-8"), max_size=60)


def mixed(mixture: list[float] | None = MIXTURE, policy: Policy = "echo", language: Language = "en") -> list[Swatch]:
    place = Place("square", "The Square", "city", policy=policy)
    return swatches(place, a_voice(mixture), FRAMEWORK, NEXUS_PALETTE, language)


def written(kind: FileKind, of: list[Swatch] | None = None, title: str = "Nexus City: The Square") -> str:
    return to_file(of or mixed(), title, kind).body.decode()


def codes(each: Swatch) -> tuple[int, ...]:
    """Return red, green and blue as `coloraide` has them."""
    colour = coloraide.Color("oklch", [each.colour.l, each.colour.c, each.colour.h]).convert("srgb").clip()
    return tuple(round(255 * part) for part in colour.coords())


# --- what goes in ----------------------------------------------------------------------------------------------------


def test_the_colours_are_those_of_why_in_the_same_order() -> None:
    told = explain(SQUARE, a_voice(MIXTURE), ZoneInfo("UTC"), FRAMEWORK, NEXUS_PALETTE, "en")
    assert [(each.name, each.colour, each.share) for each in mixed()] == [
        (part.label, part.oklch, part.share) for part in told.parts
    ]


@pytest.mark.parametrize(("mixture", "policy"), [(None, "echo"), (MIXTURE, "rest")])
def test_where_nobody_is_followed_the_whole_palette_is_given_in_equal_shares(
    mixture: list[float] | None, policy: Policy
) -> None:
    found = mixed(mixture, policy)
    assert [each.share for each in found] == [0.0625] * 16
    assert {each.colour for each in found} == set(NEXUS_PALETTE.colours(4))


def test_a_complement_moves_and_sounds_as_what_it_shows_not_as_what_was_felt() -> None:
    calm = [1.0 if cell == 3 else 0.0 for cell in range(16)]  # pleasant and calm
    (echo,), (complement,) = mixed(calm), mixed(calm, "complement")
    assert echo.name == complement.name
    assert complement.motion_hz > echo.motion_hz
    assert complement.partial_hz > echo.partial_hz


@pytest.mark.parametrize("mixture", [MIXTURE, [1 / 64] * 64, [0.25] * 4, None])
def test_motion_is_slow_and_partials_can_be_heard(mixture: list[float] | None) -> None:
    for each in mixed(mixture):
        assert 0.05 <= each.motion_hz <= 0.2  # far from flicker
        assert 110 <= each.partial_hz <= 660


# --- what comes out --------------------------------------------------------------------------------------------------


def test_an_ase_file_is_read_back_by_swatch(tmp_path: Path) -> None:
    path = tmp_path / "square.ase"
    path.write_bytes(to_file(mixed(language="es"), "x", "ase").body)
    read = swatch.parse(str(path))
    assert [each["name"] for each in read] == [each.name for each in mixed(language="es")]
    assert {(each["type"], each["data"]["mode"]) for each in read} == {("Process", "RGB")}
    for found, made in zip(read, mixed(), strict=True):
        assert tuple(round(255 * part) for part in found["data"]["values"]) == codes(made)


@given(TITLES)
def test_a_gpl_file_is_read_back_line_by_line(title: str) -> None:
    lines = written("gpl", title=title).splitlines()
    assert lines[0] == "GIMP Palette"
    assert lines[1].startswith("Name: ")
    assert lines[3] == "#"
    read = [re.fullmatch(r"\s*(\d+)\s+(\d+)\s+(\d+)\t(.+)", line) for line in lines[4:]]
    assert [(tuple(int(part) for part in row.groups()[:3]), row.group(4)) for row in read if row is not None] == [
        (codes(each), each.name) for each in mixed()
    ]


def declared(text: str) -> dict[str, str]:
    """Return the custom properties of the only rule of a style sheet, as `tinycss2` reads it."""
    parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    (rule,) = parsed
    assert rule.type == "qualified-rule"
    assert tinycss2.serialize(rule.prelude).strip() == ":root"
    found = tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True)
    assert {each.type for each in found} == {"declaration"}
    return {each.name: tinycss2.serialize(each.value).strip() for each in found}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mixture", [MIXTURE, None, [0.25] * 4])
def test_a_css_file_has_every_colour_and_every_share_once(language: Language, mixture: list[float] | None) -> None:
    made = mixed(mixture, language=language)
    read = declared(written("css", made))
    shares = {name.removesuffix("-share"): float(value) for name, value in read.items() if name.endswith("-share")}
    assert list(shares.values()) == [each.share for each in made]
    assert len(read) == 2 * len(made)
    for name, each in zip(shares, made, strict=True):
        colour = coloraide.Color(read[name])
        assert tuple(round(255 * part) for part in colour.convert("srgb").clip().coords()) == codes(each)


@given(TITLES)
def test_no_title_gets_out_of_its_comment(title: str) -> None:
    assert len(declared(written("css", title=title))) == 2 * len(mixed())


@pytest.mark.parametrize("mixture", [MIXTURE, None, [1 / 64] * 64])
def test_design_tokens_keep_the_rules_of_the_format(mixture: list[float] | None) -> None:
    made = mixed(mixture)
    document = json.loads(written("dtcg", made))
    group = document.pop("nexus")
    assert document == {}
    assert group.pop("$type") == "color"
    assert group.pop("$description")
    assert len(group) == len(made)
    for (name, token), each in zip(group.items(), made, strict=True):
        assert not re.search(r"^\$|[{}.]", name)
        assert token.keys() <= {"$value", "$type", "$description", "$extensions", "$deprecated"}
        check_colour(token["$value"], each)
        (vendor, own), *others = token["$extensions"].items()
        assert others == []
        assert re.fullmatch(r"[a-z]+(\.[a-z]+)+", vendor)
        assert own["share"] == each.share


def check_colour(value: dict[str, Any], each: Swatch) -> None:
    """Colour module 2025.10: space, components in its ranges, a hex of six digits as a fallback."""
    assert value.keys() <= {"colorSpace", "components", "alpha", "hex"}
    assert value["colorSpace"] == "oklch"
    lightness, chroma, hue = value["components"]
    assert 0 <= lightness <= 1
    assert chroma >= 0
    assert 0 <= hue < 360
    assert re.fullmatch(r"#[0-9a-f]{6}", value["hex"])
    assert coloraide.Color(value["hex"]).coords() == pytest.approx([part / 255 for part in codes(each)])


def graded(text: str) -> tuple[int, np.ndarray[Any, Any]]:
    """Return side and rows of a .cube file (Adobe's specification 1.0: red runs fastest)."""
    lines = text.splitlines()
    (side,) = [int(line.split()[1]) for line in lines if line.startswith("LUT_3D_SIZE")]
    rows = [line.split() for line in lines if re.match(r"[-0-9.]", line)]
    return side, np.array(rows, float)


def oklab(srgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.array([coloraide.Color("srgb", row).convert("oklab").coords() for row in srgb.tolist()])


def test_a_cube_keeps_lightness_and_pulls_every_colour_towards_the_palette() -> None:
    side, rows = graded(written("cube"))
    assert rows.shape == (side**3, 3)
    steps = np.linspace(0, 1, side)
    asked = np.array([(red, green, blue) for blue in steps for green in steps for red in steps])
    few = np.random.default_rng(5).choice(side**3, 400, replace=False)
    before, after = oklab(asked[few]), oklab(rows[few])
    assert np.abs(before[:, 0] - after[:, 0]).max() < 0.02
    palette = oklab(np.array([codes(each) for each in mixed()]) / 255)[:, 1:]

    def far(lab: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.sqrt(((lab[:, None, 1:] - palette[None]) ** 2).sum(axis=2)).min(axis=1)

    inside = (rows[few] > 1e-4).all(axis=1) & (rows[few] < 1 - 1e-4).all(axis=1)  # the others were made paler
    assert inside.sum() > 200
    assert far(after)[inside] == pytest.approx(far(before)[inside] / 2, abs=0.005)


def test_the_axes_of_a_cube_are_red_then_green_then_blue() -> None:
    side, rows = graded(written("cube"))
    cube = rows.reshape(side, side, side, 3)
    last = side - 1
    for corner, lit in ((cube[0, 0, last], 0), (cube[0, last, 0], 1), (cube[last, 0, 0], 2)):
        assert int(corner.argmax()) == lit
    assert cube[0, 0, 0] == pytest.approx([0, 0, 0], abs=0.01)
    assert cube[last, last, last] == pytest.approx([1, 1, 1], abs=0.01)


@given(TITLES)
def test_no_title_breaks_a_cube(title: str) -> None:
    text = to_file(mixed()[:1], title, "cube").body.decode()
    first, second = text.split("\n", 2)[:2]
    assert re.fullmatch(r'TITLE "[^"]*"', first)
    assert second == "LUT_3D_SIZE 17"


def steps_of(text: str) -> list[tuple[int, ...]]:
    """Return the 16 colours that a WLED keeps of a custom palette: entry i is the stop at index 17 · i."""
    numbers = json.loads(text)["palette"]
    assert len(numbers) <= 72  # the device reads no more
    stops = [tuple(numbers[at : at + 4]) for at in range(0, len(numbers), 4)]
    assert [index for index, *_ in stops] == [17 * step for step in range(16)]
    return [tuple(colour) for _, *colour in stops]


@pytest.mark.parametrize("mixture", [MIXTURE, None, [0.25] * 4, [1 / 64] * 64, [0.9, 0.04, 0.03, 0.03], [1.0, 0, 0, 0]])
def test_a_wled_palette_gives_each_colour_its_part_of_the_steps(mixture: list[float] | None) -> None:
    made = mixed(mixture)
    steps = steps_of(written("wled", made))
    for each in made:
        assert abs(steps.count(codes(each)) - 16 * each.share) < 1
    assert set(steps) <= {codes(each) for each in made}


@given(
    mixture=st.lists(st.integers(0, 50), min_size=16, max_size=16).filter(any),
    kind=st.sampled_from(FILE_KINDS),
)
def test_every_mixture_can_be_written_as_every_kind(mixture: list[int], kind: FileKind) -> None:
    made = mixed([share / sum(mixture) for share in mixture])
    file = to_file(made, "x", kind)
    assert file.body
    assert file == to_file(made, "x", kind)  # the same palette is the same file


# --- by the door -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "media"),
    [
        ("ase", "nexus-square.ase", "application/octet-stream"),
        ("gpl", "nexus-square.gpl", "text/plain; charset=utf-8"),
        ("css", "nexus-square.css", "text/css; charset=utf-8"),
        ("dtcg", "nexus-square.tokens.json", "application/json"),
        ("cube", "nexus-square.cube", "text/plain; charset=utf-8"),
        ("wled", "nexus-square.wled.json", "application/json"),
    ],
)
async def test_every_kind_has_a_name_to_be_saved_under(town: Town, kind: str, name: str, media: str) -> None:
    answer = await town.client.get(f"/v1/places/square/palette/{kind}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    again = await town.client.get(
        f"/v1/places/square/palette/{kind}", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


async def test_a_place_that_nobody_has_spoken_at_gives_all_sixteen_in_the_asked_language(town: Town) -> None:
    answer = await town.client.get("/v1/places/nook/palette/gpl", params={"lang": "de"})
    rows = answer.text.splitlines()[4:]
    assert len(rows) == 16
    assert {row.split("\t")[1] for row in rows} == {cell.de for cell in FRAMEWORK.cells}


async def test_an_unknown_kind_place_or_language_is_refused_with_a_remedy(town: Town) -> None:
    kind = await town.client.get("/v1/places/square/palette/psd")
    assert (kind.status_code, kind.json()["field"]) == (422, "kind")
    assert all(each in kind.json()["remedy"] for each in FILE_KINDS)
    assert (await town.client.get("/v1/places/nowhere/palette/ase")).status_code == 404
    assert (await town.client.get("/v1/places/square/palette/ase", params={"lang": "xx"})).status_code == 422
