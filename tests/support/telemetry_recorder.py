"""Records the spans and metrics of a client in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chatroutes.telemetry import Telemetry
from tests.support.payloads import MESSAGE, SEND_RESULT

DURATION = "gen_ai.client.operation.duration"
FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
TOKENS = "gen_ai.client.token.usage"

USAGE = {"promptTokens": 3, "completionTokens": 5, "totalTokens": 8}
REPLY = {
    **SEND_RESULT,
    "assistantMessage": {**MESSAGE, "metadata": {"model": "gpt-5-0807", "finishReason": "stop"}},
    "usage": USAGE,
}
"""The data of a response to `sendMessage` with everything that telemetry records."""


class _Exporter(InMemorySpanExporter):
    """Counts the spans that have ended, so that another thread can wait for them."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Semaphore(0)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        self.ended.release(len(spans))
        return result


class TelemetryRecorder:
    """A `Telemetry` whose spans and metrics stay in memory."""

    def __init__(self, capture_content: bool | None = None) -> None:
        self._exporter = _Exporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.telemetry = Telemetry(
            tracer_provider=self.tracer_provider,
            meter_provider=MeterProvider([self._reader], shutdown_on_exit=False),
            capture_content=capture_content,
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended."""
        return list(self._exporter.get_finished_spans())

    def span(self) -> ReadableSpan:
        """Return the only span."""
        (span,) = self.spans
        return span

    def wait_for_span(self) -> None:
        """Wait until one more span has ended than at the previous call."""
        assert self._exporter.ended.acquire(timeout=60)

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the only span."""
        return dict(self.span().attributes or {})

    def metrics(self) -> dict[str, list[Any]]:
        """Return the data points of each metric."""
        data: Any = self._reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def metric_attributes(self) -> list[dict[str, Any]]:
        """Return the attributes of all data points of all metrics."""
        return [dict(point.attributes) for each in self.metrics().values() for point in each]

    def values(self) -> list[Any]:
        """Return the names and descriptions of all spans, and all values of attributes."""
        found: list[Any] = self.metric_attributes()
        for span in self.spans:
            found += [span.attributes, *(event.attributes for event in span.events)]
        values = [value for attributes in found for value in dict(attributes or {}).values()]
        values += [text for span in self.spans for text in (span.name, span.status.description)]
        return [
            item for value in values for item in (value if isinstance(value, tuple) else [value])
        ]

    def everything(self) -> str:
        """Return a text with all spans and metrics."""
        spans = "".join(span.to_json() for span in self.spans)
        return spans + repr(self.metric_attributes())
