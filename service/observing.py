"""What operators see: Prometheus metrics and one JSON line for each request; never personal data.

Routes are named by their pattern, callers by their role: no id, no text and no name is written.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matcher.progress import Progress, silent

if TYPE_CHECKING:
    from indexing.encoder import Encoder, Kind, TokenVectors, Vectors

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNKNOWN_ROUTE = "unknown"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_requests = logging.getLogger("greenmatch.requests")


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "greenmatch_requests",
            "Requests by method, route pattern and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.stages = Histogram(
            "greenmatch_stage_seconds",
            "Seconds by stage: request (whole), renew (desk after a change), encode.",
            ("stage",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.encoded = Counter(
            "greenmatch_encoded_texts", "Texts given to the model.", registry=self.registry
        )
        self.indexed = Gauge(
            "greenmatch_indexed_texts",
            "Texts that can be found, by collection.",
            ("collection",),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "greenmatch_waiting_texts",
            "Texts that are stored and cannot be found yet.",
            registry=self.registry,
        )
        self.unread = Gauge(
            "greenmatch_unread_texts",
            "Texts whose fields and kinds are still to be read behind the answers.",
            registry=self.registry,
        )
        self.inside = Gauge(
            "greenmatch_requests_inside", "Requests being answered.", registry=self.registry
        )

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class MeasuredEncoder:
    """An Encoder that counts what another one encodes, and how long it takes."""

    def __init__(self, encoder: "Encoder", metrics: Metrics) -> None:
        self.name = encoder.name
        self.backend = encoder.backend
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._metrics = metrics

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut as the encoder does."""
        return self._encoder.passages(text)

    def token_vectors(self, texts: Sequence[str], kind: "Kind") -> tuple["TokenVectors", ...]:
        """Ask the encoder."""
        return self._encoder.token_vectors(texts, kind)

    def encode(self, texts: Sequence[str], kind: "Kind", progress: Progress = silent) -> "Vectors":
        """Return what the encoder returns."""
        self._metrics.encoded.inc(len(texts))
        with self._metrics.stages.labels("encode").time():
            return self._encoder.encode(texts, kind, progress)


class Observer:
    """Middleware: counts, times and logs every request, also those that fail; stands outermost."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass and write down what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.inside.inc()
        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.inside.dec()
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.stages.labels("request").observe(seconds)
        principal = scope.get("state", {}).get("principal")
        told = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "role": principal.role if principal is not None else None,
        }
        _requests.info("request", extra={"told": told})


class JsonLines(logging.Formatter):
    """One JSON object a line; of an exception its type and places, not its words."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told: Mapping[str, object] = getattr(record, "told", {})
        line.update(told)
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """The same for people: time, level, message and what is told of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: Mapping[str, object] = getattr(record, "told", {})
        words = " ".join(f"{name}={value}" for name, value in told.items())
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        moment = datetime.fromtimestamp(record.created, UTC)
        parts = (f"{moment:%H:%M:%S}", record.levelname.lower(), record.getMessage(), words, error)
        return " ".join(part for part in parts if part)


@contextmanager
def logs_to_stderr(form: str, level: str) -> Iterator[None]:
    """Send logs to stderr while the block runs; libraries are heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("greenmatch").setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
