"""Seats of a day, and the name by which a person is known for a day."""

from hypothesis import given
from hypothesis import strategies as st

from nexus_city.boundaries import Admission, admit, day_pseudonym, new_day_key
from nexus_city.boundaries.bounds import influence


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 6))
def test_nobody_ever_holds_more_than_m_seats(wishes: list[int], m: int) -> None:
    seats: set[int] = set()
    for wish in wishes:
        match admit(seats, wish, m):
            case Admission.NEW:
                assert wish not in seats
                seats.add(wish)
            case Admission.REPLACES:
                assert wish in seats
            case Admission.FULL:
                assert wish not in seats
                assert len(seats) == m
    assert len(seats) == min(m, len(set(wishes)))


def test_who_sits_may_sit_again_also_when_the_day_is_full() -> None:
    assert admit({1, 2, 3, 4}, 4, 4) is Admission.REPLACES
    assert admit({1, 2, 3, 4}, 5, 4) is Admission.FULL


@given(st.binary(min_size=1, max_size=40))
def test_a_name_holds_for_its_day_and_tells_nothing_on_another(device: bytes) -> None:
    today, tomorrow = new_day_key(), new_day_key()
    name = day_pseudonym(today, device)
    assert name == day_pseudonym(today, device)
    assert 0 <= name < 2**63
    assert name != day_pseudonym(tomorrow, device)


@given(st.sets(st.binary(max_size=24), min_size=2, max_size=50))
def test_two_devices_have_two_names(devices: set[bytes]) -> None:
    key = new_day_key()
    assert len({day_pseudonym(key, device) for device in devices}) == len(devices)


def test_a_name_is_the_hmac_of_the_device_cut_to_63_bits() -> None:
    """RFC 4231, test case 1: the keyed hash is the standard one, so it is as hard to invert as the standard says."""
    tag = bytes.fromhex("b0344c61d8db3853")
    assert day_pseudonym(b"\x0b" * 20, b"Hi There") == int.from_bytes(tag, "little") & (2**63 - 1)


def test_every_day_has_a_key_of_256_bits_of_its_own() -> None:
    keys = {new_day_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4), st.lists(st.integers(0, 50), min_size=4, max_size=4))
def test_forged_voices_move_a_mixture_by_no_more_than_their_share(true: list[int], forged: list[int]) -> None:
    people, liars = sum(true), sum(forged)
    if not people:
        return
    before = [each / people for each in true]
    after = [(one + other) / (people + liars) for one, other in zip(true, forged, strict=True)]
    moved = sum(abs(one - other) for one, other in zip(before, after, strict=True)) / 2
    assert moved <= influence(liars, people) + 1e-12


def test_that_bound_is_reached_where_nobody_feels_what_is_forged() -> None:
    assert influence(100, 1900) == 0.05
    assert influence(0, 0) == 0.0
    assert influence(7, 0) == 1.0
