"""The folding kernel against an oracle that anybody can check by eye, for both engines."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.climate.folding import Engine, Folded, Folder, best_engine, fold

ENGINES: list[Engine] = ["numpy", "numba"]
Row = tuple[int, int, int, int]

I64 = st.integers(-(2**63), 2**63 - 1)
few = st.integers(0, 3)
rows_of_any_size = st.lists(
    st.tuples(
        few | I64,
        few | I64,
        few | st.integers(0, 2**55 - 1),
        few | st.integers(0, 255),
    ),
    max_size=60,
)


@pytest.fixture(params=ENGINES, scope="module")
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "numba":
        pytest.importorskip("numba")
    chosen: Engine = request.param
    fold(*columns([]), engine=chosen)  # compile outside of Hypothesis' deadline
    return chosen


def columns(rows: list[Row]) -> tuple[Any, Any, Any, Any]:
    key, person, at, value = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(key, np.int64),
        np.array(person, np.int64),
        np.array(at, np.int64),
        np.array(value, np.uint8),
    )


def naive(rows: list[Row]) -> dict[tuple[int, int], int]:
    last: dict[tuple[int, int], tuple[int, int]] = {}
    for key, person, at, value in rows:
        last[key, person] = max(last.get((key, person), (-1, -1)), (at, value))
    counts: dict[tuple[int, int], int] = {}
    for (key, _), (_, value) in last.items():
        counts[key, value] = counts.get((key, value), 0) + 1
    return counts


def as_dict(folded: Folded) -> dict[tuple[int, int], int]:
    pairs = list(zip(folded.key.tolist(), folded.value.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    return dict(zip(pairs, folded.count.tolist(), strict=True))


@given(rows=rows_of_any_size)
def test_it_agrees_with_a_dictionary(engine: Engine, rows: list[Row]) -> None:
    assert as_dict(fold(*columns(rows), engine=engine)) == naive(rows)


@given(rows=rows_of_any_size, randomness=st.randoms())
def test_the_order_of_rows_does_not_matter(engine: Engine, rows: list[Row], randomness: Any) -> None:
    shuffled = list(rows)
    randomness.shuffle(shuffled)
    assert as_dict(fold(*columns(shuffled), engine=engine)) == naive(rows)


@given(rows=rows_of_any_size, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_it_does_not_matter_how_a_stream_is_cut(engine: Engine, rows: list[Row], cuts: list[int]) -> None:
    folder = Folder(engine)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for start, end in itertools.pairwise(edges):
        folder.add(*columns(rows[start:end]))
    assert as_dict(folder.close_many(folder.open_keys())) == naive(rows)
    assert folder.open_keys().size == 0


@given(rows=rows_of_any_size, later=rows_of_any_size)
def test_closing_one_key_leaves_the_others_alone(engine: Engine, rows: list[Row], later: list[Row]) -> None:
    folder = Folder(engine)
    folder.add(*columns(rows))
    oracle = naive(rows)
    for key in {row[0] for row in rows if row[0] % 2}:
        counts = folder.close(key)
        assert {v: n for v, n in enumerate(counts.tolist()) if n} == {v: n for (k, v), n in oracle.items() if k == key}
    folder.add(*columns(later))
    left = [row for row in rows if row[0] % 2 == 0] + later
    assert as_dict(folder.close_many(folder.open_keys())) == naive(left)


def test_of_two_values_at_the_same_instant_the_larger_counts(engine: Engine) -> None:
    for values in ([9, 5], [5, 9]):
        folded = fold(*columns([(1, 7, 100, value) for value in values]), engine=engine)
        assert as_dict(folded) == {(1, 9): 1}
        assert folded.counts(1)[9] == 1
        assert not folded.counts(2).any()


def test_both_engines_agree_on_a_crowd_bit_for_bit() -> None:
    pytest.importorskip("numba")
    randomness = np.random.default_rng(3)
    size = 300_000  # large enough to grow the arena and to part the largest key into pieces
    crowd = (
        randomness.zipf(1.3, size).astype(np.int64) % 900 - 450,
        randomness.integers(0, 40_000, size) * 2**40,
        randomness.integers(0, 10_000, size),
        randomness.integers(0, 256, size).astype(np.uint8),
    )
    one, other = (fold(*crowd, engine=engine) for engine in ENGINES)
    for name in ("key", "value", "count"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def test_one_person_who_never_stops_is_one_person(engine: Engine) -> None:
    size = 40_000
    folded = fold(
        np.zeros(size, np.int64),
        np.full(size, -1, np.int64),
        np.arange(size),
        np.zeros(size, np.uint8),
        engine=engine,
    )
    assert as_dict(folded) == {(0, 0): 1}


def test_columns_are_only_read_and_may_be_views(engine: Engine) -> None:
    rows = columns([(1, 2, 3, 4), (0, 0, 0, 0), (1, 5, 3, 4), (0, 0, 0, 0)])
    for column in rows:
        column.flags.writeable = False
    assert as_dict(fold(*(column[::2] for column in rows), engine=engine)) == {(1, 4): 2}


def test_a_batch_may_be_written_over_after_it_was_added(engine: Engine) -> None:
    folder = Folder(engine)
    batch = columns([(1, 2, 3, 4)])
    folder.add(*batch)
    for column in batch:
        column[:] = 9
    assert as_dict(folder.close_many([1])) == {(1, 4): 1}


@pytest.mark.parametrize(
    ("at_fault", "column", "says"),
    [
        (0, np.zeros(2, np.int32), "'key' must be a NumPy array of int64, not int32"),
        (1, [1, 2], "'person' must be a NumPy array of int64, not list"),
        (2, np.zeros(3, np.int64), "'at' has 3 rows, but 'key' has 2"),
        (2, np.array([0, 2**55]), "0 <= at < 2"),
        (2, np.array([-1, 0]), "reaches from -1 to 0"),
        (3, np.zeros(2, np.int64), "'value' must be a NumPy array of uint8, not int64"),
        (3, np.zeros((2, 1), np.uint8), "'value' must have one dimension, not 2"),
    ],
)
def test_a_wrong_column_is_named_and_nothing_is_taken(engine: Engine, at_fault: int, column: Any, says: str) -> None:
    rows = list(columns([(1, 2, 3, 4), (1, 5, 3, 4)]))
    rows[at_fault] = column
    folder = Folder(engine)
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        folder.add(*rows)
    assert folder.open_keys().size == 0


def test_an_unknown_engine_is_refused() -> None:
    unknown: Any = "abacus"
    with pytest.raises(ValueError, match="abacus"):
        Folder(unknown)


def test_few_rows_never_wait_for_a_compiler() -> None:
    assert best_engine(100) == "numpy"
