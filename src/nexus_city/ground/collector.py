"""Sending spans to a collector by OTLP/HTTP, with the official SDK (the extra `traces`).

Spans wait in a queue of bounded size and leave every few seconds, on a thread of their own. Where nobody takes them,
they are dropped: a city never waits for whoever watches it. Nothing is instrumented by itself, no exception is recorded
with its text, and the resource is only the service and its version.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as TracedSpan
from opentelemetry.trace import StatusCode

from nexus_city import __version__
from nexus_city.ground.traces import FactName, Span, SpanName

_TIMEOUT_S = 3.0
_QUEUE = 2048

log = structlog.get_logger("nexus.traces")


class Collected:
    """Notes spans for the collector at `address`, which is whole, with its path."""

    def __init__(self, address: str) -> None:
        library = logging.getLogger("opentelemetry")  # it quotes addresses; what matters of it, `_Sender` says
        library.addHandler(logging.NullHandler())
        library.propagate = False
        resource = Resource({"service.name": "nexus-city", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        sender = _Sender(OTLPSpanExporter(endpoint=address, timeout=_TIMEOUT_S))
        self._provider.add_span_processor(BatchSpanProcessor(sender, max_queue_size=_QUEUE))
        self._tracer = self._provider.get_tracer("nexus_city")

    @contextlib.contextmanager
    def span(self, name: SpanName) -> Iterator[Span]:
        """Note a piece of work; if it fails, by the kind of its error only."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            told = _Told(span)
            try:
                yield told
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    def close(self) -> None:
        """Send what is left, and end."""
        self._provider.shutdown()


class _Told:
    def __init__(self, span: TracedSpan) -> None:
        self._span = span

    def tell(self, fact: FactName, value: bool | int | list[str]) -> None:
        """Say something of it."""
        self._span.set_attribute(fact, value)


class _Sender(SpanExporter):
    """Sends by another exporter, and says once when spans stop arriving, and once when they arrive again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._arrives = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send these spans, or drop them."""
        result = self._exporter.export(spans)
        arrives = result is SpanExportResult.SUCCESS
        if arrives and not self._arrives:
            log.info("traces arrive at the collector again")
        elif self._arrives and not arrives:
            log.warning("traces do not arrive at the collector; the city goes on without them")
        self._arrives = arrives
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()
