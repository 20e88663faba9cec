"""Device tokens and display keys: known again without being stored, and nothing else is taken for one."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.access import Tokens, bearer, load_secret
from nexus_city.access.tokens import decode, encode
from nexus_city.ground import Database
from nexus_city.ground.errors import NotAllowed, SignInNeeded

TOKENS = Tokens(b"s" * 32)


def test_a_token_is_known_again_and_names_its_device() -> None:
    token = TOKENS.issue()
    device = TOKENS.device(token)
    assert len(device) == 16
    assert len(token) == 43
    assert TOKENS.device(token) == device


def test_no_two_devices_are_alike() -> None:
    assert len({TOKENS.device(TOKENS.issue()) for _ in range(200)}) == 200


def test_a_token_of_another_city_is_unknown() -> None:
    with pytest.raises(SignInNeeded, match="not issued by this city"):
        Tokens(b"t" * 32).device(TOKENS.issue())


@given(at=st.integers(0, 31), flip=st.integers(1, 255))
def test_a_token_with_any_byte_changed_is_unknown(at: int, flip: int) -> None:
    raw = bytearray(decode(TOKENS.issue()))
    raw[at] ^= flip
    with pytest.raises(SignInNeeded):
        TOKENS.device(encode(bytes(raw)))


@given(length=st.integers(0, 42))
def test_a_truncated_token_is_unknown(length: int) -> None:
    with pytest.raises(SignInNeeded):
        TOKENS.device(TOKENS.issue()[:length])


@pytest.mark.parametrize("added", ["A", "AAAA", "!", " ", "\n", "=", "ü", "\x00"])
def test_a_token_with_anything_added_is_unknown(added: str) -> None:
    token = TOKENS.issue()
    for changed in (token + added, added + token, token[:10] + added + token[10:]):
        with pytest.raises(SignInNeeded):
            TOKENS.device(changed)


@given(st.text(max_size=60))
def test_text_that_is_no_token_is_refused_and_never_fails(text: str) -> None:
    with pytest.raises(SignInNeeded):
        TOKENS.device(text)
    with pytest.raises(NotAllowed):
        TOKENS.check_display("hall", text)


def test_a_display_key_opens_its_own_place_only() -> None:
    key = TOKENS.display_key("hall")
    TOKENS.check_display("hall", key)
    with pytest.raises(NotAllowed, match="does not belong to this place"):
        TOKENS.check_display("vault", key)


def test_a_device_token_is_no_display_key_and_the_other_way_round() -> None:
    with pytest.raises(NotAllowed):
        TOKENS.check_display("hall", TOKENS.issue())
    with pytest.raises(SignInNeeded):
        TOKENS.device(TOKENS.display_key("hall"))


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("abc", ""),
        ("Bearer", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_token_is_taken_from_a_bearer_header_and_from_no_other(header: str | None, token: str) -> None:
    assert bearer(header) == token


@given(st.binary(max_size=64))
def test_bytes_survive_their_text_and_the_text_can_stand_in_an_address(raw: bytes) -> None:
    text = encode(raw)
    assert decode(text) == raw
    assert text == base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_the_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    database = Database(tmp_path / "a")
    secret = load_secret(database)
    assert load_secret(database) == secret
    database.close()
    again, other = Database(tmp_path / "a"), Database(tmp_path / "b")
    assert load_secret(again) == secret
    assert load_secret(other) != secret
    assert len(secret) == 32
    again.close()
    other.close()
