"""Anybody's file: what is read, and what is said about a row that cannot be."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus_city.feelings import Mood, cell_of
from nexus_city.ground.errors import BadRow
from nexus_city.simulation import Visit, read_file, replay_file

PLACES = {"square", "gallery"}
HEADER = "person,time,valence,arousal,place,audience,words"
GOOD = "ana,2026-11-24T09:30+00:00,0.5,-0.2,square,place,calm; proud"


def read(folder: Path, *lines: str, place: str | None = None) -> list[Visit]:
    path = folder / "days.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_file(path, place, PLACES)


def test_a_row_becomes_a_visit(tmp_path: Path) -> None:
    (visit,) = read(tmp_path, HEADER, GOOD)
    assert visit == Visit(
        at_s=1795512600,
        person="ana",
        place="square",
        cell=cell_of(Mood(0.5, -0.2)),
        audience="place",
        words=("calm", "proud"),
    )


def test_only_four_columns_are_needed_when_one_place_is_given_for_all(tmp_path: Path) -> None:
    (visit,) = read(tmp_path, "arousal,valence,time,person", "0,0,2026-11-24T09:30Z,1", place="gallery")
    assert (visit.place, visit.audience, visit.words) == ("gallery", "city", ())


def test_a_place_in_the_row_beats_the_one_for_all(tmp_path: Path) -> None:
    rows = ("1,2026-11-24T09:30Z,0,0,square", "1,2026-11-24T09:31Z,0,0,")
    visits = read(tmp_path, "person,time,valence,arousal,place", *rows, place="gallery")
    assert [visit.place for visit in visits] == ["square", "gallery"]


def test_rows_are_put_in_the_order_of_time_whatever_zone_they_are_written_in(tmp_path: Path) -> None:
    rows = [
        f"{name},{time},0,0"
        for name, time in (
            ("b", "2026-11-24T10:00+01:00"),
            ("c", "2026-11-24T09:30+00:00"),
            ("a", "2026-11-24T03:59-05:00"),
        )
    ]
    visits = read(tmp_path, "person,time,valence,arousal", *rows, place="square")
    assert [visit.person for visit in visits] == ["a", "b", "c"]


def test_a_file_from_a_spreadsheet_with_its_mark_and_blank_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n\r\n".encode())
    assert len(read_file(path, None, PLACES)) == 1


def cell(name: str, value: str) -> str:
    """Return the good row with one cell changed."""
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {name: value}
    return ",".join(cells.values())


@pytest.mark.parametrize(
    ("row", "column", "remedy"),
    [
        (cell("person", " "), "person", "never leaves this machine"),
        (cell("time", "yesterday"), "time", "2026-11-24T09:30"),
        (cell("time", ""), "time", "2026-11-24T09:30"),
        (cell("time", "0001-01-01T00:00"), "time", "2026-11-24T09:30"),
        (cell("valence", "1.01"), "valence", "0.25"),
        (cell("arousal", "-2"), "arousal", "0.25"),
        (cell("valence", "nan"), "valence", "0.25"),
        (cell("valence", "inf"), "valence", "0.25"),
        (cell("valence", ""), "valence", "0.25"),
        (cell("arousal", "high"), "arousal", "0.25"),
        (cell("arousal", "0;5"), "arousal", "0.25"),
        (cell("place", "atlantis"), "place", "gallery, square"),
        (cell("place", ""), "place", "gallery, square"),
        (cell("audience", "everyone"), "audience", "leave it empty"),
        ("ana,2026-11-24T09:30", "row", "commas and quotes"),
        (GOOD + ",more", "row", "commas and quotes"),
    ],
)
def test_a_wrong_row_is_named_by_line_column_and_remedy(tmp_path: Path, row: str, column: str, remedy: str) -> None:
    with pytest.raises(BadRow, match="Line 3") as refused:
        read(tmp_path, HEADER, GOOD, row, GOOD)
    assert refused.value.field == column
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(
    ("header", "column", "remedy"),
    [
        ("time,valence,arousal,place", "person", "Add it to the header"),
        ("person,valence,arousal,place", "time", "Add it to the header"),
        ("person,time,valence,arousal", "place", "--place"),
        ("person,time,valence,arousal,place,mood", "mood", "leave others out"),
        ("person,time,valence,arousal,place,place", "place", "once"),
        ("", "person", "Add it to the header"),
    ],
)
def test_a_wrong_header_is_named_by_column_and_remedy(tmp_path: Path, header: str, column: str, remedy: str) -> None:
    with pytest.raises(BadRow, match=f"'{column}'") as refused:
        read(tmp_path, header, GOOD)
    assert refused.value.field == column
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEADER.encode(), "no rows"),
        (f"{HEADER}\n\xff".encode("latin-1"), "not UTF-8"),
        (f"{HEADER}\n{'x' * 200_000},\n".encode(), "Line 2"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "days.csv"
    path.write_bytes(content)
    with pytest.raises(BadRow, match=says) as refused:
        read_file(path, None, PLACES)
    assert refused.value.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match="cannot be read") as refused:
        read_file(tmp_path / "nowhere.csv", None, PLACES)
    assert refused.value.field == "file"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300))
def test_no_file_whatever_makes_it_fail_in_another_way(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "days.csv"
    path.write_bytes(HEADER.encode() + b"\n" + GOOD.encode() + b"\n" + content)
    try:
        visits = read_file(path, None, PLACES)
    except BadRow as error:
        refusal = error
    else:
        assert visits
        return
    assert refusal.field
    assert refusal.remedy


class Guestbook:
    """An entrance that writes down who comes and when."""

    def __init__(self) -> None:
        self.came: list[Any] = []

    async def enter(self, visit: Visit) -> None:
        self.came.append(visit.person)


async def test_a_replay_brings_everybody_in_order_and_tells_how_far_it_is() -> None:
    book, told = Guestbook(), []
    visits = [Visit(1000 * number, f"p{number}", "square", 0) for number in range(20)]
    async with asyncio.timeout(10):
        await replay_file(visits, book, 1e6, told.append)  # type: ignore[arg-type]
    assert book.came == [f"p{number}" for number in range(20)]
    assert told == list(range(1, 21))
