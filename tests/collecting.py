"""A collector of our own: takes spans by OTLP/HTTP on loopback, as any collector does, and keeps what came."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass
class Collector:
    """What came: the bytes of each request, and where they were sent."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def resources(self) -> list[dict[str, Any]]:
        """Return the facts of every resource that came."""
        return [_facts(each.resource.attributes) for each in self._parts()]

    def spans(self) -> list[Any]:
        """Return all spans, in the order in which they ended."""
        found = [span for part in self._parts() for scope in part.scope_spans for span in scope.spans]
        return sorted(found, key=lambda span: span.end_time_unix_nano)

    def named(self, name: str) -> list[Any]:
        """Return the spans of that name."""
        return [span for span in self.spans() if span.name == name]

    def _parts(self) -> list[Any]:
        return [part for body in self.bodies for part in ExportTraceServiceRequest.FromString(body).resource_spans]


def facts(span: Any) -> dict[str, Any]:
    """Return what a span tells."""
    return _facts(span.attributes)


def _facts(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a free port, on a thread of its own: a city that closes waits for its last answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            found.paths.append(self.path)
            body = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    found = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
