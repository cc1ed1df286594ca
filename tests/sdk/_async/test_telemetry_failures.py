"""Telemetry that fails: the exceptions of providers, processors, samplers and propagators do not fail a call."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry import metrics, propagate, trace
from opentelemetry.propagators.textmap import TextMapPropagator, default_setter
from opentelemetry.sdk import metrics as metrics_sdk
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler

from chatroutes import AsyncChatRoutes, NotFoundError
from chatroutes.telemetry import Telemetry
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, COMPLETE_STREAM, CONVERSATION, HELLO, envelope
from tests.support.telemetry_recorder import DURATION, TelemetryRecorder

from .clients import make_client
from .recorded_clients import make_recorded_client


def fail(*args: object, **options: object) -> Any:
    raise RuntimeError("telemetry is broken")


class StartProcessor(SpanProcessor):
    on_start = fail


class EndProcessor(SpanProcessor):
    on_end = fail


class BrokenSampler(Sampler):
    should_sample = fail
    get_description = fail


class BrokenTracer(trace.NoOpTracer):
    start_span = fail


class BrokenTracerProvider(trace.NoOpTracerProvider):
    def get_tracer(self, *args: object, **options: object) -> trace.Tracer:
        return BrokenTracer()


class BrokenSpan(trace.NonRecordingSpan):
    set_attributes = add_event = set_status = end = fail


class BrokenSpanTracer(trace.NoOpTracer):
    def start_span(self, *args: object, **options: object) -> trace.Span:
        return BrokenSpan(trace.INVALID_SPAN_CONTEXT)


class BrokenSpanProvider(trace.NoOpTracerProvider):
    def get_tracer(self, *args: object, **options: object) -> trace.Tracer:
        return BrokenSpanTracer()


class BrokenHistogram(metrics.NoOpHistogram):
    record = fail


class BrokenMeter(metrics.NoOpMeter):
    def create_histogram(self, name: str, *args: object, **options: object) -> metrics.Histogram:
        return BrokenHistogram(name)


class BrokenMeterProvider(metrics.NoOpMeterProvider):
    def get_meter(self, *args: object, **options: object) -> metrics.Meter:
        return BrokenMeter("broken")


def with_sdk(processor: SpanProcessor | None = None, **options: Any) -> dict[str, Any]:
    provider = TracerProvider(shutdown_on_exit=False, **options)
    if processor is not None:
        provider.add_span_processor(processor)
    return {"tracer_provider": provider}


PROVIDERS: dict[str, dict[str, Any]] = {
    "start of a processor": with_sdk(StartProcessor()),
    "end of a processor": with_sdk(EndProcessor()),
    "sampler": with_sdk(sampler=BrokenSampler()),
    "tracer": {"tracer_provider": BrokenTracerProvider()},
    "span": {"tracer_provider": BrokenSpanProvider()},
    "histogram": {"meter_provider": BrokenMeterProvider()},
}


async def send_everything(fault_server: FaultServer, client: AsyncChatRoutes) -> None:
    """Make a call with a retry, a call that fails, a stream, and a stream that is closed early."""
    fault_server.script(
        json_response(503, {}),
        json_response(200, envelope({"conversation": CONVERSATION})),
        json_response(404, {"error": "NOT_FOUND", "message": "No."}),
        COMPLETE_STREAM,
        COMPLETE_STREAM,
    )
    assert await client.conversations.get("conv_1") == CONVERSATION
    with pytest.raises(NotFoundError):
        await client.conversations.get("conv_1")
    assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
    async with client.messages.stream("conv_1", HELLO) as stream:
        await anext(stream)


@pytest.mark.parametrize("providers", PROVIDERS.values(), ids=list(PROVIDERS))
async def test_an_exception_of_a_provider_does_not_fail_a_call(
    fault_server: FaultServer, caplog: pytest.LogCaptureFixture, providers: dict[str, Any]
) -> None:
    async with make_client(fault_server, telemetry=Telemetry(**providers)) as client:
        await send_everything(fault_server, client)

    logged = [record for record in caplog.records if record.message.startswith("Telemetry failed")]
    assert {record.levelno for record in logged} == {logging.WARNING}
    assert all(record.exc_info and record.exc_info[0] is RuntimeError for record in logged)
    assert API_KEY not in caplog.text


async def test_the_span_has_ended_if_its_metrics_fail(fault_server: FaultServer) -> None:
    recorder = TelemetryRecorder()
    telemetry = Telemetry(
        tracer_provider=recorder.tracer_provider, meter_provider=BrokenMeterProvider()
    )

    async with make_client(fault_server, telemetry=telemetry) as client:
        await send_everything(fault_server, client)

    assert [span.name for span in recorder.spans] == ["get_conversation"] * 2 + ["chat"] * 2
    assert (recorder.spans[1].attributes or {})["error.type"] == "NotFoundError"


async def test_the_metrics_are_recorded_if_no_span_begins(fault_server: FaultServer) -> None:
    reader = InMemoryMetricReader()
    telemetry = Telemetry(
        tracer_provider=BrokenTracerProvider(),
        meter_provider=metrics_sdk.MeterProvider([reader], shutdown_on_exit=False),
    )

    async with make_client(fault_server, telemetry=telemetry) as client:
        await send_everything(fault_server, client)

    data: Any = reader.get_metrics_data()
    assert DURATION in {each.name for each in data.resource_metrics[0].scope_metrics[0].metrics}


# Propagators


class Propagator(TextMapPropagator):
    """Injects the same headers into every request."""

    def __init__(self, **headers: Any) -> None:
        self.headers = headers
        self.count = 0

    def inject(self, carrier: Any, context: Any = None, setter: Any = default_setter) -> None:
        self.count += 1
        for name, value in self.headers.items():
            setter.set(carrier, name, value.format(self.count))

    def extract(self, *args: object, **options: object) -> Any:
        raise NotImplementedError

    @property
    def fields(self) -> set[str]:
        return set(self.headers)


class BrokenPropagator(Propagator):
    inject = fail


@pytest.fixture
def global_propagator() -> Iterator[None]:
    """Restore the global propagator after the test."""
    propagator = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(propagator)


@pytest.mark.usefixtures("global_propagator")
@pytest.mark.parametrize(
    "propagator",
    [
        BrokenPropagator(),
        Propagator(trace="not ASCII: é"),
        Propagator(trace="two\r\nlines"),
        Propagator(**{"no name": "x"}),
    ],
    ids=["raises", "not ascii", "line break", "name"],
)
async def test_headers_that_cannot_be_sent_do_not_fail_a_call(
    fault_server: FaultServer, caplog: pytest.LogCaptureFixture, propagator: Propagator
) -> None:
    propagate.set_global_textmap(propagator)

    async with make_recorded_client(fault_server, TelemetryRecorder()) as client:
        await send_everything(fault_server, client)

    assert "trace" not in fault_server.requests[0].headers
    assert "Telemetry failed" in caplog.text


@pytest.mark.usefixtures("global_propagator")
async def test_the_trace_replaces_no_header_of_a_request(fault_server: FaultServer) -> None:
    propagate.set_global_textmap(
        Propagator(Authorization="x", Accept="x", BAGGAGE="x", state="x", trace="{}")
    )
    fault_server.script(
        json_response(503, {}), json_response(200, envelope({"conversation": CONVERSATION}))
    )

    async with (
        httpx.AsyncClient(headers={"baggage": "from=client"}) as http_client,
        make_recorded_client(fault_server, TelemetryRecorder(), http_client=http_client) as client,
    ):
        await client.conversations.get("conv_1", headers={"State": "from=call"})

    for number, request in enumerate(fault_server.requests, start=1):
        headers = request.headers
        assert headers["authorization"].endswith(API_KEY)
        assert headers["accept"] == "application/json"
        assert (headers["baggage"], headers["state"]) == ("from=client", "from=call")
        assert headers["trace"] == str(number)
