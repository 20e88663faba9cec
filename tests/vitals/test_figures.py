"""What Prometheus is told: the way of a feeling part by part, the promise, and nothing that counts people."""

import re
from pathlib import Path

from nexus_city import __version__
from nexus_city.environment.wires.state import WireState
from nexus_city.ground import Database
from nexus_city.vitals.burn import RULES
from nexus_city.vitals.causes import CAUSES
from nexus_city.vitals.echoes import Echoes
from nexus_city.vitals.figures import Figures
from nexus_city.vitals.incidents import Incidents
from nexus_city.vitals.status import Vitals
from tests.conftest import Town
from tests.vitals.beating import Time, a_way, still


async def figures(town: Town) -> dict[str, float]:
    """Return every sample of /metrics by its name with labels."""
    text = (await town.client.get("/metrics")).text
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}


async def test_what_is_released_and_what_runs_is_told(town: Town) -> None:
    found = await figures(town)
    assert found["nexus_places"] == 5
    assert found[f'nexus_build_info{{version="{__version__}"}}'] == 1
    assert found["nexus_displays"] == 0
    assert "nexus_echo_integrity_ratio" not in found  # there is no share of nothing
    assert "nexus_canary_last_ok_age_seconds" not in found


async def test_a_look_shows_in_the_figures(town: Town) -> None:
    town.nexus.vitals.echoes.hear("square", "display-1", None, "")
    await town.nexus.vitals.look()
    found = await figures(town)
    assert found['nexus_part_troubled{part="door"}'] == 0
    assert found['nexus_part_troubled{part="disk"}'] == 0
    assert found["nexus_canary_last_ok_age_seconds"] < 600
    assert (found["nexus_displays"], found["nexus_displays_in_step"], found["nexus_echo_integrity_ratio"]) == (1, 1, 1)


async def test_trouble_burns_the_promise_and_opens_an_incident(town: Town, tmp_path: Path) -> None:
    clock, wires = Time(), {"a": WireState("failed", "no route", 9, 0, 75.0)}
    database = Database(tmp_path / "vitals")
    vitals = Vitals(a_way(database, clock, wires=wires), Echoes(still, clock), Incidents(database), clock)
    for _ in range(2):
        await vitals.look()
    families = {family.name: family for family in Figures(town.nexus.room, vitals, clock).collect()}
    database.close()

    def samples(name: str) -> dict[str, float]:
        return {next(iter(each.labels.values())): each.value for each in families[name].samples}

    assert samples("nexus_part_troubled") == {"disk": 0, "release": 0, "lights": 1}
    assert samples("nexus_light_frame_age_seconds") == {"front": 75.0}
    assert set(samples("nexus_slo_burn_rate")) == {"5m", "30m", "1h", "6h", "3d"}
    assert all(rate > RULES[0].rate for rate in samples("nexus_slo_burn_rate").values())
    incidents = samples("nexus_incidents_open")
    assert set(incidents) == {*CAUSES, "unknown"}
    assert [cause for cause, lasts in incidents.items() if lasts] == ["echo-broken"]


async def test_names_and_help_keep_to_the_conventions_of_prometheus(town: Town) -> None:
    """https://prometheus.io/docs/practices/naming/: one prefix, base units, no colons, and a sentence of help."""
    text = (await town.client.get("/metrics")).text
    names = re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)
    assert len(names) == len(set(names)) == text.count("# TYPE")
    for name in names:
        assert re.fullmatch(r"nexus(_[a-z]+)+", name)
        assert not re.search(r"(_ms|_minutes|_hours|_percent|_total)$", name), f"{name}: seconds and ratios only"
        help_ = re.search(rf"^# HELP {name} (.+)$", text, re.MULTILINE)
        assert help_, name
        assert help_[1].endswith("."), name
