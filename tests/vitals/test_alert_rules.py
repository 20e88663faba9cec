"""The alert rules that we ship are sound, rise when they should, and ask for figures that the city really tells.

Prometheus's own `promtool` is the judge; `scripts/install-test-tools` brings it.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nexus_city.ground import Settings
from nexus_city.vitals.burn import RULES
from nexus_city.vitals.causes import CAUSES, KIND
from tests.conftest import Town
from tests.house.source import ROOT

SHIPPED = ROOT / "deploy" / "prometheus"
RULES_FILE = SHIPPED / "nexus.rules.yml"

judged = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt install prometheus")


def promtool(*words: str, folder: Path = SHIPPED) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)


@judged
def test_the_rules_and_the_example_are_valid() -> None:
    for words in (("check", "rules", RULES_FILE.name), ("check", "config", "prometheus.yml")):
        told = promtool(*words)
        assert told.returncode == 0, told.stdout + told.stderr


@judged
def test_every_alarm_rises_when_it_should_and_not_before() -> None:
    told = promtool("test", "rules", "nexus.rules.test.yml")
    assert told.returncode == 0, told.stdout + told.stderr


@judged
@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("for: 3m", "for: 30s"),
        ('"door|disk|release|stream"', '"door|disk|release"'),
        ("> 60", "> 600"),
        ("> 300", "> 3000"),
        ('and ignoring(window) nexus_slo_burn_rate{window="5m"} >= 14.4', ""),
        ("mapping-bug|flood", "mapping-bug|distress|flood"),
        ('unknown"} == 1', 'unknown"} >= 0'),
        ("> 2 * 86400", "> 0"),
        ("nexus_day_spent == 1", "nexus_day_spent == 2"),
    ],
)
def test_the_unit_tests_of_the_rules_find_a_wrong_rule(tmp_path: Path, sound: str, broken: str) -> None:
    text = RULES_FILE.read_text("utf-8")
    assert sound in text
    (tmp_path / RULES_FILE.name).write_text(text.replace(sound, broken))
    shutil.copy(SHIPPED / "nexus.rules.test.yml", tmp_path)
    assert promtool("check", "rules", RULES_FILE.name, folder=tmp_path).returncode == 0
    assert promtool("test", "rules", "nexus.rules.test.yml", folder=tmp_path).returncode != 0


async def test_every_figure_that_a_rule_asks_for_is_told(town: Town) -> None:
    text = (await town.client.get("/metrics")).text
    told = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    asked = set(re.findall(r"\bnexus_\w+", RULES_FILE.read_text("utf-8")))
    assert asked
    assert asked <= told
    parts = set(re.findall(r'part="(\w+)"', text)) | {"door", "disk", "stream", "lights", "displays"}
    for wanted in re.findall(r'part=~"([\w|]+)"', RULES_FILE.read_text("utf-8")):
        assert set(wanted.split("|")) <= parts
    windows = set(re.findall(r'window="(\w+)"', text))
    assert set(re.findall(r'window="(\w+)"', RULES_FILE.read_text("utf-8"))) == windows


def test_the_promise_burns_by_the_same_numbers_as_in_the_city() -> None:
    """The two that page and the one that makes a ticket, each over its long and its short window."""
    found = re.findall(r'burn_rate\{window="(\w+)"\} >= ([\d.]+)', RULES_FILE.read_text("utf-8"))
    length = {"m": 1, "h": 60, "d": 24 * 60}
    pairs = [(int(window[:-1]) * length[window[-1]], float(rate)) for window, rate in found]
    assert pairs == [each for rule in RULES for each in ((rule.long_min, rule.rate), (rule.short_min, rule.rate))]


def test_causes_among_people_call_nobody() -> None:
    [called] = re.findall(r'incidents_open\{cause=~"([^"]+)"', RULES_FILE.read_text("utf-8"))
    assert set(called.split("|")) == {"unknown", *(each for each in CAUSES if KIND[each] in ("machine", "attack"))}


def test_the_example_asks_where_a_city_answers_by_default() -> None:
    default = Settings.model_fields["port"].default
    assert f'"127.0.0.1:{default}"' in (SHIPPED / "prometheus.yml").read_text("utf-8")
