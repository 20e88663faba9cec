"""Presence: a code is good for moments and for one place, a pass for two hours and one device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.access import CODE_LIFE_S, PASS_LIFE_S, Presences
from nexus_city.access.tokens import decode, encode
from nexus_city.ground.errors import NotAllowed

NOON_S = 1_800_000_000.0
"""A multiple of 15 s: a code has just begun."""
PHONE, OTHER = b"p" * 16, b"o" * 16


class Wall:
    """Presences on a clock in the test's hand."""

    def __init__(self, now_s: float = NOON_S) -> None:
        self.now_s = now_s
        self.presences = Presences(b"s" * 32, lambda: self.now_s)

    def code(self, place: str = "hall") -> str:
        return self.presences.code(place)[0]

    def enter(self, code: str, place: str = "hall", device: bytes = PHONE) -> str:
        return self.presences.exchange(place, code, device)[0]

    def check(self, presence_pass: str, place: str = "hall", device: bytes = PHONE) -> None:
        self.presences.check(place, presence_pass, device)


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_a_code_has_eight_characters_that_cannot_be_mistaken(wall: Wall) -> None:
    assert len(wall.code()) == 8
    assert not set(wall.code()) & set("ILOU")


def test_a_code_stays_for_fifteen_seconds_and_says_for_how_long_still(wall: Wall) -> None:
    first = wall.code()
    wall.now_s += CODE_LIFE_S - 0.5
    assert wall.presences.code("hall") == (first, pytest.approx(0.5))
    wall.now_s += 0.5
    code, left_s = wall.presences.code("hall")
    assert (code != first, left_s) == (True, CODE_LIFE_S)


def test_places_show_different_codes(wall: Wall) -> None:
    assert wall.code("hall") != wall.code("vault")
    with pytest.raises(NotAllowed):
        wall.enter(wall.code("hall"), "vault")


@pytest.mark.parametrize("shown_at_s", [0.0, 7.5, 14.999])
def test_a_code_is_taken_for_its_turn_and_two_more_and_not_a_moment_longer(shown_at_s: float) -> None:
    wall = Wall(NOON_S + shown_at_s)
    code = wall.code()
    wall.now_s = NOON_S + 3 * CODE_LIFE_S - 0.001
    wall.check(wall.enter(code))
    wall.now_s = NOON_S + 3 * CODE_LIFE_S
    with pytest.raises(NotAllowed, match="not shown here now") as caught:
        wall.enter(code)
    assert caught.value.field == "code"


def test_a_code_of_the_next_turn_is_not_taken_before_its_time(wall: Wall) -> None:
    wall.now_s = NOON_S + CODE_LIFE_S
    coming = wall.code()
    wall.now_s = NOON_S + CODE_LIFE_S - 0.001
    with pytest.raises(NotAllowed):
        wall.enter(coming)


def test_a_code_may_be_typed_in_small_letters_with_spaces_around(wall: Wall) -> None:
    wall.check(wall.enter(f"  {wall.code().lower()}\n"))


@given(st.text(max_size=16))
def test_a_guess_is_refused_and_never_fails(guess: str) -> None:
    with pytest.raises(NotAllowed):
        Wall().enter(guess)


def test_a_pass_is_worthless_on_another_device_and_at_another_place(wall: Wall) -> None:
    presence_pass = wall.enter(wall.code())
    wall.check(presence_pass)
    with pytest.raises(NotAllowed) as caught:
        wall.check(presence_pass, device=OTHER)
    assert caught.value.field == "pass"
    with pytest.raises(NotAllowed):
        wall.check(presence_pass, place="vault")


def test_a_pass_ends_when_it_says(wall: Wall) -> None:
    presence_pass, until_s = wall.presences.exchange("hall", wall.code(), PHONE)
    assert until_s == NOON_S + PASS_LIFE_S
    wall.now_s = until_s
    wall.check(presence_pass)
    wall.now_s = until_s + 0.001
    with pytest.raises(NotAllowed):
        wall.check(presence_pass)


def test_nobody_can_lengthen_a_pass(wall: Wall) -> None:
    raw = decode(wall.enter(wall.code()))
    later = (int.from_bytes(raw[:8], "big") + 3600).to_bytes(8, "big")
    with pytest.raises(NotAllowed):
        wall.check(encode(later + raw[8:]))


def test_a_city_with_another_secret_knows_no_code_and_no_pass_of_this_one(wall: Wall) -> None:
    elsewhere = Presences(b"t" * 32, lambda: wall.now_s)
    assert elsewhere.code("hall")[0] != wall.code()
    with pytest.raises(NotAllowed):
        elsewhere.check("hall", wall.enter(wall.code()), PHONE)


@given(st.text(max_size=120))
def test_text_that_is_no_pass_is_refused_and_never_fails(text: str) -> None:
    with pytest.raises(NotAllowed):
        Wall().check(text)


@given(at=st.integers(0, 23), flip=st.integers(1, 255))
def test_a_pass_with_any_byte_changed_is_refused(at: int, flip: int) -> None:
    wall = Wall()
    raw = bytearray(decode(wall.enter(wall.code())))
    raw[at] ^= flip
    with pytest.raises(NotAllowed):
        wall.check(encode(bytes(raw)))
