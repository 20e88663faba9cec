"""Traces: off they cost nothing, on they arrive at a real collector, and one that is away holds up nobody."""

import socket
import subprocess
import sys
import time
from typing import Any, get_args

import pytest
import structlog

from nexus_city import __version__
from nexus_city.ground.errors import SettingsError
from nexus_city.ground.traces import UNTRACED, FactName, SpanName, open_traces
from tests.collecting import collecting, facts
from tests.house.source import ROOT
from tests.house.test_documents import missing


def test_without_the_setting_nothing_is_noted_and_nothing_is_imported() -> None:
    assert open_traces("") is UNTRACED
    with UNTRACED.span("release") as span:
        span.tell("nexus.tables", 3)
    code = (
        "import sys, tempfile, pathlib; from nexus_city.app import Nexus; from nexus_city.ground import Settings;"
        "nexus = Nexus(Settings(data=pathlib.Path(tempfile.mkdtemp()))); nexus.close();"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'requests'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_spans_arrive_at_a_collector_with_their_facts_and_in_their_order() -> None:
    with collecting() as collector:
        traces = open_traces(collector.url)
        with traces.span("release"), traces.span("release.publish") as span:
            span.tell("nexus.climates", 3)
            span.tell("nexus.troubled", ["lights"])
        traces.close()
    publish, release = collector.spans()
    assert (publish.name, release.name) == ("release.publish", "release")
    assert (publish.parent_span_id, publish.trace_id) == (release.span_id, release.trace_id)
    assert facts(publish) == {"nexus.climates": 3, "nexus.troubled": ["lights"]}
    assert collector.paths == ["/v1/traces"]
    assert collector.resources() == [{"service.name": "nexus-city", "service.version": __version__}]


def test_an_address_with_a_path_is_used_as_it_is() -> None:
    with collecting() as collector:
        traces = open_traces(f"{collector.url}/otlp/mine")
        with traces.span("backup"):
            pass
        traces.close()
    assert collector.paths == ["/otlp/mine"]


def test_a_failure_is_told_by_its_kind_and_never_by_its_words() -> None:
    with collecting() as collector:
        traces = open_traces(collector.url)
        with pytest.raises(ValueError, match="sorrow"), traces.span("backup"):
            raise ValueError("xylophone-of-sorrow")
        traces.close()
    [span] = collector.spans()
    assert facts(span) == {"error.type": "ValueError"}
    assert (span.status.code, span.status.message, list(span.events)) == (2, "", [])
    assert b"sorrow" not in b"".join(collector.bodies)


@pytest.mark.parametrize("address", ["collector:4318", "ftp://collector", "http://", "4318"])
def test_what_is_no_address_is_refused_with_a_remedy(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_traces(address)
    assert refused.value.field == "traces"
    assert "http://127.0.0.1:4318" in refused.value.remedy


def test_without_the_extra_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "nexus_city.ground.collector", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError) as refused:
        open_traces("http://127.0.0.1:4318")
    assert "nexus-city[traces]" in refused.value.remedy


def test_a_collector_that_is_away_is_said_once_and_nobody_waits_long(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with structlog.testing.capture_logs() as logged:
        traces: Any = open_traces(address)
        for _ in range(2):
            with traces.span("vitals.look"):
                pass
            traces._provider.force_flush()
        began_s = time.monotonic()
        traces.close()
        assert time.monotonic() - began_s < 30  # what a service manager waits before it kills
    assert [line["event"] for line in logged] == [
        "traces do not arrive at the collector; the city goes on without them"
    ]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_all_that_may_be_in_a_trace_is_in_the_host_guide() -> None:
    listed = {*get_args(SpanName), *get_args(FactName)}
    assert missing(listed, ROOT / "docs" / "host-guide.md") == []
