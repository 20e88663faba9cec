"""Settings: where they come from, who wins, and what is said about a wrong one."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nexus_city.ground import Settings, load_settings
from nexus_city.ground.errors import SettingsError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `nexus.toml` and no variable of the machine that runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"NEXUS_{name.upper()}", raising=False)


IN_FILE: dict[str, tuple[str, Any]] = {
    "host": ('"192.0.2.1"', "192.0.2.1"),
    "port": ("9000", 9000),
    "data": ('"elsewhere"', Path("elsewhere")),
    "city": ('"city.toml"', Path("city.toml")),
    "house": ('"house.json"', Path("house.json")),
    "osc_in": ('"127.0.0.1:9001"', "127.0.0.1:9001"),
    "public_url": ('"https://feel.example"', "https://feel.example"),
    "settle_s": ("0.5", 0.5),
    "check_ins_per_minute": ("7", 7),
    "voices_per_network": ("70", 70),
    "own_networks": ('["192.0.2.0/24"]', ("192.0.2.0/24",)),
    "help_lines": ('"help.json"', Path("help.json")),
    "canary": ("false", False),
    "traces": ('"http://127.0.0.1:4318"', "http://127.0.0.1:4318"),
    "audit_days": ("90", 90),
    "comment_days": ("30", 30),
    "trusted_proxy": ("true", True),
}
"""How a value that is not the default is written in TOML, and what it is."""
IN_ENVIRONMENT: dict[str, tuple[str, Any]] = {
    "host": ("192.0.2.2", "192.0.2.2"),
    "port": ("9002", 9002),
    "data": ("yonder", Path("yonder")),
    "city": ("other.toml", Path("other.toml")),
    "house": ("other.json", Path("other.json")),
    "osc_in": ("127.0.0.1:9002", "127.0.0.1:9002"),
    "public_url": ("https://other.example", "https://other.example"),
    "settle_s": ("1.5", 1.5),
    "check_ins_per_minute": ("8", 8),
    "voices_per_network": ("80", 80),
    "own_networks": ('["2001:db8::/48"]', ("2001:db8::/48",)),
    "help_lines": ("lines.json", Path("lines.json")),
    "canary": ("on", True),
    "traces": ("http://192.0.2.1:4318", "http://192.0.2.1:4318"),
    "audit_days": ("91", 91),
    "comment_days": ("31", 31),
    "trusted_proxy": ("0", False),
}
"""Another value, as a shell gives it."""
each_setting = pytest.mark.parametrize("name", sorted(IN_FILE))


def test_every_setting_is_tested_here() -> None:
    assert set(IN_FILE) == set(IN_ENVIRONMENT) == set(Settings.model_fields)
    assert all(getattr(load_settings(), name) != value for name, (_, value) in IN_FILE.items())


def test_without_anything_the_city_is_only_for_this_machine() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 8154, Path("nexus-data"))
    assert settings.trusted_proxy is False


@each_setting
def test_a_setting_comes_from_the_file(name: str, tmp_path: Path) -> None:
    toml, value = IN_FILE[name]
    (tmp_path / "nexus.toml").write_text(f"{name} = {toml}\n")
    assert getattr(load_settings(), name) == value
    (tmp_path / "nexus.toml").rename(tmp_path / "mine.toml")
    assert getattr(load_settings(tmp_path / "mine.toml"), name) == value


@each_setting
def test_the_environment_beats_the_file_and_the_command_line_beats_both(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toml, in_file), (text, in_environment) = IN_FILE[name], IN_ENVIRONMENT[name]
    (tmp_path / "nexus.toml").write_text(f"{name} = {toml}\n")
    monkeypatch.setenv(f"NEXUS_{name.upper()}", text)
    assert getattr(load_settings(), name) == in_environment != in_file
    assert getattr(load_settings(**{name: in_file}), name) == in_file


def test_what_is_not_given_on_the_command_line_is_left_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_PORT", "9000")
    assert load_settings(port=None, host=None).port == 9000


def test_an_unknown_key_in_the_file_is_named(tmp_path: Path) -> None:
    """A misspelt setting must not be silently ignored."""
    (tmp_path / "nexus.toml").write_text("check_ins_per_minutes = 5\n")
    with pytest.raises(SettingsError, match="check_ins_per_minutes") as refused:
        load_settings()
    assert refused.value.field == "check_ins_per_minutes"
    assert "docs/host-guide.md" in refused.value.remedy
    assert "check_ins_per_minute," in refused.value.remedy  # the known ones are listed


def test_a_misspelt_name_in_the_environment_is_named_with_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_PROT", "8080")
    with pytest.raises(SettingsError, match="NEXUS_PROT") as refusal:
        load_settings()
    assert "NEXUS_PORT" in refusal.value.remedy


def test_secrets_of_wires_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_WIRE_HOME", "user:password")
    assert load_settings().port == 8154


@pytest.mark.parametrize(
    ("name", "low", "high", "beyond"),
    [
        ("port", 0, 65535, (-1, 65536)),
        ("settle_s", 0, 60, (-0.1, 60.1)),
        ("check_ins_per_minute", 1, 100_000, (0, 100_001)),
    ],
)
def test_numbers_have_ranges(name: str, low: float, high: float, beyond: tuple[float, float]) -> None:
    assert getattr(load_settings(**{name: low}), name) == low
    assert getattr(load_settings(**{name: high}), name) == high
    for wrong in beyond:
        with pytest.raises(SettingsError, match=name) as refused:
            load_settings(**{name: wrong})
        assert refused.value.field == name


@pytest.mark.parametrize("wrong", ["NEXUS_PORT=many", "NEXUS_TRUSTED_PROXY=perhaps", "NEXUS_SETTLE_S=soon"])
def test_a_value_of_the_wrong_kind_is_named(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, value = wrong.split("=")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value.field).lower() == name.removeprefix("NEXUS_").lower()


def test_a_file_that_is_not_toml_says_where_it_breaks(tmp_path: Path) -> None:
    (tmp_path / "nexus.toml").write_text("port = = 5\n")
    with pytest.raises(SettingsError, match=r"not valid TOML.*line 1"):
        load_settings()


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist") as refused:
        load_settings(tmp_path / "nowhere.toml")
    assert "--settings" in refused.value.remedy


def test_settings_do_not_change_while_the_city_runs() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]
