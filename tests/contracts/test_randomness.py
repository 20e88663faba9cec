"""What every source of randomness must do."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.ground import OsRandomness, Randomness, Tape

SOURCES: list[Callable[[], Randomness]] = [OsRandomness, lambda: Tape(b"nexus"), lambda: Tape(bytes(range(256)))]
every_source = pytest.mark.parametrize("made", SOURCES, ids=["os", "short tape", "long tape"])


@every_source
@pytest.mark.parametrize("count", [0, 1, 7, 8, 4096])
def test_it_gives_as_many_bytes_as_were_asked_for(made: Callable[[], Randomness], count: int) -> None:
    source = made()
    assert [len(source.draw(count)), len(source.draw(count))] == [count, count]
    assert isinstance(source.draw(count), bytes)


@every_source
def test_it_goes_on_and_does_not_repeat_itself_by_starting_over(made: Callable[[], Randomness]) -> None:
    source = made()
    assert source.draw(3) != source.draw(3)


@given(st.binary(min_size=1, max_size=30), st.lists(st.integers(0, 70), max_size=12))
def test_a_tape_is_the_same_however_it_is_cut(recorded: bytes, cuts: list[int]) -> None:
    tape = Tape(recorded)
    heard = b"".join(tape.draw(cut) for cut in cuts)
    assert heard == Tape(recorded).draw(sum(cuts))
    assert heard == (recorded * (sum(cuts) // len(recorded) + 1))[: sum(cuts)]
    assert tape.drawn == sum(cuts)


def test_an_empty_tape_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        Tape(b"")


def test_the_operating_system_does_not_repeat_itself() -> None:
    source = OsRandomness()
    assert len({source.draw(16) for _ in range(1000)}) == 1000
